"""``lightproof result``: check a signed result."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightproof.cli.status import ERROR_STATUS, OUTCOME_STATUS
from lightproof.errors import InputError
from lightproof.verdict import REASONS

if TYPE_CHECKING:
    from lightproof.cli.json_objects import ResultObject
    from lightproof.result import VerifiedResult

_MAX_INPUT_CHARACTERS = 64 * 1024  # far above any token; a wrong file is not read into memory


def register(app: typer.Typer) -> None:
    """Add ``lightproof result`` to the command line."""
    commands = typer.Typer(help="Signed results.", no_args_is_help=True)
    commands.command("verify")(_verify)
    app.add_typer(commands, name="result")


def _verify(
    token: Annotated[
        str, typer.Argument(help="The token; - reads it from standard input, @FILE from a file.")
    ],
    jwks: Annotated[Path, typer.Option("--jwks", metavar="FILE", help="JWK set of the trusted devices.")],
    nonce: Annotated[str, typer.Option("--nonce", metavar="HEX", help="Nonce of the request.")],
    audience: Annotated[str, typer.Option("--audience", metavar="URI", help="Audience of the request.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a signed result: signature, nonce, audience, times and claims.

    Exit status: 0 the token is valid and says verified, 10 not verified, 11 inconclusive, 12 declined,
    1 the token is not valid.
    """
    from lightproof.cli.json_objects import RefusedObject, json_text
    from lightproof.request import nonce_from_hex
    from lightproof.result import ResultRefusedError, load_jwks, verify_result

    try:
        verified = verify_result(_token_text(token), load_jwks(jwks), nonce_from_hex(nonce), audience)
    except ResultRefusedError as refused:
        if not as_json:
            raise
        typer.echo(json_text(RefusedObject(False, refused.refusal, str(refused))))
        raise typer.Exit(ERROR_STATUS) from refused
    if as_json:
        typer.echo(json_text(_as_object(verified)))
    else:
        _print(verified)
    raise typer.Exit(OUTCOME_STATUS[verified.verdict.outcome])


def _token_text(argument: str) -> str:
    if argument == "-":
        text = sys.stdin.read(_MAX_INPUT_CHARACTERS)
    elif argument.startswith("@"):
        try:
            with open(argument[1:], encoding="ascii", errors="replace") as file:
                text = file.read(_MAX_INPUT_CHARACTERS)
        except OSError as error:
            raise InputError(
                f"token file {argument[1:]} cannot be read: {error.strerror or error}"
            ) from error
    else:
        text = argument
    return text.strip()


def _as_object(verified: VerifiedResult) -> ResultObject:
    from lightproof.cli.json_objects import HashesObject, ResultObject

    return ResultObject(
        valid=True,
        outcome=verified.verdict.outcome,
        reasons=verified.verdict.reasons,
        rig=verified.rig,
        a_person_was_there=verified.a_person_was_there,
        presence_only=verified.presence_only,
        subject=verified.subject,
        audience=verified.audience,
        token_id=verified.token_id,
        issued_at=verified.issued_at,
        expires_at=verified.expires_at,
        hashes=HashesObject(**verified.hashes),
        kid=verified.kid,
    )


def _print(verified: VerifiedResult) -> None:
    typer.echo(str(verified.verdict.outcome).replace("_", " "))
    for code in verified.verdict.reasons:
        typer.echo(f"  {code}: {REASONS[code].message} {REASONS[code].remedy}")
    if not verified.a_person_was_there:
        typer.secho(
            f"  NOTE: the rig is {verified.rig}: nobody was in front of a camera. Do not rely on it.",
            bold=True,
        )
    if verified.presence_only:
        typer.echo("  NOTE: presence only: somebody was there; no photo was compared.")
    typer.echo(f"  rig      {verified.rig}")
    typer.echo(f"  issued   {_utc(verified.issued_at)}")
    typer.echo(f"  expires  {_utc(verified.expires_at)}")
    typer.echo(f"  subject  {verified.subject}")
    typer.echo(f"  token    {verified.token_id}")
    typer.echo(f"  device   {verified.kid}")


def _utc(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
