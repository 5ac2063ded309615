"""Saves a session as it happens.

A recording is a folder with two files: ``frames.mkv``, every delivered frame without loss, and
``session.json``, the rig's description, all that the session asked the rig and what it answered in that
order, and a context that the session adds (its nonce and seeds). It shows a face: the folder has mode 0700,
its files 0600, and it appears under its name only once it is complete. What breaks off is deleted, at
the latest by the next recording or ``lightproof doctor`` (:mod:`~lightproof.rigs.recording.drafts`); on flash
memory, as on any journalling disk, deleted is not overwritten: record to memory or to an encrypted disk if
that matters.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import FrameError, InputError, RecordingError, RigError
from lightproof.files import write_atomic
from lightproof.rigs.protocol import Frame, Rig, RigDescription, YuvMatrix, YuvRange
from lightproof.rigs.recording.description import recorded_description, recorded_metadata
from lightproof.rigs.recording.drafts import Draft, make_draft
from lightproof.rigs.recording.format import (
    FORMAT_NAME,
    FORMAT_VERSION,
    SESSION_FILE,
    VIDEO_FILE,
    ClockRead,
    Delivered,
    Event,
    Flip,
    FramesEnded,
    RecordedSession,
    Video,
    colours,
    session_text,
    sha256_of,
)
from lightproof.rigs.recording.video import VideoWriter, checksum, packed_pixels, require_encoder


class RecordingWriter:
    """A rig that passes everything through to another rig and writes it down as it goes.

    Ask the person before you use it. The recording stands under its name when the context is left without an
    error and not before; an error or an interruption deletes what was written.

    Example::

        recorder = RecordingWriter(rig, Path("session-1"))
        verify(recorder, request, reference=picture)

    :func:`~lightproof.verify` enters and leaves the context itself. By ``note`` it writes what a replay
    needs, and tells the person of the recording when it asks for their consent.
    """

    def __init__(self, rig: Rig, directory: Path) -> None:
        """Take the rig to record and the directory to write, which must be absent or empty.

        Raises:
            MissingExtraError: PyAV is not installed.
        """
        self._rig = rig
        self._directory = directory.absolute()
        self._draft: Draft | None = None
        self._video: VideoWriter | None = None
        self._coding: tuple[YuvMatrix, YuvRange] = ("bt601", "full")
        self._events: list[Event] = []
        self._context: dict[str, Any] = {}
        self._failure: str | None = None
        require_encoder()

    @property
    def description(self) -> RigDescription:
        """The description of the rig that is being recorded."""
        return self._rig.description

    @property
    def recorded(self) -> Rig:
        """The rig that is being recorded."""
        return self._rig

    def note(self, key: str, value: object) -> None:
        """Add something to the context of the recording; a later note of the same key replaces it.

        Raises:
            InputError: the value is not JSON (text, finite numbers, booleans, None, lists, objects).
        """
        try:
            self._context[key] = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"note {key!r} of a recording is not a JSON value; write bytes as hexadecimal"
            ) from error

    def __enter__(self) -> Self:
        if self._draft is not None:
            raise RigError(
                f"the recording {self._directory} is open already; enter it once, verify does so itself"
            )
        self._draft = make_draft(self._directory)
        self._events, self._context, self._video, self._failure = [], {}, None, None
        try:
            self._rig.__enter__()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        try:
            description = self._rig.description
            self._rig.__exit__(kind, error, traceback)
            if error is None and self._failure is not None:
                raise RecordingError(self._failure)
            if error is None and self._draft is not None:
                self._complete(self._draft.folder, description)
        finally:
            self._discard()

    def now_s(self) -> float:
        """Return the rig's clock in seconds."""
        clock_s = self._rig.now_s()
        self._events.append(ClockRead(float(clock_s)))
        return clock_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show four sRGB colours on the rig and return the time of the flip in seconds."""
        flip_s = self._rig.show(illumination, at_s)
        self._events.append(Flip(colours(illumination), None if at_s is None else float(at_s), float(flip_s)))
        return flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the rig's frames; each is in the hands of the encoder before it is yielded.

        A disk that is full or missing does not end the session: the draft is deleted, the frames go on, and
        the error is raised when the context is left.

        Raises:
            FrameError: a frame differs in size or format from the first, or is malformed.
        """
        for frame in self._rig.frames(until_s):
            pixels = packed_pixels(frame)
            clock_s = self._rig.now_s()
            self._events.append(_delivered(frame, checksum(pixels), clock_s))
            if self._failure is None:
                try:
                    self._write(frame, pixels)
                except (RecordingError, OSError) as error:
                    self._failure = (
                        f"{error}" if isinstance(error, RecordingError) else _full(self._directory, error)
                    )
                    self._discard()
            # The session takes the time from here, and reads no clock that a replay would not read.
            yield frame if frame.arrived_s is not None else replace(frame, arrived_s=clock_s)
        end_s = float(until_s) if math.isfinite(until_s) else None
        self._events.append(FramesEnded(end_s, float(self._rig.now_s())))

    def say(self, message: str) -> None:
        """Show one line of guidance on the rig; words are not recorded."""
        self._rig.say(message)

    def _write(self, frame: Frame, pixels: NDArray[np.uint8]) -> None:
        shape = (frame.pixel_format, frame.width, frame.height)
        coding = (frame.yuv_matrix, frame.yuv_range)
        if self._draft is None:
            raise RigError("the recording is not open; use it as a context manager")
        if self._video is None:
            self._video, self._coding = VideoWriter(self._draft.folder / VIDEO_FILE, *shape), coding
        elif shape != (self._video.pixel_format, self._video.width, self._video.height):
            raise FrameError(
                f"a frame of {frame.width}x{frame.height} {frame.pixel_format} came after frames of "
                f"{self._video.width}x{self._video.height} {self._video.pixel_format}; keep one format"
            )
        elif coding != self._coding:
            raise FrameError(
                f"a frame by {coding[0]} in {coding[1]} range came after frames by {self._coding[0]} in "
                f"{self._coding[1]} range; keep one coding"
            )
        self._video.write(pixels)

    def _complete(self, draft: Path, description: RigDescription) -> None:
        video = None
        if self._video is not None:
            writer, self._video = self._video, None
            writer.close()
            video = Video(
                writer.pixel_format,
                writer.width,
                writer.height,
                sha256_of(draft / VIDEO_FILE),
                *self._coding,
            )
        session = RecordedSession(
            FORMAT_NAME,
            FORMAT_VERSION,
            recorded_description(description),
            video,
            tuple(self._events),
            self._context,
        )
        try:
            text = session_text(session)
        except ValueError as error:
            raise RecordingError(
                f"recording: {self._directory} would hold a number that is not finite; mend the rig"
            ) from error
        try:
            write_atomic(draft / SESSION_FILE, text, private=True)
            os.rename(draft, self._directory)
        except OSError as error:
            raise RecordingError(
                f"recording: {self._directory} cannot be completed ({error}); name an empty one with space"
            ) from error
        if self._draft is not None:
            self._draft.release()
        self._draft = None

    def _discard(self) -> None:
        video, self._video = self._video, None
        draft, self._draft = self._draft, None
        try:
            if video is not None:
                video.abandon()
        finally:
            if draft is not None:
                draft.delete()


def _full(directory: Path, error: OSError) -> str:
    return (
        f"recording: {directory} cannot be written ({error.strerror or error}); free some space, record again"
    )


def _delivered(frame: Frame, pixels_checksum: int, clock_s: float) -> Delivered:
    return Delivered(
        float(frame.sensor_time_s),
        float(frame.exposure_s),
        float(frame.readout_s),
        recorded_metadata(frame.metadata),
        pixels_checksum,
        float(clock_s),
        None if frame.arrived_s is None else float(frame.arrived_s),
    )
