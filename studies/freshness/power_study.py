"""How often freshness recognises a living face: against response, room, frame rate and seconds of light.

Run ``python -m studies.freshness.power_study --out docs/freshness-power.svg``; it prints the tables
of ``docs/freshness.md`` about living faces. That a *wrong* challenge passes no more often than the theorem
says is shown by :mod:`studies.freshness.wrong_challenge_study` on films of sessions, and by
``rust/core/tests/freshness_exact.rs`` on millions of synthetic videos.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from lightproof.evaluation.workers.local import in_order
from lightproof.files import write_atomic
from lightproof.policy import MAX_DECOYS
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from lightproof.simulation.conditions import Conditions
from studies.freshness.mean_light import LATENCY_S, Look, Session, Setting
from studies.freshness.power_chart import Curve, Screen, power_chart
from studies.freshness.ranking import comes_first

RESPONSES: Final = (0.003, 0.005, 0.007, 0.01, 0.014, 0.02, 0.03, 0.05, 0.1, 0.3)
ROOMS_LX: Final = (300.0, 1_000.0, 10_000.0)
FRAME_RATES_HZ: Final = (15.0, 30.0, 60.0)
SECONDS_RESPONSES: Final = (0.01, 0.02, 0.05, 0.15)
DWELLS: Final = range(5, 17)

ONE_LOOK: Final = ", one look"
SECONDS: Final = "seconds"


@dataclass(frozen=True, slots=True)
class Power:
    """How many sessions were recognised: by one look at all the light, and by the rule of four looks."""

    setting: Setting
    sessions: int
    one_look: int
    four_looks: int


def recognised(setting: Setting, seed: int, decoys: int = MAX_DECOYS) -> tuple[bool, bool]:
    """Return whether one session is recognised by one look at all its light, and by any of the four looks."""
    session = Session(setting, seed)
    one_look = four_looks = False
    for look in session.looks(LOOKS):
        four_looks = four_looks or _comes_first(session, look, decoys_at_a_look(decoys))
        if look.dwells == LOOKS[-1]:
            one_look = _comes_first(session, look, decoys)
    return one_look, four_looks


def power(setting: Setting, sessions: int, decoys: int = MAX_DECOYS) -> Power:
    """Return how many of ``sessions`` different sessions are recognised."""
    found = [recognised(setting, seed, decoys) for seed in range(sessions)]
    return Power(setting, sessions, sum(one for one, _ in found), sum(four for _, four in found))


def power_by_dwells(setting: Setting, sessions: int, decoys: int = MAX_DECOYS) -> list[int]:
    """Return how many sessions one look recognises if it comes after each number of :data:`DWELLS`."""
    counts = [0] * len(DWELLS)
    for seed in range(sessions):
        session = Session(setting, seed)
        for index, look in enumerate(session.looks(DWELLS)):
            counts[index] += _comes_first(session, look, decoys)
    return counts


def study(sessions: int, workers: int, progress: Callable[[str], None]) -> dict[str, list[Curve]]:
    """Measure all curves on so many cores: by room for both rules, and against seconds of light.

    Returns the room, ``"<room>, one look"`` and :data:`SECONDS` -> curves. ``progress`` is told every line of
    the tables as it is measured.
    """
    curves: dict[str, list[Curve]] = {}
    at = tuple(100 * response for response in RESPONSES)
    progress(_row("room, fps, rule", [f"{x:g} %" for x in at]))
    for room_lx in ROOMS_LX:
        room = f"{room_lx:,.0f} lx"
        for rate_hz in FRAME_RATES_HZ:
            settings = [Setting(response, room_lx, rate_hz) for response in RESPONSES]
            points = in_order(settings, workers, partial(power, sessions=sessions))
            for rule, counts in (
                ("", [point.four_looks for point in points]),
                (ONE_LOOK, [point.one_look for point in points]),
            ):
                curve = Curve(f"{rate_hz:g} fps", at, tuple(count / sessions for count in counts))
                curves.setdefault(room + rule, []).append(curve)
                progress(_row(f"{room}, {rate_hz:g}{rule}", counts))
    seconds = tuple(round(0.2 * dwells, 1) for dwells in DWELLS)
    progress(_row("response, one look", [f"{x:g} s" for x in seconds]))
    settings = [Setting(response) for response in SECONDS_RESPONSES]
    by_dwells = in_order(settings, workers, partial(power_by_dwells, sessions=sessions))
    for response, counts in zip(SECONDS_RESPONSES, by_dwells, strict=True):
        name = f"{100 * response:g} %"
        shares = tuple(count / sessions for count in counts)
        curves.setdefault(SECONDS, []).append(Curve(name, seconds, shares))
        progress(_row(name, counts))
    return curves


def draw(curves: dict[str, list[Curve]]) -> str:
    """Return the drawing of :func:`study` as an SVG file."""
    rooms = {f"{room_lx:,.0f} lx": room_lx for room_lx in ROOMS_LX}
    screens = {
        room: Screen("7-inch screen", 100 * Conditions(ambient_lx=room_lx).response_level)
        for room, room_lx in rooms.items()
    }
    description = (
        "Share of living faces that freshness recognises, in four panels: against the response from 0.3 to "
        f"30 percent in rooms of {', '.join(rooms)} at 15, 30 and 60 frames a second, and against 1 to 3.2 "
        "seconds of light. The figures are in the tables beside it."
    )
    return power_chart({room: curves[room] for room in rooms}, screens, curves[SECONDS], description)


def main() -> None:
    """Measure, print the tables and write the drawing."""
    parser = argparse.ArgumentParser(description="How often freshness recognises a living face.")
    parser.add_argument("--out", type=Path, required=True, metavar="SVG", help="where the drawing goes")
    parser.add_argument("--sessions", type=int, default=60, help="sessions for each point of each curve")
    parser.add_argument(
        "--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes (all cores)"
    )
    parser.add_argument("--curves", type=Path, metavar="JSON", help="drawn if it exists, else kept there")
    arguments = parser.parse_args()
    kept: Path | None = arguments.curves
    if kept is not None and kept.exists():
        read = json.loads(kept.read_text())
        curves = {
            name: [Curve(line["name"], tuple(line["at"]), tuple(line["shares"])) for line in lines]
            for name, lines in read.items()
        }
    else:
        curves = study(arguments.sessions, arguments.jobs, partial(print, flush=True))
        if kept is not None:
            content = {name: [asdict(line) for line in lines] for name, lines in curves.items()}
            write_atomic(kept, json.dumps(content), private=False)
    write_atomic(arguments.out, draw(curves), private=False)


def _comes_first(session: Session, look: Look, decoys: int) -> bool:
    return comes_first(look.face, session.timeline, [LATENCY_S], decoy_seed=session.decoy_seed, decoys=decoys)


def _row(name: str, cells: Sequence[object]) -> str:
    return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"


if __name__ == "__main__":
    main()
