"""The challenge is played: each step at its time, each frame taken in once, no light longer than needed."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge, Timeline
from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.face.alignment import eye_distance_px
from lightproof.face.tracker import TrackedFace
from lightproof.presence.background import Background
from lightproof.presence.cues.freshness import LOOKS
from lightproof.presence.flip_monitor import FlipMonitor
from lightproof.presence.likenesses import Likenesses
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.neighbours import Neighbours
from lightproof.presence.observation import FrameUse, Observation
from lightproof.presence.position import Positioned
from lightproof.presence.reader import FaceReader, FaceSample
from lightproof.presence.surface import predict
from lightproof.privacy.forget import overwrite
from lightproof.rigs.protocol import Frame, Rig

HOLD_STILL_S: Final = 0.3
"""Between the position found and the first colour: time to finish looking for the button."""

HEED_S: Final = 0.08
"""When the answer of a look is heeded, after the end of the dwell that it looked at. Always then, whenever it
was known, so that a recording ends where its session did; an answer that is not known by then is waited for.
On the machines measured (docs/speed.md) it is, and on a slower one there is as much again and half of it
before the next flip."""

TAIL_S: Final = 0.15
"""How long frames are awaited after the last dwell: exposure, readout and delivery of the frame that saw
its end."""


@dataclass(frozen=True, slots=True)
class PlaybackResult:
    """What was observed while the challenge played; ``light_s`` is how long its colours were on the face."""

    observation: Observation
    flip_monitor: FlipMonitor
    light_s: float


def play(
    rig: Rig,
    challenge: Challenge,
    position: Positioned,
    reader: FaceReader,
    likenesses: Likenesses | None,
    lit_picture: LitPicture | None,
    enough: Callable[[Observation, float], bool],
    observe: Callable[..., Observation] = Observation,
) -> PlaybackResult:
    """Play the challenge until the evidence is in, the face or the rhythm is lost, or it ends.

    ``enough`` is asked after the dwells in :data:`~lightproof.presence.cues.freshness.LOOKS`, but the last.
    It is given a snapshot of the observation and the most that a flip was late, in seconds, and runs in a
    thread of its own, because the light must keep its rhythm: its answer is heeded :data:`HEED_S` later,
    always, so that a recording ends where the session did. ``observe`` makes the observation; a study gives
    one that also keeps what it takes in. ``likenesses`` draw frames in the moment to hold still and in every
    dwell; ``lit_picture`` gathers what the light shows of the face. Without them the session's identity, and
    the lit face, stay unclear.

    Raises:
        RigError: the camera or the screen fails.
        FrameError, ClockError: the rig's frames or flips contradict each other.
    """
    description = rig.description
    prediction = predict(
        position.face.points, position.face.transform, description.geometry, position.frame_size
    )
    observation = observe(
        position.neutral_cells,
        prediction,
        description,
        Timeline(challenge),
        start_s=rig.now_s() + HOLD_STILL_S,
        duration_s=challenge.duration_s,
    )
    observation.lit_picture = lit_picture
    try:
        with ThreadPoolExecutor(max_workers=1) as thread:
            look = _Look(thread, enough)
            watch = _FaceWatch(position, reader, likenesses, observation)
            try:
                return _play(rig, challenge, watch, observation, look)
            finally:
                watch.forget()
    except BaseException:
        observation.forget()
        raise


def _play(
    rig: Rig,
    challenge: Challenge,
    watch: _FaceWatch,
    observation: Observation,
    look: _Look,
) -> PlaybackResult:
    refresh_s = 1 / rig.description.refresh_hz
    start_s = observation.start_s
    timeline, flip_monitor = observation.timeline, FlipMonitor(challenge)
    for frame in watch.reader.frames(rig, until_s=start_s - refresh_s):
        watch.take(frame)
    watch.end_stretch()
    steps_s = [*challenge.steps_start_s.tolist(), challenge.duration_s]
    steps_per_dwell = len(challenge.steps_srgb) // len(challenge)
    for step, colours in enumerate(challenge.steps_srgb):
        flip_s = rig.show(colours, at_s=start_s + steps_s[step])
        timeline.flip(flip_s)
        flip_monitor.flipped(flip_s)
        if step == 0:
            start_s = flip_s
        if flip_monitor.lost:
            break
        # Leave the camera one refresh early, so that waiting for a frame never delays a flip.
        until_s = start_s + steps_s[step + 1] - refresh_s
        if look.heeded_s <= until_s:
            for frame in watch.reader.frames(rig, until_s=look.heeded_s):
                watch.take(frame)
            if look.saw_enough():
                break
        for frame in watch.reader.frames(rig, until_s=until_s):
            watch.take(frame)
        if watch.broken:
            break
        dwells, rest = divmod(step + 1, steps_per_dwell)
        if rest == 0:
            watch.end_stretch()
        if rest == 0 and dwells in LOOKS[:-1]:
            heeded_s = start_s + steps_s[step + 1] + HEED_S
            look.begin(observation.snapshot(), flip_monitor.late_s, heeded_s)
    else:
        end_s = start_s + challenge.duration_s
        ended_s = rig.show(NEUTRAL_SCREEN_SRGB, at_s=end_s)
        _take_the_last_light(rig, watch, end_s + observation.latency_s)
        watch.end_stretch()
        return PlaybackResult(observation, flip_monitor, ended_s - start_s)
    return PlaybackResult(observation, flip_monitor, rig.show(NEUTRAL_SCREEN_SRGB) - start_s)


def _take_the_last_light(rig: Rig, watch: _FaceWatch, end_s: float) -> None:
    """Take in the frames whose exposure ended with the light, as the camera sees it, at ``end_s``."""
    for frame in watch.reader.frames(rig, until_s=end_s + TAIL_S):
        if frame.light_interval_s(frame.height)[1] <= end_s:
            watch.take(frame)


class _Look:
    """One look at the evidence at a time, beside the light."""

    def __init__(self, thread: ThreadPoolExecutor, enough: Callable[[Observation, float], bool]) -> None:
        self._thread, self._enough = thread, enough
        self._going_on: Future[bool] | None = None
        self.heeded_s = math.inf

    def begin(self, snapshot: Observation, late_s: float, heeded_s: float) -> None:
        """Start to look at a snapshot, which is overwritten afterwards; it is heeded at ``heeded_s``."""
        self._going_on, self.heeded_s = self._thread.submit(self._look, snapshot, late_s), heeded_s

    def saw_enough(self) -> bool:
        """Return what the last look found, once; False if there was none."""
        going_on, self._going_on, self.heeded_s = self._going_on, None, math.inf
        return going_on is not None and going_on.result()

    def _look(self, snapshot: Observation, late_s: float) -> bool:
        try:
            return self._enough(snapshot, late_s)
        finally:
            snapshot.forget()


class _FaceWatch:
    """What is in front of the camera while the challenge plays."""

    def __init__(
        self,
        position: Positioned,
        reader: FaceReader,
        likenesses: Likenesses | None,
        observation: Observation,
    ) -> None:
        self.reader, self._likenesses, self._observation = reader, likenesses, observation
        self._neighbours = Neighbours(observation.prediction.mask)
        self._background = Background()
        self._started_px = position.face.five_points.mean(axis=0)
        self._eye_distance_px = max(eye_distance_px(position.face.points), 1.0)
        self.broken = False

    def take(self, frame: Frame) -> None:
        """Take in one frame: note where the face is, add its cells, offer its face to the lots."""
        sample = self.reader.read(frame)
        track = self._observation.track
        track.note_frame(frame)
        if sample.face is None:
            track.note_face(False)
            return
        if sample.face.several_faces:
            track.several += 1
            self.broken = True
        use = self._add(sample, sample.face)
        track.note_face(True, same=use is not FrameUse.UNLIKE)
        change = self._neighbours.change(sample.cells, sample.face, frame.sensor_time_s)
        track.note_break(change.away_s, broken=self._neighbours.broken)
        track.note_background(frame, self._background.change(sample.rgb, sample.face))
        self._offer(sample, sample.face, use, change.size)
        overwrite(sample.cells)  # what is of them is in the observation's sums

    def _add(self, sample: FaceSample, face: TrackedFace) -> FrameUse:
        """Add the cells of a frame and return what became of them."""
        moved_px: NDArray[np.float64] = face.five_points.mean(axis=0) - self._started_px
        track = self._observation.track
        track.motion = max(track.motion, float(np.linalg.norm(moved_px)) / self._eye_distance_px)
        lit_picture = self._observation.lit_picture
        crop = None if lit_picture is None else lit_picture.cut(sample.rgb, face.transform)
        return self._observation.add(sample.cells, sample.frame, face.transform, crop)

    def _offer(self, sample: FaceSample, face: TrackedFace, use: FrameUse, change: float) -> None:
        """Offer a face to the lots; only what the light fell on can be matched."""
        if self._likenesses is None or use in (FrameUse.UNLIKE, FrameUse.UNTIMELY):
            return
        lit = use is FrameUse.TAKEN_IN
        self._likenesses.offer(sample.rgb, face, sample.frame.sensor_time_s, change if lit else None)

    def end_stretch(self) -> None:
        """Embed what was drawn since the last stretch, and let the observation know of it."""
        if self._likenesses is not None:
            self._likenesses.end_stretch()
            self._observation.likenesses = self._likenesses.snapshot()

    def forget(self) -> None:
        """Overwrite what is held of the last frame, and of the first one's background."""
        self._neighbours.forget()
        self._background.forget()
