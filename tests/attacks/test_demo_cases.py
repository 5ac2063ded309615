"""The demo: the person is verified and nobody else is, each for the right reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lightproof import cli
from lightproof.cli import demo
from lightproof.cli.demo_card import id_card
from lightproof.face.networks import FaceNetworks
from lightproof.references.document import load_reference
from lightproof.verdict import Outcome, Verdict

for module in ("scipy", "matplotlib", "jinja2"):
    pytest.importorskip(module, reason="the demo needs the extra 'demo'")

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "demo.schema.json"
EXPECTED = {
    "bona_fide": set(),
    "print": {"flat_light"},
    "bent_print": {"flat_light"},
    "screen_replay": {"flat_light"},
    "replay_recording": {"stale_light"},
    "relay": {"late_light"},
    "other_person": {"face_mismatch"},
}
"""Case -> reasons that must be among those given."""


@pytest.fixture(scope="module")
def card() -> bytes:
    from lightproof.simulation.subject import sample_person

    return id_card(sample_person())


def test_the_card_is_a_usable_reference(card: bytes, networks: FaceNetworks) -> None:
    assert load_reference(card, networks).quality.eye_distance_px > 50


def test_the_command_prints_every_case_and_writes_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["demo", "--seed", "11", "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    cases: list[dict[str, Any]] = json.loads(printed.out)
    jsonschema.validate(cases, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert [case["case"] for case in cases] == list(EXPECTED)
    for case in cases:
        verified = case["case"] == "bona_fide"
        assert (case["verdict"] == "verified") == verified
        assert EXPECTED[case["case"]] <= set(case["reasons"])
    assert [path.name for path in tmp_path.iterdir()] == [demo.DEFAULT_REPORT.name]


@pytest.mark.parametrize("case", demo.CASES, ids=[case.name for case in demo.CASES])
def test_each_case_comes_out_as_it_should_with_another_seed(
    case: demo.Case, card: bytes, networks: FaceNetworks
) -> None:
    page = demo.play_case(case, 12, card, networks)
    assert case.came_out_right(page.session.verdict)
    assert EXPECTED[case.name] <= {str(code) for code in page.session.verdict.reasons}


def test_a_case_that_comes_out_wrong_is_said_and_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fooled = (demo.Case("print", None, "a print that is taken for the person"),)
    monkeypatch.setattr(demo, "CASES", fooled)
    monkeypatch.setattr(demo.Case, "came_out_right", lambda case, verdict: False)
    assert cli.main(["demo", "--seed", "1", "--report", str(tmp_path / "report.html")]) == 1
    assert "error: not as it should be with seed 1: print was verified" in capsys.readouterr().err


def test_a_report_into_a_missing_folder_is_wrong_usage(tmp_path: Path) -> None:
    assert cli.main(["demo", "--report", str(tmp_path / "nowhere" / "report.html")]) == 2


def test_only_the_person_may_be_verified() -> None:
    person, attacker = demo.CASES[0], demo.CASES[1]
    verified = Verdict(Outcome.VERIFIED)
    assert person.came_out_right(verified)
    assert not attacker.came_out_right(verified)
