"""The command line of results and keys: statuses, one-line errors and JSON that keeps to its schema."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from lightproof import cli
from lightproof.device import load_or_create_device_key
from lightproof.errors import InputError
from lightproof.face.manifest import load_manifest
from lightproof.policy import Policy
from lightproof.result import SessionResult, hash_text, sign_result, software_sha256
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import RigKind
from lightproof.verdict import REASONS, Outcome, ReasonCode, Verdict
from tests.sample_result import AUDIENCE, RESULT

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
NONCE = bytes(range(16))
ACCEPTING = ("--rig", "desktop", "--any-policy", "--any-models", "--any-software", "--latency", "direct")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _schema(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _token(
    home: Path,
    outcome: str = "verified",
    *reasons: str,
    rig: RigKind = "desktop",
    presence_only: bool = False,
    issued_at: int | None = None,
    latency_class: LatencyClass | None = LatencyClass.DIRECT,
) -> str:
    result = dataclasses.replace(
        RESULT,
        verdict=Verdict(Outcome(outcome), tuple(map(ReasonCode, reasons))),
        nonce=NONCE,
        rig=rig,
        presence_only=presence_only,
        latency_class=latency_class,
        issued_at=int(time.time()) if issued_at is None else issued_at,
    )
    return sign_result(result, load_or_create_device_key(home, rig=rig))


def _verify(
    home: Path,
    token: str,
    *more: str,
    nonce: str = NONCE.hex(),
    audience: str = AUDIENCE,
    key_for: RigKind = "desktop",
    accepting: Sequence[str] = ACCEPTING,
) -> int:
    jwks = home.parent / "jwks.json"
    jwks.write_text(json.dumps(load_or_create_device_key(home, rig=key_for).jwks()))
    asked = ["--jwks", str(jwks), "--nonce", nonce, "--audience", audience]
    return cli.main(["result", "verify", token, *asked, *accepting, *more])


@pytest.mark.parametrize(
    ("outcome", "reasons", "status"),
    [
        ("verified", [], 0),
        ("not_verified", ["stale_light", "face_mismatch"], 10),
        ("inconclusive", ["too_bright"], 11),
        ("declined", ["consent_declined"], 12),
    ],
)
def test_the_exit_status_and_the_words_follow_the_outcome(
    home: Path, capsys: pytest.CaptureFixture[str], outcome: str, reasons: list[str], status: int
) -> None:
    assert _verify(home, _token(home, outcome, *reasons)) == status
    printed = capsys.readouterr().out
    assert printed.startswith(outcome.replace("_", " ") + "\n")
    assert all(REASONS[ReasonCode(code)].remedy in printed for code in reasons)
    assert "NOTE" not in printed

    assert _verify(home, _token(home, outcome, *reasons), "--json") == status
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("result-verify"))
    assert (said["outcome"], said["reasons"]) == (outcome, reasons)


def test_a_simulated_presence_only_result_is_accepted_by_name_alone_and_says_so(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = _token(home, rig="simulated", presence_only=True)
    assert _verify(home, token, key_for="simulated") == 1
    assert "comes from a rig of kind simulated, not desktop" in capsys.readouterr().err
    assert _verify(home, token, "--rig", "simulated", key_for="simulated") == 1
    assert "no photo was compared" in capsys.readouterr().err
    assert _verify(home, token, "--rig", "simulated", "--presence-only", key_for="simulated") == 0
    printed = capsys.readouterr().out
    assert "NOTE: the rig is simulated: nobody was in front of a camera" in printed
    assert "NOTE: presence only" in printed


def test_a_token_is_used_up_by_verifying_it(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = _token(home)
    assert _verify(home, token) == 0
    assert _verify(home, token) == 1
    assert "was used before" in capsys.readouterr().err
    assert (home / "taken-results.sqlite3").stat().st_mode & 0o777 == 0o600
    other = ("--store", str(tmp_path / "store"))
    assert [_verify(home, token, *other) for _ in range(2)] == [0, 1]
    assert _verify(home, token, "--store", str(tmp_path)) == 1
    assert "nothing is accepted without it" in capsys.readouterr().err


@pytest.mark.parametrize("left_out", ["--rig", "--any-policy", "--any-models", "--any-software", "--latency"])
def test_what_is_expected_has_to_be_said(
    home: Path, capsys: pytest.CaptureFixture[str], left_out: str
) -> None:
    value = {"--rig": "desktop", "--latency": "direct"}.get(left_out)
    rest = [word for word in ACCEPTING if word not in (left_out, value)]
    assert _verify(home, _token(home), accepting=rest) == 2
    assert left_out.replace("--any-", "--") in capsys.readouterr().err


def test_a_policy_is_named_by_its_file_or_its_hash_and_no_other_is_accepted(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = tmp_path / "desk.toml"
    desk.write_text('fmr = "1e-4"\n')
    others = [word for word in ACCEPTING if word != "--any-policy"]
    lax = _token(home)
    assert _verify(home, lax, "--policy", str(desk), accepting=others) == 1
    assert "which is not among those accepted" in capsys.readouterr().err
    assert (
        _verify(
            home, lax, "--policy", hash_text(RESULT.policy_sha256), "--policy", str(desk), accepting=others
        )
        == 0
    )
    assert _verify(home, lax, "--policy", "A" * 32) == 2
    assert _verify(home, lax, "--policy", "*", accepting=others) == 2


def test_a_class_of_latency_is_accepted_by_name_alone_and_printed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = _token(home, latency_class=LatencyClass.BUFFERED)
    assert _verify(home, token) == 1
    assert "comes from a rig whose latency is buffered, not direct" in capsys.readouterr().err
    assert _verify(home, token, "--any-latency") == 2
    assert _verify(home, token, "--latency", "instant") == 2
    capsys.readouterr()
    assert _verify(home, token, "--json") == 1
    refused = json.loads(capsys.readouterr().out)
    jsonschema.validate(refused, _schema("result-verify"))
    assert refused["refusal"] == "unexpected_latency"
    assert _verify(home, token, "--latency", "buffered", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("result-verify"))
    assert said["latency_class"] == "buffered"

    any_class = [*ACCEPTING[:-2], "--any-latency"]
    unknown = _token(home, latency_class=LatencyClass.UNKNOWN)
    assert _verify(home, unknown, accepting=any_class) == 0
    assert "  latency  unknown\n" in capsys.readouterr().out


def test_who_declined_has_no_class_of_latency_and_is_heard(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = _token(home, "declined", "consent_declined", latency_class=None)
    assert _verify(home, token, "--json") == 12
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("result-verify"))
    assert said["latency_class"] is None
    again = _token(home, "declined", "consent_declined", latency_class=None)
    assert _verify(home, again) == 12
    assert "latency" not in capsys.readouterr().out


def test_the_hashes_of_an_installation_are_those_that_its_results_carry(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["result", "hashes", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("result-hashes"))
    assert said["policy"] == hash_text(Policy().sha256())
    assert said["models"] == hash_text(bytes.fromhex(load_manifest().sha256))
    assert said["software"] == hash_text(software_sha256())
    assert cli.main(["result", "hashes"]) == 0
    assert set(said.values()) <= set(capsys.readouterr().out.split())


def test_the_token_may_come_from_standard_input_or_a_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(_token(home) + "\n"))
    assert _verify(home, "-") == 0
    (tmp_path / "token").write_text(_token(home) + "\n")
    assert _verify(home, f"@{tmp_path / 'token'}") == 0


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"nonce": bytes(range(1, 17)).hex()}, "wrong_nonce"),
        ({"audience": "https://other.example"}, "wrong_audience"),
    ],
)
def test_a_token_that_is_not_valid_is_one_line_and_status_one(
    home: Path, capsys: pytest.CaptureFixture[str], change: Any, refusal: str
) -> None:
    assert _verify(home, _token(home), **change) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: result token")
    assert printed.err.count("\n") == 1

    assert _verify(home, _token(home), "--json", **change) == 1
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("result-verify"))
    assert said["refusal"] == refusal


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 20, "x" * 5000])
def test_bad_tokens_are_one_line_and_status_one(
    home: Path, capsys: pytest.CaptureFixture[str], token: str
) -> None:
    assert _verify(home, token) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_token_file_that_is_no_file_is_wrong_usage_and_named(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(home, "@/dev/null") == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "/dev/null is a device; give a regular file or a pipe" in said


def test_an_expired_token_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _verify(home, _token(home, issued_at=int(time.time()) - 121)) == 1
    assert "expired" in capsys.readouterr().err


def test_a_nonce_of_the_wrong_length_is_refused_with_the_remedy(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(home, _token(home), nonce="0011") == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "nonce has 2 bytes; give 16 to 64 bytes, which are 32 to 128 hexadecimal digits" in said


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--policy", "{folder}/other.json"), "--policy"),
        (("--policy", "{folder}/absent.toml"), "--policy"),
        (("--policy", "{folder}/unknown.toml"), "--policy"),
    ],
)
def test_a_policy_that_cannot_be_used_is_wrong_usage_and_the_token_stays_good(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], named: str
) -> None:
    (tmp_path / "unknown.toml").write_text("nonsense = 1\n")
    token = _token(home)
    others = [word for word in ACCEPTING if word != "--any-policy"]
    given = [option.format(folder=tmp_path) for option in options]
    assert _verify(home, token, *given, accepting=others) == 2
    assert named in capsys.readouterr().err
    assert _verify(home, token) == 0


def test_files_that_are_not_there_are_wrong_usage(home: Path, tmp_path: Path) -> None:
    assert _verify(home, "@/no/such/file") == 2
    nonce, absent = "00112233445566778899aabbccddeeff", str(tmp_path / "absent.json")
    arguments = ["result", "verify", "x", "--jwks", absent, "--nonce", nonce, "--audience", "a:b", *ACCEPTING]
    assert cli.main(arguments) == 2
    assert cli.main(["result", "hashes", "--policy", str(home / "absent.toml")]) == 2


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_device_jwks_prints_the_public_keys(
    home: Path, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    assert cli.main(["device", "jwks", *flags]) == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("device-jwks"))
    assert said == load_or_create_device_key(home).jwks()


@pytest.mark.parametrize("rig", ["simulated", "other"])
def test_rigs_that_are_not_of_the_house_are_signed_by_a_key_that_the_device_does_not_print_unasked(
    home: Path, capsys: pytest.CaptureFixture[str], rig: RigKind
) -> None:
    assert _verify(home, _token(home, rig=rig)) == 1
    assert "not in the JWK set" in capsys.readouterr().err
    assert cli.main(["device", "jwks", "--rig", rig]) == 0
    assert json.loads(capsys.readouterr().out)["keys"][0]["lightproof_rigs"] == [rig]


def test_a_device_key_that_others_can_read_is_one_line(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load_or_create_device_key(home)
    (home / "device-key.json").chmod(0o644)
    assert cli.main(["device", "jwks"]) == 1
    assert "run: chmod 600" in capsys.readouterr().err


def test_version_prints_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    jsonschema.validate(said, _schema("version"))
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"lightproof {said['lightproof']}\n"
    assert cli.main(["version"]) == 0
    assert f"python {said['python']}\n" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nope"], ["result", "verify"], ["result", "verify", "x", "--shiny"]])
def test_wrong_usage_is_status_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("a\nb"), "error: a b\n"),
        (KeyboardInterrupt(), "error: interrupted\n"),
        (
            ZeroDivisionError("x"),
            "error: unexpected ZeroDivisionError: x (run again with --debug and report it)\n",
        ),
    ],
)
def test_errors_end_in_one_line_and_a_traceback_only_for_debug(
    error: BaseException, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    group = type(typer.main.get_command(cli.app))
    assert issubclass(group, typer.core.TyperGroup)
    commands = typer.Typer(cls=group)
    commands.command("fail")(fail)
    commands.command("other")(lambda: None)
    monkeypatch.setattr(cli, "app", commands)
    assert cli.main(["fail"]) == 1
    assert capsys.readouterr().err == line
    assert cli.main(["fail", "--debug"]) == 1
    assert capsys.readouterr().err.startswith("Traceback")


def test_help_is_there_at_once_without_numpy_or_cryptography() -> None:
    code = (
        "import sys; from lightproof.cli import main; status = main(['--help']);"
        "heavy = {'numpy', 'cv2', 'joserfc', 'cryptography', 'lightproof._core'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_the_schemas_name_every_reason_and_outcome() -> None:
    for name in ("verify", "demo", "result-verify"):
        text = json.dumps(_schema(name))
        assert all(f'"{code}"' in text for code in [*ReasonCode, *Outcome])


def test_a_result_signed_elsewhere_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = _token(tmp_path / "stranger")
    assert _verify(home, stranger) == 1
    assert "not in the JWK set" in capsys.readouterr().err


def test_a_session_result_holds_no_field_for_a_picture_or_score() -> None:
    assert {field.name for field in dataclasses.fields(SessionResult)} == {
        *("verdict", "nonce", "audience", "rig", "presence_only", "issued_at", "validity_s"),
        *("policy_sha256", "models_sha256", "software_sha256", "challenge_sha256", "latency_class"),
    }
