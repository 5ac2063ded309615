"""The photosafety check in Python: challenges pass, strobes do not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.challenge import Challenge, Photosafety, check_light, check_photosafety
from lightproof.errors import InputError
from lightproof.policy import Mode

Light = tuple[NDArray[np.float64], NDArray[np.float64], float]
"""When each illumination begins and its linear colours, (N, 4, 3), and when the last one ends."""

SEEDS = [number.to_bytes(32, "little") for number in range(100)]


def alternate(first: list[float], second: list[float], rate_hz: float, seconds: float = 2.0) -> Light:
    """Two linear colours in turn on the whole screen, each pair ``rate_hz`` times a second."""
    count = round(2 * rate_hz * seconds)
    colours = np.array([first, second], float)[np.arange(count) % 2]
    return np.arange(count) / (2 * rate_hz), np.repeat(colours[:, None], 4, axis=1), seconds


@pytest.mark.parametrize("mode", ["standard", "gentle"])
def test_a_challenge_is_safe_on_the_brightest_screen(mode: Mode) -> None:
    for seed in SEEDS:
        safety = check_photosafety(Challenge.generate(seed, mode), peak_cd_m2=2000)
        assert safety.is_safe(), safety
        assert safety.meets_standards()
        assert (
            safety.general.total
            == safety.broadcast.total
            == safety.red.total
            == safety.red_chromaticity.total
            == 0
        )
        assert safety.colour_change_pairs_per_s_max <= 3


def test_black_and_white_at_five_hertz_is_not_safe() -> None:
    safety = check_light(*alternate([0, 0, 0], [1, 1, 1], 5))
    assert not safety.is_safe()
    assert not safety.meets_standards()
    assert safety.general.per_s_max == safety.broadcast.per_s_max == 5
    assert safety.general.quadrants == (9, 9, 9, 9)
    assert safety.red.total == 0


def test_saturated_red_at_the_same_luminance_is_not_safe() -> None:
    safety = check_light(*alternate([1, 0, 0], [0.2126, 0.2126, 0.2126], 5))
    assert safety.general.total == 0
    assert safety.red.per_s_max == safety.red_chromaticity.per_s_max == 5
    assert not safety.is_safe()
    assert not safety.meets_standards()


def test_a_red_that_is_saturated_only_on_the_way_to_its_peak_is_not_safe() -> None:
    # Redness 0, 117.5 with R/(R+G+B) = 0.802, 119.3 with 0.715: grey and two reds of its luminance.
    colours = np.array([[0.1879, 0.1879, 0.1879], [0.4873, 0.1177, 0.0023], [0.62, 0.0595, 0.1878]])

    def shown(count: int, step_s: float) -> Photosafety:
        linear = np.repeat(colours[np.arange(count) % 3][:, None], 4, axis=1)
        return check_light(np.arange(count) * step_s, linear, count * step_s)

    once, often = shown(4, 0.4), shown(36, 1 / 16.5)
    assert once.general.total == once.broadcast.total == 0
    assert once.red.quadrants == (1, 1, 1, 1)
    assert not once.is_safe()
    assert 5 <= often.red.per_s_max <= 6
    assert not often.meets_standards()


def test_one_quadrant_alone_is_enough() -> None:
    starts_s, linear, end_s = alternate([0, 0, 0], [1, 1, 1], 5)
    linear[:, [0, 1, 3]] = 0.5
    assert check_light(starts_s, linear, end_s).general.quadrants == (0, 0, 9, 0)


def test_a_challenge_played_twice_as_fast_is_not_safe() -> None:
    challenge = Challenge.from_codes([0, 7] * 8)
    safety = check_light(challenge.steps_start_s / 2, challenge.linear, challenge.duration_s / 2)
    assert safety.general.total == 0
    assert safety.colour_change_pairs_per_s_max > 3
    assert not safety.is_safe()


def test_the_same_sequence_gives_an_equal_answer_that_can_be_read() -> None:
    safety = check_photosafety(Challenge.generate(bytes(32)))
    assert safety == check_photosafety(Challenge.generate(bytes(32)))
    assert "Photosafety: safe" in repr(safety)
    assert repr(safety.general) == "Flashes(quadrants=[0, 0, 0, 0], total=0, per_s_max=0)"


@pytest.mark.parametrize(
    ("starts_s", "linear", "end_s", "peak_cd_m2"),
    [
        ([], np.zeros((0, 4, 3)), 1.0, 500.0),
        ([0.0, 0.0], np.zeros((2, 4, 3)), 1.0, 500.0),
        ([0.0, 1.0], np.zeros((2, 4, 3)), 0.5, 500.0),
        ([0.0], np.zeros((2, 4, 3)), 1.0, 500.0),
        ([0.0], np.zeros((1, 3, 3)), 1.0, 500.0),
        ([0.0], np.full((1, 4, 3), 1.5), 1.0, 500.0),
        ([0.0], np.full((1, 4, 3), np.nan), 1.0, 500.0),
        ([np.nan], np.zeros((1, 4, 3)), 1.0, 500.0),
        ([0.0], np.zeros((1, 4, 3)), 1.0, 0.0),
        ([0.0], np.zeros((1, 4, 3)), 1.0, np.inf),
    ],
)
def test_sequences_that_are_none_are_refused(
    starts_s: list[float], linear: NDArray[np.float64], end_s: float, peak_cd_m2: float
) -> None:
    with pytest.raises(InputError, match=r"; use "):
        check_light(starts_s, linear, end_s, peak_cd_m2)
