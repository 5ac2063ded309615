"""Asks and tells the person at the terminal, on standard error: standard output is for the result."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from lightproof.errors import SessionInterrupted

_STDERR: Final = 2


def tell(line: str) -> None:
    """Show one line."""
    typer.echo(line, err=True)


def ask(prompt: str) -> str:
    """Show a prompt and return the line that was typed.

    Raises:
        EOFError: there is no one to answer.
    """
    typer.echo(prompt, err=True, nl=False)
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


@contextmanager
def suppress_native_stderr() -> Iterator[None]:
    """Drop what compiled libraries write to standard error; TensorFlow Lite cannot be asked to be quiet."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # standard error is closed
        yield
        return
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
