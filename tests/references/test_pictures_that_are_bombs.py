"""Small files that would keep a decoder busy for minutes are refused before anything is decoded."""

from __future__ import annotations

import time
import zlib

import numpy as np
import pytest

from lightproof.errors import PictureError
from lightproof.references.picture import MAX_BYTES, MAX_SCANS, MAX_SEGMENTS, load_picture

AT_ONCE_S = 2.0
"""Far above what any of these takes to refuse, and far below what it would take to decode."""


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def progressive(side: int, scans: int) -> bytes:
    """Return a grey JPEG of empty scans, each of which has a decoder go over all blocks (ITU-T T.81).

    Every code is a single zero bit: of DC a difference of 0, of AC a run of 2**14 blocks that are over.
    """
    blocks = (side // 8) ** 2
    dc_scan = segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    ac_scan = segment(0xDA, b"\1\1\0\1\77\0") + bytes(blocks // 2**14 * 15 // 8 + 2)
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xDB, b"\0" + bytes([1] * 64)),
            segment(0xC2, b"\x08" + side.to_bytes(2, "big") * 2 + b"\1\1\x11\0"),
            segment(0xC4, b"\x00\1" + bytes(15) + b"\0"),
            segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0"),
            dc_scan,
            ac_scan * (scans - 1),
            b"\xff\xd9",
        )
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def refused_at_once(content: bytes, told: str) -> None:
    start_s = time.monotonic()
    with pytest.raises(PictureError, match=told):
        load_picture(content)
    assert time.monotonic() - start_s < AT_ONCE_S


def test_a_progressive_picture_of_as_many_scans_as_are_accepted_is_decoded() -> None:
    assert np.array_equal(load_picture(progressive(256, MAX_SCANS)), np.full((256, 256, 3), 128))


@pytest.mark.parametrize("scans", [MAX_SCANS + 1, 10_000])
def test_a_progressive_picture_of_more_scans_is_refused_before_it_is_decoded(scans: int) -> None:
    refused_at_once(progressive(7000, scans), f"has more than {MAX_SCANS} scans: save it again")


def test_a_picture_in_segments_without_end_is_refused() -> None:
    many = MAX_SEGMENTS + 1
    refused_at_once(b"\xff\xd8" + segment(0xFE, b"") * many, f"in more than {MAX_SEGMENTS} segments")
    header = chunk(b"IHDR", (16).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0")
    refused_at_once(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") * many, "in more than")


@pytest.mark.parametrize("filler", [b"\xff\x00", b"\xff\xd0", b"\xff\xff"])
def test_a_scan_of_nothing_but_stuffing_is_walked_at_once(filler: bytes) -> None:
    refused_at_once(b"\xff\xd8" + filler * (MAX_BYTES // 2 - 1), "cut short or corrupt")
