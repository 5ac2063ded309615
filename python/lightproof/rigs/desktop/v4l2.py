"""A webcam by Video4Linux2, stamped by its driver.

The kernel stamps each buffer on CLOCK_MONOTONIC, which is Python's ``time.monotonic``, and says with a flag
which moment it means (kernel documentation, "Buffer Flags", V4L2_BUF_FLAG_TSTAMP_SRC_SOE and _EOF): the
start of the exposure, or the end of the frame. From the latter the start is ``stamp - readout - exposure``.

Three assumptions, each a constant that the calibrated latency of the rig absorbs: USB cameras do not tell
how long their rows take to read, so the readout is taken as one frame period, which rolling shutters come
close to; a camera without an exposure control is taken to expose for the whole period; and uvcvideo says
"start of exposure" of what is really the arrival of the frame's first packet.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import select
import time
from typing import Any

import numpy as np

from lightproof.errors import CameraLostError, ClockError, RigError
from lightproof.privacy.forget import overwrite
from lightproof.rigs.desktop.camera import (
    WANTED_RATE_HZ,
    WANTED_SIZE,
    CameraDevice,
    camera_error,
    in_colour_by_name,
)
from lightproof.rigs.desktop.controls import ExposureControls, Settings
from lightproof.rigs.desktop.pixels import FORMATS, UVC_CODING, YUV_FORMATS, rgb_from
from lightproof.rigs.desktop.unreadable import UnreadablePictures
from lightproof.rigs.protocol import CameraMetadata, Frame
from lightproof.rigs.yuv import coding_from_v4l2

_BUFFERS = 4  # 130 ms at 30 Hz: a thread that only decodes is never that late
_CHECK_EVERY_S = 0.5  # reading the controls costs some USB transfers
_FUTURE_S = 0.005  # a stamp later than this after its own arrival is from another clock

_ABSURD_STAMPS = _BUFFERS  # as many as may have lain in the buffers when the stream began

_FLAG_ERROR = 0x00000040  # V4L2_BUF_FLAG_ERROR: the data may be damaged
_FLAG_CLOCK_MASK = 0x0000E000
_FLAG_CLOCK_MONOTONIC = 0x00002000
_FLAG_SOURCE_MASK = 0x00070000
_FLAG_SOURCE_START = 0x00010000

_MATCH_ROUNDS = 5
_MATCH_TOLERANCE = 0.1  # a tenth of the brightness in code values, about a fifth of the light
_MATCH_WAIT_S = 0.2  # a control takes two to four frames to show
_GAMMA = 2.2


class V4l2Camera:
    """A :class:`~lightproof.rigs.desktop.camera.Camera` that reads a V4L2 device through linuxpy."""

    def __init__(self, device: CameraDevice) -> None:
        """Take the device; nothing is opened yet."""
        self._device = device
        self._file: Any = None
        self._capture: Any = None
        self._controls: ExposureControls | None = None
        self._settings = Settings(None, None, None, None)
        self._settings_read_s = -math.inf
        self._fourcc, self._width, self._height, self._stride = "", 0, 0, 0
        self._coding = UVC_CODING
        self._memory = bytearray()  # of the driver's last buffer: bytes objects could not be overwritten
        self._rate_hz = WANTED_RATE_HZ
        self._last_s = -math.inf
        self._absurd = 0
        self._unreadable = UnreadablePictures(self._who)

    @property
    def name(self) -> str:
        """The name that the driver gives."""
        return self._device.name

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second as agreed with the driver; nominal before ``open``."""
        return self._rate_hz

    def open(self) -> None:
        """Open the device, agree on a format near 1280x720 at 30 Hz and start streaming."""
        video = importlib.import_module("linuxpy.video.device")
        try:
            self._file = video.Device(str(self._device.path))
            self._file.open()
            self._agree_on_format(video)
            self._controls = ExposureControls(self._file.controls)
            self._controls.run_free()
            self._capture.open()
        except OSError as error:
            self.close()
            raise camera_error(self._device, error, streaming=False) from error
        except (video.V4L2Error, ValueError) as error:
            self.close()
            raise RigError(
                f"camera {self._who} cannot deliver video; name another one by --set camera=NAME"
            ) from error
        except RigError:
            self.close()
            raise
        self._last_s, self._absurd = -math.inf, 0

    def lock(self) -> None:
        """Hold exposure, gain and white balance.

        Some cameras tell a stale exposure while the automatic runs, so what is held is corrected until the
        picture is as bright as the automatic had made it.
        """
        if self._controls is None:
            raise RigError(f"camera {self._who} is not open; open it before it is locked")
        wanted = self._brightness()
        self._controls.hold()
        for _ in range(_MATCH_ROUNDS):
            exposure_s = self._controls.settings().exposure_s
            found = self._brightness()
            if exposure_s is None or not wanted or not found or abs(found / wanted - 1) <= _MATCH_TOLERANCE:
                break
            self._controls.hold(min(exposure_s * (wanted / found) ** _GAMMA, 1 / self._rate_hz))
        self._settings_read_s = -math.inf

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next undamaged frame as packed RGB, or None if none came in time.

        Raises:
            CameraLostError: it was unplugged or failed, or nothing that it sends can be decoded.
            ClockError: its stamps go back or are of another clock.
        """
        if self._file is None:
            raise CameraLostError(f"camera {self._who} is closed; start over")
        deadline_s = time.monotonic() + timeout_s
        try:
            while (remaining_s := deadline_s - time.monotonic()) > 0:
                ready, _, _ = select.select([self._file.fileno()], [], [], remaining_s)
                if ready and (frame := self._dequeue()) is not None:
                    return frame
        except CameraLostError:  # an OSError that says already what it has to say
            raise
        except OSError as error:
            raise camera_error(self._device, error, streaming=True) from error
        return None

    def close(self) -> None:
        """Stop streaming and put the controls back as they were; what fails on a lost camera is ignored."""
        controls, self._controls = self._controls, None
        capture, self._capture = self._capture, None
        file, self._file = self._file, None
        overwrite(self._memory)
        with contextlib.suppress(OSError, ValueError):
            if controls is not None:
                controls.restore()
        with contextlib.suppress(OSError, ValueError):
            if capture is not None:
                capture.close()
        with contextlib.suppress(OSError, ValueError):
            if file is not None:
                file.close()

    @property
    def _who(self) -> str:
        return f"{self._device.name!r} ({self._device.path})"

    def _agree_on_format(self, video: Any) -> None:
        if video.Capability.VIDEO_CAPTURE not in self._file.info.device_capabilities:
            raise RigError(f"{self._who} is not a camera; name another one by --set camera=NAME")
        offered = [
            (kind.pixel_format.human_str(), kind.width, kind.height, float(kind.max_fps))
            for kind in self._file.info.frame_types
        ]
        fourcc, width, height = best_format(offered)
        self._capture = video.VideoCapture(self._file, size=_BUFFERS)
        self._capture.set_format(width, height, fourcc)
        agreed = self._capture.get_format()
        self._fourcc = agreed.pixel_format.human_str()
        self._width, self._height, self._stride = agreed.width, agreed.height, agreed.bytes_per_line
        self._memory = bytearray(agreed.size)
        if self._fourcc not in FORMATS:
            raise RigError(
                f"camera {self._who} delivers {self._fourcc} only; use one that offers {', '.join(FORMATS)}"
            )
        if self._fourcc in YUV_FORMATS:
            pix = video.get_raw_format(self._file, video.BufferType.VIDEO_CAPTURE).fmt.pix
            self._coding = coding_from_v4l2(pix.colorspace, pix.ycbcr_enc, pix.quantization)
        with contextlib.suppress(
            OSError, ZeroDivisionError
        ):  # not every driver lets the rate be asked or set
            self._capture.set_fps(WANTED_RATE_HZ)
            self._rate_hz = float(self._capture.get_fps()) or WANTED_RATE_HZ

    def _dequeue(self) -> Frame | None:
        try:
            raw = self._capture.buffer.raw_read(into=self._memory)
        except BlockingIOError:  # the driver woke us for nothing
            return None
        arrival_s = time.monotonic()
        flags = int(raw.buff.flags)
        image = None
        if not flags & _FLAG_ERROR:
            image = rgb_from(raw.data, self._fourcc, self._width, self._height, self._stride, self._coding)
        if image is None:
            self._unreadable.note(self._fourcc)
            return None
        self._unreadable.forget()
        self._read_settings(arrival_s)
        period_s = 1 / self._rate_hz
        exposure_s = self._settings.exposure_s or period_s
        sensor_time_s = self._sensor_time_s(raw, flags, arrival_s, exposure_s, period_s)
        if sensor_time_s is None:
            overwrite(image)
            return None
        temperature = self._settings.white_balance_k
        return Frame(
            image,
            "rgb888",
            self._width,
            self._height,
            sensor_time_s,
            exposure_s,
            period_s,
            CameraMetadata(
                gain=self._settings.gain,
                white_balance=None if temperature is None else (temperature,),
                locked=self._settings.locked,
                sequence=int(raw.frame_nb),
            ),
            arrived_s=arrival_s,
        )

    def _sensor_time_s(
        self, raw: Any, flags: int, arrival_s: float, exposure_s: float, readout_s: float
    ) -> float | None:
        """Return when the exposure began, None of a frame whose stamp is absurd before any was good.

        Some drivers stamp what was in their buffers when the stream began with zero or garbage.
        """
        if flags & _FLAG_CLOCK_MASK != _FLAG_CLOCK_MONOTONIC:
            return arrival_s - readout_s - exposure_s
        stamp_s = float(raw.timestamp)
        if stamp_s > arrival_s + _FUTURE_S or stamp_s <= max(self._last_s, 0.0):
            if self._last_s == -math.inf and self._absurd < _ABSURD_STAMPS:
                self._absurd += 1
                return None
            raise ClockError(
                f"camera {self._who} stamped a frame {stamp_s:.6f} s after one of {self._last_s:.6f} s, "
                f"when it was {arrival_s:.6f} s; update its driver or use another camera"
            )
        self._last_s = stamp_s
        if flags & _FLAG_SOURCE_MASK == _FLAG_SOURCE_START:
            return stamp_s
        return stamp_s - readout_s - exposure_s

    def _read_settings(self, now_s: float) -> None:
        if self._controls is not None and now_s - self._settings_read_s >= _CHECK_EVERY_S:
            self._settings = self._controls.settings()
            self._settings_read_s = now_s

    def _brightness(self) -> float:
        """Return the mean code value once a control has had its time to show; 0 if no frame came."""
        brightness = 0.0
        deadline_s = time.monotonic() + _MATCH_WAIT_S
        while (remaining_s := deadline_s - time.monotonic()) > 0:
            if (frame := self.read(remaining_s)) is not None:
                brightness = float(np.mean(frame.image))
                overwrite(frame.image)
        return brightness


def best_format(offered: list[tuple[str, int, int, float]]) -> tuple[str, int, int]:
    """Return (FourCC, width, height) of the offer (FourCC, width, height, rate in Hz) that suits best.

    Rate counts first, up to 30 Hz, then nearness to 1280x720, then that nothing was compressed. Without a
    usable offer, which drivers with sizes in steps do not make, 1280x720 MJPG is asked for.
    """
    usable = [offer for offer in offered if offer[0] in FORMATS]
    if not usable:
        return "MJPG", *WANTED_SIZE

    def suitability(offer: tuple[str, int, int, float]) -> tuple[float, float, int]:
        fourcc, width, height, rate_hz = offer
        area_ratio = width * height / (WANTED_SIZE[0] * WANTED_SIZE[1])
        return min(round(rate_hz), WANTED_RATE_HZ), -abs(math.log(area_ratio)), -FORMATS.index(fourcc)

    fourcc, width, height, _ = max(usable, key=suitability)
    return fourcc, width, height


def sees_colour(device: CameraDevice) -> bool:
    """Return whether a camera offers a format in colour that can be read. It is opened but not started.

    Infra-red cameras offer grey alone; their names, cut off at 31 characters, do not always say what they
    are. One that cannot be asked now may be in colour: whoever opens it learns why it could not.
    """
    if not in_colour_by_name(device):
        return False
    video = importlib.import_module("linuxpy.video.device")
    try:
        with contextlib.closing(video.Device(str(device.path))) as file:
            file.open()
            offered = {kind.pixel_format.human_str() for kind in file.info.frame_types}
    except (OSError, ValueError, video.V4L2Error):
        return True
    return not offered or not offered.isdisjoint(FORMATS)


def can_lock(device: CameraDevice) -> bool:
    """Return whether a camera has the controls by which its exposure and white balance are held and proved.

    It is opened but not started.

    Raises:
        CameraBusyError: another program holds it.
        CameraNotFoundError: it is gone.
        RigError: it may not be opened, or is not a camera.
    """
    video = importlib.import_module("linuxpy.video.device")
    try:
        with contextlib.closing(video.Device(str(device.path))) as file:
            file.open()
            return ExposureControls(file.controls).provable()
    except OSError as error:
        raise camera_error(device, error, streaming=False) from error
