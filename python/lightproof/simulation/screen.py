"""The screen: when its light changes, and how fast.

A flip takes effect at a refresh of the screen. The panel answers ``latency_s`` later and moves to the new
light exponentially with the time constant ``rise_s``. Because that answer is linear, the light at any moment
is a weighted sum of the illuminations shown so far, and the weights have a closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_SETTLED: int = 12
"""Time constants after which an illumination is taken as reached; e^-12 is below one step of the 8-bit
camera."""


@dataclass(frozen=True, slots=True)
class Panel:
    """How a screen turns flips into light: refreshes, delay to the first light, time constant."""

    refresh_hz: float
    latency_s: float
    rise_s: float
    phase_s: float = 0.0

    def next_refresh_s(self, time_s: float) -> float:
        """Return the first refresh at or after ``time_s``."""
        count = math.ceil((time_s - self.phase_s) * self.refresh_hz - 1e-9)
        # Never before it, not even by a rounding error: clocks do not go back.
        return max(time_s, self.phase_s + count / self.refresh_hz)


@dataclass(slots=True)
class ScreenLight:
    """The illuminations that light a scene, each with the time at which its light starts to come up.

    ``colours`` are linear RGB of the four quadrants, float64 (4, 3); the first one has always been there.
    """

    colours: list[NDArray[np.float64]]
    rise_s: float
    starts_s: list[float] = field(default_factory=lambda: [-math.inf])

    def add(self, start_s: float, colours: NDArray[np.float64]) -> None:
        """Let the light move to ``colours`` (4, 3) from ``start_s`` on, or from the last change if later."""
        self.starts_s.append(max(start_s, self.starts_s[-1]))
        self.colours.append(colours)

    def weights(
        self, open_s: NDArray[np.float64], exposure_s: float
    ) -> list[tuple[int, NDArray[np.float64]]]:
        """Return which illuminations the rows collect, and how much of each.

        ``open_s`` (H,) is when each row's exposure starts, ascending. Returns pairs of an index into
        ``colours`` and the weights (H,), which sum to one over all pairs: the mean over the exposure of 1 −
        e^(−t/rise).
        """
        close_s = float(open_s[-1]) + exposure_s
        settled_s = float(open_s[0]) - _SETTLED * self.rise_s
        last = max(k for k, start_s in enumerate(self.starts_s) if start_s <= close_s)
        first = max(
            k for k, start_s in enumerate(self.starts_s) if start_s <= max(settled_s, self.starts_s[0])
        )
        reached = [np.ones_like(open_s)]
        for k in range(first + 1, last + 1):
            begin = np.maximum(open_s - self.starts_s[k], 0)
            end = np.maximum(open_s + exposure_s - self.starts_s[k], 0)
            reached.append((self._integral(end) - self._integral(begin)) / exposure_s)
        reached.append(np.zeros_like(open_s))
        return [(first + j, reached[j] - reached[j + 1]) for j in range(last - first + 1)]

    def _integral(self, elapsed_s: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.rise_s == 0:
            return elapsed_s
        return elapsed_s + self.rise_s * np.expm1(-elapsed_s / self.rise_s)
