"""Small campaigns for tests: two bases made from a portrait, and a trial that takes no time."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

from lightproof.evaluation.campaign import Campaign, Finished
from lightproof.evaluation.metrics.relief_score import ReliefScore
from lightproof.evaluation.species import Source, SourceKind
from lightproof.evaluation.trials import AS_RECORDED, RunTrial, Trial, TrialOutcome, TrialResult, run_trial
from lightproof.policy import MIN_DECOYS
from tests.waiting import pass_the_gate

RUNS_VARIABLE = "LIGHTPROOF_TEST_RUNS"
"""Names a file to which every pretended trial adds its key: what was run, and how often, in any process."""

SLOW_S = 0.15
RECORDED = 0.2
"""Strength of the response in pretended recordings."""


def write_bases(folder: Path) -> Path:
    """Write a head and a flat print of the sample person as bases into a folder and return it."""
    from lightproof.simulation import attacks, portrait
    from lightproof.simulation.attacks import Attack
    from lightproof.simulation.conditions import Conditions
    from lightproof.simulation.subject import sample_person

    conditions = Conditions()
    person = portrait.sit(sample_person(), conditions.face_px)
    head = portrait.head(person, conditions)
    paper = attacks.presented(Attack.PRINT, person, conditions, np.random.default_rng(1))
    for name, transport in (("bona_fide", head), ("flat_print", paper)):
        meta = {"species": name, "subject": "001", "distance_cm": 35.0, "screen_cm": [15.4, 8.6]}
        dataclasses.replace(transport, meta=meta).save(folder / f"{name}_001.npz")
    return folder


def source(name: str, species: str = "bona_fide", subject: str = "001") -> Source:
    """Return a source that is never opened."""
    return Source(name, SourceKind.BASIS, Path(f"{name}.npz"), species, subject, "0" * 64)


def campaign(repeats: int = 5, **changes: object) -> Campaign:
    """Return a campaign of two people and two species, eight trials a repeat; sources are never opened."""
    sources = (
        source("bona_fide_001"),
        source("bona_fide_002", subject="002"),
        source("flat_print_001", "flat_print"),
        source("screen_replay_002", "screen_replay", "002"),
    )
    plain = Campaign(sources, ("0.05", "0.10"), repeats=repeats, decoys=MIN_DECOYS)
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def pretend(trial: Trial) -> TrialResult:
    """Pretend to run a trial; its outcome follows from its key."""
    runs = os.environ.get(RUNS_VARIABLE)
    if runs:
        with open(runs, "a", encoding="utf-8") as file:
            file.write(trial.key + "\n")
    choice = hashlib.sha256(trial.key.encode()).digest()[0]
    score = ReliefScore((choice - 128) / 8, others_pass=choice % 5 != 0)
    evidence = {
        "response": {"strength": RECORDED if trial.level == AS_RECORDED else float(trial.level)},
        "latency": {"latency_s": 0.013, "calibrated_s": 0.012},
    }
    return TrialResult(
        trial.key,
        list(TrialOutcome)[choice % 3],
        score=score,
        light_s=1.8,
        decision_s=0.05,
        evidence=evidence,
    )


def fail_at(key: str) -> RunTrial:
    """Return what pretends to run trials, but fails in one of them."""

    def run(trial: Trial) -> TrialResult:
        if trial.key == key:
            return TrialResult(key, TrialOutcome.ERROR, error="BasisError: no such light")
        return pretend(trial)

    return run


def pretend_slowly(trial: Trial) -> TrialResult:
    """Pretend to run a trial, and take a moment for it."""
    time.sleep(SLOW_S)
    return pretend(trial)


def run_one_before_the_gate(trial: Trial) -> TrialResult:
    """Run a trial, the first of all at once and the others when the gate is open."""
    pass_the_gate()
    return run_trial(trial)


def be_killed_once(trial: Trial) -> TrialResult:
    """Pretend to run a trial, but be killed by the first third repetition of anything."""
    victim = Path(os.environ[RUNS_VARIABLE]).with_suffix(".killed")
    if trial.repeat == 2 and not victim.exists():
        victim.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return pretend(trial)


def pretended(of: Campaign) -> tuple[Finished, ...]:
    """Return all trials of a campaign with pretended results."""
    return tuple(Finished(trial, pretend(trial)) for trial in of.trials())
