"""Time cannot be bent: a relay is late, and neither stamps nor missing frames hide it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.consent import consent_of_simulated_subject
from lightproof.face.networks import FaceNetworks
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import Frame, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.verdict import Outcome, ReasonCode
from lightproof.verification import verify
from tests.sample_result import NONCE


class BackStampingRig(SimulatedRig):
    """A relay whose feed takes what it needed off every stamp."""

    delay_s: float

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in super().frames(until_s):
            yield replace(frame, sensor_time_s=frame.sensor_time_s - self.delay_s)


class HidingRig(SimulatedRig):
    """A relay whose feed leaves out the frame in which its late light would be seen."""

    changed_s = -1.0

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        flip_s = super().show(illumination, at_s)
        self.changed_s = flip_s if at_s is not None else self.changed_s
        return flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in super().frames(until_s):
            if 0 <= frame.sensor_time_s + frame.exposure_s - self.changed_s < 1 / 30:
                continue
            yield frame


def relay(kind: type[SimulatedRig], seed: int, delay_s: float) -> SimulatedRig:
    rig = open_rig(RigOptions(seed=seed, attack="relay", settings={"delay_s": str(delay_s)}))
    rig.__class__ = kind
    return rig


def play(rig: SimulatedRig, networks: FaceNetworks) -> Session:
    request = replace(Request.fresh(policy=Policy(decoys=MIN_DECOYS, presence_only=True)), nonce=NONCE)
    options = SessionOptions(
        networks=networks, entropy=Entropy.from_seed(4), sign=False, ask=consent_of_simulated_subject
    )
    return verify(rig, request, options=options)


@pytest.mark.parametrize("delay_s", [0.05, 0.1, 0.3, 1.5])
def test_a_relay_that_stamps_its_frames_back_hands_them_over_late(
    delay_s: float, networks: FaceNetworks
) -> None:
    rig = relay(BackStampingRig, 5, delay_s)
    assert isinstance(rig, BackStampingRig)
    rig.delay_s = delay_s
    session = play(rig, networks)
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.LATE_FRAMES in session.verdict.reasons


@pytest.mark.parametrize("delay_s", [0.0, 0.03])
def test_a_relay_that_leaves_out_the_frames_after_flips_is_missed_there(
    delay_s: float, networks: FaceNetworks
) -> None:
    session = play(relay(HidingRig, 5, delay_s), networks)
    assert session.verdict.outcome is not Outcome.VERIFIED
    assert ReasonCode.FRAMES_HIDDEN in session.verdict.reasons
