"""Arrivals: frames that see the light change come when this camera delivers them, and none is missing.

A camera's stamp says when a frame was exposed, and whoever feeds frames writes the stamp. What he cannot
write is when a frame arrives, on the rig's own clock. Light that was answered elsewhere is late; somebody who
stamps such frames back by what it took still hands them over late, and he who leaves out the frames in which
the late light would be seen leaves them out after flips. Only the frames about the flips matter: between them
the light does not change, and a picture made beforehand is as good as one of now.

A frame that arrives when it cannot have is no evidence and is left out of the response. To hand one over late
is the same as to leave it out, so it counts among the missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import comb
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.rigs.protocol import Calibration

MAX_DELIVERY_S: Final = 0.1
"""From the end of a frame to its arrival where that was never calibrated: three frames of a queue."""

WAITING_S: Final = 0.005
"""What the thread that notes arrivals may wait for its turn, beyond what its rig was calibrated with: Python
lets another thread run for 5 ms (``sys.getswitchinterval``), and a session has one for its looks, which no
calibration has. A tick of the kernel's scheduler, 4 ms at 250 Hz, is within it. Who waits longer mostly waits
much longer: beside the work of eight simulated sessions on two busy cores a thread was woken more than 5 ms
late 3.9 % of the time and more than 10 ms late 3.0 %. Such frames are left out; a few may be."""

DELIVERY_SIGMAS: Final = 3
"""More than the calibrated delivery by so many of its standard deviations, and :data:`WAITING_S`, is late.
Less than it by as much is early: nothing arrives before its exposure has ended, which the calibrated delivery
knows whatever moment of a frame a driver stamps."""

MAX_LATE: Final = 0.25
"""Share of the frames about flips that may be late or early, and are then left out; more than twice as many
late ones are no accident."""

MIN_FLIPS: Final = 6
"""With fewer flips seen there is nothing to be said."""

MIN_SEEN: Final = 0.6
"""Share of the flips of which the very next frame has to be there: of one in six that is lost by chance, five
in six are."""

HIDDEN_S: Final = 0.040
"""What leaving out frames after a flip could hide: a frame that begins within this after the flip's light is
about the flip. Leaving out more is over the share of frames that may be missing at all."""

CHANCE_OF_MISSING: Final = 1e-4
"""Frames that are missing at flips so much more than elsewhere by chance are taken for left out (Fisher 1935,
The Design of Experiments, section 21.02: the tail of the hypergeometric distribution)."""


class Arriving(Enum):
    """What the arrivals of a session's frames say."""

    IN_TIME = "in_time"
    LATE = "late"
    HIDDEN = "hidden"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One frame: start and end of its middle row's exposure, and from its end to its arrival; in seconds.

    ``delivery_s`` is None where the rig does not say when the frame arrived.
    """

    start_s: float
    end_s: float
    delivery_s: float | None


def judge_arrivals(
    arrivals: Sequence[Arrival], lights_s: NDArray[np.float64], calibration: Calibration
) -> Arriving:
    """Return what the frames about the flips say.

    Args:
        arrivals: every frame that came while the challenge played, in order.
        lights_s: when the light of each flip reaches the frames: the flips and the rig's latency.
        calibration: of the rig, for its delivery.
    """
    begins_s = np.array([arrival.start_s for arrival in arrivals])
    ends_s = np.array([arrival.end_s for arrival in arrivals])
    if len(arrivals) < 2:
        return Arriving.UNCLEAR
    about = _about_flips(begins_s, ends_s, lights_s)
    seen = lights_s[(lights_s >= begins_s[0]) & (lights_s <= ends_s[-1])]
    if len(seen) < MIN_FLIPS or not about.any():
        return Arriving.UNCLEAR
    late = np.array(
        [one.delivery_s is not None and one.delivery_s > latest_s(calibration) for one in arrivals]
    )
    if late[about].mean() > 2 * MAX_LATE:
        return Arriving.LATE
    timely = np.array([one.delivery_s is None or is_timely(one.delivery_s, calibration) for one in arrivals])
    period_s = float(np.median(np.diff(begins_s)))
    missing_s = _missing(begins_s, period_s)
    exposure_s = float(np.median(ends_s - begins_s))
    hidden = int(_about_flips(missing_s, missing_s + exposure_s, lights_s).sum())
    if (
        _chance(
            len(arrivals) + len(missing_s),
            int(about.sum()) + hidden,
            len(missing_s) + int((~timely).sum()),
            hidden + int((about & ~timely).sum()),
        )
        < CHANCE_OF_MISSING
    ):
        return Arriving.HIDDEN
    next_ = (seen[None, :] > begins_s[timely, None] - period_s) & (seen[None, :] <= ends_s[timely, None])
    if next_.any(axis=0).mean() < MIN_SEEN:
        return Arriving.UNCLEAR
    if any(one.delivery_s is None for one, counts in zip(arrivals, about, strict=True) if counts):
        return Arriving.UNCLEAR
    return Arriving.UNCLEAR if (~timely)[about].mean() > MAX_LATE else Arriving.IN_TIME


def is_timely(delivery_s: float, calibration: Calibration) -> bool:
    """Return whether a frame can have arrived so long after its end, in seconds, on this rig."""
    return earliest_s(calibration) <= delivery_s <= latest_s(calibration)


def earliest_s(calibration: Calibration) -> float:
    """Return how long after its end a frame arrives at the earliest, in seconds.

    Where the delivery was never calibrated there is no knowing which moment of a frame the driver stamps.
    """
    if calibration.delivery_s is None:
        return -MAX_DELIVERY_S
    return calibration.delivery_s - _margin_s(calibration)


def latest_s(calibration: Calibration) -> float:
    """Return how long after its end a frame may arrive, in seconds."""
    if calibration.delivery_s is None:
        return MAX_DELIVERY_S
    return calibration.delivery_s + _margin_s(calibration)


def _margin_s(calibration: Calibration) -> float:
    return DELIVERY_SIGMAS * (calibration.delivery_spread_s or 0.0) + WAITING_S


def _about_flips(
    begins_s: NDArray[np.float64], ends_s: NDArray[np.float64], lights_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which frames are exposed while a flip's light comes, or begin soon after it."""
    after = lights_s[None, :] > begins_s[:, None] - HIDDEN_S
    before = lights_s[None, :] <= ends_s[:, None]
    return np.asarray((after & before).any(axis=1), np.bool_)


def _missing(begins_s: NDArray[np.float64], period_s: float) -> NDArray[np.float64]:
    """Return when the frames would have begun that never came."""
    gaps_s = np.diff(begins_s)
    return np.array(
        [
            begin_s + period_s * number
            for begin_s, gap_s in zip(begins_s, gaps_s, strict=False)
            for number in range(1, round(gap_s / period_s))
        ]
    )


def _chance(frames: int, about: int, missing: int, hidden: int) -> float:
    """Return the probability of so many missing frames about flips, or more, if any may be missing."""
    tail = sum(
        comb(about, k) * comb(frames - about, missing - k) for k in range(hidden, min(about, missing) + 1)
    )
    return tail / comb(frames, missing)
