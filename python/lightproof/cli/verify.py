"""``lightproof verify``: one session, from the request to the signed result."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightproof.cli import help_texts
from lightproof.cli.status import OUTCOME_STATUS
from lightproof.cli.terminal import ask, console, require_yes, say, say_json, tell
from lightproof.cli.verify_options import (
    RECORDING,
    VerifyOptions,
    open_recording,
    open_with,
    request_of,
    settings_of,
    validate,
)
from lightproof.errors import NonceError, error_line
from lightproof.request import LOCAL_AUDIENCE, Request, nonce_from_hex

if TYPE_CHECKING:
    from lightproof.consent import ConsentAsker
    from lightproof.reporting.session_report import ReportPage
    from lightproof.rigs.protocol import RigKind
    from lightproof.session import Session


def register(app: typer.Typer) -> None:
    """Add ``lightproof verify`` to the command line."""
    app.command("verify", epilog=help_texts.VERIFY)(_verify)


def _verify(
    rig: Annotated[
        str,
        typer.Option("--rig", metavar="NAME", help="auto, desktop, simulated, recording or module:factory."),
    ] = "auto",
    subject: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, help="Portrait or light-transport basis to simulate."),
    ] = None,
    attack: Annotated[
        str | None, typer.Option(metavar="NAME", help="Attack to simulate; all are named below.")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Photo of the person's ID document."),
    ] = None,
    presence_only: Annotated[
        bool, typer.Option("--presence-only", help="Compare no photo: is somebody there?")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Simulated rigs: the same seed, the same session.")
    ] = None,
    nonce: Annotated[
        str | None,
        typer.Option(metavar="HEX", help="Nonce of whoever relies on the result."),
    ] = None,
    audience: Annotated[
        str, typer.Option(metavar="URI", help="Whom the result is meant for.")
    ] = LOCAL_AUDIENCE,
    requester: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who asks, as the person reads it before the light.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option(metavar="WORDS", help='Why, completing "so that …": "you can go in".')
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Policy, a TOML file.")
    ] = None,
    gentle: Annotated[bool, typer.Option("--gentle", help="Light that is slower, with soft edges.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", dir_okay=False, help="Write a report for engineers.")
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="DIR", file_okay=False, help="Save the session, face included, to replay it."),
    ] = None,
    models: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Manifest of other models."),
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="What --rig recording replays."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Such as response=0.10; may be given again.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Consent, and to --record, has been given beforehand.")
    ] = False,
) -> None:
    """Verify the person in front of the camera against their ID photo.

    Exit status: 0 verified, 10 not verified, 11 inconclusive, 12 declined, 2 wrong usage, 1 an error. A
    report or recording that fails after the light is an error line; result and exit status stay as they are.
    """
    options = VerifyOptions(
        rig=rig,
        subject=subject,
        attack=attack,
        settings=settings_of(settings or []),
        recording=recording,
        reference=reference,
        presence_only=presence_only,
        seed=seed,
        nonce=_nonce(nonce),
        audience=audience,
        requester=requester,
        purpose=purpose,
        policy=policy,
        gentle=gentle,
        models=models,
        record=record,
        report=report,
    )
    validate(options)
    if options.record is not None and not yes:
        require_yes(
            f"--record writes every picture of the face to {options.record} and leaves it there.", "--record"
        )
    _run(options, as_json=as_json, consent_given=yes)


def _nonce(text: str | None) -> bytes | None:
    try:
        return None if text is None else nonce_from_hex(text)
    except NonceError as error:
        raise typer.BadParameter(str(error), param_hint="--nonce") from error


def _run(options: VerifyOptions, *, as_json: bool, consent_given: bool) -> None:
    from lightproof.cli import installed_versions
    from lightproof.cli.json_objects import json_text
    from lightproof.cli.progress import Progress, unwinding_when_asked_to_end
    from lightproof.cli.session_words import print_session, session_object
    from lightproof.device import load_or_create_device_key
    from lightproof.face.manifest import load_manifest
    from lightproof.face.networks import load_networks
    from lightproof.rigs.kinds import kind_of
    from lightproof.rigs.recording.writer import RecordingWriter
    from lightproof.session import SessionOptions
    from lightproof.verification import verify

    if options.report is not None:  # a missing extra is to be known before the light
        from lightproof.reporting.session_report import ReportPage
    opened = open_recording(options) if options.rig == RECORDING else None
    request, entropy = request_of(options) if opened is None else (opened.request, opened.entropy)
    networks = load_networks(load_manifest(options.models))
    opened = opened or open_with(options, request, entropy)
    rig = opened.rig
    kind = kind_of(rig)
    key = None if kind == RECORDING else load_or_create_device_key(rig=kind)
    recorder = None if options.record is None else RecordingWriter(rig, options.record)
    with unwinding_when_asked_to_end(), Progress() as progress:
        session = verify(
            recorder or rig,
            request,
            reference=options.reference,
            options=SessionOptions(
                networks=networks,
                ask=_asker(kind, consent_given=consent_given),
                key=key,
                entropy=entropy,
                on_step=progress.step,
                on_hint=progress.hint,
                keep_trace=options.report is not None,
            ),
        )
    # The result first: what is optional may fail after it, and costs nothing but itself.
    if as_json:
        thumbprint = None if key is None else key.kid
        say_json(json_text(session_object(session, kind, thumbprint, installed_versions())))
    else:
        print_session(console(), session, kind, request.policy)
        _print_token(session, request)
    sys.stdout.flush()
    for mishap in session.mishaps:
        tell(f"error: {mishap}; the result stands")
    if options.record is not None and options.record.exists():
        tell(f"recording in {options.record}")
    if options.report is not None:
        title = options.attack or f"A session on the {rig.description.name} rig"
        described = replace(rig.description, kind=kind)
        page = ReportPage(title, session, installed_versions(), described, request.policy)
        _write_report(options.report, page)
    raise typer.Exit(OUTCOME_STATUS[session.verdict.outcome])


def _asker(kind: RigKind, *, consent_given: bool) -> ConsentAsker:
    from lightproof.consent import Consent, ask_in_words, asker_for

    if consent_given:
        return asker_for(kind, lambda notice: Consent.GIVEN)
    return asker_for(kind, lambda notice: ask_in_words(notice, write=tell, read=ask))


def _print_token(session: Session, request: Request) -> None:
    if session.token is not None:
        say()
        say(f"signed result for {request.audience}, nonce {request.nonce.hex()}:")
        say(session.token)
    if session.challenge_proof is not None:
        say()
        say(f"proof that nobody chose the light: {session.challenge_proof}")


def _write_report(path: Path, page: ReportPage) -> None:
    """Write the report, or say why there is none: the result is out already and keeps its exit status."""
    from lightproof.cli.progress import Progress, unwinding_when_asked_to_end
    from lightproof.reporting.session_report import write_report

    try:
        with unwinding_when_asked_to_end(), Progress() as progress:
            progress.show("writing the report")
            write_report(path, [page])
    except KeyboardInterrupt:
        tell(f"error: report {path} was interrupted and is not written; the result stands")
    except Exception as error:  # whatever a chart stumbles over
        tell(f"error: {error_line(error)}; the result stands")
    else:
        tell(f"report in {path}")
