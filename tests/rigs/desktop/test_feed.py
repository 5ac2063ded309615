"""The thread that reads a camera: what it passes over, and what it makes known."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest

from lightproof.errors import ClockError
from lightproof.rigs.desktop.clock import now_s
from lightproof.rigs.desktop.feed import ABSURD_STAMPS, Feed
from lightproof.rigs.protocol import Frame
from tests.waiting import PATIENCE_S


class StampingCamera:
    """Stamps its frames as far from their time as it is told, in seconds, and then delivers no more."""

    name = "stamping camera"
    frame_rate_hz = 30.0

    def __init__(self, offsets_s: list[float]) -> None:
        self.offsets_s = deque(offsets_s)

    def open(self) -> None: ...

    def lock(self) -> None: ...

    def close(self) -> None: ...

    def read(self, timeout_s: float) -> Frame | None:
        if not self.offsets_s:
            return None
        stamp_s = now_s() + self.offsets_s.popleft()
        return Frame(np.zeros((8, 10, 3), np.uint8), "rgb888", 10, 8, stamp_s, 2e-4, 0.0)


def first_of(offsets_s: list[float]) -> Frame | None:
    feed = Feed(StampingCamera(offsets_s))
    try:
        return feed.take(PATIENCE_S)
    finally:
        feed.stop()


@pytest.mark.parametrize("absurd", [1, ABSURD_STAMPS])
def test_absurd_stamps_at_the_beginning_cost_their_frames_alone(absurd: int) -> None:
    frame = first_of([3600.0] * absurd + [-0.001])
    assert frame is not None
    assert frame.sensor_time_s < now_s()


def test_stamps_that_stay_absurd_are_told() -> None:
    with pytest.raises(ClockError, match="'stamping camera' stamped a frame"):
        first_of([3600.0] * (ABSURD_STAMPS + 1))
