"""When which light was on the screen."""

from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from lightproof._core.challenge import Challenge

@final
class Timeline:
    """When which step of a challenge was really on the screen.

    Example::

        timeline = Timeline(challenge)
        timeline.flip(rig.show(challenge.steps_srgb[0]))
    """

    def __new__(cls, challenge: Challenge) -> Self: ...
    def flip(self, flip_s: float) -> None:
        """Note that the screen flipped to the next step at ``flip_s``, in seconds on the rig's clock.

        Raises:
            ClockError: the time is not finite or not later than the flip before, or all steps were shown.
        """

    def copy(self) -> Timeline:
        """Return an independent copy, which later flips do not reach."""

    @property
    def shown(self) -> int:
        """Number of steps shown so far."""

    @property
    def flips_s(self) -> list[float]:
        """Times of the flips so far, in seconds."""

    @property
    def first_flip_s(self) -> float | None:
        """Time of the first flip in seconds, None before it."""

    def light(self, start_s: float, end_s: float, latency_s: float) -> NDArray[np.float64]:
        """Return the mean linear light of the quadrants TL TR BL BR, (4, 3), that an exposure saw.

        The exposure lasts from ``start_s`` to ``end_s``; light needs ``latency_s`` from a flip to the frame.
        """
