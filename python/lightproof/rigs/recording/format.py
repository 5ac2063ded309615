"""What lies in a recording: ``session.json`` with the description, the events in their order and the context.

Every number is written so that it reads back to the very same float.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import RecordingError
from lightproof.rigs.illumination import require_illumination
from lightproof.rigs.protocol import (
    Calibration,
    CameraMetadata,
    Geometry,
    PixelFormat,
    RigDescription,
    RigKind,
)

SESSION_FILE = "session.json"
VIDEO_FILE = "frames.mkv"
FORMAT_NAME = "lightproof-recording"
FORMAT_VERSION = 1
MAX_SESSION_BYTES = 64 * 2**20  # 200 bytes an event: hours of video
MAX_SIDE_PX = 16_384


@dataclass(frozen=True, slots=True)
class Flip:
    """An illumination that was shown: four sRGB colours, when it was asked for and when it came."""

    illumination: tuple[tuple[int, ...], ...]
    at_s: float | None
    flip_s: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """A frame delivered when the clock stood at ``clock_s``; its pixels are the next picture of the video.

    ``checksum`` is the CRC-32 of its pixels without padding.
    """

    sensor_time_s: float
    exposure_s: float
    readout_s: float
    metadata: CameraMetadata
    checksum: int
    clock_s: float


@dataclass(frozen=True, slots=True)
class FramesEnded:
    """The clock reached ``until_s`` (None: without end) while frames were asked for."""

    until_s: float | None
    clock_s: float


@dataclass(frozen=True, slots=True)
class ClockRead:
    """Somebody asked for the time."""

    clock_s: float


Event: TypeAlias = Flip | Delivered | FramesEnded | ClockRead

_EVENT_NAMES: Mapping[type[Event], str] = {
    Flip: "flip",
    Delivered: "frame",
    FramesEnded: "frames_ended",
    ClockRead: "clock",
}


@dataclass(frozen=True, slots=True)
class Video:
    """The pixels of all frames: SHA-256 of the file, the format that the rig delivered, size in pixels."""

    pixel_format: PixelFormat
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Session:
    """Everything of a recording but the pixels. ``video`` is None if no frame was ever delivered."""

    description: RigDescription
    video: Video | None
    events: tuple[Event, ...]
    context: Mapping[str, Any]


def colours(illumination: NDArray[np.uint8]) -> tuple[tuple[int, ...], ...]:
    """Return an illumination, uint8 (4, 3), as it is written to a recording.

    Raises:
        InputError: it has another type or shape.
    """
    return tuple(tuple(int(value) for value in colour) for colour in require_illumination(illumination))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises:
        RecordingError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RecordingError(
            f"recording: cannot read {path} ({error.strerror}); record the session again"
        ) from error


def event_time_s(event: Event) -> float:
    """Return where the rig's clock stood when an event was over, in seconds."""
    return event.flip_s if isinstance(event, Flip) else event.clock_s


def session_text(session: Session) -> str:
    """Return a session as JSON text."""
    events = [{"event": _EVENT_NAMES[type(event)]} | dataclasses.asdict(event) for event in session.events]
    document = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "description": dataclasses.asdict(session.description),
        "video": None if session.video is None else dataclasses.asdict(session.video),
        "events": events,
        "context": dict(session.context),
    }
    return json.dumps(document, allow_nan=False, separators=(",", ":"))


def load_session(path: Path) -> Session:
    """Read ``session.json``.

    Raises:
        RecordingError: it cannot be read, is cut short, is of another version, or contradicts itself.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_SESSION_BYTES + 1)
    except OSError as error:
        raise RecordingError(
            f"recording: cannot read {path} ({error.strerror}); give the directory that --record wrote"
        ) from error
    if len(content) > MAX_SESSION_BYTES:
        raise RecordingError(f"recording: {path} is larger than {MAX_SESSION_BYTES} bytes; it is no session")
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecordingError(
            f"recording: {path} is cut short or no JSON; record the session again"
        ) from error
    return _session(_Object(str(path), document))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _session(document: _Object) -> Session:
    if document.value("format") != FORMAT_NAME or document.value("version") != FORMAT_VERSION:
        raise document.wrong("format", f"a {FORMAT_NAME} of version {FORMAT_VERSION}")
    events = tuple(_event(item) for item in document.children("events"))
    context = document.value("context")
    if not isinstance(context, dict):
        raise document.wrong("context", "an object")
    video = None if document.value("video") is None else _video(document.child("video"))
    if video is None and any(isinstance(event, Delivered) for event in events):
        raise document.wrong("video", "an object, for there are frames")
    clock_s = -math.inf
    for number, event in enumerate(events):
        time_s = event_time_s(event)
        if time_s < clock_s:
            raise RecordingError(
                f"recording: {document.where}: the clock goes back from {clock_s} s to {time_s} s "
                f"at event {number}; record the session again"
            )
        clock_s = time_s
    return Session(_description(document.child("description")), video, events, context)


def _description(item: _Object) -> RigDescription:
    kind = item.value("kind")
    if kind not in get_args(RigKind):
        raise item.wrong("kind", "one of " + ", ".join(get_args(RigKind)))
    geometry = item.child("geometry")
    width_m, height_m = geometry.numbers("screen_m", 2)
    x_m, y_m, z_m = geometry.numbers("camera_m", 3)
    calibration = item.child("calibration")
    rows = calibration.value("mixing")
    if not isinstance(rows, list) or len(rows) != 3:
        raise calibration.wrong("mixing", "three rows of three numbers")
    mixing = [calibration.check_numbers("mixing", row, 3) for row in rows]
    return RigDescription(
        name=item.text("name"),
        kind=kind,
        geometry=Geometry((width_m, height_m), (x_m, y_m, z_m), geometry.optional_number("focal_px")),
        calibration=Calibration(
            calibration.optional_number("latency_s"), tuple((row[0], row[1], row[2]) for row in mixing)
        ),
        frame_rate_hz=item.number("frame_rate_hz", low=0),
        refresh_hz=item.number("refresh_hz", low=0),
    )


def _video(item: _Object) -> Video:
    pixel_format = item.value("pixel_format")
    if pixel_format not in get_args(PixelFormat):
        raise item.wrong("pixel_format", "one of " + ", ".join(get_args(PixelFormat)))
    sizes = [item.value("width"), item.value("height")]
    if not all(type(size) is int and 0 < size <= MAX_SIDE_PX for size in sizes):
        raise item.wrong("width", f"a whole number from 1 to {MAX_SIDE_PX}, and so must the height be")
    digest = item.text("sha256")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise item.wrong("sha256", "64 hexadecimal digits")
    return Video(pixel_format, sizes[0], sizes[1], digest)


def _event(item: _Object) -> Event:
    name = item.value("event")
    if name == "flip":
        quadrants = item.value("illumination")
        if not isinstance(quadrants, list) or len(quadrants) != 4 or not all(map(_is_colour, quadrants)):
            raise item.wrong("illumination", "four colours of three bytes")
        return Flip(tuple(map(tuple, quadrants)), item.optional_number("at_s"), item.number("flip_s"))
    if name == "frame":
        checksum = item.value("checksum")
        if type(checksum) is not int:
            raise item.wrong("checksum", "a whole number")
        return Delivered(
            item.number("sensor_time_s"),
            item.number("exposure_s", low=0),
            item.number("readout_s", low=0),
            _metadata(item.child("metadata")),
            checksum,
            item.number("clock_s"),
        )
    if name == "frames_ended":
        return FramesEnded(item.optional_number("until_s"), item.number("clock_s"))
    if name == "clock":
        return ClockRead(item.number("clock_s"))
    raise item.wrong("event", "one of " + ", ".join(_EVENT_NAMES.values()))


def _is_colour(colour: object) -> bool:
    return (
        isinstance(colour, list)
        and len(colour) == 3
        and all(type(value) is int and 0 <= value <= 255 for value in colour)
    )


def _metadata(item: _Object) -> CameraMetadata:
    locked, sequence, balance = item.value("locked"), item.value("sequence"), item.value("white_balance")
    if locked is not None and not isinstance(locked, bool):
        raise item.wrong("locked", "true, false or null")
    if sequence is not None and type(sequence) is not int:
        raise item.wrong("sequence", "a whole number or null")
    return CameraMetadata(
        gain=item.optional_number("gain"),
        white_balance=None if balance is None else tuple(item.check_numbers("white_balance", balance)),
        locked=locked,
        sequence=sequence,
    )


class _Object:
    """One JSON object; every complaint names the file, the place and the key."""

    def __init__(self, where: str, item: object) -> None:
        self.where = where
        if not isinstance(item, dict):
            raise RecordingError(f"recording: {where} is not a JSON object; record the session again")
        self._item: dict[str, Any] = item

    def wrong(self, key: str, wanted: str) -> RecordingError:
        return RecordingError(f"recording: {self.where}: {key} must be {wanted}; record the session again")

    def value(self, key: str) -> Any:
        if key not in self._item:
            raise RecordingError(f"recording: {self.where} lacks {key}; record the session again")
        return self._item[key]

    def child(self, key: str) -> _Object:
        return _Object(f"{self.where}, {key}", self.value(key))

    def children(self, key: str) -> Sequence[_Object]:
        items = self.value(key)
        if not isinstance(items, list):
            raise self.wrong(key, "a list")
        return [_Object(f"{self.where}, {key}[{number}]", item) for number, item in enumerate(items)]

    def text(self, key: str) -> str:
        text = self.value(key)
        if not isinstance(text, str):
            raise self.wrong(key, "text")
        return text

    def number(self, key: str, low: float = -math.inf) -> float:
        return self._check_number(key, self.value(key), low)

    def optional_number(self, key: str) -> float | None:
        number = self.value(key)
        return None if number is None else self._check_number(key, number)

    def numbers(self, key: str, count: int) -> list[float]:
        return self.check_numbers(key, self.value(key), count)

    def check_numbers(self, key: str, items: object, count: int | None = None) -> list[float]:
        if not isinstance(items, list) or (count is not None and len(items) != count):
            raise self.wrong(key, "a list of numbers" if count is None else f"a list of {count} numbers")
        return [self._check_number(key, item) for item in items]

    def _check_number(self, key: str, number: object, low: float = -math.inf) -> float:
        wanted = "a finite number" if low == -math.inf else f"a finite number of at least {low:g}"
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise self.wrong(key, wanted)
        try:
            value = float(number)
        except OverflowError as error:
            raise self.wrong(key, wanted) from error
        if not math.isfinite(value) or value < low:
            raise self.wrong(key, wanted)
        return value
