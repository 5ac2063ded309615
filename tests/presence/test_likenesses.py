"""Likenesses: which frames are embedded is drawn by lot, and nothing of the others is kept."""

from __future__ import annotations

import threading
from collections import Counter

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.face.embedding import Embedder
from lightproof.face.tracker import FaceTracker, TrackedFace
from lightproof.presence.likenesses import LOTS, Likenesses
from tests.face.face_pictures import astronaut, head, networks

FRAMES = 6


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return head(astronaut(), 360)


@pytest.fixture(scope="module")
def face(picture: NDArray[np.uint8]) -> TrackedFace:
    found = FaceTracker(networks()).track(picture)
    assert found is not None
    return found


class Untold(Embedder):
    """An embedder that is quick and keeps what it was given."""

    def __init__(self) -> None:
        super().__init__(networks().embedder._network)
        self.crops: list[NDArray[np.uint8]] = []
        self.threads: set[int] = set()
        self.seen_light = True

    def crop(self, rgb: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.uint8]:
        self.crops.append(np.ones((4, 4, 3), np.uint8))
        return self.crops[-1]

    def embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.threads.add(threading.get_ident())
        self.seen_light = self.seen_light and bool(crop.all())
        return np.ones(4, np.float32)


def drawn_times(seed: bytes, rgb: NDArray[np.uint8], face: TrackedFace, stretches: int = 1) -> list[float]:
    likenesses = Likenesses(Untold(), seed)
    for stretch in range(stretches):
        for frame in range(FRAMES):
            likenesses.offer(rgb, face, stretch + frame / 10, 0.0)
        likenesses.end_stretch()
    found = [one.time_s for one in likenesses.snapshot().drawing().likenesses]
    likenesses.forget()
    return found


def test_the_same_seed_draws_the_same_frames_and_another_draws_others(
    picture: NDArray[np.uint8], face: TrackedFace
) -> None:
    first = drawn_times(bytes(32), picture, face, stretches=9)
    assert drawn_times(bytes(32), picture, face, stretches=9) == first
    assert drawn_times(bytes([1]) * 32, picture, face, stretches=9) != first


def test_every_stretch_has_a_frame_and_every_frame_is_as_likely_to_be_drawn(
    picture: NDArray[np.uint8], face: TrackedFace
) -> None:
    stretches = 600
    times = drawn_times(bytes(32), picture, face, stretches)
    assert {int(time) for time in times} == set(range(stretches))
    assert all(1 <= count <= LOTS for count in Counter(int(time) for time in times).values())
    places = Counter(round(10 * (time % 1)) for time in times)
    # A frame is missed by both lots with (5/6)²; 600 stretches give 183 each, with a deviation of 11.
    assert all(abs(places[place] - 183) < 50 for place in range(FRAMES))


def test_quality_chooses_no_frame_and_a_frame_that_is_not_usable_is_counted_and_not_kept(
    picture: NDArray[np.uint8], face: TrackedFace
) -> None:
    smeared = np.asarray(cv2.GaussianBlur(picture, (0, 0), 9), np.uint8)
    bad = FaceTracker(networks()).track(smeared)
    assert bad is not None
    embedder = Untold()
    likenesses = Likenesses(embedder, bytes(32))
    for stretch in range(60):
        for frame in range(FRAMES):
            good = frame % 2 == 0
            likenesses.offer(picture if good else smeared, face if good else bad, stretch + frame / 10, 0.0)
        likenesses.end_stretch()
    drawing = likenesses.snapshot().drawing()
    share = drawing.unusable / (drawing.unusable + len(drawing.likenesses))
    assert share == pytest.approx(0.5, abs=0.15)
    assert all(round(10 * (one.time_s % 1)) % 2 == 0 for one in drawing.likenesses)
    likenesses.forget()


def test_a_face_is_embedded_beside_the_light_and_every_crop_is_overwritten(
    picture: NDArray[np.uint8], face: TrackedFace
) -> None:
    embedder = Untold()
    likenesses = Likenesses(embedder, bytes(32))
    for frame in range(FRAMES):
        likenesses.offer(picture, face, frame / 10)
    likenesses.end_stretch()
    drawing = likenesses.snapshot().drawing()
    assert drawing.likenesses
    assert not any(one.lit for one in drawing.likenesses)
    assert embedder.seen_light
    assert embedder.threads
    assert threading.get_ident() not in embedder.threads
    assert not any(crop.any() for crop in embedder.crops)
    likenesses.forget()
    likenesses.forget()
    assert not any(one.embedding.any() for one in drawing.likenesses)


def test_a_stretch_that_begins_anew_leaves_nothing(picture: NDArray[np.uint8], face: TrackedFace) -> None:
    embedder = Untold()
    likenesses = Likenesses(embedder, bytes(32))
    likenesses.offer(picture, face, 0.0)
    likenesses.restart()
    likenesses.end_stretch()
    assert likenesses.snapshot().drawing().likenesses == ()
    assert not any(crop.any() for crop in embedder.crops)
    likenesses.forget()
