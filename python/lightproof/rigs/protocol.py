"""The rig: a camera, a screen and one clock that stamps both.

A rig is the seam that makes a session testable. It shows illuminations and yields frames; it knows nothing of
faces, challenges or verdicts. Third parties add rigs through the entry-point group ``lightproof.rigs`` (a
callable that takes :class:`RigOptions` and returns a :class:`Rig`) or load one directly with ``--rig
module:factory``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Literal, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from lightproof.errors import RigError

MIN_REFRESH_HZ: Final = 1.0
"""A session divides by it and waits for it; no screen that can play a challenge is nearly as slow."""
MAX_RATE_HZ: Final = 1000.0
"""Of screens and of cameras: a figure above it is a mistake of units."""

PixelFormat: TypeAlias = Literal["rgb888", "bgr888", "yuv420", "nv12"]
"""Layout of a frame: packed R,G,B; packed B,G,R; planar Y,U,V 4:2:0; Y with interleaved U,V 4:2:0."""

Mixing: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""A 3x3 matrix by rows."""

YuvMatrix: TypeAlias = Literal["bt601", "bt709"]
"""How luma and chroma make red, green and blue: ITU-R BT.601-7 or BT.709-6."""

YuvRange: TypeAlias = Literal["full", "limited"]
"""What codes span: 0 to 255, or 16 to 235 for luma and 16 to 240 for chroma."""

RigKind: TypeAlias = Literal["pi", "desktop", "simulated", "recording", "other"]


@dataclass(frozen=True, slots=True)
class CameraMetadata:
    """What the camera said about one frame; ``None`` where the camera does not say.

    ``gain`` is the product of analogue and digital gain. ``white_balance`` is (red gain, blue gain), or a
    colour temperature in kelvin as a 1-tuple. ``locked`` is True only if exposure, gain and white balance
    are known to be held by hand, False if one of them is known to be automatic.
    """

    gain: float | None = None
    white_balance: tuple[float, ...] | None = None
    locked: bool | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the camera with the time at which its light was collected.

    ``image`` is uint8, in memory that can be written to: whoever takes a frame overwrites it when done, so a
    rig must not count on what it yielded. For ``rgb888``/``bgr888`` its shape is (height, width, 3); rows may
    be strided. For ``yuv420``/``nv12`` its shape is (height * 3 / 2, stride) with stride >= width. Pictures
    are as the camera sees them, not mirrored.

    ``yuv_matrix`` and ``yuv_range`` say how the codes of 4:2:0 frames make colours, in the driver's words;
    packed frames are sRGB whatever they say.

    ``sensor_time_s`` is the START of the exposure of the first row on the rig's clock. Row r collects light
    from ``sensor_time_s + r / height * readout_s`` for ``exposure_s``.

    ``arrived_s`` is when the frame was handed to the rig, read from the rig's clock at that moment and not
    taken from the camera: it bounds every stamp. A rig that keeps frames in a queue says it here; where it is
    None, the session takes the time at which it got the frame, queue included.
    """

    image: NDArray[np.uint8]
    pixel_format: PixelFormat
    width: int
    height: int
    sensor_time_s: float
    exposure_s: float
    readout_s: float
    metadata: CameraMetadata = CameraMetadata()
    yuv_matrix: YuvMatrix = "bt601"
    yuv_range: YuvRange = "full"
    arrived_s: float | None = None

    @property
    def delivery_s(self) -> float | None:
        """Seconds from the end of the last row's exposure to the arrival; None where that is not known."""
        if self.arrived_s is None:
            return None
        return self.arrived_s - self.sensor_time_s - self.readout_s - self.exposure_s

    def light_interval_s(self, row: float) -> tuple[float, float]:
        """Return the start and the end of the exposure of one image row on the rig's clock, in seconds."""
        start_s = self.sensor_time_s + row / self.height * self.readout_s
        return start_s, start_s + self.exposure_s


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the camera is relative to the screen, in metres.

    ``screen_m`` is (width, height) of the lit area. ``camera_m`` is the camera's position relative to the
    screen's
    centre: x to the person's right, y up, z towards the person. ``focal_px`` is the focal length in pixels
    of the frames that the rig yields, None if unknown.
    """

    screen_m: tuple[float, float]
    camera_m: tuple[float, float, float]
    focal_px: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Constants of the rig, measured at set-up.

    ``latency_s`` is the time from a flip that :meth:`Rig.show` reports to the light that a frame's exposure
    interval holds, None where it was never measured. ``mixing`` is a 3x3 matrix: the camera's linear RGB
    answer (rows) to the screen's linear red, green and blue (columns) off a white surface, scaled so that
    its largest entry is 1. ``spread_s`` is the standard deviation of that latency from challenge to
    challenge. ``delivery_s`` is the median time from the end of a frame's last row to its arrival and
    ``delivery_spread_s`` its standard deviation; a driver that stamps a frame at its first packet makes it
    negative. Each is None where it was never measured, and then the widest bounds hold.
    """

    latency_s: float | None = None
    mixing: Mixing = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    spread_s: float | None = None
    delivery_s: float | None = None
    delivery_spread_s: float | None = None


@dataclass(frozen=True, slots=True)
class RigDescription:
    """What a session has to know about its rig.

    ``kind`` is what the rig says of itself. Nothing but the page of a report follows from it: what consent,
    chance and signature go by is :func:`~lightproof.rigs.kinds.kind_of`. ``frame_rate_hz`` is 0 where the
    camera does not say it.

    Raises:
        RigError: the refresh rate is not from 1 to 1000 Hz, or the frame rate not from 0 to 1000 Hz.
    """

    name: str
    kind: RigKind
    geometry: Geometry
    calibration: Calibration
    frame_rate_hz: Annotated[float, Meta(ge=0, le=MAX_RATE_HZ)]
    refresh_hz: Annotated[float, Meta(ge=MIN_REFRESH_HZ, le=MAX_RATE_HZ)]

    def __post_init__(self) -> None:
        for name, rate_hz, low in (
            ("frame_rate_hz", self.frame_rate_hz, 0.0),
            ("refresh_hz", self.refresh_hz, MIN_REFRESH_HZ),
        ):
            if not isinstance(rate_hz, Real) or not low <= rate_hz <= MAX_RATE_HZ:  # nan is in no range
                raise RigError(
                    f"rig {self.name!r} says that its {name} is {str(rate_hz)[:40]}; it must be from "
                    f"{low:g} to {MAX_RATE_HZ:g}: mend the rig's description"
                )


@dataclass(frozen=True, slots=True)
class RigOptions:
    """What the command line hands to a rig's factory.

    ``settings`` holds options that only this rig understands.
    """

    seed: int | None = None
    subject: Path | None = None
    attack: str | None = None
    recording: Path | None = None
    camera: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Rig(Protocol):
    """A camera, a screen and one clock. Used as a context manager: hardware is held only inside it.

    Example::

        with rig:
            flip_s = rig.show(illumination)
            for frame in rig.frames(until_s=flip_s + 0.2):
                ...
    """

    @property
    def description(self) -> RigDescription:
        """Name, kind, geometry and calibration of this rig."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

    def now_s(self) -> float:
        """Return the rig's clock in seconds; it never goes back."""
        ...

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show four sRGB colours, shape (4, 3), quadrants TL TR BL BR as the person sees them.

        Waits until the clock reaches ``at_s`` (not at all if None or past), shows at the next refresh of
        the screen and returns the time of that flip in seconds.
        """
        ...

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the frames that the camera delivers until the clock reaches ``until_s``, oldest first.

        Frames that were delivered in the meantime are kept and come first.
        """
        ...

    def say(self, message: str) -> None:
        """Show one line of guidance to the person, or nothing where the rig has no room for words."""
        ...
