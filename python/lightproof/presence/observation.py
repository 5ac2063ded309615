"""What is gathered while the challenge plays: the light of every cell, and where the face was.

No picture is kept here: a frame goes in, its 48 × 40 cell means are added to running sums, and it is gone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from lightproof._core import BANDS, MAX_REGISTRATION_RESIDUAL, ResponseRegression, Timeline
from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.presence.arrivals import Arrival, is_timely
from lightproof.presence.likenesses import LikenessesSoFar
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.surface import Prediction
from lightproof.privacy.forget import overwrite
from lightproof.rigs.latency_class import latency_class
from lightproof.rigs.protocol import CameraMetadata, Frame, RigDescription

UNCALIBRATED_LATENCY_S = 0.06
"""Where a rig was never calibrated: a 60 Hz display, a 30 Hz camera and a driver's queue, typically."""

_MIDDLES = np.stack([np.full(BANDS, COLUMNS / 2), (np.arange(BANDS) + 0.5) * ROWS / BANDS, np.ones(BANDS)])
"""Middle of each band of rows in homogeneous grid coordinates, (3, BANDS)."""


@dataclass(slots=True)
class Track:
    """How the face and the camera held through the challenge; filled frame by frame."""

    frames: int = 0
    lost: int = 0
    several: int = 0
    longest_loss: int = 0
    motion: float = 0.0
    longest_away_s: float = 0.0
    broken: bool = False
    times_s: list[float] = field(default_factory=list)
    metadata: list[CameraMetadata] = field(default_factory=list)
    exposures: list[float] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    background: list[tuple[tuple[float, float], NDArray[np.float64]]] = field(default_factory=list)
    _losing: int = 0

    def note_frame(self, frame: Frame) -> None:
        """Note a frame that came, whatever it shows."""
        self.frames += 1
        self.times_s.append(frame.sensor_time_s)
        self.metadata.append(frame.metadata)
        self.exposures.append(frame.exposure_s)
        self.arrivals.append(Arrival(*frame.light_interval_s(frame.height / 2), frame.delivery_s))

    def note_face(self, found: bool, *, same: bool = True) -> None:
        """Note whether the frame showed the one face, and whether its picture was like those before."""
        seen = found and same
        self._losing = 0 if seen else self._losing + 1
        self.lost += not seen
        self.longest_loss = max(self.longest_loss, self._losing)

    def note_background(self, frame: Frame, change: NDArray[np.float64] | None) -> None:
        """Note how the background of a frame differs from that of the first, None if it cannot be seen."""
        if change is not None:
            self.background.append((frame.light_interval_s(frame.height / 2), change))

    def note_break(self, away_s: float, *, broken: bool) -> None:
        """Note how long the picture from before the last break has been away, in seconds, and if it is."""
        self.longest_away_s = max(self.longest_away_s, away_s)
        self.broken = broken


class FrameUse(Enum):
    """What became of the cells of a frame."""

    TAKEN_IN = "taken_in"
    """They are in the response."""
    UNLIKE = "unlike"
    """Left out: the picture is not like the one under the neutral light."""
    UNLIT = "unlit"
    """Left out: the frame was exposed before the first light, and says nothing of it."""
    UNTIMELY = "untimely"
    """Left out: the frame arrived when this camera cannot have delivered it, so its stamp is not believed."""


class Observation:
    """The response of a face to a challenge as it plays.

    Args:
        neutral_cells: mean cells under the neutral light before the challenge, (48, 40, 3) float32.
        prediction: the relief that this face should have; its mask chooses the cells.
        rig: whose calibration places the light in time and colour.
        timeline: the flips of the challenge; the session adds to it while frames come in.
        start_s, duration_s: when the challenge is due on the rig's clock and how long it lasts, in seconds.
    """

    def __init__(
        self,
        neutral_cells: NDArray[np.float32],
        prediction: Prediction,
        rig: RigDescription,
        timeline: Timeline,
        *,
        start_s: float,
        duration_s: float,
    ) -> None:
        self._neutral_cells = neutral_cells
        self.prediction = prediction
        self.timeline = timeline
        self.calibration = rig.calibration
        self.mixing = rig.calibration.mixing
        self.calibrated_s = rig.calibration.latency_s
        self.latency_s = UNCALIBRATED_LATENCY_S if self.calibrated_s is None else self.calibrated_s
        self.latency_class = latency_class(rig)
        self.track = Track()
        self.likenesses: LikenessesSoFar | None = None
        self.lit_picture: LitPicture | None = None
        self.exposures_s: list[tuple[float, float]] = []
        self.band_exposures_s: list[list[tuple[float, float]]] = []
        self.light: list[NDArray[np.float64]] = []
        self.response = ResponseRegression(prediction.mask, neutral_cells, self.mixing)
        self.start_s, self._half_s = start_s, duration_s / 2

    def add(
        self,
        cells: NDArray[np.float32],
        frame: Frame,
        transform: NDArray[np.float64],
        crop: NDArray[np.uint8] | None = None,
    ) -> FrameUse:
        """Take in the cells of one frame and return what became of them; ``transform`` maps grid to pixels.

        ``crop`` is the aligned face for the lit picture, if there is one.
        A picture that is not like the one under the neutral light, as of another face or of one in the middle
        of a blink, is left out, and so is a frame of before the first light, or one that arrives later or
        earlier after its end than the calibrated delivery allows. Without one nothing is left out for that.
        """
        known_s = frame.delivery_s if self.calibration.delivery_s is not None else None
        if known_s is not None and not is_timely(known_s, self.calibration):
            return FrameUse.UNTIMELY
        first_s = self.timeline.first_flip_s
        rows_px = transform @ _MIDDLES
        start_s, end_s = frame.light_interval_s(float(rows_px[1].mean()))
        if first_s is None or start_s < first_s + self.latency_s:
            return FrameUse.UNLIT
        light = self.timeline.light(start_s, end_s, self.latency_s)
        u = ((start_s + end_s) / 2 - self.start_s) / self._half_s - 1.0
        registration = self.response.push(cells, light.tolist(), u)
        if not registration.residual <= MAX_REGISTRATION_RESIDUAL:
            return FrameUse.UNLIKE
        if self.lit_picture is not None and crop is not None:
            self.lit_picture.push(crop, light, u, registration)
        self.exposures_s.append((start_s, end_s))
        self.band_exposures_s.append([frame.light_interval_s(row) for row in rows_px[1].tolist()])
        self.light.append(light)
        return FrameUse.TAKEN_IN

    @property
    def neutral_cells(self) -> NDArray[np.float32]:
        """Mean cells under the neutral light before the challenge, (48, 40, 3) float32, linear light."""
        return self._neutral_cells

    def snapshot(self) -> Observation:
        """Return what was gathered so far, to be judged in another thread while more comes in.

        Forget it as well: :meth:`forget` of one does not reach the other's measurements.
        """
        twin = copy.copy(self)
        twin._neutral_cells = self._neutral_cells.copy()
        twin.timeline, twin.response = self.timeline.copy(), self.response.copy()
        twin.exposures_s, twin.band_exposures_s = list(self.exposures_s), list(self.band_exposures_s)
        twin.light = list(self.light)
        twin.track = copy.deepcopy(self.track)
        twin.lit_picture = None if self.lit_picture is None else self.lit_picture.copy()
        return twin

    def forget(self) -> None:
        """Overwrite the neutral cells and everything that was measured of the face."""
        overwrite(self._neutral_cells)
        self.response.forget()
        if self.lit_picture is not None:
            self.lit_picture.forget()
