"""The challenge: a one-off sequence of illuminations drawn from a cryptographic seed.

The screen plays it, the camera reads it back off the face. It is made in the core; here are its public
names::

    seed = derive_seed(nonce, secrets.token_bytes(32))
    challenge = Challenge.generate(seed)
    challenge.at(0.0, 0.1)  # the mean linear light of the first tenth of a second, shape (4, 3)
"""

from __future__ import annotations

from lightproof._core import (
    NEUTRAL_LINEAR,
    NEUTRAL_SRGB,
    PALETTE_LINEAR,
    PALETTE_SRGB,
    Challenge,
    Flashes,
    Photosafety,
    check_light,
    check_photosafety,
    decoy_codes,
    derive_seed,
)
from lightproof.policy import Mode

__all__ = [
    "NEUTRAL_LINEAR",
    "NEUTRAL_SRGB",
    "PALETTE_LINEAR",
    "PALETTE_SRGB",
    "Challenge",
    "Flashes",
    "Photosafety",
    "check_light",
    "check_photosafety",
    "decoy_codes",
    "derive_seed",
    "light_s",
]


def light_s(mode: Mode) -> float:
    """Return how long the light of a challenge lasts at most, in seconds."""
    return Challenge.generate(bytes(32), mode).duration_s
