"""``lightproof evaluate`` as it is used: reports that keep to their schema, interruptions, refusals."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lightproof import cli
from lightproof.errors import MissingExtraError
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult
from lightproof.evaluation.workers import local as local_workers
from lightproof.policy import MIN_DECOYS
from tests.evaluation import evaluation_material as material
from tests.waiting import GATE_VARIABLE, PATIENCE_S, hear_ctrl_c

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "evaluate.schema.json"
ROOT = Path(__file__).parents[2]
ONE_BEFORE_THE_GATE = """
import functools, sys
from lightproof.cli import main
from lightproof.evaluation.workers import local
from tests.evaluation import evaluation_material as material
local.in_processes = functools.partial(local.in_processes, run=material.run_one_before_the_gate)
sys.exit(main())
"""
"""The command line, whose second trial begins when a test says so."""


@pytest.fixture
def pretending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trials take no time."""
    monkeypatch.setattr(
        local_workers, "in_processes", lambda trials, workers: map_of(material.pretend, trials)
    )


def map_of(runs: RunTrial, trials: Iterable[Trial]) -> Generator[TrialResult, None, None]:
    for trial in trials:
        yield runs(trial)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = cli.main(["evaluate", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_reports_are_written_and_keep_to_their_schema(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("face_id,face_age,face_gender,face_eth\n001,52,female,white\n")
    status, said, _ = run(
        capsys, "--bases", bases, "--response", "0.05, 0.10", "--repeats", 6, "--seed", 4,
        "--lights", "office,window", "--out", tmp_path / "out", "--people", people, "--json",
    )  # fmt: skip
    assert status == 0
    report: dict[str, Any] = json.loads(said)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())
    last = json.loads((tmp_path / "out" / "trials.jsonl").read_text().splitlines()[-1])
    assert report["trial_log"] == last["chain"]
    assert last["chain"] in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(report, schema)
    keys = {"attempts", "accepted", "rejected", "inconclusive"}
    assert keys | {"apcer", "apcer_upper95"} <= set(report["species"]["flat_print"]["by_response"]["0.10"])
    assert keys | {"bpcer", "bpcer_upper95"} <= set(report["bona_fide"]["by_response"]["0.05"])
    assert set(report["bona_fide"]["by_light"]) == {"office", "window"}
    assert set(report["groups"]) == {"sex", "age", "ethnicity"}
    assert report["groups"]["age"]["groups"]["50-59"]["attempts"] == 24


def test_the_html_report_needs_nothing_else_and_names_every_accepted_attack(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said, _ = run(capsys, "--bases", bases, "--repeats", 6, "--out", tmp_path)
    assert status == 0
    assert "flat print" in said
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=\"(?!data:|#)|@import|<script", page)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["accepted_attacks"]
    named = page[page.index("Accepted attacks") : page.index("Rejected bona fide")]
    assert named.count('<th scope="row">flat_print_001</th>') == len(report["accepted_attacks"])
    for words in ("APCER", "APNRR", "BPCER", "BPNRR", "RIAPAR", "Detection error trade-off"):
        assert words in page


def test_a_campaign_interrupted_by_ctrl_c_says_so_in_one_line_and_goes_on(
    tmp_path: Path, bases: Path
) -> None:
    gate, out = tmp_path / "gate", tmp_path / "out"
    command = [
        sys.executable, "-c", ONE_BEFORE_THE_GATE, "evaluate", "--bases", str(bases), "--response", "0.15",
        "--jobs", "1", "--seed", "4", "--decoys", str(MIN_DECOYS), "--out", str(out),
    ]  # fmt: skip
    environment = os.environ | {GATE_VARIABLE: str(gate)}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        preexec_fn=hear_ctrl_c,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = [process.stderr.readline() for _ in range(2)]
    assert told[1] == "trials 1 of 2 (50 %)\n", "".join(told) + process.stderr.read()
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=PATIENCE_S)
    log = out / "trials.jsonl"
    assert process.returncode == 1
    assert re.fullmatch(
        r"error: interrupted; 1 finished trials are kept in .* run the same command again.*",
        complaint.splitlines()[-1],
    )
    before = log.read_text().splitlines()
    gate.touch()
    again = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert again.stderr.splitlines()[1:] == ["trials 1 of 2 (50 %)", "trials 2 of 2 (100 %)"]
    after = log.read_text().splitlines()
    assert after[: len(before)] == before
    assert len({json.loads(line)["key"] for line in after}) == len(after) == 2
    report = json.loads((out / "report.json").read_text())
    assert report["bona_fide"]["accepted"] == report["species"]["flat_print"]["rejected"] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "--bases"),
        (("--bases", "{bases}", "--jobs", "many"), 2, "neither a number"),
        (("--bases", "{bases}", "--jobs", "dask://nowhere"), 2, "neither a number"),
        (("--bases", "{bases}", "--jobs", "tls://host:8786"), 2, "needs --tls-ca, --tls-cert, --tls-key"),
        (
            ("--bases", "{bases}", "--jobs", "tls://host:8786", "--tls-ca", "{pem}"),
            2,
            "--tls-cert, --tls-key",
        ),
        (
            ("--bases", "{bases}", "--jobs", "dask://host:8786", "--tls-key", "{pem}"),
            2,
            "goes with --jobs tls",
        ),
        (("--bases", "{bases}", "--tls-cert", "{pem}"), 2, "--jobs is left out"),
        (("--bases", "{bases}", "--subjects", "some"), 2, "even, odd, all"),
        (("--bases", "{bases}", "--subjects", "even"), 1, "error: no subject with an even number"),
        (("--bases", "{bases}", "--response", "ten"), 2, "response 'ten'"),
        (("--bases", "{bases}", "--response", "3"), 2, "response '3' is 300 %; give a share up to 2, 0.03"),
        (("--bases", "{bases}", "--response", "0.1,0.10"), 2, "is there twice"),
        (("--bases", "{bases}", "--response", ""), 2, "no response was given"),
        (("--bases", "{bases}", "--lights", "candle"), 2, "light 'candle' is unknown"),
        (("--bases", "{empty}"), 1, "holds no light-transport basis and no recording"),
        (("--recordings", "{empty}"), 1, "holds no recording"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(
    tmp_path: Path,
    bases: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.pem").touch()
    places = {"bases": bases, "empty": tmp_path / "empty", "pem": tmp_path / "a.pem"}
    given = [argument.format(**places) for argument in arguments]
    ended, _, complaint = run(capsys, *given, "--out", tmp_path / "out")
    assert ended == status
    assert message in " ".join(complaint.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


def test_what_will_run_is_told_in_percent_before_it_runs(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, told = run(
        capsys, "--bases", bases, "--response", "0.03,0.15", "--repeats", 10, "--out", tmp_path / "out"
    )
    assert status == 0
    plan, *lines = told.splitlines()
    assert plan == "40 trials: 1 bona fide, 1 of 1 PAI species; response 3 %, 15 %; lights office; 10 each"
    assert lines == [f"trials {done} of 40 ({100 * done // 40} %)" for done in range(4, 41, 4)]


def test_an_edited_log_is_told_in_one_line(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("--bases", bases, "--response", "0.05,0.10", "--out", tmp_path)
    assert run(capsys, *command)[0] == 0
    log = tmp_path / "trials.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([lines[0], *lines[2:]]))
    status, _, complaint = run(capsys, *command)
    assert status == 1
    assert "trials.jsonl: line 2 is not as it was written" in complaint.splitlines()[-1]


def test_errors_end_with_a_status_of_their_own_until_a_retry_succeeds(
    tmp_path: Path, bases: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    works = material.fail_at("flat_print_001 response=0.10 light=office repeat=0")
    monkeypatch.setattr(local_workers, "in_processes", lambda trials, workers: map_of(works, trials))
    command = ("--bases", bases, "--response", "0.05,0.10", "--out", tmp_path)
    status, _, complaint = run(capsys, *command)
    assert status == 1
    assert "error: 1 of 4 trials ended with an error" in complaint
    assert "--retry-errors" in complaint
    assert json.loads((tmp_path / "report.json").read_text())["species"]["flat_print"]["errors"] == 1
    assert run(capsys, *command)[0] == 1
    monkeypatch.setattr(
        local_workers, "in_processes", lambda trials, workers: map_of(material.pretend, trials)
    )
    assert run(capsys, *command, "--retry-errors")[0] == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["species"]["flat_print"]["attempts"], report["errors"]) == (2, [])
    assert run(capsys, *command)[0] == 0


def test_more_repeats_levels_and_lights_can_be_added_and_nothing_else(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("--bases", bases, "--out", tmp_path)
    assert run(capsys, *command, "--response", "0.05")[0] == 0
    more = ("--response", "0.02,0.05", "--lights", "office,window", "--repeats", 3)
    assert run(capsys, *command, *more)[0] == 0
    assert json.loads((tmp_path / "report.json").read_text())["campaign"]["trials"] == 2 * 2 * 2 * 3
    status, _, complaint = run(capsys, *command, *more, "--seed", 5)
    assert status == 1
    assert "seed was 0, now 5" in complaint


def test_every_file_is_for_its_owner_alone(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = os.umask(0o022)
    try:
        run(capsys, "--bases", bases, "--out", tmp_path / "out")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    names = ("campaign.json", "trials.jsonl", "trials.lock", "report.json", "report.html")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_table_of_other_people_is_refused_before_anything_runs(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("face_id,face_gender\n1,female\n")
    status, _, complaint = run(capsys, "--bases", bases, "--out", tmp_path / "out", "--people", people)
    assert status == 1
    assert "it has '1', where the bases and recordings have '001'" in complaint
    assert not (tmp_path / "out").exists()


def test_a_long_name_leaves_the_headings_of_the_table_whole(
    tmp_path: Path, bases: Path, pretending: None, capsys: pytest.CaptureFixture[str]
) -> None:
    from lightproof.simulation import basis

    mask = basis.load(bases / "flat_print_001.npz")
    name = "silicone_mask_with_real_hair_worn_over_glasses_in_front_of_a_window"
    shown = tmp_path / "bases"
    shown.mkdir()
    dataclasses.replace(mask, meta={**mask.meta, "species": name}).save(shown / "mask.npz")
    status, said, _ = run(capsys, "--bases", shown, "--out", tmp_path / "out")
    assert status == 0
    heading = said.splitlines()[0].split()
    assert heading == ["attempts", "accepted", "rejected", "inconclusive", "APCER/BPCER", "95", "%", "bounds"]


@pytest.mark.parametrize("missing", ["jinja2", "scipy.special"])
def test_a_missing_extra_is_told_by_name(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    for module in (
        "report.evaluation_report",
        "report.outcome_charts",
        "report.tradeoff_charts",
        "metrics.error_rates",
    ):
        monkeypatch.delitem(sys.modules, f"lightproof.evaluation.{module}", raising=False)
    with pytest.raises(MissingExtraError, match="pip install 'lightproof"):
        importlib.import_module("lightproof.evaluation.report.evaluation_report")


def test_a_cluster_without_dask_is_told_by_name(
    tmp_path: Path, bases: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, complaint = run(
        capsys, "--bases", bases, "--out", tmp_path / "out", "--jobs", "dask://127.0.0.1:8786"
    )
    assert status == 1
    assert "lightproof[cluster]" in complaint
