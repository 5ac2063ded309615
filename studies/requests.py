"""What a study asks of a session: the same every time that it is repeated."""

from __future__ import annotations

import hashlib

from lightproof.policy import Policy
from lightproof.request import LOCAL_AUDIENCE, Request


def request_of(purpose: str, seed: int, policy: Policy) -> Request:
    """Return the request of a study's session, whose nonce follows from the seed."""
    nonce = hashlib.sha256(f"lightproof study {seed}".encode()).digest()
    return Request("A study", purpose, nonce, LOCAL_AUDIENCE, policy)
