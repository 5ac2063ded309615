"""The sampler in Python: images are viewed in place, and refused by name if they cannot be."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from lightproof._core import Sampler, frame_to_srgb
from lightproof.errors import FrameError, InputError
from lightproof.rigs.protocol import PixelFormat

TRANSFORM = np.array([[2.0, 0.0, 8.0], [0.0, 2.0, 6.0]])


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def test_cells_are_linear_light_of_the_promised_shape() -> None:
    image = np.full((120, 100, 3), (10, 100, 200), np.uint8)
    cells, clipped, outside = Sampler().sample(image, "rgb888", TRANSFORM, width=100, height=120)
    assert (cells.shape, cells.dtype.name) == ((48, 40, 3), "float32")
    coded = np.array([10, 100, 200]) / 255
    expected = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(cells, np.broadcast_to(expected, cells.shape), rtol=1e-5)
    assert (clipped, outside) == (0, 0)


def test_a_gradient_is_seen_where_it_is() -> None:
    light = np.linspace(0.1, 0.9, 200)
    coded = np.round(255 * (1.055 * light ** (1 / 2.4) - 0.055)).astype(np.uint8)
    image = np.repeat(np.tile(coded, (120, 1))[..., None], 3, axis=2)
    transform = [[4.0, 0.0, 10.0], [0.0, 2.0, 10.0]]
    cells, _, _ = Sampler().sample(image, "rgb888", transform, width=200, height=120)
    centres_px = 4 * (np.arange(40) + 0.5) + 10
    np.testing.assert_allclose(cells[20, :, 0], np.interp(centres_px, np.arange(200), light), atol=2e-3)


def test_rows_with_padding_between_them_are_viewed_in_place() -> None:
    wide = noise(120, 150, 3)
    sampler = Sampler()
    strided = sampler.sample(wide[:, :100], "bgr888", TRANSFORM, width=100, height=120)
    copied = sampler.sample(wide[:, :100].copy(), "bgr888", TRANSFORM, width=100, height=120)
    np.testing.assert_array_equal(strided[0], copied[0])
    assert strided[1:] == copied[1:]
    upside_down = sampler.sample(wide[::-1, :100], "bgr888", TRANSFORM, width=100, height=120)
    assert not np.array_equal(upside_down[0], copied[0])


@pytest.mark.parametrize("pixel_format", ["yuv420", "nv12"])
def test_a_stride_longer_than_the_width_is_taken_from_the_image(pixel_format: PixelFormat) -> None:
    image = noise(180, 128)
    if pixel_format == "yuv420":
        chroma = image[120:].reshape(120, 64)[:, :50]
        tight = np.vstack([image[:120, :100], chroma.reshape(60, 100)])
    else:
        tight = image[:, :100].copy()
    sampler = Sampler()
    padded = sampler.sample(image, pixel_format, TRANSFORM, width=100, height=120)
    expected = sampler.sample(tight, pixel_format, TRANSFORM, width=100, height=120)
    np.testing.assert_array_equal(padded[0], expected[0])
    assert padded[1:] == expected[1:]


def test_read_only_images_can_be_sampled() -> None:
    image = noise(120, 100, 3)
    image.flags.writeable = False
    Sampler().sample(image, "rgb888", TRANSFORM, width=100, height=120)


def test_four_two_zero_frames_hold_the_colours_that_opencv_sees() -> None:
    # OpenCV's is BT.601 with limited range and takes what is blacker than black for black.
    image = np.maximum(noise(180, 100), 16)
    ours = frame_to_srgb(image, "yuv420", width=100, height=120, yuv_range="limited")
    theirs = cv2.cvtColor(image, cv2.COLOR_YUV2RGB_I420)
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    ours = frame_to_srgb(image, "nv12", width=100, height=120, yuv_range="limited")
    theirs = cv2.cvtColor(image, cv2.COLOR_YUV2RGB_NV12)
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_packed_frames_are_given_back_as_rgb() -> None:
    image = noise(12, 10, 3)
    np.testing.assert_array_equal(frame_to_srgb(image, "rgb888", width=10, height=12), image)
    np.testing.assert_array_equal(frame_to_srgb(image, "bgr888", width=10, height=12), image[..., ::-1])


def test_a_frame_is_written_into_the_array_of_its_owner() -> None:
    image = noise(180, 100)
    out = np.empty((120, 100, 3), np.uint8)
    given = frame_to_srgb(image, "nv12", width=100, height=120, out=out)
    assert given is out
    np.testing.assert_array_equal(out, frame_to_srgb(image, "nv12", width=100, height=120))


@pytest.mark.parametrize(
    "out",
    [
        np.empty((120, 101, 3), np.uint8),
        np.empty((120, 100, 4), np.uint8),
        np.empty((120, 300), np.uint8),
        np.empty((120, 100, 3), np.int8),
        np.empty((120, 200, 3), np.uint8)[:, ::2],
        np.empty((100, 120, 3), np.uint8).transpose(1, 0, 2),
        np.frombuffer(bytes(36000), np.uint8).reshape(120, 100, 3),
        [[[0]]],
    ],
)
def test_arrays_that_no_frame_can_be_written_into_are_refused(out: Any) -> None:
    with pytest.raises(InputError, match=r"^out .*; use a"):
        frame_to_srgb(noise(180, 100), "nv12", width=100, height=120, out=out)


def test_a_frame_is_not_written_over_itself() -> None:
    image = noise(120, 100, 3)
    with pytest.raises(InputError, match=r"^out cannot be written to"):
        frame_to_srgb(image, "bgr888", width=100, height=120, out=image)


def test_clipped_pixels_and_missing_cells_are_reported() -> None:
    image = np.full((120, 100, 3), 128, np.uint8)
    image[:, 50:] = 255
    cells, clipped, outside = Sampler().sample(
        image, "rgb888", [[2.0, 0.0, 20.0], [0.0, 2.0, 60.0]], width=100, height=120
    )
    assert clipped == pytest.approx(50 / 81, abs=0.01)
    assert outside == pytest.approx(18 / 48, abs=0.01)
    assert np.isfinite(cells).all()
    assert (cells[-10:] == 0).all()


@pytest.mark.parametrize(
    ("image", "pixel_format", "width", "height"),
    [
        (noise(120, 100, 3), "rgb888", 101, 120),
        (noise(120, 100, 3), "rgb888", 100, 119),
        (noise(120, 100, 4), "rgb888", 100, 120),
        (noise(120, 300), "rgb888", 100, 120),
        (noise(120, 100, 3), "yuv420", 100, 80),
        (noise(180, 100), "yuv420", 101, 120),
        (noise(180, 100), "yuv420", 102, 120),
        (noise(180, 101), "yuv420", 100, 120),
        (noise(179, 100), "nv12", 100, 120),
        (noise(180, 100), "nv12", 100, 60),
        (noise(0, 0, 3), "rgb888", 0, 0),
        (noise(180, 200)[:, ::2], "nv12", 100, 120),
        (noise(120, 200, 3)[:, ::2], "rgb888", 100, 120),
        (noise(180, 100).astype(np.float32), "nv12", 100, 120),
        ([[1, 2], [3, 4]], "nv12", 2, 2),
        (None, "nv12", 2, 2),
        (noise(180, 100), "nv12", 100, 2**62),
    ],
)
def test_frames_that_cannot_be_read_are_refused(
    image: Any, pixel_format: PixelFormat, width: int, height: int
) -> None:
    with pytest.raises(FrameError, match=r"; use "):
        Sampler().sample(image, pixel_format, TRANSFORM, width=width, height=height)
    with pytest.raises(FrameError, match=r"; use "):
        frame_to_srgb(image, pixel_format, width=width, height=height)


@pytest.mark.parametrize(
    "transform",
    [
        np.zeros((2, 3)),
        np.full((2, 3), np.nan),
        [[2.0, 0.0, np.inf], [0.0, 2.0, 0.0]],
        [[1.0, 2.0, 0.0], [2.0, 4.0, 0.0]],
        [[1e9, 0.0, 0.0], [0.0, 1e9, 0.0]],
        [[1e-9, 0.0, 0.0], [0.0, 1e-9, 0.0]],
        [[1.0, 0.0, 1e12], [0.0, 1.0, 0.0]],
        np.eye(3),
        "similarity",
        None,
    ],
)
def test_transforms_that_cannot_be_used_are_refused(transform: Any) -> None:
    with pytest.raises(InputError, match=r"transform .*; use "):
        Sampler().sample(noise(120, 100, 3), "rgb888", transform, width=100, height=120)


def test_names_and_grids_that_do_not_exist_are_refused() -> None:
    unknown: Any = "uyvy"  # which the types forbid
    with pytest.raises(InputError, match=r"pixel_format is .uyvy.; use one of rgb888"):
        Sampler().sample(noise(120, 100, 3), unknown, TRANSFORM, width=100, height=120)
    unknown = "bt2020"
    with pytest.raises(InputError, match=r"yuv_matrix is .bt2020.; use one of bt601, bt709"):
        Sampler().sample(noise(120, 100, 3), "rgb888", TRANSFORM, width=100, height=120, yuv_matrix=unknown)
    unknown = "tv"
    with pytest.raises(InputError, match=r"yuv_range is .tv.; use one of full, limited"):
        frame_to_srgb(noise(120, 100, 3), "rgb888", width=100, height=120, yuv_range=unknown)
    with pytest.raises(InputError, match=r"grid is 0 x 40 cells; use 1 to 256"):
        Sampler(rows=0)
