"""Which light falls on the scene when the screen shows something: true, late, or that of another day."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from lightproof._core import PALETTE_SRGB, Challenge
from lightproof.colour import NEUTRAL_SCREEN_SRGB, srgb_to_linear
from lightproof.simulation.screen import Panel, ScreenLight

_SEED_BYTES: Final = 32


class LightPath(Protocol):
    """What the screen shows, on its way to the scene."""

    screen_light: ScreenLight

    def shown(self, flip_s: float, illumination: NDArray[np.uint8]) -> None:
        """Take note that the screen flipped to four sRGB colours (4, 3) at ``flip_s``."""
        ...


class DirectLight:
    """The light of the screen falls on the scene, ``delay_s`` late if somebody passes it on (a relay)."""

    def __init__(self, panel: Panel, delay_s: float = 0.0) -> None:
        self.screen_light = ScreenLight([srgb_to_linear(NEUTRAL_SCREEN_SRGB)], panel.rise_s)
        self._delay_s = panel.latency_s + delay_s

    def shown(self, flip_s: float, illumination: NDArray[np.uint8]) -> None:
        """Let the light change after the panel's latency and the delay."""
        self.screen_light.add(flip_s + self._delay_s, srgb_to_linear(illumination))


class RecordedLight:
    """The light of a challenge recorded earlier, played from the moment at which the true challenge begins.

    The best that somebody can do who has a perfect recording of the right person in the same mode, but of
    another challenge: start, dwell, screen and latency agree; only the code differs.
    """

    def __init__(self, panel: Panel, rng: np.random.Generator) -> None:
        self.screen_light = ScreenLight([srgb_to_linear(NEUTRAL_SCREEN_SRGB)], panel.rise_s)
        self._panel = panel
        self._seed = rng.bytes(_SEED_BYTES)
        self._playing = False

    def shown(self, flip_s: float, illumination: NDArray[np.uint8]) -> None:
        """Start the recording when the first illumination that is not neutral appears; ignore the rest."""
        if self._playing or np.array_equal(illumination, NEUTRAL_SCREEN_SRGB):
            return
        self._playing = True
        hard = all(tuple(int(value) for value in colour) in PALETTE_SRGB for colour in illumination)
        recorded = Challenge.generate(self._seed, "standard" if hard else "gentle")
        for start_s, srgb in zip(recorded.steps_start_s, recorded.steps_srgb, strict=True):
            self._add(flip_s + float(start_s), srgb)
        self._add(flip_s + recorded.duration_s, NEUTRAL_SCREEN_SRGB)

    def _add(self, time_s: float, srgb: NDArray[np.uint8]) -> None:
        flip_s = self._panel.next_refresh_s(time_s)
        self.screen_light.add(flip_s + self._panel.latency_s, srgb_to_linear(srgb))
