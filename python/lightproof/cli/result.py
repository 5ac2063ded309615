"""``lightproof result``: check a signed result."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightproof.cli.device import SignedRig
from lightproof.cli.status import ERROR_STATUS, OUTCOME_STATUS
from lightproof.cli.terminal import say, say_json
from lightproof.cli.usage import wrong_usage
from lightproof.errors import FileError, InputError, NonceError, PolicyError
from lightproof.files import read_regular
from lightproof.verdict import REASONS

if TYPE_CHECKING:
    from lightproof.cli.json_objects import ResultObject
    from lightproof.expectations import Hashes, LatencyClasses
    from lightproof.result import VerifiedResult
    from lightproof.single_use import SingleUseStore

_STORE_FILE = "taken-results.sqlite3"
_MAX_INPUT_BYTES = 64 * 1024  # far above any token; a wrong file is not read into memory


def register(app: typer.Typer) -> None:
    """Add ``lightproof result`` to the command line."""
    commands = typer.Typer(help="Signed results.", no_args_is_help=True)
    commands.command("verify")(_verify)
    commands.command("hashes")(_hashes)
    app.add_typer(commands, name="result")


def _verify(
    token: Annotated[
        str, typer.Argument(help="The token; - reads it from standard input, @FILE from a file.")
    ],
    jwks: Annotated[Path, typer.Option("--jwks", metavar="FILE", help="JWK set of the trusted devices.")],
    nonce: Annotated[str, typer.Option("--nonce", metavar="HEX", help="Nonce of the request.")],
    audience: Annotated[str, typer.Option("--audience", metavar="URI", help="Audience of the request.")],
    rig: Annotated[
        list[SignedRig], typer.Option("--rig", help="Kind of rig that is accepted; may be given again.")
    ],
    presence_only: Annotated[
        bool,
        typer.Option(
            "--presence-only",
            help="Accept results for which no photo was compared, and no others; without it, only those for "
            "which one was.",
        ),
    ] = False,
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="HASH|FILE.toml", help="Policy that is accepted; may be given again."),
    ] = None,
    any_policy: Annotated[bool, typer.Option("--any-policy", help="Accept whatever policy.")] = False,
    models: Annotated[
        list[str] | None, typer.Option(metavar="HASH", help="Models that are accepted; may be given again.")
    ] = None,
    any_models: Annotated[bool, typer.Option("--any-models", help="Accept whatever models.")] = False,
    software: Annotated[
        list[str] | None, typer.Option(metavar="HASH", help="Software that is accepted; may be given again.")
    ] = None,
    any_software: Annotated[bool, typer.Option("--any-software", help="Accept whatever software.")] = False,
    latency: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLASS",
            help="Latency that is accepted: direct, buffered or unknown; may be given again.",
        ),
    ] = None,
    any_latency: Annotated[
        bool, typer.Option("--any-latency", help="Accept whatever class of latency.")
    ] = False,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where tokens are taken once; taken-results.sqlite3 beside the keys if absent.",
        ),
    ] = None,
    challenge_proof: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Proof that came with the token: nobody chose the light, or it is refused."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a signed result, and use it up: signature, nonce, audience, times, claims and what is expected.

    What is not said to be accepted is refused. `lightproof result hashes` prints the hashes of a device.

    Exit status: 0 the token is accepted and says verified, 10 not verified, 11 inconclusive, 12 declined,
    2 wrong usage, and the token can be checked again, 1 the token is not accepted.
    """
    from lightproof.cli.json_objects import RefusedObject, json_text
    from lightproof.expectations import Expectations
    from lightproof.jwks import load_jwks
    from lightproof.request import nonce_from_hex
    from lightproof.result import ResultRefusedError, verify_result

    # All that is the caller's mistake comes before the token is used up.
    with wrong_usage("--policy", PolicyError):
        policies = None if policy is None else [_policy_hash(named) for named in policy]
    with wrong_usage("--policy, --models, --software or --latency"):
        expected = Expectations(
            rigs=frozenset(named.kind for named in rig),
            presence_only=presence_only,
            policies=_accepted("policy", policies, any_of_them=any_policy),
            models=_accepted("models", models, any_of_them=any_models),
            software=_accepted("software", software, any_of_them=any_software),
            latency_classes=_accepted("latency", latency, any_of_them=any_latency),
        )
    with wrong_usage("token"):
        text = _token_text(token)
    with wrong_usage("--jwks"):
        keys = load_jwks(jwks)
    with wrong_usage("--nonce", NonceError):
        asked = nonce_from_hex(nonce)
    try:
        verified = verify_result(
            text, keys, asked, audience, expected, _store(store), challenge_proof=challenge_proof
        )
    except ResultRefusedError as refused:
        if not as_json:
            raise
        say_json(json_text(RefusedObject(False, refused.refusal, str(refused))))
        raise typer.Exit(ERROR_STATUS) from refused
    if as_json:
        say_json(json_text(_as_object(verified)))
    else:
        _print(verified)
    raise typer.Exit(OUTCOME_STATUS[verified.verdict.outcome])


def _hashes(
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Policy; the default one if absent."),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Manifest of other models than the shipped ones.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the hashes that results of this installation carry, for whoever is to expect them.

    Run it on a device that you installed yourself: what a device says of itself proves nothing.
    """
    from lightproof.cli.json_objects import OwnHashesObject, json_text
    from lightproof.face.manifest import load_manifest
    from lightproof.policy import Policy
    from lightproof.result import hash_text, software_sha256

    with wrong_usage("--policy", PolicyError):
        stated = Policy() if policy is None else Policy.load(policy)
    own = OwnHashesObject(
        policy=hash_text(stated.sha256()),
        models=hash_text(bytes.fromhex(load_manifest(models).sha256)),
        software=hash_text(software_sha256()),
    )
    if as_json:
        say_json(json_text(own))
        return
    for name in ("policy", "models", "software"):
        say(f"{name:<9}{getattr(own, name)}")


def _accepted(name: str, said: list[str] | None, *, any_of_them: bool) -> Hashes | LatencyClasses:
    """Return what is accepted; one of the two options has to say it."""
    from lightproof.expectations import ANY

    if any_of_them == bool(said):
        raise typer.BadParameter(
            f"give --{name} with what is accepted, or --any-{name}, and not both", param_hint=f"--{name}"
        )
    return frozenset(said) if said else ANY


def _policy_hash(named: str) -> str:
    """Return the hash of a policy that is named by its file or by the hash itself."""
    from lightproof.policy import Policy
    from lightproof.result import hash_text

    return hash_text(Policy.load(Path(named)).sha256()) if named.endswith(".toml") else named


def _store(path: Path | None) -> SingleUseStore:
    from lightproof.device import make_state_directory
    from lightproof.single_use import SingleUseStore

    return SingleUseStore(make_state_directory() / _STORE_FILE if path is None else path)


def _token_text(argument: str) -> str:
    if argument == "-":
        text = sys.stdin.read(_MAX_INPUT_BYTES)
    elif argument.startswith("@"):
        try:
            content = read_regular(Path(argument[1:]), _MAX_INPUT_BYTES)
        except FileError as error:
            raise InputError(f"token file {error}") from error
        except OSError as error:
            raise InputError(
                f"token file {argument[1:]} cannot be read: {error.strerror or error}"
            ) from error
        text = content.decode("utf-8-sig", errors="replace")
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
        latency_class=verified.latency_class,
        subject=verified.subject,
        audience=verified.audience,
        token_id=verified.token_id,
        issued_at=verified.issued_at,
        expires_at=verified.expires_at,
        hashes=HashesObject(**verified.hashes),
        kid=verified.kid,
    )


def _print(verified: VerifiedResult) -> None:
    say(str(verified.verdict.outcome).replace("_", " "))
    for code in verified.verdict.reasons:
        say(f"  {code}: {REASONS[code].message} {REASONS[code].remedy}")
    if not verified.a_person_was_there:
        say(
            f"  NOTE: the rig is {verified.rig}: nobody was in front of a camera.",
            bold=True,
        )
    if verified.presence_only:
        say("  NOTE: presence only: somebody was there; no photo was compared.")
    say(f"  rig      {verified.rig}")
    if verified.latency_class is not None:
        say(f"  latency  {verified.latency_class}")
    say(f"  issued   {_utc(verified.issued_at)}")
    say(f"  expires  {_utc(verified.expires_at)}")
    say(f"  subject  {verified.subject}")
    say(f"  token    {verified.token_id}")
    say(f"  device   {verified.kid}")


def _utc(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
