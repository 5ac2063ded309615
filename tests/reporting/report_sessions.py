"""Sessions for the tests of the report: made up, but consistent with themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge
from lightproof.matching import MatchEvidence
from lightproof.policy import Policy
from lightproof.presence.cues.continuity import CameraHold, ContinuityEvidence
from lightproof.presence.cues.freshness import FreshnessEvidence
from lightproof.presence.cues.identity import IdentityEvidence
from lightproof.presence.cues.latency import LatencyEvidence
from lightproof.presence.cues.lit_face import LitFaceEvidence
from lightproof.presence.cues.reflectance import ReflectanceEvidence
from lightproof.presence.cues.relief import ReliefEvidence
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.presence.evidence import PresenceEvidence, Trace
from lightproof.reporting.session_report import ReportPage
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import Calibration, Geometry, RigDescription
from lightproof.session import Session
from lightproof.verdict import DECLINED, PRESENCE_PARTS, Finding, Outcome, ReasonCode, Verdict, decide

LOOKS = 4
DECOYS = LOOKS * 2**10 - 1
LATENCY_S = 0.062
LIGHT_S = {"standard": 2.6, "gentle": 6.4}
"""In standard light the evidence was in after 13 of the 16 illuminations."""
FIRST_FLIP_S = 103.25
"""On a clock that did not start with the session."""

RIG = RigDescription(
    "bench",
    "simulated",
    Geometry((0.154, 0.087), (0.0, 0.055, 0.0), 900.0),
    Calibration(LATENCY_S),
    30.0,
    60.0,
)
POLICY = Policy(decoys=2**10 - 1)
VERSIONS = {"lightproof": "0.1.0", "python": "3.11.2", "numpy": "2.2.0"}


def challenge(seed: int = 1, mode: str = "standard") -> Challenge:
    """Return a challenge drawn from a small number."""
    return Challenge.generate(bytes([seed]) * 32, "gentle" if mode == "gentle" else "standard")


def head() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return the quotients across and down of an egg with a nose, and its mask."""
    v, u = np.mgrid[-1:1:48j, -1:1:40j]
    mask = (u / 0.86) ** 2 + (v / 0.92) ** 2 < 1
    depth = np.sqrt(np.clip(1 - 0.75 * (u**2 + v**2), 0.05, None))
    depth += 0.22 * np.exp(-((u / 0.16) ** 2) - ((v - 0.1) / 0.26) ** 2)
    depth -= 0.08 * np.exp(-(((np.abs(u) - 0.4) / 0.18) ** 2) - ((v + 0.25) / 0.1) ** 2)
    down, across = np.gradient(depth)
    return (3.0 * across).astype(np.float32), (-3.0 * down).astype(np.float32), mask


def trace(
    played: Challenge, followed: Challenge, relief: float, delay_s: float = 0.0, seed: int = 0
) -> Trace:
    """Return what a face would leave that follows a challenge, perhaps not the one that was played."""
    rng = np.random.default_rng(seed)
    times_s = np.arange(0.02, LIGHT_S[played.mode], 1 / 30)
    light = np.stack([played.at(t - 0.005, t + 0.005) for t in times_s])
    seen = np.stack([followed.at(t - delay_s - 0.005, t - delay_s + 0.005) for t in times_s]).mean(axis=1)
    answer = 0.12 * (seen / seen.mean() - 1)
    ratios = np.array([[1.0, 0.0, -1.0], [-0.5, 1.0, -0.5], [1 / 3, 1 / 3, 1 / 3]])
    wander = np.cumsum(rng.normal(0, [0.0012, 0.001, 0.004], (len(times_s), 3)), axis=0)
    series = answer @ ratios.T + wander + rng.normal(0, [0.003, 0.002, 0.006], (len(times_s), 3))
    latencies_s = LATENCY_S + np.arange(-0.12, 0.32, 0.004)
    height = 240.0 if played == followed else 12.0
    curve = height * np.clip(1 - np.abs(latencies_s - LATENCY_S - delay_s) / 0.19, 0, None) ** 1.6
    across, down, mask = head()

    def measured(quotients: NDArray[np.float32]) -> NDArray[np.float32]:
        noisy = relief * quotients + 0.1 + rng.normal(0, 0.012, quotients.shape)
        return np.where(mask, noisy, 0).astype(np.float32)

    return Trace(
        times_s=times_s + FIRST_FLIP_S + LATENCY_S,
        light=light,
        series=series,
        decoy_scores=rng.gamma(3.0, 5.0, DECOYS).astype(np.float32),
        latencies_s=latencies_s,
        latency_curve=curve + 3.0,
        across=measured(across),
        down=measured(down),
        predicted_across=across,
        predicted_down=down,
        mask=mask,
    )


def session(
    *,
    follows: bool = True,
    relief: float = 0.6,
    delay_s: float = 0.0,
    score: float | None = 0.71,
    mode: str = "standard",
    seed: int = 1,
) -> Session:
    """Return a session of somebody who follows the challenge or another, with so much relief and delay."""
    played = challenge(seed, mode)
    kept = trace(played, played if follows else challenge(seed + 100, mode), relief, delay_s, seed)
    own = 240.0 if follows else 14.0
    rank = 1 + int((kept.decoy_scores >= own).sum())
    late = delay_s > POLICY.latency_tolerance_s
    flat = relief < 0.3
    evidence = PresenceEvidence(
        ResponseEvidence(*_found(None), strength=0.148, sigma=0.003, channels=(0.16, 0.15, 0.12)),
        ContinuityEvidence(
            *_found(None),
            frames=len(kept.times_s),
            lost=0.0,
            dropped=0.01,
            motion=0.04,
            camera=CameraHold.LOCKED,
            gain_change=0.004,
            colour_change=None,
        ),
        FreshnessEvidence(
            *_found(None if follows else ReasonCode.STALE_LIGHT),
            rank=rank,
            decoys=DECOYS,
            p_value=min(LOOKS * rank / (DECOYS + 1), 1.0),
            looks=LOOKS,
            score=own,
            any_code=260.0,
        ),
        LatencyEvidence(
            *_found(ReasonCode.LATE_LIGHT if late else None),
            latency_s=LATENCY_S + delay_s,
            sigma_s=0.0012,
            calibrated_s=LATENCY_S,
            tolerance_s=POLICY.latency_tolerance_s,
            latency_class=LatencyClass.DIRECT,
        ),
        ReliefEvidence(
            *_found(ReasonCode.FLAT_LIGHT if flat else None),
            across=relief,
            across_sigma=0.02,
            down=relief,
            down_sigma=0.03,
            misfit=0.031,
        ),
        ReflectanceEvidence(*_found(None), slope=0.82, sigma=0.04),
        IdentityEvidence(*_found(None), frames=24, unusable=1, lowest=0.83, threshold=0.532),
        LitFaceEvidence(*_found(None), cosine=0.71),
    )
    wrong = score is not None and score < 0.29
    match = (
        None
        if score is None
        else MatchEvidence(
            *_found(ReasonCode.FACE_MISMATCH if wrong else None),
            score=score,
            threshold=0.29,
            fmr=1e-4,
            frames=5,
        )
    )
    parts = {name: getattr(evidence, name) for name in PRESENCE_PARTS}
    verdict = decide(parts | {"match": match})
    timings = {
        "request": 0.001,
        "position": 0.41,
        "challenge": 3.5,
        "light": LIGHT_S[mode],
        "evidence": 0.09,
        "match": 0.02,
    }
    return Session(verdict, evidence, match, challenge=played, timings=timings, trace=kept)


def _found(failure: ReasonCode | None) -> tuple[Finding, tuple[ReasonCode, ...]]:
    """Return finding and reasons of a part that failed for a reason, or passed without one."""
    return (Finding.PASS, ()) if failure is None else (Finding.FAIL, (failure,))


def ended_early() -> Session:
    """Return a session that found nobody in position."""
    return Session(
        Verdict(Outcome.INCONCLUSIVE, (ReasonCode.TOO_FAR,)),
        challenge=challenge(),
        timings={"position": 20.0},
    )


def declined() -> Session:
    """Return a session that the person did not want."""
    return Session(DECLINED)


def page(of: Session, title: str = "A person") -> ReportPage:
    """Return a page of the report."""
    return ReportPage(title, of, VERSIONS, RIG, POLICY)


def six_pages() -> list[ReportPage]:
    """Return the cases of a demonstration."""
    return [
        page(session(), "Bona fide"),
        page(session(relief=0.05, seed=2), "Print"),
        page(session(relief=0.02, follows=False, seed=3), "Replayed screen"),
        page(session(follows=False, seed=4), "Recording of another session"),
        page(session(score=0.06, seed=5), "Other person"),
        page(session(delay_s=0.11, seed=6), "Relay, 110 ms late"),
    ]
