"""The desktop rig on a real X server: the loop is closed by the pixels that its window really shows."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.errors import (
    CameraBusyError,
    CameraLostError,
    CameraNotFoundError,
    ClockError,
    DisplayNotFoundError,
    InputError,
    MissingExtraError,
    RigError,
    SessionInterrupted,
)
from lightproof.rigs.calibration_store import StoredCalibration, save_calibration
from lightproof.rigs.desktop.camera import Camera, CameraDevice
from lightproof.rigs.desktop.feed import LOST_AFTER_S
from lightproof.rigs.desktop.rig import DesktopRig, open_rig
from lightproof.rigs.desktop.screen import screen_size_m
from lightproof.rigs.desktop.window import LightWindow, display_available
from lightproof.rigs.protocol import Calibration, CameraMetadata, Frame, Rig, RigOptions
from tests.rigs.desktop.virtual_screen import SIZE, VirtualScreen, virtual_screen
from tests.waiting import PATIENCE_S, wait_until

pygame = pytest.importorskip("pygame", reason="the desktop rig needs the extra [desktop]")

COLOURS = np.array([[255, 110, 110], [0, 163, 255], [0, 182, 0], [203, 147, 0]], np.uint8)
PERIOD_S = 1 / 30
STEADY_LOOKS = 20


@pytest.fixture(scope="module")
def x_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VirtualScreen]:
    with virtual_screen(tmp_path_factory.mktemp("screen")) as screen:
        yield screen


@pytest.fixture
def screen(x_server: VirtualScreen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> VirtualScreen:
    """Return the X server as the display of this process, whose state directory is empty."""
    monkeypatch.setenv("DISPLAY", x_server.display)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path))
    return x_server


class ScreenCamera:
    """Looks at a face that the screen lights, and does not mirror it.

    The left half of the picture has the mean colour of the screen's right half, and the other way round.
    """

    name = "screen camera"
    frame_rate_hz = 30.0

    def __init__(self, screen: VirtualScreen) -> None:
        self.screen = screen
        self.calls: list[str] = []
        self.fail_after: int | None = None
        self.silent = False
        self.clock_offset_s = 0.0
        self.sequence = 0
        self._next_s = 0.0

    def open(self) -> None:
        self.calls.append("open")
        self._next_s = time.monotonic()

    def lock(self) -> None:
        self.calls.append("lock")

    def read(self, timeout_s: float) -> Frame | None:
        if self.silent:
            time.sleep(timeout_s)
            return None
        if self.fail_after is not None and self.sequence >= self.fail_after:
            raise CameraLostError("unplugged")
        wait_s = self._next_s - time.monotonic()
        if wait_s > timeout_s:
            time.sleep(timeout_s)
            return None
        time.sleep(max(0.0, wait_s))
        start_s = time.monotonic()
        self._next_s = max(self._next_s + PERIOD_S, start_s)
        pixels = self.screen.pixels()[::8, ::8]
        half = pixels.shape[1] // 2
        image = np.empty((8, 10, 3), np.uint8)
        image[:, :5] = pixels[:, half:].mean((0, 1))
        image[:, 5:] = pixels[:, :half].mean((0, 1))
        self.sequence += 1
        metadata = CameraMetadata(locked="lock" in self.calls, sequence=self.sequence)
        stamp_s = start_s - 1e-4 + self.clock_offset_s
        return Frame(image, "rgb888", 10, 8, stamp_s, 2e-4, 0.0, metadata)

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def camera(screen: VirtualScreen) -> ScreenCamera:
    return ScreenCamera(screen)


@pytest.fixture
def rig(camera: ScreenCamera) -> Iterator[DesktopRig]:
    with DesktopRig(camera, settle_s=0.1) as rig:
        yield rig


def quadrant_centres(screen: VirtualScreen) -> NDArray[np.uint8]:
    pixels = screen.pixels()
    height, width = pixels.shape[:2]
    return np.array(
        [pixels[y, x] for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    )


def wait_for(screen: VirtualScreen, expected: NDArray[np.uint8]) -> None:
    """Return when the screen shows these colours, (4, 3), in its quadrants."""
    wait_until(lambda: np.array_equal(quadrant_centres(screen), expected))


def settled(screen: VirtualScreen, like: Callable[[NDArray[np.uint8]], bool]) -> NDArray[np.uint8]:
    """Return what the screen shows when it is like this and no longer changes: an X server draws in parts."""
    looks: deque[NDArray[np.uint8]] = deque(maxlen=STEADY_LOOKS)

    def is_steady() -> bool:
        looks.append(screen.pixels())
        steady = len(looks) == STEADY_LOOKS and all(np.array_equal(look, looks[0]) for look in looks)
        return steady and like(looks[0])

    wait_until(is_steady)
    return looks[0]


def next_frames(rig: DesktopRig, count: int) -> list[Frame]:
    """Return so many of the frames that come, however long they take."""
    frames = list(islice(rig.frames(rig.now_s() + PATIENCE_S), count))
    assert len(frames) == count
    return frames


def test_an_illumination_fills_the_four_quadrants_of_the_whole_screen(
    screen: VirtualScreen, rig: DesktopRig
) -> None:
    rig.show(COLOURS)
    wait_for(screen, COLOURS)
    pixels = screen.pixels()
    assert pixels.shape == (SIZE[1], SIZE[0], 3)
    top, bottom = np.repeat(COLOURS[:2], SIZE[0] // 2, axis=0), np.repeat(COLOURS[2:], SIZE[0] // 2, axis=0)
    assert np.array_equal(pixels[: SIZE[1] // 2], np.broadcast_to(top, (SIZE[1] // 2, SIZE[0], 3)))
    assert np.array_equal(pixels[SIZE[1] // 2 :], np.broadcast_to(bottom, (SIZE[1] // 2, SIZE[0], 3)))


def test_the_screen_is_neutral_before_the_first_illumination(screen: VirtualScreen, rig: DesktopRig) -> None:
    wait_for(screen, NEUTRAL_SCREEN_SRGB)


def test_the_loop_closes_frames_follow_the_light_that_the_window_shows(
    screen: VirtualScreen, rig: DesktopRig
) -> None:
    rng = np.random.default_rng(1)
    right_half: list[int] = []
    left_half: list[int] = []
    for _ in range(6):
        left, right = rng.integers(0, 256, (2, 3), dtype=np.uint8)
        colours = np.array([left, right, left, right])
        rig.show(colours)
        wait_for(screen, colours)
        shown_s = rig.now_s()
        coming = rig.frames(shown_s + PATIENCE_S)
        lit = list(islice((frame for frame in coming if frame.light_interval_s(0)[0] > shown_s), 2))
        right_half.extend(np.abs(frame.image[:, 5:].astype(int) - left).max() for frame in lit)
        left_half.extend(np.abs(frame.image[:, :5].astype(int) - right).max() for frame in lit)
    # The screen's left lights the picture's right half, for the camera's picture is not mirrored.
    assert max(right_half) <= 1
    assert max(left_half) <= 1


def test_frames_come_in_order_and_on_the_rigs_clock(rig: DesktopRig) -> None:
    start_s = rig.now_s()
    frames = next_frames(rig, 6)
    stamps = [frame.sensor_time_s for frame in frames]
    assert stamps == sorted(stamps)
    assert all(stamp < rig.now_s() for stamp in stamps)
    assert stamps[-1] > start_s
    assert all(frame.metadata.locked for frame in frames[1:])


def test_frames_end_when_the_clock_reaches_the_time_that_was_asked_for(rig: DesktopRig) -> None:
    until_s = rig.now_s() + 0.2
    assert all(frame.sensor_time_s < until_s for frame in rig.frames(until_s))
    assert rig.now_s() >= until_s


def test_frames_that_nobody_asked_for_wait_and_come_first(camera: ScreenCamera, rig: DesktopRig) -> None:
    begun = camera.sequence
    wait_until(lambda: camera.sequence >= begun + 6)
    asked_s = rig.now_s()
    frames = next_frames(rig, 4)
    assert all(frame.sensor_time_s < asked_s for frame in frames)
    sequence = [frame.metadata.sequence or 0 for frame in frames]
    assert sequence == list(range(sequence[0], sequence[0] + 4))


def test_too_many_waiting_frames_are_lost_by_the_oldest_and_it_shows(
    camera: ScreenCamera, rig: DesktopRig
) -> None:
    begun = camera.sequence
    wait_until(lambda: camera.sequence >= begun + 40)
    delivered = camera.sequence
    sequence = [frame.metadata.sequence or 0 for frame in next_frames(rig, 20)]
    assert sequence == list(range(sequence[0], sequence[0] + 20))
    assert sequence[0] >= delivered - 24


def test_no_frames_are_asked_for_in_the_past(rig: DesktopRig) -> None:
    assert list(rig.frames(rig.now_s() - 1)) == []


def test_an_illumination_waits_for_its_time(screen: VirtualScreen, rig: DesktopRig) -> None:
    at_s = rig.now_s() + 0.2
    seen: list[float] = []

    def watch() -> None:
        wait_for(screen, COLOURS)
        seen.append(rig.now_s())

    watcher = threading.Thread(target=watch)
    watcher.start()
    flip_s = rig.show(COLOURS, at_s=at_s)
    watcher.join()
    assert at_s <= flip_s <= rig.now_s()
    assert at_s <= seen[0]


def test_a_line_of_guidance_stays_over_the_light_and_goes_when_it_is_emptied(
    screen: VirtualScreen, rig: DesktopRig
) -> None:
    rig.show(COLOURS)
    wait_for(screen, COLOURS)
    plain = screen.pixels()
    rig.say("Hold still\nfor a moment")
    rig.show(COLOURS)
    worded = settled(screen, lambda pixels: bool((pixels != plain).any()))
    changed = (worded != plain).any(axis=2)
    rows = np.flatnonzero(changed.any(axis=1))
    assert 20 < changed.sum() < 0.02 * changed.size  # words, and hardly any light lost to them
    assert rows.min() > 0.85 * SIZE[1]
    wait_for(screen, COLOURS)
    rig.say("")
    settled(screen, lambda pixels: np.array_equal(pixels, plain))


def test_a_line_too_long_for_the_screen_is_made_to_fit(screen: VirtualScreen, rig: DesktopRig) -> None:
    rig.say("Turn to the window and then away from it again " * 5)
    worded = settled(screen, lambda pixels: bool((pixels != NEUTRAL_SCREEN_SRGB[0]).any()))
    columns = np.flatnonzero((worded != NEUTRAL_SCREEN_SRGB[0]).any(axis=(0, 2)))
    assert columns.size > 100
    assert columns.min() > 0.01 * SIZE[0]
    assert columns.max() < 0.99 * SIZE[0]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (pygame.event.Event(pygame.KEYDOWN, key=pygame.K_ESCAPE), "Escape was pressed"),
        (pygame.event.Event(pygame.QUIT), "window was closed"),
        (pygame.event.Event(pygame.WINDOWMINIMIZED), "window was hidden"),
    ],
)
@pytest.mark.parametrize("waits", ["show", "frames"])
def test_the_person_can_stop_at_any_moment(rig: DesktopRig, event: Any, message: str, waits: str) -> None:
    pygame.event.post(event)
    late_s = rig.now_s() + PATIENCE_S
    with pytest.raises(SessionInterrupted, match=message):
        rig.show(COLOURS, at_s=late_s) if waits == "show" else list(rig.frames(late_s))
    assert rig.now_s() < late_s


def test_other_keys_change_nothing(rig: DesktopRig) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE))
    assert next_frames(rig, 1)


def test_a_camera_unplugged_midway_is_an_error_that_says_so(screen: VirtualScreen) -> None:
    camera = ScreenCamera(screen)
    with DesktopRig(camera, settle_s=0.1) as rig:
        camera.fail_after = 12
        with pytest.raises(CameraLostError, match="unplugged"):
            list(rig.frames(rig.now_s() + PATIENCE_S))
    assert camera.calls == ["open", "lock", "close"]


def test_a_camera_that_falls_silent_is_lost_after_two_seconds(screen: VirtualScreen) -> None:
    camera = ScreenCamera(screen)
    with DesktopRig(camera, settle_s=0.1) as rig:
        camera.silent = True
        start_s = rig.now_s()
        with pytest.raises(
            CameraLostError, match="'screen camera' has been silent for 2 s; plug it in again"
        ):
            list(rig.frames(start_s + PATIENCE_S))
        assert LOST_AFTER_S <= rig.now_s() - start_s < PATIENCE_S


@pytest.mark.parametrize("offset_s", [-1.0, 1.0])
def test_a_camera_on_another_clock_is_refused(screen: VirtualScreen, offset_s: float) -> None:
    camera = ScreenCamera(screen)
    with DesktopRig(camera, settle_s=0.1) as rig:
        next_frames(rig, 1)
        camera.clock_offset_s = offset_s
        with pytest.raises(ClockError, match="'screen camera' stamped a frame"):
            list(rig.frames(rig.now_s() + PATIENCE_S))


@pytest.mark.parametrize("error", [CameraBusyError("busy"), KeyboardInterrupt()])
def test_a_camera_that_does_not_open_gives_the_screen_back(
    screen: VirtualScreen, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = ScreenCamera(screen)

    def refuse() -> None:
        raise error

    monkeypatch.setattr(camera, "open", refuse)
    with pytest.raises(type(error)), DesktopRig(camera):
        pass
    assert not pygame.display.get_init()
    assert camera.calls == ["close"]


def test_waiting_frames_are_overwritten_when_the_rig_closes(screen: VirtualScreen) -> None:
    camera = ScreenCamera(screen)
    kept: list[NDArray[np.uint8]] = []
    read = camera.read

    def watched(timeout_s: float) -> Frame | None:
        frame = read(timeout_s)
        if frame is not None:
            kept.append(frame.image)
        return frame

    camera.read = watched  # type: ignore[method-assign]
    with DesktopRig(camera, settle_s=0.1):
        wait_until(lambda: len(kept) >= 2)
    assert not any(image.any() for image in kept)


def test_the_rig_can_be_opened_again(screen: VirtualScreen) -> None:
    rig = DesktopRig(ScreenCamera(screen), settle_s=0.1)
    for _ in range(2):
        with rig:
            assert next_frames(rig, 1)
    assert isinstance(rig, Rig)


def test_the_description_holds_what_was_calibrated_with_this_camera(screen: VirtualScreen) -> None:
    from datetime import UTC, datetime

    assert DesktopRig(ScreenCamera(screen)).description.calibration.latency_s is None
    measured = Calibration(0.043, ((1.0, 0.1, 0.0), (0.1, 0.9, 0.1), (0.0, 0.1, 0.8)))
    save_calibration(StoredCalibration("screen camera", measured, datetime.now(UTC)))
    description = DesktopRig(ScreenCamera(screen)).description
    assert description.calibration == measured
    assert (description.name, description.kind) == ("desktop, screen camera", "desktop")
    assert description.refresh_hz > 0


def test_a_wrong_illumination_is_refused_by_name(rig: DesktopRig) -> None:
    with pytest.raises(InputError, match=r"float64 \(4, 3\); it must be uint8"):
        rig.show(np.zeros((4, 3)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"uint8 \(3, 3\); it must be uint8"):
        rig.show(np.zeros((3, 3), np.uint8))


def test_a_rig_that_is_not_open_says_so(screen: VirtualScreen) -> None:
    rig = DesktopRig(ScreenCamera(screen))
    with pytest.raises(RigError, match="context manager"):
        rig.show(COLOURS)
    with pytest.raises(RigError, match="context manager"):
        list(rig.frames(rig.now_s() + 1))


def test_the_test_camera_is_a_camera(screen: VirtualScreen) -> None:
    assert isinstance(ScreenCamera(screen), Camera)


def test_without_a_display_the_window_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not display_available()
    with pytest.raises(DisplayNotFoundError, match="run it in a desktop session"):
        LightWindow().open()


def test_a_display_that_does_not_answer_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(DisplayNotFoundError, match="desktop session"):
        LightWindow().open()


def test_a_pretended_screen_is_no_screen(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with pytest.raises(DisplayNotFoundError, match="SDL_VIDEODRIVER"):
        LightWindow().open()


def test_without_pygame_the_window_names_the_extra(
    screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(MissingExtraError, match=r"lightproof\[desktop\]"):
        LightWindow().open()


def test_the_size_of_the_screen_can_be_set(screen: VirtualScreen, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (CameraDevice(Path("/dev/video0"), "Cam"),)
    monkeypatch.setattr("lightproof.rigs.desktop.camera.find_cameras", lambda: found)
    geometry = open_rig(RigOptions(settings={"screen_cm": "34.5x19"})).description.geometry
    assert geometry.screen_m == pytest.approx((0.345, 0.19))
    assert geometry.camera_m[1] > 0.19 / 2  # above the screen


@pytest.mark.parametrize("size", ["", "34", "0x19", "34x", "-3x4", "34x19x2", "34 x 19", "1e3x4"])
def test_a_size_that_is_none_is_refused_by_name(size: str) -> None:
    with pytest.raises(InputError, match=f"screen_cm={size!r} is not a size"):
        open_rig(RigOptions(settings={"screen_cm": size}))


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="setting 'colour' is unknown to the desktop rig"):
        open_rig(RigOptions(settings={"colour": "blue"}))


@pytest.mark.skipif(bool(list(Path("/dev").glob("video*"))), reason="this machine has a camera")
def test_without_a_camera_the_factory_says_what_to_do() -> None:
    with pytest.raises(CameraNotFoundError, match="no camera was found"):
        open_rig(RigOptions())


def edid(width_cm: int, height_cm: int) -> bytes:
    block = bytearray(128)
    block[:8] = bytes.fromhex("00ffffffffffff00")
    block[21:23] = bytes([width_cm, height_cm])
    return bytes(block)


@pytest.mark.parametrize(
    ("screens", "size_m"),
    [
        ([edid(34, 19)], (0.34, 0.19)),
        ([edid(34, 19), b""], (0.34, 0.19)),  # the second connector has nothing on it
        ([edid(34, 19), edid(60, 34)], (0.29, 0.18)),
        ([edid(0, 0)], (0.29, 0.18)),
        ([edid(34, 19)[:100]], (0.29, 0.18)),
        ([], (0.29, 0.18)),
    ],
)
def test_the_size_of_the_screen_is_asked_of_the_screen(
    tmp_path: Path, screens: list[bytes], size_m: tuple[float, float]
) -> None:
    for number, content in enumerate(screens):
        (tmp_path / f"card0-HDMI-A-{number}").mkdir()
        (tmp_path / f"card0-HDMI-A-{number}" / "edid").write_bytes(content)
    assert screen_size_m(tmp_path) == size_m
