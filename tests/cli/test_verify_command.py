"""``lightproof verify``: what it refuses before anything happens, what it prints, what it leaves behind."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from lightproof import cli
from lightproof.cli import session_words
from lightproof.cli.json_objects import json_text
from lightproof.device import load_or_create_device_key
from lightproof.expectations import ANY, Expectations
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.result import verify_result
from lightproof.session import Session
from lightproof.single_use import SingleUseStore
from lightproof.verdict import REASONS, Finding, Outcome, ReasonCode, Verdict

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "verify.schema.json"
NONCE = bytes(range(16))
AUDIENCE = "https://example.org/verify"
SIMULATED = ("--rig", "simulated", "--presence-only")

RIG_MODULE = """
from dataclasses import replace

import numpy as np

from lightproof.rigs.protocol import Calibration
from tests.rigs.tiny_rig import TinyRig

class Interrupted(TinyRig):
    def frames(self, until_s):
        yield from list(super().frames(until_s))[:3]
        raise KeyboardInterrupt

class Numerical:
    def __init__(self, rig):
        self.rig = rig

    def __getattr__(self, name):
        return getattr(self.rig, name)

    def __enter__(self):
        self.rig.__enter__()
        return self

    def __exit__(self, *error):
        self.rig.__exit__(*error)

    @property
    def description(self):
        found = self.rig.description
        rows = tuple(tuple(row) for row in np.array(found.calibration.mixing))
        calibration = Calibration(np.float64(found.calibration.latency_s), rows)
        return replace(found, calibration=calibration, frame_rate_hz=np.float64(found.frame_rate_hz))

    def show(self, illumination, at_s=None):
        return np.float64(self.rig.show(illumination, at_s))

def numerical(options):
    from lightproof.rigs.simulated import open_rig

    return Numerical(open_rig(options))

def person(options):
    return TinyRig(width=64, height=48)

def interrupted(options):
    return Interrupted(width=64, height=48)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "home"


@pytest.fixture
def rig_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "rigs_of_this_test.py").write_text(RIG_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return "rigs_of_this_test"


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def schema() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return content


def _verify(*arguments: object) -> int:
    return cli.main(["verify", *map(str, arguments)])


def _skip_without_sample_person() -> None:
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--rig", "simulated"], "--reference"),
        (["--rig", "desktop"], "--reference"),
        (["--presence-only", "--reference", "FILE"], "--reference"),
        (["--presence-only", "--attack", "print"], "--attack"),
        (["--presence-only", "--rig", "desktop", "--attack", "print"], "--attack"),
        (["--presence-only", "--rig", "simulated", "--attack", "hypnosis"], "--attack"),
        (["--presence-only", "--rig", "desktop", "--subject", "FILE"], "--subject"),
        (["--presence-only", "--seed", "1"], "--seed"),
        (["--presence-only", "--rig", "desktop", "--seed", "1"], "--seed"),
        (["--presence-only", "--rig", "recording", "--recording", "DIR", "--seed", "1"], "--seed"),
        (["--presence-only", "--rig", "recording", "--recording", "DIR", "--gentle"], "--gentle"),
        (["--presence-only", "--rig", "recording"], "--recording"),
        ([*SIMULATED, "--recording", "DIR"], "--recording"),
        ([*SIMULATED, "--record", "FULL", "--yes"], "--record"),
        ([*SIMULATED, "--record", "NEW"], "--record"),
        ([*SIMULATED, "--record", "NEW", "--json"], "--record"),
        ([*SIMULATED, "--report", "NEW/report.html"], "--report"),
        ([*SIMULATED, "--nonce", "0011"], "--nonce"),
        ([*SIMULATED, "--nonce", "nonsense"], "--nonce"),
        ([*SIMULATED, "--audience", "somebody"], "--audience"),
        ([*SIMULATED, "--seed", "-1"], "--seed"),
        ([*SIMULATED, "--set", "response"], "--set"),
        ([*SIMULATED, "--set", "response=abc"], "--set"),
        ([*SIMULATED, "--set", "nonsense=1"], "--set"),
        ([*SIMULATED, "--policy", "FILE"], "--policy"),
        ([*SIMULATED, "--requester", "back\u202ewards"], "--requester"),
        ([*SIMULATED, "--purpose", " "], "--purpose"),
        (["--presence-only", "--rig", "recording", "--recording", "DIR", "--purpose", "x"], "--purpose"),
        (["--presence-only", "--rig", "nonsense"], "--rig"),
        (["--presence-only", "--rig", "nothing:nothing"], "--rig"),
        ([*SIMULATED, "--subject", "NEW"], "--subject"),
        ([*SIMULATED, "--models", "NEW"], "--models"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage_before_anything_is_touched(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary").touch()
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").write_text("nonsense = 1")
    before = sorted(tmp_path.rglob("*"))
    places = {"FILE": "file", "DIR": "dir", "FULL": "full"}
    given = [
        str(tmp_path / places.get(argument, argument)) if argument.isupper() or "/" in argument else argument
        for argument in arguments
    ]
    assert _verify(*given) == 2
    printed = capsys.readouterr()
    assert named in printed.err
    assert printed.out == ""
    assert sorted(tmp_path.rglob("*")) == before


def test_a_session_prints_one_object_that_keeps_to_its_schema_and_a_token_that_verifies(
    capsys: pytest.CaptureFixture[str], schema: dict[str, Any]
) -> None:
    _skip_without_sample_person()
    arguments = (*SIMULATED, "--seed", 3, "--nonce", NONCE.hex(), "--audience", AUDIENCE, "--json")
    assert _verify(*arguments) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    session = json.loads(printed.out)
    jsonschema.validate(session, schema)
    assert (session["verdict"], session["rig"]) == ("verified", "simulated")
    assert session["evidence"]["match"] is None
    key = load_or_create_device_key(rig="simulated")
    assert session["jwks_thumbprint"] == key.kid
    expected = Expectations(
        rigs=key.rigs, presence_only=True, policies=ANY, models=ANY, software=ANY, latency_classes=ANY
    )
    result = verify_result(session["token"], key.jwks(), NONCE, AUDIENCE, expected, SingleUseStore(None))
    assert result.verdict.outcome is Outcome.VERIFIED
    for bad in (
        {"verdict": "verified", "reasons": ["no_face"]},
        {"verdict": "not_verified", "reasons": []},
        {"evidence": session["evidence"] | {"charm": None}},
        {"evidence": session["evidence"] | {"relief": session["evidence"]["relief"] | {"face": [1]}}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(session | bad, schema)


def test_a_recorded_session_is_replayed_to_the_same_evidence_bit_by_bit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], schema: dict[str, Any]
) -> None:
    _skip_without_sample_person()
    pytest.importorskip("av", reason="recordings are written with PyAV (extra 'record')")
    folder = tmp_path / "recording"
    arguments = (*SIMULATED, "--set", "blinks_per_min=40", "--record", folder, "--yes", "--json")
    assert _verify(*arguments) == 0
    recorded = json.loads(capsys.readouterr().out)
    for replay in (("--recording", folder), ("--subject", folder)):
        assert _verify("--rig", "recording", *replay, "--presence-only", "--json") == 0
        replayed = json.loads(capsys.readouterr().out)
        jsonschema.validate(replayed, schema)
        assert replayed["evidence"] == recorded["evidence"]
        assert (replayed["rig"], replayed["token"], replayed["jwks_thumbprint"]) == ("recording", None, None)

    again = ("--rig", "recording", "--recording", folder, "--presence-only")
    assert _verify(*again, "--nonce", NONCE.hex()) == 2
    assert "--nonce" in capsys.readouterr().err
    session_file = folder / "session.json"
    session = json.loads(session_file.read_text())
    del session["context"]["policy"]
    session_file.write_text(json.dumps(session))
    assert _verify(*again) == 1
    assert "policy" in capsys.readouterr().err


def test_a_rig_that_measures_in_numpy_loses_neither_its_session_nor_its_recording(
    tmp_path: Path, rig_module: str, capsys: pytest.CaptureFixture[str], schema: dict[str, Any]
) -> None:
    _skip_without_sample_person()
    pytest.importorskip("av", reason="recordings are written with PyAV (extra 'record')")
    folder = tmp_path / "recording"
    arguments = ("--rig", f"{rig_module}:numerical", "--presence-only", "--json")
    assert _verify(*arguments, "--record", folder, "--yes") == 0
    recorded = json.loads(capsys.readouterr().out)
    jsonschema.validate(recorded, schema)
    assert recorded["evidence"]["latency"]["calibrated_s"] is not None
    assert _verify("--rig", "recording", "--recording", folder, "--presence-only", "--json") == 0
    assert json.loads(capsys.readouterr().out)["evidence"] == recorded["evidence"]


def test_without_json_the_person_reads_the_outcome_and_what_to_do_and_no_score(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _skip_without_sample_person()
    pytest.importorskip("matplotlib", reason="a report is drawn with matplotlib (extra 'report')")
    report = tmp_path / "report.html"
    assert _verify(*SIMULATED, "--attack", "print", "--seed", 3, "--report", report) == 10
    captured = capsys.readouterr()
    printed = captured.out
    assert printed.startswith("not verified\n")
    assert REASONS[ReasonCode.FLAT_LIGHT].message in printed
    assert "nobody was in front of a camera" in printed
    assert f"report in {report}" in captured.err
    assert report.read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    token = printed.splitlines()[-1]
    assert token.count(".") == 2


def test_a_reference_without_a_face_ends_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _skip_without_sample_person()
    picture = tmp_path / "wall.png"
    cv2.imwrite(str(picture), np.full((400, 300, 3), 128, np.uint8))
    assert _verify("--rig", "simulated", "--reference", picture) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: the reference shows no face")
    assert len(printed.err.splitlines()) == 1


def test_a_person_who_chooses_the_other_way_is_declined_and_not_recorded(
    tmp_path: Path,
    rig_module: str,
    answer: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    schema: dict[str, Any],
) -> None:
    answer("y\n2\n")
    folder = tmp_path / "recording"
    assert _verify("--rig", f"{rig_module}:person", "--presence-only", "--record", folder, "--json") == 12
    printed = capsys.readouterr()
    session = json.loads(printed.out)
    jsonschema.validate(session, schema)
    assert (session["verdict"], session["reasons"]) == ("declined", ["consent_declined"])
    assert set(session["evidence"].values()) == {None}
    assert session["token"].count(".") == 2
    assert "a recording of your face" in printed.err
    assert not folder.exists()


def test_the_person_reads_who_asks_and_why(rig_module: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--requester", "株式会社\u3000佐藤", "--purpose", "you can go in")
    assert _verify("--rig", f"{rig_module}:person", "--presence-only", *words) == 12
    assert "株式会社 佐藤 asks you to be verified, so that you can go in." in capsys.readouterr().err


def test_silence_is_no_consent(rig_module: str) -> None:
    assert _verify("--rig", f"{rig_module}:person", "--presence-only") == 12


def test_a_seed_is_refused_by_a_rig_that_turns_out_to_be_real(
    rig_module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify("--rig", f"{rig_module}:person", "--presence-only", "--seed", 1) == 2
    assert "--seed" in capsys.readouterr().err


def test_a_recording_that_is_not_confirmed_begins_nothing(
    tmp_path: Path, answer: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    answer("no\n")
    assert _verify(*SIMULATED, "--record", tmp_path / "recording") == 1
    assert "--record was not confirmed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_in_the_middle_ends_in_one_line_and_leaves_no_recording(
    tmp_path: Path, rig_module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "recordings" / "one"
    arguments = ("--rig", f"{rig_module}:interrupted", "--presence-only", "--record", folder, "--yes")
    assert _verify(*arguments) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "error: interrupted\n"
    assert list(folder.parent.iterdir()) == []


def test_a_session_needs_no_extra_for_a_report_that_nobody_asked_for(
    rig_module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "lightproof.reporting.session_report", raising=False)
    assert _verify("--rig", f"{rig_module}:person", "--presence-only") == 12


def test_a_figure_that_is_no_number_is_null() -> None:
    inconclusive = (Finding.INCONCLUSIVE, (ReasonCode.WEAK_RESPONSE,))
    response = ResponseEvidence(*inconclusive, 0.0, float("inf"), (0.0, float("nan"), 0.1))
    parts = type("Parts", (), {"response": response})()
    session = Session(Verdict(Outcome.INCONCLUSIVE, (ReasonCode.WEAK_RESPONSE,)), evidence=parts)
    printed = json.loads(json_text(session_words.session_object(session, "simulated", None, {})))
    assert printed["evidence"]["response"]["sigma"] is None
    assert printed["evidence"]["response"]["channels"] == [0.0, None, 0.1]
    json.dumps(printed, allow_nan=False)
