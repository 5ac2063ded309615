"""A camera set up wrongly is named, by a session and by calibration, and nobody is rejected for it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeAlias

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.calibration import CameraFaultError, measure
from lightproof.consent import Consent
from lightproof.face.networks import FaceNetworks
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import Calibration, Frame, Rig, RigDescription
from lightproof.session import Entropy, SessionOptions
from lightproof.verdict import CAMERA_FAULTS, REASONS, Outcome, ReasonCode, Verdict
from lightproof.verification import verify
from tests.presence.placed_faces import simulated

Fault: TypeAlias = Callable[[Frame, int], Frame]


class FaultyRig:
    """A rig whose camera has a fault; the fault is told each frame and its number."""

    def __init__(self, rig: Rig, fault: Fault, calibrated: bool = True) -> None:
        self._rig, self._fault, self._calibrated, self._frames = rig, fault, calibrated, 0

    @property
    def description(self) -> RigDescription:
        truth = self._rig.description
        return truth if self._calibrated else replace(truth, calibration=Calibration())

    def __enter__(self) -> Self:
        self._rig.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._rig.__exit__(kind, error, traceback)

    def now_s(self) -> float:
        return self._rig.now_s()

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        return self._rig.show(illumination, at_s)

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in self._rig.frames(until_s):
            yield self._fault(frame, self._frames)
            self._frames += 1

    def say(self, message: str) -> None:
        self._rig.say(message)


def pictured(change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Fault:
    """Return the fault that changes every picture."""

    def fault(frame: Frame, _: int) -> Frame:
        image = np.ascontiguousarray(change(frame.image))
        height, width = image.shape[:2]
        return replace(frame, image=image, width=width, height=height)

    return fault


def timed(scale: float = 1.0, shift_s: float = 0.0) -> Fault:
    """Return the fault of a camera whose stamps count another unit, or from another moment."""
    return lambda frame, _: replace(frame, sensor_time_s=scale * frame.sensor_time_s + shift_s)


def exposed(scale: float) -> Fault:
    """Return the fault of a camera that tells its exposure in another unit."""
    return lambda frame, _: replace(frame, exposure_s=scale * frame.exposure_s)


def repeating(times: int) -> Fault:
    """Return the fault of a camera that hands over each picture several times."""
    last = np.zeros(0, np.uint8)

    def fault(frame: Frame, number: int) -> Frame:
        nonlocal last
        if number % times:
            return replace(frame, image=last.copy())
        last = frame.image.copy()
        return frame

    return fault


def chroma_swapped(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture whose U was taken for V, as NV12 for NV21."""
    swapped = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]]
    return np.asarray(cv2.cvtColor(swapped, cv2.COLOR_YCrCb2RGB), np.uint8)


FAULTS: dict[str, tuple[Fault, ReasonCode]] = {
    "mirrored": (pictured(lambda rgb: rgb[:, ::-1]), ReasonCode.CAMERA_MIRRORED),
    "blue for red": (pictured(lambda rgb: rgb[..., ::-1]), ReasonCode.COLOURS_SWAPPED),
    "channels moved on": (pictured(lambda rgb: rgb[..., [1, 2, 0]]), ReasonCode.COLOURS_SWAPPED),
    "green for red": (pictured(lambda rgb: rgb[..., [1, 0, 2]]), ReasonCode.COLOURS_SWAPPED),
    "u for v": (pictured(chroma_swapped), ReasonCode.COLOURS_SWAPPED),
    "on its side": (pictured(lambda rgb: np.rot90(rgb)), ReasonCode.CAMERA_TURNED),
    "on its other side": (pictured(lambda rgb: np.rot90(rgb, 3)), ReasonCode.CAMERA_TURNED),
    "upside down": (pictured(lambda rgb: np.rot90(rgb, 2)), ReasonCode.CAMERA_TURNED),
    "flipped": (pictured(lambda rgb: rgb[::-1]), ReasonCode.CAMERA_TURNED),
    "grey": (
        pictured(lambda rgb: np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)),
        ReasonCode.CAMERA_COLOURLESS,
    ),
    "every picture twice": (repeating(2), ReasonCode.CAMERA_REPEATS),
    "every picture thrice": (repeating(3), ReasonCode.CAMERA_REPEATS),
    "one picture for ever": (repeating(10**6), ReasonCode.CAMERA_FROZEN),
    "stamps in milliseconds": (timed(1e3), ReasonCode.CAMERA_CLOCK),
    "stamps in microseconds": (timed(1e6), ReasonCode.CAMERA_CLOCK),
    "stamps in kiloseconds": (timed(1e-3), ReasonCode.CAMERA_CLOCK),
    "stamps since 1970": (timed(shift_s=1.7e9), ReasonCode.CAMERA_CLOCK),
    "stamps of a later start": (timed(shift_s=-100.0), ReasonCode.CAMERA_CLOCK),
    "exposure in milliseconds": (exposed(1e3), ReasonCode.CAMERA_CLOCK),
    "exposure in kiloseconds": (exposed(1e-3), ReasonCode.CAMERA_CLOCK),
}


def verdict_of(rig: Rig, networks: FaceNetworks) -> Verdict:
    """Return how a session with the sample person ends."""
    options = SessionOptions(
        networks=networks, sign=False, entropy=Entropy.from_seed(7), ask=lambda _: Consent.GIVEN
    )
    drawn = Request.fresh(policy=Policy(presence_only=True, decoys=MIN_DECOYS))
    request = replace(drawn, nonce=hashlib.sha256(b"set-up errors").digest())
    return verify(rig, request, options=options).verdict


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_camera_is_named_first_and_nobody_is_rejected_for_it(
    name: str, networks: FaceNetworks
) -> None:
    fault, reason = FAULTS[name]
    verdict = verdict_of(FaultyRig(simulated(response=0.1), fault), networks)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons[0] is reason


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"frame_rate_hz": 15},
        {"drop_probability": 0.05},
        {"jitter_s": 0.002},
        {"noise_reduction": 0.7},
        {"mjpg_quality": 60},
        {"turn_deg": 20},
        {"response": 0.01},
        {"roll_deg": 10},
    ],
    ids=str,
)
def test_a_camera_without_a_fault_is_never_said_to_have_one(
    conditions: dict[str, float], networks: FaceNetworks
) -> None:
    verdict = verdict_of(simulated(**{"response": 0.1, **conditions}), networks)
    assert not CAMERA_FAULTS.intersection(verdict.reasons)
    assert verdict.outcome is not Outcome.NOT_VERIFIED


def calibrated(rig: Rig, networks: FaceNetworks) -> None:
    """Calibrate a rig with challenges that are the same each time."""
    measure(rig, networks, seeds=lambda number: hashlib.sha256(bytes([number])).digest())


@pytest.mark.parametrize("face_px", [40, 60, 80])
def test_whoever_is_too_far_for_the_detector_is_told_to_come_closer(
    face_px: int, networks: FaceNetworks
) -> None:
    verdict = verdict_of(simulated(response=0.1, face_px=face_px), networks)
    assert verdict.reasons == (ReasonCode.TOO_FAR,)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_calibration_names_the_fault_and_keeps_nothing(name: str, networks: FaceNetworks) -> None:
    fault, reason = FAULTS[name]
    with pytest.raises(CameraFaultError) as told:
        calibrated(FaultyRig(simulated(response=0.1), fault, calibrated=False), networks)
    assert REASONS[reason].message in str(told.value)
    assert "Nothing was stored" in str(told.value)
