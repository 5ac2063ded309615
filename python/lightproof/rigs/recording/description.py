"""What a recording says of its rig and of the camera, frame by frame.

The rig's own dataclasses have defaults, for third parties to leave out what their rig does not know. A
recording names everything: a key that is missing was cut off, and is not to be read as the default.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from lightproof.errors import RecordingError
from lightproof.rigs.protocol import (
    MAX_RATE_HZ,
    MIN_REFRESH_HZ,
    Calibration,
    CameraMetadata,
    Geometry,
    Mixing,
    RigDescription,
    RigKind,
)
from lightproof.validation import complaint_of, encode_numpy

_FrameRate: TypeAlias = Annotated[float, Meta(ge=0, le=MAX_RATE_HZ)]
_RefreshRate: TypeAlias = Annotated[float, Meta(ge=MIN_REFRESH_HZ, le=MAX_RATE_HZ)]


class RecordedMetadata(Struct, frozen=True):
    """:class:`~lightproof.rigs.protocol.CameraMetadata` with every key."""

    gain: float | None
    white_balance: tuple[float, ...] | None
    locked: bool | None
    sequence: int | None

    def metadata(self) -> CameraMetadata:
        """Return what the camera said."""
        return CameraMetadata(self.gain, self.white_balance, self.locked, self.sequence)


class RecordedGeometry(Struct, frozen=True):
    """:class:`~lightproof.rigs.protocol.Geometry` with every key."""

    screen_m: tuple[float, float]
    camera_m: tuple[float, float, float]
    focal_px: float | None


class RecordedCalibration(Struct, frozen=True):
    """:class:`~lightproof.rigs.protocol.Calibration` with every key but those that older recordings lack."""

    latency_s: float | None
    mixing: Mixing
    spread_s: float | None = None
    delivery_s: float | None = None
    delivery_spread_s: float | None = None

    def calibration(self) -> Calibration:
        """Return what was measured of the rig."""
        return Calibration(
            self.latency_s, self.mixing, self.spread_s, self.delivery_s, self.delivery_spread_s
        )


class RecordedDescription(Struct, frozen=True):
    """:class:`~lightproof.rigs.protocol.RigDescription` with every key."""

    name: str
    kind: RigKind
    geometry: RecordedGeometry
    calibration: RecordedCalibration
    frame_rate_hz: _FrameRate
    refresh_hz: _RefreshRate

    def description(self) -> RigDescription:
        """Return what the rig said of itself."""
        geometry = self.geometry
        return RigDescription(
            self.name,
            self.kind,
            Geometry(geometry.screen_m, geometry.camera_m, geometry.focal_px),
            self.calibration.calibration(),
            self.frame_rate_hz,
            self.refresh_hz,
        )


def recorded_metadata(metadata: CameraMetadata) -> RecordedMetadata:
    """Return what the camera said of a frame as it is written to a recording."""
    balance = metadata.white_balance
    return RecordedMetadata(
        gain=None if metadata.gain is None else float(metadata.gain),
        white_balance=None if balance is None else tuple(float(value) for value in balance),
        locked=None if metadata.locked is None else bool(metadata.locked),
        sequence=None if metadata.sequence is None else int(metadata.sequence),
    )


def recorded_description(description: RigDescription) -> RecordedDescription:
    """Return what a rig says of itself as it is written to a recording; NumPy's numbers are numbers.

    Raises:
        RecordingError: it could not be read again: a figure is not a number, or the kind is not known.
    """
    try:
        plain = msgspec.to_builtins(description, builtin_types=(bytes,), enc_hook=encode_numpy)
        return msgspec.convert(plain, RecordedDescription)
    except msgspec.ValidationError as error:
        complaint = complaint_of(error)
        raise _refused(complaint.key, complaint.words) from error
    except TypeError as error:
        raise _refused("", str(error)) from error


def _refused(key: str, why: str) -> RecordingError:
    return RecordingError(
        f"recording: {key or 'a figure'} in what the rig says of itself cannot be written ({why}); "
        "mend the rig's description"
    )
