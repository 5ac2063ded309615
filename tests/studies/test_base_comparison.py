"""How alike two bases are said to be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lightproof.simulation.basis import LightTransport, LinearImage
from studies.bases.compare import likeness, sessions


def _transport(picture: LinearImage, gain: float = 1.0) -> LightTransport:
    lit = (picture * np.float32(gain)).astype(np.float32)
    return LightTransport((picture, picture, picture, picture), {"dome": lit})


@pytest.fixture
def picture() -> LinearImage:
    """Return a smooth picture of random blots, float32 (64, 48, 3)."""
    noise = np.random.default_rng(4).uniform(0, 1, (8, 6, 3)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (48, 64)), dtype=np.float32)


def test_a_basis_is_like_itself(picture: LinearImage) -> None:
    assert likeness(_transport(picture), _transport(picture)) == pytest.approx((1, 1))


def test_the_light_that_differs_most_is_told_by_its_ratio(picture: LinearImage) -> None:
    correlation, ratio = likeness(_transport(picture, 2), _transport(picture))
    assert correlation == pytest.approx(1)
    assert ratio == pytest.approx(0.5)


def test_a_mirror_image_is_unlike(picture: LinearImage) -> None:
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    assert likeness(_transport(picture), _transport(mirrored))[0] < 0.7


def test_sessions_with_a_published_print_measure_no_relief(shared: Path) -> None:
    played = sessions(shared / "bases" / "flat_print_000.npz", seeds=(1,), response=0.10)
    assert played.verdicts == ("not_verified, flat_light",)
    assert abs(played.across) < 0.2
    assert played.response == pytest.approx(0.10, abs=0.03)
