"""Laws that hold for every sequence of light."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lightproof.challenge import Photosafety, check_light

lights = st.integers(1, 25).flatmap(
    lambda count: arrays(np.float64, (count, 4, 3), elements=st.floats(0, 1, width=16))
)


def check(linear: np.ndarray, step_s: float = 0.125) -> Photosafety:
    return check_light(np.arange(len(linear)) * step_s, linear, len(linear) * step_s)


@given(lights)
def test_light_played_backwards_flashes_as_often(linear: np.ndarray) -> None:
    forwards, backwards = check(linear), check(linear[::-1])
    assert forwards.general.quadrants == backwards.general.quadrants
    assert forwards.broadcast.quadrants == backwards.broadcast.quadrants


@given(lights, st.permutations(range(4)))
def test_quadrants_are_all_alike(linear: np.ndarray, order: list[int]) -> None:
    before, after = check(linear), check(linear[:, order])
    for name in ("general", "broadcast", "red", "red_chromaticity"):
        expected, found = getattr(before, name), getattr(after, name)
        assert found.quadrants == tuple(expected.quadrants[quadrant] for quadrant in order)
        assert (found.total, found.per_s_max) == (expected.total, expected.per_s_max)


@given(lights, st.integers(2, 4))
def test_a_step_that_is_cut_into_equal_steps_changes_nothing(linear: np.ndarray, parts: int) -> None:
    whole, cut = check(linear), check(np.repeat(linear, parts, axis=0), 0.125 / parts)
    for name in ("general", "broadcast", "red", "red_chromaticity"):
        assert getattr(whole, name) == getattr(cut, name)


@given(lights)
def test_slower_light_is_never_worse(linear: np.ndarray) -> None:
    fast, slow = check(linear, 0.125), check(linear, 0.25)
    assert slow.general.per_s_max <= fast.general.per_s_max
    assert slow.colour_change_pairs_per_s_max <= fast.colour_change_pairs_per_s_max
    assert slow.is_safe() or not fast.is_safe()


@given(lights)
def test_what_is_safe_meets_the_standards(linear: np.ndarray) -> None:
    safety = check(linear)
    assert safety.meets_standards() or not safety.is_safe()
