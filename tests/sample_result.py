"""A result that tests sign, change and refuse."""

from __future__ import annotations

import hashlib

from lightproof.result import SessionResult
from lightproof.rigs.latency_class import LatencyClass
from lightproof.verdict import Outcome, Verdict

NONCE = bytes(range(32))
AUDIENCE = "https://example.org/verify"
NOW = 1_790_000_000
RESULT = SessionResult(
    verdict=Verdict(Outcome.VERIFIED),
    nonce=NONCE,
    audience=AUDIENCE,
    rig="desktop",
    presence_only=False,
    latency_class=LatencyClass.DIRECT,
    policy_sha256=hashlib.sha256(b"policy").digest(),
    models_sha256=hashlib.sha256(b"models").digest(),
    software_sha256=hashlib.sha256(b"software").digest(),
    challenge_sha256=hashlib.sha256(b"challenge").digest(),
    issued_at=NOW,
)
