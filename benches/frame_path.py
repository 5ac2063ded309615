"""The frame path against NumPy and OpenCV.

On 1280 × 720 YUV420, with a face of 300 pixels and 48 × 40 cells of linear light.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benches import clock
from lightproof import _core
from lightproof.rigs.protocol import PixelFormat

WIDTH, HEIGHT = 1280, 720
ROWS, COLUMNS = 48, 40
FACE_PX = 300.0
ROLL = np.deg2rad(5.0)
YUV_RANGE: Final = "limited"
"""What OpenCV's own conversion of I420 takes."""

TOLERANCE_EXACT = 1e-3
"""Largest difference in linear light to the pipeline that weighs every pixel: OpenCV's conversion to 8-bit
colours and the
core's round differently by a level here and there. From the same colours the two agree to
:data:`TOLERANCE_WEIGHTS`."""
TOLERANCE_WEIGHTS = 1e-5
TOLERANCE_FILTER = 2e-3
"""Largest difference to the pipeline that filters along the picture's axes and not the face's."""

LINEAR = _core.SRGB_TO_LINEAR.astype(np.float32)


def picture(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return a frame with soft shades and the noise of a camera, shape (height · 3 / 2, width)."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:height, 0:width]
    shades = [110 + 60 * np.sin(x / 37 + c) + 50 * np.cos(y / 29 - c) for c in range(3)]
    rgb = np.clip(np.stack(shades, axis=-1) + rng.normal(0, 4, (height, width, 3)), 0, 255)
    return np.asarray(cv2.cvtColor(rgb.astype(np.uint8), cv2.COLOR_RGB2YUV_I420), np.uint8)


def face(size_px: float = FACE_PX, rows: int = ROWS) -> NDArray[np.float64]:
    """Return the map from the grid to the picture for a face of this height."""
    cell = size_px / rows
    cosine, sine = cell * np.cos(ROLL), cell * np.sin(ROLL)
    x, y = WIDTH / 2 - size_px / 2 + 20, HEIGHT / 2 - size_px / 2 - 10
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def _corners(transform: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    ends = [(u, v, 1.0) for v in (-margin, ROWS + margin) for u in (-margin, COLUMNS + margin)]
    return np.asarray(np.array(ends) @ transform.T)


def _region(transform: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Return the part of the picture that the grid reaches, in fours, as 4:2:0 asks."""
    corners = _corners(transform, 1.0)
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0) // 4 * 4
    x1, y1 = -(-(np.ceil(corners.max(axis=0)).astype(int) + 2) // 4) * 4
    return int(x0), int(y0), int(min(x1, WIDTH)), int(min(y1, HEIGHT))


def _rgb_of(image: NDArray[np.uint8], region: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Convert a part of a frame only."""
    x0, y0, x1, y1 = region
    width, height = x1 - x0, y1 - y0
    part = np.empty((height * 3 // 2, width), np.uint8)
    part[:height] = image[y0:y1, x0:x1]
    for k in range(2):
        plane = image[HEIGHT + k * HEIGHT // 4 :][: HEIGHT // 4].reshape(HEIGHT // 2, WIDTH // 2)
        rows = part[height + k * height // 4 :][: height // 4]
        rows[:] = plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2].reshape(height // 4, width)
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_YUV2RGB_I420), np.uint8)


def _clipped(rgb: NDArray[np.uint8], transform: NDArray[np.float64], origin: tuple[int, int]) -> float:
    """Return the share of the face's pixels that are clipped."""
    corners = _corners(transform, 0.5)[[0, 1, 3, 2]] - origin
    reached = np.zeros(rgb.shape[:2], np.uint8)
    cv2.fillConvexPoly(reached, np.rint(corners).astype(np.int32), 255)
    brightest = cv2.max(cv2.max(*cv2.split(rgb)[:2]), cv2.extractChannel(rgb, 2))
    clipped = cv2.threshold(brightest, 253, 255, cv2.THRESH_BINARY)[1]
    return cv2.countNonZero(cv2.bitwise_and(clipped, reached)) / cv2.countNonZero(reached)


def exact(
    image: NDArray[np.uint8], transform: NDArray[np.float64], rgb: NDArray[np.uint8] | None = None
) -> tuple[NDArray[np.float32], float]:
    """Share every pixel out to its four cells by its weights: the same sum as the core's, in NumPy."""
    x0, y0, x1, y1 = region = _region(transform)
    rgb = _rgb_of(image, region) if rgb is None else rgb[y0:y1, x0:x1]
    light = cv2.LUT(rgb, LINEAR)
    inverse = cv2.invertAffineTransform(transform)
    y, x = np.ogrid[y0:y1, x0:x1]
    a = inverse[0, 0] * x + inverse[0, 1] * y + (inverse[0, 2] + 0.5)
    b = inverse[1, 0] * x + inverse[1, 1] * y + (inverse[1, 2] + 0.5)
    inside = (a > 0) & (a < COLUMNS + 1) & (b > 0) & (b < ROWS + 1)
    a, b, light = a[inside], b[inside], light[inside]
    column, row = a.astype(np.intp), b.astype(np.intp)
    right, below = (a - column).astype(np.float32), (b - row).astype(np.float32)
    cells = np.zeros(((ROWS + 2) * (COLUMNS + 2), 4))
    for down, across, weight in (
        (0, 0, (1 - right) * (1 - below)),
        (0, 1, right * (1 - below)),
        (1, 0, (1 - right) * below),
        (1, 1, right * below),
    ):
        index = (row + down) * (COLUMNS + 2) + column + across
        cells[:, 3] += np.bincount(index, weight, len(cells))
        for channel in range(3):
            cells[:, channel] += np.bincount(index, weight * light[:, channel], len(cells))
    grid = cells.reshape(ROWS + 2, COLUMNS + 2, 4)[1:-1, 1:-1]
    clipped = np.count_nonzero(rgb[inside].max(axis=1) >= 254) / len(light)
    return (grid[..., :3] / grid[..., 3:]).astype(np.float32), clipped


def filtered(
    image: NDArray[np.uint8], transform: NDArray[np.float64], *, whole: bool
) -> tuple[NDArray[np.float32], float]:
    """Blur with the tent of a cell, then look up the centres: what OpenCV does best.

    The tent lies along the picture's axes, not the face's, so it is the same result for a face upright and
    nearly so for one
    that is a little rolled. ``whole`` converts the whole frame, as one writes it first; else only the face's
    part.
    """
    x0, y0, x1, y1 = region = _region(transform)
    rgb = cv2.cvtColor(image, cv2.COLOR_YUV2RGB_I420)[y0:y1, x0:x1] if whole else _rgb_of(image, region)
    light = cv2.LUT(rgb, LINEAR)
    cell = float(np.hypot(*transform[:, 0]))
    steps = np.arange(-int(cell), int(cell) + 1)
    tent = (1 - np.abs(steps) / cell).astype(np.float32)
    tent /= tent.sum()
    soft = cv2.sepFilter2D(light, -1, tent, tent)
    centres = transform.copy()
    centres[:, 2] += transform[:, :2].sum(axis=1) / 2 - (x0, y0)
    cells = cv2.warpAffine(soft, centres, (COLUMNS, ROWS), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(cells, np.float32), _clipped(np.ascontiguousarray(rgb), transform, (x0, y0))


@dataclass(frozen=True, slots=True)
class FramePath:
    """Seconds of one frame, and how far the results are apart.

    Differences are the largest and the root mean square, in linear light.
    """

    sampler_s: float
    sampler_and_response_s: float
    exact_s: float
    filtered_s: float
    filtered_part_s: float
    copy_frame_s: float
    copy_face_s: float
    exact_apart: tuple[float, float]
    filtered_apart: tuple[float, float]


def _apart(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float]:
    return float(np.abs(a - b).max()), float(np.sqrt(np.mean((a - b) ** 2)))


def measure(seconds: float = 1.0) -> FramePath:
    """Run all of them in turns on one frame.

    Raises:
        AssertionError: they disagree by more than the tolerances.
    """
    image, transform = picture(), face()
    sampler = _core.Sampler(ROWS, COLUMNS)
    mask = np.ones((ROWS, COLUMNS), bool)
    identity = np.eye(3).tolist()
    light = np.full((4, 3), 0.3).tolist()

    def sample() -> tuple[NDArray[np.float32], float, float]:
        return sampler.sample(image, "yuv420", transform, width=WIDTH, height=HEIGHT, yuv_range=YUV_RANGE)

    cells, clipped, _ = sample()
    response = _core.ResponseRegression(mask, cells, identity)

    def sample_and_push() -> None:
        response.push(sample()[0], light, 0.0)

    exact_cells, exact_clipped = exact(image, transform)
    filtered_cells, filtered_clipped = filtered(image, transform, whole=False)
    exact_apart, filtered_apart = _apart(cells, exact_cells), _apart(cells, filtered_cells)
    colours = _core.frame_to_srgb(image, "yuv420", width=WIDTH, height=HEIGHT, yuv_range=YUV_RANGE)
    weights_apart = _apart(cells, exact(image, transform, colours)[0])
    assert weights_apart[0] < TOLERANCE_WEIGHTS, weights_apart
    assert exact_apart[0] < TOLERANCE_EXACT, exact_apart
    assert filtered_apart[0] < TOLERANCE_FILTER, filtered_apart
    assert abs(clipped - exact_clipped) < 1e-3, (clipped, exact_clipped)
    assert abs(clipped - filtered_clipped) < 1e-3, (clipped, filtered_clipped)
    sample_s, both_s, exact_s, whole_s, part_s = clock.best_s(
        sample,
        sample_and_push,
        lambda: exact(image, transform),
        lambda: filtered(image, transform, whole=True),
        lambda: filtered(image, transform, whole=False),
        seconds=seconds,
    )
    x0, y0, x1, y1 = _region(transform)
    face_bytes = (x1 - x0) * (y1 - y0) * 3 // 2
    return FramePath(
        sample_s,
        both_s,
        exact_s,
        whole_s,
        part_s,
        clock.copy_s(image.nbytes),
        clock.copy_s(face_bytes),
        exact_apart,
        filtered_apart,
    )


@dataclass(frozen=True, slots=True)
class Colours:
    """Seconds that a frame takes to become 8-bit sRGB, here and in OpenCV."""

    pixel_format: str
    core_s: float
    opencv_s: float


def colours(seconds: float = 0.5) -> list[Colours]:
    """Decode whole frames of both 4:2:0 formats into memory that is there, by the core and by OpenCV.

    Raises:
        AssertionError: they are more than a level apart.
    """
    image = np.maximum(picture(), 16)  # OpenCV takes what is blacker than black for black
    ours, theirs = (np.empty((HEIGHT, WIDTH, 3), np.uint8) for _ in range(2))
    found = []
    formats: list[tuple[PixelFormat, int]] = [
        ("yuv420", cv2.COLOR_YUV2RGB_I420),
        ("nv12", cv2.COLOR_YUV2RGB_NV12),
    ]
    for pixel_format, code in formats:
        by_core = partial(
            _core.frame_to_srgb,
            image,
            pixel_format,
            width=WIDTH,
            height=HEIGHT,
            yuv_range=YUV_RANGE,
            out=ours,
        )
        by_opencv = partial(cv2.cvtColor, image, code, dst=theirs)
        core_s, opencv_s = clock.best_s(by_core, by_opencv, seconds=seconds)
        assert np.abs(ours.astype(int) - theirs).max() <= 1
        found.append(Colours(pixel_format, core_s, opencv_s))
    return found


def sampler_s(size_px: float, rows: int = ROWS, columns: int = COLUMNS, seconds: float = 0.2) -> float:
    """Return the seconds of one frame with a face of this size and a grid of this size."""
    image, transform = picture(), face(size_px, rows)
    sampler = _core.Sampler(rows, columns)
    return clock.best_s(
        lambda: sampler.sample(image, "yuv420", transform, width=WIDTH, height=HEIGHT), seconds=seconds
    )[0]


def push_s(rows: int, columns: int, seconds: float = 0.2) -> float:
    """Return the seconds of taking in one frame with a grid of this size."""
    cells = np.random.default_rng(2).uniform(0.1, 0.3, (rows, columns, 3)).astype(np.float32)
    response = _core.ResponseRegression(np.ones((rows, columns), bool), cells, np.eye(3).tolist())
    light = np.full((4, 3), 0.3).tolist()
    return clock.best_s(lambda: response.push(cells, light, 0.0), seconds=seconds)[0]
