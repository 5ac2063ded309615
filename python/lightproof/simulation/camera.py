"""The sensor: linear light in, noisy 8-bit sRGB out.

Shot noise grows with the root of light, so in the root domain it is constant (Anscombe 1948): one addition of
ready-made noise, then one table look-up that squares, encodes and rounds. The noise is a pool of normal
numbers read from a random offset, which is far cheaper than fresh ones and, with 2^22 numbers, no shorter
than four frames.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import linear_to_srgb
from lightproof.simulation.conditions import Conditions

_POOL_SIZE = 1 << 22
_POOL_SEED = 20240229
_MID_GREY = 0.18
_TABLE_SIZE = 1 << 16


class Sensor:
    """Turns planar linear light (3, H, W) into an RGB picture (H, W, 3), uint8."""

    def __init__(self, conditions: Conditions, rng: np.random.Generator) -> None:
        # var(light) = shot · light + read², so sqrt(light + read²/shot) has the constant sd ½·√shot.
        shot = max((conditions.pixel_noise**2) * _MID_GREY, 1e-12)
        self._floor = np.float32(conditions.read_noise**2 / shot)
        self._root_sd = 0.5 * shot**0.5
        self._top = float(np.sqrt(1 + self._floor) * 1.001)
        self._rng = rng
        root = np.arange(_TABLE_SIZE) / (_TABLE_SIZE - 1) * self._top
        self._table = _encode(root**2 - float(self._floor) - self._root_sd**2)

    def expose(self, light: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the picture of linear light, 1.0 being full scale; ``light`` is overwritten."""
        scale = (_TABLE_SIZE - 1) / self._top
        noise = _noise_pool()
        planes = []
        for plane in light:
            plane += self._floor
            cv2.sqrt(plane, plane)
            at = int(self._rng.integers(_POOL_SIZE - plane.size))
            code = cv2.addWeighted(
                plane,
                scale,
                noise[at : at + plane.size].reshape(plane.shape),
                scale * self._root_sd,
                0.5,
                dtype=cv2.CV_16U,
            )
            planes.append(self._table.take(np.asarray(code, dtype=np.uint16)))
        return np.asarray(cv2.merge(planes), dtype=np.uint8)


def _encode(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.rint(linear_to_srgb(np.clip(linear, 0, 1)) * 255), dtype=np.uint8)


@cache
def _noise_pool() -> NDArray[np.float32]:
    return np.random.default_rng(_POOL_SEED).standard_normal(_POOL_SIZE, dtype=np.float32)
