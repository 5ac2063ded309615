"""The memory of another process, and what can be found in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_WORD_BYTES = 8
_PADDED = 1 << 17
"""Numbers in one Fourier transform: few enough for a cache."""
_LEAST, _MOST = 1e-7, 1e3
_MOST_OF_NOTHING = 1e-6
"""Sum of squares under which there is nothing: below that of an embedding, which is 1 or more."""


def writable_memory(pid: int) -> Iterator[bytes]:
    """Yield every region of a process's memory that can be written to, from ``/proc/PID/mem``."""
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps.splitlines():
            region = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if region is None or "[vvar]" in line:
                continue
            start, end = (int(number, 16) for number in region.groups())
            memory.seek(start)
            parts = []
            while start < end:
                part = memory.read(end - start)
                if not part:
                    break
                parts.append(part)
                start += len(part)
            yield b"".join(parts)


def found_in(region: bytes, canaries: dict[bytes, str]) -> set[str]:
    """Return the names of the canaries that a region holds at an address that eight divides."""
    size = len(next(iter(canaries)))
    firsts = np.sort(np.array([np.frombuffer(canary, np.uint64, 1)[0] for canary in canaries], np.uint64))
    found = set()
    for start in range(0, len(region) // _WORD_BYTES, _PADDED):
        words = np.frombuffer(region, np.uint64)[start : start + _PADDED]
        at = firsts.searchsorted(words).clip(max=len(firsts) - 1)
        for place in np.flatnonzero(firsts[at] == words).tolist():
            begin = (start + place) * _WORD_BYTES
            found.add(canaries.get(region[begin : begin + size], ""))
    return found - {""}


def highest_cosine(region: bytes, template: NDArray[np.float32]) -> float:
    """Return the largest cosine between a template and as many float32 in a row, anywhere in a region."""
    numbers = np.frombuffer(region, np.float32)
    count = len(template)
    step = _PADDED - 2 * count
    conjugate = np.conj(np.fft.rfft(template / np.linalg.norm(template), _PADDED))
    largest = 0.0
    for start in range(0, len(numbers), step):
        raw = numbers[start : start + step + count]
        with np.errstate(invalid="ignore"):
            # What is no number of an embedding, such as an address or a picture, is nothing to compare with.
            usable = (np.abs(raw) > _LEAST) & (np.abs(raw) < _MOST)
        if not usable.any():
            continue
        part = np.where(usable, raw, 0).astype(np.float64)
        dots = np.fft.irfft(np.fft.rfft(part, _PADDED) * conjugate, _PADDED)[: len(part)]
        ends = np.cumsum(part**2)
        squares = np.append(ends[count - 1 :], np.full(min(count - 1, len(part)), ends[-1]))[: len(part)]
        squares = squares - np.append(0.0, ends[:-1])
        largest = max(largest, float((dots / np.sqrt(np.maximum(squares, _MOST_OF_NOTHING))).max()))
    return largest
