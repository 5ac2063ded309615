"""Counts and rates in the words of ISO/IEC 30107-3, with exact bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError, MissingExtraError
from lightproof.evaluation.trials import TrialOutcome, TrialResult

try:
    from scipy.special import ndtri
    from scipy.stats import binomtest
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
    """How presentations ended. Errors are not attempts: in them nothing was presented to the end."""

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


@lru_cache(maxsize=4096)  # SciPy looks for each bound by bisection, which takes milliseconds
def clopper_pearson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the exact two-sided bounds of a proportion (Clopper and Pearson 1934), 0 to 1.

    They hold for independent trials. Without trials they are 0 and 1.

    Raises:
        InputError: there are more successes than trials, or fewer than 0.

    Example::

        clopper_pearson(0, 100)   # (0.0, 0.0362)
    """
    if not 0 <= successes <= trials:
        raise InputError(f"{successes} successes in {trials} trials are impossible; give 0 to {trials}")
    if trials == 0:
        return 0.0, 1.0
    bounds = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    return float(bounds.low), float(bounds.high)


def sum_of(one: tuple[int, int], other: tuple[int, int]) -> Rate:
    """Return the sum of two independent proportions, each given as count and attempts.

    Its bounds are the sums of the bounds of each at 97.5 %: either misses with 2.5 %, so both together hold
    with 95 % at least.
    """
    half = (1 + CONFIDENCE) / 2
    lower, upper = map(sum, zip(clopper_pearson(*one, half), clopper_pearson(*other, half), strict=True))
    known = one[1] and other[1]
    return Rate(one[0] / one[1] + other[0] / other[1] if known else None, lower, upper)


@dataclass(frozen=True, slots=True, eq=False)
class Tradeoff:
    """A detection error trade-off: both rates at rising thresholds of the relief score, float64 (N,) each.

    ``attacks`` and ``bona_fide`` are the attempts behind the rates; among several species, those of the
    species with the fewest.
    """

    threshold: NDArray[np.float64]
    apcer: NDArray[np.float64]
    bpcer: NDArray[np.float64]
    attacks: int
    bona_fide: int


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """BPCER at rising thresholds of the relief score, float64 (N,) each."""

    threshold: NDArray[np.float64]
    bpcer: NDArray[np.float64]


MAX_THRESHOLDS: Final = 200
"""Points of a curve: finer than a chart shows."""


def tradeoff(attacks: Iterable[TrialResult], bona_fide: Iterable[TrialResult]) -> Tradeoff | None:
    """Return APCER and BPCER against the threshold on the relief score; None without attempts on either side.

    A presentation is classified as bona fide at a threshold if its score reaches it and every other cue
    passed. Without a score, or where another cue did not pass, its outcome does not depend on the threshold:
    rejected stays rejected, inconclusive stays without a classification, and neither is ever accepted. Rates
    are shares of all attempts.
    """
    return worst_tradeoff([attacks], bona_fide)


def worst_tradeoff(
    species: Iterable[Iterable[TrialResult]], bona_fide: Iterable[TrialResult]
) -> Tradeoff | None:
    """Return the :func:`tradeoff` in which APCER is, at each threshold, that of the species with the highest.

    Species are not averaged: many attacks of an easy kind would hide those of a hard one.
    """
    attacks = [found for found in map(_scored, species) if found.attempts]
    own = _scored(bona_fide)
    if not attacks or not own.attempts:
        return None
    threshold = _thresholds([*attacks, own])
    return Tradeoff(
        threshold,
        np.max([_reaching(threshold, attack) for attack in attacks], axis=0),
        _missing(threshold, own),
        min(attack.attempts for attack in attacks),
        own.attempts,
    )


def rejection(bona_fide: Iterable[TrialResult]) -> Rejection | None:
    """Return BPCER against the threshold, as :func:`tradeoff` does where there are attacks."""
    own = _scored(bona_fide)
    if not own.attempts:
        return None
    threshold = _thresholds([own])
    return Rejection(threshold, _missing(threshold, own))


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """The scores that decide, the number of attempts, and how many another cue rejected."""

    scores: NDArray[np.float64]
    attempts: int
    refused: int
    needed: frozenset[float]


def _thresholds(found: Sequence[_Scored]) -> NDArray[np.float64]:
    """Return the thresholds at which a rate changes, those that the sessions used, and one beyond all."""
    seen = np.unique(np.concatenate([one.scores for one in found]))
    if len(seen) > MAX_THRESHOLDS:
        seen = np.quantile(seen, np.linspace(0, 1, MAX_THRESHOLDS))
    used = {sign * needed for one in found for needed in one.needed for sign in (-1, 1)}
    threshold = np.union1d(seen, np.array(sorted(used), np.float64))
    return np.append(threshold, np.nextafter(threshold[-1], np.inf) if len(threshold) else 0.0)


def _reaching(threshold: NDArray[np.float64], of: _Scored) -> NDArray[np.float64]:
    return np.array([(of.scores >= least).sum() for least in threshold]) / of.attempts


def _missing(threshold: NDArray[np.float64], of: _Scored) -> NDArray[np.float64]:
    return np.array([(of.scores < least).sum() + of.refused for least in threshold]) / of.attempts


def _scored(results: Iterable[TrialResult]) -> _Scored:
    scores, attempts, refused = [], 0, 0
    for result in results:
        if result.outcome is TrialOutcome.ERROR:
            continue
        attempts += 1
        if result.score is not None and result.score.others_pass:
            scores.append(result.score)
        elif result.outcome is TrialOutcome.REJECTED:
            refused += 1
    return _Scored(
        np.array([score.value for score in scores], dtype=np.float64),
        attempts,
        refused,
        frozenset(score.needed for score in scores),
    )


def normal_deviate(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal deviates of rates in (0, 1), on whose scale trade-offs are close to straight."""
    return np.asarray(ndtri(rates), dtype=np.float64)
