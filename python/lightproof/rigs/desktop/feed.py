"""Reads a camera in a thread of its own, so that no frame is late or lost while the session thinks."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from lightproof.errors import CameraLostError, ClockError
from lightproof.privacy.forget import overwrite
from lightproof.rigs.desktop.camera import Camera
from lightproof.rigs.desktop.clock import now_s
from lightproof.rigs.protocol import Frame

_KEPT_FRAMES = 24  # 0.8 s at 30 Hz, 66 MB at 1280x720
_READ_TIMEOUT_S = 0.1  # how soon a stop is noticed
_STOP_TIMEOUT_S = 12.0  # OpenCV waits up to 10 s for a camera that died
ABSURD_STAMPS = 4  # what lay in a driver's buffers when it began may be stamped by nobody
LOST_AFTER_S = 2.0  # the slowest webcam in the dark still delivers 5 frames a second


class Feed:
    """Keeps the frames of a camera until they are taken; the oldest go when more than 24 wait."""

    def __init__(self, camera: Camera) -> None:
        """Take an open camera and start reading it."""
        self._camera = camera
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._read_all, name="lightproof-camera", daemon=True)
        self._thread.start()

    def take(self, timeout_s: float) -> Frame | None:
        """Return the oldest frame that waits, or the next one, or None if there was none in time.

        Raises:
            CameraLostError: the camera failed or has been silent for two seconds.
            ClockError: its stamps went back.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._failure is not None, timeout_s)
            if self._frames:
                return self._frames.popleft()
            if self._failure is not None:
                raise self._failure
            return None

    def stop(self) -> None:
        """Stop reading and overwrite the frames that nobody took."""
        self._stopping = True
        self._thread.join(_STOP_TIMEOUT_S)
        with self._changed:
            while self._frames:
                overwrite(self._frames.popleft().image)

    def _read_all(self) -> None:
        try:
            self._read_until_stopped()
        except BaseException as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _read_until_stopped(self) -> None:
        last_sensor_time_s = float("-inf")
        last_arrival_s = now_s()
        absurd = 0
        while not self._stopping:
            frame = self._camera.read(_READ_TIMEOUT_S)
            arrived_s = now_s()
            if frame is None:
                if arrived_s - last_arrival_s > LOST_AFTER_S:
                    raise CameraLostError(
                        f"camera {self._camera.name!r} has been silent for {LOST_AFTER_S:g} s; "
                        "plug it in again and start over"
                    )
                continue
            if not last_sensor_time_s < frame.sensor_time_s <= arrived_s:
                if last_sensor_time_s == float("-inf") and absurd < ABSURD_STAMPS:
                    absurd += 1
                    overwrite(frame.image)
                    continue
                raise ClockError(
                    f"camera {self._camera.name!r} stamped a frame {frame.sensor_time_s:.6f} s after one of "
                    f"{last_sensor_time_s:.6f} s, when it was {arrived_s:.6f} s; it needs the rig's clock"
                )
            if frame.arrived_s is None:
                frame = replace(frame, arrived_s=arrived_s)
            last_sensor_time_s, last_arrival_s = frame.sensor_time_s, arrived_s
            with self._changed:
                if len(self._frames) == _KEPT_FRAMES:
                    overwrite(self._frames.popleft().image)
                self._frames.append(frame)
                self._changed.notify_all()
