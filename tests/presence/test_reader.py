"""The reader: what one frame says of the face, the same as its parts would say one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof._core import Sampler
from lightproof.errors import ClockError, FrameError
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker
from lightproof.presence.reader import FaceReader
from lightproof.rigs.protocol import Frame, PixelFormat, YuvMatrix, YuvRange
from tests.presence.placed_faces import HEIGHT, WIDTH, grey, portrait


@pytest.fixture(scope="module")
def person() -> NDArray[np.uint8]:
    return portrait()


def framed(picture: NDArray[np.uint8], at_s: float = 0.0) -> Frame:
    return Frame(picture, "rgb888", WIDTH, HEIGHT, at_s, 0.01, 0.016)


def as_planes(frame: Frame, matrix: YuvMatrix, range_: YuvRange, pixel_format: PixelFormat) -> Frame:
    """Return the frame as a camera of 4:2:0 with padded rows delivers it, by the standards' formulae."""
    red, blue = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    rgb = frame.image.astype(float) / 255
    luma = rgb @ [red, 1 - red - blue, blue]
    blueness, redness = (rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)
    low, luma_span, chroma_span = (0, 255, 255) if range_ == "full" else (16, 219, 224)
    chroma = [
        128 + chroma_span * part.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(1, 3))
        for part in (blueness, redness)
    ]
    stride = WIDTH + 64
    padded = np.zeros((HEIGHT * 3 // 2, stride), np.uint8)
    padded[:HEIGHT, :WIDTH] = np.rint(low + luma_span * luma)
    if pixel_format == "nv12":
        padded[HEIGHT:, 0:WIDTH:2], padded[HEIGHT:, 1:WIDTH:2] = np.rint(chroma)
    else:
        padded[HEIGHT:].reshape(2, HEIGHT // 2, stride // 2)[:, :, : WIDTH // 2] = np.rint(chroma)
    return replace(frame, image=padded, pixel_format=pixel_format, yuv_matrix=matrix, yuv_range=range_)


def test_a_sample_is_what_tracker_and_sampler_say_of_the_frame(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    reader, tracker, sampler = FaceReader(networks), FaceTracker(networks), Sampler()
    for number in range(3):
        frame = framed(np.roll(person, number, axis=1), number / 30)
        sample, face = reader.read(frame), tracker.track(frame.image)
        assert sample.face is not None
        assert face is not None
        np.testing.assert_array_equal(sample.face.transform, face.transform)
        cells, clipped, outside = sampler.sample(
            frame.image, frame.pixel_format, face.transform, width=WIDTH, height=HEIGHT
        )
        np.testing.assert_array_equal(sample.cells, cells)
        assert (sample.clipped, sample.outside) == (clipped, outside)
        assert sample.rgb is frame.image
        assert sample.frame is frame


@pytest.mark.parametrize("pixel_format", ["yuv420", "nv12"])
@pytest.mark.parametrize("range_", ["full", "limited"])
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_networks_and_cells_see_the_colours_that_the_camera_means(
    person: NDArray[np.uint8],
    networks: FaceNetworks,
    matrix: YuvMatrix,
    range_: YuvRange,
    pixel_format: PixelFormat,
) -> None:
    meant = FaceReader(networks).read(framed(person))
    coded = FaceReader(networks).read(as_planes(framed(person), matrix, range_, pixel_format))
    assert meant.face is not None
    assert coded.face is not None
    # Chroma of half the size blurs edges of colour, and nothing else.
    assert np.abs(coded.rgb.astype(int) - person).mean() < 2
    np.testing.assert_allclose(coded.cells, meant.cells, atol=0.02)
    light_of_the_picture, _, _ = Sampler().sample(
        coded.rgb, "rgb888", coded.face.transform, width=WIDTH, height=HEIGHT
    )
    np.testing.assert_array_equal(coded.cells, light_of_the_picture)


def test_the_pictures_memory_is_one_and_overwritten_at_the_end(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    reader = FaceReader(networks)
    first = reader.read(as_planes(framed(person), "bt601", "full", "nv12"))
    second = reader.read(as_planes(framed(person, 0.1), "bt601", "full", "nv12"))
    assert second.rgb is first.rgb
    assert second.rgb.any()
    reader.forget()
    assert not second.rgb.any()


def test_a_frame_without_a_face_says_nothing_but_that(networks: FaceNetworks) -> None:
    sample = FaceReader(networks).read(framed(grey()))
    assert sample.face is None
    assert sample.cells.size == 0
    np.testing.assert_array_equal(sample.rgb, grey())


def test_the_samples_own_their_cells(person: NDArray[np.uint8], networks: FaceNetworks) -> None:
    """Means over several frames are made of them."""
    reader = FaceReader(networks)
    first = reader.read(framed(person, 0.0))
    before = first.cells.copy()
    reader.read(framed(person // 2, 0.1))
    np.testing.assert_array_equal(first.cells, before)


def test_frames_that_contradict_each_other_are_refused(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    reader = FaceReader(networks)
    reader.read(framed(person, 1.0))
    with pytest.raises(ClockError, match="never go back"):
        reader.read(framed(person, 0.9))
    with pytest.raises(FrameError, match="640 x 478"):
        reader.read(replace(framed(person[:-2], 1.1), height=HEIGHT - 2))


def test_a_reader_that_forgets_begins_a_new_track(person: NDArray[np.uint8], networks: FaceNetworks) -> None:
    reader = FaceReader(networks)
    tracks = []
    for number in range(4):
        if number == 2:
            reader.forget()
        face = reader.read(framed(person, number / 30)).face
        assert face is not None
        tracks.append(face.track)
    assert tracks == [1, 1, 2, 2]
