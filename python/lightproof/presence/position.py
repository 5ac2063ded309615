"""Position: one face, near enough, facing the screen, in usable light, holding still.

The session waits here until all of that holds for half a second. Under the neutral light of that time the
neutral cells are measured, against which the response will be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.face.alignment import COLUMNS, ROWS, eye_distance_px
from lightproof.face.tracker import TrackedFace
from lightproof.presence.camera_clock import CameraClock
from lightproof.presence.camera_faults import CameraFaults
from lightproof.presence.likenesses import Likenesses
from lightproof.presence.reader import FaceReader, FaceSample
from lightproof.presence.surface import distance_m
from lightproof.privacy.forget import overwrite
from lightproof.rigs.protocol import Frame, Geometry, Rig
from lightproof.verdict import REASONS, ReasonCode

STEADY_S: Final = 0.5
"""How long everything has to be right: enough frames to average, short enough to hold one's breath."""

PATIENCE_S: Final = 20.0
"""How long the session waits for a usable position before it gives up with the reason."""

WARM_UP_S: Final = 1.0
"""No guidance before this: cameras start dark and settle within a second."""

HINT_S: Final = 1.0
"""A hint stays at least this long: steady words, no flicker. It goes when nothing is wrong any more."""

MIN_EYE_DISTANCE_PX: Final = 40.0
"""Below this a cell of the grid is under two pixels wide and its noise drowns the code."""

MAX_FACE_SHARE: Final = 0.95
"""A face higher than this share of the picture is cut off sooner or later."""

MIN_DISTANCE_M: Final = 0.18
MAX_DISTANCE_M: Final = 0.80
"""Nearer, the screen is seen at a grazing angle; farther, a 7-inch screen gives under 3 % of 300 lx."""

MAX_TURN_DEG: Final = 25.0
"""Beyond this one cheek hides from the screen and half of the relief with it."""

MIN_LIGHT: Final = 0.01
MAX_LIGHT: Final = 0.80
MAX_CLIPPED: Final = 0.10
"""Mean linear light of the face (1 is full scale) and share of its pixels at the limit: outside, 8 bits
hold too little."""


_OF_A_TURNED_CAMERA: Final = frozenset({ReasonCode.NO_FACE, ReasonCode.TURNED_AWAY})
_LOOK_AGAIN_S: Final = 1.0
"""How often a face is looked for in other ways, turned or small: it takes as long as several frames."""


@dataclass(frozen=True, slots=True)
class Positioned:
    """A face in position.

    ``neutral_cells`` is the mean of its cells under the neutral light, (48, 40, 3) float32, ``frame_size``
    (width, height) of the frames in pixels.
    """

    face: TrackedFace
    neutral_cells: NDArray[np.float32]
    frame_size: tuple[int, int]
    distance_m: float

    def forget(self) -> None:
        """Overwrite the cells."""
        overwrite(self.neutral_cells)


def wait_for_position(
    rig: Rig,
    reader: FaceReader,
    on_hint: Callable[[ReasonCode], None] | None = None,
    likenesses: Likenesses | None = None,
) -> Positioned | ReasonCode:
    """Show the neutral light until a face holds still in position, or give up with what was wrong last.

    ``likenesses`` are offered the frames in which it held still.

    Raises:
        FrameError, ClockError: the camera's frames contradict each other.
        RigError: the camera or the screen fails.
    """
    rig.show(NEUTRAL_SCREEN_SRGB)
    start_s = rig.now_s()
    geometry = rig.description.geometry
    cells: list[NDArray[np.float32]] = []
    steady_from_s = float("nan")
    problem, hinted_s, hinting = ReasonCode.NO_FACE, float("-inf"), False
    faults, clock = CameraFaults(), CameraClock()
    looked_s, is_far = start_s, False
    try:
        for frame in reader.frames(rig, until_s=start_s + PATIENCE_S):
            sample = reader.read(frame)
            clock_wrong = clock.is_wrong(frame)
            if clock_wrong:
                return ReasonCode.CAMERA_CLOCK
            found = faults.find(sample.rgb) or what_is_wrong(sample, geometry)
            cells.append(sample.cells)
            arrived_s = start_s if frame.arrived_s is None else frame.arrived_s
            if found in _OF_A_TURNED_CAMERA and arrived_s >= looked_s + _LOOK_AGAIN_S:
                looked_s = arrived_s
                if reader.is_turned(sample.rgb):
                    return ReasonCode.CAMERA_TURNED
                is_far = found is ReasonCode.NO_FACE and reader.is_far(sample.rgb)
            if found is ReasonCode.NO_FACE and is_far:
                found = ReasonCode.TOO_FAR
            if found is None and sample.face is not None:
                steady_from_s = frame.sensor_time_s if len(cells) == 1 else steady_from_s
                if hinting and frame.sensor_time_s >= hinted_s + HINT_S:
                    hinting = False
                    rig.say("")
                if likenesses is not None:
                    likenesses.offer(sample.rgb, sample.face, frame.sensor_time_s)
                if frame.sensor_time_s - steady_from_s >= STEADY_S and clock_wrong is False:
                    if reader.is_turned(sample.rgb):
                        return ReasonCode.CAMERA_TURNED
                    if likenesses is not None:
                        likenesses.end_stretch()
                    if hinting:
                        rig.say("")
                    return Positioned(
                        sample.face,
                        np.mean(cells, axis=0, dtype=np.float32),
                        (frame.width, frame.height),
                        distance_m(sample.face.points, geometry),
                    )
                continue
            _forget(cells)
            if likenesses is not None:
                likenesses.restart()
            problem = found or problem
            if frame.sensor_time_s >= start_s + WARM_UP_S and frame.sensor_time_s >= hinted_s + HINT_S:
                hinted_s, hinting = frame.sensor_time_s, True
                if on_hint is not None:
                    on_hint(problem)
                rig.say(REASONS[problem].remedy)
        return problem
    finally:
        _forget(cells)
        faults.forget()


def _forget(cells: list[NDArray[np.float32]]) -> None:
    for sampled in cells:
        overwrite(sampled)
    cells.clear()


def what_is_wrong(sample: FaceSample, geometry: Geometry) -> ReasonCode | None:
    """Return what keeps the face of a frame from being in position, None if nothing does."""
    face = sample.face
    if face is None:
        return ReasonCode.NO_FACE
    if face.several_faces:
        return ReasonCode.SEVERAL_FACES
    return _wrong_place(sample.frame, face, geometry) or _wrong_light(sample)


def _wrong_light(sample: FaceSample) -> ReasonCode | None:
    light = float(sample.cells[ROWS // 4 : -ROWS // 4, COLUMNS // 4 : -COLUMNS // 4].mean())
    if sample.outside > MAX_CLIPPED:
        return ReasonCode.FACE_OUTSIDE
    if light < MIN_LIGHT:
        return ReasonCode.TOO_DARK
    if light > MAX_LIGHT or sample.clipped > MAX_CLIPPED:
        return ReasonCode.TOO_BRIGHT
    return None


def _wrong_place(frame: Frame, face: TrackedFace, geometry: Geometry) -> ReasonCode | None:
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    away_m = distance_m(face.points, geometry)
    if eye_distance_px(face.points) < MIN_EYE_DISTANCE_PX or away_m > MAX_DISTANCE_M:
        return ReasonCode.TOO_FAR
    if high[1] - low[1] > MAX_FACE_SHARE * frame.height or away_m < MIN_DISTANCE_M:
        return ReasonCode.TOO_CLOSE
    if low.min() < 0 or high[0] > frame.width or high[1] > frame.height:
        return ReasonCode.FACE_OUTSIDE
    if max(abs(face.quality.yaw_deg), abs(face.quality.pitch_deg), abs(face.quality.roll_deg)) > MAX_TURN_DEG:
        return ReasonCode.TURNED_AWAY
    return None
