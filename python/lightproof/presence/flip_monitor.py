"""Whether the screen keeps the rhythm of a challenge, flip by flip.

The rhythm is part of what makes the light safe to look at. A screen that drops flips or catches up on them
plays another light than the one that was checked, so what it really showed is checked again at every flip.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lightproof._core import NEUTRAL_LINEAR, Challenge, check_light
from lightproof.presence.cues.continuity import MAX_FLIP_LATE_S

MIN_DWELL_S: Final = 0.165
"""Three pairs of changes in a second (WCAG 2.3.1, ITU-R BT.1702) are a change every 1/6 s; 1.7 ms less,
because flip stamps jitter."""

MAX_PAIRS: Final[dict[str, int]] = {"standard": 3, "gentle": 2}
"""Pairs of changes of any colour in a second, as the challenge itself has at most. Gentle light stops before
it has three, so that the way back to the neutral light never makes a fourth."""


class FlipMonitor:
    """Told when each step of a challenge was really shown, says whether the screen has lost its time.

    It has when a flip comes later than the rhythm can bear, when two illuminations follow each other too
    closely, or when the light as it was shown has a flash, or more changes in a second than planned, by
    :func:`~lightproof.challenge.check_light`.

    Example::

        flip_monitor = FlipMonitor(challenge)
        flip_monitor.flipped(rig.show(challenge.steps_srgb[0]))
        flip_monitor.lost
    """

    def __init__(self, challenge: Challenge) -> None:
        self._due_s = challenge.steps_start_s
        self._steps_per_dwell = len(self._due_s) // len(challenge)
        # A flip that is this late leaves the shortest dwell until the next one, which is not delayed in turn.
        self._max_late_s = min(MAX_FLIP_LATE_S, challenge.dwell_s - MIN_DWELL_S)
        neutral = np.broadcast_to(NEUTRAL_LINEAR, (1, 4, 3))
        weights = challenge.steps_weights
        rest = 1.0 - weights.sum(axis=1)[:, None, None]
        steps = np.tensordot(weights, challenge.linear, axes=1) + rest * neutral
        self._light = np.clip(np.concatenate([neutral, steps]), 0.0, 1.0)
        self._max_pairs = MAX_PAIRS[challenge.mode]
        self.flips_s: list[float] = []
        """When each step of the challenge was shown, in seconds on the rig's clock."""
        self.late_s = 0.0
        """The most that a flip came later than the challenge asked, in seconds after the first flip."""
        self.lost = False

    def flipped(self, flip_s: float) -> None:
        """Note the flip to the next step, in seconds on the rig's clock; later than the flip before."""
        flips_s = self.flips_s
        flips_s.append(flip_s)
        step = len(flips_s) - 1
        late_s = flip_s - flips_s[0] - float(self._due_s[step])
        self.late_s = max(self.late_s, late_s)
        dwell_before = step - self._steps_per_dwell
        begins = step % self._steps_per_dwell == 0
        hurried = begins and dwell_before >= 0 and flip_s - flips_s[dwell_before] < MIN_DWELL_S
        self.lost = self.lost or late_s > self._max_late_s or hurried or not self._safe()

    def _safe(self) -> bool:
        """Return whether the light so far is as safe as planned, from a second of neutral light before it."""
        starts_s = [self.flips_s[0] - 1.0, *self.flips_s]
        safety = check_light(starts_s, self._light[: len(starts_s)], starts_s[-1] + 1.0)
        return safety.is_safe() and safety.colour_change_pairs_per_s_max <= self._max_pairs
