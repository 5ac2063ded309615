"""How often the evidence takes a wrong challenge for the right one, on films of whole sessions.

Simulated sessions are filmed; ``--recordings DIR`` holds wrong challenges against recordings as well, laid
out as ``lightproof evaluate`` wants them. Some of the simulated sessions are recorded by the product's own
writer first and filmed from the recording; those are deleted at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Final

import numpy as np

from lightproof.errors import InputError
from lightproof.evaluation.campaign import Campaign
from lightproof.evaluation.lights import LIGHTS
from lightproof.evaluation.species import Source, SourceKind, find_recordings, find_sources
from lightproof.evaluation.trials import AS_RECORDED, Trial
from lightproof.evaluation.workers.local import each_in_processes
from lightproof.policy import MAX_DECOYS
from lightproof.result import software_sha256
from studies.command import add_jobs_option, at_least, listed, new_parser, run, tell
from studies.freshness.films import record
from studies.freshness.wrong_challenges import FEW, WorkResult, WorkUnit, run_unit
from studies.tables import add_write_option, put

LEVELS: Final = ("0.02", "0.05", "0.10", "0.30")
MAX_ROUNDS: Final = 3
"""How often the share of a film that fails (too bright, for example) goes to another simulated session."""


def simulated_trials(
    sources: Sequence[Source], levels: Sequence[str], lights: Sequence[str], seed: int
) -> Iterator[Trial]:
    """Yield trials to film without end: all species in turn, then their next sources.

    Each is at a level and in a light drawn at random, all pairs of these equally often.
    """
    turns: Counter[str] = Counter()
    order: list[tuple[int, str, Source]] = []
    for source in sources:
        order.append((turns[source.species], source.species, source))
        turns[source.species] += 1
    in_turn = [source for _, _, source in sorted(order, key=lambda entry: entry[:2])]
    software = software_sha256().hex()
    rng = np.random.default_rng([seed, len(in_turn)])
    pairs = [(level, light) for level in levels for light in lights]
    drawn: list[tuple[str, str]] = []
    for film in count():
        if not drawn:
            drawn = [pairs[k] for k in rng.permutation(len(pairs))]
        level, light = drawn.pop()
        repeat, number = divmod(film, len(in_turn))
        yield Trial(in_turn[number], level, light, repeat, seed, MAX_DECOYS, software)


def recorded_trials(sources: Iterable[Source], seed: int) -> Iterator[Trial]:
    """Yield the trials of recordings; each is filmed once."""
    software = software_sha256().hex()
    for source in sources:
        yield Trial(source, AS_RECORDED, AS_RECORDED, 0, seed, MAX_DECOYS, software)


def work_units(
    trials: Sequence[Trial], scorings: int, p_values: int, sessions: int, whole: int
) -> list[WorkUnit]:
    """Return what is done with each film, so that all together do exactly as much."""
    dealt = [_dealt(count, len(trials)) for count in (scorings, p_values, sessions, whole)]
    return [WorkUnit(trial, *counts) for trial, *counts in zip(trials, *dealt, strict=True)]


def study(
    work: Sequence[WorkUnit], workers: int, progress: Callable[[str], None] = lambda line: None
) -> list[WorkResult]:
    """Do the work in several processes and return the results in its order; ``progress`` is told each line.

    Raises:
        WorkersLostError: a process was killed.
    """
    results: dict[WorkUnit, WorkResult] = {}
    with closing(each_in_processes(work, workers, run_unit)) as finished:
        for one in finished:
            results[one.unit] = one
            what = f"no film: {one.no_film}" if one.no_film else f"{one.first} of {one.unit.scorings} first"
            progress(f"film {len(results)} of {len(work)}, {one.unit.trial.key}: {what}")
    return [results[unit] for unit in work]


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = _parser()
    return run(parser, partial(_study, parser), given)


def _study(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    # Imported before anything is filmed: a missing extra is told at once.
    from studies.freshness.wrong_challenge_tables import films_table, remarks

    if arguments.bases is None and arguments.recordings is None:
        parser.error("name a folder of --bases, of --recordings, or both")
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trials, spare = _trials(arguments, Path(folder), tell)
        work = work_units(trials, arguments.scorings, arguments.p_values, arguments.sessions, arguments.whole)
        results: list[WorkResult] = []
        for _ in range(MAX_ROUNDS):
            results += study(work, arguments.jobs, tell)
            lost = [one.unit for one in results[-len(work) :] if one.no_film]
            work = [replace(unit, trial=trial) for unit, trial in zip(lost, spare, strict=False)]
            if not work:
                break
    minutes = (time.monotonic() - started_s) / 60
    took = f"{minutes:.0f} minutes of {arguments.jobs} processes"
    put(films_table(results), "films", arguments.write, command=arguments.command, measured_with=[took])
    print("\n" + "\n".join(remarks(results)))


def _trials(
    arguments: argparse.Namespace, folder: Path, progress: Callable[[str], None]
) -> tuple[list[Trial], Iterator[Trial]]:
    """Return what is to be filmed, and what could be filmed instead; recordings are made in the folder."""
    trials: list[Trial] = []
    spare: Iterator[Trial] = iter(())
    recordings = [] if arguments.recordings is None else list(find_recordings(arguments.recordings))
    if arguments.bases is not None:
        found, levels, lights = find_sources(arguments.bases), arguments.response, arguments.lights
        bases = tuple(source for source in found if source.kind is SourceKind.BASIS)
        recordings += [source for source in found if source.kind is SourceKind.RECORDING]
        Campaign(found, levels, lights, seed=arguments.seed)  # refuses what is out of range
        if bases:
            spare = simulated_trials(bases, levels, lights, arguments.seed)
        trials += islice(spare, arguments.films)
        to_record = list(islice(spare, arguments.record))
        if to_record:
            save = partial(record, folder=folder)
            with closing(each_in_processes(to_record, arguments.jobs, save)) as saved:
                for path in saved:
                    progress(f"recorded {path.parent.name}/{path.name}")
            recordings += find_recordings(folder)
    trials += recorded_trials(recordings, arguments.seed)
    if not trials:
        raise InputError("nothing to film; give --films, --record or --recordings")
    return trials, spare


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("studies.freshness.wrong_challenge_study", __doc__)
    add, count = parser.add_argument, at_least(0)
    add("--bases", type=Path, metavar="DIR", help="light-transport bases (*.npz), recordings beside them")
    add("--recordings", type=Path, metavar="DIR", help="recordings: <species>/<recording>/")
    add("--films", type=count, default=120, help="simulated sessions that are filmed (120)")
    add("--record", type=count, default=12, help="simulated sessions that are recorded, then filmed (12)")
    add("--response", type=listed, default=LEVELS, metavar="LEVELS", help="of the simulated sessions")
    add("--lights", type=listed, default=tuple(LIGHTS), metavar="NAMES", help="of the simulated sessions")
    add("--scorings", type=count, default=1_000_000, help=f"wrong challenges among {FEW:,} decoys (10⁶)")
    add("--p-values", type=count, default=10_000, help="wrong challenges whose p-values are tested (10⁴)")
    add("--sessions", type=count, default=10_000, help="whole sessions among the default decoys (10⁴)")
    add("--whole", type=count, default=100, help="of these, judged in every part to see how they end (100)")
    add("--seed", type=count, default=0, help="the same seed, the same study")
    add_jobs_option(parser)
    add_write_option(parser, "freshness.md", "films")
    return parser


def _dealt(count: int, hands: int) -> list[int]:
    """Deal a number out to hands as evenly as possible."""
    return [count * (hand + 1) // hands - count * hand // hands for hand in range(hands)]


if __name__ == "__main__":
    sys.exit(main())
