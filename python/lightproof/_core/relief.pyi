"""Whether the response has the shape of a solid face."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from lightproof._core.response import ResponseMaps

@final
class ReliefAxis:
    """How far the response of one axis follows the predicted relief."""

    @property
    def coefficient(self) -> float:
        """0: none of the predicted relief; 1: all of it."""

    @property
    def sigma(self) -> float:
        """Standard error of the coefficient."""

@final
class ReliefFit:
    """How far the response follows the relief that was predicted for this face."""

    @property
    def across(self) -> ReliefAxis:
        """From left to right."""

    @property
    def down(self) -> ReliefAxis:
        """From top to bottom."""

    @property
    def misfit(self) -> float:
        """Root mean square of what neither relief nor a smooth surface explains beyond noise.

        It is in units of the quotients.
        """

    @property
    def cells(self) -> int:
        """Cells that took part."""

def fit_relief(
    maps: ResponseMaps,
    mask: NDArray[np.bool_],
    predicted_across: NDArray[np.float32],
    predicted_down: NDArray[np.float32],
) -> ReliefFit | None:
    """Fit the response to the predicted quotients, (rows, columns) float32 each.

    Cells take part where ``mask`` holds, the response is known and both predictions are finite; None where
    fewer than 50 do.

    Raises:
        InputError: shapes disagree.
    """
