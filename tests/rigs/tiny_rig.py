"""A rig of a few pixels on a virtual clock, for tests of what wraps a rig."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lightproof.rigs.protocol import (
    Calibration,
    CameraMetadata,
    Frame,
    Geometry,
    PixelFormat,
    RigDescription,
)

PERIOD_S = 1 / 30


class TinyRig:
    """Delivers noise at 30 Hz in any pixel format, with padded rows and now and then a frame lost."""

    def __init__(
        self,
        pixel_format: PixelFormat = "rgb888",
        width: int = 8,
        height: int = 6,
        padding: int = 0,
        drop_probability: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.pixel_format = pixel_format
        self.size = (width, height)
        self.padding = padding
        self.drop_probability = drop_probability
        self.said: list[str] = []
        self.entered = 0
        self.left = 0
        self._rng = np.random.default_rng(seed)
        self._now_s = 100.0 + 1 / 3
        self._sequence = 0

    @property
    def description(self) -> RigDescription:
        return RigDescription(
            "tiny", "other", Geometry((0.3, 0.2), (0.0, 0.1, 0.0), 900.5), Calibration(0.05), 30.0, 60.0
        )

    def __enter__(self) -> Self:
        self.entered += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self.left += 1

    def now_s(self) -> float:
        self._now_s += 1e-4 / 3
        return self._now_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        self._now_s = max(self._now_s, at_s or 0.0) + 1 / 60
        return self._now_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        while self._now_s + PERIOD_S < until_s:
            self._now_s += PERIOD_S
            self._sequence += 1
            if self._rng.random() < self.drop_probability:
                continue
            yield self._frame()
        self._now_s = max(self._now_s, until_s)

    def say(self, message: str) -> None:
        self.said.append(message)

    def _frame(self) -> Frame:
        width, height = self.size
        if self.pixel_format in ("rgb888", "bgr888"):
            memory = self._rng.integers(0, 256, (height, width + self.padding, 3), dtype=np.uint8)
            image = memory[:, :width]
        else:
            image = self._rng.integers(0, 256, (height * 3 // 2, width + self.padding), dtype=np.uint8)
        metadata = CameraMetadata(np.float32(1.1), (1.5, 1 / 3), True, self._sequence)  # type: ignore[arg-type]
        return Frame(image, self.pixel_format, width, height, self._now_s - 0.02, 0.01, 0.008, metadata)
