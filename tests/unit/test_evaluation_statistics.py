"""Bounds, rates and trade-offs of an evaluation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lightproof.errors import InputError
from lightproof.evaluation.relief_score import ReliefScore
from lightproof.evaluation.statistics import Counts, clopper_pearson, count, tradeoff
from lightproof.evaluation.trials import TrialOutcome, TrialResult


def result(outcome: str, score: float | None = None, *, others_pass: bool = True) -> TrialResult:
    relief = None if score is None else ReliefScore(score, others_pass)
    return TrialResult("any", TrialOutcome(outcome), score=relief)


@pytest.mark.parametrize(
    ("successes", "trials", "lower", "upper"),
    [
        (0, 100, 0.0, 0.036217),  # 1 - 0.025^(1/100)
        (100, 100, 0.963783, 1.0),
        (0, 10, 0.0, 0.308497),
        (1, 10, 0.002529, 0.445016),  # as in printed tables
        (5, 10, 0.187086, 0.812914),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_bounds_are_those_of_clopper_and_pearson(
    successes: int, trials: int, lower: float, upper: float
) -> None:
    assert clopper_pearson(successes, trials) == pytest.approx((lower, upper), abs=2e-6)


@pytest.mark.parametrize(("successes", "trials"), [(1, 7), (10, 1000), (299, 300)])
def test_at_its_bounds_a_proportion_makes_the_count_a_2_5_percent_chance(successes: int, trials: int) -> None:
    def at_least(count: int, proportion: float) -> float:
        return math.fsum(
            math.comb(trials, k) * proportion**k * (1 - proportion) ** (trials - k)
            for k in range(count, trials + 1)
        )

    lower, upper = clopper_pearson(successes, trials)
    assert at_least(successes, lower) == pytest.approx(0.025, rel=1e-9)
    assert 1 - at_least(successes + 1, upper) == pytest.approx(0.025, rel=1e-9)


def test_more_successes_than_trials_are_refused() -> None:
    with pytest.raises(InputError, match="3 successes in 2 trials"):
        clopper_pearson(3, 2)


def test_errors_are_counted_but_are_no_attempts() -> None:
    counts = count([result(name) for name in ("accepted", "rejected", "rejected", "inconclusive", "error")])
    assert counts == Counts(1, 2, 1, 1)
    assert counts.attempts == 4
    assert counts.rate(counts.rejected).value == 0.5


def test_a_rate_of_nothing_is_unknown_and_not_zero() -> None:
    rate = Counts(errors=3).rate(0)
    assert (rate.value, rate.lower, rate.upper) == (None, 0.0, 1.0)


def test_the_tradeoff_runs_from_accepting_all_that_is_scored_to_accepting_nothing() -> None:
    attacks = [result("rejected", 0.2), result("rejected", 0.9), result("accepted", 1.3)]
    own = [result("accepted", 2.0), result("accepted", 1.1)]
    curve = tradeoff(attacks, own)
    assert curve is not None
    assert (curve.apcer[0], curve.bpcer[0]) == (1.0, 0.0)
    assert (curve.apcer[-1], curve.bpcer[-1]) == (0.0, 1.0)
    assert np.all(np.diff(curve.apcer) <= 0)
    assert np.all(np.diff(curve.bpcer) >= 0)
    at_one = np.searchsorted(curve.threshold, 1.0)
    assert (curve.apcer[at_one], curve.bpcer[at_one]) == (pytest.approx(1 / 3), 0.0)


def test_no_threshold_accepts_what_another_cue_did_not_pass() -> None:
    attacks = [result("rejected", 5.0, others_pass=False), result("inconclusive")]
    curve = tradeoff(attacks, [result("accepted", 1.0), result("rejected", 9.0, others_pass=False)])
    assert curve is not None
    assert not curve.apcer.any()
    assert curve.bpcer.min() == 0.5


def test_there_is_no_tradeoff_without_bona_fide_presentations() -> None:
    assert tradeoff([result("rejected", 0.1)], [result("error")]) is None
