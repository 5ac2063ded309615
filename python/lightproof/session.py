"""A session in words: its steps, what it may be told, the chance it is run with, and how it ended."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lightproof._core import Challenge
from lightproof.consent import ConsentAsker
from lightproof.device import DeviceKey
from lightproof.errors import RecordingError
from lightproof.face.networks import FaceNetworks
from lightproof.matching import MatchEvidence
from lightproof.presence.evidence import PresenceEvidence, Trace
from lightproof.verdict import ReasonCode, Verdict


class Step(StrEnum):
    """The steps of a session, in order."""

    REQUEST = "request"
    CONSENT = "consent"
    REFERENCE = "reference"
    POSITION = "position"
    CHALLENGE = "challenge"
    EVIDENCE = "evidence"
    MATCH = "match"
    VERDICT = "verdict"
    RESULT = "result"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Entropy:
    """The device's own randomness for one session: twice 32 bytes.

    ``device_random`` goes into the challenge's seed together with the nonce; where the session is signed, it
    is not drawn but follows from the device's key and the nonce (:mod:`~lightproof.seed`). ``decoy_seed``
    draws the decoys.
    """

    device_random: bytes = field(repr=False)
    decoy_seed: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> Entropy:
        """Return randomness from the operating system."""
        return cls(secrets.token_bytes(32), secrets.token_bytes(32))

    @classmethod
    def from_seed(cls, seed: int) -> Entropy:
        """Return reproducible randomness: for simulated rigs only, where nobody has anything to gain."""
        first, second = (
            hashlib.sha256(f"lightproof {name} {seed}".encode()).digest() for name in ("device", "decoys")
        )
        return cls(first, second)


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What a session may be told beside its rig, its request and its reference; everything has a default.

    Attributes:
        networks: detectors, mesh and embedder; those that are shipped if None. Load them once where many
            sessions are run.
        ask: brings the person's consent; on the terminal if None, and of a simulated subject where the rig
            has nobody in front of it.
        key: signs the result; this device's own key if None, made at first use.
        sign: False for a session whose result nobody relies on: there is no token, and no key is needed.
        entropy: the device's randomness, to repeat a session that is simulated or not signed; if None it
            follows from the key and the nonce, or is drawn where nothing is signed.
        on_step, on_hint: told when a step begins, and what keeps the person from being in position.
        keep_trace: keep intermediate figures for a report; the person is told that there will be one.
    """

    networks: FaceNetworks | None = None
    ask: ConsentAsker | None = None
    key: DeviceKey | None = None
    sign: bool = True
    entropy: Entropy | None = None
    on_step: Callable[[Step], None] | None = None
    on_hint: Callable[[ReasonCode], None] | None = None
    keep_trace: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """How a session ended, and on what evidence.

    ``evidence`` and ``match`` are None where the session ended before them. ``token`` is the signed result;
    None if it was not to be signed, and for replayed recordings, which prove nothing about now.
    ``challenge_proof`` may go with it: it shows that nobody chose the light. ``timings``
    are seconds per step, and ``light`` seconds of light on the face. ``trace`` is there only if it was asked
    for. ``mishaps`` are lines on what failed once the session was decided, such as a camera that could not be
    closed or a recording that could not be completed; they cost no result.
    """

    verdict: Verdict
    evidence: PresenceEvidence | None = None
    match: MatchEvidence | None = None
    token: str | None = None
    challenge: Challenge | None = None
    challenge_sha256: bytes | None = None
    timings: dict[str, float] = field(default_factory=dict)
    trace: Trace | None = None
    challenge_proof: str | None = None
    mishaps: tuple[str, ...] = ()


class StepTimer:
    """Says which step is going on and how long each took, in seconds."""

    def __init__(self, on_step: Callable[[Step], None] | None) -> None:
        """Take whoever is told when a step begins."""
        self._on_step = on_step
        self.timings: dict[str, float] = {}

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Time the body of the context as one step."""
        if self._on_step is not None:
            self._on_step(step)
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.timings[step.value] = time.perf_counter() - start_s


def recorded_entropy(context: Mapping[str, Any]) -> tuple[bytes, Entropy]:
    """Return the nonce and the randomness of a recorded session from its notes.

    Raises:
        RecordingError: a note is missing or is not hexadecimal text.
    """
    try:
        nonce, device_random, decoy_seed = (
            bytes.fromhex(context[name]) for name in ("nonce", "device_random", "decoy_seed")
        )
    except (KeyError, ValueError, TypeError) as error:
        raise RecordingError(
            f"recording lacks a usable note of {error}; only recordings of whole sessions can be "
            "verified again"
        ) from error
    return nonce, Entropy(device_random, decoy_seed)
