"""How often freshness recognises a living face: against response, room, frame rate and seconds of light.

That a *wrong* challenge passes no more often than the theorem
says is shown by :mod:`studies.freshness.wrong_challenge_study` on films of sessions, and by
``rust/core/tests/freshness_exact.rs`` on millions of synthetic videos.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from lightproof.errors import InputError
from lightproof.evaluation.workers.local import in_order
from lightproof.files import write_atomic
from lightproof.policy import MAX_DECOYS
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from lightproof.simulation.conditions import Conditions
from studies import command, tables
from studies.freshness.mean_light import LATENCY_S, MeanLightLook, MeanLightSession, Setting
from studies.freshness.power_chart import Curve, Screen, power_chart
from studies.freshness.ranking import comes_first

RESPONSES: Final = (0.003, 0.005, 0.007, 0.01, 0.014, 0.02, 0.03, 0.05, 0.1, 0.3)
ROOMS_LX: Final = (300.0, 1_000.0, 10_000.0)
FRAME_RATES_HZ: Final = (15.0, 30.0, 60.0)
SECONDS_RESPONSES: Final = (0.01, 0.02, 0.05, 0.15)
DWELLS: Final = range(5, 17)

ONE_LOOK: Final = ", one look"
SECONDS: Final = "seconds"
DRAWING: Final = "freshness-power.svg"


@dataclass(frozen=True, slots=True)
class Power:
    """How many sessions were recognised: by one look at all the light, and by the rule of all looks."""

    setting: Setting
    sessions: int
    one_look: int
    all_looks: int


def recognised(setting: Setting, seed: int, decoys: int = MAX_DECOYS) -> tuple[bool, bool]:
    """Return whether one session is recognised by one look at all its light, and by any look."""
    session = MeanLightSession(setting, seed)
    one_look = all_looks = False
    for look in session.looks(LOOKS):
        all_looks = all_looks or _comes_first(session, look, decoys_at_a_look(decoys))
        if look.dwells == LOOKS[-1]:
            one_look = _comes_first(session, look, decoys)
    return one_look, all_looks


def power(setting: Setting, sessions: int, decoys: int = MAX_DECOYS) -> Power:
    """Return how many of ``sessions`` different sessions are recognised."""
    found = [recognised(setting, seed, decoys) for seed in range(sessions)]
    return Power(setting, sessions, sum(one for one, _ in found), sum(any_look for _, any_look in found))


def power_by_dwells(setting: Setting, sessions: int, decoys: int = MAX_DECOYS) -> list[int]:
    """Return how many sessions one look recognises if it comes after each number of :data:`DWELLS`."""
    counts = [0] * len(DWELLS)
    for seed in range(sessions):
        session = MeanLightSession(setting, seed)
        for index, look in enumerate(session.looks(DWELLS)):
            counts[index] += _comes_first(session, look, decoys)
    return counts


@dataclass(frozen=True, slots=True)
class Study:
    """What was measured, with this number of sessions for each figure.

    The room, ``"<room>, one look"`` and :data:`SECONDS` -> curves.
    """

    sessions: int
    curves: dict[str, list[Curve]]

    @classmethod
    def load(cls, path: Path) -> Study:
        """Read what :meth:`save` wrote.

        Raises:
            InputError: the file is not such a study.
            OSError: it cannot be read.
        """
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            curves = {
                name: [Curve(line["name"], tuple(line["at"]), tuple(line["shares"])) for line in lines]
                for name, lines in read["curves"].items()
            }
            return cls(int(read["sessions"]), curves)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} does not hold curves of this study ({error}); name another file"
            ) from error

    def save(self, path: Path) -> None:
        """Keep it in a JSON file."""
        write_atomic(path, json.dumps(asdict(self)), private=False)


def study(sessions: int, workers: int, progress: Callable[[str], None]) -> Study:
    """Measure all curves in several processes: by room for both rules, and against seconds of light."""
    curves: dict[str, list[Curve]] = {}
    at = tuple(100 * response for response in RESPONSES)
    for room_lx in ROOMS_LX:
        room = f"{room_lx:,.0f} lx"
        for rate_hz in FRAME_RATES_HZ:
            settings = [Setting(response, room_lx, rate_hz) for response in RESPONSES]
            points = in_order(settings, workers, partial(power, sessions=sessions))
            for rule, counts in (
                ("", [point.all_looks for point in points]),
                (ONE_LOOK, [point.one_look for point in points]),
            ):
                curve = Curve(f"{rate_hz:g} fps", at, tuple(count / sessions for count in counts))
                curves.setdefault(room + rule, []).append(curve)
                progress(f"{room}, {rate_hz:g} fps{rule}: {' '.join(map(str, counts))}")
    seconds = tuple(round(0.2 * dwells, 1) for dwells in DWELLS)
    settings = [Setting(response) for response in SECONDS_RESPONSES]
    by_dwells = in_order(settings, workers, partial(power_by_dwells, sessions=sessions))
    for response, counts in zip(SECONDS_RESPONSES, by_dwells, strict=True):
        name = f"{100 * response:g} %"
        shares = tuple(count / sessions for count in counts)
        curves.setdefault(SECONDS, []).append(Curve(name, seconds, shares))
        progress(f"{name}, by seconds: {' '.join(map(str, counts))}")
    return Study(sessions, curves)


def power_table(measured: Study) -> str:
    """Return the table by room and frame rate as Markdown: by any look / by one look at all the light."""
    rooms = [name for name in measured.curves if name + ONE_LOOK in measured.curves]
    pairs = [
        (room, looked, one)
        for room in rooms
        for looked, one in zip(measured.curves[room], measured.curves[room + ONE_LOOK], strict=True)
    ]
    head = ("room, fps", *(f"{at:g} %" for at in pairs[0][1].at))
    return tables.markdown(
        head,
        (
            (
                f"{room}, {looked.name.removesuffix(' fps')}",
                *(
                    f"{by_any} / {by_one}"
                    for by_any, by_one in zip(_counts(measured, looked), _counts(measured, one), strict=True)
                ),
            )
            for room, looked, one in pairs
        ),
    )


def seconds_table(measured: Study) -> str:
    """Return the table by seconds of light as Markdown."""
    curves = measured.curves[SECONDS]
    head = ("response", *(f"{at:g} s" for at in curves[0].at))
    return tables.markdown(head, ((curve.name, *_counts(measured, curve)) for curve in curves))


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


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.freshness.power_study", __doc__)
    add = parser.add_argument
    add("--sessions", type=command.at_least(1), default=60, metavar="COUNT", help="for each figure (60)")
    add("--curves", type=Path, metavar="JSON", help="taken from here if it exists, else measured and kept")
    add("--out", type=Path, metavar="SVG", help=f"where the drawing goes; with --write, {DRAWING} beside it")
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "freshness.md", "power", "power-seconds")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    kept: Path | None = arguments.curves
    if kept is not None and kept.exists():
        measured = Study.load(kept)
    else:
        measured = study(arguments.sessions, arguments.jobs, command.tell)
        if kept is not None:
            measured.save(kept)
    for name, table in (("power", power_table(measured)), ("power-seconds", seconds_table(measured))):
        tables.put(table, name, arguments.write, command=arguments.command)
    drawing = arguments.out or (arguments.write and arguments.write.with_name(DRAWING))
    if drawing is not None:
        write_atomic(drawing, draw(measured.curves), private=False)


def _comes_first(session: MeanLightSession, look: MeanLightLook, decoys: int) -> bool:
    return comes_first(look.face, session.timeline, [LATENCY_S], decoy_seed=session.decoy_seed, decoys=decoys)


def _counts(measured: Study, curve: Curve) -> list[int]:
    return [round(share * measured.sessions) for share in curve.shares]


if __name__ == "__main__":
    sys.exit(main())
