"""One session, top to bottom.

Request → consent → reference → position → challenge → evidence → match → verdict → signed result → forget.

Each step is a module of that name; this one only puts them in order. Whatever happens, pictures, cells and
embeddings are overwritten when the session ends.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lightproof._core import Challenge
from lightproof.challenge import derive_seed
from lightproof.consent import (
    Consent,
    ConsentAsker,
    ask_in_words,
    asker_for,
    notice,
)
from lightproof.device import DeviceKey, load_or_create_device_key
from lightproof.errors import InputError, PictureError, error_line
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.matching import MatchEvidence, compare, probe_of
from lightproof.policy import Policy
from lightproof.presence.evidence import PresenceEvidence
from lightproof.presence.judgement import Judgement, judge, judge_if_enough, with_all_that_was_seen
from lightproof.presence.likenesses import Likenesses
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.observation import Observation
from lightproof.presence.playing import PlaybackResult, play
from lightproof.presence.position import Positioned, wait_for_position
from lightproof.presence.reader import FaceReader
from lightproof.privacy.forget import BiometricScope
from lightproof.privacy.process import private_process
from lightproof.references.document import Reference, load_reference
from lightproof.request import Request
from lightproof.result import RIGS_WITHOUT_A_PERSON, SessionResult, sign_result, software_sha256
from lightproof.rigs.kinds import kind_of
from lightproof.rigs.latency_class import require_possible_latency
from lightproof.rigs.loading import AUTO, open_rig
from lightproof.rigs.protocol import Rig, RigKind, RigOptions
from lightproof.rigs.recording import RecordingWriter
from lightproof.seed import device_random_of, require_unplayed, take_nonce
from lightproof.session import Entropy, Session, SessionOptions, Step, StepTimer
from lightproof.system_time import clock_complaint
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


def verify(
    rig: Rig | str = AUTO,
    request: Request | None = None,
    *,
    reference: Path | bytes | bytearray | None = None,
    options: SessionOptions | None = None,
) -> Session:
    """Run one session and return how it ended.

    Args:
        rig: camera, screen and clock, or the name of a rig (:func:`~lightproof.rigs.loading.open_rig`);
            entered here and left when the session ends.
        request: who asks, why, the nonce and the policy; a fresh one of this device if None.
        reference: picture of the person's ID document, a file or its content; needed unless the request's
            policy asks for presence only. A bytearray is overwritten at the end; bytes cannot be, and are the
            caller's to let go of.
        options: everything else, all of it with defaults.

    Raises:
        InputError: there is no reference although the policy compares one, or one although it does not; or
            entropy is given for a session of a real rig that is to be signed.
        NonceError: this device has played the light of this nonce before; a nonce is for a single session.
        SingleUseError: the store of played nonces cannot be used.
        ReferenceUnusableError, PictureError: the reference cannot be used.
        RigError: the camera or the screen fails.
        FrameError, ClockError: the rig's frames contradict each other.
        ManifestError, DeviceKeyError: the shipped networks or this device's key cannot be used, or the key is
            not one for this kind of rig.

    Example::

        session = verify(reference=Path("id.jpg"))
        print(session.verdict.outcome)
    """
    options = options or SessionOptions()
    request = request or Request.fresh()
    _require_reference(reference, request.policy)
    rig = _opened(rig)
    kind = kind_of(rig)
    # A replay proves nothing about now: it is never signed.
    signs = options.sign and kind != "recording"
    key = (options.key or load_or_create_device_key(rig=kind)) if signs else None
    if key is not None:
        key.require_for(kind)
    entropy, proof = _chance(kind, key, request, options)
    steps = _Steps(
        rig,
        kind,
        request,
        options.networks or load_networks(),
        options.ask or asker_for(kind, ask_in_words),
        entropy,
        options,
        StepTimer(options.on_step),
        mishaps=[],
        plays_nonce_once=proof is not None and kind not in RIGS_WITHOUT_A_PERSON,
    )
    timer = steps.timer
    with private_process(), BiometricScope() as scope:
        if isinstance(reference, bytearray):
            scope.keep(reference)
        session = _run(steps, reference, scope)
        with timer.step(Step.RESULT):
            token = None if key is None else _signed(session, steps, key)
        if key is not None and (complaint := clock_complaint(key.made_s)) is not None:
            steps.mishaps.append(complaint)
        started_s = time.perf_counter()
    timer.timings[Step.FORGET.value] = time.perf_counter() - started_s
    return replace(
        session,
        token=token,
        challenge_proof=None if session.challenge is None else proof,
        timings=session.timings | timer.timings,
        trace=session.trace if options.keep_trace else None,
        mishaps=tuple(steps.mishaps),
    )


@dataclass(frozen=True, slots=True)
class _Steps:
    """What the steps of one session share."""

    rig: Rig
    kind: RigKind
    request: Request
    networks: FaceNetworks
    ask: ConsentAsker
    entropy: Entropy
    options: SessionOptions
    timer: StepTimer
    mishaps: list[str]
    plays_nonce_once: bool


def _run(steps: _Steps, picture: Path | bytes | bytearray | None, scope: BiometricScope) -> Session:
    rig, request, networks, timer = steps.rig, steps.request, steps.networks, steps.timer
    with timer.step(Step.REQUEST):
        require_possible_latency(rig.description, rig.description.calibration.latency_s)
        seed = derive_seed(request.nonce, steps.entropy.device_random)
        challenge = Challenge.generate(seed, request.policy.mode)
        commitment = hashlib.sha256(seed).digest()
        scope.keep(networks)
        reader = scope.keep(FaceReader(networks))
    if steps.kind != "recording" and rig.description.calibration.latency_s is None:
        # Nobody is asked, nor lit, for what can never be verified. A replay may still show what there was.
        return Session(Verdict(Outcome.INCONCLUSIVE, (ReasonCode.RIG_NOT_CALIBRATED,)))
    with timer.step(Step.CONSENT):
        if _consent(steps) is Consent.DECLINED:
            return Session(DECLINED)
    reference: Reference | None = None
    with timer.step(Step.REFERENCE):
        if picture is not None:
            reference = scope.keep(load_reference(picture, networks))
    likenesses = scope.keep(Likenesses(networks.embedder, steps.entropy.decoy_seed))
    with _entered(rig, steps.mishaps):
        _note_what_a_replay_needs(steps)
        with timer.step(Step.POSITION):
            position = wait_for_position(rig, reader, steps.options.on_hint, likenesses)
        if isinstance(position, ReasonCode):
            return Session(Verdict(Outcome.INCONCLUSIVE, (position,)))
        if steps.plays_nonce_once:
            take_nonce(request.nonce)
        with timer.step(Step.CHALLENGE):
            played, judgement = _challenge(steps, challenge, scope.keep(position), reader, likenesses)
    scope.keep(played.observation)
    timings = {"light": played.light_s}
    if played.flip_monitor.lost:
        lost = Verdict(Outcome.INCONCLUSIVE, (ReasonCode.SCREEN_LOST_TIME,))
        return Session(lost, challenge=challenge, challenge_sha256=commitment, timings=timings)
    with timer.step(Step.EVIDENCE):
        judgement = _final(steps, played, judgement)
        evidence = judgement.evidence
    match: MatchEvidence | None = None
    with timer.step(Step.MATCH):
        if reference is not None:
            match = _compare(steps, reference, played.observation, scope)
    with timer.step(Step.VERDICT):
        verdict = _decide(evidence, match, presence_only=request.policy.presence_only)
    return Session(verdict, evidence, match, None, challenge, commitment, timings, judgement.trace)


def _opened(rig: Rig | str) -> Rig:
    if isinstance(rig, str):
        return open_rig(rig, RigOptions())
    if not isinstance(rig, Rig):
        raise InputError(f"a {type(rig).__name__} is not a rig; give one, or the name of one such as 'auto'")
    return rig


def _chance(
    kind: RigKind, key: DeviceKey | None, request: Request, options: SessionOptions
) -> tuple[Entropy, str | None]:
    """Return the chance of the session, and the proof that nobody chose it; None where nobody relies on it.

    Raises:
        InputError: a chance was given to a session that others are to rely on.
        NonceError: this device has played the light of this nonce before.
    """
    if options.entropy is not None:
        if key is not None and kind not in RIGS_WITHOUT_A_PERSON:
            raise InputError(
                "nobody may choose the chance of a session that is signed; leave entropy= out, or sign=False"
            )
        return options.entropy, None
    if key is None:
        return Entropy.fresh(), None
    if kind not in RIGS_WITHOUT_A_PERSON:
        require_unplayed(request.nonce)
    device_random, proof = device_random_of(key, request.nonce)
    return replace(Entropy.fresh(), device_random=device_random), proof


@contextmanager
def _entered(rig: Rig, mishaps: list[str]) -> Iterator[None]:
    """Enter a rig and leave it; one that cannot be left after the light costs a line and not the result."""
    rig.__enter__()
    try:
        yield
    except BaseException:
        rig.__exit__(*sys.exc_info())
        raise
    try:
        rig.__exit__(None, None, None)
    except Exception as error:  # the rig may be anybody's; its text is kept, and not the frames it stood in
        mishaps.append(error_line(error))


def _require_reference(reference: Path | bytes | bytearray | None, policy: Policy) -> None:
    if reference is None and not policy.presence_only:
        raise InputError(
            "there is no reference to compare with; give reference=, a picture of the person's ID document, "
            "or a request whose policy is presence_only"
        )
    if reference is not None and policy.presence_only:
        raise InputError("the request's policy is presence_only and compares no reference; leave it out")
    if isinstance(reference, Path) and not reference.exists():
        raise PictureError(f"cannot read picture {str(reference)!r} (there is no such file): check the path")


def _consent(steps: _Steps) -> Consent:
    recorded = isinstance(steps.rig, RecordingWriter)
    return steps.ask(notice(steps.request, recording=recorded, report=steps.options.keep_trace))


def _note_what_a_replay_needs(steps: _Steps) -> None:
    recorder, entropy = steps.rig, steps.entropy
    if not isinstance(recorder, RecordingWriter):
        return
    recorder.note("nonce", steps.request.nonce.hex())
    recorder.note("device_random", entropy.device_random.hex())
    recorder.note("decoy_seed", entropy.decoy_seed.hex())
    recorder.note("policy", steps.request.policy.canonical())


def _challenge(
    steps: _Steps, challenge: Challenge, position: Positioned, reader: FaceReader, likenesses: Likenesses
) -> tuple[PlaybackResult, Judgement | None]:
    """Play the challenge; return what was observed, and the judgement of a look that saw enough, if any."""
    judgement: Judgement | None = None

    def enough(snapshot: Observation, late_s: float) -> bool:
        nonlocal judgement
        judgement = judge_if_enough(
            snapshot, steps.rig.description, steps.request.policy, steps.entropy.decoy_seed, late_s
        )
        return judgement is not None

    mixing = steps.rig.description.calibration.mixing
    lit_picture = LitPicture(steps.networks.embedder, position.face, mixing)
    return play(steps.rig, challenge, position, reader, likenesses, lit_picture, enough), judgement


def _final(steps: _Steps, played: PlaybackResult, judgement: Judgement | None) -> Judgement:
    """Return the judgement of the last look, or of everything, completed by all that was seen."""
    rig, late_s = steps.rig.description, played.flip_monitor.late_s
    if judgement is None:
        judgement = judge(played.observation, rig, steps.request.policy, steps.entropy.decoy_seed, late_s)
    return replace(
        judgement,
        evidence=with_all_that_was_seen(judgement.evidence, played.observation, rig, late_s),
    )


def _compare(
    steps: _Steps, reference: Reference, observation: Observation, scope: BiometricScope
) -> MatchEvidence:
    fmr = float(steps.request.policy.fmr)
    threshold = steps.networks.embedder.entry.threshold_at(fmr)
    return compare(reference, scope.keep(probe_of(observation.likenesses)), threshold, fmr)


def _decide(evidence: PresenceEvidence, match: MatchEvidence | None, *, presence_only: bool) -> Verdict:
    parts: dict[str, EvidencePart | None] = {name: getattr(evidence, name) for name in PRESENCE_PARTS}
    if presence_only:
        return decide(parts, PRESENCE_PARTS)
    return decide(parts | {"match": match}, REQUIRED_PARTS)


def _signed(session: Session, steps: _Steps, key: DeviceKey) -> str:
    request = steps.request
    result = SessionResult(
        verdict=session.verdict,
        nonce=request.nonce,
        audience=request.audience,
        rig=steps.kind,
        presence_only=request.policy.presence_only,
        latency_class=None if session.evidence is None else session.evidence.latency.latency_class,
        policy_sha256=request.policy.sha256(),
        models_sha256=bytes.fromhex(steps.networks.manifest.sha256),
        software_sha256=software_sha256(),
        challenge_sha256=session.challenge_sha256,
        issued_at=int(time.time()),
        validity_s=request.policy.result_validity_s,
    )
    return sign_result(result, key)
