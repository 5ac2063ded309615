"""What a camera does with its pictures: its own exposure and white balance, denoising, tone curve, JPEG."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import LUMINANCE, srgb_to_linear
from lightproof.simulation.conditions import Conditions

_STILL_CODES: Final = 8.0
"""Difference of 8-bit codes at which noise reduction takes a pixel to have moved."""
_MAX_GAIN: Final = 4.0


class Adaptation:
    """A camera's exposure and white balance, which follow the picture with their time constants.

    Exposure brings the mean luminance of the picture to where it began; white balance brings the means of red
    and blue to that of green, as in a grey world, relative to where they began.
    """

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._step_s = 1 / conditions.frame_rate_hz
        self._first: NDArray[np.float64] | None = None
        self._code_light = srgb_to_linear(np.arange(256, dtype=np.uint8))
        self.gains = np.ones(3)

    def follow(self, picture: NDArray[np.uint8]) -> None:
        """Take in a picture, and change the gains of the next."""
        conditions = self._conditions
        if not (conditions.auto_exposure_s or conditions.auto_white_balance_s):
            return
        small = picture[::8, ::8].reshape(-1, 3)
        mean = np.asarray(self._code_light[small].mean(axis=0), np.float64)
        if self._first is None:
            self._first = mean
        change = np.maximum(mean, 1e-6) / np.maximum(self._first, 1e-6)
        if conditions.auto_exposure_s:
            keep = math.exp(-self._step_s / conditions.auto_exposure_s)
            self.gains /= float(LUMINANCE @ change) ** (1 - keep)
        if conditions.auto_white_balance_s:
            keep = math.exp(-self._step_s / conditions.auto_white_balance_s)
            self.gains /= (change / change[1]) ** (1 - keep)
        self.gains = np.clip(self.gains, 1 / _MAX_GAIN, _MAX_GAIN)

    @property
    def exposure_gain(self) -> float:
        """Gain of green over where it began."""
        return float(self.gains[1])

    @property
    def white_balance(self) -> tuple[float, float]:
        """Gains of red and blue over that of green."""
        return float(self.gains[0] / self.gains[1]), float(self.gains[2] / self.gains[1])


class Processing:
    """From the sensor's picture to the delivered one: noise reduction, contrast, JPEG, in this order."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._before: NDArray[np.float32] | None = None
        code = np.arange(256) / 255
        curve = code + conditions.contrast * (2 * code - 1) * code * (1 - code) * 2
        self._curve = np.rint(np.clip(curve, 0, 1) * 255).astype(np.uint8)

    def deliver(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the delivered picture, RGB uint8."""
        conditions = self._conditions
        if conditions.noise_reduction:
            picture = self._steadied(picture)
        if conditions.contrast:
            picture = self._curve[picture]
        if conditions.mjpg_quality:
            quality = [cv2.IMWRITE_JPEG_QUALITY, round(conditions.mjpg_quality)]
            _, coded = cv2.imencode(".jpg", picture[..., ::-1], quality)
            decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
            picture = np.ascontiguousarray(decoded[..., ::-1])
        return picture

    def _steadied(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        now = picture.astype(np.float32)
        if self._before is not None:
            change = cv2.GaussianBlur(np.abs(now - self._before).mean(axis=2), (0, 0), 2.0)
            kept = self._conditions.noise_reduction * np.exp(-((change / _STILL_CODES) ** 2))
            now += (self._before - now) * kept[..., None]
        self._before = now
        return np.asarray(np.rint(np.clip(now, 0, 255)), np.uint8)
