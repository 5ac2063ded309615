"""``lightproof device``: this device's public keys."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from lightproof.cli.terminal import say_json

if TYPE_CHECKING:
    from lightproof.rigs.protocol import RigKind


class SignedRig(StrEnum):
    """A kind of rig whose results are signed."""

    PI = "pi"
    DESKTOP = "desktop"
    SIMULATED = "simulated"
    OTHER = "other"

    @property
    def kind(self) -> RigKind:
        """The kind by its plain name."""
        return self.value


def register(app: typer.Typer) -> None:
    """Add ``lightproof device`` to the command line."""
    commands = typer.Typer(help="This device and its key.", no_args_is_help=True)
    commands.command("jwks")(_jwks)
    app.add_typer(commands, name="device")


# The answer is JSON with and without --json; the option is there because every command has it.
def _jwks(
    rig: Annotated[
        SignedRig,
        typer.Option(help="Whose results the key signs; simulated and other have keys of their own."),
    ] = SignedRig.DESKTOP,
    _as_json: Annotated[bool, typer.Option("--json", help="Print JSON, which it always does.")] = False,
) -> None:
    """Print the public keys of this device as a JWK set (RFC 7517), for whoever checks its results.

    Makes the key if there is none yet.
    """
    from lightproof.cli.json_objects import KeySetObject, json_text
    from lightproof.device import load_or_create_device_key

    key = load_or_create_device_key(rig=rig.kind)
    say_json(json_text(msgspec.convert(key.jwks(), KeySetObject)))
