"""What gentle light costs in time and in power of the evidence, by whole simulated sessions.

Every session plays all 16 illuminations, so that both modes are compared at the same number of dwells; when
the evidence would have been enough is noted on the way. The lead of the freshness is that of the challenge's
score over the mean of its decoys in standard deviations of theirs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args
from unittest.mock import patch

import numpy as np

from lightproof import verification
from lightproof.challenge import Challenge
from lightproof.errors import InputError, LightproofError
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.policy import Mode, Policy
from lightproof.presence.cues.freshness import LOOKS
from lightproof.presence.judgement import judge_if_enough
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verdict import Outcome
from lightproof.verification import verify
from studies import command, tables

_HEAD: Final = (
    "response",
    "mode",
    "sessions",
    "verified",
    "light, median",
    "lead of freshness",
    "σ of relief, down",
)
LIT_RESPONSES: Final = (0.05, 0.10)


class NoEvidenceError(LightproofError, RuntimeError):
    """Not a single session came to its evidence."""


@dataclass(frozen=True)
class Cost:
    """One session: how far it led, how well relief was known, after which light it could have ended."""

    lead: float
    relief_sigma: float
    light_s: float
    verified: bool


def play(networks: FaceNetworks, mode: Mode, response: float, seed: int, subject: Path | None) -> Cost | None:
    """Play one session; None if it ended without evidence."""
    looks: list[bool] = []

    def look(*arguments: Any) -> None:
        looks.append(judge_if_enough(*arguments) is not None)

    rig = open_rig(RigOptions(seed=seed, subject=subject, settings={"response": str(response)}))
    policy = Policy.from_mapping({"presence_only": True, "mode": mode, "decoys": 2**14 - 1})
    with patch.object(verification, "judge_if_enough", look):
        session = verify(
            rig,
            replace(Request.fresh(policy=policy), nonce=seed.to_bytes(32, "little")),
            options=SessionOptions(
                networks=networks, entropy=Entropy.from_seed(seed), sign=False, keep_trace=True
            ),
        )
    evidence, trace = session.evidence, session.trace
    if evidence is None or trace is None:
        return None
    decoys = trace.decoy_scores
    lead = (evidence.freshness.score - float(decoys.mean())) / float(decoys.std())
    dwells = LOOKS[looks.index(True)] if True in looks else LOOKS[-1]
    return Cost(
        lead,
        evidence.relief.down_sigma or float("inf"),
        dwells * Challenge.generate(bytes(32), mode).dwell_s,
        session.verdict.outcome is Outcome.VERIFIED,
    )


def row(response: float, mode: Mode, played: Sequence[Cost | None]) -> tuple[object, ...]:
    """Return the row of the sessions of one response and mode: medians over those that gave evidence.

    Raises:
        NoEvidenceError: none of them did.
    """
    costs = [cost for cost in played if cost is not None]
    if not costs:
        raise NoEvidenceError(
            f"no session at {response:.0%} in {mode} mode gave evidence; try other bases or seeds"
        )
    light_s, lead, sigma = np.median([(cost.light_s, cost.lead, cost.relief_sigma) for cost in costs], axis=0)
    verified = sum(cost.verified for cost in costs)
    return f"{response:.0%}", mode, len(played), verified, f"{light_s:.1f} s", f"{lead:.1f}", f"{sigma:.3f}"


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.photosafety.gentle_cost", __doc__)
    add = parser.add_argument
    add("--bases", type=Path, required=True, metavar="DIR", help="folder with bona_fide_*.npz")
    add(
        "--subjects",
        type=command.at_least(0),
        default=4,
        metavar="COUNT",
        help="how many of them, beside the portrait (4)",
    )
    add("--seeds", type=command.at_least(1), default=2, metavar="COUNT", help="sessions of each (2)")
    tables.add_write_option(parser, "photosafety.md", "gentle")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    subjects = _subjects(arguments.bases, arguments.subjects)
    seeds = range(1, arguments.seeds + 1)
    networks = load_networks()
    rows = []
    for response, mode in itertools.product(LIT_RESPONSES, get_args(Mode)):
        played = [play(networks, mode, response, seed, subject) for subject in subjects for seed in seeds]
        rows.append(row(response, mode, played))
        command.tell(" ".join(map(str, rows[-1])))
    tables.put(tables.markdown(_HEAD, rows), "gentle", arguments.write, command=arguments.command)


def _subjects(bases: Path, count: int) -> list[Path | None]:
    """Return the portrait (None) and this number of heads, spread over the folder.

    Raises:
        InputError: the folder does not contain that many.
    """
    found = sorted(bases.glob("bona_fide_*.npz"))
    if len(found) < count:
        raise InputError(
            f"{bases} holds {len(found)} bases bona_fide_*.npz, not {count}; give another --bases"
        )
    return [None, *found[:: max(1, len(found) // max(1, count))][:count]]


if __name__ == "__main__":
    sys.exit(main())
