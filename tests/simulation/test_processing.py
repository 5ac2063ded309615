"""What a simulated camera does with its pictures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.colour import srgb_to_linear
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.processing import Adaptation, Processing

CODE_LIGHT = srgb_to_linear(np.arange(256, dtype=np.uint8))


def picture(level: int = 120, noise: float = 4.0, seed: int = 1) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return np.asarray(np.clip(level + noise * rng.standard_normal((480, 640, 3)), 0, 255), np.uint8)


def shot(light: NDArray[np.float64] | float) -> NDArray[np.uint8]:
    """Return a plain picture of linear light."""
    codes = np.searchsorted(CODE_LIGHT, np.broadcast_to(light, 3))
    return np.broadcast_to(codes.astype(np.uint8), (480, 640, 3))


def test_a_camera_without_processing_delivers_what_the_sensor_saw() -> None:
    seen = picture()
    assert Processing(Conditions()).deliver(seen) is seen


def test_jpeg_halves_the_resolution_of_colour_and_keeps_its_order() -> None:
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2, 0], stripes[:, 1::2, 2] = 200, 200
    delivered = Processing(Conditions(mjpg_quality=90)).deliver(stripes).astype(int)
    red_over_blue = delivered[..., 0] - delivered[..., 2]
    assert np.abs(red_over_blue[100:-100, 100:-100]).mean() < 100  # 200 without subsampling
    red = np.zeros((480, 640, 3), np.uint8)
    red[..., 0] = 200
    assert Processing(Conditions(mjpg_quality=90)).deliver(red)[240, 320, 0] > 180


def test_lower_quality_is_further_from_the_picture() -> None:
    def error(quality: float) -> float:
        delivered = Processing(Conditions(mjpg_quality=quality)).deliver(picture())
        return float(np.abs(delivered.astype(int) - picture()).mean())

    assert error(60) > error(75) > error(95)


def test_noise_reduction_steadies_what_is_still_and_lets_through_what_moves() -> None:
    processing = Processing(Conditions(noise_reduction=0.8))
    delivered = [processing.deliver(picture(seed=seed)) for seed in range(12)]
    assert delivered[-1].std() < 0.7 * picture().std()
    moved = processing.deliver(picture(level=200))
    assert abs(float(moved.mean()) - 200) < 2


def test_contrast_steepens_the_middle_and_keeps_the_ends() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    curve = Processing(Conditions(contrast=0.5)).deliver(ramp)[0, :, 0].astype(int)
    assert (curve[0], curve[255]) == (0, 255)
    assert curve[100] < 100
    assert curve[156] > 156


@pytest.mark.parametrize("brighter", [1.2, 0.8])
def test_exposure_comes_back_to_where_it_began_with_its_time_constant(brighter: float) -> None:
    adaptation = Adaptation(Conditions(auto_exposure_s=0.3))
    adaptation.follow(shot(0.2))
    for _ in range(9):  # one time constant
        adaptation.follow(shot(0.2 * brighter * adaptation.exposure_gain))
    assert np.log(adaptation.exposure_gain) == pytest.approx(-np.log(brighter) * (1 - np.exp(-1)), rel=0.1)


def test_white_balance_takes_a_tint_away() -> None:
    adaptation = Adaptation(Conditions(auto_white_balance_s=0.2))
    adaptation.follow(shot(0.2))
    tint = np.array([1.25, 1.0, 0.8])
    for _ in range(60):
        adaptation.follow(shot(0.2 * tint * adaptation.gains))
    red, blue = adaptation.white_balance
    assert red == pytest.approx(0.8, abs=0.02)
    assert blue == pytest.approx(1.25, abs=0.03)
    assert adaptation.exposure_gain == pytest.approx(1, abs=0.01)


def test_a_locked_camera_follows_nothing() -> None:
    adaptation = Adaptation(Conditions())
    for level in (60, 120, 180):
        adaptation.follow(picture(level))
    assert (adaptation.gains == 1).all()
