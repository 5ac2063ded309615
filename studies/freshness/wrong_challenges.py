"""Wrong challenges held against films: how often the evidence takes one for the right one.

Given a film, a challenge that is drawn afresh and its decoys are independent draws, so whether it comes first
among them is a fresh draw too, also if many are held against one film: a binomial test over all of them is
exact.

**Scorings.** The light of a face does not depend on the challenge, so a wrong challenge is laid on the film's
flips and ranked among few decoys by one look at all light.

**Sessions.** Everything from the challenge on is done again: the product's observation takes in every frame
under the wrong challenge, and at every look and at the end the product judges it among the decoys of the
policy. What makes it affordable changes no answer: a challenge that does not come first at a look cannot pass
there, and whether it does is asked of a few decoys before all
(:func:`~studies.freshness.ranking.comes_first`); the other parts are judged only where it does.
Some sessions are judged whole all the same, to see how they end.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np

from lightproof._core import Challenge, FaceLight
from lightproof.errors import LightproofError
from lightproof.evaluation.trials import Trial
from lightproof.policy import Policy
from lightproof.presence.cues.freshness import decoys_at_a_look, latencies_ranked_s
from lightproof.presence.judgement import judge, judge_if_enough
from lightproof.presence.observation import Observation
from lightproof.privacy.forget import BiometricScope
from lightproof.verdict import PRESENCE_PARTS, Outcome, ReasonCode, Verdict, decide
from studies.freshness.films import Film, NoFilmError, film
from studies.freshness.ranking import comes_first

FEW: Final = 2**10 - 1
"""Decoys where the theorem's rate is to be seen: one in 1,024."""


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """What is done with the film of one trial: how many scorings, p-values and sessions.

    ``whole`` of the sessions are judged in every part whether or not their challenge comes first.
    """

    trial: Trial
    scorings: int
    p_values: int
    sessions: int
    whole: int


@dataclass(frozen=True, slots=True)
class WorkResult:
    """The result of a unit of work.

    Attributes:
        unit: what was done.
        first: scorings in which the wrong challenge came first among :data:`FEW` decoys.
        p_values: of wrong challenges, spread evenly over their steps of 1 / 1,024.
        fresh: sessions in which the wrong challenge came first at any look.
        verified: sessions that ended as verified.
        endings: outcome and reasons of the sessions that were judged whole -> how many.
        own: how the film's own challenge ended, by the same steps.
        no_film: why there is no film, and nothing was done; empty where there is one.
    """

    unit: WorkUnit
    first: int = 0
    p_values: tuple[float, ...] = ()
    fresh: int = 0
    verified: int = 0
    endings: Counter[tuple[Outcome, tuple[ReasonCode, ...]]] = field(default_factory=Counter)
    own: Ending | None = None
    no_film: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ended: whether its challenge came first at any look, and its verdict.

    A verdict of None was not needed; such a session is not verified.
    """

    fresh: bool
    verdict: Verdict | None

    @property
    def verified(self) -> bool:
        """Whether it was verified."""
        return self.verdict is not None and self.verdict.outcome is Outcome.VERIFIED


def run_unit(unit: WorkUnit) -> WorkResult:
    """Film a trial and hold wrong challenges against it."""
    cv2.setNumThreads(1)  # the films share the cores
    with BiometricScope() as scope:
        try:
            filmed = scope.keep(film(unit.trial))
            face, latencies_s = _all_light(filmed)
        except LightproofError as error:
            return WorkResult(unit, no_film=str(error))
        rng = np.random.default_rng(int.from_bytes(unit.trial.draw("wrong challenges")))

        def wrong() -> Challenge:
            return Challenge.generate(rng.bytes(32), filmed.challenge.mode)

        first = sum(
            comes_first(face, filmed.timeline(wrong()), latencies_s, decoy_seed=rng.bytes(32), decoys=FEW)
            for _ in range(unit.scorings)
        )
        p_values = []
        for _ in range(unit.p_values):
            rank, _ = face.rank(filmed.timeline(wrong()), latencies_s, decoy_seed=rng.bytes(32), decoys=FEW)
            p_values.append(rank.p_value - rng.uniform() / (FEW + 1))
        policy = replace(filmed.policy, decoys=unit.trial.decoys)
        endings = [
            session(filmed, wrong(), rng.bytes(32), policy, whole=number < unit.whole)
            for number in range(unit.sessions)
        ]
        return WorkResult(
            unit,
            first,
            tuple(p_values),
            sum(ending.fresh for ending in endings),
            sum(ending.verified for ending in endings),
            Counter(
                (ending.verdict.outcome, ending.verdict.reasons)
                for ending in endings[: unit.whole]
                if ending.verdict is not None
            ),
            session(filmed, filmed.challenge, filmed.decoy_seed, policy, whole=True),
        )


def session(filmed: Film, challenge: Challenge, decoy_seed: bytes, policy: Policy, *, whole: bool) -> Ending:
    """Return how the session of a film would have ended, had this challenge been its own.

    Args:
        filmed: what was taken in.
        challenge: of the film's mode.
        decoy_seed: 32 bytes.
        policy: tolerances and decoys.
        whole: judge every part at every look as a session does, also where freshness refuses already.
    """
    fresh, verdict = False, None
    with closing(filmed.under(challenge)) as looks:
        for seen in looks:
            if not (whole and fresh):  # else it is known, and every part is judged anyway
                first = _comes_first(seen.observation, decoy_seed, policy)
                fresh = fresh or first
                if not (whole or first):
                    continue
            judges = judge if seen.last else judge_if_enough
            judged = judges(seen.observation, filmed.rig, policy, decoy_seed, seen.late_s)
            if judged is None:
                continue
            parts = {name: getattr(judged.evidence, name) for name in PRESENCE_PARTS}
            verdict = decide(parts, PRESENCE_PARTS)
            if verdict.outcome is Outcome.VERIFIED:
                break
    return Ending(fresh, verdict)


def _comes_first(observation: Observation, decoy_seed: bytes, policy: Policy) -> bool:
    face = observation.response.face_light(observation.exposures_s, observation.mixing)
    latencies_s, decoys = latencies_ranked_s(observation), decoys_at_a_look(policy.decoys)
    return comes_first(face, observation.timeline, latencies_s, decoy_seed=decoy_seed, decoys=decoys)


def _all_light(filmed: Film) -> tuple[FaceLight, tuple[float, ...]]:
    """Return the face's mean light in all frames, and the latencies at which freshness is scored."""
    with closing(filmed.under(filmed.challenge)) as looks:
        for seen in looks:
            if seen.last:
                observation = seen.observation
                face = observation.response.face_light(observation.exposures_s, observation.mixing)
                if face is not None:
                    return face, latencies_ranked_s(observation)
    raise NoFilmError("the film has too few frames")
