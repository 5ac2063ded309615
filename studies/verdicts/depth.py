"""Plays moulds of a face from flat to full depth: with its own mesh, the mean one, and another person's.

The photograph on a mould is the person's own, and so is what the relief is asked for. The heads have the
depth of the product's own mesh, so a mould of full depth *is* the head; the share at which acceptance begins
is what counts. Path-traced heads have less of the predicted relief than these.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np

from lightproof.evaluation.species import Subjects
from lightproof.evaluation.workers.local import in_order
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.presence.cues.relief import asked_of
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.attacks import Attack
from lightproof.simulation.solids import Mesh
from lightproof.verification import verify
from studies import command, tables
from studies.bases.solids import WEARER_AFTER, photographs
from studies.requests import request_of

_HEAD: Final = ("mesh", "depth", "verified", "inconclusive", "not verified", "of the predicted relief")
DEPTHS: Final = (0.0, 0.25, 0.4, 0.5, 0.6, 0.8, 1.0)
RESPONSE: Final = 0.10
FIRST_MOULD_SEED: Final = 7000


@dataclass(frozen=True, slots=True)
class Cast:
    """A mould that is to be played: whose photograph, whose depth if another's, the mesh and its share."""

    photograph: Path
    other: Path
    mesh: Mesh
    depth: float
    seed: int


@dataclass(frozen=True, slots=True)
class MouldEnding:
    """How a session ended: verdict, and the mean of both relief coefficients, None where none was read."""

    verdict: str
    whole: float | None


def play(cast: Cast) -> MouldEnding:
    """Play a mould, presence only and with few decoys: freshness is not what it lacks."""
    settings = {
        "mesh": cast.mesh.value,
        "depth": str(cast.depth),
        "other": str(cast.other),
        "response": str(RESPONSE),
    }
    rig = open_rig(
        RigOptions(
            seed=cast.seed, subject=cast.photograph, attack=Attack.RELIEF_MOULD.value, settings=settings
        )
    )
    policy = Policy(presence_only=True, decoys=MIN_DECOYS)
    request = request_of("moulds are told by their depth", cast.seed, policy)
    session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(cast.seed), sign=False))
    relief = None if session.evidence is None else session.evidence.relief
    if (
        relief is None
        or relief.across is None
        or relief.across_sigma is None
        or relief.down is None
        or relief.down_sigma is None
    ):
        return MouldEnding(session.verdict.outcome.value, None)
    _, _, (whole, _, _) = asked_of((relief.across, relief.across_sigma), (relief.down, relief.down_sigma))
    return MouldEnding(session.verdict.outcome.value, whole)


def row(mesh: Mesh, depth: float, endings: Sequence[MouldEnding]) -> tuple[object, ...]:
    """Return the row of all moulds of one mesh and depth."""
    verdicts = Counter(ending.verdict for ending in endings)
    whole = [ending.whole for ending in endings if ending.whole is not None]
    return (
        mesh.value,
        f"{depth:.0%}",
        *(verdicts[outcome] for outcome in ("verified", "inconclusive", "not_verified")),
        f"{min(whole):.2f} … {np.median(whole):.2f} … {max(whole):.2f}" if whole else "–",
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.depth", __doc__)
    parser.add_argument("faces", type=Path, help="folder of photographs NNN_neutral.jpg")
    parser.add_argument("--subjects", type=Subjects, default=Subjects.ODD, help="even, odd (default) or all")
    parser.add_argument(
        "--people", type=command.at_least(1), default=10, metavar="COUNT", help="the first so many (10)"
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "depth")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    everyone = photographs(arguments.faces)
    wanted = {Subjects.EVEN: (0,), Subjects.ODD: (1,), Subjects.ALL: (0, 1)}[arguments.subjects]
    people = [one for one in enumerate(everyone) if int(one[1].name[:3]) % 2 in wanted][: arguments.people]
    settings = list(product(Mesh, DEPTHS))
    casts = [
        Cast(path, everyone[(number + WEARER_AFTER) % len(everyone)], mesh, depth, FIRST_MOULD_SEED + number)
        for mesh, depth in settings
        for number, path in people
    ]
    played = in_order(casts, arguments.jobs, play)
    rows = (
        row(mesh, depth, played[k * len(people) : (k + 1) * len(people)])
        for k, (mesh, depth) in enumerate(settings)
    )
    tables.put(tables.markdown(_HEAD, rows), "depth", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
