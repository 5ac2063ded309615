"""The request: who asks, why, a nonce against replays, for whom the result is meant, and the policy."""

from __future__ import annotations

import math
import re
import secrets
from dataclasses import dataclass, field

from lightproof.errors import InputError, NonceError
from lightproof.policy import Policy
from lightproof.words import shown_words

MIN_NONCE_BYTES = 16
"""RFC 9711 (EAT) section 4.1 takes 8; of 16 random bytes no two are ever the same."""
MAX_NONCE_BYTES = 64
"""RFC 9711 section 4.1."""
MIN_DIFFERENT_BYTES = 8
"""A nonce of fewer different bytes was not drawn: of 16 random ones, one in 10¹² has no more than seven."""

FRESH_NONCE_BYTES = 32
"""As much as the seed of a challenge holds."""

MAX_AUDIENCE_AND_NONCE_BYTES = 123
"""What a result token of at most 1 kB has room for: 80 bytes of audience beside a nonce of 32 bytes (43
characters in base64url), 37 beside one of 64 bytes (86 characters)."""

MAX_WORDS = 120
"""Characters of a name or a purpose: it has to fit on a 7-inch screen."""

LOCAL_AUDIENCE = "tag:lightproof,2026:local"
"""The audience of a session that nobody but the person at the device asked for."""

OTHER_WAY = (
    "Ask whoever sent you here to verify you in another way. It counts just the same, "
    "and you need not say why."
)

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")  # characters of RFC 3986


@dataclass(frozen=True, slots=True)
class Request:
    """What a session is asked for.

    Attributes:
        requester: who asks, as the person reads it; up to 120 characters of any script, see
            ``lightproof.words``. Spaces of all widths become plain ones.
        purpose: why, completing "so that …"; as ``requester``.
        nonce: 16 to 64 random bytes chosen by whoever relies on the result; it comes back in the token.
        audience: URI of whoever the result is meant for; nobody else may accept it. Up to 80 bytes beside a
            nonce of 32 bytes, 37 beside one of 64.
        policy: what the session has to reach.
        other_way: how else the person can verify, as ``requester``, up to 360 characters.

    Raises:
        NonceError: the nonce is too short or too long, or was not drawn at random.
        InputError: a text is empty, too long or holds what does not show itself, or the audience is no URI.
    """

    requester: str
    purpose: str
    nonce: bytes = field(repr=False)
    audience: str
    policy: Policy = field(default_factory=Policy)
    other_way: str = OTHER_WAY

    def __post_init__(self) -> None:
        require_nonce(self.nonce)
        for name, most in (("requester", MAX_WORDS), ("purpose", MAX_WORDS), ("other_way", 3 * MAX_WORDS)):
            object.__setattr__(self, name, shown_words(name.replace("_", " "), getattr(self, name), most))
        room = MAX_AUDIENCE_AND_NONCE_BYTES - math.ceil(len(self.nonce) * 8 / 6)
        if not _URI.fullmatch(self.audience) or len(self.audience) > room:
            raise InputError(
                f"audience {self.audience[:80]!r} is not a URI of at most {room} bytes; "
                "give one such as https://example.org/verify"
            )

    @classmethod
    def fresh(
        cls,
        *,
        requester: str = "This device",
        purpose: str = "you can try verification by light",
        audience: str = LOCAL_AUDIENCE,
        policy: Policy | None = None,
    ) -> Request:
        """Return a request with 32 random bytes as its nonce, for a session that starts on this device."""
        return cls(requester, purpose, secrets.token_bytes(FRESH_NONCE_BYTES), audience, policy or Policy())


def nonce_from_hex(text: str) -> bytes:
    """Return the nonce in hexadecimal digits of either case.

    Raises:
        NonceError: there are other characters, an odd number of digits, not 16 to 64 bytes, or too few of
            them differ.

    Example::

        nonce_from_hex("00112233445566778899aabbccddeeff")
    """
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", text):
        raise NonceError(
            f"nonce of {len(text)} characters is not hexadecimal; give an even number of digits 0-9 a-f, "
            f"{2 * MIN_NONCE_BYTES} to {2 * MAX_NONCE_BYTES} of them"
        )
    nonce = bytes.fromhex(text)
    require_nonce(nonce)
    return nonce


def require_nonce(nonce: bytes) -> None:
    """Refuse what cannot have been drawn at random: too few bytes, zeros, or a few bytes over and over.

    Raises:
        NonceError: the nonce is shorter or longer than 16 to 64 bytes, or has fewer than 8 different bytes.
    """
    if not MIN_NONCE_BYTES <= len(nonce) <= MAX_NONCE_BYTES:
        raise NonceError(
            f"nonce has {len(nonce)} bytes; give {MIN_NONCE_BYTES} to {MAX_NONCE_BYTES} bytes, "
            f"which are {2 * MIN_NONCE_BYTES} to {2 * MAX_NONCE_BYTES} hexadecimal digits"
        )
    if len(set(nonce)) < MIN_DIFFERENT_BYTES:
        raise NonceError(
            f"nonce has {len(set(nonce))} different bytes, so it was not drawn at random; draw one such as "
            "secrets.token_bytes(32)"
        )
