"""Arrivals: a frame that sees a flip cannot be late, and cannot be left out, without being noticed."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightproof.presence.arrivals import (
    MAX_DELIVERY_S,
    WAITING_S,
    Arrival,
    Arriving,
    earliest_s,
    is_timely,
    judge_arrivals,
    latest_s,
)
from lightproof.rigs.protocol import Calibration

PERIOD_S, EXPOSURE_S = 1 / 30, 0.015
LIGHTS_S = np.linspace(0.1, 1.9, 10)
CALIBRATED = Calibration(0.02, delivery_s=0.01, delivery_spread_s=0.001)


def frames(count: int = 64, delivery_s: float | None = 0.01) -> list[Arrival]:
    return [Arrival(k * PERIOD_S, k * PERIOD_S + EXPOSURE_S, delivery_s) for k in range(count)]


def sees_a_flip(arrival: Arrival) -> bool:
    return bool(((arrival.start_s - PERIOD_S < LIGHTS_S) & (arrival.end_s >= LIGHTS_S)).any())


def judged(arrivals: list[Arrival], calibration: Calibration = CALIBRATED) -> Arriving:
    return judge_arrivals(arrivals, LIGHTS_S, calibration)


def test_frames_that_come_as_calibrated_are_in_time() -> None:
    assert judged(frames()) is Arriving.IN_TIME


@pytest.mark.parametrize("late_s", [0.015, 0.1, 1.5])
def test_frames_that_were_stamped_back_arrive_late(late_s: float) -> None:
    assert judged(frames(delivery_s=0.01 + late_s)) is Arriving.LATE


@pytest.mark.parametrize("spread_s", [0.0, 0.0003, 0.001, 0.002, 0.004])
def test_stamping_back_by_8_ms_more_than_frames_spread_is_late_and_their_own_spread_is_not(
    spread_s: float,
) -> None:
    calibration = Calibration(0.02, delivery_s=0.01, delivery_spread_s=spread_s)
    spread = np.clip(np.random.default_rng(5).standard_normal(64), -3, 3) * spread_s

    def stamped_back(by_s: float) -> list[Arrival]:
        return [
            Arrival(one.start_s - by_s, one.end_s - by_s, 0.01 + by_s + float(later_s))
            for one, later_s in zip(frames(), spread, strict=True)
        ]

    honest = [one.delivery_s for one in stamped_back(0.0)]
    assert all(late_s is not None and is_timely(late_s, calibration) for late_s in honest)
    assert judged(stamped_back(0.0), calibration) is Arriving.IN_TIME
    assert judged(stamped_back(3 * spread_s + 0.008), calibration) is Arriving.LATE


def test_a_thread_that_waits_for_the_interpreter_is_in_time() -> None:
    assert sys.getswitchinterval() <= WAITING_S
    arrivals = [
        Arrival(one.start_s, one.end_s, 0.01 + (WAITING_S if number % 2 else 0.0))
        for number, one in enumerate(frames())
    ]
    assert judged(arrivals) is Arriving.IN_TIME


def test_it_is_enough_that_those_about_the_flips_are_late() -> None:
    arrivals = [
        Arrival(one.start_s, one.end_s, 0.06) if sees_a_flip(one) else one for one in frames(delivery_s=0.01)
    ]
    assert judged(arrivals) is Arriving.LATE


def test_what_was_never_calibrated_has_the_widest_bound() -> None:
    assert latest_s(Calibration(0.02)) == MAX_DELIVERY_S
    assert judged(frames(delivery_s=0.09), Calibration(0.02)) is Arriving.IN_TIME
    assert judged(frames(delivery_s=0.11), Calibration(0.02)) is Arriving.LATE
    assert latest_s(Calibration(0.02, delivery_s=0.01, delivery_spread_s=0.02)) == pytest.approx(0.075)
    assert latest_s(CALIBRATED) == pytest.approx(0.013 + WAITING_S)


def test_frames_left_out_after_each_flip_are_missed() -> None:
    assert judged([one for one in frames() if not sees_a_flip(one)]) is Arriving.HIDDEN


@pytest.mark.parametrize("hidden", [6, 7])
def test_a_few_flips_of_which_most_are_hidden_are_not_in_time(hidden: int) -> None:
    lights_s = LIGHTS_S[:hidden]
    arrivals = [
        one
        for one in frames(count=45)
        if not ((one.start_s - PERIOD_S < lights_s) & (one.end_s >= lights_s)).any()
    ]
    assert judge_arrivals(arrivals, LIGHTS_S[:7], CALIBRATED) in (Arriving.UNCLEAR, Arriving.HIDDEN)


@given(st.integers(0, 2**32 - 1))
def test_one_frame_in_six_that_is_lost_by_chance_is_no_failure(seed: int) -> None:
    kept = np.random.default_rng(seed).random(64) > 1 / 6
    arrivals = [one for one, stays in zip(frames(), kept, strict=True) if stays]
    assert judged(arrivals) is Arriving.IN_TIME


@pytest.mark.parametrize("early_s", [0.015, 0.1, 1.5])
def test_frames_that_arrive_before_they_can_have_been_exposed_are_not_in_time(early_s: float) -> None:
    assert judged(frames(delivery_s=0.01 - early_s)) is not Arriving.IN_TIME


def test_a_driver_that_stamps_the_first_packet_is_bounded_about_what_it_was_calibrated_with() -> None:
    calibration = Calibration(0.02, delivery_s=-0.025, delivery_spread_s=0.001)
    assert earliest_s(calibration) == pytest.approx(-0.028 - WAITING_S)
    assert judged(frames(delivery_s=-0.025), calibration) is Arriving.IN_TIME
    assert judged(frames(delivery_s=0.0), calibration) is Arriving.LATE


def test_to_be_late_only_in_the_frames_after_flips_is_to_leave_them_out() -> None:
    arrivals = frames()
    first = [int(np.argmax([one.end_s >= light_s for one in arrivals])) for light_s in LIGHTS_S]
    for k in first:
        arrivals[k] = Arrival(arrivals[k].start_s, arrivals[k].end_s, 0.06)
    assert judged(arrivals) is not Arriving.IN_TIME


def test_a_stall_or_two_is_no_failure() -> None:
    arrivals = frames()
    arrivals[20:24] = [Arrival(one.start_s, one.end_s, 0.3) for one in arrivals[20:24]]
    assert judged(arrivals) is Arriving.IN_TIME


def test_without_arrivals_or_flips_nothing_is_in_time() -> None:
    assert judged(frames(delivery_s=None)) is Arriving.UNCLEAR
    assert judged(frames(count=12)) is Arriving.UNCLEAR
    assert judged([]) is Arriving.UNCLEAR
    assert judge_arrivals(frames(), np.zeros(0), CALIBRATED) is Arriving.UNCLEAR
