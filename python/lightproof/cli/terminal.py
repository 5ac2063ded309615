"""All that the commands print, and what they ask at the terminal.

Standard output is for the result, standard error for everything else. Names, paths, claims and error texts
come from outside: they go through :func:`plain`, so that none of them forges a line, moves the cursor or is
read as markup, and no encoding of the terminal costs a result.
"""

from __future__ import annotations

import codecs
import sys
import unicodedata
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

import typer

from lightproof.errors import SessionInterrupted

if TYPE_CHECKING:
    from rich.console import Console

_UNPRINTABLE: Final = "lightproof.unprintable"
_IN_ASCII: Final = {"→": "->", "–": "-", "×": "x", "…": "...", "±": "+-", "−": "-", "≥": ">=", "≤": "<="}
"""What our own words use beyond ASCII, for terminals that have no more."""


def plain(text: str) -> str:
    r"""Return a text from outside as one line that only shows itself.

    Characters that do not print (controls such as ESC and new lines, marks that turn the direction of
    writing, characters without width, parts of names that are not UTF-8) are spelt ``\u001b``; spaces of
    all widths stay.
    """
    return "".join(
        character if character.isprintable() or unicodedata.category(character) == "Zs" else _spelt(character)
        for character in text
    )


def say(line: str = "", *, bold: bool = False) -> None:
    """Print one line of the result."""
    typer.secho(plain(line), bold=bold or None)


def say_json(text: str) -> None:
    """Print JSON, in ASCII: the same object in every encoding, and nothing in it moves a cursor."""
    typer.echo(
        "".join(
            character if " " <= character <= "~" or character == "\n" else _spelt(character)
            for character in text
        )
    )


def tell(line: str) -> None:
    """Show one line on standard error."""
    typer.echo(plain(line), err=True)


def console(*, stderr: bool = False) -> Console:
    """Return a console to which no text is markup, an emoji or anything to be highlighted."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_in_any_encoding() -> None:
    """Let characters that the terminal's encoding lacks be spelt out, not end the command."""
    codecs.register_error(_UNPRINTABLE, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_UNPRINTABLE)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(character, _spelt(character)) for character in text), error.end


def _spelt(character: str) -> str:
    """Return a character as JSON spells it: by its UTF-16 units."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def ask(prompt: str) -> str:
    """Show a prompt and return the line that was typed.

    Raises:
        EOFError: there is no one to answer.
    """
    typer.echo(plain(prompt), err=True, nl=False)
    try:
        answer = sys.stdin.readline()
    except OSError:  # standard input is closed
        answer = ""
    if not answer:
        typer.echo(err=True)
        raise EOFError
    return answer


def require_yes(question: str, option: str) -> None:
    """Ask a question to which only yes lets the command go on.

    Raises:
        typer.BadParameter: there is no one to answer; ``option`` is what made the question necessary.
        SessionInterrupted: the answer is not yes.
    """
    try:
        answer = ask(f"{question} Go on? [y/N] ")
    except EOFError:
        raise typer.BadParameter(
            "there is no one to confirm it; confirm with --yes", param_hint=option
        ) from None
    if answer.strip().lower() not in ("y", "yes"):
        raise SessionInterrupted(f"{option} was not confirmed, so nothing was started")
