"""What gentle light costs in time and in power of the evidence, by whole simulated sessions.

    python -m studies.photosafety.gentle_cost --bases ../shared/bases --write docs/photosafety.md

Every session plays all 16 illuminations, so that both modes are compared at the same number of dwells; when
the evidence would have been enough is noted on the way. The lead of the freshness is that of the challenge's
score over the mean of its decoys in standard deviations of theirs.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import numpy as np

from lightproof import verification
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.policy import Policy
from lightproof.presence.cues.freshness import LOOKS
from lightproof.presence.judgement import judge_if_enough
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verdict import Outcome
from lightproof.verification import verify
from studies.doc_table import put

MODES: Final = ("standard", "gentle")
DWELL_S: Final = {"standard": 0.2, "gentle": 0.4}


@dataclass(frozen=True)
class Cost:
    """One session: how far it led, how well relief was known, after which light it could have ended."""

    lead: float
    relief_sigma: float
    light_s: float
    verified: bool


def play(networks: FaceNetworks, mode: str, response: float, seed: int, subject: Path | None) -> Cost | None:
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
        dwells * DWELL_S[mode],
        session.verdict.outcome is Outcome.VERIFIED,
    )


def table(networks: FaceNetworks, subjects: list[Path | None], responses: list[float], seeds: range) -> str:
    """The table as Markdown: medians over subjects and seeds."""
    lines = [
        "| response | mode | sessions | verified | light, median | lead of freshness | σ of relief, down |",
        "|---|---|---|---|---|---|---|",
    ]
    for response in responses:
        for mode in MODES:
            played = [play(networks, mode, response, seed, subject) for subject in subjects for seed in seeds]
            costs = [cost for cost in played if cost is not None]
            light_s, lead, sigma = np.median([(c.light_s, c.lead, c.relief_sigma) for c in costs], axis=0)
            verified = sum(cost.verified for cost in costs)
            lines.append(
                f"| {response:.0%} | {mode} | {len(played)} | {verified} | {light_s:.1f} s | {lead:.1f} "
                f"| {sigma:.3f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print the table, or put it into a document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bases", type=Path, required=True, help="folder with bona_fide_*.npz")
    parser.add_argument("--subjects", type=int, default=4, help="how many of them, beside the portrait")
    parser.add_argument("--seeds", type=int, default=2, help="sessions of each")
    parser.add_argument(
        "--write", type=Path, help="document with the marks <!-- gentle --> and <!-- /gentle -->"
    )
    arguments = parser.parse_args()
    start_s = time.perf_counter()
    found = sorted(arguments.bases.glob("bona_fide_*.npz"))
    subjects = [None, *found[:: max(1, len(found) // arguments.subjects)][: arguments.subjects]]
    text = table(load_networks(), subjects, [0.05, 0.10], range(1, arguments.seeds + 1))
    put(text, "gentle", arguments.write)
    print(f"{time.perf_counter() - start_s:.0f} s")


if __name__ == "__main__":
    main()
