"""Cameras of a desktop: their interface, the list of them, and which one to take.

Third parties who have a camera of their own combine it with the desktop's screen by handing any
:class:`Camera` to :class:`lightproof.rigs.desktop.DesktopRig`.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from lightproof.errors import (
    CameraBusyError,
    CameraForbiddenError,
    CameraLostError,
    CameraNotFoundError,
    RigError,
)
from lightproof.rigs.protocol import Frame

WANTED_SIZE = (1280, 720)  # a face of about 300 px at 40 cm
WANTED_RATE_HZ = 30.0

_DEVICES = Path("/dev")
_CLASS = Path("/sys/class/video4linux")
_STABLE_NAMES = (_DEVICES / "v4l" / "by-id", _DEVICES / "v4l" / "by-path")
"""Where udev links cameras under names that follow from model, serial number and port."""

_INFRARED = re.compile(r"(?i)\b(?:ir|infra-?red)\b")


@runtime_checkable
class Camera(Protocol):
    """A source of frames stamped by :func:`lightproof.rigs.desktop.clock.now_s`.

    Its methods are called in the order ``open``, ``read`` …, ``lock``, ``read`` …, ``close``, never two at a
    time, ``read`` after ``lock`` from a thread of its own.
    """

    @property
    def name(self) -> str:
        """A name that stays the same for the same model of camera; its calibration is kept under it."""
        ...

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second; nominal before ``open``."""
        ...

    def open(self) -> None:
        """Start delivering frames, everything automatic.

        Raises:
            CameraNotFoundError: it is gone.
            CameraBusyError: another program holds it.
            RigError: it may not be opened, or delivers nothing that can be read.
        """
        ...

    def lock(self) -> None:
        """Hold exposure, gain and white balance where they are now, as far as the camera allows.

        Whether it worked is in the ``metadata.locked`` of the frames that follow.
        """
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame in memory that nobody else uses, or None if none came within ``timeout_s``.

        Raises:
            CameraLostError: it was unplugged or failed.
        """
        ...

    def close(self) -> None:
        """Stop, put the automatic controls back and let go of the camera; may be called more than once."""
        ...


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A video device of this machine: its node and the name that its driver gives."""

    path: Path
    name: str


_NUMBERED = tuple(CameraDevice(Path(str(number)), f"camera {number}") for number in range(4))
"""What may be a camera where none can be listed: the numbers by which OpenCV opens them."""


def can_list_cameras() -> bool:
    """Return whether cameras can be listed without opening them, as only Linux does."""
    return sys.platform == "linux"


def find_cameras(devices: Path = _DEVICES, video_class: Path = _CLASS) -> tuple[CameraDevice, ...]:
    """Return the video devices that may be cameras, in the order of their numbers. Nothing is opened.

    Where they cannot be listed (:func:`can_list_cameras`), OpenCV's first numbers are named, whatever is
    there.
    """
    if not can_list_cameras():
        return _NUMBERED
    found = []
    for path in devices.glob("video*"):
        if not (number := re.fullmatch(r"video(\d+)", path.name)):
            continue
        # A UVC camera has a second node, of index 1, for metadata only.
        if _line(video_class / path.name / "index") not in ("", "0"):
            continue
        name = _line(video_class / path.name / "name") or path.name
        found.append((int(number[1]), CameraDevice(path, name)))
    return tuple(device for _, device in sorted(found, key=lambda entry: entry[0]))


def in_colour_by_name(device: CameraDevice) -> bool:
    """Return False for a device whose name says that it sees infra-red light, as one in many laptops does."""
    return not _INFRARED.search(device.name)


def choose_device(
    wanted: str | None,
    found: tuple[CameraDevice, ...] | None = None,
    sees_colour: Callable[[CameraDevice], bool] = in_colour_by_name,
) -> CameraDevice:
    """Return the device that was requested by path, number or part of its name; the first one if None.

    Paths may be links to a device, such as ``/dev/v4l/by-id/usb-…-index0``, which stay the same whatever the
    order in which cameras are plugged in; the name of such a link is enough. If None, a camera in colour is
    taken before one that is not.

    Raises:
        CameraNotFoundError: there is no camera, or none matches.
    """
    cameras = find_cameras() if found is None else found
    if not cameras:
        raise CameraNotFoundError(
            f"no camera was found ({_DEVICES}/video* is absent); connect one, or try it with --rig simulated"
        )
    if wanted is None:
        return next((camera for camera in cameras if sees_colour(camera)), cameras[0])
    led_to = _led_to(wanted)
    for camera in cameras:
        if camera.path.resolve() in led_to or wanted in (
            str(camera.path),
            camera.path.name,
            camera.path.name.removeprefix("video"),
        ):
            return camera
    for camera in cameras:
        if wanted.lower() in camera.name.lower():
            return camera
    known = ", ".join(f"{camera.path} ({camera.name})" for camera in cameras)
    raise CameraNotFoundError(f"no camera matches {wanted!r}; there is {known}")


def _led_to(wanted: str) -> frozenset[Path]:
    """Return the nodes to which a path leads, or a link of this name in the folders of stable names."""
    if os.sep not in wanted:
        return frozenset(link.resolve() for folder in _STABLE_NAMES if (link := folder / wanted).is_symlink())
    return frozenset([Path(wanted).resolve()])


def camera_error(device: CameraDevice, error: OSError, *, streaming: bool) -> RigError:
    """Return the typed error for what the kernel reports of a camera, with the remedy."""
    who = f"camera {device.name!r} ({device.path})"
    reason = error.strerror or "no reason given"
    if streaming:
        return CameraLostError(f"{who} stopped delivering ({reason}); plug it in again and start over")
    if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return CameraNotFoundError(f"{who} is gone ({reason}); connect it and try again")
    if error.errno == errno.EBUSY:
        return CameraBusyError(
            f"{who} is busy; close the program that uses it (fuser -v {device.path} names it)"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return CameraForbiddenError(
            f"{who} may not be opened ({reason}); add yourself to the group video "
            "(sudo usermod -aG video $USER) and log in again"
        )
    return RigError(f"{who} cannot be used ({reason}); unplug it, plug it in again, or try another one")


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
