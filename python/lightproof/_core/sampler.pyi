"""The aligned face as a grid of cells."""

from typing import final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lightproof._core.frame import PixelFormat, YuvMatrix, YuvRange

@final
class Sampler:
    """Turns an aligned face into a grid of cells. Holds all its memory; threads that share one take turns.

    Raises :class:`~lightproof.errors.InputError` unless both sides of the grid are 1 to 256 cells.
    """

    def __new__(cls, rows: int = 48, columns: int = 40) -> Sampler: ...
    @property
    def rows(self) -> int:
        """How many rows of cells a grid has."""

    @property
    def columns(self) -> int:
        """How many columns of cells a grid has."""

    def sample(
        self,
        image: NDArray[np.uint8],
        pixel_format: PixelFormat,
        transform: ArrayLike,
        *,
        width: int,
        height: int,
        yuv_matrix: YuvMatrix = "bt601",
        yuv_range: YuvRange = "full",
    ) -> tuple[NDArray[np.float32], float, float]:
        """Return ``cells``, ``clipped`` and ``outside``.

        ``image`` is viewed in place: (height, width, 3) for ``rgb888`` and ``bgr888``, (height * 3 / 2,
        stride) for ``yuv420`` (planar, I420) and ``nv12``; rows may lie apart, bytes within a row may not.
        ``transform``, shape (2, 3), maps grid coordinates (column u, row v, 1) to pixels (x, y); the grid
        spans u from 0 to ``columns`` and v from 0 to ``rows``, and whole pixels are pixel centres, as in
        OpenCV. ``yuv_matrix`` and ``yuv_range`` say how luma and chroma make colours: see
        :func:`frame_to_srgb`.

        ``cells``, float32 of shape (rows, columns, 3), is mean linear light, 0 to 1. Each pixel is shared out
        to the four cells around it with the weights of bilinear interpolation, so a cell moves smoothly when
        the face moves by a part of a pixel. Where a cell is smaller than a pixel the picture is interpolated
        at the cell's centre. ``clipped`` is the share of the face's pixels of which any channel is 254 or
        more. ``outside`` is the share of cells of which less than half is in the picture; a cell with less
        than 1/16 is 0.

        Raises :class:`~lightproof.errors.FrameError` for an image of the wrong size, stride or type, and
        :class:`~lightproof.errors.InputError` for a transform that is not finite, singular, or makes cells
        below 0.05 or above 256 pixels.

        Example::

            sampler = Sampler()
            cells, clipped, outside = sampler.sample(
                frame.image, frame.pixel_format, transform, width=frame.width, height=frame.height
            )
        """
