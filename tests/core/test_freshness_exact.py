"""A wrong challenge does as well as any decoy, through the bindings too. Long tests: freshness_exact.rs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from scipy.stats import binomtest, kstest

from lightproof._core import Challenge, Timeline
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from studies.freshness.mean_light import LATENCY_S, MeanLightSession, Setting

VIDEOS = 100
HELD_AGAINST_EACH = 20
DECOYS = 2**10 - 1
FEW_DECOYS = 2**4 - 1
ALPHA = 0.01
EXACT_RS = Path(__file__).resolve().parents[2] / "rust/core/tests/freshness_exact.rs"


def _played(challenge: Challenge) -> Timeline:
    timeline = Timeline(challenge)
    for start_s in challenge.steps_start_s.tolist():
        timeline.flip(start_s)
    return timeline


def test_p_values_of_wrong_challenges_are_uniform() -> None:
    """Every challenge that is held against a given video is a fresh draw: 2,000 p-values from 100 videos."""
    rng = np.random.default_rng(20)
    p_values = []
    for video in range(VIDEOS):
        response = (0.0, 0.003, 0.05, 0.3)[video % 4]
        (look,) = MeanLightSession(Setting(response), seed=video).looks((16,))
        assert look.face is not None
        for _ in range(HELD_AGAINST_EACH):
            wrong = _played(Challenge.generate(rng.bytes(32)))
            rank, _ = look.face.rank(wrong, [LATENCY_S], decoy_seed=rng.bytes(32), decoys=DECOYS)
            p_values.append(rank.p_value - rng.uniform() / (DECOYS + 1))
    assert kstest(p_values, "uniform").pvalue > ALPHA


def _sessions_that_pass_a_look(decoys: int) -> int:
    """Count, of 2,000 sessions under a wrong challenge, those that beat so many decoys at any look."""
    rng = np.random.default_rng(21)
    passed = 0
    for video in range(VIDEOS):
        looks = list(MeanLightSession(Setting((0.0, 0.003, 0.05, 0.3)[video % 4]), seed=video).looks(LOOKS))
        for _ in range(HELD_AGAINST_EACH):
            wrong, seed = _played(Challenge.generate(rng.bytes(32))), rng.bytes(32)
            ranks = (
                look.face.rank(wrong, [LATENCY_S], decoy_seed=seed, decoys=decoys)[0].rank
                for look in looks
                if look.face is not None
            )
            passed += any(rank == 1 for rank in ranks)
    return passed


def test_all_looks_together_accept_no_more_wrong_challenges_than_one_look_may() -> None:
    """With few decoys, so that there is something to count; as many at each look as at one are too few."""
    allowed, sessions = 1 / (FEW_DECOYS + 1), VIDEOS * HELD_AGAINST_EACH

    def is_too_many(passed: int) -> bool:
        return bool(binomtest(passed, sessions, allowed, alternative="greater").pvalue < ALPHA)

    assert not is_too_many(_sessions_that_pass_a_look(decoys_at_a_look(FEW_DECOYS)))
    assert is_too_many(_sessions_that_pass_a_look(FEW_DECOYS))


def test_a_look_asks_so_many_decoys_that_the_errors_of_all_looks_add_up_to_the_policys() -> None:
    for decoys in (0, 2**10 - 1, 2**20 - 1):
        assert len(LOOKS) / (decoys_at_a_look(decoys) + 1) <= 1 / (decoys + 1)


def test_the_long_test_looks_when_a_session_does() -> None:
    looks = re.search(r"const LOOKS: \[usize; \d\] = \[([\d, ]+)\];", EXACT_RS.read_text())
    assert looks is not None
    assert tuple(int(dwells) for dwells in looks[1].split(",")) == LOOKS
