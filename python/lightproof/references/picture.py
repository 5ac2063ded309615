"""Loads a picture from an untrusted file into memory that can be overwritten."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import FileError, PictureError
from lightproof.files import read_regular
from lightproof.native_stderr import quiet_libraries
from lightproof.privacy.forget import overwrite

MAX_PIXELS: Final = 50_000_000
"""More than any phone's photograph of a document; 150 MB decoded."""
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_SCANS: Final = 64
"""Of a progressive JPEG. Encoders write about ten. Each has the decoder go over all blocks again, even if
it is empty: 64 empty ones of 49 megapixels take 0.9 s, 2,000 in a file of 485 kB take 8.6 s."""
MAX_SEGMENTS: Final = 2**16
"""Of a JPEG or PNG: 64 MiB in chunks of 1 KiB. Encoders write larger ones."""
HALVED_ABOVE_PIXELS: Final = 16_000_000
"""Larger pictures are decoded at half their width, so that a session stays within its memory."""

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KNOWN_BUT_REFUSED: Final = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\0\0\x01\0", "an icon"),
    (b"<svg", "an SVG"),
    (b"<?xml", "an XML file"),
)
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that start a frame and hold its size (ITU-T T.81, table B.1)."""
_JPEG_MARKER: Final = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""A marker with a length, or EOI. FF 00 is a stuffed byte of a scan, FF FF padding before a marker, and TEM,
RST0..7 and SOI have no length."""
_JPEG_SCAN: Final = 0xDA
_JPEG_END: Final = 0xD9


def load_picture(source: Path | str | bytes | bytearray) -> NDArray[np.uint8]:
    """Return a picture from a file or from its bytes as RGB, shape (height, width, 3), uint8, upright.

    JPEG, PNG and WebP are accepted, known by their content and not by their name. Grey, 16-bit and
    transparent pictures become 8-bit RGB; the orientation that a camera noted (EXIF) is applied; pictures
    of more than 16 megapixels are halved in width and height. The bytes read from the file are overwritten.

    Raises:
        PictureError: the file cannot be read, is of another kind, is cut short or corrupt, or holds more
            than 50 megapixels, 64 scans or 65,536 segments; all that is counted before anything is decoded.
    """
    if isinstance(source, (bytes, bytearray)):
        return _decoded(source, f"the picture of {len(source)} bytes")
    name = f"picture {str(source)!r}"
    content = _read(Path(source), name)
    try:
        return _decoded(content, name)
    finally:
        overwrite(content)


def _read(path: Path, name: str) -> bytearray:
    try:
        return read_regular(path, MAX_BYTES)
    except FileError as error:
        raise PictureError(f"cannot read picture {error}") from error
    except OSError as error:
        raise PictureError(f"cannot read {name} ({error.strerror}): check the path") from error


def _decoded(content: bytes | bytearray, name: str) -> NDArray[np.uint8]:
    width, height = _size(content, name)
    if width < 1 or height < 1:
        raise PictureError(f"{name} is {width} x {height} pixels: there is nothing in it")
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} is {width} x {height} pixels, at most {MAX_PIXELS // 1_000_000} megapixels are "
            "accepted: save it smaller"
        )
    halved = width * height > HALVED_ABOVE_PIXELS
    mode = cv2.IMREAD_REDUCED_COLOR_2 if halved else cv2.IMREAD_COLOR
    try:
        with quiet_libraries():
            decoded = cv2.imdecode(np.frombuffer(content, np.uint8), mode)
    except cv2.error as error:
        raise _corrupt(name) from error
    if decoded is None:
        raise _corrupt(name)
    found = sorted(decoded.shape[:2])
    if not halved and found != sorted((width, height)):
        raise _corrupt(name)
    rgb = np.asarray(decoded, np.uint8)
    cv2.cvtColor(rgb, cv2.COLOR_BGR2RGB, dst=rgb)
    return rgb


def _corrupt(name: str) -> PictureError:
    return PictureError(f"{name} is cut short or corrupt: copy or save it again")


def _size(content: bytes | bytearray, name: str) -> tuple[int, int]:
    """Return width and height from the header, after a walk over the structure to its end."""
    if len(content) > MAX_BYTES:
        raise PictureError(f"{name}: at most {MAX_BYTES} bytes are accepted: save it smaller")
    head = bytes(content[:16])
    if head.startswith(_JPEG):
        size = _jpeg_size(content, name)
    elif head.startswith(_PNG):
        size = _png_size(content, name)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        size = _webp_size(content, name)
    else:
        kinds = [kind for magic, kind in _KNOWN_BUT_REFUSED if head.startswith(magic)]
        kind = "empty" if not content else kinds[0] if kinds else "not a picture in a known format"
        raise PictureError(f"{name} is {kind}: use a JPEG, PNG or WebP")
    if size is None:
        raise _corrupt(name)
    return size


def _jpeg_size(content: bytes | bytearray, name: str) -> tuple[int, int] | None:
    """Walk the markers to the end of the image (ITU-T T.81, annex B); None if it never comes."""
    size: tuple[int, int] | None = None
    position, scans = 2, 0
    for _ in range(MAX_SEGMENTS):
        found = _JPEG_MARKER.search(content, position)
        if found is None:
            return None
        position = found.start()
        marker = content[position + 1]
        if marker == _JPEG_END:
            return size
        scans += marker == _JPEG_SCAN
        if scans > MAX_SCANS:
            raise PictureError(f"{name} has more than {MAX_SCANS} scans: save it again, not progressive")
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        if length < 2 or position + 2 + length > len(content):
            return None
        if marker in _JPEG_FRAMES:
            if size is not None or length < 8:
                return None
            height = int.from_bytes(content[position + 5 : position + 7], "big")
            width = int.from_bytes(content[position + 7 : position + 9], "big")
            size = width, height
        position += 2 + length
    raise _too_many_segments(name)


def _png_size(content: bytes | bytearray, name: str) -> tuple[int, int] | None:
    """Walk the chunks to IEND and check every CRC (PNG, third edition, section 5); None if one is wrong."""
    size: tuple[int, int] | None = None
    position = len(_PNG)
    view = memoryview(content)
    for _ in range(MAX_SEGMENTS):
        if position + 12 > len(content):
            return None
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + 12 + length
        if end > len(content):
            return None
        kind = bytes(view[position + 4 : position + 8])
        if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            return None
        if size is None:
            if kind != b"IHDR" or length != 13:
                return None
            size = (
                int.from_bytes(view[position + 8 : position + 12], "big"),
                int.from_bytes(view[position + 12 : position + 16], "big"),
            )
        elif kind == b"IHDR":
            return None
        if kind == b"IEND":
            return size
        position = end
    raise _too_many_segments(name)


def _too_many_segments(name: str) -> PictureError:
    return PictureError(f"{name} is in more than {MAX_SEGMENTS} segments: save it again")


def _webp_size(content: bytes | bytearray, name: str) -> tuple[int, int] | None:
    """Read the size from the first chunk (RFC 9649, section 2); None if the file is shorter than it says."""
    if 8 + int.from_bytes(content[4:8], "little") > len(content) or len(content) < 30:
        return None
    kind, data = bytes(content[12:16]), bytes(content[20:30])
    if kind == b"VP8X":
        if data[0] & 0x02:
            raise PictureError(f"{name} is an animated WebP: use a still picture")
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return (
            int.from_bytes(data[6:8], "little") & 0x3FFF,
            int.from_bytes(data[8:10], "little") & 0x3FFF,
        )
    return None
