"""Films of sessions, and the study that holds wrong challenges against them."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from lightproof._core import Challenge
from lightproof.evaluation.species import find_recordings, find_sources
from lightproof.evaluation.trials import AS_RECORDED, Trial, networks_of_this_thread, present
from lightproof.evaluation.workers.local import in_order
from lightproof.policy import MAX_DECOYS, MIN_DECOYS
from lightproof.presence.cues.freshness import LOOKS
from lightproof.presence.evidence import PresenceEvidence
from lightproof.presence.judgement import judge, judge_if_enough
from lightproof.result import software_sha256
from lightproof.session import SessionOptions
from lightproof.verdict import Outcome, ReasonCode
from lightproof.verification import verify
from studies.freshness.films import Film, film, record
from studies.freshness.ranking import comes_first
from studies.freshness.wrong_challenge_study import main, simulated_trials, work_units
from studies.freshness.wrong_challenge_tables import films_table, remarks, two_sided
from studies.freshness.wrong_challenges import FEW, WorkResult, WorkUnit, run_unit, session
from tests.waiting import GATE_VARIABLE, PATIENCE_S, hear_ctrl_c, pass_the_gate

ROOT = Path(__file__).parents[2]
SEED = 4
MANY_DECOYS = 2**16 - 1
"""So many that none of 30 wrong challenges is expected to come first: one look asks six times as many."""
IN_AN_OFFICE = ("--response", "0.15", "--lights", "office")


def trial(bases: Path, species: str, decoys: int = MIN_DECOYS) -> Trial:
    (source,) = (source for source in find_sources(bases) if source.species == species)
    return Trial(source, "0.15", "office", 0, SEED, decoys, software_sha256().hex())


@pytest.fixture(scope="module")
def head(bases: Path) -> Film:
    return film(trial(bases, "bona_fide"))


@pytest.fixture(scope="module")
def recorded(bases: Path, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Return the trial of a recording of a head."""
    pytest.importorskip("av", reason="recordings need PyAV (extra 'record')")
    folder = tmp_path_factory.mktemp("recordings")
    record(trial(bases, "bona_fide"), folder)
    (source,) = find_recordings(folder)
    return Trial(source, AS_RECORDED, AS_RECORDED, 0, SEED, MIN_DECOYS, software_sha256().hex())


def judged(filmed: Film) -> PresenceEvidence:
    """Return the evidence of a film under its own challenge, judged when its session would judge it."""
    for seen in filmed.under(filmed.challenge):
        judges = judge if seen.last else judge_if_enough
        found = judges(seen.observation, filmed.rig, filmed.policy, filmed.decoy_seed, seen.late_s)
        if found is not None:
            return found.evidence
    raise AssertionError("a session is judged at its end at the latest")


def wrong(number: int, filmed: Film) -> tuple[Challenge, bytes]:
    """Return a challenge and the seed of its decoys."""
    rng = np.random.default_rng([SEED, number])
    return Challenge.generate(rng.bytes(32), filmed.challenge.mode), rng.bytes(32)


@pytest.mark.parametrize("species", ["bona_fide", "flat_print"])
def test_under_its_own_challenge_a_film_gives_the_evidence_of_its_session(bases: Path, species: str) -> None:
    shown = present(trial(bases, species))
    held = verify(
        shown.rig,
        shown.request,
        options=SessionOptions(networks=networks_of_this_thread(), entropy=shown.entropy, sign=False),
    )
    assert held.evidence is not None
    filmed = film(trial(bases, species))
    evidence = judged(filmed)
    # A session that ends early has seen the dwell after its last look as well, and judges what held in it.
    seen_later = dataclasses.replace(
        evidence,
        continuity=held.evidence.continuity,
        identity=held.evidence.identity,
        lit_face=held.evidence.lit_face,
    )
    assert seen_later == held.evidence
    assert len(filmed.pauses) == len(LOOKS)


@pytest.mark.parametrize("whole", [True, False])
def test_a_film_is_verified_under_its_own_challenge(head: Film, whole: bool) -> None:
    ending = session(head, head.challenge, head.decoy_seed, head.policy, whole=whole)
    assert ending.fresh
    assert ending.verified


def test_no_wrong_challenge_comes_first_among_the_decoys_of_the_default_policy(head: Film) -> None:
    policy = dataclasses.replace(head.policy, decoys=MAX_DECOYS)
    for number in range(30):
        ending = session(head, *wrong(number, head), policy, whole=False)
        assert not ending.fresh
        assert not ending.verified


@pytest.mark.parametrize("number", range(30))
def test_a_session_under_a_wrong_challenge_ends_as_stale_light_whichever_it_is(
    head: Film, number: int
) -> None:
    policy = dataclasses.replace(head.policy, decoys=MANY_DECOYS)
    ending = session(head, *wrong(number, head), policy, whole=True)
    assert ending.verdict is not None
    assert ending.verdict.outcome is Outcome.NOT_VERIFIED
    assert ReasonCode.STALE_LIGHT in ending.verdict.reasons
    assert ReasonCode.FLAT_LIGHT not in ending.verdict.reasons


def test_asking_a_few_decoys_first_answers_as_asking_all(head: Film) -> None:
    """At every look, of a right challenge and of wrong ones that come first once in a while."""
    decoys = 80
    answers = Counter[bool]()
    for number in range(60):
        challenge, decoy_seed = wrong(number, head) if number else (head.challenge, head.decoy_seed)
        for seen in head.under(challenge):
            observation = seen.observation
            face = observation.response.face_light(observation.exposures_s, observation.mixing)
            assert face is not None
            asked = (observation.timeline, [observation.latency_s])
            rank, _ = face.rank(*asked, decoy_seed=decoy_seed, decoys=decoys)
            answer = comes_first(face, *asked, decoy_seed=decoy_seed, decoys=decoys)
            assert answer == (rank.rank == 1)
            answers[answer] += 1
    assert answers[True] >= len(LOOKS)
    assert answers[False] > 150


def test_judging_every_part_changes_no_answer(head: Film) -> None:
    for challenge, decoy_seed in ((head.challenge, head.decoy_seed), *(wrong(k, head) for k in range(4))):
        shortly, whole = (
            session(head, challenge, decoy_seed, head.policy, whole=whole) for whole in (False, True)
        )
        assert (shortly.fresh, shortly.verified) == (whole.fresh, whole.verified)


def test_a_recording_is_filmed_as_far_as_its_session_went(recorded: Trial, head: Film) -> None:
    filmed = film(recorded)
    assert session(filmed, filmed.challenge, filmed.decoy_seed, filmed.policy, whole=True).verified
    assert not session(filmed, *wrong(1, filmed), filmed.policy, whole=False).verified
    assert filmed.challenge == head.challenge
    assert len(filmed.exposures) < len(head.exposures)
    assert len(filmed.pauses) <= len(LOOKS)
    assert judged(filmed).freshness == judged(head).freshness


def test_a_film_that_is_forgotten_is_overwritten(bases: Path) -> None:
    filmed = film(trial(bases, "flat_print"))
    filmed.forget()
    assert not filmed.neutral_cells.any()
    assert not any(exposure.cells.any() for exposure in filmed.exposures)
    assert not any(exposure.frame.image.size for exposure in filmed.exposures)


def test_a_share_is_done_to_the_last_and_again_to_the_same_end(bases: Path) -> None:
    unit = WorkUnit(trial(bases, "bona_fide"), scorings=400, p_values=50, sessions=3, whole=1)
    held = run_unit(unit)
    assert held == run_unit(unit)
    assert (held.no_film, held.fresh, held.verified) == ("", 0, 0)
    assert held.first < 10
    assert len(held.p_values) == 50
    assert all(0 <= p_value <= 1 for p_value in held.p_values)
    assert held.endings.total() == 1
    assert held.own is not None
    assert held.own.verified


def test_what_gives_no_film_is_told_and_counts_nowhere(bases: Path) -> None:
    dark = dataclasses.replace(trial(bases, "bona_fide"), light="desk")
    held = run_unit(WorkUnit(dark, 10, 0, 0, 0))
    assert "has no picture 'desk'" in held.no_film
    done = run_unit(WorkUnit(trial(bases, "flat_print"), 10, 2, 1, 1))
    told = remarks([held, done])
    assert "| all | 1 | 1 | 10 |" in films_table([held, done])
    assert told[-1].startswith("\nno film of ")
    assert "desk" in told[-1]


def test_work_is_dealt_out_evenly_and_nothing_is_lost(bases: Path) -> None:
    trials = list(
        islice(simulated_trials(find_sources(bases), ("0.05", "0.15"), ("office", "window"), SEED), 7)
    )
    work = work_units(trials, 1_000_003, 100, 10, 3)
    assert len({unit.trial.key for unit in work}) == 7
    for done, wanted in (("scorings", 1_000_003), ("p_values", 100), ("sessions", 10), ("whole", 3)):
        counts = [getattr(unit, done) for unit in work]
        assert sum(counts) == wanted
        assert max(counts) - min(counts) <= 1
    assert all(unit.whole <= unit.sessions for unit in work)


def test_species_take_turns_and_levels_and_lights_come_equally_often(bases: Path) -> None:
    levels, lights = ("0.05", "0.15"), ("office", "window")
    trials = list(islice(simulated_trials(find_sources(bases), levels, lights, SEED), 8))
    assert [one.source.species for one in trials] == ["bona_fide", "flat_print"] * 4
    assert set(Counter((one.level, one.light) for one in trials).values()) == {2}


def test_the_binomial_test_knows_too_many_from_too_few() -> None:
    chance = 1 / (FEW + 1)
    assert two_sided(98, 100_000, chance) > 0.9
    assert two_sided(70, 100_000, chance) < 0.01
    assert two_sided(128, 100_000, chance) < 0.01
    assert two_sided(0, 0, chance) == 1.0


def test_what_processes_did_comes_in_the_order_of_the_tasks() -> None:
    assert in_order(range(-5, 5), 2, abs) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]


@pytest.mark.slow
def test_the_study_films_records_and_prints_its_tables(
    bases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("av", reason="recordings need PyAV (extra 'record')")
    work = ("--scorings", "90", "--p-values", "9", "--sessions", "3", "--whole", "1", "--jobs", "1")
    status = main(["--bases", str(bases), "--films", "2", "--record", "1", *IN_AN_OFFICE, *work])
    said = capsys.readouterr()
    assert status == 0
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in said.out.splitlines()]
    found = {row[0]: row[1:] for row in rows if row}
    assert {"bona fide", "flat print", "bona fide, recorded"} <= found.keys()
    assert (found["all simulated"][0], found["all recorded"][0]) == ("2", "1")
    assert found["all"][:3] == ["3", "3", "90"]
    assert found["all"][6:] == ["3", "0", "0"]
    assert "p-values of 9 wrong challenges" in said.out
    assert re.search(r"\| not_verified: .*stale_light.* \| 1 \|", said.out)
    assert said.err.count("\n") == 4


@pytest.mark.slow
def test_what_a_film_that_cannot_be_had_was_to_do_is_done_with_another(
    bases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """These bases have no picture under a desk lamp."""
    work = ("--scorings", "60", "--p-values", "0", "--sessions", "2", "--whole", "0", "--jobs", "1")
    lights = ("--response", "0.15", "--lights", "office,desk")
    assert main(["--bases", str(bases), "--films", "2", "--record", "0", *lights, *work]) == 0
    said = capsys.readouterr().out
    assert re.search(r"\| all \| 2 \| 2 \| 60 \| .* \| 2 \| 0 \| 0 \|", said)
    assert said.count("no film of") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "--bases"),
        (("--bases", "{bases}", "--jobs", "0"), 2, "'0' is not a whole number from 1 on"),
        (("--bases", "{bases}", "--scorings", "many"), 2, "'many' is not a whole number"),
        (("--bases", "{bases}", "--lights", "candle"), 1, "error: light 'candle' is unknown"),
        (("--bases", "{bases}", "--response", "ten"), 1, "error: response 'ten'"),
        (("--bases", "{empty}"), 1, "error: .* holds no light-transport basis"),
        (("--recordings", "{empty}"), 1, "error: .* holds no recording"),
        (("--bases", "{bases}", "--films", "0", "--record", "0"), 1, "error: nothing to film"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_filmed(
    tmp_path: Path,
    bases: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    given = [argument.format(bases=bases, empty=tmp_path) for argument in arguments]
    try:
        ended = main(given)
    except SystemExit as end:
        ended = int(end.code or 0)
    said = capsys.readouterr().err
    assert ended == status
    assert re.search(message, said)
    assert "Traceback" not in said


def run_one_before_the_gate(unit: WorkUnit) -> WorkResult:
    """Do one share of the work at once and the others when the gate is open."""
    pass_the_gate()
    return run_unit(unit)


ONE_BEFORE_THE_GATE = """
import sys
from studies.freshness import wrong_challenge_study
from tests.studies.test_wrong_challenges import run_one_before_the_gate
wrong_challenge_study.run_unit = run_one_before_the_gate
sys.exit(wrong_challenge_study.main())
"""


def test_a_study_that_is_interrupted_says_so_in_one_line(tmp_path: Path, bases: Path) -> None:
    work = ("--scorings", "0", "--p-values", "0", "--sessions", "0", "--jobs", "1")
    process = subprocess.Popen(
        [sys.executable, "-c", ONE_BEFORE_THE_GATE, "--bases", str(bases), "--films", "2", "--record", "0",
         *IN_AN_OFFICE, *work],
        cwd=ROOT,
        env=os.environ | {GATE_VARIABLE: str(tmp_path / "gate")},
        preexec_fn=hear_ctrl_c,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    told = process.stderr.readline()
    assert told.startswith("film 1 of 2"), told + process.stderr.read()
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert said == ""
    assert re.fullmatch(r"error: interrupted; .*\n", complaint)
