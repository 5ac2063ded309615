"""Webcams: the V4L2 code against a driver that misbehaves on request, and against this machine's devices."""

from __future__ import annotations

import errno
import os
import time
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lightproof.errors import (
    CameraBusyError,
    CameraForbiddenError,
    CameraLostError,
    CameraNotFoundError,
    ClockError,
    RigError,
    UnreadablePicturesError,
)
from lightproof.rigs.desktop import camera as cameras
from lightproof.rigs.desktop import controls as ids
from lightproof.rigs.desktop import unreadable
from lightproof.rigs.desktop.camera import (
    Camera,
    CameraDevice,
    choose_device,
    find_cameras,
)
from lightproof.rigs.desktop.controls import ExposureControls
from lightproof.rigs.desktop.opencv import OpenCvCamera
from lightproof.rigs.desktop.rig import open_camera
from lightproof.rigs.desktop.v4l2 import V4l2Camera, best_format, sees_colour
from tests.waiting import PATIENCE_S

video = pytest.importorskip("linuxpy.video.device", reason="V4L2 cameras need the extra [desktop]")

WIDTH, HEIGHT = 16, 8
DEVICE = CameraDevice(Path("/dev/video0"), "Fake Cam")
MONOTONIC, START_OF_EXPOSURE, DAMAGED = 0x2000, 0x10000, 0x40


class Control:
    """One control of the fake camera, which may fail or ignore what is written."""

    def __init__(self, value: int, error: Exception | None = None, obeys: bool = True) -> None:
        self._value = value
        self.error = error
        self.obeys = obeys

    @property
    def value(self) -> int:
        if self.error is not None:
            raise self.error
        return self._value

    @value.setter
    def value(self, value: int) -> None:
        if self.error is not None:
            raise self.error
        if self.obeys:
            self._value = value


class Driver:
    """What stands behind the fake device: frames to come, controls, and what fails."""

    def __init__(self) -> None:
        self.readable, self._writable = os.pipe()
        self.frames: deque[tuple[bytes, float, int]] = deque()
        self.sequence = 0
        self.failures: dict[str, Exception] = {}
        self.closed: list[str] = []
        self.fourcc = "YUYV"
        self.colours = (
            video.raw.Colorspace.SRGB,
            video.raw.YcbcrEncoding.DEFAULT,
            video.raw.Quantization.DEFAULT,
        )
        self.capabilities = video.Capability.VIDEO_CAPTURE | video.Capability.STREAMING
        self.controls: dict[int, Control] = {
            ids.EXPOSURE_AUTO: Control(3),
            ids.EXPOSURE_ABSOLUTE: Control(100),
            ids.EXPOSURE_MAY_SLOW_FRAMES: Control(1),
            ids.AUTO_WHITE_BALANCE: Control(1),
            ids.WHITE_BALANCE_K: Control(4600),
            ids.GAIN: Control(7),
        }

    def deliver(
        self,
        stamp_s: float | None = None,
        flags: int = MONOTONIC | START_OF_EXPOSURE,
        data: bytes | None = None,
    ) -> None:
        grey = bytes([128, 128] * (WIDTH * HEIGHT)) if data is None else data
        self.frames.append((grey, time.monotonic() - 0.01 if stamp_s is None else stamp_s, flags))
        os.write(self._writable, b".")

    def wake(self) -> None:
        os.write(self._writable, b".")

    def fail(self, call: str) -> None:
        if call in self.failures:
            raise self.failures[call]


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setattr(video, "Device", lambda path: FakeDevice(driver, path))
    monkeypatch.setattr(video, "VideoCapture", lambda device, size: FakeCapture(driver))
    monkeypatch.setattr(video, "get_raw_format", lambda device, kind: raw_format(driver))
    return driver


def raw_format(driver: Driver) -> Any:
    """Return what VIDIOC_G_FMT says of the colours."""
    found = video.raw.v4l2_format()
    pix = found.fmt.pix
    pix.colorspace, pix.ycbcr_enc, pix.quantization = driver.colours
    return found


class FakeDevice:
    def __init__(self, driver: Driver, path: str) -> None:
        self.driver = driver
        self.info = self
        self.controls = driver.controls

    def open(self) -> None:
        self.driver.fail("open")

    def close(self) -> None:
        self.driver.closed.append("device")
        self.driver.fail("close")

    def fileno(self) -> int:
        return self.driver.readable

    @property
    def device_capabilities(self) -> Any:
        self.driver.fail("capabilities")
        return self.driver.capabilities

    @property
    def frame_types(self) -> list[Any]:
        kind = getattr(video.PixelFormat, self.driver.fourcc)
        return [video.FrameType(video.FrameIntervalType.DISCRETE, kind, WIDTH, HEIGHT, 30, 30, 30)]


class FakeCapture:
    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.buffer = self

    def set_format(self, width: int, height: int, fourcc: str) -> None:
        self.driver.fail("set_format")

    def get_format(self) -> Any:
        kind = getattr(video.PixelFormat, self.driver.fourcc)
        return video.Format(WIDTH, HEIGHT, kind, WIDTH * HEIGHT * 2, WIDTH * 2)

    def set_fps(self, rate_hz: float) -> None:
        self.driver.fail("set_fps")

    def get_fps(self) -> Fraction:
        return Fraction(25)

    def open(self) -> None:
        self.driver.fail("stream_on")

    def close(self) -> None:
        self.driver.closed.append("capture")
        self.driver.fail("close")

    def raw_read(self, into: bytearray) -> Any:
        os.read(self.driver.readable, 1)
        self.driver.fail("dequeue")
        if not self.driver.frames:
            raise BlockingIOError(errno.EAGAIN, "try again")
        data, stamp_s, flags = self.driver.frames.popleft()
        self.driver.sequence += 1
        buffer = video.raw.v4l2_buffer()
        buffer.flags = flags
        buffer.sequence = self.driver.sequence
        buffer.bytesused = len(data)
        buffer.timestamp.secs = int(stamp_s)
        buffer.timestamp.usecs = round((stamp_s - int(stamp_s)) * 1e6)
        into[: len(data)] = data
        return video.Frame(memoryview(into)[: len(data)], buffer, self.get_format())


@pytest.fixture
def camera(driver: Driver) -> Iterator[V4l2Camera]:
    camera = V4l2Camera(DEVICE)
    camera.open()
    yield camera
    camera.close()


def read(camera: V4l2Camera) -> Any:
    frame = camera.read(PATIENCE_S)
    assert frame is not None
    return frame


def test_a_webcam_is_a_camera() -> None:
    assert isinstance(V4l2Camera(DEVICE), Camera)
    assert isinstance(OpenCvCamera(DEVICE), Camera)
    assert isinstance(open_camera(DEVICE), V4l2Camera)


def test_a_stamp_of_the_start_of_exposure_is_taken_as_it_is(driver: Driver, camera: V4l2Camera) -> None:
    stamp_s = round(time.monotonic() - 0.02, 6)
    driver.deliver(stamp_s)
    frame = read(camera)
    assert frame.sensor_time_s == pytest.approx(stamp_s, abs=2e-6)
    assert frame.exposure_s == pytest.approx(0.010)  # 100 units of 100 microseconds
    assert frame.readout_s == pytest.approx(1 / 25)
    assert (frame.pixel_format, frame.width, frame.height, frame.image.shape) == ("rgb888", 16, 8, (8, 16, 3))
    assert frame.metadata.sequence == 1
    assert frame.metadata.gain == 7
    assert frame.metadata.white_balance == (4600,)


def test_a_stamp_of_the_end_of_the_frame_is_moved_to_the_start_of_exposure(
    driver: Driver, camera: V4l2Camera
) -> None:
    stamp_s = time.monotonic() - 0.002
    driver.deliver(stamp_s, flags=MONOTONIC)
    assert read(camera).sensor_time_s == pytest.approx(stamp_s - 1 / 25 - 0.010, abs=2e-6)


def test_a_stamp_of_an_unknown_clock_is_replaced_by_the_arrival(driver: Driver, camera: V4l2Camera) -> None:
    driver.deliver(1.7e9, flags=0)
    before_s = time.monotonic()
    arrival_s = read(camera).sensor_time_s + 1 / 25 + 0.010
    assert before_s - 1e-6 <= arrival_s <= time.monotonic() + 1e-6


def test_stamps_that_go_back_are_an_error_that_names_the_camera(driver: Driver, camera: V4l2Camera) -> None:
    driver.deliver(time.monotonic() - 0.01)
    driver.deliver(time.monotonic() - 0.5)
    read(camera)
    with pytest.raises(ClockError, match="'Fake Cam'"):
        read(camera)


@pytest.mark.parametrize("stamp_s", [0.0, 1e9])
def test_an_absurd_first_stamp_costs_its_frame_alone(
    driver: Driver, camera: V4l2Camera, stamp_s: float
) -> None:
    driver.deliver(stamp_s)
    driver.deliver()
    assert read(camera).metadata.sequence == 2


def test_a_stamp_from_the_future_is_an_error(driver: Driver, camera: V4l2Camera) -> None:
    driver.deliver()
    read(camera)
    driver.deliver(time.monotonic() + 3600)
    with pytest.raises(ClockError, match="update its driver"):
        read(camera)


def test_damaged_and_incomplete_buffers_count_as_lost_frames(driver: Driver, camera: V4l2Camera) -> None:
    driver.deliver(flags=MONOTONIC | START_OF_EXPOSURE | DAMAGED)
    driver.deliver(data=b"\x80" * 20)
    driver.deliver(data=b"")
    driver.wake()
    driver.deliver()
    assert read(camera).metadata.sequence == 4


def test_stamps_that_stay_absurd_are_an_error(driver: Driver, camera: V4l2Camera) -> None:
    for _ in range(5):
        driver.deliver(time.monotonic() + 3600)
    with pytest.raises(ClockError, match="update its driver"):
        read(camera)


def test_pictures_that_cannot_be_decoded_are_no_silence(
    driver: Driver, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unreadable, "UNREADABLE_AFTER_S", 0.0)
    driver.deliver(data=b"\x80" * 20)
    driver.deliver()
    assert read(camera)  # one alone is a lost frame
    for _ in range(2):
        driver.deliver(data=b"\x80" * 20)
    with pytest.raises(UnreadablePicturesError, match=r"\(YUYV\) that cannot be decoded, 2 in a row"):
        read(camera)


def test_no_frame_in_time_is_none_and_no_error(camera: V4l2Camera) -> None:
    start_s = time.monotonic()
    assert camera.read(0.05) is None
    assert time.monotonic() - start_s >= 0.05


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO, errno.EPIPE])
def test_a_camera_unplugged_midway_is_lost(driver: Driver, camera: V4l2Camera, number: int) -> None:
    driver.deliver()
    read(camera)
    driver.failures["dequeue"] = OSError(number, os.strerror(number))
    driver.wake()
    with pytest.raises(
        CameraLostError, match=r"'Fake Cam' \(/dev/video0\) stopped delivering .*plug it in again"
    ):
        camera.read(PATIENCE_S)


def test_a_closed_camera_says_so(driver: Driver) -> None:
    with pytest.raises(CameraLostError, match="closed"):
        V4l2Camera(DEVICE).read(0.1)
    with pytest.raises(RigError, match="not open"):
        V4l2Camera(DEVICE).lock()


@pytest.mark.parametrize(
    ("call", "number", "kind", "remedy"),
    [
        ("open", errno.ENOENT, CameraNotFoundError, "connect it"),
        ("open", errno.ENXIO, CameraNotFoundError, "connect it"),
        ("open", errno.EACCES, CameraForbiddenError, "group video"),
        ("open", errno.EBUSY, CameraBusyError, "close the program that uses it"),
        ("set_format", errno.EBUSY, CameraBusyError, "close the program that uses it"),
        ("stream_on", errno.EBUSY, CameraBusyError, "close the program that uses it"),
        ("stream_on", errno.ENOSPC, RigError, "unplug it, plug it in again"),
        ("capabilities", errno.ENOTTY, RigError, "try another one"),
    ],
)
def test_a_camera_that_cannot_be_opened_says_why_and_is_let_go(
    driver: Driver, call: str, number: int, kind: type[RigError], remedy: str
) -> None:
    driver.failures[call] = OSError(number, os.strerror(number))
    with pytest.raises(kind, match=remedy) as caught:
        V4l2Camera(DEVICE).open()
    assert type(caught.value) is kind
    assert "device" in driver.closed


def test_a_device_that_is_no_camera_is_refused_by_name(driver: Driver) -> None:
    driver.capabilities = video.Capability.VIDEO_OUTPUT
    with pytest.raises(RigError, match="is not a camera"):
        V4l2Camera(DEVICE).open()
    assert driver.closed == ["device"]


def test_a_camera_with_only_unknown_formats_is_refused_by_name(driver: Driver) -> None:
    driver.fourcc = "H264"
    with pytest.raises(RigError, match="delivers H264 only; use one that offers YUYV"):
        V4l2Camera(DEVICE).open()


def test_a_driver_that_does_not_tell_its_rate_is_taken_at_30_hz(driver: Driver) -> None:
    driver.failures["set_fps"] = OSError(errno.ENOTTY, "no")
    camera = V4l2Camera(DEVICE)
    camera.open()
    assert camera.frame_rate_hz == 30.0
    camera.close()


def test_nothing_of_the_last_picture_is_left_when_the_camera_closes(driver: Driver) -> None:
    camera = V4l2Camera(DEVICE)
    camera.open()
    driver.deliver()
    read(camera)
    memory = camera._memory
    assert any(memory)
    camera.close()
    assert not any(memory)


def test_closing_a_lost_camera_raises_nothing(driver: Driver) -> None:
    camera = V4l2Camera(DEVICE)
    camera.open()
    driver.failures["close"] = OSError(errno.ENODEV, "gone")
    for control in driver.controls.values():
        control.error = OSError(errno.ENODEV, "gone")
    camera.close()
    camera.close()
    assert driver.closed == ["capture", "device"]


def test_frames_before_the_lock_say_that_the_exposure_runs_free(driver: Driver, camera: V4l2Camera) -> None:
    driver.deliver()
    assert read(camera).metadata.locked is False


def test_a_lock_holds_what_the_automatic_had_reached_and_is_proved(
    driver: Driver, camera: V4l2Camera
) -> None:
    camera.lock()
    driver.deliver()
    frame = read(camera)
    values = {number: control.value for number, control in driver.controls.items()}
    assert values[ids.EXPOSURE_AUTO] == 1
    assert values[ids.AUTO_WHITE_BALANCE] == 0
    assert values[ids.EXPOSURE_MAY_SLOW_FRAMES] == 0
    assert (values[ids.EXPOSURE_ABSOLUTE], values[ids.GAIN], values[ids.WHITE_BALANCE_K]) == (100, 7, 4600)
    assert frame.metadata.locked is True


def test_controls_are_put_back_when_the_camera_closes(driver: Driver) -> None:
    camera = V4l2Camera(DEVICE)
    camera.open()
    camera.lock()
    camera.close()
    assert driver.controls[ids.EXPOSURE_AUTO].value == 3
    assert driver.controls[ids.AUTO_WHITE_BALANCE].value == 1
    assert driver.controls[ids.EXPOSURE_MAY_SLOW_FRAMES].value == 1


def test_a_lock_that_is_lost_later_is_noticed(
    driver: Driver, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lightproof.rigs.desktop.v4l2._CHECK_EVERY_S", 0.0)
    camera.lock()
    driver.deliver()
    assert read(camera).metadata.locked is True
    driver.controls[ids.EXPOSURE_ABSOLUTE].value = 156
    driver.deliver()
    assert read(camera).metadata.locked is False


def test_an_automatic_that_does_not_switch_off_is_told(driver: Driver, camera: V4l2Camera) -> None:
    driver.controls[ids.EXPOSURE_AUTO].obeys = False
    camera.lock()
    driver.deliver()
    assert read(camera).metadata.locked is False


@pytest.mark.parametrize("missing", [ids.EXPOSURE_AUTO, ids.AUTO_WHITE_BALANCE])
def test_a_camera_without_a_control_cannot_prove_its_lock(driver: Driver, missing: int) -> None:
    del driver.controls[missing]
    controls = ExposureControls(driver.controls)
    controls.run_free()
    controls.hold()
    assert controls.settings().locked is None


def test_an_exposure_that_was_told_wrong_is_corrected_by_the_picture(
    driver: Driver, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The automatic had the picture at 120; the exposure that it tells is stale and five times too short."""

    def brightness() -> float:
        automatic = driver.controls[ids.EXPOSURE_AUTO].value == 3
        light = 500 if automatic else driver.controls[ids.EXPOSURE_ABSOLUTE].value
        return float(120 * (light / 500) ** (1 / 2.2))

    monkeypatch.setattr(camera, "_brightness", brightness)
    camera._rate_hz = 15.0
    camera.lock()
    assert driver.controls[ids.EXPOSURE_ABSOLUTE].value == pytest.approx(500, rel=0.2)


def test_an_exposure_never_grows_beyond_the_frame(
    driver: Driver, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([120.0] + [1.0] * 10)
    monkeypatch.setattr(camera, "_brightness", lambda: next(readings))
    camera.lock()
    assert driver.controls[ids.EXPOSURE_ABSOLUTE].value == 400  # 40 ms at 25 Hz


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([("YUYV", 1280, 720, 10), ("MJPG", 1280, 720, 30)], ("MJPG", 1280, 720)),
        ([("YUYV", 1280, 720, 30), ("MJPG", 1280, 720, 30)], ("YUYV", 1280, 720)),
        ([("MJPG", 1920, 1080, 30), ("MJPG", 1280, 720, 60), ("MJPG", 640, 480, 120)], ("MJPG", 1280, 720)),
        ([("YUYV", 640, 480, 30), ("YUYV", 1280, 720, 10)], ("YUYV", 640, 480)),
        ([("H264", 1280, 720, 30), ("NV12", 640, 480, 15)], ("NV12", 640, 480)),
        ([("H264", 1280, 720, 30)], ("MJPG", 1280, 720)),
        ([], ("MJPG", 1280, 720)),
    ],
)
def test_the_format_is_fast_near_720p_and_uncompressed_in_this_order(
    offered: list[tuple[str, int, int, float]], chosen: tuple[str, int, int]
) -> None:
    assert best_format(offered) == chosen


def fake_tree(root: Path, nodes: dict[str, tuple[str, str]]) -> tuple[Path, Path]:
    (root / "dev").mkdir()
    for node, (name, index) in nodes.items():
        (root / "dev" / node).touch()
        (root / "class" / node).mkdir(parents=True)
        (root / "class" / node / "name").write_text(name + "\n")
        (root / "class" / node / "index").write_text(index + "\n")
    return root / "dev", root / "class"


def test_cameras_are_found_in_order_without_their_metadata_nodes(tmp_path: Path) -> None:
    nodes = {
        "video10": ("Second", "0"),
        "video2": ("First", "0"),
        "video3": ("First", "1"),
        "video-index": ("x", "0"),
    }
    devices, classes = fake_tree(tmp_path, nodes)
    assert find_cameras(devices, classes) == (
        CameraDevice(devices / "video2", "First"),
        CameraDevice(devices / "video10", "Second"),
    )


def test_a_camera_without_a_name_is_called_by_its_node(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    assert find_cameras(tmp_path, tmp_path / "absent") == (CameraDevice(tmp_path / "video0", "video0"),)


FOUND = (CameraDevice(Path("/dev/video0"), "Laptop"), CameraDevice(Path("/dev/video4"), "Logi C920 HD"))


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(None, 0), ("/dev/video4", 1), ("video4", 1), ("4", 1), ("0", 0), ("c920", 1), ("laptop", 0)],
)
def test_a_camera_is_chosen_by_path_number_or_name(wanted: str | None, chosen: int) -> None:
    assert choose_device(wanted, FOUND) == FOUND[chosen]


@pytest.mark.parametrize("wanted", ["{links}/usb-Logi_C920-index0", "usb-Logi_C920-index0"])
def test_a_camera_is_chosen_by_the_stable_name_that_the_system_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    links = tmp_path / "v4l" / "by-id"
    links.mkdir(parents=True)
    node = tmp_path / "video4"
    node.touch()
    (links / "usb-Logi_C920-index0").symlink_to("../../video4")
    monkeypatch.setattr(cameras, "_STABLE_NAMES", (links,))
    found = (*FOUND, CameraDevice(node, "C920"))
    assert choose_device(wanted.format(links=links), found) == found[2]


@pytest.mark.parametrize(
    "name", ["Integrated IR Camera: Integrate", "HP IR Camera", "USB2.0 IR UVC HD Webcam", "Infrared cam"]
)
def test_an_infra_red_camera_is_not_taken_before_one_in_colour(name: str) -> None:
    infrared = CameraDevice(Path("/dev/video0"), name)
    assert choose_device(None, (infrared, FOUND[1])) == FOUND[1]
    assert choose_device("0", (infrared, FOUND[1])) == infrared
    assert choose_device(None, (infrared,)) == infrared


@pytest.mark.parametrize("name", ["Mirror cam", "Fire HD", "AIR webcam"])
def test_a_name_that_holds_the_letters_by_chance_is_no_infra_red_camera(name: str) -> None:
    other = CameraDevice(Path("/dev/video0"), name)
    assert choose_device(None, (other, FOUND[1])) == other


@pytest.mark.parametrize(("fourcc", "colour"), [("YUYV", True), ("MJPEG", True), ("GREY", False)])
def test_a_camera_that_offers_grey_alone_does_not_see_colour(
    driver: Driver, fourcc: str, colour: bool
) -> None:
    driver.fourcc = fourcc
    assert sees_colour(DEVICE) is colour


def test_a_camera_that_cannot_be_asked_counts_as_one_in_colour(driver: Driver) -> None:
    driver.failures["open"] = OSError(errno.EBUSY, "busy")
    assert sees_colour(DEVICE)


def test_an_unknown_camera_is_refused_with_the_list_of_those_that_are_there() -> None:
    with pytest.raises(CameraNotFoundError, match=r"'moon'; there is /dev/video0 \(Laptop\), /dev/video4"):
        choose_device("moon", FOUND)


def test_no_camera_at_all_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(CameraNotFoundError, match="connect one, or try it with --rig simulated"):
        choose_device(None, ())


@pytest.mark.parametrize("kind", [V4l2Camera, OpenCvCamera])
def test_a_device_that_is_not_there_is_not_found(kind: type[V4l2Camera] | type[OpenCvCamera]) -> None:
    with pytest.raises(CameraNotFoundError, match=r"'x' \(/dev/video977\) is gone"):
        kind(CameraDevice(Path("/dev/video977"), "x")).open()


def test_a_device_node_of_another_kind_is_refused_by_the_kernel() -> None:
    with pytest.raises(RigError, match="/dev/null"):
        V4l2Camera(CameraDevice(Path("/dev/null"), "null")).open()


class FakeOpenCv:
    """OpenCV's capture with two frames in it."""

    def __init__(self) -> None:
        self.left = 2
        self.memory = np.full((HEIGHT, WIDTH, 3), 9, np.uint8)

    def isOpened(self) -> bool:
        return True

    def set(self, key: int, value: float) -> bool:
        return True

    def get(self, key: int) -> float:
        return 0.0

    def grab(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def retrieve(self) -> tuple[bool, Any]:
        return True, self.memory

    def release(self) -> None:
        self.left = -1


def test_the_fallback_stamps_on_arrival_proves_no_lock_and_notices_a_lost_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    capture = FakeOpenCv()
    monkeypatch.setattr(cv2, "VideoCapture", lambda path, backend: capture)
    (tmp_path / "video0").touch()
    camera = OpenCvCamera(CameraDevice(tmp_path / "video0", "Old Cam"))
    camera.open()
    camera.lock()
    before_s = time.monotonic()
    frame = camera.read(PATIENCE_S)
    assert frame is not None
    # From an exposure that may last as long as a frame, and a frame's readout, before it arrived.
    assert before_s - 1e-6 <= frame.sensor_time_s + 2 / 30 <= time.monotonic() + 1e-6
    assert (frame.pixel_format, frame.metadata.locked, frame.metadata.sequence) == ("bgr888", None, 1)
    assert not np.shares_memory(frame.image, capture.memory)
    camera.read(0.1)
    with pytest.raises(CameraLostError, match="'Old Cam'"):
        camera.read(0.1)
    camera.close()
    with pytest.raises(CameraLostError, match="closed"):
        camera.read(0.1)


def test_the_fallback_explains_a_camera_that_does_not_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2

    monkeypatch.setattr(cv2, "VideoCapture", lambda path, backend: SimpleNamespace(isOpened=lambda: False))
    (tmp_path / "video0").touch()
    with pytest.raises(RigError, match="close other programs"):
        OpenCvCamera(CameraDevice(tmp_path / "video0", "Old Cam")).open()


@pytest.mark.parametrize(
    ("quantization", "level"), [("DEFAULT", 128), ("LIM_RANGE", 128), ("FULL_RANGE", 126)]
)
def test_colours_are_read_in_the_range_that_the_driver_names(
    driver: Driver, quantization: str, level: int
) -> None:
    """Luma 126 is a middle grey of 128 in limited range (16 to 235), and itself in full range."""
    raw = video.raw
    driver.colours = (raw.Colorspace.SRGB, raw.YcbcrEncoding.DEFAULT, raw.Quantization[quantization])
    camera = V4l2Camera(DEVICE)
    camera.open()
    driver.deliver(data=bytes([126, 128] * (WIDTH * HEIGHT)))
    assert np.unique(read(camera).image).tolist() == [level]
    camera.close()


def test_a_camera_whose_colours_are_coded_otherwise_is_refused_by_name(driver: Driver) -> None:
    raw = video.raw
    driver.colours = (raw.Colorspace.BT2020, raw.YcbcrEncoding.DEFAULT, raw.Quantization.DEFAULT)
    with pytest.raises(RigError, match=r"BT\.601 and BT\.709 can be read"):
        V4l2Camera(DEVICE).open()
    assert driver.closed


@pytest.mark.parametrize("fourcc", ["MJPEG", "RGB24", "BGR24"])
def test_formats_whose_coding_is_their_own_are_read_whatever_the_driver_says_of_it(
    driver: Driver, fourcc: str
) -> None:
    raw = video.raw
    driver.fourcc = fourcc
    driver.colours = (raw.Colorspace.BT2020, raw.YcbcrEncoding.DEFAULT, raw.Quantization.DEFAULT)
    camera = V4l2Camera(DEVICE)
    camera.open()
    camera.close()


def test_an_unknown_format_is_refused_before_its_coding(driver: Driver) -> None:
    raw = video.raw
    driver.fourcc = "H264"
    driver.colours = (raw.Colorspace.BT2020, raw.YcbcrEncoding.DEFAULT, raw.Quantization.DEFAULT)
    with pytest.raises(RigError, match="delivers H264 only"):
        V4l2Camera(DEVICE).open()
