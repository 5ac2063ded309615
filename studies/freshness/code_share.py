"""How much of the light's code a challenge explains: the one that was played, and wrong ones.

Freshness calls light stale by this share (`MIN_CODE_SHARE`), not by the challenge's rank among decoys, so
that the reason for a wrong challenge does not depend on the draw. The threshold was chosen on subjects with
an even number; the table is of the others.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cv2
import numpy as np

from lightproof._core import Challenge
from lightproof.evaluation.lights import OFFICE
from lightproof.evaluation.species import SourceKind, Subjects, find_sources, taking_part
from lightproof.evaluation.trials import Trial
from lightproof.evaluation.workers.local import each_in_processes
from lightproof.policy import MIN_DECOYS
from lightproof.presence.cues.freshness import LOOKS, MIN_CODE_SHARE, match_code
from lightproof.privacy.forget import BiometricScope
from lightproof.result import software_sha256
from studies.command import add_jobs_option, at_least, listed, new_parser, run, tell
from studies.freshness.films import Film, NoFilmError, film
from studies.tables import add_write_option, markdown, put

WRONG = 60
"""Wrong challenges held against each film, where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Work:
    """The film of a trial and how many wrong challenges are held against it."""

    trial: Trial
    wrong: int


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares at each look: of the own challenge (None without a film), and the largest of a wrong one."""

    species: str
    level: str
    own: tuple[float, ...] | None = None
    wrong: tuple[float, ...] = ()


def measure(work: Work) -> Shares:
    """Film a trial and return what its own challenge and wrong ones explain."""
    cv2.setNumThreads(1)
    trial = work.trial
    rng = np.random.default_rng(int.from_bytes(trial.draw("code share")))
    with BiometricScope() as scope:
        try:
            filmed = scope.keep(film(trial))
        except NoFilmError:
            return Shares(trial.source.species, trial.level)
        own = shares(filmed, filmed.challenge)
        wrong = [
            shares(filmed, Challenge.generate(rng.bytes(32), filmed.challenge.mode))
            for _ in range(work.wrong)
        ]
    return Shares(trial.source.species, trial.level, own, tuple(np.max(wrong, axis=0).tolist()))


def shares(filmed: Film, challenge: Challenge) -> tuple[float, ...]:
    """Return what share of the best code's this challenge explains at each look."""
    found = []
    with closing(filmed.under(challenge)) as looks:
        for look in looks:
            observation = look.observation
            face = observation.response.face_light(observation.exposures_s, observation.mixing)
            found.append(0.0 if face is None else match_code(face, observation).share)
    return tuple(found)


def table(measured: Iterable[Shares]) -> str:
    """Return the least share of own light and the largest of other light, by species and response."""
    groups: dict[tuple[str, str], list[Shares]] = {}
    for one in measured:
        if one.own is not None:
            groups.setdefault((one.species, one.level), []).append(one)
    rows = []
    for (species, level), films in sorted(groups.items()):
        own = np.array([one.own for one in films])
        wrong = np.array([one.wrong for one in films])
        figures = (own[:, 0].min(), own[:, -1].min(), wrong[:, 0].max(), wrong[:, -1].max())
        rows.append(
            (species.replace("_", " "), f"{float(level):.0%}", len(films), *(f"{x:.2f}" for x in figures))
        )
    head = (
        "species",
        "response",
        "films",
        f"own light, after {LOOKS[0]} dwells: least",
        f"after {LOOKS[-1]}",
        f"wrong challenges, after {LOOKS[0]}: largest",
        f"after {LOOKS[-1]}",
    )
    return markdown(head, rows)


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    return run(_parser(), _study, given)


def _study(arguments: argparse.Namespace) -> None:
    bases = [one for one in find_sources(arguments.bases) if one.kind is SourceKind.BASIS]
    chosen = taking_part(bases, arguments.subjects)
    software = software_sha256().hex()
    work = [
        Work(Trial(source, level, OFFICE, 0, arguments.seed, MIN_DECOYS, software), arguments.wrong)
        for source, level in product(chosen, arguments.response)
    ]
    measured = []
    for one in each_in_processes(work, arguments.jobs, measure):
        measured.append(one)
        tell(f"film {len(measured)} of {len(work)}: {one.species} at {one.level}")
    drawn = f"{arguments.wrong} wrong challenges a film, threshold {MIN_CODE_SHARE}"
    put(table(measured), "code-share", arguments.write, command=arguments.command, measured_with=[drawn])


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("studies.freshness.code_share", __doc__)
    parser.add_argument("--bases", type=Path, required=True, metavar="DIR", help="path-traced bases")
    parser.add_argument(
        "--subjects", type=Subjects, choices=list(Subjects), default=Subjects.ODD, help="whose number is …"
    )
    parser.add_argument(
        "--response",
        type=listed,
        default=["0.10", "0.05", "0.02"],
        metavar="LEVELS",
        help="response levels (0.10,0.05,0.02)",
    )
    parser.add_argument("--wrong", type=at_least(1), default=WRONG, metavar="COUNT", help=f"a film ({WRONG})")
    parser.add_argument("--seed", type=int, default=31, help="of the films and the wrong challenges (31)")
    add_jobs_option(parser)
    add_write_option(parser, "freshness.md", "code-share")
    return parser


if __name__ == "__main__":
    sys.exit(main())
