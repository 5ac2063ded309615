"""Campaigns on the cores of this machine: whatever stops them, nothing is lost or counted twice."""

from __future__ import annotations

import dataclasses
import multiprocessing
from collections import Counter
from collections.abc import Generator, Iterable
from functools import partial
from pathlib import Path

import pytest

from lightproof.errors import InputError
from lightproof.evaluation import campaign as evaluation_campaign
from lightproof.evaluation.campaign import Campaign, run_campaign
from lightproof.evaluation.metrics import summary as campaign_summary
from lightproof.evaluation.metrics.summary import summarise
from lightproof.evaluation.species import Source, SourceKind, find_recordings, find_sources
from lightproof.evaluation.trial_log import CampaignError
from lightproof.evaluation.trials import RunTrial, Trial, TrialOutcome, TrialResult, run_trial
from lightproof.evaluation.workers.local import WorkersLostError, in_processes
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.recording.writer import RecordingWriter
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verdict import ReasonCode
from lightproof.verification import verify
from tests.evaluation import evaluation_material as material


def here(trials: Iterable[Trial], run: RunTrial = material.pretend) -> Generator[TrialResult, None, None]:
    for trial in trials:
        yield run(trial)


def held_up_after(number: int, trials: Iterable[Trial]) -> Generator[TrialResult, None, None]:
    for index, trial in enumerate(trials):
        if index == number:
            raise KeyboardInterrupt
        yield material.pretend(trial)


def counted(runs: Path) -> Counter[str]:
    return Counter(runs.read_text().splitlines())


def test_every_source_meets_every_level_and_light_in_the_first_repeat() -> None:
    trials = material.campaign(repeats=2, lights=("office", "desk")).trials()
    assert len(trials) == len({trial.key for trial in trials}) == 4 * 2 * 2 * 2
    first = {(trial.source.name, trial.level, trial.light) for trial in trials[: len(trials) // 2]}
    assert len(first) == 4 * 2 * 2


def test_a_trial_is_the_same_whoever_runs_it_and_unlike_any_other() -> None:
    trials = material.campaign().trials()
    drawn = [trial.draw("rig") for trial in trials]
    assert drawn == [trial.draw("rig") for trial in material.campaign().trials()]
    assert len({*drawn, *(trial.draw("nonce") for trial in trials)}) == 2 * len(trials)


def test_a_level_is_the_same_however_it_is_written() -> None:
    one, other = (material.campaign(levels=(level,)).trials()[0] for level in ("0.1", "0.10"))
    assert one.draw("rig") == other.draw("rig")


def test_a_recording_is_played_once_whatever_the_levels() -> None:
    recording = Source("flat_print/001", SourceKind.RECORDING, Path("none"), "flat_print", "001", "")
    trials = Campaign((recording,), ("0.05", "0.10"), repeats=3).trials()
    assert [(trial.level, trial.light) for trial in trials] == [("recorded", "recorded")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"levels": ("0.1", "0.10")}, "response .* twice"),
        ({"levels": ("0",)}, "not a share above 0"),
        ({"levels": ("3",)}, r"'3' is 300 %; give a share up to 2, 0\.03 for 3 %"),
        ({"levels": ("nan",)}, "'nan'"),
        ({"levels": ("ten",)}, "'ten'"),
        ({"levels": ()}, "no response"),
        ({"lights": ("candle",)}, "candle"),
        ({"lights": ("desk", "desk")}, "light .* twice"),
        ({"repeats": 0}, "repeats is 0"),
        ({"decoys": 5}, "decoys is 5"),
        ({"sources": ()}, "no source"),
    ],
)
def test_a_campaign_that_makes_no_sense_is_refused_by_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        material.campaign(**change)  # type: ignore[arg-type]


def test_a_campaign_that_is_stopped_goes_on_where_it_stopped(tmp_path: Path, runs: Path) -> None:
    campaign = material.campaign()
    with pytest.raises(KeyboardInterrupt):
        run_campaign(campaign, tmp_path / "out", partial(held_up_after, 7))
    noted: list[tuple[int, int]] = []
    finished = run_campaign(campaign, tmp_path / "out", here, lambda *progress: noted.append(progress))
    assert [one.trial for one in finished] == list(campaign.trials())
    assert counted(runs) == Counter(trial.key for trial in campaign.trials())
    assert (noted[0], noted[-1]) == ((7, 40), (40, 40))


def test_a_finished_campaign_runs_nothing_again(tmp_path: Path, runs: Path) -> None:
    first = run_campaign(material.campaign(), tmp_path / "out", here)
    assert run_campaign(material.campaign(), tmp_path / "out", partial(held_up_after, 0)) == first


def test_other_parameters_are_refused_with_the_difference(tmp_path: Path) -> None:
    run_campaign(material.campaign(), tmp_path / "out", here)
    with pytest.raises(CampaignError, match="seed was 0, now 9; repeats was 5, now 4"):
        run_campaign(material.campaign(repeats=4, seed=9), tmp_path / "out", here)


def test_more_repeats_run_only_what_is_new(tmp_path: Path, runs: Path) -> None:
    first = run_campaign(material.campaign(repeats=2), tmp_path / "out", here)
    more = run_campaign(material.campaign(repeats=3), tmp_path / "out", here)
    assert more[: len(first)] == first
    assert counted(runs) == Counter(trial.key for trial in material.campaign(repeats=3).trials())


def test_trials_that_ended_with_an_error_are_run_again_if_asked_for(tmp_path: Path, runs: Path) -> None:
    campaign = material.campaign(repeats=1)
    broken = campaign.trials()[3].key
    first = run_campaign(campaign, tmp_path / "out", partial(here, run=material.fail_at(broken)))
    assert [one.result.outcome for one in first].count(TrialOutcome.ERROR) == 1
    assert run_campaign(campaign, tmp_path / "out", here) == first  # an error is a result
    again = run_campaign(campaign, tmp_path / "out", here, retry_errors=True)
    assert TrialOutcome.ERROR not in {one.result.outcome for one in again}
    assert counted(runs) == Counter(trial.key for trial in campaign.trials())


def test_a_finished_campaign_names_the_software_that_ran_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run_campaign(material.campaign(), tmp_path / "out", here)
    monkeypatch.setattr(evaluation_campaign, "software_sha256", lambda: b"newer")
    reported = run_campaign(material.campaign(), tmp_path / "out", partial(held_up_after, 0))
    assert {one.trial.software for one in reported} == {one.trial.software for one in ran}
    report = summarise(material.campaign(), reported)
    assert report["campaign"]["software"] == ran[0].trial.software == report["reported_by"]
    monkeypatch.setattr(campaign_summary, "software_sha256", lambda: b"newer")
    report = summarise(material.campaign(), reported)
    assert report["campaign"]["software"] == ran[0].trial.software
    assert report["reported_by"] == b"newer".hex()


def test_processes_run_every_trial_once(tmp_path: Path, runs: Path) -> None:
    campaign = material.campaign()
    execute = partial(in_processes, workers=2, run=material.pretend)
    finished = run_campaign(campaign, tmp_path / "out", execute)
    assert finished == material.pretended(campaign)
    assert counted(runs) == Counter({trial.key: 2 for trial in campaign.trials()})  # once here, to compare


def test_a_process_that_is_killed_is_told_and_the_campaign_goes_on(tmp_path: Path, runs: Path) -> None:
    campaign = material.campaign()
    execute = partial(in_processes, workers=1, run=material.be_killed_once)
    with pytest.raises(WorkersLostError, match="run the same command again"):
        run_campaign(campaign, tmp_path / "out", execute)
    finished = run_campaign(campaign, tmp_path / "out", execute)
    assert len({one.result.key for one in finished}) == len(campaign.trials())
    assert len((tmp_path / "out" / "trials.jsonl").read_text().splitlines()) == len(campaign.trials())


def test_processes_end_with_the_campaign_that_is_stopped() -> None:
    results = in_processes(material.campaign().trials(), workers=2, run=material.pretend_slowly)
    next(results)
    assert multiprocessing.active_children()
    results.close()
    assert not multiprocessing.active_children()


def test_a_head_is_accepted_and_paper_rejected_in_real_trials(tmp_path: Path, bases: Path) -> None:
    campaign = Campaign(find_sources(bases), ("0.15",), repeats=1, seed=4, decoys=MIN_DECOYS)
    finished = run_campaign(campaign, tmp_path / "out", partial(here, run=run_trial))
    ended = {one.trial.source.species: one.result for one in finished}
    assert ended["bona_fide"].outcome is TrialOutcome.ACCEPTED
    assert ended["flat_print"].outcome is TrialOutcome.REJECTED
    assert ReasonCode.FLAT_LIGHT in ended["flat_print"].reasons
    own, paper = ended["bona_fide"].score, ended["flat_print"].score
    assert own is not None
    assert paper is not None
    assert own.value >= own.needed
    assert own.others_pass
    assert paper.value < -paper.needed
    again = run_trial(campaign.trials()[0])
    assert again.evidence == ended[campaign.trials()[0].source.species].evidence


def test_an_error_is_a_result_of_its_own_and_ends_nothing(bases: Path) -> None:
    (trial, *_) = Campaign(find_sources(bases), ("0.15",), lights=("desk",), decoys=MIN_DECOYS).trials()
    result = run_trial(trial)  # a portrait has no picture under a desk lamp
    assert result.outcome is TrialOutcome.ERROR
    assert "BasisError" in result.error
    assert "desk" in result.error


def test_a_recording_is_judged_again_as_it_was(tmp_path: Path, bases: Path) -> None:
    pytest.importorskip("av", reason="recordings need PyAV (extra 'record')")
    folder = tmp_path / "recordings" / "flat_print" / "001_paper"
    folder.parent.mkdir(parents=True)
    rig = open_rig(RigOptions(seed=4, subject=bases / "flat_print_001.npz"))
    recorder = RecordingWriter(rig, folder)
    policy = Policy(presence_only=True, decoys=MIN_DECOYS)
    session = verify(
        recorder,
        Request.fresh(policy=policy),
        options=SessionOptions(entropy=Entropy.from_seed(4), sign=False),
    )
    (trial,) = Campaign(find_recordings(tmp_path / "recordings"), ("0.10",)).trials()
    result = run_trial(trial)
    assert result.outcome is TrialOutcome.REJECTED
    assert result.reasons == session.verdict.reasons
    assert session.evidence is not None
    assert result.evidence == dataclasses.asdict(session.evidence)
