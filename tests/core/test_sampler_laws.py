"""The sampler agrees with a twin in NumPy, and moves as the picture moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lightproof._core import SRGB_TO_LINEAR, Sampler, frame_to_srgb
from lightproof.rigs.protocol import PixelFormat, YuvMatrix, YuvRange

WIDTH, HEIGHT = 64, 48

seeds = st.integers(0, 2**32 - 1)


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def similarity(cell_px: float, angle: float, x: float, y: float) -> np.ndarray:
    cosine, sine = cell_px * np.cos(angle), cell_px * np.sin(angle)
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def sample(image: np.ndarray, transform: np.ndarray, rows: int = 6, columns: int = 5) -> np.ndarray:
    return Sampler(rows, columns).sample(image, "rgb888", transform, width=WIDTH, height=HEIGHT)[0]


def plain_sample(
    image: np.ndarray, transform: np.ndarray, rows: int, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Write every pixel's weight in every cell down: the cells, and the part of each in the picture."""
    inverse = np.linalg.inv(np.vstack([transform, [0, 0, 1]]))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    u, v, _ = inverse @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    columns_of = np.clip(1 - np.abs(u - (np.arange(columns)[:, None] + 0.5)), 0, None)
    rows_of = np.clip(1 - np.abs(v - (np.arange(rows)[:, None] + 0.5)), 0, None)
    weights = rows_of[:, None] * columns_of
    total = weights.sum(-1)
    light = weights @ SRGB_TO_LINEAR[image].reshape(-1, 3)
    return light / np.maximum(total, 1e-9)[..., None], total / abs(np.linalg.det(transform[:, :2]))


@given(
    seeds,
    st.floats(1.5, 9),
    st.floats(-np.pi, np.pi),
    st.floats(-10, 70),
    st.floats(-10, 60),
    st.integers(1, 7),
    st.integers(1, 7),
)
def test_the_sampler_agrees_with_its_twin(
    seed: int, cell_px: float, angle: float, x: float, y: float, rows: int, columns: int
) -> None:
    image, transform = picture(seed), similarity(cell_px, angle, x, y)
    cells, clipped, outside = Sampler(rows, columns).sample(
        image, "rgb888", transform, width=WIDTH, height=HEIGHT
    )
    expected, coverage = plain_sample(image, transform, rows, columns)
    measured = coverage > 1 / 16 + 1e-3
    np.testing.assert_allclose(cells[measured], expected[measured], rtol=1e-4)
    assert (cells[coverage < 1 / 16 - 1e-3] == 0).all()
    assert (coverage < 0.5 - 1e-3).mean() - 1e-6 <= outside <= (coverage < 0.5 + 1e-3).mean() + 1e-6
    assert 0 <= clipped <= 1


@given(seeds, st.floats(1.5, 4), st.floats(-0.5, 0.5), st.integers(-3, 3), st.integers(-3, 3))
def test_a_picture_moved_by_whole_pixels_gives_the_same_cells(
    seed: int, cell_px: float, angle: float, dx: int, dy: int
) -> None:
    image = picture(seed)
    moved = np.roll(image, (dy, dx), axis=(0, 1))
    here, there = similarity(cell_px, angle, 24, 18), similarity(cell_px, angle, 24 + dx, 18 + dy)
    # Neither grid reaches the rim over which the picture was rolled.
    np.testing.assert_allclose(sample(moved, there, 4, 3), sample(image, here, 4, 3), rtol=1e-4)


@given(seeds, st.floats(2, 5), st.floats(-3, 3), st.floats(0, 0.2))
def test_cells_move_smoothly_with_the_face(seed: int, cell_px: float, angle: float, shift_px: float) -> None:
    image = picture(seed)
    still = sample(image, similarity(cell_px, angle, 32, 24), 2, 2)
    moved = sample(image, similarity(cell_px, angle, 32 + shift_px, 24), 2, 2)
    assert np.abs(moved - still).max() <= 6 * shift_px / cell_px + 1e-5


@given(seeds, st.floats(0.06, 8), st.floats(-3, 3))
def test_cells_lie_within_the_light_of_the_picture(seed: int, cell_px: float, angle: float) -> None:
    image = picture(seed) // 2 + 60
    cells = sample(image, similarity(cell_px, angle, 32, 24))
    measured = cells[cells.any(-1)]
    assert (measured >= SRGB_TO_LINEAR[image.min()] - 1e-4).all()
    assert (measured <= SRGB_TO_LINEAR[image.max()] + 1e-4).all()


@settings(max_examples=60)
@given(
    seeds,
    st.sampled_from(["rgb888", "bgr888", "yuv420", "nv12"]),
    st.sampled_from(["bt601", "bt709"]),
    st.sampled_from(["full", "limited"]),
    st.integers(0, 9),
    st.tuples(st.integers(5, 40), st.integers(5, 40)),
    st.booleans(),
)
def test_a_frame_is_shown_as_the_very_colours_that_are_sampled(
    seed: int,
    pixel_format: PixelFormat,
    yuv_matrix: YuvMatrix,
    yuv_range: YuvRange,
    padding: int,
    half_size: tuple[int, int],
    is_reused: bool,
) -> None:
    """The two decoders are one: cells of the frame are, to the last bit, cells of the picture made of it."""
    width, height = 2 * half_size[0], 2 * half_size[1]
    packed = pixel_format in ("rgb888", "bgr888")
    shape = (height, width + padding, 3) if packed else (height * 3 // 2, width + 2 * padding)
    image = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    image = image[:, :width] if packed else image
    coding: dict[str, Any] = {
        "width": width,
        "height": height,
        "yuv_matrix": yuv_matrix,
        "yuv_range": yuv_range,
    }
    out = np.full((height, width, 3), 77, np.uint8) if is_reused else None
    shown = frame_to_srgb(image, pixel_format, **coding, out=out)
    assert shown is out or not is_reused
    # Cells of one pixel and cells of many, within the picture and beyond it.
    for cell_px, angle in ((1.0, 0.0), (0.5, 0.2), (4.0, 0.1)):
        transform = similarity(cell_px, angle, width / 3, height / 4)
        sampler = Sampler(6, 5)
        cells, clipped, outside = sampler.sample(image, pixel_format, transform, **coding)
        of_shown = sampler.sample(shown, "rgb888", transform, width=width, height=height)
        np.testing.assert_array_equal(cells, of_shown[0])
        assert (clipped, outside) == of_shown[1:]
