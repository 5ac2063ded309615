"""The conditions of a simulated session: every number with its unit, checked before anything is rendered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError

FRAME_WIDTH: Final = 640
FRAME_HEIGHT: Final = 480
"""The sensor window around the face, cut from what a 720p camera sees at the face's real scale."""
MAX_JITTER_SD: Final = 3
"""No frame is further from its regular time than this many sd, so that none overtakes another."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Room, screen, person and camera of a simulated session.

    Light:
        response: light of a full white screen on the face over the ambient light on it, means of luminance
            over the middle of the face; used unless ``ambient_lx`` is given.
        ambient_lx: illuminance of the room on the face; the response then follows (``response_level``).
        screen_cd_m2, screen_width_m, screen_height_m: luminance of the screen's white, size of its lit area.
        distance_m: from the screen to the face.
        flicker_depth: modulation (0…1) of the ambient light at twice ``mains_hz``.
    Screen:
        refresh_hz, panel_latency_s, rise_s: see :class:`lightproof.simulation.screen.Panel`.
    Person:
        face_px: height of the face in the picture, forehead to chin.
        motion_px: root mean square step of the head from frame to frame, per axis, for a face of 100 px.
        roll_deg: root mean square of the slow roll of the head.
        gain_sd: relative sd of slow changes of all light on the face (the person leans, someone passes).
        chroma_sd: the same for each colour channel alone.
        blinks_per_min: mean rate of blinks, where the eyes are known.
        speech: how far the mouth opens in speech, 1 as in lively talk (11 mm); syllables of 0.2 to 0.3 s.
        smile: how broad a smile comes and goes, 1 a broad one.
        turn_deg, nod_deg: amplitude of slow turns to either side and of nods.
        lean: relative amplitude of leaning towards the camera and away from it.
    Camera:
        frame_rate_hz, exposure_s, readout_s: the last row opens ``readout_s`` after the first.
        jitter_s: sd of a frame's time about the regular one.
        delivery_s: from the end of the exposure to the delivery.
        drop_probability: share of frames that are never delivered.
        pixel_noise: relative sd of one pixel at mid-grey (18 % of full scale). It is shot noise: the sd grows
            with the root of light. 0.02 stands for a full well of about 14,000 electrons.
        read_noise: sd of the noise in the dark, fraction of full scale.
        face_level: linear level (0…1) to which the locked exposure brings the middle of the face.
        crosstalk: share of the screen's green that leaks into the camera's red (others in proportion).
        exposure_drift_per_s: relative change of the exposure per second, 0 for a locked camera.
        auto_exposure_s, auto_white_balance_s: time constants of the camera's own exposure and white balance,
            0 where they are locked.
        claims_lock: 1 for a camera that says it is locked whatever it does, 0 for an honest one.
        noise_reduction: share of a still pixel that is taken from the frames before (0…0.9).
        contrast: slope that an S-shaped tone curve adds in mid-grey, 0 for sRGB.
        mjpg_quality: quality of JPEG with 4:2:0 (1…100) through which each frame goes, 0 for none.

    Raises:
        InputError: a value is not a finite number within its range.
    """

    response: float = 0.15
    ambient_lx: float | None = None
    screen_cd_m2: float = 500.0
    screen_width_m: float = 0.154
    screen_height_m: float = 0.086
    distance_m: float = 0.35
    flicker_depth: float = 0.03
    mains_hz: float = 50.0

    refresh_hz: float = 60.0
    panel_latency_s: float = 0.008
    rise_s: float = 0.004

    face_px: float = 300.0
    motion_px: float = 0.15
    roll_deg: float = 0.3
    gain_sd: float = 0.01
    chroma_sd: float = 0.001
    blinks_per_min: float = 12.0
    speech: float = 0.0
    smile: float = 0.0
    turn_deg: float = 0.0
    nod_deg: float = 0.0
    lean: float = 0.0

    frame_rate_hz: float = 30.0
    exposure_s: float = 0.018
    readout_s: float = 0.016
    jitter_s: float = 0.0003
    delivery_s: float = 0.010
    drop_probability: float = 0.0
    pixel_noise: float = 0.02
    read_noise: float = 0.001
    face_level: float = 0.22
    crosstalk: float = 0.06
    exposure_drift_per_s: float = 0.0
    auto_exposure_s: float = 0.0
    auto_white_balance_s: float = 0.0
    claims_lock: float = 0.0
    noise_reduction: float = 0.0
    contrast: float = 0.0
    mjpg_quality: float = 0.0

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is None and name == "ambient_lx":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise InputError(f"{name} is {value!r}; it must be a number from {low:g} to {high:g}")
        period_s = 1 / self.frame_rate_hz
        if self.exposure_s + 2 * MAX_JITTER_SD * self.jitter_s >= period_s:
            raise InputError(
                f"exposure_s is {self.exposure_s:g} and jitter_s is {self.jitter_s:g}; exposure and "
                f"{2 * MAX_JITTER_SD} times the jitter must fit into a frame period of {period_s:.4f} s"
            )

    @classmethod
    def from_settings(cls, settings: Mapping[str, str], defaults: Mapping[str, float] | None = None) -> Self:
        """Return the conditions with some of them set by text, as a command line gives them.

        ``defaults`` replace the defaults of this class where ``settings`` say nothing.

        Raises:
            InputError: a name is unknown or a value is not a number in its range.
        """
        values = dict(defaults or {})
        for name, text in settings.items():
            if name not in RANGES:
                raise InputError(
                    f"the simulated rig has no setting {name!r}; it has {', '.join(sorted(RANGES))}"
                )
            try:
                values[name] = float(text)
            except ValueError:
                raise InputError(f"{name} is {text!r}; it must be a number") from None
        return cls(**values)

    @property
    def moves(self) -> bool:
        """Whether the face does more than sway and blink."""
        return any((self.speech, self.smile, self.turn_deg, self.nod_deg, self.lean))

    @property
    def is_locked(self) -> bool:
        """Whether the camera's exposure and white balance are held."""
        return not any((self.exposure_drift_per_s, self.auto_exposure_s, self.auto_white_balance_s))

    @property
    def response_level(self) -> float:
        """Response as set, or screen's light on the face ÷ ``ambient_lx``.

        A screen of luminance L, width w and height h, seen straight on at distance d, gives in the middle of
        the face the illuminance E = L · ∫∫ cos²θ / r² dA = 4 L · F(w/2d, h/2d) with F(x, y) = ½ · (x/√(1+x²)
        · atan(y/√(1+x²)) + y/√(1+y²) · atan(x/√(1+y²))), four corners of a parallel rectangle (Howell,
        Catalog of Configuration Factors, C-11). 7 inch (15.4 × 8.6 cm), 500 cd/m², 35 cm: 52 lx; in a room of
        300 lx: 17 %.
        """
        if self.ambient_lx is None:
            return self.response
        x = self.screen_width_m / (2 * self.distance_m)
        y = self.screen_height_m / (2 * self.distance_m)
        corner = 0.5 * (
            x / math.hypot(1, x) * math.atan(y / math.hypot(1, x))
            + y / math.hypot(1, y) * math.atan(x / math.hypot(1, y))
        )
        return 4 * self.screen_cd_m2 * corner / self.ambient_lx

    @property
    def mixing(self) -> NDArray[np.float64]:
        """The camera's linear RGB (rows) to the screen's (columns) off a white surface, (3, 3), maximum 1."""
        leak = self.crosstalk / 0.06
        off = np.array([[0, 0.06, 0.01], [0.05, 0, 0.06], [0.01, 0.08, 0]]) * leak
        mixed = off + np.eye(3)
        return np.asarray(mixed / mixed.max(), dtype=np.float64)

    @property
    def latency_s(self) -> float:
        """Time from a flip to its light, with the exponential rise taken as a delay of its time constant."""
        return self.panel_latency_s + self.rise_s

    @property
    def latency_spread_s(self) -> float:
        """Standard deviation of the latency that sessions measure.

        Within the part of a frame period in which no row of the face is exposed, a flip could have been at
        any moment: a uniform distribution over it.
        """
        face_readout_s = self.readout_s * self.face_px / FRAME_HEIGHT
        return max(0.0, 1 / self.frame_rate_hz - self.exposure_s - face_readout_s) / math.sqrt(12)


RANGES: Final[dict[str, tuple[float, float]]] = {
    "response": (0, 100),
    "ambient_lx": (0.1, 200_000),
    "screen_cd_m2": (1, 10_000),
    "screen_width_m": (0.03, 2),
    "screen_height_m": (0.03, 2),
    "distance_m": (0.1, 2),
    "flicker_depth": (0, 1),
    "mains_hz": (40, 70),
    "refresh_hz": (10, 500),
    "panel_latency_s": (0, 0.5),
    "rise_s": (0, 0.1),
    "face_px": (20, 600),
    "motion_px": (0, 20),
    "roll_deg": (0, 20),
    "gain_sd": (0, 0.5),
    "chroma_sd": (0, 0.2),
    "blinks_per_min": (0, 60),
    "speech": (0, 2),
    "smile": (0, 2),
    "turn_deg": (0, 30),
    "nod_deg": (0, 30),
    "lean": (0, 0.3),
    "frame_rate_hz": (1, 240),
    "exposure_s": (1e-5, 0.5),
    "readout_s": (0, 0.1),
    "jitter_s": (0, 0.01),
    "delivery_s": (0, 0.5),
    "drop_probability": (0, 0.9),
    "pixel_noise": (0, 0.5),
    "read_noise": (0, 0.1),
    "face_level": (0.005, 1),
    "crosstalk": (0, 0.3),
    "exposure_drift_per_s": (-0.5, 0.5),
    "auto_exposure_s": (0, 60),
    "auto_white_balance_s": (0, 60),
    "claims_lock": (0, 1),
    "noise_reduction": (0, 0.9),
    "contrast": (0, 1),
    "mjpg_quality": (0, 100),
}
"""Lowest and highest value of every condition."""
