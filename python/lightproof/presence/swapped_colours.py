"""Swapped colours: does the light answer this challenge, but in the wrong channels of the camera?

A driver that hands over blue for red makes a light that no challenge explains, and it does so to everybody.
Nobody gains by it: who is found out here would else be rejected, and is not verified either way.
"""

from __future__ import annotations

from itertools import permutations
from typing import Final

from lightproof.presence.cues.freshness import CodeMatch, match_code
from lightproof.presence.observation import Observation

MIN_SWAPPED_SHARE: Final = 0.85
"""Share of what the best code explains that this challenge explains, in the right order of channels. Twelve
sessions with swapped colours had 0.94 and more, twelve recordings of another challenge 0.28 and less in any
order (2026-11-27)."""


def are_colours_swapped(observation: Observation, code: CodeMatch) -> bool:
    """Return whether another order of the camera's channels makes the light more of this challenge's.

    To be asked where ``code``, the light as it came, is not this challenge's, or one channel has none of it.
    """
    rows = observation.mixing
    for order in permutations(range(3)):
        if order == (0, 1, 2):
            continue
        mixing = (rows[order[0]], rows[order[1]], rows[order[2]])
        face = observation.response.face_light(observation.exposures_s, mixing)
        if face is None:
            continue
        found = match_code(face, observation)
        if found.share > max(MIN_SWAPPED_SHARE, code.share):
            return True
    return False
