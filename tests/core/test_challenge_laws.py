"""Laws that hold for every challenge."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lightproof.challenge import NEUTRAL_LINEAR, PALETTE_LINEAR, Challenge, check_photosafety

challenges = st.builds(
    Challenge.generate, st.binary(min_size=32, max_size=32), st.sampled_from(["standard", "gentle"])
)
times_s = st.floats(-1, 8)
lengths_s = st.floats(1e-3, 3)


@given(challenges, times_s, lengths_s, lengths_s)
def test_light_of_two_intervals_adds_up(
    challenge: Challenge, t_s: float, first_s: float, second_s: float
) -> None:
    middle_s, end_s = t_s + first_s, t_s + first_s + second_s
    sum_ = challenge.at(t_s, middle_s) * first_s + challenge.at(middle_s, end_s) * second_s
    np.testing.assert_allclose(challenge.at(t_s, end_s) * (first_s + second_s), sum_, atol=1e-9)


@given(challenges, times_s, st.floats(0, 3))
def test_light_lies_within_the_palette(challenge: Challenge, t_s: float, length_s: float) -> None:
    light = challenge.at(t_s, t_s + length_s)
    palette = np.array(PALETTE_LINEAR)
    # The hull of the palette lies inside its box, and between the luminances of its colours.
    assert (light >= palette.min(0) - 1e-12).all()
    assert (light <= palette.max(0) + 1e-12).all()
    weights = np.array([0.2126, 0.7152, 0.0722])
    luminance = palette @ weights
    assert (light @ weights >= luminance.min() - 1e-12).all()
    assert (light @ weights <= luminance.max() + 1e-12).all()


@given(challenges, st.integers(0, 15))
def test_light_from_mid_dwell_on_is_the_illumination(challenge: Challenge, index: int) -> None:
    middle_s, end_s = (index + 0.5) * challenge.dwell_s, (index + 1) * challenge.dwell_s
    np.testing.assert_allclose(challenge.at(middle_s, middle_s), challenge.linear[index], atol=1e-12)
    np.testing.assert_allclose(challenge.at(middle_s, end_s), challenge.linear[index], atol=1e-9)


@given(challenges, st.floats(1e-6, 1e6))
def test_light_is_neutral_before_and_the_last_illumination_after(
    challenge: Challenge, length_s: float
) -> None:
    np.testing.assert_allclose(
        challenge.at(-length_s, 0), np.broadcast_to(NEUTRAL_LINEAR, (4, 3)), atol=1e-12
    )
    after_s = challenge.duration_s + length_s
    np.testing.assert_allclose(challenge.at(challenge.duration_s, after_s), challenge.linear[-1], atol=1e-12)


@given(challenges, times_s, st.floats(0, 2))
def test_light_is_the_integral_over_the_steps(challenge: Challenge, t_s: float, length_s: float) -> None:
    starts_s = np.concatenate([[-np.inf], challenge.steps_start_s])
    ends_s = np.append(challenge.steps_start_s, np.inf)
    weights = challenge.steps_weights
    neutral = np.broadcast_to(NEUTRAL_LINEAR, (1, 4, 3))
    steps = np.tensordot(weights, challenge.linear, 1) + (1 - weights.sum(1))[:, None, None] * neutral
    light = np.concatenate([neutral, steps])
    overlap_s = np.clip(np.minimum(ends_s, t_s + length_s) - np.maximum(starts_s, t_s), 0, None)
    if overlap_s.sum() > 1e-6:
        expected = np.tensordot(overlap_s / overlap_s.sum(), light, 1)
        np.testing.assert_allclose(challenge.at(t_s, t_s + length_s), expected, atol=1e-9)


@given(challenges)
def test_both_halves_have_two_different_colours_of_the_palette(challenge: Challenge) -> None:
    for light in challenge.linear:
        top_left, top_right, bottom_left, bottom_right = light
        split_left_right = (top_left == bottom_left).all() and (top_right == bottom_right).all()
        split_top_bottom = (top_left == top_right).all() and (bottom_left == bottom_right).all()
        assert split_left_right != split_top_bottom
        assert (top_left != bottom_right).any()
        assert all(tuple(colour) in PALETTE_LINEAR for colour in light)


@given(challenges, st.floats(1, 4000))
def test_every_challenge_is_safe_on_every_screen(challenge: Challenge, peak_cd_m2: float) -> None:
    assert check_photosafety(challenge, peak_cd_m2).is_safe()
