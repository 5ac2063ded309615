"""Plays people who speak, smile, turn, nod and lean, cameras as they are, and prints that move like people.

Presence only: whether somebody is verified is what movement decides, and whom they match is asked elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from lightproof.evaluation.species import Subjects
from lightproof.evaluation.workers.local import in_order
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.attacks import Attack
from lightproof.verification import verify
from studies import command, tables
from studies.bases.solids import photographs
from studies.requests import request_of

MOVEMENTS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "still": {},
        "speech": {"speech": 1, "blinks_per_min": 20},
        "smile": {"smile": 1},
        "nods of 8°": {"nod_deg": 8},
        "leaning by 8 %": {"lean": 0.08},
        "talking": {
            "speech": 0.8,
            "smile": 0.4,
            "turn_deg": 5,
            "nod_deg": 4,
            "lean": 0.02,
            "blinks_per_min": 20,
        },
        "turns of 10°": {"turn_deg": 10},
        "turns of 20°": {"turn_deg": 20},
    }
)
CAMERAS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "MJPG 60": {"mjpg_quality": 60},
        "MJPG 75": {"mjpg_quality": 75},
        "MJPG 90": {"mjpg_quality": 90},
        "noise reduction 0.7": {"noise_reduction": 0.7},
        "contrast 0.5": {"contrast": 0.5},
        "automatic, 0.3 s and 1 s": {"auto_exposure_s": 0.3, "auto_white_balance_s": 1},
        "drift of 2 %/s, lock claimed": {"exposure_drift_per_s": 0.02, "claims_lock": 1},
    }
)
PLANES: Final = ("speech", "talking", "leaning by 8 %", "turns of 20°")
MOVING_RESPONSES: Final = (0.10, 0.20)
FIRST_MOVING_SEED: Final = 8000
_HEAD: Final = (
    "who",
    "how",
    "response",
    "verified",
    "inconclusive",
    "not verified",
    "light, median",
    "reasons",
)


@dataclass(frozen=True, slots=True)
class Take:
    """A session that is to be played: of whom, how they or the camera behave, and as what."""

    photograph: Path
    how: str
    settings: Mapping[str, float]
    response: float
    attack: Attack | None
    seed: int


@dataclass(frozen=True, slots=True)
class TakeEnding:
    """How a session ended: verdict, reasons, and the light on the face in seconds."""

    verdict: str
    reasons: tuple[str, ...]
    light_s: float


def play(take: Take) -> TakeEnding:
    """Play a session, presence only and with few decoys: freshness is not what movement spoils."""
    settings = {name: str(value) for name, value in take.settings.items()} | {"response": str(take.response)}
    attack = None if take.attack is None else take.attack.value
    rig = open_rig(RigOptions(seed=take.seed, subject=take.photograph, attack=attack, settings=settings))
    request = request_of("people move", take.seed, Policy(presence_only=True, decoys=MIN_DECOYS))
    session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(take.seed), sign=False))
    reasons = tuple(str(code) for code in session.verdict.reasons)
    return TakeEnding(session.verdict.outcome.value, reasons, session.timings.get("light", 0.0))


def row(who: str, how: str, response: float, endings: Sequence[TakeEnding]) -> tuple[object, ...]:
    """Return the row of all sessions of one kind."""
    verdicts = Counter(ending.verdict for ending in endings)
    reasons = Counter(ending.reasons[0] for ending in endings if ending.reasons)
    return (
        who,
        how,
        f"{response:.0%}",
        *(verdicts[outcome] for outcome in ("verified", "inconclusive", "not_verified")),
        f"{np.median([ending.light_s for ending in endings]):.2f} s",
        ", ".join(f"`{code}` {count}" for code, count in reasons.most_common()) or "–",
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.moving", __doc__)
    parser.add_argument("faces", type=Path, help="folder of photographs NNN_neutral.jpg")
    parser.add_argument("--subjects", type=Subjects, default=Subjects.ODD, help="even, odd (default) or all")
    parser.add_argument(
        "--people", type=command.at_least(1), default=25, metavar="COUNT", help="the first so many (25)"
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "moving")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    wanted = {Subjects.EVEN: (0,), Subjects.ODD: (1,), Subjects.ALL: (0, 1)}[arguments.subjects]
    everyone = [path for path in photographs(arguments.faces) if int(path.name[:3]) % 2 in wanted]
    people = everyone[: arguments.people]
    kinds = [
        (who, how, settings, response, attack)
        for who, group, attack in (
            ("people", MOVEMENTS, None),
            ("people, another camera", CAMERAS, None),
            ("prints", {how: MOVEMENTS[how] for how in PLANES}, Attack.PRINT),
        )
        for how, settings in group.items()
        for response in MOVING_RESPONSES
    ]
    takes = [
        Take(path, how, settings, response, attack, FIRST_MOVING_SEED + number)
        for _, how, settings, response, attack in kinds
        for number, path in enumerate(people)
    ]
    played = in_order(takes, arguments.jobs, play)
    rows = (
        row(who, how, response, played[k * len(people) : (k + 1) * len(people)])
        for k, (who, how, _, response, _) in enumerate(kinds)
    )
    tables.put(tables.markdown(_HEAD, rows), "moving", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
