"""Bounds, rates and trade-offs of an evaluation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lightproof.errors import InputError
from lightproof.evaluation.metrics.error_rates import (
    Counts,
    clopper_pearson,
    count,
    rejection,
    sum_of,
    tradeoff,
    worst_tradeoff,
)
from lightproof.evaluation.metrics.relief_score import ReliefScore
from lightproof.evaluation.trials import TrialOutcome, TrialResult
from lightproof.presence.cues import relief as relief_cue


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
    assert (curve.attacks, curve.bona_fide) == (3, 2)


def test_the_tradeoff_has_the_thresholds_that_the_sessions_used() -> None:
    curve = tradeoff([result("rejected", -9.0)], [result("accepted", 9.0)])
    assert curve is not None
    assert {-relief_cue.CLEARANCE_Z, relief_cue.CLEARANCE_Z} <= set(curve.threshold)


def test_among_several_species_the_worst_counts_at_each_threshold() -> None:
    easy = [result("rejected", 0.1)] * 9
    hard = [result("accepted", 3.0), result("rejected", 0.5)]
    curve = worst_tradeoff([easy, hard], [result("accepted", 4.0)])
    assert curve is not None
    at_two = np.searchsorted(curve.threshold, 2.0)
    assert (curve.apcer[0], curve.apcer[at_two]) == (1.0, 0.5)  # pooled it would be 1 of 11
    assert curve.attacks == 2


def test_the_bona_fide_curve_needs_no_attack() -> None:
    own = [result("accepted", 3.0), result("rejected", -3.0), result("rejected"), result("inconclusive")]
    curve = rejection(own)
    assert curve is not None
    at_two = np.searchsorted(curve.threshold, 2.0)
    assert (curve.bpcer[0], curve.bpcer[at_two], curve.bpcer[-1]) == (0.25, 0.5, 0.75)
    assert rejection([result("error")]) is None


def test_the_bounds_of_a_sum_hold_both_parts() -> None:
    rate = sum_of((1, 10), (5, 10))
    one, other = clopper_pearson(1, 10, 0.975), clopper_pearson(5, 10, 0.975)
    assert rate.value == pytest.approx(0.6)
    assert (rate.lower, rate.upper) == (one[0] + other[0], one[1] + other[1])
    assert sum_of((0, 0), (5, 10)).value is None


def test_no_threshold_accepts_what_another_cue_did_not_pass() -> None:
    attacks = [result("rejected", 5.0, others_pass=False), result("inconclusive")]
    curve = tradeoff(attacks, [result("accepted", 1.0), result("rejected", 9.0, others_pass=False)])
    assert curve is not None
    assert not curve.apcer.any()
    assert curve.bpcer.min() == 0.5


def test_there_is_no_tradeoff_without_bona_fide_presentations() -> None:
    assert tradeoff([result("rejected", 0.1)], [result("error")]) is None
