"""``lightproof evaluate`` as it is used: reports that keep to their schema, interruptions, refusals."""

from __future__ import annotations

import importlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import evaluation_material as material
import jsonschema
import pytest

from lightproof import cli
from lightproof.errors import MissingExtraError
from lightproof.evaluation import local_workers
from lightproof.evaluation.campaign_summary import summarise
from lightproof.evaluation.trials import Trial, TrialResult
from lightproof.policy import MIN_DECOYS

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "evaluate.schema.json"
COMMAND = [sys.executable, "-c", "import sys; from lightproof.cli import main; sys.exit(main())", "evaluate"]


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return material.write_bases(tmp_path_factory.mktemp("bases"))


@pytest.fixture
def pretending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trials take no time."""

    def at_once(trials: Iterable[Trial], workers: int) -> Generator[TrialResult, None, None]:
        for trial in trials:
            yield material.pretend(trial)

    monkeypatch.setattr(local_workers, "in_processes", at_once)


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


def test_riapar_is_what_attacks_gain_plus_what_people_lose() -> None:
    campaign = material.campaign()
    report = summarise(campaign, material.pretended(campaign))
    own = report["bona_fide"]
    lost = (own["rejected"] + own["inconclusive"]) / own["attempts"]
    for figures in report["species"].values():
        assert figures["riapar"] == pytest.approx(figures["apcer"] + lost)
    assert own["bpcer"] == own["rejected"] / own["attempts"]
    assert own["bpnrr"] == own["inconclusive"] / own["attempts"]


def test_a_campaign_interrupted_by_ctrl_c_says_so_in_one_line_and_goes_on(
    tmp_path: Path, bases: Path
) -> None:
    command = [
        *COMMAND, "--bases", str(bases), "--response", "0.15", "--jobs", "1", "--seed", "4",
        "--decoys", str(MIN_DECOYS), "--out", str(tmp_path),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "trials.jsonl"
    until_s = time.monotonic() + 120
    while not (log.exists() and log.read_bytes()) and process.poll() is None and time.monotonic() < until_s:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 1
    assert re.fullmatch(
        r"error: interrupted; 1 finished trials are kept in .* run the same command again.*\n", complaint
    )
    before = log.read_text().splitlines()
    again = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
    assert again.stderr == ""
    after = log.read_text().splitlines()
    assert after[: len(before)] == before
    assert len({json.loads(line)["key"] for line in after}) == len(after) == 2
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["bona_fide"]["accepted"] == report["species"]["flat_print"]["rejected"] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "--bases"),
        (("--bases", "{bases}", "--jobs", "many"), 2, "neither a number"),
        (("--bases", "{bases}", "--jobs", "dask://nowhere"), 2, "neither a number"),
        (("--bases", "{bases}", "--subjects", "some"), 2, "even, odd, all"),
        (("--bases", "{bases}", "--subjects", "even"), 1, "error: no subject with an even number"),
        (("--bases", "{bases}", "--response", "ten"), 1, "error: response 'ten'"),
        (("--bases", "{bases}", "--lights", "candle"), 1, "error: light 'candle' is unknown"),
        (("--bases", "{empty}"), 1, "holds no light-transport basis"),
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
    places = {"bases": bases, "empty": tmp_path / "empty"}
    given = [argument.format(**places) for argument in arguments]
    ended, _, complaint = run(capsys, *given, "--out", tmp_path / "out")
    assert ended == status
    assert message in " ".join(complaint.replace("│", " ").split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["jinja2", "scipy.special"])
def test_a_missing_extra_is_told_by_name(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    for module in ("evaluation_report", "chart_campaign", "statistics"):
        monkeypatch.delitem(sys.modules, f"lightproof.evaluation.{module}", raising=False)
    with pytest.raises(MissingExtraError, match="pip install 'lightproof"):
        importlib.import_module("lightproof.evaluation.evaluation_report")


def test_a_cluster_without_dask_is_told_by_name(
    tmp_path: Path, bases: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, complaint = run(
        capsys, "--bases", bases, "--out", tmp_path / "out", "--jobs", "dask://127.0.0.1:8786"
    )
    assert status == 1
    assert "lightproof[cluster]" in complaint
