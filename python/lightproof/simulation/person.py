"""The person in front of the camera: never quite still, never quite evenly lit, blinking now and then.

The head's path is an autoregressive walk: the velocity has a memory of a few frames (heads have mass), and a
slow pull brings the head back to where the person sits. The light on the face changes slowly in strength, and
less in colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lightproof.simulation.conditions import Conditions

_VELOCITY_MEMORY_S = 0.1
_RETURN_S = 1.5
_ROLL_MEMORY_S = 1.0
_GAIN_MEMORY_S = 0.5
_BLINK_S = 0.2
_BLINK_PAUSE_S = 1.0
_REFERENCE_FACE_PX = 100.0


@dataclass(frozen=True, slots=True)
class Bearing:
    """Where the head is and how it is lit in one frame.

    ``shift_px`` (x, y) and ``roll_deg`` are relative to the rest position, ``gain`` (3,) multiplies the
    linear light of each channel, ``closed`` is how far the eyes are shut, 0…1.
    """

    shift_px: tuple[float, float]
    roll_deg: float
    gain: NDArray[np.float64]
    closed: float


class Person:
    """The motion of one person, drawn frame by frame from a generator of its own.

    Or that of what somebody holds up, which is not ``alive`` and does not blink, or of what ``stands`` there
    and does not move either.
    """

    def __init__(
        self, conditions: Conditions, rng: np.random.Generator, *, alive: bool, stands: bool = False
    ) -> None:
        self._conditions = conditions if not stands else replace(conditions, motion_px=0.0, roll_deg=0.0)
        self._rng = rng
        self._alive = alive
        self._step_s = 1 / conditions.frame_rate_hz
        self._velocity = rng.standard_normal(2)
        self._position = np.zeros(2)
        self._roll = float(rng.standard_normal())
        self._gain = rng.standard_normal(4)
        self._blink_began_s = -math.inf
        self._time_s = 0.0

    def move(self) -> Bearing:
        """Go on by one frame period and return where the head is now."""
        conditions, rng = self._conditions, self._rng
        self._time_s += self._step_s
        self._velocity = self._walk(self._velocity, _VELOCITY_MEMORY_S)
        step_px = conditions.motion_px * conditions.face_px / _REFERENCE_FACE_PX
        self._position = self._position * math.exp(-self._step_s / _RETURN_S) + self._velocity * step_px
        self._roll = float(self._walk(np.array([self._roll]), _ROLL_MEMORY_S)[0])
        self._gain = self._walk(self._gain, _GAIN_MEMORY_S)
        gain = np.exp(conditions.gain_sd * self._gain[0] + conditions.chroma_sd * self._gain[1:])
        blinks = rng.random() < conditions.blinks_per_min / 60 * self._step_s
        if blinks and self._alive and self._time_s > self._blink_began_s + _BLINK_PAUSE_S:
            self._blink_began_s = self._time_s
        phase = (self._time_s - self._blink_began_s) / _BLINK_S
        closed = math.sin(math.pi * phase) if 0 <= phase <= 1 else 0.0
        return Bearing(
            (float(self._position[0]), float(self._position[1])),
            conditions.roll_deg * self._roll,
            gain,
            closed,
        )

    def _walk(self, state: NDArray[np.float64], memory_s: float) -> NDArray[np.float64]:
        keep = math.exp(-self._step_s / memory_s)
        noise = self._rng.standard_normal(state.shape)
        return np.asarray(keep * state + math.sqrt(1 - keep * keep) * noise, dtype=np.float64)
