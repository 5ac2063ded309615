"""What --help names below the options is what there is."""

from __future__ import annotations

import pytest

from lightproof import cli
from lightproof.cli import help_texts
from lightproof.cli.demo import CASES
from lightproof.evaluation.species import RECIPES
from lightproof.simulation.attacks import Attack
from lightproof.simulation.conditions import RANGES


def names(text: str) -> list[str]:
    return text.split(", ")


def test_the_names_are_those_of_the_code() -> None:
    assert names(help_texts.ATTACK_NAMES) == [str(attack) for attack in Attack]
    assert names(help_texts.SETTING_NAMES) == sorted(RANGES)
    assert names(help_texts.SPECIES_NAMES) == list(RECIPES)
    assert names(help_texts.CASE_NAMES) == [case.name for case in CASES]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("verify", ("relief-mould", "mjpg_quality", "by-id", "lightproof verify --rig simulated")),
        ("demo", ("replay_recording", "lightproof demo --seed 1")),
        ("evaluate", ("relief_mould", "lightproof evaluate --recordings")),
    ],
)
def test_help_shows_names_and_examples(
    command: str, shown: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert cli.main([command, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for words in shown:
        assert words in said
