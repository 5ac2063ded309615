"""A relying party in twenty lines: it asks with a fresh nonce, and takes a result once.

`jwks` holds the public keys of the devices that it trusts: `lightproof device jwks`, run on each of them.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from lightproof import Outcome, verify_result

AUDIENCE = "https://example.org/door"


class RelyingParty:
    """Lets whoever is verified by a trusted device in, once for each request."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._jwks = jwks
        self._asked: dict[str, bytes] = {}

    def ask(self, visitor: str) -> bytes:
        """Return the nonce of a new request for a visitor, which replaces an older one."""
        self._asked[visitor] = secrets.token_bytes(32)
        return self._asked[visitor]

    def lets_in(self, visitor: str, token: str) -> bool:
        """Return whether a result opens the door; raise ResultRefusedError where it is not one for us."""
        # A nonce is taken out before it is looked at: whatever comes of it, no token answers it twice.
        result = verify_result(token, self._jwks, self._asked.pop(visitor, b""), AUDIENCE)
        verified = result.verdict.outcome is Outcome.VERIFIED
        return verified and result.a_person_was_there and not result.presence_only
