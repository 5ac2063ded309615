"""What ``lightproof verify`` was asked for, and the rig, the request and the chance that follow from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from lightproof.errors import InputError, RecordingError
from lightproof.request import Request

if TYPE_CHECKING:
    from lightproof.policy import Policy
    from lightproof.rigs.protocol import Rig
    from lightproof.verification import Entropy

HARDWARE: Final = ("auto", "desktop")
RECORDING: Final = "recording"
SIMULATED: Final = "simulated"


@dataclass(frozen=True, slots=True)
class Order:
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


def require_sense(order: Order) -> None:
    """Refuse what can be seen to be wrong before anything is opened.

    Raises:
        typer.BadParameter: two options contradict each other, or a place is not there or not free.
    """
    hardware, replay = order.rig in HARDWARE, order.rig == RECORDING
    pretence = "only a simulated rig can do that; add --rig simulated"
    kept = "a recording is judged as it was made; leave it out"
    for option, given, refused, why in (
        ("--attack", order.attack, hardware or replay, pretence),
        ("--subject", order.subject, hardware, pretence),
        ("--seed", order.seed, hardware or replay, pretence),
        ("--set", order.settings or None, replay, kept),
        ("--policy", order.policy, replay, kept),
        ("--gentle", order.gentle or None, replay, kept),
        ("--record", order.record, replay, "a recording is not recorded again; copy its folder"),
        ("--recording", order.recording, not replay, "only --rig recording replays one"),
        (
            "--reference",
            order.reference,
            order.presence_only,
            "--presence-only compares no photo; give one of them",
        ),
    ):
        if given is not None and refused:
            raise typer.BadParameter(why, param_hint=option)
    if replay and (order.recording or order.subject) is None:
        raise typer.BadParameter("--rig recording needs the folder to replay", param_hint="--recording")
    if order.attack is not None and order.rig == SIMULATED:
        _require_attack(order.attack)
    if order.record is not None and order.record.exists() and any(order.record.iterdir()):
        raise typer.BadParameter(f"{order.record} is not empty; name a new folder", param_hint="--record")
    if order.report is not None and not order.report.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {order.report.parent}", param_hint="--report")


def request_of(order: Order) -> tuple[Request, Entropy | None]:
    """Return the request, and the chance that a seed fixes, for any rig but the recording rig.

    With a seed and no nonce the nonce follows from the seed: the same seed, the same session.

    Raises:
        typer.BadParameter: the audience is no URI, or there is neither a reference nor ``--presence-only``.
        PolicyError: the policy cannot be used.
    """
    from lightproof.policy import Policy
    from lightproof.verification import Entropy

    policy = _with_flags(order, Policy() if order.policy is None else Policy.load(order.policy))
    nonce = order.nonce
    if nonce is None and order.seed is not None:
        nonce = hashlib.sha256(f"lightproof nonce {order.seed}".encode()).digest()
    try:
        request = Request.fresh(audience=order.audience, policy=policy)
        request = request if nonce is None else replace(request, nonce=nonce)
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--audience") from error
    return request, None if order.seed is None else Entropy.from_seed(order.seed)


def open_with(order: Order, request: Request, entropy: Entropy | None) -> Opened:
    """Open the rig of an order.

    Raises:
        typer.BadParameter: a seed was given and the rig turns out not to be simulated.
        LightproofError: what the rig's factory raises.
    """
    from lightproof.rigs.loading import open_rig
    from lightproof.rigs.protocol import RigOptions

    settings = dict(order.settings)
    camera = settings.pop("camera", None)
    rig = open_rig(order.rig, RigOptions(order.seed, order.subject, order.attack, None, camera, settings))
    if order.seed is not None and rig.description.kind != SIMULATED:
        raise typer.BadParameter(f"rig {order.rig!r} is not simulated; leave it out", param_hint="--seed")
    return Opened(rig, request, entropy)


def open_recording(order: Order) -> Opened:
    """Open the recording of an order, with the nonce, the policy and the chance that it was made under.

    Raises:
        typer.BadParameter: another nonce was given, or the reference is missing or not wanted.
        RecordingError: the recording cannot be used.
    """
    from lightproof.policy import Policy
    from lightproof.rigs.recording import RecordingRig
    from lightproof.verification import recorded_entropy

    folder = order.recording or order.subject
    if folder is None:
        raise RecordingError("the recording rig needs a recording; name the directory that --record wrote")
    rig = RecordingRig(folder)
    nonce, entropy = recorded_entropy(dict(rig.context))
    if order.nonce not in (None, nonce):
        raise typer.BadParameter("the recording has another nonce; leave it out", param_hint="--nonce")
    try:
        policy = Policy.from_mapping(json.loads(rig.context["policy"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RecordingError(
            f"recording {folder} has no usable note of its policy; record the session again"
        ) from error
    request = Request.fresh(audience=order.audience, policy=_with_flags(order, policy))
    return Opened(rig, replace(request, nonce=nonce), entropy)


def _with_flags(order: Order, policy: Policy) -> Policy:
    """Return the policy with what the flags add; it must then agree with the reference."""
    policy = replace(
        policy,
        presence_only=policy.presence_only or order.presence_only,
        mode="gentle" if order.gentle else policy.mode,
    )
    if policy.presence_only and order.reference is not None:
        raise typer.BadParameter("the policy compares no photo; leave it out", param_hint="--reference")
    if not policy.presence_only and order.reference is None:
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
