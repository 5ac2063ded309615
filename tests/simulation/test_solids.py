"""Attacks that are not flat have the shape, the light and the stillness that their species says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.evaluation.species import RECIPES
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.simulation.attacks import Attack
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.portrait import Portrait, head, sit
from lightproof.simulation.solids import HALF_DEPTH, Mesh, Mould, presented
from lightproof.simulation.subject import from_picture, sample_other_person, sample_person

CONDITIONS = Conditions()


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    pytest.importorskip("scipy")
    return sit(sample_person(), CONDITIONS.face_px)


@pytest.fixture(scope="module")
def other() -> Portrait:
    pytest.importorskip("scipy")
    return sit(sample_other_person(), CONDITIONS.face_px)


def across(transport: LightTransport) -> NDArray[np.float32]:
    """Return (left − right)/all of the middle of the face, where no albedo is left in it."""
    tl, tr, bl, br = (image[140:340, 220:420].sum(2) for image in transport.quadrants)
    return np.asarray((tl + bl - tr - br) / np.maximum(tl + tr + bl + br, 1e-9))


def test_a_projected_face_is_white_to_the_screen_and_sends_its_own_picture(
    portrait: Portrait, other: Portrait
) -> None:
    transport = presented(Attack.PROJECTED, portrait, other, CONDITIONS, HALF_DEPTH)
    white = sum(transport.quadrants[1:], transport.quadrants[0])
    assert np.ptp(white, axis=2).max() == 0
    assert transport.emission is not None
    assert np.ptp(transport.emission, axis=2).max() > 0.1
    np.testing.assert_allclose(across(transport), across(head(portrait, CONDITIONS)), atol=1e-4)


def test_the_shallower_a_mould_the_less_of_its_relief_is_left(portrait: Portrait, other: Portrait) -> None:
    spread = [
        across(presented(Attack.RELIEF_MOULD, portrait, other, CONDITIONS, Mould(depth=depth))).std()
        for depth in (0.0, 0.5, 1.0)
    ]
    assert spread[0] < 0.6 * spread[1] < 0.6 * spread[2]


@pytest.mark.parametrize("mesh", [Mesh.MEAN, Mesh.OTHER])
def test_another_mesh_is_another_relief_under_the_same_photograph(
    portrait: Portrait, other: Portrait, mesh: Mesh
) -> None:
    own = across(presented(Attack.RELIEF_MOULD, portrait, other, CONDITIONS, Mould(Mesh.OWN, 1.0)))
    lent = across(presented(Attack.RELIEF_MOULD, portrait, other, CONDITIONS, Mould(mesh, 1.0)))
    assert np.corrcoef(own.ravel(), lent.ravel())[0, 1] > 0.5
    assert np.abs(own - lent).max() > 0.05


def test_a_cut_out_has_relief_at_the_nose_and_little_on_the_cheeks(
    portrait: Portrait, other: Portrait
) -> None:
    whole = across(head(portrait, CONDITIONS))
    cut = across(presented(Attack.CUT_OUT, portrait, other, CONDITIONS, HALF_DEPTH))
    x, y = (int(value) for value in portrait.points[1, :2] - (220, 140))
    nose = np.s_[y - 25 : y - 5, x - 20 : x + 20]
    assert np.ptp(cut[nose].mean(axis=0)) > 0.5 * np.ptp(whole[nose].mean(axis=0))
    cheek = np.s_[y - 10 : y + 10, :30]
    assert np.ptp(cut[cheek].mean(axis=0)) < np.ptp(whole[cheek].mean(axis=0))


def test_a_bust_is_grey(portrait: Portrait, other: Portrait) -> None:
    transport = presented(Attack.BUST, portrait, other, CONDITIONS, HALF_DEPTH)
    assert all(np.ptp(image, axis=2).max() == 0 for image in transport.quadrants)


def test_a_bust_does_not_move_and_only_what_is_worn_over_living_eyes_blinks() -> None:
    pytest.importorskip("scipy")
    still = replace(
        CONDITIONS, pixel_noise=0.0, read_noise=0.0, gain_sd=0.0, chroma_sd=0.0, flicker_depth=0.0
    )
    settings = {name: str(getattr(still, name)) for name in ("pixel_noise", "read_noise", "gain_sd")}
    settings |= {"chroma_sd": "0", "flicker_depth": "0"}
    frames = list(open_rig(RigOptions(seed=2, attack="bust", settings=settings)).frames(1))
    assert int(np.abs(frames[0].image.astype(int) - frames[-1].image).max()) <= 1
    for attack in (one for one in Attack if one.is_solid):
        made = from_picture(sample_person(), attack, still, np.random.default_rng(1))
        assert (made.alive, made.stands) == (attack is Attack.CUT_OUT, attack is Attack.BUST)


def test_what_has_no_shape_of_its_own_is_not_made_here(portrait: Portrait, other: Portrait) -> None:
    with pytest.raises(InputError, match="print has no shape"):
        presented(Attack.PRINT, portrait, other, CONDITIONS, HALF_DEPTH)


@pytest.mark.parametrize(
    ("mesh", "depth"), [("twin", "0.5"), ("own", "1.1"), ("own", "nan"), ("own", "deep")]
)
def test_a_mould_that_cannot_be_is_refused_by_name(mesh: str, depth: str) -> None:
    with pytest.raises(InputError, match=r"mesh|depth"):
        open_rig(RigOptions(seed=1, attack="relief-mould", settings={"mesh": mesh, "depth": depth}))


def test_every_solid_but_the_projected_one_follows_a_public_recipe() -> None:
    named = {attack.value.replace("-", "_") for attack in Attack if attack.is_solid}
    assert named - set(RECIPES) == {"projected"}
