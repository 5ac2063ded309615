"""The picture that the code itself lights: what the screen's light shows of the face, as an embedding.

The pixels of the aligned face are regressed on the challenge while it plays. What follows the code belongs to
the surface in front of the screen and to nothing else, whoever controls the rest of the picture: a print, a
tablet or a beamer that shows somebody else adds light, but none that follows.
"""

from __future__ import annotations

import copy
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof import _core
from lightproof._core import Registration
from lightproof.colour import linear_to_srgb
from lightproof.face.alignment import ARCFACE_SIZE, cut, inverse
from lightproof.face.embedding import Embedder
from lightproof.face.tracker import TrackedFace
from lightproof.privacy.forget import overwrite
from lightproof.rigs.protocol import Mixing

_ACROSS: Final = (22 / ARCFACE_SIZE, 90 / ARCFACE_SIZE)
_DOWN: Final = (25 / ARCFACE_SIZE, 95 / ARCFACE_SIZE)
"""Where the face is in an aligned crop, as shares of its side: brow to chin, cheek to cheek."""

_SMOOTH_SHARE: Final = 3 / ARCFACE_SIZE
"""Standard deviation of the surroundings of a pixel, as share of the crop's side. Of 1.5 and 3 pixels of 112
the larger brought weak pictures nearer to the face."""

_BRIGHT_PERCENTILE: Final = 98
_BRIGHT_LIGHT: Final = 0.6
"""The face's bright skin comes to this linear light, as in an even photograph; a highlight may exceed it."""

_NO_VARIANCE: Final = 1e-12
"""Nothing is divided by less."""


class LitPicture:
    """Gathers the picture of one face that a challenge lights.

    Example::

        lit = LitPicture(networks.embedder, position.face, rig.description.calibration.mixing)
        lit.push(lit.cut(sample.rgb, face.transform), light, u, registration)    # frame by frame
        lit.embedding()
    """

    def __init__(self, embedder: Embedder, face: TrackedFace, mixing: Mixing) -> None:
        """Take the embedder, the face as it was in position, and the rig's calibrated mixing."""
        size = embedder.crop_size
        self._embedder = embedder
        self._crop_from_grid = _after(embedder.alignment(face.points), face.transform)
        self._crop = np.zeros((size, size, 3), np.uint8)
        self._on_face = np.zeros((size, size), np.bool_)
        (left, right), (top, bottom) = (
            (round(first * size), round(last * size)) for first, last in (_ACROSS, _DOWN)
        )
        self._on_face[top:bottom, left:right] = True
        self._regression = _core.PictureRegression(self._on_face, mixing)

    def cut(self, rgb: NDArray[np.uint8], transform: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Return the aligned face of an RGB frame, in memory that the next one takes over.

        ``transform`` maps the grid to the frame's pixels. The crop follows the grid and not the five points
        of the embedder: an expression that moves these must not move the whole picture.
        """
        cut(rgb, _after(self._crop_from_grid, inverse(transform)), self._crop)
        return self._crop

    def push(
        self, crop: NDArray[np.uint8], light: NDArray[np.float64], u: float, registration: Registration
    ) -> None:
        """Take in an aligned face; the rest is that of :class:`~lightproof._core.ResponseRegression`."""
        self._regression.push(crop, light.tolist(), u, registration)

    def embedding(self) -> NDArray[np.float32] | None:
        """Return the embedding of what was lit so far; None where nothing is known yet."""
        solved = self._regression.solve()
        if solved is None:
            return None
        slopes, variances = solved
        picture = _picture(slopes.astype(np.float64), variances.astype(np.float64), self._on_face)
        overwrite(slopes)
        if picture is None:
            return None
        embedding = self._embedder.embed(picture)
        overwrite(picture)
        return embedding

    def copy(self) -> LitPicture:
        """Return an independent copy, to be looked at in another thread; it has to be forgotten as well."""
        twin = copy.copy(self)
        twin._crop, twin._regression = self._crop.copy(), self._regression.copy()
        return twin

    def forget(self) -> None:
        """Overwrite everything held of the face."""
        overwrite(self._crop)
        self._regression.forget()


def _picture(
    slopes: NDArray[np.float64], variances: NDArray[np.float64], on_face: NDArray[np.bool_]
) -> NDArray[np.uint8] | None:
    """Return what was lit as a grey picture, (size, size, 3) uint8; None if the face was not lit.

    The channels are added with the weights that make most of their light over their noise: colours of 5 % and
    10 % response are noise. Each pixel is then drawn to its surroundings as far as its noise asks (Lee 1980,
    IEEE TPAMI 2(2), equation 9).
    """
    light = slopes[on_face].mean(axis=0)
    noise = np.maximum(np.median(variances[on_face], axis=0), _NO_VARIANCE)
    weights = np.maximum(light, 0.0) / noise
    total = float(weights @ light)
    if total <= 0:
        return None
    grey, variance = slopes @ weights / total, variances @ weights**2 / total**2
    around, noise_around = _around(grey), np.maximum(_around(variance), _NO_VARIANCE)
    signal = np.maximum(_around((grey - around) ** 2) - noise_around, 0.0)
    grey = around + signal / (signal + noise_around) * (grey - around)
    bright = float(np.percentile(grey[on_face], _BRIGHT_PERCENTILE))
    if bright <= 0:
        return None
    coded = np.rint(255 * linear_to_srgb(np.clip(grey * (_BRIGHT_LIGHT / bright), 0, 1)))
    return np.repeat(coded.astype(np.uint8)[..., None], 3, axis=2)


def _around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), _SMOOTH_SHARE * len(values)), np.float64)


def _after(second: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) transform that does one after the other."""
    last_row = np.array([[0.0, 0.0, 1.0]])
    return np.asarray((np.vstack([second, last_row]) @ np.vstack([first, last_row]))[:2], np.float64)
