"""Time cannot be bent: a relay is late, and neither stamps nor missing frames hide it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.consent import Consent, ConsentNotice, consent_of_simulated_subject
from lightproof.device import load_or_create_device_key
from lightproof.errors import DelayedPictureError
from lightproof.expectations import ANY, Expectations
from lightproof.face.networks import FaceNetworks
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.presence.arrivals import is_timely
from lightproof.request import Request
from lightproof.result import ResultRefusedError, VerifiedResult, verify_result
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import Frame, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.single_use import SingleUseStore
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


def relay(
    kind: type[SimulatedRig], seed: int, delay_s: float, settings: Mapping[str, str] = MappingProxyType({})
) -> SimulatedRig:
    rig = open_rig(RigOptions(seed=seed, attack="relay", settings={"delay_s": str(delay_s), **settings}))
    rig.__class__ = kind
    return rig


def play(rig: SimulatedRig, networks: FaceNetworks, *, keep_trace: bool = False) -> Session:
    request = replace(Request.fresh(policy=Policy(decoys=MIN_DECOYS, presence_only=True)), nonce=NONCE)
    options = SessionOptions(
        networks=networks,
        entropy=Entropy.from_seed(4),
        sign=False,
        ask=consent_of_simulated_subject,
        keep_trace=keep_trace,
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


def unsteady(jitter_s: float) -> dict[str, str]:
    """Return settings of a camera whose frames come early and late; a short exposure leaves room for it."""
    return {"jitter_s": str(jitter_s), "exposure_s": "0.008"}


@pytest.mark.parametrize("jitter_s", [0.0, 0.0003, 0.001, 0.002, 0.004])
def test_no_frame_of_an_honest_camera_is_untimely_however_unsteady_it_was_calibrated(
    jitter_s: float, networks: FaceNetworks
) -> None:
    rig = open_rig(RigOptions(seed=7, settings=unsteady(jitter_s)))
    deliveries_s = [frame.delivery_s for frame in rig.frames(until_s=4.0)]
    assert len(deliveries_s) > 100
    assert all(
        late_s is not None and is_timely(late_s, rig.description.calibration) for late_s in deliveries_s
    )
    session = play(open_rig(RigOptions(seed=7, settings=unsteady(jitter_s))), networks)
    assert session.verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize("jitter_s", [0.0003, 0.002])
def test_a_relay_that_stamps_back_by_8_ms_more_than_the_camera_spreads_hands_its_frames_over_late(
    jitter_s: float, networks: FaceNetworks
) -> None:
    delay_s = 3 * jitter_s + 0.008
    rig = relay(BackStampingRig, 5, delay_s, unsteady(jitter_s))
    assert isinstance(rig, BackStampingRig)
    rig.delay_s = delay_s
    session = play(rig, networks)
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.LATE_FRAMES in session.verdict.reasons


@pytest.mark.parametrize("seed", [21, 23, 27])
def test_a_relay_of_20_ms_is_late_on_a_rig_with_honest_clocks(seed: int, networks: FaceNetworks) -> None:
    session = play(relay(SimulatedRig, seed, 0.02), networks)
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.LATE_LIGHT in session.verdict.reasons


@pytest.mark.parametrize("response", ["0.15", "0.05"])
def test_an_honest_person_is_in_time_within_the_rigs_own_tolerance(
    response: str, networks: FaceNetworks
) -> None:
    session = play(open_rig(RigOptions(seed=23, settings={"response": response})), networks)
    assert session.verdict.outcome is Outcome.VERIFIED
    assert session.evidence is not None
    assert session.evidence.latency.tolerance_s <= 0.015
    assert session.evidence.latency.latency_class is LatencyClass.DIRECT


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_camera_that_loses_one_frame_in_six_by_chance_is_verified(
    seed: int, networks: FaceNetworks
) -> None:
    session = play(open_rig(RigOptions(seed=seed, settings={"drop_probability": str(1 / 6)})), networks)
    assert session.verdict.outcome is Outcome.VERIFIED


class DelayingRig(SimulatedRig):
    """A busy machine on which every seventh frame is handed over late."""

    def frames(self, until_s: float) -> Iterator[Frame]:
        for number, frame in enumerate(super().frames(until_s)):
            assert frame.arrived_s is not None
            yield replace(frame, arrived_s=frame.arrived_s + 0.05) if number % 7 == 3 else frame


def test_a_frame_that_arrives_late_is_not_in_the_response(networks: FaceNetworks) -> None:
    rig = open_rig(RigOptions(seed=5))
    rig.__class__ = DelayingRig
    session = play(rig, networks, keep_trace=True)
    every = play(open_rig(RigOptions(seed=5)), networks, keep_trace=True)
    assert every.verdict.outcome is Outcome.VERIFIED
    assert session.verdict.outcome is Outcome.VERIFIED
    assert session.trace is not None
    assert every.trace is not None
    gaps_s = np.diff(session.trace.times_s)
    assert gaps_s.max() > 1.9 / 30 > np.diff(every.trace.times_s).max()


def test_a_calibration_that_a_relay_was_part_of_is_refused_before_anybody_is_asked(
    networks: FaceNetworks,
) -> None:
    rig = open_rig(RigOptions(seed=5, settings={"panel_latency_s": "0.3"}))
    request = Request.fresh(policy=Policy(presence_only=True))
    asked: list[ConsentNotice] = []

    def ask(notice: ConsentNotice) -> Consent:
        asked.append(notice)
        return Consent.DECLINED

    options = SessionOptions(networks=networks, sign=False, ask=ask)
    with pytest.raises(DelayedPictureError, match=r"304 ms.* 60 Hz .*30 frames.*166 ms.*delays the picture"):
        verify(rig, request, options=options)
    assert asked == []


def test_a_relay_that_was_part_of_the_calibration_is_told_to_whoever_relies_on_the_result(
    networks: FaceNetworks,
) -> None:
    """Below the ceiling its light is in time on its own rig; the signed class says that it need not be."""
    drawn = Request.fresh(policy=Policy(decoys=MIN_DECOYS, presence_only=True))
    request = replace(drawn, nonce=hashlib.sha256(b"a relay in the calibration").digest())
    key = load_or_create_device_key(rig="simulated")
    named = {}
    for latency_s in (0.008, 0.09):
        rig = open_rig(RigOptions(seed=23, settings={"panel_latency_s": str(latency_s)}))
        options = SessionOptions(networks=networks, key=key, entropy=Entropy.from_seed(23))
        session = verify(rig, request, options=options)
        assert session.verdict.outcome is Outcome.VERIFIED
        assert session.token is not None
        named[latency_s] = session.token

    def relying_on(token: str) -> VerifiedResult:
        expected = Expectations(
            rigs={"simulated"},
            presence_only=True,
            policies=ANY,
            models=ANY,
            software=ANY,
            latency_classes={"direct"},
        )
        return verify_result(
            token, key.jwks(), request.nonce, request.audience, expected, SingleUseStore(None)
        )

    assert relying_on(named[0.008]).latency_class is LatencyClass.DIRECT
    with pytest.raises(ResultRefusedError, match="latency is buffered, not direct"):
        relying_on(named[0.09])


@pytest.mark.parametrize("delay_s", [0.0, 0.03])
def test_a_relay_that_leaves_out_the_frames_after_flips_is_missed_there(
    delay_s: float, networks: FaceNetworks
) -> None:
    session = play(relay(HidingRig, 5, delay_s), networks)
    assert session.verdict.outcome is not Outcome.VERIFIED
    assert ReasonCode.FRAMES_HIDDEN in session.verdict.reasons
