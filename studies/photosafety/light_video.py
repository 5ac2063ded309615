"""Light as a lossless video: what a screen shows, frame by frame, for analysers that judge pictures only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightproof.challenge import NEUTRAL_SRGB, Challenge

FRAME_RATE_HZ = 60
NEUTRAL_S = 1.0


@dataclass(frozen=True)
class ShownLight:
    """What the quadrants TL TR BL BR show: ``srgb`` (J, 4, 3) uint8, each from ``starts_s`` (J,) on."""

    starts_s: NDArray[np.float64]
    srgb: NDArray[np.uint8]
    end_s: float

    def frames(self) -> NDArray[np.uint8]:
        """Return the colours of the quadrants in every frame, (F, 4, 3)."""
        # A nanosecond later, so that a step that starts with a frame is in it in spite of rounding.
        times_s = np.arange(round(self.end_s * FRAME_RATE_HZ)) / FRAME_RATE_HZ + 1e-9
        return self.srgb[np.searchsorted(self.starts_s, times_s, "right") - 1]

    def only(self, quadrant: int) -> ShownLight:
        """Return the same with one quadrant filling the screen, as a person who looks only there sees it."""
        return ShownLight(
            self.starts_s, np.repeat(self.srgb[:, quadrant : quadrant + 1], 4, axis=1), self.end_s
        )


def light_of(challenge: Challenge) -> ShownLight:
    """Return a challenge with a second of neutral light before and after."""
    neutral = np.broadcast_to(np.array(NEUTRAL_SRGB, np.uint8), (1, 4, 3))
    end_s = NEUTRAL_S + challenge.duration_s
    starts_s = np.concatenate([[0.0], NEUTRAL_S + challenge.steps_start_s, [end_s]])
    return ShownLight(starts_s, np.concatenate([neutral, challenge.steps_srgb, neutral]), end_s + NEUTRAL_S)


def alternating(first: tuple[int, int, int], second: tuple[int, int, int], rate_hz: float) -> ShownLight:
    """Return two colours on the whole screen, each pair ``rate_hz`` times a second, for five seconds."""
    count = round(5 * 2 * rate_hz)
    colours = np.array([first, second], np.uint8)[np.arange(count) % 2]
    return ShownLight(np.arange(count) / (2 * rate_hz), np.repeat(colours[:, None], 4, axis=1), 5.0)


def random_light(seed: int, *, whole: bool) -> ShownLight:
    """Return random full-range colours every 0.2 s for 3.2 s, by quadrants or one on the ``whole`` screen."""
    srgb = np.random.default_rng(seed).integers(0, 256, (16, 1 if whole else 4, 3), np.uint8)
    return ShownLight(np.arange(16, dtype=float) * 0.2, np.broadcast_to(srgb, (16, 4, 3)), 3.2)


def write_video(light: ShownLight, path: Path, width: int, height: int) -> None:
    """Write FFV1 in RGB, lossless, at 60 frames a second; the quadrants are as the person sees them."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("ffv1", rate=Fraction(FRAME_RATE_HZ))
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for colours in light.frames():
            picture = colours.reshape(2, 2, 3).repeat(height // 2, axis=0).repeat(width // 2, axis=1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode(None))
