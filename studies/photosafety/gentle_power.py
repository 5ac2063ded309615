"""What gentle light costs where light is weak: in power, and in time until the light ends.

Sessions are those of docs/freshness.md: the mean light of a living face, looked at after the same numbers
of dwells in either mode, at the full number of decoys. A look takes the time of a dwell while the light plays
on, so the light ends one dwell after the look that recognises the face, with the last dwell if none does.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, get_args

import numpy as np

from lightproof.evaluation.workers.local import in_order
from lightproof.policy import MAX_DECOYS, Mode
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from lightproof.presence.playing import HEED_S
from studies import command, tables
from studies.freshness.mean_light import LATENCY_S, MeanLightSession, Setting
from studies.freshness.ranking import comes_first

_HEAD: Final = (
    "response",
    "mode",
    "sessions",
    "found by look 1",
    "2",
    "3",
    "4",
    "light ends, median",
    "90 %",
    "mean",
)
WEAK_RESPONSES: Final = (0.005, 0.01, 0.02, 0.03)


@dataclass(frozen=True, slots=True)
class Recognition:
    """How a session ended: the look that recognised the face (None if none did), and when the light ended."""

    look: int | None
    light_s: float


def play(setting: Setting, seed: int) -> Recognition:
    """Play one session."""
    session = MeanLightSession(setting, seed)
    decoys, decoy_seed = decoys_at_a_look(MAX_DECOYS), session.decoy_seed
    for number, look in enumerate(session.looks(LOOKS)):
        if comes_first(look.face, session.timeline, [LATENCY_S], decoy_seed=decoy_seed, decoys=decoys):
            ended_s = look.dwells * session.challenge.dwell_s + (HEED_S if look.dwells < LOOKS[-1] else 0)
            return Recognition(number, ended_s)
    return Recognition(None, session.challenge.duration_s)


def row(setting: Setting, sessions: Sequence[Recognition]) -> tuple[object, ...]:
    """Return the row of the sessions of one setting."""
    looks = [played.look for played in sessions if played.look is not None]
    light_s = [played.light_s for played in sessions]
    return (
        f"{setting.response:.1%}",
        setting.mode,
        len(sessions),
        *(sum(look <= last for look in looks) for last in range(len(LOOKS))),
        *(f"{value:.1f} s" for value in (np.median(light_s), np.quantile(light_s, 0.9), np.mean(light_s))),
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.photosafety.gentle_power", __doc__)
    parser.add_argument(
        "--sessions",
        type=command.at_least(1),
        default=60,
        metavar="COUNT",
        help="sessions of each response and mode (60)",
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "photosafety.md", "gentle-power")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    rows = []
    for response, mode in itertools.product(WEAK_RESPONSES, get_args(Mode)):
        setting = Setting(response, mode=mode)
        sessions = in_order(range(arguments.sessions), arguments.jobs, partial(play, setting))
        rows.append(row(setting, sessions))
        command.tell(" ".join(map(str, rows[-1])))
    tables.put(tables.markdown(_HEAD, rows), "gentle-power", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
