"""An illumination as a rig is asked to show it: four sRGB colours, quadrants TL TR BL BR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError


def require_illumination(illumination: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an illumination, uint8 of shape (4, 3), as it was given.

    Raises:
        InputError: it has another type or shape.
    """
    colours = np.asarray(illumination)
    if colours.shape != (4, 3) or colours.dtype != np.uint8:
        raise InputError(
            f"an illumination is {colours.dtype} {colours.shape}; it must be uint8 (4, 3), TL TR BL BR"
        )
    return colours
