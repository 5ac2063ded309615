"""Holds the grid to the face with sub-pixel accuracy, by registering the whole face to a key picture of it.

A mesh jitters by about 0.3 px and follows slow motion with an error of up to a pixel, which would drown the
response. A face seen through a similarity has thousands of pixels to tell four numbers: Lucas and Kanade's
registration in its inverse compositional form (Baker and Matthews 2004, section 3.2), where the light may
change while the face moves.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, ROWS, cut, inverse
from lightproof.privacy.forget import overwrite

_PIXELS_PER_CELL: Final = 3
_WIDTH, _HEIGHT = COLUMNS * _PIXELS_PER_CELL, ROWS * _PIXELS_PER_CELL
_BLUR_PX: Final = 1.0
"""Standard deviation of the blur of patches: gradients of noise are not gradients of the face."""
_ROUNDS: Final = 6
_CONVERGED_PX: Final = 0.01
"""A step that moves no corner of the patch further than this, in patch pixels, ends the rounds."""

_X, _Y = (axis.astype(np.float64) for axis in np.meshgrid(np.arange(_WIDTH), np.arange(_HEIGHT)))
_X -= (_WIDTH - 1) / 2
_Y -= (_HEIGHT - 1) / 2
_RADIUS_PX: Final = float(np.hypot(_WIDTH, _HEIGHT)) / 2


def _window() -> NDArray[np.float64]:
    """Return how much each patch pixel counts, (height, width): the face's oval without eyes and mouth."""
    u, v = (_X / _WIDTH + 0.5), (_Y / _HEIGHT + 0.5)
    oval = np.clip(3 * (1 - ((u - 0.5) / 0.45) ** 2 - ((v - 0.46) / 0.45) ** 2), 0, 1)
    eyes = sum(np.exp(-(((u - x) / 0.13) ** 2) - ((v - 0.33) / 0.06) ** 2) for x in (0.27, 0.73))
    mouth = np.exp(-(((u - 0.5) / 0.25) ** 2) - ((v - 0.76) / 0.11) ** 2)
    return np.asarray(oval * np.clip(1 - eyes, 0, 1) * (1 - mouth), np.float64)


_WINDOW: Final = _window()


class KeyPicture:
    """The key picture of one face, to which later pictures are registered."""

    def __init__(self, rgb: NDArray[np.uint8], transform: NDArray[np.float64]) -> None:
        """Take the face that lies under the grid in an RGB picture.

        ``transform`` maps grid to picture pixels.
        """
        self._key = _patch(rgb, transform)
        self._solver = _solver(self._key)

    def align(self, rgb: NDArray[np.uint8], start: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (2, 3) similarity that maps the grid to the same face in another RGB picture.

        ``start`` is a guess that is right within about 3 % of the face's width. Changes of brightness and
        contrast that vary linearly over the face are fitted along with the motion, so light that comes from
        one side does not pull the grid to that side. The result is not checked: compare it with the mesh.
        """
        transform = start
        for _ in range(_ROUNDS):
            patch = _patch(rgb, transform)
            patch -= self._key
            patch *= _WINDOW
            grow, turn, x, y = self._solver @ patch.ravel()
            overwrite(patch)
            transform = _composed(transform, inverse(np.array([[1 + grow, -turn, x], [turn, 1 + grow, y]])))
            if np.hypot(grow, turn) * _RADIUS_PX + np.hypot(x, y) < _CONVERGED_PX:
                break
        return transform

    def forget(self) -> None:
        """Overwrite the key picture."""
        overwrite(self._key)
        overwrite(self._solver)


def _patch(rgb: NDArray[np.uint8], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the luma under the grid, (height, width), blurred."""
    corners = np.array([[0, 0, 1], [COLUMNS, 0, 1], [0, ROWS, 1], [COLUMNS, ROWS, 1]]) @ transform.T
    height, width = rgb.shape[:2]
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - 2, 0, [width - 1, height - 1])
    right, bottom = np.clip(
        np.ceil(corners.max(axis=0)).astype(int) + 3, [left + 1, top + 1], [width, height]
    )
    grey = np.asarray(cv2.cvtColor(rgb[top:bottom, left:right], cv2.COLOR_RGB2GRAY), np.uint8)
    patch = np.empty((_HEIGHT, _WIDTH), np.uint8)
    shifted = transform.copy()
    shifted[:, 2] -= [left, top]
    cut(grey, _patch_to_grid_inverse(shifted), patch)
    overwrite(grey)
    blurred = cv2.GaussianBlur(patch.astype(np.float64), (0, 0), _BLUR_PX)
    overwrite(patch)
    return np.asarray(blurred, np.float64)


def _patch_to_grid_inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return picture pixels to patch pixels, given grid to picture pixels."""
    to_patch = inverse(transform) * _PIXELS_PER_CELL
    to_patch[:, 2] -= 0.5
    return to_patch


def _solver(key: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (4, pixels) matrix from weighted differences to (growth, turn, shift x, shift y).

    Growth, turn and shift are those of the patch.
    """
    gradient_y, gradient_x = np.gradient(key)
    x, y = 2 * _X / _WIDTH, 2 * _Y / _HEIGHT
    motion = [gradient_x * _X + gradient_y * _Y, gradient_y * _X - gradient_x * _Y, gradient_x, gradient_y]
    light = [key, key * x, key * y, np.ones_like(key), x, y]
    columns = np.stack([(column * _WINDOW).ravel() for column in (*motion, *light)], axis=1)
    return np.ascontiguousarray(np.linalg.pinv(columns)[:4])


def _composed(transform: NDArray[np.float64], motion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return grid to picture pixels after a motion of the patch, given in patch pixels about its centre."""
    centre = np.array([COLUMNS, ROWS]) / 2
    linear = transform[:, :2] @ motion[:, :2]
    shift = motion[:, 2] / _PIXELS_PER_CELL + centre - motion[:, :2] @ centre
    return np.column_stack([linear, transform[:, :2] @ shift + transform[:, 2]])
