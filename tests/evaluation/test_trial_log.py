"""The results of a campaign on disk: nothing is lost, nothing is counted twice, nothing is mixed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lightproof.evaluation.metrics.relief_score import ReliefScore
from lightproof.evaluation.trial_log import (
    CampaignError,
    EditedLogError,
    TrialLog,
    difference,
    kept,
    last_hash,
)
from lightproof.evaluation.trials import TrialOutcome, TrialResult

PARAMETERS = {"seed": 1, "response": ["0.05", "0.10"], "sources": {"a": "1", "b": "2"}, "software": "one"}
KEYS = ("first", "second", "third")


def result(key: str, outcome: str = "rejected") -> TrialResult:
    evidence: dict[str, dict[str, Any]] = {"relief": {"across": 0.1, "down": float("inf")}}
    return TrialResult(
        key, TrialOutcome(outcome), ("flat_light",), ReliefScore(0.3, True), 1.8, 0.1, evidence
    )


def log(folder: Path, parameters: Mapping[str, Any] = PARAMETERS) -> TrialLog:
    return TrialLog(folder, parameters, KEYS)


def begin(folder: Path, *keys: str) -> None:
    with log(folder) as opened:
        for key in keys:
            opened.append(result(key))


def test_results_are_there_again_when_the_campaign_goes_on(tmp_path: Path) -> None:
    begin(tmp_path / "new" / "folder", "first", "second")
    with log(tmp_path / "new" / "folder") as again:
        assert set(again.results) == {"first", "second"}
        assert again.results["first"].score == ReliefScore(0.3, True)
        assert again.results["first"].evidence["relief"] == {"across": 0.1, "down": None}
        again.append(result("third"))
    assert len((tmp_path / "new" / "folder" / "trials.jsonl").read_text().splitlines()) == 3


def test_a_result_that_comes_twice_counts_once(tmp_path: Path) -> None:
    with log(tmp_path) as opened:
        opened.append(result("first", "accepted"))
        opened.append(result("first", "rejected"))
        assert opened.results["first"].outcome is TrialOutcome.ACCEPTED
    assert len((tmp_path / "trials.jsonl").read_text().splitlines()) == 1


def test_a_line_that_was_torn_off_is_dropped_and_its_trial_run_again(tmp_path: Path) -> None:
    begin(tmp_path, "first", "second")
    path = tmp_path / "trials.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with log(tmp_path) as again:
        assert set(again.results) == {"first"}
        again.append(result("second"))
    with log(tmp_path) as again:
        assert set(again.results) == {"first", "second"}


def lines_of(folder: Path) -> list[str]:
    return (folder / "trials.jsonl").read_text().splitlines()


def write_lines(folder: Path, lines: list[str]) -> None:
    (folder / "trials.jsonl").write_text("".join(line + "\n" for line in lines))


@pytest.mark.parametrize("line", ['{"key": "first"}', "[]", "nonsense", '{"key":', ""])
def test_a_line_that_no_evaluation_wrote_is_named_and_not_passed_over(tmp_path: Path, line: str) -> None:
    begin(tmp_path, "first")
    write_lines(tmp_path, [line, *lines_of(tmp_path)])
    with (
        pytest.raises(EditedLogError, match=r"line 1 is not as it was written .* remove line 1 and all"),
        log(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ("edit", "number"),
    [
        (lambda lines: [lines[0], lines[1].replace("rejected", "accepted"), lines[2]], 2),
        (lambda lines: [lines[0], lines[1].replace(": ", ":", 1), lines[2]], 2),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
    ],
    ids=["changed", "spaced", "taken out", "first taken out", "moved", "doubled"],
)
def test_an_edited_log_is_refused_at_the_line_where_it_was_edited(
    tmp_path: Path, edit: Callable[[list[str]], list[str]], number: int
) -> None:
    begin(tmp_path, *KEYS)
    write_lines(tmp_path, edit(lines_of(tmp_path)))
    with pytest.raises(EditedLogError, match=f"line {number} is not as it was written"), log(tmp_path):
        pass


def test_a_log_goes_on_once_everything_from_the_edited_line_on_is_removed(tmp_path: Path) -> None:
    begin(tmp_path, *KEYS)
    write_lines(tmp_path, lines_of(tmp_path)[:1])
    begin(tmp_path, "second", "third")
    with log(tmp_path) as again:
        assert set(again.results) == set(KEYS)


def test_the_last_hash_tells_a_log_from_one_that_was_shortened_or_chained_anew(tmp_path: Path) -> None:
    begin(tmp_path / "one", *KEYS)
    pinned = last_hash(tmp_path / "one")
    with log(tmp_path / "one") as again:
        assert again.last_hash == pinned
    begin(tmp_path / "shorter", *KEYS[:2])
    with log(tmp_path / "anew") as anew:
        for key in KEYS:
            anew.append(result(key, "accepted"))
    assert len({pinned, last_hash(tmp_path / "shorter"), last_hash(tmp_path / "anew")}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "seed was 1, now 2"),
        ({"response": ["0.05"]}, r"response was 0\.05, 0\.10, now 0\.05"),
        ({"sources": {"a": "1", "b": "9", "c": "3"}}, "sources differ in b, c"),
    ],
)
def test_another_campaign_is_refused_with_the_difference(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    begin(tmp_path, "first")
    with pytest.raises(CampaignError, match=message), log(tmp_path, PARAMETERS | change):
        pass


def test_other_software_may_report_a_campaign_but_not_add_to_it(tmp_path: Path) -> None:
    newer = PARAMETERS | {"software": "two"}
    begin(tmp_path, "first", "second")
    with pytest.raises(CampaignError, match="other software"), log(tmp_path, newer):
        pass
    begin(tmp_path, "third")
    with log(tmp_path, newer) as finished:
        assert len(finished.results) == 3


def test_the_software_of_a_campaign_is_the_one_that_began_it(tmp_path: Path) -> None:
    begin(tmp_path, *KEYS)
    with log(tmp_path, PARAMETERS | {"software": "two"}) as reported:
        assert reported.software == "one"


GROWN = PARAMETERS | {"repeats": 2, "response": ["0.05", "0.10"], "lights": ["office"]}


@pytest.mark.parametrize(
    "more", [{"repeats": 3}, {"response": ["0.03", "0.05", "0.10"]}, {"lights": ["office", "desk"]}]
)
def test_a_campaign_may_grow_and_then_does_not_shrink(tmp_path: Path, more: dict[str, Any]) -> None:
    with log(tmp_path, GROWN) as opened:
        opened.append(result("first"))
    with log(tmp_path, GROWN | more) as opened:
        assert set(opened.results) == {"first"}
    assert json.loads((tmp_path / "campaign.json").read_text()) == GROWN | more
    (name,) = more
    with pytest.raises(CampaignError, match=f"{name} was"), log(tmp_path, GROWN):
        pass


def test_other_software_may_not_make_a_campaign_grow(tmp_path: Path) -> None:
    with log(tmp_path, GROWN) as opened:
        opened.append(result("first"))
    with (
        pytest.raises(CampaignError, match="other software"),
        log(tmp_path, GROWN | {"repeats": 3, "software": "two"}),
    ):
        pass
    assert json.loads((tmp_path / "campaign.json").read_text()) == GROWN


def test_an_error_is_final_until_it_is_retried(tmp_path: Path) -> None:
    with log(tmp_path) as opened:
        opened.append(result("first", "error"))
        opened.append(result("second", "rejected"))
    with log(tmp_path) as again:
        assert again.results["first"].outcome is TrialOutcome.ERROR
    with TrialLog(tmp_path, PARAMETERS, KEYS, retry_errors=True) as retried:
        assert set(retried.results) == {"second"}
        retried.append(result("first", "accepted"))
    assert kept(tmp_path) == 2  # in three lines
    with log(tmp_path) as again:
        assert again.results["first"].outcome is TrialOutcome.ACCEPTED
        assert len(again.results) == 2


def test_other_software_may_not_retry_errors(tmp_path: Path) -> None:
    with log(tmp_path) as opened:
        for key in KEYS:
            opened.append(result(key, "error"))
    newer = PARAMETERS | {"software": "two"}
    with (
        pytest.raises(CampaignError, match="other software"),
        TrialLog(tmp_path, newer, KEYS, retry_errors=True),
    ):
        pass


def test_all_files_are_for_their_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        (tmp_path / "trials.jsonl").touch()  # of an older version
        begin(tmp_path, "first")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("campaign.json", "trials.jsonl", "trials.lock"), 0o600)


def test_one_process_at_a_time_holds_a_folder(tmp_path: Path) -> None:
    with log(tmp_path), pytest.raises(CampaignError, match="another evaluation"), log(tmp_path):
        pass


def test_a_trial_of_another_campaign_is_refused(tmp_path: Path) -> None:
    with log(tmp_path) as opened, pytest.raises(CampaignError, match="'fourth' is not of the campaign"):
        opened.append(result("fourth"))


def test_results_without_a_campaign_are_not_adopted(tmp_path: Path) -> None:
    begin(tmp_path, "first")
    (tmp_path / "campaign.json").unlink()
    with pytest.raises(CampaignError, match=r"without campaign\.json"), log(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CampaignError, match="cannot hold results"), log(tmp_path / "file" / "folder"):
        pass


def test_the_same_campaign_does_not_differ() -> None:
    assert difference(PARAMETERS, dict(PARAMETERS)) == ""
