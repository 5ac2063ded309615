"""Text from outside is never markup and never control, and no encoding of the terminal costs a result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightproof.cli.terminal import console, plain, say, say_json

HOSTILE = ("urn:x:[/a]", "urn:door:7", "one\ntwo", "\x1b[2J", "\u202egnp.exe", "a\u200bb", "\udcff", "\x07")


@given(st.text())
def test_plain_text_is_one_line_that_prints_and_says_what_it_was(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert all(character.isprintable() or character.isspace() for character in shown)
    assert plain(shown) == shown
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize("text", HOSTILE)
def test_what_comes_from_outside_shows_only_itself(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(text)
    printed = capsys.readouterr().out
    assert printed == f"{plain(text)}\n"
    console().print(plain(text), soft_wrap=True)
    assert capsys.readouterr().out == f"{plain(text)}\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_the_same_object_in_ascii_whatever_it_holds(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say_json(json.dumps({"text": text}, ensure_ascii=False))
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"text": text}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    "command",
    [("doctor",), ("result", "hashes"), ("result", "verify", "→", "--jwks", "\u202eabsent")],
    ids=" ".join,
)
def test_no_encoding_of_the_terminal_ends_a_command(
    encoding: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding, "LIGHTPROOF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "lightproof", *command], env=environment, capture_output=True, check=False
    )
    printed = (done.stdout + done.stderr).decode(encoding)
    assert "Traceback" not in printed
    assert "UnicodeEncodeError" not in printed
    assert "\u202e" not in printed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [["version"], ["doctor"], ["device", "jwks"], ["demo", "--help"]])
def test_output_that_is_full_is_one_line_with_a_remedy(arguments: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "lightproof", *arguments], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "error: what is printed cannot be written (No space left on device); free some space, or print "
        "elsewhere"
    )
    assert "Traceback" not in ended.stderr
