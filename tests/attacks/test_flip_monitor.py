"""A screen that cannot keep time ends the session at once: nobody checked the light that it would show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.challenge import NEUTRAL_SRGB, Challenge, derive_seed
from lightproof.consent import consent_of_simulated_subject
from lightproof.face.networks import FaceNetworks
from lightproof.policy import Mode, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.verdict import Outcome, ReasonCode
from lightproof.verification import verify

NONCE = bytes(range(32))
TROUBLE = 5  # the step of the challenge from which on the screen fails
PRELUDE = 1  # flips before the challenge: the neutral light under which the person takes position


class FailingScreen(SimulatedRig):
    """A simulated rig whose screen fails from a certain step of the challenge on; it notes what it showed."""

    shown: list[tuple[float, NDArray[np.uint8]]]

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        if at_s is not None and len(self.shown) >= PRELUDE + TROUBLE:
            flip_s = self.fail(illumination, at_s)
        else:
            flip_s = super().show(illumination, at_s)
        self.shown.append((flip_s, illumination.copy()))
        return flip_s

    def fail(self, illumination: NDArray[np.uint8], at_s: float) -> float:
        raise NotImplementedError


class LateScreen(FailingScreen):
    def fail(self, illumination: NDArray[np.uint8], at_s: float) -> float:
        return SimulatedRig.show(self, illumination, at_s + 0.1)


class HurriedScreen(FailingScreen):
    """Does not wait for the time of a flip."""

    def fail(self, illumination: NDArray[np.uint8], at_s: float) -> float:
        self._now_s = self.shown[-1][0] + 0.1
        return SimulatedRig.show(self, illumination, None)


def play(networks: FaceNetworks, kind: type[FailingScreen], mode: Mode) -> tuple[Session, FailingScreen]:
    rig = open_rig(RigOptions(seed=7))
    rig.__class__ = kind
    assert isinstance(rig, FailingScreen)
    rig.shown = []
    policy = Policy.from_mapping({"presence_only": True, "decoys": 2**12 - 1, "mode": mode})
    request = replace(Request.fresh(policy=policy), nonce=NONCE)
    options = SessionOptions(
        networks=networks, entropy=Entropy.from_seed(7), sign=False, ask=consent_of_simulated_subject
    )
    return verify(rig, request, options=options), rig


@pytest.mark.parametrize(
    ("kind", "mode"), [(LateScreen, "standard"), (LateScreen, "gentle"), (HurriedScreen, "standard")]
)
def test_a_screen_that_loses_its_time_ends_the_session_at_once(
    networks: FaceNetworks, kind: type[FailingScreen], mode: Mode
) -> None:
    session, rig = play(networks, kind, mode)
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert session.verdict.reasons == (ReasonCode.SCREEN_LOST_TIME,)
    assert session.evidence is None

    seed = derive_seed(NONCE, Entropy.from_seed(7).device_random)
    steps = Challenge.generate(seed, mode).steps_srgb
    played = [colours for _, colours in rig.shown[PRELUDE : PRELUDE + TROUBLE + 1]]
    assert np.array_equal(played, steps[: TROUBLE + 1])
    after = rig.shown[PRELUDE + TROUBLE + 1 :]
    assert after
    assert all((colours == NEUTRAL_SRGB).all() for _, colours in after)
    # Nothing is waited for: the neutral light comes with the next refresh.
    assert after[0][0] - rig.shown[PRELUDE + TROUBLE][0] < 0.02
    assert session.timings["light"] < (TROUBLE + 1) * 0.2
