"""The facts of colour that light is measured by: sRGB and luminance (IEC 61966-2-1), and the neutral grey.

They have one home, the core; here they are as arrays.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof import _core

LUMINANCE: Final = np.array(_core.LUMINANCE)
"""Weights of linear red, green and blue in relative luminance, (3,) float64."""

NEUTRAL_SCREEN_SRGB: Final = np.full((4, 3), _core.NEUTRAL_SRGB, np.uint8)
"""The grey of the challenge's palette on all four quadrants: as bright as its colours, so that the light
begins and ends without a flash."""

NEUTRAL_LEVEL: Final = _core.NEUTRAL_LINEAR[0]
"""Linear light of the neutral grey over white."""

_LINEAR_OF_CODE: Final = np.array(_core.SRGB_TO_LINEAR)


def srgb_to_linear(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return linear light 0…1 of 8-bit sRGB codes, same shape, float64."""
    return _LINEAR_OF_CODE[codes]


def linear_to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB 0…1, not rounded, of linear light 0…1, same shape, float64."""
    return _core.linear_to_srgb(linear)
