"""Pixels of a recording: FFV1 (RFC 9043) in Matroska, bit for bit, by PyAV.

FFV1 knows packed RGB as BGR0 and 4:2:0 as three planes, so both packed orders are stored as BGR0 and both
4:2:0 layouts as planes: only bytes change place, no colour is converted. The decoder hides damage as well as
it can, so readers compare each picture with its :func:`checksum`.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import threading
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import FileError, FrameError, MissingExtraError, RecordingError
from lightproof.files import open_regular
from lightproof.privacy.forget import overwrite
from lightproof.rigs.protocol import Frame, PixelFormat

_QUEUE_FRAMES = 32  # one second at 30 Hz, 90 MB at 1280x720: rides out a pause of the disk, bounds the memory
_ENCODER = {"level": "3", "g": "1"}
_SLICED_FROM_PX = 64  # four slices let two threads work; the encoder cannot cut very small pictures
_NOMINAL_RATE = 30  # Matroska wants one; the true times are in session.json
_STORED_AS = {"rgb888": "bgr0", "bgr888": "bgr0", "yuv420": "yuv420p", "nv12": "yuv420p"}


def packed_pixels(frame: Frame) -> NDArray[np.uint8]:
    """Return a copy of a frame's pixels without the padding of its rows.

    Returns:
        uint8, C-contiguous: (height, width, 3), or (height * 3 / 2, width) for 4:2:0 in its format's layout.

    Raises:
        FrameError: shape, stride, size or type are not what the format asks for.
    """
    image, width, height = frame.image, frame.width, frame.height
    where = f"a {frame.pixel_format} frame of {width}x{height}"
    if frame.pixel_format not in _STORED_AS or width < 1 or height < 1 or image.dtype != np.uint8:
        raise FrameError(
            f"{where} with values of type {image.dtype} is not a picture: use uint8 and a known format"
        )
    if _STORED_AS[frame.pixel_format] == "bgr0":
        if image.shape != (height, width, 3):
            raise FrameError(f"{where} has shape {image.shape}: make it {(height, width, 3)}")
        return np.array(image, order="C")
    if width % 2 or height % 2:
        raise FrameError(f"{where} has an odd side: 4:2:0 needs even ones")
    if image.ndim != 2 or image.shape[0] != height * 3 // 2 or image.shape[1] < width or image.shape[1] % 2:
        raise FrameError(f"{where} has shape {image.shape}: make it (height * 3 / 2, even stride >= width)")
    return np.array(_unpadded_planes(frame), order="C")


def _unpadded_planes(frame: Frame) -> NDArray[np.uint8]:
    """Return the planes of a 4:2:0 frame, a view of its image unless planar rows had to be moved."""
    width, height, stride = frame.width, frame.height, frame.image.shape[1]
    if frame.pixel_format == "nv12" or stride == width:
        return frame.image[:, :width]
    # The chroma planes follow each other with half the stride, two of their rows to one row of the array.
    chroma = frame.image[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    return np.concatenate([frame.image[:height, :width], chroma.reshape(height // 2, width)], axis=0)


def checksum(pixels: NDArray[np.uint8]) -> int:
    """Return the CRC-32 of packed pixels: it tells whether a decoded picture is the delivered one."""
    return zlib.crc32(pixels.data)


def require_encoder() -> None:
    """Raise :class:`~lightproof.errors.MissingExtraError` where PyAV is not installed."""
    _pyav()


class VideoWriter:
    """Writes packed pixels to a Matroska file in a thread of its own: a rig must not wait for an encoder."""

    def __init__(self, path: Path, pixel_format: PixelFormat, width: int, height: int) -> None:
        av = _pyav()
        self.pixel_format: PixelFormat = pixel_format
        self.width = width
        self.height = height
        self._av = av
        self._path = path
        self._failure: Exception | None = None
        self._abandoned = False
        self._queue: queue.Queue[NDArray[np.uint8] | None] = queue.Queue(_QUEUE_FRAMES)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        self._container: Any = av.open(str(path), "w", format="matroska")
        slices = "4" if min(width, height) >= _SLICED_FROM_PX else "1"
        options = _ENCODER | {"slices": slices}
        stream = self._container.add_stream("ffv1", rate=_NOMINAL_RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, _STORED_AS[pixel_format]
        stream.thread_count = 2
        self._stream = stream
        self._thread = threading.Thread(target=self._encode_all, name="lightproof-recording", daemon=True)
        self._thread.start()

    def write(self, pixels: NDArray[np.uint8]) -> None:
        """Queue pixels as :func:`packed_pixels` returns them; they are overwritten once they are in the file.

        Raises:
            RecordingError: an earlier frame could not be written.
        """
        self._raise_failure()
        self._queue.put(pixels)

    def close(self) -> None:
        """Write what is queued and close the file.

        Raises:
            RecordingError: a frame could not be written.
        """
        self._queue.put(None)
        self._thread.join()
        self._raise_failure()

    def abandon(self) -> None:
        """Stop without writing what is queued; the file is then useless and is to be deleted."""
        self._abandoned = True
        self._queue.put(None)
        self._thread.join()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise RecordingError(
                f"recording: {self._path} cannot be written ({self._failure}); free some space, record again"
            ) from self._failure

    def _encode_all(self) -> None:
        number = 0
        try:
            with self._container:
                while (pixels := self._queue.get()) is not None:
                    if self._abandoned:
                        overwrite(pixels)
                        continue
                    picture = self._av.VideoFrame(self.width, self.height, _STORED_AS[self.pixel_format])
                    _fill(picture, pixels, self.pixel_format)
                    overwrite(pixels)
                    picture.pts, picture.time_base = number, Fraction(1, _NOMINAL_RATE)
                    number += 1
                    for packet in self._stream.encode(picture):
                        self._container.mux(packet)
                for packet in self._stream.encode(None):
                    self._container.mux(packet)
        except Exception as error:
            self._failure = error
            while (pixels := self._queue.get()) is not None:  # whoever writes must not wait for ever
                overwrite(pixels)


def read_video(path: Path, pixel_format: PixelFormat, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures of a Matroska file in the layout of :func:`packed_pixels`, each in its own memory.

    Raises:
        RecordingError: the file is missing, cannot be decoded, or holds pictures of another size.
    """
    av = _pyav()
    damaged = f"recording: {path} is damaged or cut short; record the session again"
    try:
        # The format is named so that no other demuxer, some of which open further files, is ever tried.
        open_regular(path).close()
        container = av.open(str(path), format="matroska")
    except FileError as error:
        raise RecordingError(f"recording: {error}, or record the session again") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(damaged) from error
    with container:
        stream = container.streams.video[0] if container.streams.video else None
        context = None if stream is None else stream.codec_context
        if context is None or (context.name, context.width, context.height) != ("ffv1", width, height):
            raise RecordingError(
                f"recording: {path} holds no FFV1 video of {width}x{height}; record the session again"
            )
        pictures = container.decode(stream)
        while True:
            try:
                picture = next(pictures, None)
            except (av.FFmpegError, OSError, ValueError) as error:
                raise RecordingError(damaged) from error
            if picture is None:
                return
            found = (picture.width, picture.height, picture.format.name)
            if found != (width, height, _STORED_AS[pixel_format]):
                raise RecordingError(
                    f"recording: {path} holds a picture of {found} where {width}x{height} {pixel_format} "
                    "was recorded; record the session again"
                )
            yield _pixels_of(picture, pixel_format)


def _fill(picture: Any, pixels: NDArray[np.uint8], pixel_format: PixelFormat) -> None:
    height, width = picture.height, picture.width
    if _STORED_AS[pixel_format] == "bgr0":
        rows = _plane(picture, 0, width * 4, height).reshape(height, width, 4)
        rows[..., :3] = pixels[..., ::-1] if pixel_format == "rgb888" else pixels
        rows[..., 3] = 0
        return
    _plane(picture, 0, width, height)[:] = pixels[:height]
    for index in (0, 1):
        _plane(picture, index + 1, width // 2, height // 2)[:] = _chroma(pixels, index, pixel_format)


def _pixels_of(picture: Any, pixel_format: PixelFormat) -> NDArray[np.uint8]:
    height, width = picture.height, picture.width
    if _STORED_AS[pixel_format] == "bgr0":
        bgr = _plane(picture, 0, width * 4, height).reshape(height, width, 4)[..., :3]
        return np.array(bgr[..., ::-1] if pixel_format == "rgb888" else bgr, np.uint8, order="C")
    pixels = np.empty((height * 3 // 2, width), np.uint8)
    pixels[:height] = _plane(picture, 0, width, height)
    for index in (0, 1):
        _chroma(pixels, index, pixel_format)[:] = _plane(picture, index + 1, width // 2, height // 2)
    return pixels


def _chroma(pixels: NDArray[np.uint8], index: int, pixel_format: PixelFormat) -> NDArray[np.uint8]:
    """Return the view of one chroma plane, 0 U or 1 V, in packed 4:2:0 pixels."""
    width = pixels.shape[1]
    height = pixels.shape[0] * 2 // 3
    if pixel_format == "nv12":
        return pixels[height:, index::2]
    plane: NDArray[np.uint8] = pixels[height:].reshape(2, height // 2, width // 2)[index]
    return plane


def _plane(picture: Any, index: int, row_bytes: int, rows: int) -> NDArray[np.uint8]:
    plane = picture.planes[index]
    memory: NDArray[np.uint8] = np.frombuffer(plane, np.uint8)
    return memory.reshape(-1, int(plane.line_size))[:rows, :row_bytes]


def _pyav() -> Any:
    with contextlib.suppress(ImportError):
        return importlib.import_module("av")
    raise MissingExtraError("recordings need PyAV: pip install 'lightproof[record]'")
