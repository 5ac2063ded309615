"""Surfaces that are not a face, though they may have its shape: what each is refused for."""

from __future__ import annotations

import pytest

from lightproof.face.networks import FaceNetworks
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.verdict import Finding, Outcome, ReasonCode
from lightproof.verification import verify

pytest.importorskip("scipy", reason="solid attacks are made with SciPy")


def play(networks: FaceNetworks, attack: str | None, seed: int, **settings: str) -> Session:
    """Play a presence-only session, which is where a surface has nothing but the light against it."""
    rig = open_rig(RigOptions(seed=seed, attack=attack, settings=settings))
    request = Request.fresh(policy=Policy(presence_only=True, decoys=MIN_DECOYS))
    return verify(
        rig, request, options=SessionOptions(networks=networks, entropy=Entropy.from_seed(seed), sign=False)
    )


@pytest.mark.parametrize(("response", "seed"), [("0.05", 31), ("0.10", 32), ("0.15", 33), ("0.50", 34)])
def test_a_face_projected_on_a_white_head_of_its_own_shape_is_refused_for_its_own_light(
    networks: FaceNetworks, response: str, seed: int
) -> None:
    session = play(networks, "projected", seed, response=response)
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.OWN_LIGHT in session.verdict.reasons
    assert session.evidence is not None
    assert session.evidence.relief.finding is not Finding.FAIL, "it has the head's own relief"


@pytest.mark.parametrize(("attack", "response"), [(None, "0.05"), (None, "0.15"), ("paper-mask", "0.15")])
def test_what_reflects_room_and_screen_alike_has_no_light_of_its_own(
    networks: FaceNetworks, attack: str | None, response: str
) -> None:
    session = play(networks, attack, 35, response=response)
    assert session.evidence is not None
    assert session.evidence.reflectance.finding is Finding.PASS


@pytest.mark.parametrize("attack", ["relief-mould", "cut-out"])
@pytest.mark.parametrize("seed", [41, 42])
def test_a_mould_of_half_the_depth_and_a_false_nose_are_not_this_face(
    networks: FaceNetworks, attack: str, seed: int
) -> None:
    session = play(networks, attack, seed, response="0.15")
    assert session.verdict.outcome is not Outcome.VERIFIED
    assert {ReasonCode.FLAT_LIGHT, ReasonCode.RELIEF_UNCLEAR} & set(session.verdict.reasons)


@pytest.mark.parametrize("mesh", ["own", "mean", "other"])
def test_a_mould_of_a_quarter_of_the_depth_is_flat_whoever_lends_it(
    networks: FaceNetworks, mesh: str
) -> None:
    session = play(networks, "relief-mould", 43, response="0.15", mesh=mesh, depth="0.25")
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.FLAT_LIGHT in session.verdict.reasons
