"""The tables of verdicts: what is counted, and what comes first."""

from __future__ import annotations

from studies.verdicts.demo import table
from studies.verdicts.relay import RelayEnding, row


def test_the_demo_case_with_the_most_wrong_verdicts_comes_first() -> None:
    good = [("bona_fide", "verified", ()), ("bent_print", "not_verified", ("flat_light",))]
    bad = [("bona_fide", "verified", ()), ("bent_print", "inconclusive", ("weak_response", "relief_unclear"))]
    assert table([good, good, bad]).splitlines()[2:] == [
        "| bent print | 0 | 1 | 2 | `flat_light` 2; `weak_response`, `relief_unclear` 1 |",
        "| bona fide | 3 | 0 | 0 | – 3 |",
    ]


def test_a_relays_row_counts_verdicts_and_reasons_and_says_how_wrong_its_delay_was() -> None:
    late = [RelayEnding("not_verified", ("late_light",), error_s) for error_s in (0.001, 0.003)]
    unseen = RelayEnding("inconclusive", ("weak_response", "late_light"), None)
    assert row(0.05, 0.02, [*late, unseen]) == (
        "5%",
        "20 ms",
        0,
        1,
        2,
        "`late_light` 3, `weak_response` 1",
        "+2.0, 1.0 ms",
    )
    assert row(0.05, 0.02, [unseen])[-1] == "–"
