"""The options of ``lightproof verify``, and the rig, the request and the chance that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from lightproof.cli.places import require_new_folder, require_place
from lightproof.cli.usage import wrong_usage
from lightproof.errors import InputError, PolicyError, RecordingError, RigNotFoundError
from lightproof.request import Request

if TYPE_CHECKING:
    from lightproof.policy import Policy
    from lightproof.rigs.protocol import Rig, RigOptions
    from lightproof.session import Entropy

HARDWARE: Final = ("auto", "desktop")
RECORDING: Final = "recording"
SIMULATED: Final = "simulated"


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """The command line, each option by its name; nothing has been opened yet."""

    rig: str
    subject: Path | None
    attack: str | None
    settings: Mapping[str, str]
    recording: Path | None
    reference: Path | None
    presence_only: bool
    seed: int | None
    nonce: bytes | None
    audience: str
    requester: str | None
    purpose: str | None
    policy: Path | None
    gentle: bool
    models: Path | None
    record: Path | None
    report: Path | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a session needs. ``entropy`` is None where the operating system is to draw it."""

    rig: Rig
    request: Request
    entropy: Entropy | None


def settings_of(given: list[str]) -> dict[str, str]:
    """Return what ``--set NAME=VALUE`` was given as names and values.

    Raises:
        typer.BadParameter: one of them has another form.
    """
    settings = {}
    for setting in given:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{setting!r} is not of the form NAME=VALUE", param_hint="--set")
        settings[name] = value
    return settings


def validate(options: VerifyOptions) -> None:
    """Refuse what can be seen to be wrong before anything is opened.

    Raises:
        typer.BadParameter: two options contradict each other, or a place is not there or not free.
    """
    hardware, replay = options.rig in HARDWARE, options.rig == RECORDING
    pretence = "only a simulated rig can do that; add --rig simulated"
    asked = "nobody is asked before a recording; leave it out"
    kept = "a recording is judged as it was made; leave it out"
    for option, given, refused, why in (
        ("--attack", options.attack, hardware or replay, pretence),
        ("--subject", options.subject, hardware, pretence),
        ("--seed", options.seed, hardware or replay, pretence),
        ("--set", options.settings or None, replay, kept),
        ("--policy", options.policy, replay, kept),
        ("--gentle", options.gentle or None, replay, kept),
        ("--requester", options.requester, replay, asked),
        ("--purpose", options.purpose, replay, asked),
        ("--record", options.record, replay, "a recording is not recorded again; copy its folder"),
        ("--recording", options.recording, not replay, "only --rig recording replays one"),
        (
            "--reference",
            options.reference,
            options.presence_only,
            "--presence-only compares no photo; give one of them",
        ),
    ):
        if given is not None and refused:
            raise typer.BadParameter(why, param_hint=option)
    if replay and (options.recording or options.subject) is None:
        raise typer.BadParameter("--rig recording needs the folder to replay", param_hint="--recording")
    if options.attack is not None and options.rig == SIMULATED:
        _require_attack(options.attack)
    if options.record is not None:
        require_new_folder(options.record, "--record")
    if options.report is not None:
        require_place(options.report, "--report")


def request_of(options: VerifyOptions) -> tuple[Request, Entropy | None]:
    """Return the request, and the chance that a seed fixes, for any rig but the recording rig.

    With a seed and no nonce the nonce follows from the seed: the same seed, the same session.

    Raises:
        typer.BadParameter: the audience is not a URI, or there is neither a reference nor
        ``--presence-only``, or the policy cannot be used.
    """
    from lightproof.policy import Policy
    from lightproof.session import Entropy

    with wrong_usage("--policy", PolicyError):
        stated = Policy() if options.policy is None else Policy.load(options.policy)
    policy = _with_flags(options, stated)
    nonce = options.nonce
    if nonce is None and options.seed is not None:
        nonce = hashlib.sha256(f"lightproof nonce {options.seed}".encode()).digest()
    request = Request.fresh(policy=policy)
    for option, name in (("--requester", "requester"), ("--purpose", "purpose")):
        if (words := getattr(options, name)) is not None:
            with wrong_usage(option):
                request = replace(request, **{name: words})
    with wrong_usage("--audience"):
        request = replace(request, audience=options.audience)
        request = request if nonce is None else replace(request, nonce=nonce)
    return request, None if options.seed is None else Entropy.from_seed(options.seed)


def open_with(options: VerifyOptions, request: Request, entropy: Entropy | None) -> Opened:
    """Open the rig that the options name.

    Raises:
        typer.BadParameter: no rig has this name, it has no such setting, or a seed was given and the rig
            turns out not to be simulated.
        LightproofError: what the rig's factory raises.
    """
    from lightproof.rigs.kinds import kind_of
    from lightproof.rigs.protocol import RigOptions

    settings = dict(options.settings)
    camera = settings.pop("camera", None)
    rig = open_named_rig(
        options.rig, RigOptions(options.seed, options.subject, options.attack, None, camera, settings)
    )
    if options.seed is not None and kind_of(rig) != SIMULATED:
        raise typer.BadParameter(f"rig {options.rig!r} is not simulated; leave it out", param_hint="--seed")
    return Opened(rig, request, entropy)


def open_named_rig(name: str, options: RigOptions) -> Rig:
    """Open the rig that ``--rig`` names, with the settings of ``--set``.

    Raises:
        typer.BadParameter: no rig has this name, or it has no such setting.
        LightproofError: what the rig's factory raises.
    """
    from lightproof.rigs.loading import AUTO, open_rig

    with wrong_usage("--set" if options.settings else "--rig"):
        if name == AUTO:  # that this machine has neither camera nor screen is no fault of whoever wrote it
            return open_rig(name, options)
        with wrong_usage("--rig", RigNotFoundError):
            return open_rig(name, options)


def open_recording(options: VerifyOptions) -> Opened:
    """Open the recording that the options name, with the nonce, policy and chance that it was made under.

    Raises:
        typer.BadParameter: another nonce was given, or the reference is missing or not wanted.
        RecordingError: the recording cannot be used.
    """
    from lightproof.policy import Policy
    from lightproof.rigs.recording.rig import RecordingRig
    from lightproof.session import recorded_entropy
    from lightproof.untrusted import json_value

    folder = options.recording or options.subject
    if folder is None:
        raise RecordingError("the recording rig needs a recording; name the directory that --record wrote")
    rig = RecordingRig(folder)
    nonce, entropy = recorded_entropy(dict(rig.context))
    if options.nonce not in (None, nonce):
        raise typer.BadParameter("the recording has another nonce; leave it out", param_hint="--nonce")
    try:
        policy = Policy.from_mapping(json_value(rig.context["policy"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(
            f"recording {folder} has no usable note of its policy; record the session again"
        ) from error
    request = Request.fresh(audience=options.audience, policy=_with_flags(options, policy))
    return Opened(rig, replace(request, nonce=nonce), entropy)


def _with_flags(options: VerifyOptions, policy: Policy) -> Policy:
    """Return the policy with what the flags add; it must then agree with the reference."""
    policy = replace(
        policy,
        presence_only=policy.presence_only or options.presence_only,
        mode="gentle" if options.gentle else policy.mode,
    )
    if policy.presence_only and options.reference is not None:
        raise typer.BadParameter("the policy compares no photo; leave it out", param_hint="--reference")
    if not policy.presence_only and options.reference is None:
        raise typer.BadParameter(
            "give a picture of the person's ID document, or --presence-only to compare none",
            param_hint="--reference",
        )
    return policy


def _require_attack(name: str) -> None:
    from lightproof.simulation.attacks import Attack

    try:
        Attack.named(name)
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--attack") from error
