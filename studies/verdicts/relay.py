"""Plays relays that are late by more and more, at every place where one can stand.

The relay answers what the screen shows with the right light on a synthetic face, so all that tells it from a
person is its delay. Inside the feed the answer is put into the camera's frames; before the camera it stands
on a display of 60 Hz, which shows it from its own next refresh on; stamped back, the feed takes the delay off
every stamp, and the frames arrive as late as they are; dropping, the feed leaves out the frame in which the
late light would be seen.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.colour import srgb_to_linear
from lightproof.consent import consent_of_simulated_subject
from lightproof.evaluation.workers.local import in_order
from lightproof.policy import Policy
from lightproof.rigs.protocol import Frame, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.light_paths import DirectLight
from lightproof.simulation.screen import Panel
from lightproof.verification import verify
from studies import command, tables
from studies.requests import request_of

_HEAD: Final = (
    "place",
    "added delay",
    "verified",
    "inconclusive",
    "not verified",
    "reasons",
    "measured − true, sd",
)
DELAYS_S: Final = (0.0, 0.010, 0.015, 0.020, 0.025, 0.030, 0.040, 0.060, 0.100)
FIRST_SEED: Final = 900
RELAYED_REFRESH_HZ: Final = 60.0
"""Of the display before the camera: it adds 8 ms on average, as its refreshes fall."""


class Place(StrEnum):
    """Where a relay stands."""

    INSIDE = "inside the feed"
    BEFORE = "before the camera"
    STAMPED_BACK = "stamped back"
    DROPPING = "dropping after flips"


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that is to be played: place, response of the face, delay in seconds, and the seed."""

    place: Place
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


class DisplayedLight(DirectLight):
    """The light of a relay whose answer stands on a display of its own before the camera."""

    def __init__(self, panel: Panel, delay_s: float, phase_s: float) -> None:
        super().__init__(panel)
        self._display = Panel(RELAYED_REFRESH_HZ, panel.latency_s, panel.rise_s, phase_s)
        self._relayed_s = delay_s

    def shown(self, flip_s: float, illumination: NDArray[np.uint8]) -> None:
        """Let the light change at the first refresh of the display after the delay."""
        shown_s = self._display.next_refresh_s(flip_s + self._relayed_s)
        self.screen_light.add(shown_s + self._display.latency_s, srgb_to_linear(illumination))


class RelayRig(SimulatedRig):
    """A simulated rig with a relay at a place."""

    def stand(self, relay: Relay) -> None:
        """Let the relay stand at its place."""
        self._relay, self._changed_s = relay, -1.0
        if relay.place is Place.BEFORE:
            phase_s = np.random.default_rng(relay.seed).uniform(0, 1 / RELAYED_REFRESH_HZ)
            self._light = DisplayedLight(self._panel, relay.delay_s, float(phase_s))

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show as the rig does, and note when the challenge's light changed."""
        flip_s = super().show(illumination, at_s)
        self._changed_s = flip_s if at_s is not None else self._changed_s
        return flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the rig's frames as the feed hands them on."""
        relay = self._relay
        for frame in super().frames(until_s):
            ended_s = frame.sensor_time_s + frame.exposure_s
            period_s = 1 / self.description.frame_rate_hz
            if relay.place is Place.DROPPING and 0 <= ended_s - self._changed_s < period_s:
                continue
            if relay.place is Place.STAMPED_BACK:
                yield replace(frame, sensor_time_s=frame.sensor_time_s - relay.delay_s)
            else:
                yield frame


def play(relay: Relay) -> RelayEnding:
    """Play a relay, presence only and with all decoys."""
    settings = {"delay_s": str(relay.delay_s), "response": str(relay.response)}
    rig = open_rig(RigOptions(seed=relay.seed, attack="relay", settings=settings))
    rig.__class__ = RelayRig
    assert isinstance(rig, RelayRig)
    rig.stand(relay)
    policy = Policy(presence_only=True)
    purpose = "relays are told by their delay"
    request = request_of(purpose, relay.seed, policy)
    session = verify(
        rig,
        request,
        options=SessionOptions(
            entropy=Entropy.from_seed(relay.seed), sign=False, ask=consent_of_simulated_subject
        ),
    )
    verdict, reasons = session.verdict.outcome.value, tuple(map(str, session.verdict.reasons))
    latency = None if session.evidence is None else session.evidence.latency
    if latency is None or latency.latency_s is None or latency.calibrated_s is None:
        return RelayEnding(verdict, reasons, None)
    return RelayEnding(verdict, reasons, latency.latency_s - latency.calibrated_s - relay.delay_s)


def row(place: Place, delay_s: float, endings: Sequence[RelayEnding]) -> tuple[object, ...]:
    """Return the row of all relays of one place and delay."""
    verdicts = Counter(ending.verdict for ending in endings)
    reasons = Counter(reason for ending in endings for reason in ending.reasons)
    errors_ms = [1000 * ending.error_s for ending in endings if ending.error_s is not None]
    return (
        place.value,
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
    parser.add_argument(
        "--response",
        type=float,
        default=0.15,
        metavar="SHARE",
        help="screen light over ambient light on the face (0.15)",
    )
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "relay")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    settings = list(product(Place, DELAYS_S))
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    relays = [
        Relay(place, arguments.response, delay_s, seed) for place, delay_s in settings for seed in seeds
    ]
    played = in_order(relays, arguments.jobs, play)
    rows = (
        row(*setting, played[number * len(seeds) : (number + 1) * len(seeds)])
        for number, setting in enumerate(settings)
    )
    tables.put(tables.markdown(_HEAD, rows), "relay", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
