"""``lightproof device``: this device's public keys."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer


def register(app: typer.Typer) -> None:
    """Add ``lightproof device`` to the command line."""
    commands = typer.Typer(help="This device and its key.", no_args_is_help=True)
    commands.command("jwks")(_jwks)
    app.add_typer(commands, name="device")


# The answer is JSON with and without --json; the option is there because every command has it.
def _jwks(
    _as_json: Annotated[bool, typer.Option("--json", help="Print JSON, which it always does.")] = False,
) -> None:
    """Print the public keys of this device as a JWK set (RFC 7517), for whoever checks its results.

    Makes the device key if there is none yet.
    """
    from lightproof.cli.json_objects import KeySetObject, json_text
    from lightproof.device import load_or_create_device_key

    typer.echo(json_text(msgspec.convert(load_or_create_device_key().jwks(), KeySetObject)))
