"""How every cell's light follows the screen."""

from collections.abc import Sequence
from typing import Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from lightproof._core.freshness import FaceLight

MAX_REGISTRATION_RESIDUAL: float
"""Share of the face's light that may be elsewhere in a frame; what has more is a picture of something else,
or of a blink, and is not taken in."""

BANDS: int
"""Bands of grid rows whose light is kept apart for the latency: a rolling shutter exposes them one after
another."""

Mixing: TypeAlias = Sequence[Sequence[float]]
"""3 x 3: the camera's linear RGB answer (rows) to the screen's linear red, green and blue (columns)."""

@final
class Registration:
    """Where the face was in a frame, against the picture under neutral light."""

    @property
    def x(self) -> float:
        """Shift to the right, in cells."""

    @property
    def y(self) -> float:
        """Shift downwards, in cells."""

    @property
    def turn(self) -> float:
        """Clockwise turn, in radians."""

    @property
    def scale(self) -> float:
        """Relative growth; 0 at the same size."""

    @property
    def residual(self) -> float:
        """Share of the face's light that is elsewhere than these explain; NaN if ``cells`` held one.

        Unless it is at most :data:`MAX_REGISTRATION_RESIDUAL` the frame was not taken in.
        """

@final
class ResponseRegression:
    """Streaming regression of every cell of a face on the challenge.

    Args:
        mask: (rows, columns) bool, the cells that show skin; at least 50.
        neutral_cells: (rows, columns, 3) float32, linear light under the neutral light, finite.
        mixing: the rig's calibrated mixing.
        capacity: frames for which memory is set aside; more are taken in, up to 65,536, but memory
            grows then.

    Raises:
        InputError: shapes disagree or are larger than 256 x 256, ``capacity`` is more than 65,536, the mask
            keeps fewer than 50 cells, or light is not finite.
    """

    def __new__(
        cls,
        mask: NDArray[np.bool_],
        neutral_cells: NDArray[np.float32],
        mixing: Mixing,
        *,
        capacity: int = 512,
    ) -> Self: ...
    @property
    def frames(self) -> int:
        """Number of frames taken in."""

    def push(self, cells: NDArray[np.float32], light: Sequence[Sequence[float]], u: float) -> Registration:
        """Take in one frame and return where the face was.

        Args:
            cells: (rows, columns, 3) float32, linear light, C-contiguous.
            light: (4, 3), mean linear light of the quadrants during the exposure.
            u: time of the frame, scaled so that the challenge lies in -1..1.

        Raises:
            InputError: ``cells`` has another shape than ``neutral_cells``.
        """

    def copy(self) -> ResponseRegression:
        """Return an independent copy of what was gathered so far; it holds a face's measurements as well."""

    def forget(self) -> None:
        """Overwrite everything that was measured of the face."""

    @property
    def series(self) -> NDArray[np.float64]:
        """The whole face's light over that under the neutral light, minus 1, in three series; (frames, 3).

        The columns are red - blue, green - mean(red, blue), and luminance.
        """

    @property
    def across(self) -> NDArray[np.float64]:
        """The same of the face's right side less that of its left; (frames, 3).

        Right is the person's: a camera's picture has it on its left.
        """

    @property
    def down(self) -> NDArray[np.float64]:
        """The same of the face's upper half less that of its lower; (frames, 3)."""

    def face_light(self, exposures_s: Sequence[tuple[float, float]], mixing: Mixing) -> FaceLight | None:
        """Return the face's mean light, given start and end of each exposure; None with too few frames.

        Raises:
            InputError: there is not one exposure for each frame that was taken in.
        """

    def band_lights(
        self, exposures_s: Sequence[Sequence[tuple[float, float]]], mixing: Mixing
    ) -> list[FaceLight]:
        """Return the mean light of each band of rows that holds enough of the face.

        ``exposures_s`` has, for each frame, start and end of the exposure of each of the :data:`BANDS` bands.
        There is none with too few frames.

        Raises:
            InputError: there is not one row of exposures for each frame that was taken in.
        """

    def solve(self, gains: Sequence[float]) -> ResponseMaps | None:
        """Return the response of every cell, given the gains of the whole face; None with too few frames."""

@final
class ResponseMaps:
    """The response of every cell relative to the face's, with its variance."""

    @property
    def estimates(self) -> NDArray[np.float32]:
        """(3, rows, columns): relative response, right minus left, top minus bottom; 0 outside the mask."""

    @property
    def variances(self) -> NDArray[np.float32]:
        """(3, rows, columns): variances of the estimates; infinite outside the mask."""

    @property
    def rho(self) -> tuple[float, float, float]:
        """Correlation between successive frames found in the two colour differences and in luma."""
