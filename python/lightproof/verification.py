"""One session, top to bottom: request → consent → reference → position → challenge → evidence → match →
verdict → signed result → forget.

Each step is a module of that name; this one only puts them in order. Whatever happens, pictures, cells and
embeddings are overwritten when the session ends.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from lightproof._core import Challenge, Sampler
from lightproof.challenge import derive_seed
from lightproof.consent import Consent, ConsentAsker, notice
from lightproof.device import DeviceKey
from lightproof.errors import RecordingError
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker
from lightproof.matching import MatchEvidence, ProbeGallery, compare
from lightproof.presence.evidence import PresenceEvidence
from lightproof.presence.frames import FrameGate
from lightproof.presence.judgement import Trace, judge, judge_if_enough, with_final_continuity
from lightproof.presence.observation import Observation
from lightproof.presence.playing import Eyes, play
from lightproof.presence.position import wait_for_position
from lightproof.privacy.forget import BiometricScope
from lightproof.references.document import Reference, load_reference
from lightproof.request import Request
from lightproof.result import SessionResult, sign_result, software_sha256
from lightproof.rigs.protocol import Rig
from lightproof.verdict import (
    DECLINED,
    PRESENCE_PARTS,
    REQUIRED_PARTS,
    EvidencePart,
    Outcome,
    ReasonCode,
    Verdict,
    decide,
)


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
    """The device's own randomness for one session: two independent draws of 32 bytes.

    ``device_random`` goes into the challenge's seed together with the nonce; ``decoy_seed`` draws the decoys.
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
class Session:
    """How a session ended, and on what evidence.

    ``evidence`` and ``match`` are None where the session ended before them. ``token`` is the signed result;
    None without a device key and for replayed recordings, which prove nothing about now. ``timings`` are
    seconds per step, and ``light`` seconds of light on the face. ``trace`` is there only if it was asked
    for.
    """

    verdict: Verdict
    evidence: PresenceEvidence | None = None
    match: MatchEvidence | None = None
    token: str | None = None
    challenge: Challenge | None = None
    challenge_sha256: bytes | None = None
    timings: dict[str, float] = field(default_factory=dict)
    trace: Trace | None = None


class StepTimer:
    """Says which step is going on and how long each took."""

    def __init__(self, on_step: Callable[[Step], None] | None) -> None:
        self._on_step = on_step
        self.timings: dict[str, float] = {}

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        if self._on_step is not None:
            self._on_step(step)
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.timings[step.value] = time.perf_counter() - start_s


def verify(
    rig: Rig,
    request: Request,
    networks: FaceNetworks,
    *,
    ask: ConsentAsker,
    reference: Path | bytes | None = None,
    key: DeviceKey | None = None,
    entropy: Entropy | None = None,
    on_step: Callable[[Step], None] | None = None,
    on_hint: Callable[[ReasonCode], None] | None = None,
    note: Callable[[str, str], None] | None = None,
    keep_trace: bool = False,
) -> Session:
    """Run one session and return how it ended.

    Args:
        rig: camera, screen and clock; entered here and left when the session ends.
        request: who asks, why, the nonce and the policy.
        networks: detectors, mesh and embedder.
        ask: brings the person's consent.
        reference: picture of the person's ID document, a file or its content; needed unless the policy asks
            for presence only.
        key: signs the result; without one there is no token.
        entropy: the device's randomness; drawn from the operating system if None.
        on_step, on_hint: told when a step begins, and what keeps the person from being in position.
        note: receives what a replay needs to come to the same evidence (a recording's ``note``).
        keep_trace: keep intermediate figures for a report; the person is told that there will be one.

    Raises:
        ReferenceUnusableError, PictureError: the reference cannot be used.
        RigError: the camera or the screen fails.
        FrameError, ClockError: the rig's frames contradict each other.

    Example::

        rig = open_rig("desktop", RigOptions())
        session = verify(rig, Request.fresh(), load_networks(), ask=ask_in_words, reference=Path("id.jpg"))
        print(session.verdict.outcome)
    """
    timer = StepTimer(on_step)
    entropy = entropy or Entropy.fresh()

    def consent() -> Consent:
        return ask(notice(request, recording=note is not None, report=keep_trace))

    with BiometricScope() as scope:
        session = _run(rig, request, networks, consent, reference, entropy, timer, on_hint, note, scope)
        with timer.step(Step.RESULT):
            token = _sign(session, rig, request, networks, key)
        started_s = time.perf_counter()
    timer.timings[Step.FORGET.value] = time.perf_counter() - started_s
    return replace(
        session,
        token=token,
        timings=session.timings | timer.timings,
        trace=session.trace if keep_trace else None,
    )


def _run(
    rig: Rig,
    request: Request,
    networks: FaceNetworks,
    consent: Callable[[], Consent],
    picture: Path | bytes | None,
    entropy: Entropy,
    timer: StepTimer,
    on_hint: Callable[[ReasonCode], None] | None,
    note: Callable[[str, str], None] | None,
    scope: BiometricScope,
) -> Session:
    policy = request.policy
    with timer.step(Step.REQUEST):
        seed = derive_seed(request.nonce, entropy.device_random)
        challenge = Challenge.generate(seed, policy.mode)
        commitment = hashlib.sha256(seed).digest()
        tracker = scope.keep(FaceTracker(networks))
        scope.keep(networks)
        sampler, gate = Sampler(), FrameGate()
    with timer.step(Step.CONSENT):
        if consent() is Consent.DECLINED:
            return Session(DECLINED)
    reference: Reference | None = None
    with timer.step(Step.REFERENCE):
        if picture is not None and not policy.presence_only:
            reference = scope.keep(load_reference(picture, networks))
    with rig:
        if note is not None:
            for name, value in (
                ("nonce", request.nonce),
                ("device_random", entropy.device_random),
                ("decoy_seed", entropy.decoy_seed),
            ):
                note(name, value.hex())
            note("policy", policy.canonical())
        with timer.step(Step.POSITION):
            position = wait_for_position(rig, gate, tracker, sampler, on_hint or (lambda _: None))
        if isinstance(position, ReasonCode):
            return Session(Verdict(Outcome.INCONCLUSIVE, (position,)))
        gallery = scope.keep(ProbeGallery(networks.embedder))

        judged: tuple[PresenceEvidence, Trace | None] | None = None

        def enough(snapshot: Observation, late_s: float) -> bool:
            nonlocal judged
            judged = judge_if_enough(snapshot, rig.description, policy, entropy.decoy_seed, late_s)
            return judged is not None

        with timer.step(Step.CHALLENGE):
            played = play(rig, challenge, position, Eyes(gate, tracker, sampler, gallery), enough)
    scope.keep(played.observation)
    timings = {"light": played.light_s}
    if played.flip_monitor.lost:
        lost = Verdict(Outcome.INCONCLUSIVE, (ReasonCode.SCREEN_LOST_TIME,))
        return Session(lost, challenge=challenge, challenge_sha256=commitment, timings=timings)
    late_s = played.flip_monitor.late_s
    with timer.step(Step.EVIDENCE):
        if judged is None:
            judged = judge(played.observation, rig.description, policy, entropy.decoy_seed, late_s)
        evidence = with_final_continuity(judged[0], played.observation, rig.description, late_s)
    match: MatchEvidence | None = None
    with timer.step(Step.MATCH):
        if reference is not None:
            match = _compare(reference, gallery, networks, float(policy.fmr), scope)
    with timer.step(Step.VERDICT):
        verdict = _decide(evidence, match, presence_only=policy.presence_only)
    return Session(verdict, evidence, match, None, challenge, commitment, timings, judged[1])


def _decide(evidence: PresenceEvidence, match: MatchEvidence | None, *, presence_only: bool) -> Verdict:
    parts: dict[str, EvidencePart | None] = {name: getattr(evidence, name) for name in PRESENCE_PARTS}
    if presence_only:
        return decide(parts, PRESENCE_PARTS)
    return decide(parts | {"match": match}, REQUIRED_PARTS)


def _compare(
    reference: Reference,
    gallery: ProbeGallery,
    networks: FaceNetworks,
    fmr: float,
    scope: BiometricScope,
) -> MatchEvidence:
    threshold = networks.embedder.entry.threshold_at(fmr)
    probe = scope.keep(gallery.probe())
    return compare(reference, probe, threshold, fmr)


def _sign(
    session: Session, rig: Rig, request: Request, networks: FaceNetworks, key: DeviceKey | None
) -> str | None:
    if key is None or rig.description.kind == "recording":
        return None
    result = SessionResult(
        verdict=session.verdict,
        nonce=request.nonce,
        audience=request.audience,
        rig=rig.description.kind,
        presence_only=request.policy.presence_only,
        policy_sha256=request.policy.sha256(),
        models_sha256=bytes.fromhex(networks.manifest.sha256),
        software_sha256=software_sha256(),
        challenge_sha256=session.challenge_sha256,
        issued_at=int(time.time()),
        validity_s=request.policy.result_validity_s,
    )
    return sign_result(result, key)


def recorded_entropy(context: dict[str, str]) -> tuple[bytes, Entropy]:
    """Return the nonce and the randomness of a recorded session from its notes.

    Raises:
        RecordingError: a note is missing or is no hexadecimal text.
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
