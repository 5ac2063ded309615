"""Whether the light on a face follows this challenge, and when."""

from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from lightproof._core.response import Mixing
from lightproof._core.timeline import Timeline

@final
class FaceLight:
    """The mean light of a face through a session, ready to be held against challenges."""

    @property
    def frames(self) -> int:
        """Number of frames."""

    def gains(self, timeline: Timeline, latency_s: float) -> tuple[tuple[float, float, float], float]:
        """Return the slope of log light on the screen's red, green and blue light (>= 0), and the score."""

    def latency_curve(self, timeline: Timeline, latencies_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the score of the challenge at every latency, in units of the noise's variance; float64.

        Raises:
            InputError: there are more than 256 latencies.
        """

    def any_code(self, timeline: Timeline, latency_s: float) -> AnyCode:
        """Return what free colours in the challenge's rhythm explain, whatever the challenge."""

    def rank(
        self,
        timeline: Timeline,
        latencies_s: Sequence[float],
        *,
        decoy_seed: bytes,
        decoys: int,
        threads: int = 1,
    ) -> tuple[Rank, NDArray[np.float32]]:
        """Return the rank of the true challenge among random decoys, and the decoys' scores.

        floor(sqrt(``decoys``)) challenges are drawn from the 32 random bytes of ``decoy_seed``. Each mix of
        the even dwells of one and the odd dwells of another, the true challenge being one of them, is a
        decoy: at least as many as asked for, (n + 1)² − 1 of n drawn. The scores are those of at most 2¹⁴.

        The score is the largest over ``latencies_s``, for the challenge as for every decoy. Ties count
        against the person, so P(rank 1) <= 1 / (decoys + 1) for a video made without knowing the challenge,
        exactly. The decoys, and so the rank, are the same on any number of ``threads`` (at least 1; no more
        than 256 are used).

        Raises:
            InputError: ``decoy_seed`` is not 32 bytes long, there is no latency or more than 256, or more
                than 2**24 decoys are asked for.
        """

@final
class AnyCode:
    """What free colours in the challenge's rhythm explain of the two colour differences.

    It is in units of the noise's variance.
    """

    @property
    def explained(self) -> float:
        """Sum of squares explained."""

    @property
    def total(self) -> float:
        """Sum of squares in all."""

    @property
    def freedom(self) -> int:
        """Free parameters."""

    @property
    def total_freedom(self) -> int:
        """Degrees of freedom of the total."""

@final
class Rank:
    """Where the true challenge came among its decoys."""

    @property
    def rank(self) -> int:
        """1 if it beat every decoy strictly."""

    @property
    def decoys(self) -> int:
        """Number of decoys K."""

    @property
    def score(self) -> float:
        """Score of the true challenge, in units of the noise's variance.

        It is below 0 where every channel goes against the challenge.
        """

    @property
    def p_value(self) -> float:
        """The exact p-value of the rank, rank / (K + 1)."""

def response_strength(gains: Sequence[float], mixing: Mixing) -> tuple[float, float, float]:
    """Return the light of a full white screen over the ambient light in the camera's red, green and blue."""
