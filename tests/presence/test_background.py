"""The background says whether the camera changed, and does not mind what moves in front of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.presence.background import Background
from tests.presence.placed_faces import face_of, mesh

HEIGHT, WIDTH = 480, 640


def wall(seed: int = 1, gain: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> NDArray[np.uint8]:
    """Return a wall with a pattern, in linear light times ``gain``."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.08, 0.5, (HEIGHT, WIDTH, 1)) * np.array(gain)
    return np.asarray(np.rint(255 * (1.055 * light ** (1 / 2.4) - 0.055)), np.uint8)


def test_the_first_frame_is_what_others_are_compared_with() -> None:
    change = Background().change(wall(), face_of(mesh()))
    assert change is not None
    assert not change.any()


@pytest.mark.parametrize("gain", [(1.1, 1.1, 1.1), (1.0, 1.0, 1.05), (0.9, 1.0, 1.0)])
def test_gain_and_colour_are_read_off_to_half_a_percent(gain: tuple[float, float, float]) -> None:
    background, face = Background(), face_of(mesh())
    background.change(wall(), face)
    change = background.change(wall(gain=gain), face)
    assert change is not None
    np.testing.assert_allclose(np.exp(change), gain, rtol=0.005)


def test_somebody_who_passes_behind_changes_nothing() -> None:
    background, face = Background(), face_of(mesh())
    background.change(wall(), face)
    passing = wall()
    passing[:, :60] = 90
    change = background.change(passing, face)
    assert change is not None
    np.testing.assert_allclose(change, 0, atol=0.005)


def test_a_background_in_the_dark_says_nothing() -> None:
    assert Background().change(np.full((HEIGHT, WIDTH, 3), 5, np.uint8), face_of(mesh())) is None


def test_what_is_held_of_the_first_frame_is_overwritten() -> None:
    background = Background()
    background.change(wall(), face_of(mesh()))
    background.forget()
    assert background._first is not None
    assert not background._first.any()
