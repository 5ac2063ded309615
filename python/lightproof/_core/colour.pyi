"""The transfer function of sRGB and the weights of luminance (IEC 61966-2-1)."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

LUMINANCE: tuple[float, float, float]
"""Weights of linear red, green and blue in relative luminance; they add up to 1."""
SRGB_TO_LINEAR: NDArray[np.float64]
"""The linear light of every 8-bit sRGB code, 0 to 1; shape (256,), read-only."""

_Float = TypeVar("_Float", np.float32, np.float64)

def srgb_to_linear(values: NDArray[_Float]) -> NDArray[_Float]:
    """Return the linear light, 0 to 1, of sRGB values from 0 to 1; any shape, of the same dtype.

    Raises:
        InputError: a value is outside 0 to 1, there are more than 2**28, or ``values`` is not an array of
            float32 or float64. Codes of
            eight bits are looked up: ``SRGB_TO_LINEAR[codes]``.
    """

def linear_to_srgb(values: NDArray[_Float]) -> NDArray[_Float]:
    """Return the sRGB values, 0 to 1 and not rounded, of linear light from 0 to 1.

    They have the shape and dtype of ``values``.

    Raises:
        InputError: a value is outside 0 to 1, there are more than 2**28, or ``values`` is not an array of
            float32 or float64.

    Example::

        codes = np.rint(255 * linear_to_srgb(light)).astype(np.uint8)
    """
