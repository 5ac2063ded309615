"""A campaign: every source under every response level and light, repeated; resumed where it stopped."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from lightproof.errors import InputError
from lightproof.evaluation.lights import OFFICE, light_named
from lightproof.evaluation.species import Source, SourceKind, Subjects
from lightproof.evaluation.trial_log import TrialLog
from lightproof.evaluation.trials import AS_RECORDED, Trial, TrialResult
from lightproof.face.manifest import load_manifest
from lightproof.policy import MAX_DECOYS, MIN_DECOYS
from lightproof.result import software_sha256

CAMPAIGN_FORMAT: Final = "lightproof-evaluation"
CAMPAIGN_VERSION: Final = 3
"""1 kept another relief score with each trial, 2 did not chain the lines of its log."""

MAX_RESPONSE: Final = 2.0
"""A screen that outshines the room by more than this is not a real room: 3 is taken for a slip of 3 %."""

Executor: TypeAlias = Callable[[Iterable[Trial]], Generator[TrialResult, None, None]]
"""Runs trials, each once, and yields their results as they come, in any order; closed
early, it lets go of its workers."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is evaluated.

    Attributes:
        sources: who and what is presented.
        levels: response levels as they were given: screen light over ambient light, ``"0.10"`` for 10 %.
        lights: names of :data:`~lightproof.evaluation.lights.LIGHTS`.
        repeats: trials of each source at each level in each light.
        seed: of everything that is drawn.
        decoys: that freshness has to beat.
        subjects: which subjects the sources were limited to.

    Raises:
        InputError: a value is out of range, or something is named twice.

    Example::

        Campaign(find_sources(folder), levels=("0.05", "0.10"), repeats=3, seed=1)
    """

    sources: tuple[Source, ...]
    levels: tuple[str, ...]
    lights: tuple[str, ...] = (OFFICE,)
    repeats: int = 1
    seed: int = 0
    decoys: int = MAX_DECOYS
    subjects: Subjects = Subjects.ALL

    def __post_init__(self) -> None:
        check_levels(self.levels)
        check_lights(self.lights)
        _each_once("source", [source.name for source in self.sources])
        if self.repeats < 1 or self.seed < 0:
            raise InputError(f"repeats is {self.repeats} and seed {self.seed}; give at least 1 and 0")
        if not MIN_DECOYS <= self.decoys <= MAX_DECOYS:
            raise InputError(f"decoys is {self.decoys}; give {MIN_DECOYS} to {MAX_DECOYS}")

    def trials(self) -> tuple[Trial, ...]:
        """Return all trials; those that come first already cover every source, level and light.

        A recording is what it is: there is one trial of it, whatever the levels, lights and repeats.
        """
        software = software_sha256().hex()

        def trial(source: Source, level: str, light: str, repeat: int) -> Trial:
            return Trial(source, level, light, repeat, self.seed, self.decoys, software)

        recorded = [source for source in self.sources if source.kind is SourceKind.RECORDING]
        simulated = [source for source in self.sources if source.kind is SourceKind.BASIS]
        return (
            *(trial(source, AS_RECORDED, AS_RECORDED, 0) for source in recorded),
            *(
                trial(source, level, light, repeat)
                for repeat in range(self.repeats)
                for light in self.lights
                for level in self.levels
                for source in simulated
            ),
        )

    def parameters(self) -> dict[str, Any]:
        """Return everything that the results depend on, as JSON; ``software`` and ``models`` are hashes."""
        return {
            "format": CAMPAIGN_FORMAT,
            "version": CAMPAIGN_VERSION,
            "seed": self.seed,
            "response": list(self.levels),
            "lights": list(self.lights),
            "repeats": self.repeats,
            "decoys": self.decoys,
            "subjects": str(self.subjects),
            "sources": {source.name: source.sha256 for source in self.sources},
            "software": software_sha256().hex(),
            "models": load_manifest().sha256,
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """A trial and how it ended."""

    trial: Trial
    result: TrialResult


def check_levels(levels: Sequence[str]) -> None:
    """Check response levels as they were given.

    Raises:
        InputError: no level is given, one is not a share above zero and up to 200 %, or one is there twice.
    """
    for level in levels:
        if not _is_number(level) or not float(level) > 0:
            raise InputError(f"response {level!r} is not a share above 0; give 0.10 for 10 %")
        if float(level) > MAX_RESPONSE:
            raise InputError(
                f"response {level!r} is {as_percent(level)}; give a share up to {MAX_RESPONSE:g}, "
                f"{float(level) / 100:g} for {float(level):g} %"
            )
    _each_once("response", [float(level) for level in levels])


def check_lights(lights: Sequence[str]) -> None:
    """Check names of lights.

    Raises:
        InputError: no light is given, one is unknown, or one is there twice.
    """
    for name in lights:
        light_named(name)
    _each_once("light", lights)


def as_percent(level: str) -> str:
    """Return a response level as people say it: ``"3 %"`` for ``"0.03"``, or :data:`AS_RECORDED`."""
    return level if level == AS_RECORDED else f"{100 * float(level):.4g} %"


def run_campaign(
    campaign: Campaign,
    folder: Path,
    execute: Executor,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    retry_errors: bool = False,
) -> tuple[Finished, ...]:
    """Run the trials of a campaign that are not finished yet and return all of them, in the campaign's order.

    Every result is on the disk before the next is waited for: whatever stops the campaign, calling this again
    goes on from there, and no finished trial is run or counted twice. The ``software`` of the trials that are
    returned is the one that ran them, which may be another than this.

    Args:
        campaign: what is evaluated.
        folder: holds ``campaign.json`` and ``trials.jsonl``; made if it is not there.
        execute: runs trials, here or elsewhere.
        on_progress: told how many trials are finished, and of how many.
        retry_errors: run the trials again that ended with an error.

    Raises:
        CampaignError: the folder holds another campaign or damaged results, or is in use.
        LightproofError: what ``execute`` raises; the results so far are kept.
    """
    trials = campaign.trials()
    keys = [trial.key for trial in trials]
    with TrialLog(folder, campaign.parameters(), keys, retry_errors=retry_errors) as log:
        rest = [trial for trial in trials if trial.key not in log.results]
        on_progress(len(log.results), len(trials))
        if rest:
            with closing(execute(rest)) as results:
                for result in results:
                    log.append(result)
                    on_progress(len(log.results), len(trials))
        return tuple(
            Finished(replace(trial, software=log.software), log.results[trial.key]) for trial in trials
        )


def _each_once(what: str, values: Sequence[object]) -> None:
    if not values:
        raise InputError(f"no {what} was given; give at least one")
    if len(set(values)) != len(values):
        listed = ", ".join(map(str, values))
        raise InputError(f"one {what} of {listed} is there twice; give each once")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
