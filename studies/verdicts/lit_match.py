"""Compares people with their other photograph: by a session's frames, and by what the light shows alone.

A session of each person at each response is compared with everybody's second photograph: the probe that the
match uses (frames drawn by lot, under the light), and the lit picture alone, as both were when the session
ended. The lit picture binds the match to the light; this shows what it costs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Challenge
from lightproof.evaluation.species import Subjects
from lightproof.evaluation.workers.local import in_order
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.matching import probe_of
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.presence.judgement import judge_if_enough
from lightproof.presence.likenesses import Likenesses
from lightproof.presence.lit_picture import LitPicture
from lightproof.presence.observation import Observation
from lightproof.presence.playing import play
from lightproof.presence.position import wait_for_position
from lightproof.presence.reader import FaceReader
from lightproof.privacy.forget import BiometricScope
from lightproof.references.document import load_reference
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy
from lightproof.verdict import ReasonCode
from studies import command, tables
from studies.bases.solids import photographs

MATCHED_RESPONSES: Final = (0.20, 0.10, 0.05, 0.03)
FMRS: Final = (1e-2, 1e-3)
"""False match rates that so many people can show: fifty make 2,450 pairs of strangers."""
FIRST_SITTING_SEED: Final = 8200

_HEAD: Final = (
    "response",
    "compared",
    "sessions",
    "same person, lowest … median",
    "strangers, highest",
    *(f"FNMR at FMR 10^{round(np.log10(fmr))}" for fmr in FMRS),
)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A person to be seen under a response."""

    photograph: Path
    response: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Embeddings of a session; None where it did not come to them."""

    frames: NDArray[np.float32] | None
    lit: NDArray[np.float32] | None


@cache
def _networks() -> FaceNetworks:
    return load_networks()


def see(sitting: Sitting) -> Seen:
    """Play a session and return what the frames and what the light show."""
    networks, entropy = _networks(), Entropy.from_seed(sitting.seed)
    policy = Policy(presence_only=True, decoys=MIN_DECOYS)
    settings = {"response": str(sitting.response)}
    rig = open_rig(RigOptions(seed=sitting.seed, subject=sitting.photograph, settings=settings))

    def enough(snapshot: Observation, late_s: float) -> bool:
        return judge_if_enough(snapshot, rig.description, policy, entropy.decoy_seed, late_s) is not None

    with BiometricScope() as scope, rig:
        reader = scope.keep(FaceReader(networks))
        likenesses = scope.keep(Likenesses(networks.embedder, entropy.decoy_seed))
        position = wait_for_position(rig, reader, likenesses=likenesses)
        if isinstance(position, ReasonCode):
            return Seen(None, None)
        challenge = Challenge.generate(entropy.device_random, policy.mode)
        lit = LitPicture(networks.embedder, position.face, rig.description.calibration.mixing)
        played = play(rig, challenge, position, reader, likenesses, lit, enough)
        scope.keep(played.observation)
        return Seen(probe_of(played.observation.likenesses).embedding, lit.embedding())


def cosines(
    seen: Sequence[NDArray[np.float32] | None], references: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cosines of the same and of different people.

    Args:
        seen: embeddings, one a person; None counts as a cosine of -1 to everybody.
        references: embeddings of the same people in the same order, (N, values), of unit length.
    """
    table = np.full((len(seen), len(references)), -1.0)
    for number, embedding in enumerate(seen):
        if embedding is not None:
            table[number] = references @ embedding / np.linalg.norm(embedding)
    same = np.eye(len(references), dtype=bool)
    return table[same], table[~same]


def rows(
    response: float, seen: Sequence[Seen], references: NDArray[np.float32]
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of one response: by the frames, and by the light."""
    for what, embeddings in (("frames", [one.frames for one in seen]), ("light", [one.lit for one in seen])):
        genuine, impostor = cosines(embeddings, references)
        yield (
            f"{response:.0%}",
            what,
            sum(one is not None for one in embeddings),
            f"{genuine.min():.2f} … {np.median(genuine):.2f}",
            f"{impostor.max():.2f}",
            *(f"{(genuine < np.quantile(impostor, 1 - fmr)).mean():.1%}" for fmr in FMRS),
        )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.lit_match", __doc__)
    parser.add_argument("faces", type=Path, help="folder of photographs NNN_neutral.jpg and NNN_smiling.jpg")
    parser.add_argument("--subjects", type=Subjects, default=Subjects.ALL, help="even, odd or all (default)")
    parser.add_argument(
        "--people", type=command.at_least(2), default=50, metavar="COUNT", help="the first so many (50)"
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "lit match")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    wanted = {Subjects.EVEN: (0,), Subjects.ODD: (1,), Subjects.ALL: (0, 1)}[arguments.subjects]
    people = [one for one in photographs(arguments.faces) if int(one.name[:3]) % 2 in wanted]
    people = people[: arguments.people]
    others = [one.with_name(one.name.replace("neutral", "smiling")) for one in people]
    references = np.stack([load_reference(one, _networks()).embedding for one in others])
    sittings = [
        Sitting(path, response, FIRST_SITTING_SEED + number)
        for response, (number, path) in product(MATCHED_RESPONSES, enumerate(people))
    ]
    played = in_order(sittings, arguments.jobs, see)
    table = [
        row
        for k, response in enumerate(MATCHED_RESPONSES)
        for row in rows(response, played[k * len(people) : (k + 1) * len(people)], references)
    ]
    tables.put(tables.markdown(_HEAD, table), "lit match", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
