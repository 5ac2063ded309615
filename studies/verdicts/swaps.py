"""Plays sessions in which somebody else's picture is shown for some of the frames, and honest ones.

An accomplice answers the light; the victim's photograph, which is the reference as well, is shown as a print,
on a tablet, or as a face laid over the accomplice's in the feed (``studies.verdicts.swapping``). How long,
how soon after a flip, how much of it, how blurred and whether in the light's colour is drawn for each
session.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from lightproof.consent import consent_of_simulated_subject
from lightproof.errors import InputError
from lightproof.evaluation.workers.local import in_order
from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.policy import Policy
from lightproof.rigs.protocol import Rig, RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verification import verify
from studies import command, tables
from studies.requests import request_of
from studies.verdicts.swapping import Form, Moment, Swap, swapped

FRAMES: Final = (1, 2, 3, 5)
AFTER_S: Final = (0.0, 0.05, 0.2)
BLENDS: Final = (1.0, 1.0, 0.7, 0.5, 0.3)
BLURS_PX: Final = (0.0, 0.0, 1.5, 3.0)
KINDS: Final = (
    *product((Form.PRINT, Form.TABLET, Form.FACE), Moment),
    (Form.LIGHT, Moment.ALWAYS),
)
HONEST_RESPONSES: Final = (0.10, 0.05)
FIRST_SWAP_SEED: Final = 4100

_HEAD: Final = (
    "shown",
    "when",
    "verified",
    "inconclusive",
    "not verified",
    "reasons",
    "lowest cosine, median",
)


@dataclass(frozen=True, slots=True)
class SwapTrial:
    """A session to be played: a photograph of who is there, the reference, and the swap if there is one."""

    person: Path
    reference: Path
    seed: int
    response: float = 0.15
    swap: Swap | None = None


@dataclass(frozen=True, slots=True)
class SwapEnding:
    """How it ended; ``lowest`` is the lowest cosine of two frames, None if the session did not come to it."""

    verdict: str
    reasons: tuple[str, ...]
    lowest: float | None


@cache
def _networks() -> FaceNetworks:
    cv2.setNumThreads(1)
    return load_networks()


def play(trial: SwapTrial) -> SwapEnding:
    """Play a session with a match, with all decoys."""
    networks, seed = _networks(), trial.seed
    rig: Rig
    if trial.swap is None:
        settings = {"response": str(trial.response)}
        rig = open_rig(RigOptions(seed=seed, subject=trial.person, settings=settings))
    else:
        rig = swapped(trial.person, trial.reference, trial.swap, networks, seed)
    request = request_of("swaps are told by identity", seed, Policy())
    options = SessionOptions(
        networks=networks, ask=consent_of_simulated_subject, entropy=Entropy.from_seed(seed), sign=False
    )
    session = verify(rig, request, reference=trial.reference, options=options)
    evidence = session.evidence
    lowest = None if evidence is None else evidence.identity.lowest
    return SwapEnding(session.verdict.outcome.value, tuple(map(str, session.verdict.reasons)), lowest)


def swap_of(kind: tuple[Form, Moment], seed: int) -> Swap:
    """Return a swap of this form and moment; the rest is drawn from the seed."""
    rng = np.random.default_rng(seed)
    frames, after_s, blend, blur_px = (
        values[rng.integers(len(values))] for values in (FRAMES, AFTER_S, BLENDS, BLURS_PX)
    )
    return Swap(*kind, int(frames), float(after_s), float(blend), float(blur_px), bool(rng.random() < 0.5))


def trials(faces: Path, sessions: int, honest: int) -> list[SwapTrial]:
    """Return swaps, every form and moment in turn, and honest sessions with a person's other photograph.

    ``faces`` holds two photographs of each person, ``NUMBER_neutral.jpg`` and ``NUMBER_smiling.jpg``. Only
    odd numbers are used: thresholds were chosen on even ones.

    Raises:
        InputError: it holds fewer than two.
    """
    neutral = [path for path in sorted(faces.glob("*_neutral.jpg")) if int(path.name[:3]) % 2]
    if len(neutral) < 2:
        raise InputError(
            f"{faces} has {len(neutral)} people with odd numbers; give a folder with two or more"
        )
    found = []
    for number in range(sessions):
        seed = FIRST_SWAP_SEED + number
        own, other = np.random.default_rng([seed, 1]).choice(len(neutral), 2, replace=False)
        swap = swap_of(KINDS[number % len(KINDS)], seed)
        found.append(SwapTrial(neutral[own], neutral[other], seed, swap=swap))
    for response, number in product(HONEST_RESPONSES, range(honest)):
        person = neutral[number % len(neutral)]
        smiling = person.with_name(person.name.replace("neutral", "smiling"))
        found.append(SwapTrial(person, smiling, FIRST_SWAP_SEED + number, response))
    return found


def row(shown: str, when: str, endings: Sequence[SwapEnding]) -> tuple[object, ...]:
    """Return the row of all sessions of one kind."""
    verdicts = Counter(ending.verdict for ending in endings)
    reasons = Counter(reason for ending in endings for reason in ending.reasons)
    lowest = [ending.lowest for ending in endings if ending.lowest is not None]
    return (
        shown,
        when,
        *(verdicts[outcome] for outcome in ("verified", "inconclusive", "not_verified")),
        ", ".join(f"`{reason}` {count}" for reason, count in reasons.most_common()) or "–",
        f"{np.median(lowest):.2f}" if lowest else "–",
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.swaps", __doc__)
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER", help="photographs of people")
    parser.add_argument(
        "--sessions", type=command.at_least(1), default=120, metavar="COUNT", help="swaps (120)"
    )
    parser.add_argument(
        "--honest", type=command.at_least(0), default=24, metavar="COUNT", help="honest sessions a level (24)"
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "swaps")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    planned = trials(arguments.faces, arguments.sessions, arguments.honest)
    played = list(zip(planned, in_order(planned, arguments.jobs, play), strict=True))
    rows = []
    for form, moment in KINDS:
        endings = [
            end for one, end in played if one.swap and (one.swap.form, one.swap.moment) == (form, moment)
        ]
        if endings:
            rows.append(row(form, moment, endings))
    for response in HONEST_RESPONSES:
        endings = [end for one, end in played if one.swap is None and one.response == response]
        if endings:
            rows.append(row("nobody else", f"honest, {response:.0%}", endings))
    tables.put(tables.markdown(_HEAD, rows), "swaps", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
