"""``lightproof calibrate``: measure a camera and a screen together, once, when they are set up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightproof.cli.terminal import require_yes, say, say_json
from lightproof.cli.verify_options import HARDWARE, RECORDING, SIMULATED, open_named_rig, settings_of
from lightproof.errors import LightproofError

if TYPE_CHECKING:
    from lightproof.calibration import Measured
    from lightproof.rigs.protocol import Rig

_QUESTION = (
    "Sit where people will sit, look at the screen and hold still for about a minute. Coloured light will "
    "play; it does not flash, but leave it to somebody else if changing colours can trouble you. Only "
    "numbers are kept."
)


def register(app: typer.Typer) -> None:
    """Add ``lightproof calibrate`` to the command line."""
    app.command("calibrate")(_calibrate)


def _calibrate(
    rig: Annotated[
        str, typer.Option("--rig", metavar="NAME", help="auto, desktop, simulated or module:factory.")
    ] = "auto",
    repeats: Annotated[
        int, typer.Option(metavar="N", min=3, max=50, help="Challenges to play; the median counts.")
    ] = 5,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Simulated rigs: the same seed, the same figures.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the rig.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Whoever sits there has agreed beforehand.")] = False,
) -> None:
    """Measure how late a rig's light is and how its colours mix, and keep it for the desktop's camera.

    Somebody has to sit in front of it. Exit status: 0 it was clear, 1 it was not, or another error.
    """
    if rig == RECORDING:
        raise typer.BadParameter("a recording has the calibration of its rig", param_hint="--rig")
    if seed is not None and rig in HARDWARE:
        raise typer.BadParameter("only a simulated rig can do that; add --rig simulated", param_hint="--seed")
    given = settings_of(settings or [])
    from lightproof.calibration import measure
    from lightproof.cli.progress import Progress, unwinding_when_asked_to_end
    from lightproof.face.networks import load_networks
    from lightproof.rigs.kinds import kind_of
    from lightproof.rigs.protocol import RigOptions

    networks = load_networks()
    camera = given.pop("camera", None)
    opened = open_named_rig(rig, RigOptions(seed=seed, camera=camera, settings=given))
    if kind_of(opened) != SIMULATED and not yes:
        require_yes(_QUESTION, "calibrate")

    with unwinding_when_asked_to_end(), Progress() as progress:
        measured = measure(
            opened,
            networks,
            repeats=repeats,
            seeds=_seeds(seed),
            on_challenge=lambda number: progress.show(
                f"challenge {number + 1} of {repeats}, hold still"
                if number < repeats
                else "colours, hold still"
            ),
            on_hint=progress.hint,
        )
    stored: Path | None = None
    failure: LightproofError | None = None
    try:
        stored = _store(opened, measured)
    except LightproofError as error:  # what was measured is told before what became of it
        failure = error
    if as_json:
        say_json(_json(opened, measured, stored))
    else:
        _print(measured)
        if failure is None:
            say(
                "not stored: this rig brings its own calibration" if stored is None else f"stored in {stored}"
            )
    if failure is not None:
        raise failure


def _seeds(seed: int | None) -> Callable[[int], bytes]:
    if seed is None:
        return lambda number: secrets.token_bytes(32)
    return lambda number: hashlib.sha256(f"lightproof calibrate {seed} {number}".encode()).digest()


def _store(rig: Rig, measured: Measured) -> Path | None:
    """Keep the calibration where the rig will look for it; None where it looks for none."""
    from lightproof.rigs.calibration_store import StoredCalibration, save_calibration
    from lightproof.rigs.desktop.rig import DesktopRig

    if not isinstance(rig, DesktopRig):
        return None
    return save_calibration(StoredCalibration(rig.camera_name, measured.calibration, datetime.now(UTC)))


def _json(rig: Rig, measured: Measured, stored: Path | None) -> str:
    from lightproof.cli.json_objects import CalibrationObject, json_text

    return json_text(
        CalibrationObject(
            rig=rig.description.name,
            latency_s=measured.calibration.latency_s or 0.0,
            spread_s=measured.spread_s,
            latencies_s=measured.latencies_s,
            mixing=measured.calibration.mixing,
            mixing_sigma=measured.mixing_sigma,
            stored=None if stored is None else str(stored),
        )
    )


def _print(measured: Measured) -> None:
    latency_s = measured.calibration.latency_s or 0.0
    each = ", ".join(f"{1000 * one_s:.1f}" for one_s in measured.latencies_s)
    say(f"latency  {1000 * latency_s:.1f} ms, the median of {each}")
    if measured.mixing_sigma is None:
        say("mixing   not clear enough: each colour of the screen is taken for the camera's own")
    else:
        for name, row in zip(("red", "green", "blue"), measured.calibration.mixing, strict=True):
            say(f"mixing   camera's {name:5} sees " + " ".join(f"{share:+.3f}" for share in row))
