"""Whatever the outcomes, the counts of an evaluation add up and its bounds hold its rates."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lightproof.evaluation.campaign import Campaign, Finished
from lightproof.evaluation.metrics.error_rates import clopper_pearson
from lightproof.evaluation.metrics.relief_score import ReliefScore
from lightproof.evaluation.metrics.summary import summarise
from lightproof.evaluation.species import Source, SourceKind
from lightproof.evaluation.trials import TrialOutcome, TrialResult

SPECIES = ("bona_fide", "bona_fide", "flat_print", "screen_replay", "screen_replay")
LEVELS = ("0.05", "0.10")

scores = st.none() | st.builds(ReliefScore, st.floats(-10, 10), st.booleans())
outcomes = st.tuples(st.sampled_from(TrialOutcome), scores)


SOURCES = tuple(
    Source(f"{name}_{number}", SourceKind.BASIS, Path("none"), name, str(number), "")
    for number, name in enumerate(SPECIES)
)
CAMPAIGN = Campaign(SOURCES, LEVELS, repeats=2)
TRIALS = CAMPAIGN.trials()


@settings(deadline=None, max_examples=50)
@given(st.lists(outcomes, min_size=len(TRIALS), max_size=len(TRIALS)))
def test_counts_add_up_over_species_levels_and_groups(
    drawn: list[tuple[TrialOutcome, ReliefScore | None]],
) -> None:
    finished = [
        Finished(trial, TrialResult(trial.key, outcome, score=score))
        for trial, (outcome, score) in zip(TRIALS, drawn, strict=True)
    ]
    people = {str(number): {"sex": ("female", "male")[number % 2]} for number in range(len(SPECIES))}
    report = json.loads(json.dumps(summarise(CAMPAIGN, finished, people), allow_nan=False))
    parts = [report["bona_fide"], *report["species"].values()]
    assert sum(part["attempts"] + part["errors"] for part in parts) == len(TRIALS)
    for part, rate, wrong in (
        (report["bona_fide"], "bpcer", "rejected"),
        *((part, "apcer", "accepted") for part in report["species"].values()),
    ):
        assert part["attempts"] == part["accepted"] + part["rejected"] + part["inconclusive"]
        assert sum(level["attempts"] for level in part["by_response"].values()) == part["attempts"]
        assert set(part["by_response"]) == set(LEVELS)
        if part["attempts"]:
            assert part[rate] == part[wrong] / part["attempts"]
            assert part[f"{rate}_lower95"] <= part[rate] <= part[f"{rate}_upper95"]
        else:
            assert part[rate] is None
    groups = report["groups"]["sex"]["groups"]
    assert sum(group["attempts"] for group in groups.values()) == report["bona_fide"]["attempts"]
    assert len(report["accepted_attacks"]) == sum(part["accepted"] for part in report["species"].values())
    worst = [report["species"][name]["apcer"] or 0 for name in report["worst_first"]]
    assert worst == sorted(worst, reverse=True)


@given(st.integers(0, 300), st.integers(0, 300))
def test_bounds_hold_the_proportion_and_mirror(successes: int, failures: int) -> None:
    trials = successes + failures
    lower, upper = clopper_pearson(successes, trials)
    assert 0 <= lower <= (successes / trials if trials else 0.5) <= upper <= 1
    mirrored = clopper_pearson(failures, trials)
    assert abs(lower - (1 - mirrored[1])) < 1e-9
    assert abs(upper - (1 - mirrored[0])) < 1e-9
