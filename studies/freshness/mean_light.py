"""The mean light of a living face under a challenge, straight from the physics: no picture is rendered.

Per channel the light is ``gain(t) · (ambient · flicker(t) + response · screen(t − latency))`` plus the
camera's noise. What the noise is made of, and how it follows the room and the frame rate, is derived here; it
decides how often freshness recognises a person, and nothing of the theorem depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge, FaceLight, ResponseRegression, Timeline
from lightproof.colour import LUMINANCE
from lightproof.policy import Mode
from lightproof.simulation.conditions import Conditions

LATENCY_S: Final = 0.05
"""Calibrated latency of the rig. Its value does not matter to the score, only that it is known."""

GAIN_SD: Final = 0.02
COLOUR_SD: Final = 0.002
"""Slow changes of all light on the face (the person moves) and of each channel alone (shadows, white
balance): twice what the picture simulator assumes by default."""

MEMORY_S: Final = 1 / (2 * math.pi * 0.7)
"""They are first-order with a corner at 0.7 Hz: a head's sway."""

FLICKER_DEPTH: Final = 0.03
MAINS_HZ: Final = 50.0
DAYLIGHT_LX: Final = 5000.0
"""Lamps flicker by 3 % at twice the mains frequency. What is brighter than this is daylight; it does not."""

ELECTRONS_PER_LX_S: Final = 160.0
"""Green electrons of a pixel per lx · s on the face: illuminance of the sensor ρTE/(4N²) with skin of
ρ = 0.35, a lens of T = 0.9 and N = 2; 4,090 photons/µm² per lx · s at 555 nm (683 lm/W); pixels of 2 µm; half
of the photons counted."""

FULL_WELL: Final = 13_900.0
"""Electrons at full scale: the 2 % noise of a pixel at mid-grey that the picture simulator assumes."""

CHANNEL_ELECTRONS: Final = (0.77, 1.0, 0.54)
"""Red, green and blue electrons over the green ones, off skin (reflectance 0.45, 0.35, 0.27) behind a usual
Bayer filter (0.6, 1, 0.7)."""

FACE_PIXELS: Final = 37_000
CHANNEL_SHARES: Final = (0.25, 0.5, 0.25)
"""Skin of a face 300 pixels high, seven tenths of an ellipse of 300 × 225, behind a Bayer filter."""

MAX_EXPOSURE_SHARE: Final = 0.85
"""Part of the frame period that a camera can expose."""

READOUT_S: Final = 0.010
"""Between the exposures of a face's first and last row."""

JITTER_S: Final = 0.0003

TURNED: Final = (0.14, 0.05)
"""How much more the right half of a face answers the right half of the screen than its left half does, over
its answer to all of the screen, and the same of the upper half. On four path-traced heads with even numbers
in an office's light at 10 % it was 0.12 to 0.18 and 0.05 to 0.06 (of one the second could not be told)."""

_BANDS: Final = 5
_SIDE: Final = 10
"""Cells are 10 × 10; rows of two make five bands that a rolling shutter exposes one after another."""

_TINT: Final = 0.3
"""The room's light is up to this much stronger or weaker in each channel than the screen's white."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how a face is lit: response (full white screen's light over ambient), room, fps, mode."""

    response: float
    ambient_lx: float = 300.0
    frame_rate_hz: float = 30.0
    mode: Mode = "standard"

    @property
    def exposure_s(self) -> float:
        """Exposure that brings skin to its level without gain, or the longest that the frame rate allows."""
        wanted_s = FULL_WELL * Conditions().face_level / (ELECTRONS_PER_LX_S * self.ambient_lx)
        return min(wanted_s, MAX_EXPOSURE_SHARE / self.frame_rate_hz)

    @property
    def shot_noise(self) -> NDArray[np.float64]:
        """Relative sd of the face's mean in red, green and blue in a frame, by photons and readout; (3,)."""
        electrons = np.array(CHANNEL_ELECTRONS) * ELECTRONS_PER_LX_S * self.ambient_lx * self.exposure_s
        readout = (Conditions().read_noise * FULL_WELL) ** 2
        pixels = FACE_PIXELS * np.array(CHANNEL_SHARES)
        return np.asarray(np.sqrt((electrons + readout) / pixels) / electrons)

    @property
    def flicker(self) -> float:
        """Amplitude of the ambient light's flicker in a frame: an exposure averages over it."""
        if self.ambient_lx > DAYLIGHT_LX:
            return 0.0
        return FLICKER_DEPTH * abs(float(np.sinc(2 * MAINS_HZ * self.exposure_s)))


@dataclass(frozen=True, slots=True, eq=False)
class MeanLightLook:
    """The light of a session so far: after how many dwells, and the face's (None with too few frames)."""

    dwells: int
    face: FaceLight | None


class MeanLightSession:
    """A face that is lit by a challenge, filmed frame by frame."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.challenge = Challenge.generate(self._rng.bytes(32), setting.mode)
        self.decoy_seed = self._rng.bytes(32)
        self.timeline = Timeline(self.challenge)
        for start_s in self.challenge.steps_start_s.tolist():
            self.timeline.flip(start_s)
        self._setting = setting
        self._mixing = Conditions().mixing

    def looks(self, dwells: range | tuple[int, ...]) -> Iterator[MeanLightLook]:
        """Film, and pause after each of these numbers of dwells to give what was seen until then."""
        setting, rng, mixing = self._setting, self._rng, self._mixing
        tint = rng.uniform(1 - _TINT, 1 + _TINT, 3)
        tint /= LUMINANCE @ tint
        screen = setting.response / float(LUMINANCE @ mixing.sum(axis=1))
        albedo = rng.uniform(0.08, 0.3, (_SIDE, _SIDE, 3))
        neutral = tint + screen * (mixing @ self.timeline.light(-1.0, -0.9, 0.0).mean(axis=0))
        response = ResponseRegression(
            np.ones((_SIDE, _SIDE), dtype=np.bool_),
            (albedo * neutral).astype(np.float32),
            mixing.tolist(),
            capacity=math.ceil(self.challenge.duration_s * setting.frame_rate_hz) + 1,
        )
        keep = math.exp(-1 / (setting.frame_rate_hz * MEMORY_S))
        slow = rng.standard_normal(4)
        noise = setting.shot_noise * _SIDE
        flicker_phase = rng.uniform(0, 2 * math.pi)
        frame_s = LATENCY_S + rng.uniform(0, 1 / setting.frame_rate_hz)
        exposures_s: list[tuple[float, float]] = []
        duration_s = self.challenge.duration_s
        for count in dwells:
            last_s = LATENCY_S + count * self.challenge.dwell_s
            while frame_s + READOUT_S + setting.exposure_s + 3 * JITTER_S <= last_s:
                start_s = frame_s + JITTER_S * float(np.clip(rng.standard_normal(), -3, 3))
                frame_s += 1 / setting.frame_rate_hz
                slow = keep * slow + math.sqrt(1 - keep * keep) * rng.standard_normal(4)
                gain = np.exp(GAIN_SD * slow[0] + COLOUR_SD * slow[1:])
                sides = np.empty((_BANDS, 2, 3))
                for band in range(_BANDS):
                    opens_s = start_s + band / (_BANDS - 1) * READOUT_S
                    quadrants = self.timeline.light(opens_s, opens_s + setting.exposure_s, LATENCY_S)
                    tl, tr, bl, br = quadrants
                    light = quadrants.mean(axis=0)
                    lamps = 1 + setting.flicker * math.sin(4 * math.pi * MAINS_HZ * opens_s + flicker_phase)
                    up = TURNED[1] * (0.5 if 2 * band < _BANDS - 1 else -0.5 if 2 * band > _BANDS - 1 else 0)
                    down = up * (tl + tr - bl - br) / 4
                    for side, turned in enumerate((TURNED[0] / 2, -TURNED[0] / 2)):
                        across = turned * (tr + br - tl - bl) / 4
                        sides[band, side] = tint * lamps + screen * (mixing @ (light + across + down))
                rows = np.repeat(sides, _SIDE // _BANDS, axis=0)
                cells = albedo * np.repeat(rows, _SIDE // 2, axis=1) * gain
                cells *= 1 + noise * rng.standard_normal(cells.shape)
                middle_s = start_s + READOUT_S / 2
                exposure_s = (middle_s, middle_s + setting.exposure_s)
                seen = self.timeline.light(*exposure_s, LATENCY_S)
                response.push(
                    cells.astype(np.float32), seen.tolist(), 2 * (middle_s - LATENCY_S) / duration_s - 1
                )
                exposures_s.append(exposure_s)
            yield MeanLightLook(
                count, response.face_light(exposures_s, mixing.tolist()) if exposures_s else None
            )
