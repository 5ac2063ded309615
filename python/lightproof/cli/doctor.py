"""``lightproof doctor``: looks at everything a session needs and says what to do where it is missing."""

from __future__ import annotations

import importlib
import json
import os
import platform
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final

import typer

from lightproof.cli.status import ERROR_STATUS
from lightproof.cli.terminal import console, plain, say_json
from lightproof.errors import LightproofError
from lightproof.files import is_of_another_user, is_open_to_others

_OLDEST_PYTHON: Final = (3, 11)
_COARSEST_CLOCK_S: Final = 1e-3  # a tenth of the 10 ms that a row of frames may be off
_CLOCK_READS: Final = 10_000

_SIMULATION: Final = "simulation"
_REQUIRED: Final = {
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "cryptography": "cryptography",
    "filelock": "filelock",
    "joserfc": "joserfc",
    "lazy_loader": "lazy-loader",
    "msgspec": "msgspec",
    "platformdirs": "platformdirs",
    "rich": "rich",
    "typer": "typer",
}
"""Module -> distribution. The networks' runtime is one of several, and is looked at with the models."""

_OPTIONAL: Final = {
    "desktop": {"pygame": "pygame-ce", "linuxpy": "linuxpy"},
    "record": {"av": "av"},
    "cluster": {"distributed": "distributed"},
    "report": {"matplotlib": "matplotlib", "jinja2": "jinja2"},
    _SIMULATION: {"scipy": "scipy"},
}
"""Extra -> module -> distribution."""
_LINUX_ONLY: Final = {"linuxpy"}

_REINSTALL: Final = "pip install --force-reinstall lightproof"


class Status(StrEnum):
    """What a check found. A problem keeps even a simulated session from running; a warning does not."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found and, unless it is fine, what to do."""

    name: str
    status: Status
    message: str
    remedy: str | None = None


def register(app: typer.Typer) -> None:
    """Add ``lightproof doctor`` to the command line."""
    app.command("doctor")(_doctor)


def _doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Look at everything a session needs and say what to do where something is missing.

    Nothing is changed, and the camera is not started. Exit status: 0 if a simulated session can run
    (warnings say what a real one lacks), 1 if not.
    """
    checks = list(examine())
    problems = [check for check in checks if check.status is Status.PROBLEM]
    if as_json:
        found = {"ok": not problems, "checks": [asdict(check) for check in checks]}
        say_json(json.dumps(found, indent=2))
    else:
        for check in checks:
            _print(check)
    if problems:
        raise typer.Exit(ERROR_STATUS)


def examine() -> Iterator[Check]:
    """Yield every check as it is done. A check that cannot be done is a problem and stops no other."""
    for name, check in _CHECKS.items():
        try:
            yield from check()
        except LightproofError as error:
            yield Check(name, Status.PROBLEM, _one_line(error), _REINSTALL)
        except Exception as error:
            message = f"the check failed ({type(error).__name__}: {_one_line(error)})"
            yield Check(
                name, Status.PROBLEM, message, "reinstall the package; if that does not help, report it"
            )


def _python() -> Iterator[Check]:
    wanted = ".".join(map(str, _OLDEST_PYTHON))
    if sys.version_info < _OLDEST_PYTHON:
        yield Check("python", Status.PROBLEM, platform.python_version(), f"install Python {wanted} or later")
    else:
        yield Check("python", Status.OK, platform.python_version())


def _core() -> Iterator[Check]:
    try:
        importlib.import_module("lightproof._core")
    except ImportError as error:
        message = f"the compiled core cannot be loaded ({_one_line(error)})"
        yield Check("core", Status.PROBLEM, message, _REINSTALL)
    else:
        yield Check("core", Status.OK, f"lightproof {_version('lightproof') or 'not installed as a package'}")


def _packages() -> Iterator[Check]:
    missing = [distribution for module, distribution in _REQUIRED.items() if not _importable(module)]
    if missing:
        remedy = f"pip install {' '.join(missing)}"
        yield Check("packages", Status.PROBLEM, f"missing or broken: {', '.join(missing)}", remedy)
    else:
        yield Check("packages", Status.OK, _versions(_REQUIRED))
    for extra, wanted in _OPTIONAL.items():
        modules = {
            module: distribution
            for module, distribution in wanted.items()
            if sys.platform == "linux" or module not in _LINUX_ONLY
        }
        missing = [distribution for module, distribution in modules.items() if not _importable(module)]
        if missing:
            message, remedy = (
                f"missing or broken: {', '.join(missing)}",
                f"pip install 'lightproof[{extra}]'",
            )
            status = Status.PROBLEM if extra == _SIMULATION else Status.WARNING
            yield Check(f"extra {extra}", status, message, remedy)
        else:
            yield Check(f"extra {extra}", Status.OK, _versions(modules))


def _models() -> Iterator[Check]:
    from lightproof.face.manifest import load_manifest
    from lightproof.face.runtime import Network, runtime_name

    yield Check("runtime", Status.OK, runtime_name())
    for entry in load_manifest().entries.values():
        try:
            Network(entry)
        except LightproofError as error:
            yield Check(f"model {entry.name}", Status.PROBLEM, _one_line(error), _REINSTALL)
        else:
            yield Check(f"model {entry.name}", Status.OK, f"loads, sha256 {entry.sha256}")


def _clock() -> Iterator[Check]:
    from lightproof.rigs.desktop.clock import clock_name, now_s

    clock = time.get_clock_info(clock_name())
    reads = [now_s() for _ in range(_CLOCK_READS)]
    goes_back = any(later < earlier for earlier, later in pairwise(reads))
    message = f"{clock.implementation}, resolution {clock.resolution:g} s"
    if goes_back or not clock.monotonic or clock.resolution > _COARSEST_CLOCK_S:
        remedy = "choose another clock source in the kernel; this one goes back or is too coarse"
        yield Check("clock", Status.PROBLEM, message, remedy)
    else:
        yield Check("clock", Status.OK, message)


def _system_time() -> Iterator[Check]:
    from lightproof.device import KEY_FILES, state_directory
    from lightproof.system_time import clock_complaint

    folder = state_directory()
    made = [path.stat().st_mtime for file in set(KEY_FILES.values()) if (path := folder / file).exists()]
    complaint = clock_complaint(max(made, default=None))
    if complaint is None:
        yield Check("system time", Status.OK, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    else:
        said, _, remedy = complaint.partition("; ")
        yield Check("system time", Status.WARNING, said, remedy)


def _state() -> Iterator[Check]:
    from lightproof.device import KEY_FILES, state_directory

    folder = state_directory()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        message = f"{existing} cannot be written to"
        yield Check("state directory", Status.PROBLEM, message, "set LIGHTPROOF_HOME to a directory of yours")
    elif existing != folder:
        yield Check("state directory", Status.OK, f"{folder}, made at first use")
    else:
        yield _private("state directory", folder, forbidden=0o022, mode="700")
        for file in sorted(set(KEY_FILES.values())):
            if (folder / file).exists():
                yield _private("device key", folder / file, forbidden=0o077, mode="600")


def _private(name: str, path: Path, *, forbidden: int, mode: str) -> Check:
    status = path.stat()
    found = stat.S_IMODE(status.st_mode)
    if is_of_another_user(status):
        message = f"{path} belongs to user {status.st_uid}"
        return Check(name, Status.PROBLEM, message, "set LIGHTPROOF_HOME to a directory of yours")
    if is_open_to_others(status, forbidden):
        message = f"{path} is open to others (mode {found:04o})"
        return Check(name, Status.PROBLEM, message, f"chmod {mode} {path}")
    return Check(name, Status.OK, f"{path}, mode {found:04o}")


def _display() -> Iterator[Check]:
    from lightproof.rigs.desktop.window import display_available

    if display_available():
        name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "the desktop's own"
        yield Check("display", Status.OK, name)
    else:
        message = "no screen was found (DISPLAY and WAYLAND_DISPLAY are unset)"
        yield Check("display", Status.WARNING, message, "run it in a desktop session, or use --rig simulated")


def _cameras() -> Iterator[Check]:
    from lightproof.rigs.desktop.camera import can_list_cameras, find_cameras

    if not can_list_cameras():
        remedy = "try one by its number: --set camera=0 is the first"
        yield Check("camera", Status.WARNING, "cameras cannot be listed here; none was looked at", remedy)
        return
    cameras = find_cameras()
    if not cameras:
        remedy = "connect a camera, or use --rig simulated"
        yield Check("camera", Status.WARNING, "no camera was found (no /dev/video*)", remedy)
    for camera in cameras:
        name = f"camera {camera.path}"
        yield _lock(name, camera.path, camera.name)
        yield _calibration(f"calibration {camera.path}", camera.name)


def _lock(name: str, path: Path, model: str) -> Check:
    from lightproof.rigs.desktop.camera import CameraDevice
    from lightproof.rigs.desktop.v4l2 import can_lock

    if not _importable("linuxpy"):
        message = f"{model}: its lock and its time stamps cannot be proved without linuxpy"
        return Check(name, Status.WARNING, message, "pip install 'lightproof[desktop]'")
    try:
        if can_lock(CameraDevice(path, model)):
            return Check(name, Status.OK, f"{model}: exposure and white balance can be locked")
    except LightproofError as error:
        said, _, remedy = str(error).partition("; ")
        return Check(name, Status.WARNING, said, remedy or "try another camera")
    message = f"{model}: exposure or white balance cannot be locked"
    return Check(name, Status.WARNING, message, "use a camera that allows it, or steady light")


def _calibration(name: str, model: str) -> Check:
    from lightproof.rigs.calibration_store import load_calibration

    try:
        stored = load_calibration(model)
    except LightproofError as error:
        said, _, remedy = str(error).partition("; ")
        return Check(name, Status.WARNING, said, remedy)
    if stored is None or stored.calibration.latency_s is None:
        message = f"{model}: the latency was never measured, so a relay cannot be told"
        return Check(name, Status.WARNING, message, "calibrate this camera with this screen")
    latency_ms = stored.calibration.latency_s * 1e3
    return Check(
        name, Status.OK, f"{model}: latency {latency_ms:.0f} ms, measured {stored.measured:%Y-%m-%d}"
    )


def _drafts() -> Iterator[Check]:
    """Delete what killed recordings left: it shows a face."""
    from lightproof.rigs.recording.drafts import delete_drafts_left_behind

    deleted = delete_drafts_left_behind()
    if deleted:
        message = f"deleted what a killed recording had left: {', '.join(map(str, deleted))}"
        yield Check("recordings", Status.WARNING, message, "end a recording with Ctrl-C")
    else:
        yield Check("recordings", Status.OK, "none was left unfinished")


_CHECKS: Final[dict[str, Callable[[], Iterator[Check]]]] = {
    "python": _python,
    "core": _core,
    "packages": _packages,
    "models": _models,
    "clock": _clock,
    "system time": _system_time,
    "state directory": _state,
    "recordings": _drafts,
    "display": _display,
    "camera": _cameras,
}

_COLOURS: Final = {
    Status.OK: "green",
    Status.WARNING: "yellow",
    Status.PROBLEM: "red",
}


def _print(check: Check) -> None:
    from rich.text import Text

    line = Text.assemble(
        (f"{check.status:<8}", _COLOURS[check.status]), plain(f" {check.name}: {check.message}")
    )
    if check.remedy is not None:
        line.append(f"\n{'':8} → {plain(check.remedy)}")
    console().print(line, soft_wrap=True)


def _importable(module: str) -> bool:
    """Return whether a module loads: one that is there and does not is of no use to a session."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # its greeting would spoil --json
    try:
        importlib.import_module(module)
    except Exception:  # a compiled module may fail with anything
        return False
    return True


def _versions(modules: Mapping[str, str]) -> str:
    # A module may come with another distribution than ours, as cv2 does with opencv-python.
    return ", ".join(f"{name} {_version(name) or '(other distribution)'}" for name in modules.values())


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "no details"
