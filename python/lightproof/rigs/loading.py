"""Finds and opens a rig by its name.

A third party adds a rig with an entry point in its own package::

    [project.entry-points."lightproof.rigs"]
    bench = "my_bench.rig:open_rig"      # a callable: RigOptions -> Rig

or names it on the command line as ``--rig my_bench.rig:open_rig``. The built-in names cannot be taken over,
and what a third party's factory returns is of the kind ``other`` whatever it says of itself
(:mod:`~lightproof.rigs.kinds`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TypeAlias

from lightproof.errors import (
    CameraNotFoundError,
    DisplayNotFoundError,
    LightproofError,
    RigError,
    RigNotFoundError,
)
from lightproof.rigs.desktop.camera import find_cameras
from lightproof.rigs.desktop.window import display_available
from lightproof.rigs.kinds import stamp
from lightproof.rigs.protocol import Rig, RigKind, RigOptions

Factory: TypeAlias = Callable[[RigOptions], object]

ENTRY_POINT_GROUP = "lightproof.rigs"
AUTO = "auto"

_BUILT_IN: Mapping[str, str] = {
    "desktop": "lightproof.rigs.desktop:open_rig",
    "recording": "lightproof.rigs.recording:open_rig",
    "simulated": "lightproof.rigs.simulated:open_rig",
}

_KINDS: Mapping[str, RigKind] = {"desktop": "desktop", "recording": "recording", "simulated": "simulated"}
"""Built-in name -> the kind of what its factory makes."""

_PLUG_IN = "connect a camera"
_GIVE_DISPLAY = "run it in a desktop session"
_NO_HARDWARE = "or try it without any by --rig simulated"


def rig_names() -> tuple[str, ...]:
    """Return the names that :func:`open_rig` knows besides ``auto`` and ``module:factory``, sorted."""
    return tuple(sorted(_factories()))


def open_rig(name: str, options: RigOptions) -> Rig:
    """Return the rig of a name, ready to be entered.

    Args:
        name: ``auto`` (the desktop's camera and screen; never a simulation), a built-in name, a name from the
            entry-point group ``lightproof.rigs``, or ``module:factory``.
        options: what the rig's factory is called with.

    Raises:
        RigNotFoundError: no rig has this name, or for ``auto`` there is neither camera nor screen.
        CameraNotFoundError: ``auto``, and there is no camera.
        DisplayNotFoundError: ``auto``, and there is no screen.
        RigError: the factory cannot be loaded, fails, or returns something that is not a rig.
        LightproofError: whatever the factory raises on purpose.
    """
    if name == AUTO:
        _require_hardware(options)
        name = "desktop"
    factories = _factories()
    target = name if ":" in name else factories.get(name)
    if target is None:
        known = ", ".join([AUTO, *sorted(factories)])
        raise RigNotFoundError(f"rig {name!r} is unknown; use one of {known}, or module:factory")
    try:
        rig = _load(name, target)(options)
        if isinstance(rig, Rig):
            stamp(rig, _KINDS.get(name, "other"))
            return rig
    except LightproofError:
        raise
    except Exception as error:
        raise RigError(
            f"rig {name!r} failed to start ({type(error).__name__}: {_one_line(error)}); "
            "ask whoever provides it"
        ) from error
    raise RigError(
        f"rig {name!r}: {target} returned a {type(rig).__name__}, which is not a Rig; see lightproof.rigs.Rig"
    )


def _require_hardware(options: RigOptions) -> None:
    camera = options.camera is not None or bool(find_cameras())
    display = display_available()
    if not camera and not display:
        raise RigNotFoundError(
            f"rig 'auto' found no camera and no screen; {_PLUG_IN} and {_GIVE_DISPLAY}, {_NO_HARDWARE}"
        )
    if not camera:
        raise CameraNotFoundError(f"rig 'auto' found a screen but no camera; {_PLUG_IN}, {_NO_HARDWARE}")
    if not display:
        raise DisplayNotFoundError(
            f"rig 'auto' found a camera but no screen; {_GIVE_DISPLAY}, {_NO_HARDWARE}"
        )


def _factories() -> dict[str, str]:
    found = {point.name: f"{point.module}:{point.attr}" for point in entry_points(group=ENTRY_POINT_GROUP)}
    return found | dict(_BUILT_IN)


def _load(name: str, target: str) -> Factory:
    module_name, _, attribute = target.partition(":")
    if not all(part.isidentifier() for part in (*module_name.split("."), *attribute.split("."))):
        raise RigNotFoundError(f"rig {name!r}: {target!r} is not of the form module:factory")
    try:
        factory: object = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name + ".").startswith(error.name + "."):
            raise RigNotFoundError(
                f"rig {name!r}: there is no module {module_name!r}; install it or put it on PYTHONPATH"
            ) from error
        raise
    for part in attribute.split("."):
        factory = getattr(factory, part, None)
    if not callable(factory):
        raise RigNotFoundError(
            f"rig {name!r}: module {module_name!r} has no callable {attribute!r}; "
            "name a factory that takes RigOptions"
        )
    return factory


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "no message"
