"""The recording rig: plays a saved session again, to the same evidence, bit for bit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError, RecordingError, RigError
from lightproof.rigs.protocol import Frame, RigDescription, RigOptions
from lightproof.rigs.recording.format import (
    SESSION_FILE,
    VIDEO_FILE,
    ClockRead,
    Delivered,
    Event,
    Flip,
    FramesEnded,
    colours,
    event_time_s,
    load_session,
    sha256_of,
)
from lightproof.rigs.recording.video import checksum, read_video


class RecordingRig:
    """A rig that answers as the recorded rig did.

    A session that asks the same in the same order gets the same answers to the last bit, the clock included.
    One that asks differently still gets an honest rig: frames come in their order and never before the flip
    that they followed, frames that it does not ask for before its next flip are passed over, and the clock
    never goes back. It must show the recorded illuminations: a face lit by one challenge cannot be replayed
    under another.
    """

    def __init__(self, directory: Path) -> None:
        """Read ``session.json`` and check that the video is the one that it names.

        Raises:
            RecordingError: a file is missing, cut short, damaged or contradicts itself.
        """
        self._directory = directory
        self._session = load_session(directory / SESSION_FILE)
        video = self._session.video
        if video is not None and sha256_of(directory / VIDEO_FILE) != video.sha256:
            raise RecordingError(
                f"recording: {directory / VIDEO_FILE} is not the video that {SESSION_FILE} names: it was "
                "cut short or changed; record the session again"
            )
        self._description = dataclasses.replace(self._session.description.description(), kind="recording")
        self._pictures: Iterator[NDArray[np.uint8]] | None = None
        self._next = 0
        self._clock_s = 0.0

    @property
    def description(self) -> RigDescription:
        """The description of the recorded rig, its kind being ``recording``."""
        return self._description

    @property
    def context(self) -> Mapping[str, Any]:
        """What the session noted when it was recorded: its nonce and seeds, for example."""
        return self._session.context

    def __enter__(self) -> Self:
        video = self._session.video
        path = self._directory / VIDEO_FILE
        self._pictures = (
            iter(()) if video is None else read_video(path, video.pixel_format, video.width, video.height)
        )
        self._next = 0
        self._clock_s = event_time_s(self._session.events[0]) if self._session.events else 0.0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._pictures = None

    def now_s(self) -> float:
        """Return what the recorded clock said, or the time of the last event where it was not asked."""
        event = self._peek()
        if isinstance(event, ClockRead):
            self._pass(event)
        return self._clock_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Return the time of the recorded flip; ``at_s`` is not waited for.

        Raises:
            RecordingError: another illumination was recorded here, or no further one.
        """
        asked = colours(illumination)
        while (event := self._peek()) is not None and not isinstance(event, Flip):
            if isinstance(event, Delivered):
                self._frame(event)
            self._pass(event)
        if event is None:
            shown = sum(isinstance(event, Flip) for event in self._session.events)
            raise RecordingError(
                f"recording: {self._directory} ends after {shown} illuminations; "
                "replay the session that was recorded"
            )
        if event.illumination != asked:
            raise RecordingError(
                f"recording: {self._directory} was lit by {event.illumination} where {asked} is requested; "
                "it belongs to another challenge"
            )
        self._pass(event)
        return event.flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the recorded frames up to where the recorded session stopped asking, or to the next flip.

        Raises:
            RecordingError: the video is damaged, or holds fewer or more pictures than there are stamps.
        """
        while True:
            event = self._peek()
            if event is None:
                self._advance(until_s)
                return
            if isinstance(event, Flip):
                self._advance(min(until_s, event.flip_s))
                return
            if isinstance(event, Delivered):
                frame = self._frame(event)
                self._pass(event)
                yield frame
                continue
            self._pass(event)
            if isinstance(event, FramesEnded) and (event.until_s is None or until_s <= event.until_s):
                self._advance(until_s)
                return

    def say(self, message: str) -> None:
        """Do nothing: the recorded person cannot be guided."""

    def _peek(self) -> Event | None:
        if self._pictures is None:
            raise RigError("the recording is not open; use it as a context manager")
        events = self._session.events
        return events[self._next] if self._next < len(events) else None

    def _pass(self, event: Event) -> None:
        self._next += 1
        self._advance(event_time_s(event))

    def _advance(self, clock_s: float) -> None:
        if math.isfinite(clock_s):
            self._clock_s = max(self._clock_s, clock_s)

    def _frame(self, event: Delivered) -> Frame:
        video = self._session.video
        pictures = self._pictures or iter(())
        picture = next(pictures, None)
        last = not any(isinstance(later, Delivered) for later in self._session.events[self._next + 1 :])
        if video is None or picture is None or (last and next(pictures, None) is not None):
            stamps = sum(isinstance(stamp, Delivered) for stamp in self._session.events)
            found = "fewer" if picture is None else "more"
            raise RecordingError(
                f"recording: {self._directory / VIDEO_FILE} holds {found} pictures than the {stamps} of "
                f"{SESSION_FILE}; record the session again"
            )
        if checksum(picture) != event.checksum:
            raise RecordingError(
                f"recording: a picture of {self._directory / VIDEO_FILE} is not the one delivered at "
                f"{event.sensor_time_s} s; record the session again"
            )
        return Frame(
            picture,
            video.pixel_format,
            video.width,
            video.height,
            event.sensor_time_s,
            event.exposure_s,
            event.readout_s,
            event.metadata.metadata(),
            video.yuv_matrix,
            video.yuv_range,
            event.clock_s if event.arrived_s is None else event.arrived_s,
        )


def open_rig(options: RigOptions) -> RecordingRig:
    """Return the rig that replays ``options.recording``, or the directory that was given as the subject.

    Raises:
        RecordingError: no directory was given, or it holds no complete recording.
        InputError: there are settings.
    """
    if options.settings:
        raise InputError(f"setting {min(options.settings)!r} is unknown: a recording has none; leave it out")
    directory = options.recording or options.subject
    if directory is None:
        raise RecordingError("the recording rig needs a recording; name the directory that --record wrote")
    return RecordingRig(directory)
