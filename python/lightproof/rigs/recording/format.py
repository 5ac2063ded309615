"""What a recording holds: ``session.json`` with the description, the events in order and the context.

Every number is written so that it reads back to the very same float.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

import msgspec
import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from lightproof.errors import FileError, RecordingError
from lightproof.files import open_regular, read_regular
from lightproof.rigs.illumination import require_illumination
from lightproof.rigs.protocol import MAX_RATE_HZ, MIN_REFRESH_HZ, PixelFormat, RigKind, YuvMatrix, YuvRange
from lightproof.rigs.recording.description import RecordedDescription, RecordedMetadata
from lightproof.validation import complaint_of

SESSION_FILE: Final = "session.json"
VIDEO_FILE: Final = "frames.mkv"
FORMAT_NAME: Final = "lightproof-recording"
FORMAT_VERSION: Final = 1
MAX_SESSION_BYTES: Final = 64 * 2**20  # 200 bytes an event: hours of video
MAX_SIDE_PX: Final = 16_384

_Byte: TypeAlias = Annotated[int, Meta(ge=0, le=255)]
_Colour: TypeAlias = tuple[_Byte, _Byte, _Byte]
_Duration: TypeAlias = Annotated[float, Meta(ge=0)]
_SidePx: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_SIDE_PX)]


class Flip(Struct, frozen=True, tag_field="event", tag="flip"):
    """An illumination that was shown: four sRGB colours, when it was requested and when it appeared."""

    illumination: tuple[_Colour, _Colour, _Colour, _Colour]
    at_s: float | None
    flip_s: float


class Delivered(Struct, frozen=True, tag_field="event", tag="frame"):
    """A frame delivered when the clock stood at ``clock_s``; its pixels are the next picture of the video.

    ``checksum`` is the CRC-32 of its pixels without padding. ``arrived_s`` is when the rig got it; recordings
    made before frames said so are read as if that were when the session did.
    """

    sensor_time_s: float
    exposure_s: _Duration
    readout_s: _Duration
    metadata: RecordedMetadata
    checksum: int
    clock_s: float
    arrived_s: float | None = None


class FramesEnded(Struct, frozen=True, tag_field="event", tag="frames_ended"):
    """The clock reached ``until_s`` (None: no limit) while frames were requested."""

    until_s: float | None
    clock_s: float


class ClockRead(Struct, frozen=True, tag_field="event", tag="clock"):
    """The rig was asked for the time."""

    clock_s: float


Event: TypeAlias = Flip | Delivered | FramesEnded | ClockRead


class Video(Struct, frozen=True):
    """The pixels of all frames.

    The format and coding are those that the rig delivered, the size is in pixels, ``sha256`` is that of the
    file. Recordings made before frames named their coding are read as BT.601 in full range.
    """

    pixel_format: PixelFormat
    width: _SidePx
    height: _SidePx
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    yuv_matrix: YuvMatrix = "bt601"
    yuv_range: YuvRange = "full"


class RecordedSession(Struct, frozen=True):
    """Everything in a recording except the pixels; ``video`` is None if no frame was ever delivered."""

    format: Literal["lightproof-recording"]
    version: Literal[1]
    description: RecordedDescription
    video: Video | None
    events: tuple[Event, ...]
    context: dict[str, Any]


_WANTED: Final = {
    "format": f"a {FORMAT_NAME} of version {FORMAT_VERSION}",
    "context": "an object",
    "description": "an object",
    "geometry": "an object",
    "calibration": "an object",
    "metadata": "an object",
    "video": "an object or null",
    "events": "a list",
    "event": "one of flip, frame, frames_ended, clock",
    "name": "text",
    "kind": f"one of {', '.join(get_args(RigKind))}",
    "screen_m": "a list of 2 numbers",
    "camera_m": "a list of 3 numbers",
    "mixing": "a list of 3 numbers in each of 3 rows",
    "frame_rate_hz": f"a number from 0 to {MAX_RATE_HZ:g}",
    "refresh_hz": f"a number from {MIN_REFRESH_HZ:g} to {MAX_RATE_HZ:g}",
    "exposure_s": "a finite number of at least 0",
    "readout_s": "a finite number of at least 0",
    "pixel_format": f"one of {', '.join(get_args(PixelFormat))}",
    "width": f"a whole number from 1 to {MAX_SIDE_PX}",
    "height": f"a whole number from 1 to {MAX_SIDE_PX}",
    "sha256": "64 hexadecimal digits",
    "yuv_matrix": f"one of {', '.join(get_args(YuvMatrix))}",
    "yuv_range": f"one of {', '.join(get_args(YuvRange))}",
    "illumination": "four colours of three bytes",
    "checksum": "a whole number",
    "white_balance": "a list of numbers or null",
    "locked": "true, false or null",
    "sequence": "a whole number or null",
}
"""Key -> what it must be; a finite number for a key that is not listed."""


def colours(illumination: NDArray[np.uint8]) -> tuple[_Colour, _Colour, _Colour, _Colour]:
    """Return an illumination, uint8 (4, 3), as it is written to a recording.

    Raises:
        InputError: it has another type or shape.
    """
    one, two, three, four = (
        (int(red), int(green), int(blue)) for red, green, blue in require_illumination(illumination)
    )
    return one, two, three, four


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises:
        RecordingError: the file cannot be read.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileError as error:
        raise RecordingError(f"recording: {error}, or record the session again") from error
    except OSError as error:
        raise RecordingError(
            f"recording: cannot read {path} ({error.strerror}); record the session again"
        ) from error


def event_time_s(event: Event) -> float:
    """Return where the rig's clock stood when an event was over, in seconds."""
    return event.flip_s if isinstance(event, Flip) else event.clock_s


def session_text(session: RecordedSession) -> str:
    """Return a session as JSON text.

    Raises:
        ValueError: a number is not finite.
    """
    return json.dumps(msgspec.to_builtins(session), allow_nan=False, separators=(",", ":"))


def load_session(path: Path) -> RecordedSession:
    """Read ``session.json``.

    Raises:
        RecordingError: it cannot be read, is cut short, is of another version, or contradicts itself.
    """
    try:
        content = read_regular(path, MAX_SESSION_BYTES)
    except FileError as error:
        raise RecordingError(f"recording: {error}; it is not a session") from error
    except OSError as error:
        raise RecordingError(
            f"recording: cannot read {path} ({error.strerror}); give the directory that --record wrote"
        ) from error
    try:
        session = msgspec.json.decode(content, type=RecordedSession)
    except msgspec.ValidationError as error:
        raise _refused(path, error) from error
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise RecordingError(
            f"recording: {path} is cut short or is not JSON; record the session again"
        ) from error
    _require_order(path, session)
    return session


def _require_order(path: Path, session: RecordedSession) -> None:
    if session.video is None and any(isinstance(event, Delivered) for event in session.events):
        raise RecordingError(
            f"recording: {path}: video must be an object because there are frames; record the session again"
        )
    clock_s = -math.inf
    for number, event in enumerate(session.events):
        time_s = event_time_s(event)
        if time_s < clock_s:
            raise RecordingError(
                f"recording: {path}: the clock goes back from {clock_s} s to {time_s} s "
                f"at event {number}; record the session again"
            )
        clock_s = time_s


def _refused(path: Path, error: msgspec.ValidationError) -> RecordingError:
    complaint = complaint_of(error)
    where = f"{path}, {complaint.place}" if complaint.place else str(path)
    if not complaint.key:
        what = f"{where} is not a JSON object"
    elif complaint.missing:
        what = f"{where} lacks {complaint.key}"
    else:
        key = "format" if complaint.key == "version" else complaint.key
        what = f"{where}: {key} must be {_WANTED.get(key, 'a finite number')}"
    return RecordingError(f"recording: {what}; record the session again")
