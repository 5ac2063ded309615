"""Writes measured tables into the documents, each with the command that repeats it, the machine and the day.

A table stands between the marks ``<!-- name -->`` and ``<!-- /name -->`` of a document. What is between them
is replaced as a whole; nothing else is touched.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from lightproof.cores import usable_cores
from lightproof.errors import InputError
from lightproof.files import write_atomic

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


class MarksError(InputError):
    """A document does not have the marks of a table once each and in order."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table without a line end after its last row.

    Raises:
        InputError: a row does not have as many cells as the head.
    """
    lines = [_line(head), "|---" * len(head) + "|"]
    for row in rows:
        if len(row) != len(head):
            raise InputError(
                f"a row of {len(row)} cells, {_line(row)}, cannot stand under a head of {len(head)}"
            )
        lines.append(_line(row))
    return "\n".join(lines)


def put(
    table: str, name: str, document: Path | None, *, command: str, measured_with: Sequence[str] = ()
) -> None:
    """Put a table between its marks in a document, or print it.

    Args:
        table: Markdown.
        name: of the marks.
        document: where it goes; None prints it on standard output.
        command: what repeats it.
        measured_with: what else the figures depend on, such as the version of an analyser.

    Raises:
        MarksError: the document lacks the marks; it is left as it was.
        OSError: the document cannot be read or written.
    """
    conditions = ", ".join([machine(), *measured_with, f"{datetime.now(UTC):%Y-%m-%d}"])
    block = f"{table}\n\n*`{command}`: {conditions}.*"
    if document is None:
        print(block)
        return
    before, after = _around(document.read_text(encoding="utf-8"), name, document)
    write_atomic(document, f"{before}\n{block}\n{after}", private=False)


def add_write_option(parser: argparse.ArgumentParser, document: str, *names: str) -> None:
    """Add ``--write``: without a value it names a document of the project; the tables ``names`` go there.

    A document without the marks is refused as a wrong argument, before anything is measured.
    """
    marks = " and ".join(f"<!-- {name} -->" for name in names)
    parser.add_argument(
        "--write",
        nargs="?",
        type=partial(_marked, names),
        const=str(DOCS / document),
        metavar="DOCUMENT",
        help=f"put the tables between their marks ({marks}) instead of printing them; docs/{document} if no "
        "document is named",
    )


def check_marks(document: Path, *names: str) -> None:
    """Check that tables of these names can be put into a document.

    Raises:
        MarksError: marks are missing, or there more than once.
        OSError: the document cannot be read.
    """
    text = document.read_text(encoding="utf-8")
    for name in names:
        _around(text, name, document)


def machine() -> str:
    """Return the processor and how many of its cores this process may use."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {usable_cores()} cores"


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _around(text: str, name: str, document: Path) -> tuple[str, str]:
    """Return the text up to the opening mark and from the closing mark on, both included."""
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    start, end = text.find(opening), text.find(closing)
    if text.count(opening) != 1 or text.count(closing) != 1 or end < start:
        raise MarksError(
            f"{document} does not have {opening} and after it {closing}, once each; "
            "put both where the table should stand, or name another document"
        )
    return text[: start + len(opening)], text[end:]


def _marked(names: Sequence[str], given: str) -> Path:
    document = Path(given)
    try:
        check_marks(document, *names)
    except (MarksError, OSError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return document
