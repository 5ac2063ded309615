"""Similarity transforms that bring a face into a known place: the embedder's crop and the grid of cells."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ROWS: Final = 48
COLUMNS: Final = 40
"""The grid laid on the face: cells from brow to chin and from cheek to cheek."""

RIGHT_EYE: Final = (33, 133)
LEFT_EYE: Final = (362, 263)
NOSE_TIP: Final = 1
MOUTH_CORNERS: Final = (61, 291)
"""Mesh points of the person's right and left eye corners, nose tip, right and left mouth corner."""

EYE_DISTANCE_M: Final = 0.063
"""Mean distance between the pupils of adults: 61.7 mm (women) to 64.0 mm (men), Dodgson 2004, Variation and
extrema of human interpupillary distance, table 1."""

ARCFACE_TEMPLATE: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
ARCFACE_SIZE: Final = 112
"""Where the five points lie in the crop on which face embedders are trained (InsightFace, ArcFace, section
4.1)."""

# fmt: off
RIGID_POINTS: Final = (
    10, 151, 9, 8, 67, 297, 109, 338, 108, 337, 69, 299, 104, 333, 68, 298,  # forehead
    168, 6, 197, 195, 193, 417, 122, 351, 196, 419,  # bridge of the nose
    33, 133, 362, 263,  # corners of the eyes
    116, 345, 117, 346, 118, 347, 101, 330, 36, 266, 50, 280, 123, 352,  # cheeks
)
# fmt: on
"""Mesh points that a smile moves by less than 0.8 cells (rms over fifty people) and a blink or speech not
at all."""

CANONICAL_FILE: Final = Path(__file__).with_name("canonical.npz")
_MAX_SAMPLES: Final = 6
"""A cut averages over at most this many samples squared per pixel: a face of 1,000 px into 192."""


def five_points(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return right eye, left eye, nose tip, right and left mouth corner of a mesh in its pixels, (5, 2).

    Right and left are the person's. An eye is the middle between its corners, which a blink does not move.
    """
    plane = points[:, :2].astype(np.float64)
    return np.stack(
        [
            plane[list(RIGHT_EYE)].mean(axis=0),
            plane[list(LEFT_EYE)].mean(axis=0),
            plane[NOSE_TIP],
            plane[MOUTH_CORNERS[0]],
            plane[MOUTH_CORNERS[1]],
        ]
    )


def eye_distance_px(points: NDArray[np.floating]) -> float:
    """Return the distance between the middles of the eyes in the picture, in pixels of a mesh's picture.

    It says how finely the camera sees the face; a head that turns shortens it.
    """
    right, left = five_points(points)[:2]
    return float(np.linalg.norm(right - left))


def eye_distance_in_space_px(points: NDArray[np.float32]) -> float:
    """Return the distance between the middles of the eyes in space, in pixels of a mesh (N, 3).

    It says how far away a face is: a head that turns keeps it.
    """
    right, left = points[list(RIGHT_EYE)].mean(axis=0), points[list(LEFT_EYE)].mean(axis=0)
    return float(np.linalg.norm((right - left).astype(np.float64)))


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) similarity that maps ``source`` to ``target``, both (N, 2), by least squares.

    Rotation, uniform scale and shift, never a mirror image (Umeyama 1991, in closed form for the plane).

    Raises:
        ValueError: fewer than two different source points.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    spread = float((a**2).sum())
    if spread <= 0:
        raise ValueError("a similarity needs at least two different points")
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def inverse(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) inverse of a (2, 3) similarity."""
    linear = np.linalg.inv(transform[:, :2])
    return np.column_stack([linear, -linear @ transform[:, 2]])


def scale_of(transform: NDArray[np.float64]) -> float:
    """Return how many target units one source unit becomes under a (2, 3) similarity."""
    return math.sqrt(abs(float(np.linalg.det(transform[:, :2]))))


def cut(picture: NDArray[np.uint8], transform: NDArray[np.float64], out: NDArray[np.uint8]) -> None:
    """Fill ``out``, shape (height, width) or (height, width, 3), with the part of a picture that lands on it.

    ``transform``, shape (2, 3), maps pixels (x, y) of the picture to pixels of the cut; outside the picture
    the cut is black. Where the cut is smaller than the part, each of its pixels is the mean over the area
    it covers: bilinear sampling alone would skip pixels, so edges would jump with sub-pixel motion and
    noise would not average out. On a 300-pixel face with 2 % noise this halves the jitter of the mesh (0.26
    to 0.14 px).
    """
    height, width = out.shape[:2]
    samples = min(max(round(1 / scale_of(transform)), 1), _MAX_SAMPLES)
    # pixel centres lie at whole numbers: sample s of pixel x lies at x + (s + 0.5) / samples - 0.5
    finer = transform * samples
    finer[:, 2] += (samples - 1) / 2
    if samples == 1:
        cv2.warpAffine(picture, finer, (width, height), dst=out, flags=cv2.INTER_LINEAR)
        return
    fine = cv2.warpAffine(picture, finer, (width * samples, height * samples), flags=cv2.INTER_LINEAR)
    cv2.resize(fine, (width, height), dst=out, interpolation=cv2.INTER_AREA)
    fine.fill(0)


def grid_transform(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (2, 3) float64 similarity from grid coordinates (u, v) to a mesh's picture pixels (x, y).

    u runs from 0 at the image's left edge of the grid to :data:`COLUMNS`, v from 0 at the top to
    :data:`ROWS`. Least squares over the points that expressions and blinks move least, so that neither
    shakes the grid.
    """
    rigid = list(RIGID_POINTS)
    return similarity(canonical_points()[rigid, :2], points[rigid, :2].astype(np.float64))


@functools.cache
def canonical_points() -> NDArray[np.float64]:
    """Return where the mesh of a mean face lies on the grid: (468, 3) float64, u, v and depth in cells."""
    with np.load(CANONICAL_FILE) as layout:
        points: NDArray[np.float64] = layout["points"]
    points.setflags(write=False)
    return points
