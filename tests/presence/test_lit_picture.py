"""The lit picture: the aligned face follows the grid, and what was lit can be embedded."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof._core import Challenge, ResponseRegression
from lightproof.colour import linear_to_srgb
from lightproof.face.embedding import cosine
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker, TrackedFace
from lightproof.presence.lit_picture import LitPicture
from tests.face.face_pictures import astronaut, head
from tests.presence.made_light import flipped

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return head(astronaut(), 360)


@pytest.fixture
def face(picture: NDArray[np.uint8], networks: FaceNetworks) -> TrackedFace:
    found = FaceTracker(networks).track(picture)
    assert found is not None
    return found


def play(
    lit: LitPicture,
    sent: NDArray[np.float64],
    own: NDArray[np.float64],
    frames: int = 66,
    response: float = 0.1,
) -> None:
    """Show the aligned face ``sent`` under a challenge, beside a picture ``own`` with light of its own."""
    rng = np.random.default_rng(1)
    challenge = Challenge.generate(bytes(32))
    timeline = flipped(challenge)
    cells = np.full((48, 40, 3), 0.2, np.float32)
    response_ = ResponseRegression(np.ones((48, 40), np.bool_), cells, IDENTITY)
    for k in range(frames):
        light = timeline.light(k / 30, k / 30 + 0.02, 0.0)
        seen = own + sent * response * light.mean(axis=0)
        seen = seen * (1 + 0.01 * rng.standard_normal(seen.shape))
        registration = response_.push(cells, light.tolist(), 2 * k / frames - 1)
        crop = np.rint(255 * linear_to_srgb(np.clip(seen, 0, 1))).astype(np.uint8)
        lit.push(crop, light, 2 * k / frames - 1, registration)


def test_the_screens_light_shows_the_person_and_light_of_ones_own_does_not(
    picture: NDArray[np.uint8], face: TrackedFace, networks: FaceNetworks
) -> None:
    embedder = networks.embedder
    crop = embedder.crop(picture, face.points)
    person = embedder.embed(crop)
    skin, white = (crop / 255.0) ** 2.2, np.full(crop.shape, 0.8)
    living, projected = (LitPicture(embedder, face, IDENTITY) for _ in range(2))
    play(living, skin, 0.5 * skin)
    play(projected, white, 0.5 * skin)
    lit, shown = living.embedding(), projected.embedding()
    assert lit is not None
    assert cosine(lit, person) > 0.6
    assert shown is None or cosine(shown, person) < 0.3


def test_the_crop_follows_the_grid_wherever_the_face_goes(
    picture: NDArray[np.uint8], face: TrackedFace, networks: FaceNetworks
) -> None:
    lit = LitPicture(networks.embedder, face, IDENTITY)
    still = lit.cut(picture, face.transform).copy()
    moved = face.transform.copy()
    moved[:, 2] += (12, -7)
    shifted = np.roll(picture, (-7, 12), axis=(0, 1))
    differences = np.abs(lit.cut(shifted, moved).astype(int) - still)
    assert differences[20:].max() <= 1  # what came in at the picture's edge is above the brow


def test_too_few_frames_make_no_picture(face: TrackedFace, networks: FaceNetworks) -> None:
    lit = LitPicture(networks.embedder, face, IDENTITY)
    assert lit.embedding() is None
    play(lit, np.full((112, 112, 3), 0.3), np.full((112, 112, 3), 0.2), frames=20)
    assert lit.embedding() is None


def test_a_copy_is_independent_and_what_is_forgotten_is_gone(
    picture: NDArray[np.uint8], face: TrackedFace, networks: FaceNetworks
) -> None:
    lit = LitPicture(networks.embedder, face, IDENTITY)
    skin = (networks.embedder.crop(picture, face.points) / 255.0) ** 2.2
    lit.cut(picture, face.transform)
    play(lit, skin, 0.5 * skin)
    twin = lit.copy()
    lit.forget()
    assert not lit._crop.any()
    assert lit.embedding() is None
    assert twin.embedding() is not None
