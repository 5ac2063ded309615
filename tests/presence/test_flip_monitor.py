"""The rhythm that a session keeps on a real screen: whatever it lets pass was safe to look at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightproof.challenge import NEUTRAL_LINEAR, Challenge, Photosafety, check_light
from lightproof.policy import Mode
from lightproof.presence.flip_monitor import MIN_DWELL_S, FlipMonitor

NEUTRAL = np.broadcast_to(NEUTRAL_LINEAR, (1, 4, 3))
# Two pairs of colours in turn: every illumination changes every quadrant.
RESTLESS = [0, 7] * 8
REFRESH_S = 1 / 60


def shown_linear(challenge: Challenge) -> np.ndarray:
    coded = challenge.steps_srgb / 255.0
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def check_shown(challenge: Challenge, flips_s: list[float], neutral_s: float) -> Photosafety:
    """What was seen of a challenge that stopped after ``flips_s``, neutral light before and after it."""
    linear = np.concatenate([NEUTRAL, shown_linear(challenge)[: len(flips_s)], NEUTRAL])
    return check_light([flips_s[0] - 1.0, *flips_s, neutral_s], linear, neutral_s + 1.0)


def play(challenge: Challenge, late_s: list[float]) -> tuple[FlipMonitor, list[float]]:
    """The flips of a screen that is late by ``late_s``, until the session would stop it."""
    flip_monitor = FlipMonitor(challenge)
    flips_s: list[float] = []
    for due_s, late in zip(challenge.steps_start_s, late_s, strict=False):
        flips_s.append(max(float(due_s) + late, flips_s[-1] + REFRESH_S if flips_s else 0.0))
        flip_monitor.flipped(flips_s[-1])
        if flip_monitor.lost:
            break
    return flip_monitor, flips_s


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["standard", "gentle"]),
    st.lists(st.integers(0, 59), min_size=16, max_size=16),
    st.lists(st.floats(0, 0.06), min_size=112, max_size=112),
)
def test_however_late_its_flips_the_light_of_a_session_was_safe(
    mode: Mode, codes: list[int], late_s: list[float]
) -> None:
    challenge = Challenge.from_codes(codes, mode)
    flip_monitor, flips_s = play(challenge, late_s)
    neutral_s = flips_s[-1] + REFRESH_S
    if not flip_monitor.lost:
        neutral_s = max(neutral_s, flips_s[0] + challenge.duration_s)
    safety = check_shown(challenge, flips_s, neutral_s)
    assert safety.meets_standards()
    assert safety.is_safe(), safety


@pytest.mark.parametrize("refresh_hz", [50.0, 59.94, 60.0, 75.0, 90.0, 120.0, 144.0])
@pytest.mark.parametrize("mode", ["standard", "gentle"])
def test_every_usual_screen_keeps_the_time(mode: Mode, refresh_hz: float) -> None:
    challenge = Challenge.from_codes(RESTLESS, mode)
    due_s = challenge.steps_start_s
    late_s = np.ceil(due_s * refresh_hz - 1e-6) / refresh_hz - due_s
    flip_monitor, flips_s = play(challenge, late_s.tolist())
    assert not flip_monitor.lost
    assert len(flips_s) == len(due_s)


@pytest.mark.parametrize("mode", ["standard", "gentle"])
def test_a_dropped_flip_now_and_then_is_borne(mode: Mode) -> None:
    challenge = Challenge.from_codes(RESTLESS, mode)
    late_s = [REFRESH_S if step % 9 == 4 else 0.0 for step in range(len(challenge.steps_start_s))]
    flip_monitor, _ = play(challenge, late_s)
    assert not flip_monitor.lost
    assert flip_monitor.late_s == pytest.approx(REFRESH_S)


def test_a_flip_too_late_for_the_shortest_dwell_stops_the_light_before_the_next() -> None:
    challenge = Challenge.from_codes(RESTLESS)
    flip_monitor, flips_s = play(challenge, [0.0] * 4 + [0.2 - MIN_DWELL_S + 0.001] + [0.0] * 11)
    assert flip_monitor.lost
    assert len(flips_s) == 5


def test_illuminations_that_come_too_close_stop_the_light() -> None:
    flip_monitor = FlipMonitor(Challenge.from_codes(RESTLESS))
    for flip_s in (10.0, 10.2, 10.4):
        flip_monitor.flipped(flip_s)
        assert not flip_monitor.lost
    flip_monitor.flipped(10.56)
    assert flip_monitor.lost


def test_gentle_light_that_stutters_all_the_time_is_stopped() -> None:
    challenge = Challenge.from_codes(RESTLESS, "gentle")
    late_s = [0.049 * (step % 4 == 1) for step in range(len(challenge.steps_start_s))]
    flip_monitor, flips_s = play(challenge, late_s)
    assert flip_monitor.lost
    assert len(flips_s) < len(late_s)
