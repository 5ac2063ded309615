"""Neighbours: what a face does from one frame to the next is told from another picture in its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.presence.neighbours import MAX_POINTS_CHANGE, Neighbours
from tests.presence.placed_faces import face_of, mesh

WHOLE = np.ones((ROWS, COLUMNS), np.bool_)


def skin(seed: int) -> NDArray[np.float32]:
    """Return the cells of somebody: texture of their own, also in its colours."""
    rng = np.random.default_rng(seed)
    return (0.2 * np.exp(0.25 * rng.standard_normal((ROWS, COLUMNS, 3)))).astype(np.float32)


def change(*cells: NDArray[np.float32]) -> float:
    neighbours, face = Neighbours(WHOLE), face_of(mesh())
    return [neighbours.change(one, face, k / 30).size for k, one in enumerate(cells)][-1]


def test_light_of_another_colour_and_side_is_no_change() -> None:
    sideways = np.linspace(0.9, 1.1, COLUMNS)[None, :, None]
    assert change(skin(1), (skin(1) * sideways * np.array([1.1, 0.95, 1.02])).astype(np.float32)) < 0.3


def test_the_first_frame_agrees_with_nothing_and_is_no_change() -> None:
    assert change(skin(1)) == 0


def test_other_skin_in_its_place_is_a_change_also_when_half_faded_in() -> None:
    own, other = skin(1), skin(2)
    assert change(own, other) > 1
    assert change(own, (own + other) / np.float32(2)) > 1


def test_other_colours_of_the_same_brightness_are_a_change() -> None:
    own = skin(1)
    tint = np.where(
        (np.indices((ROWS, COLUMNS)).sum(axis=0) % 2)[..., None], [1.1, 1.0, 0.9], [0.9, 1.0, 1.1]
    )
    assert change(own, (own * tint).astype(np.float32)) > 1


def test_eyes_that_lie_elsewhere_on_the_grid_are_a_change() -> None:
    neighbours, face = Neighbours(WHOLE), face_of(mesh())
    neighbours.change(skin(1), face, 0.0)
    cell_px = float(np.linalg.norm(face.transform[:, 0]))
    shifted = face.five_points + np.array([1.5 * MAX_POINTS_CHANGE * cell_px, 0])
    assert neighbours.change(skin(1), replace(face, five_points=shifted), 1 / 30).size > 1


def test_a_mouth_that_opens_is_no_change() -> None:
    speaking = skin(1)
    speaking[32:] *= 0.3
    assert change(skin(1), speaking) == change(skin(1), skin(1))


def away_s(*cells: NDArray[np.float32]) -> float:
    neighbours, face = Neighbours(WHOLE), face_of(mesh())
    return [neighbours.change(one, face, k / 30).away_s for k, one in enumerate(cells)][-1]


def test_what_stays_away_after_a_break_was_cut() -> None:
    assert away_s(skin(1), skin(1), *[skin(2)] * 15) == pytest.approx(14 / 30)
    # Whatever is shown in its place, again and again.
    assert away_s(skin(1), *[skin(2 + k) for k in range(16)]) == pytest.approx(15 / 30)


def test_what_comes_back_after_a_break_was_only_hidden() -> None:
    assert away_s(skin(1), skin(2), skin(2), skin(1)) == 0


def test_a_face_that_changes_little_by_little_is_not_cut_however_far_it_goes() -> None:
    steps = [(skin(1) ** (1 - k / 20) * skin(2) ** (k / 20)).astype(np.float32) for k in range(21)]
    assert away_s(*steps) == 0
    assert away_s(steps[0], steps[-1], steps[-1]) > 0


def test_what_is_held_of_the_last_frame_is_overwritten() -> None:
    neighbours, face = Neighbours(WHOLE), face_of(mesh())
    for k in range(3):
        neighbours.change(skin(k), face, k / 30)
    held = (neighbours._texture, neighbours._points, neighbours._left)
    neighbours.forget()
    assert not any(values is None or values.any() for values in held)
