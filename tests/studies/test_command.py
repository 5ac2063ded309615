"""How every study is run: what it says of itself, how it ends, and that the documents name it rightly."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lightproof.errors import InputError
from studies import command, tables

BLOCK = re.compile(r"<!-- ([a-z-]+) -->\n(.*?)<!-- /\1 -->", re.DOTALL)
FOOT = re.compile(r"^\*`(python -m [^`]+ --write)`: .*\d{4}-\d\d-\d\d\.\*$", re.MULTILINE)
ROOT = Path(__file__).resolve().parents[2]
NOT_OF_THIS_ENVIRONMENT = "studies.photosafety.iris_judge"


def commands() -> list[str]:
    """Return the modules of studies and benches that are run, as ``python -m`` names them."""
    found = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
        for folder in ("studies", "benches")
        for path in (ROOT / folder).rglob("*.py")
        if '__name__ == "__main__"' in path.read_text("utf-8")
    }
    return sorted(found - {NOT_OF_THIS_ENVIRONMENT})


STUDIES = commands()


def main_of(module: str) -> Callable[[list[str]], int]:
    package = importlib.import_module(module)
    main: Callable[[list[str]], int] = (
        importlib.import_module(f"{module}.__main__") if hasattr(package, "__path__") else package
    ).main
    return main


def ended(study: Callable[[argparse.Namespace], None], *given: str) -> int:
    parser = command.new_parser("studies.room.name", "Measures.")
    parser.add_argument("--count", type=command.at_least(1), default=3)
    return command.run(parser, study, given)


@pytest.mark.parametrize("module", STUDIES)
def test_a_study_says_how_it_is_called(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main_of(module)(["--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m {module} ")


def test_a_study_gets_the_command_that_repeats_it() -> None:
    seen: list[str] = []
    assert ended(lambda arguments: seen.append(arguments.command), "--count", "7") == 0
    assert seen == ["python -m studies.room.name --count 7"]


@pytest.mark.parametrize("error", [InputError("what\nit is"), FileNotFoundError("what it is")])
def test_an_error_is_one_line_and_status_1(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: argparse.Namespace) -> None:
        raise error

    assert ended(fails) == 1
    assert capsys.readouterr().err == "error: what it is\n"


def test_an_interrupted_study_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: argparse.Namespace) -> None:
        raise KeyboardInterrupt

    assert ended(interrupted) == 130
    assert re.fullmatch(r"error: interrupted; .*\n", capsys.readouterr().err)


@pytest.mark.parametrize("count", ["0", "-1", "many", "1.5", ""])
def test_a_count_that_is_not_a_whole_number_is_wrong_usage(
    count: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        ended(lambda _: None, f"--count={count}")
    assert end.value.code == 2
    assert f"{count!r} is not a whole number from 1 on" in capsys.readouterr().err


def published() -> dict[str, str]:
    """Return the name of each table that stands between marks in the documents -> the command under it."""
    found: dict[str, str] = {}
    for document in sorted(tables.DOCS.rglob("*.md")):
        for name, block in BLOCK.findall(document.read_text("utf-8")):
            if block.strip():  # else it is not measured yet
                (found[name],) = FOOT.findall(block)
    return found


def test_every_published_table_names_a_command_that_would_write_it_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commands under the tables are parsed by their studies, and each ``--write`` finds its marks."""
    tables_found = published()
    assert len(tables_found) >= 12
    asked: list[argparse.Namespace] = []

    def parse_only(parser: argparse.ArgumentParser, _: object, given: list[str]) -> int:
        asked.append(parser.parse_args(given))
        return 0

    monkeypatch.setattr(command, "run", parse_only)
    monkeypatch.setattr("studies.freshness.wrong_challenge_study.run", parse_only)
    monkeypatch.setattr("studies.freshness.code_share.run", parse_only)
    for name, line in tables_found.items():
        module, *given = line.split()[2:]
        assert module in STUDIES
        main_of(module)(given)
        assert f"<!-- {name} -->" in asked[-1].write.read_text("utf-8")


def test_every_command_that_the_documents_name_is_a_study() -> None:
    text = "\n".join(
        path.read_text("utf-8")
        for path in [ROOT / "Makefile", ROOT / "README.md", *tables.DOCS.rglob("*.md")]
    )
    named = set(re.findall(r"python -m\s+((?:studies|benches)\.[a-z_.]*[a-z_])", text))
    assert named <= set(STUDIES)
    assert len(named) >= 12
