"""Once the light has played the result comes first, and nothing optional that fails after it costs it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lightproof import cli
from lightproof.reporting import session_report
from lightproof.rigs.recording.video import VideoWriter

pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")

SIMULATED = ("verify", "--rig", "simulated", "--presence-only", "--seed", "3")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LIGHTPROOF_HOME", str(folder))
    return folder


def run(*arguments: object) -> int:
    return cli.main([*SIMULATED, *map(str, arguments)])


def unboxed(text: str) -> str:
    """Return the words of an error that stands in a box."""
    return " ".join(text.replace("│", " ").split())


def fail(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_report_that_cannot_be_written_after_the_light_costs_an_error_line_and_not_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="a report is drawn with matplotlib (extra 'report')")
    monkeypatch.setattr(session_report, "write_atomic", fail)
    report = tmp_path / "report.html"
    assert run("--report", report, "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["token"].count(".") == 2
    assert "the result stands" in printed.err
    assert not report.exists()


def test_a_disk_that_fills_up_while_recording_costs_an_error_line_and_not_the_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("av", reason="recordings are written with PyAV (extra 'record')")
    monkeypatch.setattr(VideoWriter, "write", fail)
    assert run("--record", tmp_path / "recording", "--yes", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["verdict"] == "verified"
    assert "No space left on device" in printed.err
    assert "the result stands" in printed.err
    assert [path for path in tmp_path.iterdir() if path.name != "home"] == []


@pytest.mark.parametrize("option", ["--report", "--record"])
@pytest.mark.parametrize("place", ["file/below", "x" * 300, "absent/below/this"])
def test_what_can_be_known_to_fail_is_known_before_the_light(
    option: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if (option, place) == ("--record", "absent/below/this"):
        pytest.skip("a recording makes its own folders")
    (tmp_path / "file").touch()
    assert run(option, tmp_path / place, "--yes") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "cannot be written" in unboxed(printed.err)


def test_a_path_with_markup_in_it_is_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="a report is drawn with matplotlib (extra 'report')")
    report = tmp_path / "[" / "b].html"
    report.parent.mkdir()
    assert run("--report", report, "--audience", "urn:x:[/a]") == 0
    printed = capsys.readouterr()
    assert report.exists()
    assert "urn:x:[/a]" in printed.out
    assert "[/b].html" in printed.err


@pytest.mark.parametrize("option", ["--report", "--record"])
def test_a_place_that_is_refused_moves_no_cursor(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run(option, tmp_path / "file" / "\x1b[2J", "--yes") == 2
    assert "\x1b[2J" not in capsys.readouterr().err


def test_a_demo_into_a_place_that_cannot_be_written_plays_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert cli.main(["demo", "--report", str(tmp_path / "file" / "demo.html")]) == 2
    assert "cannot be written" in unboxed(capsys.readouterr().err)
