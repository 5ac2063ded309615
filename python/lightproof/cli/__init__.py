"""The command line: ``lightproof``.

Each command lives in a module of its own with a ``register(app)`` function, and imports what it needs when it
runs, so that ``--help`` is there at once. Errors end here: one line on standard error and status 1, never a
traceback unless ``--debug`` asks for it.
"""

from __future__ import annotations

import errno
import platform
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from lightproof.cli import calibrate, demo, device, doctor, evaluate, result, verify
from lightproof.cli.status import ERROR_STATUS
from lightproof.cli.terminal import print_in_any_encoding, say, say_json, tell
from lightproof.errors import LightproofError, SessionInterrupted

_DEPENDENCIES = (
    "numpy",
    "opencv-python-headless",
    "ai-edge-litert",
    "tflite-runtime",
    "joserfc",
    "cryptography",
)


class _Commands(TyperGroup):
    """The root of the commands. Turns Ctrl-C into an error of ours before typer exits with 130."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise SessionInterrupted("interrupted") from None


app = typer.Typer(
    cls=_Commands,
    name="lightproof",
    help="Face verification in which the video never leaves the room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def installed_versions() -> dict[str, str]:
    """Return the versions of Lightproof, Python and the dependencies that are installed."""
    versions = {"lightproof": _version_of("lightproof") or "unknown", "python": platform.python_version()}
    found = {name: _version_of(name) for name in _DEPENDENCIES}
    return versions | {name: number for name, number in found.items() if number}


_OF_FULL_OUTPUT: Final = (errno.ENOSPC, errno.EIO, errno.EBADF)
"""What the system says where standard output is full, lost or closed; files have a name beside it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    ``--debug`` may stand anywhere; it adds the traceback of an error.
    """
    print_in_any_encoding()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        typer.main.get_command(app).main(
            args=[argument for argument in given if argument != "--debug"], prog_name="lightproof"
        )
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ERROR_STATUS
    except Exception as error:
        if "--debug" in given:
            traceback.print_exc()
        tell(f"error: {_one_line(error)}")
        return ERROR_STATUS
    return 0


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, LightproofError):
        return text
    if isinstance(error, OSError) and error.errno in _OF_FULL_OUTPUT and error.filename is None:
        return f"what is printed cannot be written ({error.strerror}); free some space, or print elsewhere"
    return f"unexpected {type(error).__name__}: {text or 'no details'} (run again with --debug and report it)"


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"lightproof {installed_versions()['lightproof']}")
        raise typer.Exit


@app.callback()
def _options(
    _show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and leave.", callback=_print_version, is_eager=True
        ),
    ] = False,
    _debug: Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")] = False,
) -> None:
    """Face verification in which the video never leaves the room."""


@app.command("version")
def _show_versions(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the versions of Lightproof and of what it stands on."""
    versions = installed_versions()
    if as_json:
        import json

        say_json(json.dumps(versions, indent=2))
    else:
        for name, number in versions.items():
            say(f"{name} {number}")


verify.register(app)
demo.register(app)
calibrate.register(app)
doctor.register(app)
device.register(app)
result.register(app)
evaluate.register(app)
