"""The challenge, its seed and the palette."""

from typing import Literal, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Mode: TypeAlias = Literal["standard", "gentle"]

PALETTE_SRGB: tuple[tuple[int, int, int], ...]
"""The six isoluminant colours, 8-bit sRGB. Relative luminance 0.334 to 0.337; none is a saturated red."""
PALETTE_LINEAR: tuple[tuple[float, float, float], ...]
"""The same in linear light."""
NEUTRAL_SRGB: tuple[int, int, int]
"""The grey of the palette, which all quadrants show before and after a challenge."""
NEUTRAL_LINEAR: tuple[float, float, float]
"""The same in linear light."""

@final
class Challenge:
    """A one-off sequence of 16 illuminations. Immutable; equal if mode and codes are equal.

    An illumination splits the screen into left and right (split 0) or top and bottom (split 1) and gives the
    halves two different colours a and b of the palette. Its code, 0 to 59, is
    ``split * 30 + a * 5 + (b if b < a else b - 1)``.

    Every array is a new one.
    """

    @staticmethod
    def generate(seed: bytes, mode: Mode = "standard") -> Challenge:
        """Draw a challenge from a seed of 32 bytes; see :func:`derive_seed`.

        Each code is a byte of the ChaCha20 key stream of the seed (64-bit counter and stream, both from 0),
        bytes of 240 and more being skipped, modulo 60: all codes are equally likely and independent.

        Raises :class:`~lightproof.errors.InputError` for a seed that is not 32 bytes long or an unknown mode.

        Example::

            challenge = Challenge.generate(seed, mode="gentle")
            len(challenge), challenge.dwell_s  # 16, 0.4
        """

    @staticmethod
    def from_codes(codes: ArrayLike, mode: Mode = "standard") -> Challenge:
        """Make the challenge that shows these 16 codes.

        Raises :class:`~lightproof.errors.InputError` for another number of codes, or a code above 59.
        """

    @property
    def mode(self) -> Mode:
        """``standard``: a hard change every 0.2 s; ``gentle``: a soft change every 0.4 s, 0.2 s long."""

    @property
    def dwell_s(self) -> float:
        """How long one illumination stays, its edge included, in seconds."""

    @property
    def edge_s(self) -> float:
        """How long the change at the start of each dwell takes, in seconds; 0 if it is hard."""

    @property
    def duration_s(self) -> float:
        """How long all illuminations take together, in seconds."""

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The code of each illumination, shape (16,), 0 to 59."""

    @property
    def srgb(self) -> NDArray[np.uint8]:
        """The 8-bit sRGB colours of each illumination's quadrants, shape (16, 4, 3)."""

    @property
    def linear(self) -> NDArray[np.float64]:
        """The same in linear light, shape (16, 4, 3), 0 to 1."""

    @property
    def steps_start_s(self) -> NDArray[np.float64]:
        """When each step of the light starts, in seconds since the start; shape (J,).

        In standard mode J is 16. In gentle mode it is 112: each dwell starts with six steps of 1/30 s that
        lead from the illumination before (at first from the neutral grey) to its own by a smoothstep in
        linear light, sampled at the middle of each step.
        """

    @property
    def steps_weights(self) -> NDArray[np.float64]:
        """How much of each illumination each step shows, in linear light; shape (J, 16), 0 to 1.

        What a row lacks to 1 is the neutral grey.
        """

    @property
    def steps_srgb(self) -> NDArray[np.uint8]:
        """What a screen shows in each step: its linear light as 8-bit sRGB, rounded; shape (J, 4, 3)."""

    def at(self, t0_s: float, t1_s: float) -> NDArray[np.float64]:
        """Return the mean linear light of the quadrants from ``t0_s`` to ``t1_s``, shape (4, 3).

        Times are in seconds since the start. The mean is exact: the integral over the steps. Before 0 the
        light is neutral, after the end it is the last illumination. If both times are the same it is the
        light of that instant.

        Raises :class:`~lightproof.errors.InputError` if a time is not finite or the end is before the start.
        """

    def __len__(self) -> int: ...

def derive_seed(nonce: bytes, device_random: bytes) -> bytes:
    """Return the 32-byte seed of a challenge, which neither the relying party nor the device chooses alone.

    HKDF-SHA256 (RFC 5869) of the device's 32 random bytes with the nonce as salt and
    ``lightproof challenge v1`` as info.

    Raises :class:`~lightproof.errors.NonceError` unless the nonce is 8 to 64 bytes long (EAT, RFC 9711,
    section 4.1), :class:`~lightproof.errors.InputError` unless ``device_random`` is 32 bytes long.
    """

def decoy_codes(seed: bytes, count: int) -> NDArray[np.uint8]:
    """Return the codes of ``count`` decoys, shape (count, 16), drawn like challenges from another stream.

    Raises :class:`~lightproof.errors.InputError` for a seed that is not 32 bytes long, or more than 2**24
    decoys.
    """
