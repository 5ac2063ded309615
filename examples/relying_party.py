"""A relying party in thirty lines: it asks with a fresh nonce, says what it expects, and takes a result once.

`jwks` holds the public keys of the devices that it trusts: `lightproof device jwks`, run on each of them.
`hashes` are those of their software, models and policy: `lightproof result hashes --json`, run on one that
was installed by the relying party itself.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from lightproof import Expectations, Outcome, SingleUseStore, verify_result

AUDIENCE = "https://example.org/door"


class RelyingParty:
    """Lets whoever is verified by a trusted device in, once for each request."""

    def __init__(self, jwks: Mapping[str, Any], hashes: Mapping[str, str], store: SingleUseStore) -> None:
        self._jwks = jwks
        self._store = store
        self._expected = Expectations(
            rigs={"pi", "desktop"},
            presence_only=False,
            policies={hashes["policy"]},
            models={hashes["models"]},
            software={hashes["software"]},
            # Light that takes longer may have had a relay in its way since the rig was calibrated.
            latency_classes={"direct"},
        )
        self._asked: dict[str, bytes] = {}

    def ask(self, visitor: str) -> bytes:
        """Return the nonce of a new request for a visitor, which replaces an older one."""
        self._asked[visitor] = secrets.token_bytes(32)
        return self._asked[visitor]

    def lets_in(self, visitor: str, token: str) -> bool:
        """Return whether a result opens the door; raise ResultRefusedError where it is not one for us."""
        # A nonce is taken out before it is looked at: whatever comes of it, no token answers it twice.
        nonce = self._asked.pop(visitor, None)
        if nonce is None:
            return False
        result = verify_result(token, self._jwks, nonce, AUDIENCE, self._expected, self._store)
        return result.verdict.outcome is Outcome.VERIFIED
