"""The picture that the code itself lights."""

from collections.abc import Sequence
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from lightproof._core.response import Mixing, Registration

@final
class PictureRegression:
    """Streaming regression of every pixel of an aligned face on the challenge.

    Args:
        face: (rows, columns) bool, the pixels whose luma is the gain of the whole face; at least one.
        mixing: the rig's calibrated mixing.

    Raises:
        InputError: no pixel shows the face, or there are more than 2**18.
    """

    def __new__(cls, face: NDArray[np.bool_], mixing: Mixing) -> Self: ...
    @property
    def frames(self) -> int:
        """Number of frames taken in."""

    def push(
        self,
        pixels: NDArray[np.uint8],
        light: Sequence[Sequence[float]],
        u: float,
        registration: Registration,
    ) -> None:
        """Take in the aligned face of one frame.

        Args:
            pixels: (rows, columns, 3) uint8, sRGB, C-contiguous.
            light: (4, 3), mean linear light of the quadrants during the exposure.
            u: time of the frame, scaled so that the challenge lies in -1..1.
            registration: where the face was, as :meth:`ResponseRegression.push` returned it.

        Raises:
            InputError: ``pixels`` has another shape than ``face``.
        """

    def solve(self) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Return what the screen lit and its variance, (rows, columns, 3) each; None where nothing is known.

        Slopes of linear light on the screen's mean linear light in the same channel. None with too few
        frames, or where the light did not change.
        """

    def copy(self) -> PictureRegression:
        """Return an independent copy of what was gathered so far; it holds a face's measurements as well."""

    def forget(self) -> None:
        """Overwrite everything that was measured of the face."""
