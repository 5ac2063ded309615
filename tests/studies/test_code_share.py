"""The share of the code tells light of this challenge from light of another, whatever the decoys."""

from __future__ import annotations

from pathlib import Path

import pytest

from lightproof.presence.cues.freshness import MIN_CODE_SHARE
from studies.freshness.code_share import Shares, main, table
from tests.evaluation import evaluation_material as material


def test_the_table_has_the_worst_film_of_each_species_and_response() -> None:
    rows = table(
        [
            Shares("bona_fide", "0.10", (1.0, 0.98), (0.5, 0.3)),
            Shares("bona_fide", "0.10", (0.97, 0.99), (0.4, 0.35)),
            Shares("flat_print", "0.05", (0.9, 0.9), (0.2, 0.1)),
            Shares("flat_print", "0.05"),
        ]
    ).splitlines()
    assert rows[2:] == [
        "| bona fide | 10% | 2 | 0.97 | 0.98 | 0.50 | 0.35 |",
        "| flat print | 5% | 1 | 0.90 | 0.90 | 0.20 | 0.10 |",
    ]


def test_own_light_lies_above_the_threshold_and_light_of_other_challenges_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bases = material.write_bases(tmp_path)
    given = ["--bases", str(bases), "--subjects", "all", "--response", "0.15", "--wrong", "5", "--jobs", "1"]
    assert main(given) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| bona fide"))
    own, wrong = float(row.split("|")[5]), float(row.split("|")[7])
    assert own > 0.9 > MIN_CODE_SHARE > wrong
