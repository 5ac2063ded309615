"""Heads and objects made from one photograph."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.simulation import subject
from lightproof.simulation.attacks import GLASS_DIFFUSE, GLASS_REFLECTANCE, Attack, presented
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.geometry import Surface, diffuse_light, quadrant_centre_m
from lightproof.simulation.portrait import Portrait, find_face, head, sit
from lightproof.simulation.subject import sample_other_person, sample_person

CONDITIONS = Conditions()


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    pytest.importorskip("scipy")
    return sit(sample_person(), CONDITIONS.face_px)


def quotients(transport: LightTransport) -> NDArray[np.float32]:
    """Return (left − right)/all and (top − bottom)/all of the middle of the face, (2, 200, 200)."""
    tl, tr, bl, br = (image[140:340, 220:420].sum(2) for image in transport.quadrants)
    total = tl + tr + bl + br
    return np.stack([(tl + bl - tr - br) / total, (tl + tr - bl - br) / total])


def without_quadratic(image: NDArray[np.float32]) -> NDArray[np.float64]:
    y, x = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], -1).reshape(-1, 6)
    fit = terms @ np.linalg.lstsq(terms, image.ravel(), rcond=None)[0]
    return np.asarray(image.ravel() - fit)


def test_the_face_stands_in_the_middle_at_the_wanted_size(portrait: Portrait) -> None:
    points = find_face(portrait.picture)
    assert points is not None
    assert np.ptp(points[:, 1]) == pytest.approx(300, rel=0.05)
    assert points[:, :2].mean(axis=0) == pytest.approx([320, 240], abs=25)


def test_a_head_has_relief(portrait: Portrait) -> None:
    left_right, top_bottom = quotients(head(portrait, CONDITIONS))
    assert without_quadratic(left_right).std() > 0.03
    assert without_quadratic(top_bottom).std() > 0.005


def test_the_two_sides_of_the_nose_face_the_two_sides_of_the_screen(portrait: Portrait) -> None:
    tl, tr, bl, br = head(portrait, CONDITIONS).quadrants
    quotient = ((tl + bl - tr - br) / np.maximum(tl + tr + bl + br, 1e-9)).mean(2)
    x, y = (int(value) for value in portrait.points[1, :2])
    side = slice(y - 25, y - 5)
    assert quotient[side, x + 8 : x + 20].mean() > quotient[side, x - 20 : x - 8].mean() + 0.05


def test_a_print_is_a_plane(portrait: Portrait) -> None:
    for seed in range(3):
        transport = presented(Attack.PRINT, portrait, CONDITIONS, np.random.default_rng(seed))
        for quotient in quotients(transport):
            assert without_quadratic(quotient).std() < 0.001


def test_a_bent_print_is_smooth_and_a_folded_one_has_its_crease_upright(portrait: Portrait) -> None:
    bent = presented(Attack.BENT_PRINT, portrait, CONDITIONS, np.random.default_rng(1))
    folded = presented(Attack.FOLDED_PRINT, portrait, CONDITIONS, np.random.default_rng(1))
    assert without_quadratic(quotients(bent)[0]).std() < 0.005
    across = np.abs(np.diff(quotients(folded)[0].mean(0)))
    assert across.max() > 10 * np.median(across)
    assert 80 < across.argmax() < 120


@pytest.mark.parametrize("attack", [attack for attack in Attack if attack.is_object])
def test_an_object_still_shows_the_face(portrait: Portrait, attack: Attack) -> None:
    name = attack.value
    frame = next(open_rig(RigOptions(seed=2, attack=name)).frames(1))
    points = find_face(frame.image)
    assert points is not None
    assert np.ptp(points[:, 1]) == pytest.approx(300, rel=0.12)


def test_a_monitor_shines_by_itself_and_mirrors_the_screen(portrait: Portrait) -> None:
    rng = np.random.default_rng(5)
    transport = presented(Attack.SCREEN_REPLAY, portrait, CONDITIONS, rng)
    assert transport.emission is not None
    white = sum(transport.quadrants[1:], transport.quadrants[0])
    assert GLASS_REFLECTANCE * 0.9 < white.max() <= GLASS_REFLECTANCE + GLASS_DIFFUSE
    assert np.median(white) < GLASS_DIFFUSE


def test_what_is_no_object_cannot_be_presented(portrait: Portrait) -> None:
    with pytest.raises(InputError, match="relay shows no object"):
        presented(Attack.RELAY, portrait, CONDITIONS, np.random.default_rng(1))


def test_each_portrait_is_the_one_whose_source_and_licence_are_stated() -> None:
    folder = Path(subject.__file__).parent / "portraits"
    stated = tomllib.loads((folder / "portraits.toml").read_text(encoding="utf-8"))["portrait"]
    assert {entry["file"] for entry in stated} == {path.name for path in folder.glob("*.jpg")}
    for entry in stated:
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert entry["source"]
        assert entry["licence"]


def test_the_other_person_is_another() -> None:
    assert sample_other_person().shape[2] == 3
    frame = next(open_rig(RigOptions(seed=2, attack="other_person")).frames(1))
    assert find_face(frame.image) is not None


def test_a_wall_receives_what_the_form_factor_says() -> None:
    """The irradiance of the whole screen on a parallel wall, in the middle of it, by Howell's C-11."""
    conditions = Conditions(ambient_lx=100, screen_cd_m2=100 * np.pi)
    surface = Surface.from_height(np.zeros((101, 101), np.float32), 0.004)
    light = sum(diffuse_light(surface, conditions, k, shadows=False) for k in range(4))
    below = CONDITIONS.screen_height_m / 2 + 0.01
    row = 50 + round(below / 0.004)
    assert float(np.asarray(light)[row, 50]) == pytest.approx(conditions.response_level / np.pi**2, rel=0.01)


def test_a_ridge_throws_a_shadow_away_from_the_light() -> None:
    height = np.zeros((120, 160), np.float32)
    height[:, 78:82] = 0.03
    surface = Surface.from_height(height, 0.001)
    near = Conditions(distance_m=0.15, screen_width_m=0.4)
    free = np.maximum(diffuse_light(surface, near, 0, shadows=False), 1e-9)
    lit = diffuse_light(surface, near, 0, shadows=True) / free
    assert lit[60, 90] == pytest.approx(1, abs=0.05)
    assert lit[60, 70] < 0.7
    assert quadrant_centre_m(near, 0)[0] > 0
