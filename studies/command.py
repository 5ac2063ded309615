"""How a study is run: its name, its exit status, errors in one line, and a quiet end by Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Final

from lightproof.cli.progress import unwinding_when_asked_to_end
from lightproof.cli.status import ERROR_STATUS
from lightproof.cores import usable_cores
from lightproof.errors import LightproofError

INTERRUPTED_STATUS: Final = 130
"""128 and the number of SIGINT, as shells have it."""


def new_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the study in a module, ``studies.room.name``; ``description`` is its docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def run(
    parser: argparse.ArgumentParser,
    study: Callable[[argparse.Namespace], None],
    given: Sequence[str] | None = None,
    *,
    if_interrupted: str = "nothing is kept, the study begins anew",
) -> int:
    """Run a study with the given arguments (those of the process if None) and return its exit status.

    The study gets what was parsed, and as ``command`` the command that repeats it. Errors of this project and
    of the system become one line on standard error.
    """
    given = sys.argv[1:] if given is None else given
    arguments = parser.parse_args(given)
    arguments.command = shlex.join([*parser.prog.split(), *given])
    try:
        with unwinding_when_asked_to_end():
            study(arguments)
    except KeyboardInterrupt:
        print(f"error: interrupted; {if_interrupted}", file=sys.stderr)
        return INTERRUPTED_STATUS
    except (LightproofError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return ERROR_STATUS
    return 0


def tell(line: str) -> None:
    """Say on standard error what a study is doing; standard output is for its tables."""
    print(line, file=sys.stderr, flush=True)


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--jobs``, how many processes work at a time."""
    parser.add_argument(
        "--jobs", type=at_least(1), default=usable_cores(), metavar="COUNT", help="processes (all cores)"
    )


def listed(text: str) -> tuple[str, ...]:
    """Return the parts of an argument that is a list with commas; empty ones are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def at_least(least: int) -> Callable[[str], int]:
    """Return the type of an argument that is a whole number from ``least`` on."""

    def whole_number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return whole_number
