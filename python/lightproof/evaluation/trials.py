"""A trial: one presence-only session with one source under one response level, one light and one seed.

Everything of a trial follows from its description, so it is the same whoever runs it, wherever and whenever.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import cv2
import msgspec
import numpy as np

from lightproof.consent import consent_of_simulated_subject
from lightproof.errors import LightproofError, RecordingError
from lightproof.evaluation.lights import light_named
from lightproof.evaluation.metrics.relief_score import ReliefScore, relief_score
from lightproof.evaluation.species import Source, SourceKind
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.policy import Policy
from lightproof.request import LOCAL_AUDIENCE, Request
from lightproof.result import software_sha256
from lightproof.rigs.protocol import Rig
from lightproof.rigs.recording.rig import RecordingRig
from lightproof.rigs.simulated import SimulatedRig, placement_of
from lightproof.session import Entropy, Session, SessionOptions, recorded_entropy
from lightproof.simulation import basis
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.subject import from_basis
from lightproof.untrusted import json_value
from lightproof.verdict import Outcome
from lightproof.verification import verify

AS_RECORDED: Final = "recorded"
"""Response level and light of a recording, which cannot be chosen."""

_DECISION_STEPS: Final = ("evidence", "match", "verdict", "result")
"""What is done after the last frame."""


class TrialOutcome(StrEnum):
    """How a trial ended: classified as bona fide, as an attack, not at all, or not held to its end."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


_OUTCOMES: Final[Mapping[Outcome, TrialOutcome]] = {
    Outcome.VERIFIED: TrialOutcome.ACCEPTED,
    Outcome.NOT_VERIFIED: TrialOutcome.REJECTED,
    Outcome.INCONCLUSIVE: TrialOutcome.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What is done in one trial.

    Attributes:
        source: who or what is presented.
        level: response level as it was given, ``"0.10"`` for 10 %, or :data:`AS_RECORDED`.
        light: name of the ambient light, or :data:`AS_RECORDED`.
        repeat: number of the repetition, from 0.
        seed: of the campaign.
        decoys: that freshness has to beat.
        software: SHA-256 of the software that the campaign evaluates, in hexadecimal.
    """

    source: Source
    level: str
    light: str
    repeat: int
    seed: int
    decoys: int
    software: str

    @property
    def key(self) -> str:
        """Name of the trial, unique in its campaign."""
        return f"{self.source.name} response={self.level} light={self.light} repeat={self.repeat}"

    def draw(self, purpose: str) -> bytes:
        """Return the 32 bytes that this trial uses for one purpose; they do not depend on the machine."""
        level = self.level if self.level == AS_RECORDED else repr(float(self.level))
        drawn_from = [
            "lightproof evaluate",
            purpose,
            self.seed,
            self.source.name,
            level,
            self.light,
            self.repeat,
        ]
        return hashlib.sha256(json.dumps(drawn_from).encode()).digest()


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the session of a trial is run with: the rig that shows its source, the request and the chance."""

    rig: Rig
    request: Request
    entropy: Entropy


@dataclass(frozen=True, slots=True)
class TrialResult:
    """How one trial ended.

    Attributes:
        key: of the trial.
        outcome: accepted, rejected, inconclusive or error.
        reasons: codes of the verdict.
        score: see :mod:`lightproof.evaluation.metrics.relief_score`; None where no relief was measured.
        light_s: seconds of light on the face.
        decision_s: seconds of wall-clock from the last frame to the verdict.
        evidence: part -> its finding and figures, as far as the session came.
        error: what was raised, empty unless the outcome is an error.
    """

    key: str
    outcome: TrialOutcome
    reasons: tuple[str, ...] = ()
    score: ReliefScore | None = None
    light_s: float | None = None
    decision_s: float | None = None
    evidence: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values; a number that is not finite becomes null."""
        plain: dict[str, Any] = _finite(dataclasses.asdict(self))
        return plain

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the result that :meth:`to_json` made; it may come from elsewhere, so all of it is checked.

        Raises:
            ValueError: the values are not such a result.
        """
        members = {part.name for part in dataclasses.fields(cls)}
        if set(values) != members:
            raise ValueError(f"a result has the members {', '.join(sorted(members))}, and no others")
        return msgspec.convert(values, cls)


RunTrial: TypeAlias = Callable[[Trial], TrialResult]
"""Runs a trial; a function of a module, so that other processes find it."""


class OtherSoftwareError(LightproofError, RuntimeError):
    """A worker runs other software than the one that the campaign evaluates."""


def run_trial(trial: Trial) -> TrialResult:
    """Run one session and return how it ended; an error of the session is a result, not an exception.

    Raises:
        OtherSoftwareError: the software of this process is not the campaign's.
        MissingExtraError, ManifestError: no session at all can be run here.
    """
    if trial.software != _software():
        raise OtherSoftwareError(
            f"a worker has the software {_software()[:12]}, this campaign {trial.software[:12]}; "
            "install the same version everywhere"
        )
    cv2.setNumThreads(1)  # the trials share the cores; threads of one would only wait for those of the others
    networks = networks_of_this_thread()
    try:
        session = _session(trial, networks)
    except LightproofError as error:
        return TrialResult(trial.key, TrialOutcome.ERROR, error=f"{type(error).__name__}: {error}")
    except Exception as error:  # a fault of ours must not end a night's campaign, nor be missed in its report
        return TrialResult(trial.key, TrialOutcome.ERROR, error=f"unexpected {type(error).__name__}: {error}")
    return _result(trial.key, session)


def present(trial: Trial) -> Presentation:
    """Return the rig, the request and the chance of a trial; they do not depend on the machine.

    Raises:
        LightproofError: the source, the level or the light cannot be used.
    """
    rig: Rig
    if trial.source.kind is SourceKind.RECORDING:
        recorded = RecordingRig(trial.source.path)
        nonce, entropy = recorded_entropy(dict(recorded.context))
        rig, policy = recorded, _recorded_policy(recorded)
    else:
        rig = _simulated(trial)
        nonce, entropy = trial.draw("nonce"), Entropy(trial.draw("device"), trial.draw("decoys"))
        policy = Policy(decoys=trial.decoys)
    policy = dataclasses.replace(policy, presence_only=True)
    request = Request("An evaluation", "its error rates become known", nonce, LOCAL_AUDIENCE, policy)
    return Presentation(rig, request, entropy)


def _session(trial: Trial, networks: FaceNetworks) -> Session:
    shown = present(trial)
    options = SessionOptions(
        networks=networks, ask=consent_of_simulated_subject, entropy=shown.entropy, sign=False
    )
    return verify(shown.rig, shown.request, options=options)


def _simulated(trial: Trial) -> SimulatedRig:
    light = light_named(trial.light)
    transport = basis.load(trial.source.path)
    settings = {"response": trial.level} | ({} if light.flickers else {"flicker_depth": "0"})
    conditions = Conditions.from_settings(settings, placement_of(transport))
    # The face is found in all lights together, so that it stands in the same place in each of them.
    subject = dataclasses.replace(from_basis(transport), transport=light.on(transport))
    return SimulatedRig(subject, conditions, int.from_bytes(trial.draw("rig")[:7]))


def _recorded_policy(rig: RecordingRig) -> Policy:
    try:
        return Policy.from_mapping(json_value(rig.context["policy"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(
            "the recording has no usable note of its policy; record the session again"
        ) from error


def _result(key: str, session: Session) -> TrialResult:
    evidence = session.evidence
    return TrialResult(
        key,
        _OUTCOMES[session.verdict.outcome],
        tuple(str(code) for code in session.verdict.reasons),
        None if evidence is None else relief_score(evidence),
        session.timings.get("light"),
        sum(session.timings.get(step, 0.0) for step in _DECISION_STEPS),
        {} if evidence is None else dataclasses.asdict(evidence),
    )


_own = threading.local()


def networks_of_this_thread() -> FaceNetworks:
    """Return the networks of this thread, loaded at first use: one instance serves one session at a time."""
    if not hasattr(_own, "networks"):
        _own.networks = load_networks()
    networks: FaceNetworks = _own.networks
    return networks


@cache
def _software() -> str:
    return software_sha256().hex()


def _finite(value: Any) -> Any:
    """Return JSON values: enumerations as their text, tuples as lists, null for what is not finite."""
    if isinstance(value, dict):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, StrEnum | Path) else value
