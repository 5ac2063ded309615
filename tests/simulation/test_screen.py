"""The simulated screen: refreshes, latency and rise."""

from __future__ import annotations

import numpy as np
import pytest

from lightproof.colour import srgb_to_linear
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.screen import Panel, ScreenLight

DARK = np.zeros((4, 3))
WHITE = np.ones((4, 3))


def brightness(light: ScreenLight, open_s: np.ndarray, exposure_s: float) -> np.ndarray:
    total = np.zeros_like(open_s)
    for index, weights in light.weights(open_s, exposure_s):
        total += weights * light.colours[index].mean()
    return total


def test_a_flip_takes_effect_at_the_next_refresh() -> None:
    panel = Panel(refresh_hz=50, latency_s=0, rise_s=0, phase_s=0.003)
    assert panel.next_refresh_s(0.004) == pytest.approx(0.023)
    assert panel.next_refresh_s(0.023) == pytest.approx(0.023)


def test_rows_see_as_much_of_a_flip_as_their_exposure_holds() -> None:
    light = ScreenLight([DARK], rise_s=0)
    light.add(1.0, WHITE)
    seen = brightness(light, np.array([0.98, 0.99, 0.995, 1.0, 1.01]), 0.01)
    np.testing.assert_allclose(seen, [0, 0, 0.5, 1, 1], atol=1e-9)


def test_the_light_comes_up_exponentially() -> None:
    light = ScreenLight([DARK], rise_s=0.004)
    light.add(1.0, WHITE)
    times = np.linspace(0.99, 1.03, 9)
    exact = np.where(times > 1, 1 - np.exp(-np.maximum(times - 1, 0) / 0.004), 0)
    np.testing.assert_allclose(brightness(light, times, 1e-6), exact, atol=1e-3)


def test_the_mean_delay_of_the_light_is_the_latency_of_the_conditions() -> None:
    conditions = Conditions()
    light = ScreenLight([DARK], conditions.rise_s)
    light.add(1.0 + conditions.panel_latency_s, WHITE)
    times = np.arange(0.9, 1.3, 1e-4)
    missing_s = (1 - brightness(light, times, 1e-4)).sum() * 1e-4 - 0.1
    assert missing_s == pytest.approx(conditions.latency_s, abs=2e-4)


def test_weights_sum_to_one_however_fast_the_flips_follow() -> None:
    light = ScreenLight([WHITE], rise_s=0.01)
    for k in range(30):
        light.add(k / 60, WHITE)
    np.testing.assert_allclose(brightness(light, np.linspace(0.1, 0.116, 480), 0.012), 1, atol=1e-5)


def test_srgb_is_decoded_by_the_standard() -> None:
    np.testing.assert_allclose(
        srgb_to_linear(np.array([0, 10, 128, 255], np.uint8)), [0, 0.003035, 0.215861, 1], atol=1e-6
    )


def test_a_refresh_is_never_before_the_time_that_asks_for_it() -> None:
    panel = Panel(refresh_hz=60, latency_s=0, rise_s=0, phase_s=0.0123456789)
    just_after_s = float(np.nextafter(panel.next_refresh_s(2.7), np.inf))
    assert panel.next_refresh_s(just_after_s) >= just_after_s
