"""Measured tables in documents: between their marks, and nowhere else."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lightproof.errors import InputError
from studies import tables

COMMAND = "python -m studies.room.name --write"
TEXT = "# Title\n\n<!-- one -->\nold\n<!-- /one -->\n\nBetween.\n\n<!-- two -->\n<!-- /two -->\nAfter.\n"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    document = tmp_path / "page.md"
    document.write_text(TEXT, encoding="utf-8")
    return document


def test_a_table_has_a_head_a_rule_and_a_line_for_each_row() -> None:
    table = tables.markdown(("a", "b"), [(1, "two"), ("", "3 | 4")])
    assert table == "| a | b |\n|---|---|\n| 1 | two |\n|  | 3 \\| 4 |"


def test_a_row_of_another_length_than_its_head_is_refused() -> None:
    with pytest.raises(InputError, match=r"a row of 2 cells, \| 1 \| 2 \|, cannot stand under a head of 3"):
        tables.markdown(("a", "b", "c"), [(1, 2)])


def test_a_table_replaces_what_is_between_its_marks_and_nothing_else(document: Path) -> None:
    tables.put("| new |", "one", document, command=COMMAND)
    before, block, after = re.split(r"(?<=<!-- one -->\n)|(?=<!-- /one -->)", document.read_text("utf-8"))
    assert before == TEXT[: TEXT.index("old")]
    assert after == TEXT[TEXT.index("<!-- /one -->") :]
    assert block.startswith("| new |\n\n")


def test_a_table_written_twice_stands_there_once(document: Path) -> None:
    tables.put("| new |", "two", document, command=COMMAND)
    once = document.read_text("utf-8")
    tables.put("| new |", "two", document, command=COMMAND)
    assert document.read_text("utf-8") == once


def test_under_a_table_are_its_command_the_machine_and_the_day(document: Path) -> None:
    tables.put("| new |", "one", document, command=COMMAND, measured_with=["load 0.5"])
    today = datetime.now(UTC).date().isoformat()
    assert f"\n\n*`{COMMAND}`: {tables.machine()}, load 0.5, {today}.*\n<!--" in document.read_text("utf-8")


def test_without_a_document_a_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tables.put("| new |", "one", None, command=COMMAND)
    assert capsys.readouterr().out.startswith(f"| new |\n\n*`{COMMAND}`: ")


@pytest.mark.parametrize(
    "text",
    [
        "no marks\n",
        "<!-- one -->\nnever closed\n",
        "<!-- /one -->\n<!-- one -->\n",
        "<!-- one -->\n<!-- /one -->\n<!-- one -->\n<!-- /one -->\n",
    ],
)
def test_a_document_without_its_marks_is_refused_and_left_as_it_was(document: Path, text: str) -> None:
    document.write_text(text, encoding="utf-8")
    with pytest.raises(tables.MarksError, match=re.escape(f"{document} does not have <!-- one -->")):
        tables.put("| new |", "one", document, command=COMMAND)
    assert document.read_text("utf-8") == text


def test_a_write_that_fails_leaves_the_document_whole(
    document: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        tables.put("| new |", "one", document, command=COMMAND)
    assert document.read_text("utf-8") == TEXT
    assert [path.name for path in document.parent.iterdir()] == [document.name]


def parsed(*given: str) -> Path | None:
    parser = argparse.ArgumentParser()
    tables.add_write_option(parser, "photosafety.md", "gentle", "iris")
    written: Path | None = parser.parse_args(given).write
    return written


def test_the_option_to_write_names_the_documents_of_the_project_by_itself() -> None:
    assert parsed() is None
    assert parsed("--write") == tables.DOCS / "photosafety.md"


def test_a_document_without_the_marks_is_refused_before_anything_is_measured(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parsed("--write", str(document))
    assert end.value.code == 2
    assert "does not have <!-- gentle -->" in capsys.readouterr().err
