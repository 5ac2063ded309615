"""Counts and rates in the words of ISO/IEC 30107-3, with exact bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError, MissingExtraError
from lightproof.evaluation.trials import TrialOutcome, TrialResult

try:
    from scipy.special import betaincinv, ndtri
except ImportError as error:
    raise MissingExtraError(
        "the bounds of an evaluation need SciPy, which is not installed; pip install 'lightproof[simulation]'"
    ) from error

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion with its two-sided 95 % bounds; ``value`` is None where nothing was attempted."""

    value: float | None
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How presentations ended. Errors are no attempts: in them nothing was presented to the end."""

    accepted: int = 0
    rejected: int = 0
    inconclusive: int = 0
    errors: int = 0

    @property
    def attempts(self) -> int:
        """Presentations that were held: accepted, rejected and inconclusive."""
        return self.accepted + self.rejected + self.inconclusive

    def rate(self, count: int) -> Rate:
        """Return a count as a share of the attempts."""
        lower, upper = clopper_pearson(count, self.attempts)
        return Rate(count / self.attempts if self.attempts else None, lower, upper)


def count(results: Iterable[TrialResult]) -> Counts:
    """Return how trials ended."""
    found = Counter(result.outcome for result in results)
    return Counts(
        found[TrialOutcome.ACCEPTED],
        found[TrialOutcome.REJECTED],
        found[TrialOutcome.INCONCLUSIVE],
        found[TrialOutcome.ERROR],
    )


def clopper_pearson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact two-sided bounds of a proportion (Clopper and Pearson 1934), 0 to 1.

    The lower bound is the α/2 quantile of Beta(k, n − k + 1), the upper the 1 − α/2 quantile of Beta(k + 1, n
    − k). They hold for independent trials. Without trials they are 0 and 1.

    Raises:
        InputError: there are more successes than trials, or fewer than none.

    Example::

        clopper_pearson(0, 100)   # (0.0, 0.0362)
    """
    if not 0 <= successes <= trials:
        raise InputError(f"{successes} successes in {trials} trials cannot be; give 0 to {trials}")
    tail = (1 - confidence) / 2
    lower = 0.0 if successes == 0 else float(betaincinv(successes, trials - successes + 1, tail))
    upper = 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, 1 - tail))
    return lower, upper


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """A detection error trade-off: both rates at rising thresholds of the relief score, float64 (N,) each."""

    threshold: NDArray[np.float64]
    apcer: NDArray[np.float64]
    bpcer: NDArray[np.float64]


MOST_THRESHOLDS: Final = 200
"""Points of a curve: finer than a chart shows."""


def tradeoff(attacks: Iterable[TrialResult], bona_fide: Iterable[TrialResult]) -> Tradeoff | None:
    """Return APCER and BPCER against the threshold on the relief score; None without attempts on either side.

    A presentation is classified as bona fide at a threshold if its score reaches it and every other cue
    passed. Without a score, or where another cue did not pass, its outcome does not depend on the threshold:
    rejected stays rejected, inconclusive stays without a classification, and neither is ever accepted. Rates
    are shares of all attempts.
    """
    attack, attack_attempts, _ = _scored(attacks)
    own, own_attempts, own_refused = _scored(bona_fide)
    if not attack_attempts or not own_attempts:
        return None
    seen = np.unique(np.concatenate([attack, own]))
    if len(seen) > MOST_THRESHOLDS:
        seen = np.quantile(seen, np.linspace(0, 1, MOST_THRESHOLDS))
    beyond = np.nextafter(seen[-1], np.inf) if len(seen) else 0.0
    threshold = np.append(seen, beyond)
    return Tradeoff(
        threshold,
        np.array([(attack >= least).sum() / attack_attempts for least in threshold]),
        np.array([((own < least).sum() + own_refused) / own_attempts for least in threshold]),
    )


def _scored(results: Iterable[TrialResult]) -> tuple[NDArray[np.float64], int, int]:
    """Return the scores that decide, the number of attempts, and how many another cue rejected."""
    scores, attempts, refused = [], 0, 0
    for result in results:
        if result.outcome is TrialOutcome.ERROR:
            continue
        attempts += 1
        if result.score is not None and result.score.others_pass:
            scores.append(result.score.value)
        elif result.outcome is TrialOutcome.REJECTED:
            refused += 1
    return np.array(scores, dtype=np.float64), attempts, refused


def normal_deviate(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal deviates of rates in (0, 1), on whose scale trade-offs are close to straight."""
    return np.asarray(ndtri(rates), dtype=np.float64)
