"""Sizes that no session has are refused by name and limit, before memory is set aside or time is spent."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from lightproof import _core
from lightproof.errors import InputError

AT_ONCE_S = 2.0
"""Far above what a refusal takes, and far below what any of these would."""

SIDE = 12
SEED = bytes(range(32))
IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
CHALLENGE = _core.Challenge.generate(SEED)
TIMELINE = _core.Timeline(CHALLENGE)
FRAMES = 60
EXPOSURES_S = [(t / 30, t / 30 + 0.01) for t in range(FRAMES)]
LIGHT = np.full((4, 3), 0.3).tolist()


def regression(rows: int = SIDE, columns: int = SIDE, capacity: int = 512) -> _core.ResponseRegression:
    cells = np.full((rows, columns, 3), 0.2, np.float32)
    return _core.ResponseRegression(np.ones((rows, columns), bool), cells, IDENTITY, capacity=capacity)


def of_session() -> tuple[_core.ResponseRegression, _core.FaceLight]:
    found, noise = regression(), np.random.default_rng(1)
    for t in range(FRAMES):
        cells = noise.normal(0.2, 0.001, (SIDE, SIDE, 3)).astype(np.float32)
        found.push(cells, LIGHT, 2 * t / FRAMES - 1)
    light = found.face_light(EXPOSURES_S, IDENTITY)
    assert light is not None
    return found, light


RESPONSE, FACE = of_session()


def rank(decoys: int = 1023, latencies_s: object = (0.0,), threads: int = 1) -> _core.Rank:
    return FACE.rank(TIMELINE, latencies_s, decoy_seed=SEED, decoys=decoys, threads=threads)[0]  # type: ignore[arg-type]


def check_light(steps: int, rate_hz: float = 60.0) -> _core.Photosafety:
    light = np.broadcast_to(np.float64(0.5), (steps, 4, 3))
    if steps > 2**20:
        return _core.check_light(np.broadcast_to(np.float64(0), steps), light, 1.0)
    return _core.check_light(np.arange(steps) / rate_hz, light, steps / rate_hz)


def picture(pixels: int) -> _core.PictureRegression:
    return _core.PictureRegression(np.ones((1, pixels), bool), IDENTITY)


WITHIN: list[Callable[[], object]] = [
    lambda: regression(256, 256),
    lambda: regression(capacity=2**16),
    lambda: rank(2**20 - 1),
    lambda: rank(latencies_s=[0.001 * k for k in range(256)]),
    lambda: rank(threads=2**40),
    lambda: FACE.latency_curve(TIMELINE, np.zeros(256)),
    lambda: check_light(4096),
    lambda: check_light(600, rate_hz=240),
    lambda: picture(2**18),
]
BEYOND: list[tuple[Callable[[], object], str]] = [
    (lambda: regression(257, 12), "grid is 257 x 12 cells; use 1 to 256"),
    (lambda: regression(12, 2**14), "grid is 12 x 16384 cells"),
    (lambda: regression(capacity=2**16 + 1), "frames of capacity are 65537; use at most 65536"),
    (lambda: regression(capacity=2**31), "frames of capacity are 2147483648"),
    (lambda: regression(capacity=2**63), "frames of capacity"),
    (lambda: rank(2**24 + 1), "decoys are 16777217; use at most 16777216"),
    (lambda: rank(2**40), "decoys are 1099511627776"),
    (lambda: _core.decoy_codes(SEED, 2**40), "decoys are 1099511627776"),
    (lambda: rank(latencies_s=[0.0] * 257), "latencies_s are 257; use at most 256"),
    (lambda: rank(latencies_s=range(2**40)), "latencies_s are 1099511627776"),
    (lambda: FACE.latency_curve(TIMELINE, np.zeros(257)), "latencies_s are 257"),
    (lambda: _core.Challenge.from_codes(range(2**40)), "codes has 1099511627776 entries; use 16"),
    (lambda: RESPONSE.face_light(range(2**40), IDENTITY), "exposures_s are 1099511627776"),  # type: ignore[arg-type]
    (lambda: RESPONSE.band_lights(range(2**40), IDENTITY), "exposures_s are 1099511627776"),  # type: ignore[arg-type]
    (lambda: check_light(4097), "steps of light are 4097; use at most 4096"),
    (lambda: check_light(2**36), "steps of light are 68719476736"),
    (lambda: check_light(600, rate_hz=300), "steps of light within a second are 257; use at most 256"),
    (lambda: picture(2**18 + 1), "pixels of the picture are 262145; use at most 262144"),
    (lambda: _core.srgb_to_linear(np.broadcast_to(np.float64(0.5), 2**40)), "values are 1099511627776"),
    (lambda: _core.linear_to_srgb(np.broadcast_to(np.float32(0.5), 2**40)), "values are 1099511627776"),
    (lambda: _core.Sampler(2**40, 40), "grid is 1099511627776 x 40 cells; use 1 to 256"),
    (lambda: _core.Sampler(0, 40), "grid is 0 x 40 cells"),
]


@pytest.mark.parametrize("use", WITHIN)
def test_the_largest_sizes_that_are_accepted_can_be_used(use: Callable[[], object]) -> None:
    assert use() is not None


@pytest.mark.parametrize(("use", "told"), BEYOND, ids=[told for _, told in BEYOND])
def test_a_size_beyond_is_refused_at_once_by_name_value_and_limit(
    use: Callable[[], object], told: str
) -> None:
    start_s = time.monotonic()
    with pytest.raises(InputError, match=told):
        use()
    assert time.monotonic() - start_s < AT_ONCE_S


@pytest.mark.parametrize("size", [-1, 2**64, 2**100])
def test_a_size_that_is_no_size_never_reaches_the_core(size: int) -> None:
    for use in (lambda: rank(size), lambda: regression(capacity=size), lambda: _core.decoy_codes(SEED, size)):
        with pytest.raises(OverflowError):
            use()


def test_the_light_that_is_longest_to_check_is_checked_within_seconds() -> None:
    linear = np.zeros((4096, 4, 3))
    linear[:, :, 0] = (
        1.0  # of a saturated red, every second is counted on its own; and nothing ends the search
    )
    linear[1:6:2] = 0.0
    start_s = time.monotonic()
    safety = _core.check_light(np.arange(4096) / 255, linear, 4096 / 255)
    assert time.monotonic() - start_s < 20
    assert safety.red.per_s_max == 3
