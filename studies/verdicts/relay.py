"""Plays relays that are late by more and more.

The relay answers what the screen shows with the right light on a synthetic face, so all that tells it from a
person is its delay.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from lightproof.evaluation.workers.local import in_order
from lightproof.policy import Policy
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verification import verify
from studies import command, tables
from studies.requests import request_of

_HEAD: Final = (
    "response",
    "added delay",
    "verified",
    "inconclusive",
    "not verified",
    "reasons",
    "measured − true, sd",
)
DELAYS_S: Final = (0.0, 0.020, 0.035, 0.050, 0.100)
RELAYED_RESPONSES: Final = (0.15, 0.05)
FIRST_SEED: Final = 900


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that is to be played: its delay in seconds, the response of the face, and the seed."""

    response: float
    delay_s: float
    seed: int


@dataclass(frozen=True, slots=True)
class RelayEnding:
    """How a relay ended: verdict, reasons, and by how many seconds its delay was measured wrongly.

    The seconds are None without a latency.
    """

    verdict: str
    reasons: tuple[str, ...]
    error_s: float | None


def play(relay: Relay) -> RelayEnding:
    """Play a relay, presence only and with all decoys."""
    settings = {"delay_s": str(relay.delay_s), "response": str(relay.response)}
    rig = open_rig(RigOptions(seed=relay.seed, attack="relay", settings=settings))
    policy = Policy(presence_only=True)
    purpose = "relays are told by their delay"
    request = request_of(purpose, relay.seed, policy)
    session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(relay.seed), sign=False))
    verdict, reasons = session.verdict.outcome.value, tuple(map(str, session.verdict.reasons))
    latency = None if session.evidence is None else session.evidence.latency
    if latency is None or latency.latency_s is None or latency.calibrated_s is None:
        return RelayEnding(verdict, reasons, None)
    return RelayEnding(verdict, reasons, latency.latency_s - latency.calibrated_s - relay.delay_s)


def row(response: float, delay_s: float, endings: Sequence[RelayEnding]) -> tuple[object, ...]:
    """Return the row of all relays of one response and delay."""
    verdicts = Counter(ending.verdict for ending in endings)
    reasons = Counter(reason for ending in endings for reason in ending.reasons)
    errors_ms = [1000 * ending.error_s for ending in endings if ending.error_s is not None]
    return (
        f"{response:.0%}",
        f"{1000 * delay_s:.0f} ms",
        *(verdicts[outcome] for outcome in ("verified", "inconclusive", "not_verified")),
        ", ".join(f"`{reason}` {count}" for reason, count in reasons.most_common()),
        f"{np.mean(errors_ms):+.1f}, {np.std(errors_ms):.1f} ms" if errors_ms else "–",
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.relay", __doc__)
    parser.add_argument(
        "--seeds", type=command.at_least(1), default=20, metavar="COUNT", help="relays of each delay (20)"
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "relay")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    settings = list(product(RELAYED_RESPONSES, DELAYS_S))
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    played = in_order([Relay(*setting, seed) for setting in settings for seed in seeds], arguments.jobs, play)
    rows = (
        row(*setting, played[number * len(seeds) : (number + 1) * len(seeds)])
        for number, setting in enumerate(settings)
    )
    tables.put(tables.markdown(_HEAD, rows), "relay", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
