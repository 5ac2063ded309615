"""The reader: what one frame says of the face, the same as its parts would say one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof._core import Sampler
from lightproof.errors import ClockError, FrameError
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker
from lightproof.presence.frames import rgb_picture
from lightproof.presence.reader import FaceReader
from lightproof.rigs.protocol import Frame
from tests.presence.placed_faces import HEIGHT, WIDTH, grey, portrait


@pytest.fixture(scope="module")
def person() -> NDArray[np.uint8]:
    return portrait()


def framed(picture: NDArray[np.uint8], at_s: float = 0.0) -> Frame:
    return Frame(picture, "rgb888", WIDTH, HEIGHT, at_s, 0.01, 0.016)


def as_planes(frame: Frame) -> Frame:
    """Return the frame as a camera of planar YUV with padded rows delivers it."""
    planes = cv2.cvtColor(frame.image, cv2.COLOR_RGB2YUV_I420)
    stride = WIDTH + 64
    padded = np.zeros((HEIGHT * 3 // 2, stride), np.uint8)
    padded[:HEIGHT, :WIDTH] = planes[:HEIGHT]
    chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    padded[HEIGHT:].reshape(2, HEIGHT // 2, stride // 2)[:, :, : WIDTH // 2] = chroma
    return replace(frame, image=padded, pixel_format="yuv420")


@pytest.mark.parametrize("delivered", [lambda frame: frame, as_planes], ids=["rgb888", "yuv420"])
def test_a_sample_is_what_tracker_and_sampler_say_of_the_frame(
    delivered: Callable[[Frame], Frame], person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    reader, tracker, sampler = FaceReader(networks), FaceTracker(networks), Sampler()
    for number in range(3):
        moved = np.roll(person, number, axis=1)
        frame = delivered(framed(moved, number / 30))
        sample, face = reader.read(frame), tracker.track(rgb_picture(frame))
        assert sample.face is not None
        assert face is not None
        np.testing.assert_array_equal(sample.face.transform, face.transform)
        cells, clipped, outside = sampler.sample(
            frame.image, frame.pixel_format, face.transform, width=WIDTH, height=HEIGHT
        )
        np.testing.assert_array_equal(sample.cells, cells)
        assert (sample.clipped, sample.outside) == (clipped, outside)
        np.testing.assert_array_equal(sample.rgb, rgb_picture(frame))
        assert sample.frame is frame


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
