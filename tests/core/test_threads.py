"""Threads share objects of the core: none meets one that is in use, and nothing is lost or mixed up.

With a global interpreter lock the threads still work side by side, because the core releases it; without one
nothing but the core's own locks orders them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from lightproof._core import Challenge, ResponseRegression, Sampler, Timeline
from lightproof.errors import ClockError

THREADS = 4
SIDE = 12
IDENTITY = np.eye(3).tolist()
NEUTRAL = np.random.default_rng(1).uniform(0.1, 0.3, (SIDE, SIDE, 3)).astype(np.float32)
LIGHT = [[0.3, 0.3, 0.3]] * 4


def at_once(work: Callable[[int], None]) -> None:
    """Run ``work`` in all threads from the same moment on, and raise what any of them raised."""
    start = threading.Barrier(THREADS)
    raised: list[BaseException] = []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def regression() -> ResponseRegression:
    return ResponseRegression(np.ones((SIDE, SIDE), bool), NEUTRAL, IDENTITY)


def test_no_frame_is_lost_that_several_threads_push_while_others_read() -> None:
    shared, frames = regression(), 200

    def work(number: int) -> None:
        for k in range(frames):
            shared.push(NEUTRAL * np.float32(1 + 1e-3 * k), LIGHT, k / frames)
            read = len(shared.series)
            assert shared.copy().frames >= read

    at_once(work)
    assert shared.frames == len(shared.series) == THREADS * frames


def test_a_copy_holds_whole_frames_only() -> None:
    shared, done = regression(), threading.Event()

    def work(number: int) -> None:
        if number == 0:
            for k in range(300):
                shared.push(NEUTRAL, LIGHT, k / 300)
            done.set()
            return
        while not done.is_set():
            twin = shared.copy()
            assert twin.frames == len(twin.series)
            exposures_s = [(0.01 * k, 0.01 * k + 0.005) for k in range(twin.frames)]
            assert (twin.face_light(exposures_s, IDENTITY) is None) == (twin.frames < 30)

    at_once(work)


def test_forgetting_waits_for_the_frame_that_is_being_taken_in() -> None:
    shared = regression()

    def work(number: int) -> None:
        for k in range(100):
            if number == 0:
                shared.forget()
            else:
                shared.push(NEUTRAL, LIGHT, k / 100)

    at_once(work)
    shared.forget()
    assert not shared.series.any()


def test_of_several_flips_at_one_time_a_timeline_takes_one() -> None:
    challenge = Challenge.generate(bytes(32))
    timeline = Timeline(challenge)
    refused: list[float] = []

    def work(number: int) -> None:
        for start_s in challenge.steps_start_s.tolist():
            try:
                timeline.flip(start_s)
            except ClockError:
                refused.append(start_s)

    at_once(work)
    assert timeline.shown + len(refused) == THREADS * 16
    assert 1 <= timeline.shown <= 16


def test_a_face_is_ranked_by_several_threads_as_by_one() -> None:
    challenge = Challenge.generate(bytes(32))
    timeline = Timeline(challenge)
    for start_s in challenge.steps_start_s.tolist():
        timeline.flip(start_s)
    shared = regression()
    exposures_s = [(k / 30, k / 30 + 0.01) for k in range(96)]
    for k, (start_s, end_s) in enumerate(exposures_s):
        light = timeline.light(start_s, end_s, 0.0)
        shared.push((NEUTRAL * (1 + 0.1 * light.mean(0))).astype(np.float32), light.tolist(), k / 48 - 1)
    face = shared.face_light(exposures_s, IDENTITY)
    assert face is not None
    alone = face.rank(timeline, [0.0, 0.02], decoy_seed=bytes(32), decoys=5000)
    ranks: list[tuple[int, bytes]] = []

    def work(number: int) -> None:
        for _ in range(5):
            rank, scores = face.rank(
                timeline, [0.0, 0.02], decoy_seed=bytes(32), decoys=5000, threads=1 + number
            )
            ranks.append((rank.rank, scores.tobytes()))

    at_once(work)
    assert set(ranks) == {(alone[0].rank, alone[1].tobytes())}


def test_threads_that_share_a_sampler_get_their_own_cells() -> None:
    sampler = Sampler()
    transform = [[2.0, 0.0, 8.0], [0.0, 2.0, 6.0]]
    images = [np.full((120, 100, 3), level, np.uint8) for level in (20, 90, 160, 230)]

    def work(number: int) -> None:
        expected, _, _ = Sampler().sample(images[number], "rgb888", transform, width=100, height=120)
        for _ in range(50):
            cells, _, _ = sampler.sample(images[number], "rgb888", transform, width=100, height=120)
            np.testing.assert_array_equal(cells, expected)

    at_once(work)


@pytest.mark.skipif("t" not in sys.abiflags, reason="this Python has a global interpreter lock")
def test_importing_the_core_does_not_bring_the_interpreter_lock_back() -> None:
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined]
