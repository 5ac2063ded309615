"""Whether a challenge beats all its decoys, found out soon where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lightproof._core import FaceLight, Timeline

FIRST_DECOYS: Final = (2**6 - 1, 2**10 - 1, 2**16 - 1)
"""Decoys that are asked first: most challenges that do not beat all of them are found out here."""


def comes_first(
    face: FaceLight | None,
    timeline: Timeline,
    latencies_s: Sequence[float],
    *,
    decoy_seed: bytes,
    decoys: int,
) -> bool:
    """Return whether the challenge that was played beats all its decoys; no light is no evidence.

    A few decoys are asked first. They are mixes of the first challenges of the same stream, so a challenge
    that does not beat them does not beat all: the answer is that of ranking among all at once. The arguments
    are those of :meth:`~lightproof._core.FaceLight.rank`.
    """
    if face is None:
        return False
    for some in (*(few for few in FIRST_DECOYS if few < decoys), decoys):
        rank, _ = face.rank(timeline, latencies_s, decoy_seed=decoy_seed, decoys=some)
        if rank.rank > 1:
            return False
    return True
