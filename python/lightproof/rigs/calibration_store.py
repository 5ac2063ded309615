"""Keeps what was measured when a camera and a screen were set up together.

One JSON file a camera, ``calibration/<camera name>.json`` in the state directory, mode 0600: it tells
nothing of people, but whoever could change it could make a relay look punctual.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from lightproof.device import state_directory
from lightproof.errors import CalibrationError, FileError
from lightproof.files import is_open_to_others, open_regular, write_atomic
from lightproof.rigs.protocol import Calibration, Mixing
from lightproof.validation import complaint_of, encode_numpy

_FORMAT: Final = 2
"""Format 1 had no spread and no delivery; it is read, and the widest bounds hold."""
_MAX_FILE_BYTES: Final = 4096  # ten times what is written
_MAX_LATENCY_S: Final = 1.0  # no screen and camera are slower; more is a mistake of units


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """A calibration, the camera that it was measured with and when, in UTC."""

    camera: str
    calibration: Calibration
    measured: datetime


class _CalibrationFile(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies in the file.

    Raises:
        ValueError: a figure is out of range.
    """

    format: Literal[1, 2]
    camera: str
    latency_s: float | None
    mixing: Mixing
    measured: datetime
    spread_s: Annotated[float, Meta(ge=0)] | None = None
    delivery_s: float | None = None
    delivery_spread_s: Annotated[float, Meta(ge=0)] | None = None

    def __post_init__(self) -> None:
        if self.latency_s is not None and not 0 <= self.latency_s <= _MAX_LATENCY_S:
            raise ValueError(f"latency of {self.latency_s} s is not within 0 and {_MAX_LATENCY_S:g} s")
        shares = [share for row in self.mixing for share in row]
        if not all(map(math.isfinite, shares)) or not math.isclose(max(shares), 1.0, rel_tol=1e-6):
            raise ValueError("mixing is not a 3x3 matrix whose largest entry is 1")
        if self.delivery_s is not None and abs(self.delivery_s) > _MAX_LATENCY_S:
            raise ValueError(f"delivery of {self.delivery_s} s is not within ±{_MAX_LATENCY_S:g} s")
        if self.measured.tzinfo is None:
            raise ValueError("date without time zone")

    def stored(self) -> StoredCalibration:
        """Return what was measured."""
        calibration = Calibration(
            self.latency_s, self.mixing, self.spread_s, self.delivery_s, self.delivery_spread_s
        )
        return StoredCalibration(self.camera, calibration, self.measured)


def calibration_path(camera: str, directory: Path | None = None) -> Path:
    """Return where the calibration of a camera is kept; ``directory`` is the state directory if None."""
    slug = re.sub(r"[^a-z0-9]+", "-", camera.lower()).strip("-")[:80] or "camera"
    return (state_directory() if directory is None else directory) / "calibration" / f"{slug}.json"


def load_calibration(camera: str, directory: Path | None = None) -> StoredCalibration | None:
    """Return what was measured with a camera, or None if nothing ever was.

    Raises:
        CalibrationError: the file cannot be read, is damaged, belongs to another camera, or others can
            change it.
    """
    path = calibration_path(camera, directory)
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            content = file.read(_MAX_FILE_BYTES + 1) or b""
    except FileError as error:
        raise CalibrationError(
            f"calibration cannot be read: {error}, or delete it and calibrate again"
        ) from error
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CalibrationError(
            f"calibration {path} cannot be read ({error.strerror}); correct its permissions"
        ) from error
    if is_open_to_others(status, 0o022):
        raise CalibrationError(
            f"calibration {path} can be changed by others; check it and run: chmod 600 {path}"
        )
    try:
        stored = msgspec.json.decode(content, type=_CalibrationFile).stored()
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CalibrationError(
            f"calibration {path} is damaged; delete it and calibrate this rig again"
        ) from error
    if stored.camera != camera:
        raise CalibrationError(
            f"calibration {path} belongs to camera {stored.camera!r}, not {camera!r}; calibrate again"
        )
    return stored


def save_calibration(stored: StoredCalibration, directory: Path | None = None) -> Path:
    """Write a calibration so that it is there whole or not at all, and return where.

    Raises:
        CalibrationError: the calibration could not be read again (a figure is out of range or not a number,
            the name of the camera is not text), or the file cannot be written.
    """
    content = _content(stored)
    path = calibration_path(stored.camera, directory)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, content, private=True)
    except OSError as error:
        raise CalibrationError(
            f"calibration {path} cannot be written ({error.strerror}); set LIGHTPROOF_HOME"
        ) from error
    return path


def _content(stored: StoredCalibration) -> bytes:
    """Return what lies in the file, checked as it is when it is read; NumPy's numbers are numbers."""
    values = {"format": _FORMAT, "camera": stored.camera, "measured": stored.measured} | dataclasses.asdict(
        stored.calibration
    )
    try:
        plain = msgspec.to_builtins(values, builtin_types=(bytes, datetime), enc_hook=encode_numpy)
        content = msgspec.json.encode(msgspec.convert(plain, _CalibrationFile, builtin_types=(datetime,)))
    except msgspec.ValidationError as error:
        raise _not_kept(stored, complaint_of(error).words) from error
    except (TypeError, ValueError) as error:
        raise _not_kept(stored, str(error)) from error
    if len(content) > _MAX_FILE_BYTES:
        raise _not_kept(stored, f"{len(content)} bytes, at most {_MAX_FILE_BYTES} are read")
    return content


def _not_kept(stored: StoredCalibration, why: str) -> CalibrationError:
    camera = ascii(stored.camera)  # a lone surrogate could not be printed
    return CalibrationError(f"calibration of {camera[:100]} cannot be kept ({why}); measure again")
