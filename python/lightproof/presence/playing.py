"""The challenge is played: every step at its time, every frame taken in once, and no light longer than
needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge, Sampler, Timeline
from lightproof.face.tracker import FaceTracker, TrackedFace
from lightproof.frames import FrameGate, rgb_picture
from lightproof.matching import ProbeGallery
from lightproof.position import NEUTRAL_SRGB, Positioned
from lightproof.presence.judgement import CUT_RESIDUAL, LOOKS
from lightproof.presence.observation import Observation
from lightproof.presence.screen_time import ScreenTime
from lightproof.presence.surface import predict
from lightproof.rigs.protocol import Frame, Rig

HOLD_STILL_S: Final = 0.3
"""Between the position found and the first colour: time to finish looking for the button."""

TAIL_S: Final = 0.15
"""How long frames are awaited after the last dwell: exposure, readout and delivery of the frame that saw
its end."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it. ``light_s`` is how long the colours were on the face, in seconds."""

    observation: Observation
    screen_time: ScreenTime
    light_s: float


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks at the frames of one session, ready and in position."""

    gate: FrameGate
    tracker: FaceTracker
    sampler: Sampler
    gallery: ProbeGallery


def play(
    rig: Rig,
    challenge: Challenge,
    position: Positioned,
    eyes: Eyes,
    enough: Callable[[Observation, ScreenTime], bool],
) -> Played:
    """Play the challenge until the evidence is in, the face or the rhythm is lost, or it ends.

    ``enough`` is asked after the dwells in :data:`~lightproof.presence.judgement.LOOKS`, but the last.

    Raises:
        RigError: the camera or the screen fails.
        FrameError, ClockError: the rig's frames or flips contradict each other.
    """
    description = rig.description
    refresh_s = 1 / description.refresh_hz
    start_s = rig.now_s() + HOLD_STILL_S
    timeline, screen_time = Timeline(challenge), ScreenTime(challenge)
    prediction = predict(position.face.points, position.transform, description.geometry, position.frame_size)
    half_s = challenge.duration_s / 2
    observation = Observation(position.reference, prediction, description, timeline, start_s + half_s, half_s)
    scene = _Scene(position, eyes, observation)
    for frame in rig.frames(until_s=start_s - refresh_s):
        scene.take(frame)
    steps_s = [*challenge.steps_start_s.tolist(), challenge.duration_s]
    steps_per_dwell = len(challenge.steps_srgb) // len(challenge)
    for step, colours in enumerate(challenge.steps_srgb):
        flip_s = rig.show(colours, at_s=start_s + steps_s[step])
        timeline.flip(flip_s)
        screen_time.flipped(flip_s)
        if step == 0:
            start_s = flip_s
        if screen_time.lost:
            break
        # Leave the camera one refresh early, so that waiting for a frame never delays a flip.
        for frame in rig.frames(until_s=start_s + steps_s[step + 1] - refresh_s):
            scene.take(frame)
        dwells, rest = divmod(step + 1, steps_per_dwell)
        if scene.broken or (rest == 0 and dwells in LOOKS[:-1] and enough(observation, screen_time)):
            break
    else:
        _take_the_last_light(rig, scene, start_s + challenge.duration_s, observation.latency_s)
    return Played(observation, screen_time, rig.show(NEUTRAL_SRGB) - start_s)


def _take_the_last_light(rig: Rig, scene: _Scene, end_s: float, latency_s: float) -> None:
    """End the light on time, and take in the frames that still saw it."""
    rig.show(NEUTRAL_SRGB, at_s=end_s)
    for frame in rig.frames(until_s=end_s + latency_s + TAIL_S):
        if frame.light_interval_s(frame.height)[1] <= end_s + latency_s:
            scene.take(frame)


class _Scene:
    """What is in front of the camera while the challenge plays."""

    def __init__(self, position: Positioned, eyes: Eyes, observation: Observation) -> None:
        self._eyes, self._observation = eyes, observation
        self._started_px = position.face.five_points.mean(axis=0)
        right, left = position.face.five_points[:2]
        self._eye_distance_px = max(float(np.linalg.norm(left - right)), 1.0)
        self.broken = False

    def take(self, frame: Frame) -> None:
        """Take in one frame: follow the face, add its cells, keep its picture if it is among the best."""
        self._eyes.gate.check(frame)
        track = self._observation.track
        track.note_frame(frame)
        rgb = rgb_picture(frame)
        face = self._eyes.tracker.track(rgb)
        track.note_face(face is not None)
        if face is None:
            return
        if face.several_faces:
            track.several += 1
            self.broken = True
        self._add(frame, face)
        self._eyes.gallery.offer(rgb, face, frame.sensor_time_s)

    def _add(self, frame: Frame, face: TrackedFace) -> None:
        moved_px: NDArray[np.float64] = face.five_points.mean(axis=0) - self._started_px
        track = self._observation.track
        track.motion = max(track.motion, float(np.linalg.norm(moved_px)) / self._eye_distance_px)
        cells, _, _ = self._eyes.sampler.sample(
            frame.image, frame.pixel_format, face.transform, width=frame.width, height=frame.height
        )
        if self._observation.add(cells, frame, face.transform) > CUT_RESIDUAL:
            track.cuts += 1
