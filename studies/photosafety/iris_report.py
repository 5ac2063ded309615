"""Has IRIS judge challenges and known-bad light.

IRIS (Electronic Arts) comes as iris-pse-detection in an environment of its own, because it brings another
OpenCV; ``make photosafety-iris`` makes that environment. It counts transitions of the average of the whole
picture, in which the two halves of a challenge could cancel out: so it is also shown one quadrant alone, all
over the screen.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np

from lightproof.challenge import PALETTE_SRGB, Challenge
from lightproof.errors import LightproofError
from lightproof.policy import Mode
from studies import command, tables
from studies.photosafety.light_video import ShownLight, alternating, light_of, random_light, write_video
from studies.photosafety.panels import swap_codes

_HEAD: Final = ("light", "videos", "IRIS says", "luminance transitions/s", "red transitions/s")
FLICKER: Final = "black and white at 5 Hz"
JUDGE: Final = Path(__file__).with_name("iris_judge.py")
SIZE: Final = (128, 72)
"""IRIS measures shares of the picture's area: the size changes the time it takes, not what it says."""
FULL_SIZE: Final = (1280, 720)


class IrisError(LightproofError, RuntimeError):
    """IRIS failed, or does not say what it should."""


@dataclass(frozen=True)
class IrisVerdict:
    """What IRIS says. Transitions are the most in one second: it warns from 4 on and fails above 6."""

    result: str
    warning_frames: int
    luminance_transitions: int
    red_transitions: int
    version: str

    @property
    def is_pass(self) -> bool:
        """Whether it passed with no warning."""
        return self.result == "Pass" and self.warning_frames == 0


def judged(iris_python: str, lights: list[ShownLight], size: tuple[int, int] = SIZE) -> list[IrisVerdict]:
    """Write the lights as videos and have IRIS judge them.

    Raises:
        IrisError: IRIS failed, or was given pictures that are not the light that was written.
    """
    with tempfile.TemporaryDirectory() as folder:
        videos = [Path(folder) / f"{number}.mkv" for number in range(len(lights))]
        for video, light in zip(videos, lights, strict=True):
            write_video(light, video, *size)
        done = subprocess.run(
            [iris_python, str(JUDGE), *map(str, videos)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise IrisError(f"IRIS failed: {done.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    for light, verdict in zip(lights, found, strict=True):
        if not np.array_equal(verdict.pop("colours"), light.frames()):
            raise IrisError(f"{verdict['video']} does not show the light that was written")
        verdict.pop("video")
    return [IrisVerdict(**verdict) for verdict in found]


def drawn(mode: Mode, count: int) -> list[ShownLight]:
    """Return the challenges of the first seeds."""
    seeds = (number.to_bytes(32, "little") for number in range(count))
    return [light_of(Challenge.generate(seed, mode)) for seed in seeds]


def swapped(mode: Mode) -> list[ShownLight]:
    """Return the most restless challenges: both halves of the screen swap two colours, for all pairs."""
    pairs = itertools.combinations(range(len(PALETTE_SRGB)), 2)
    codes = [swap_codes(first, second) for first, second in pairs]
    return [light_of(Challenge.from_codes(each, mode)) for each in codes]


def one_quadrant(lights: list[ShownLight]) -> list[ShownLight]:
    """Return the same lights, each by its top left quadrant alone."""
    return [light.only(0) for light in lights]


def bad_lights(count: int) -> dict[str, list[ShownLight]]:
    """Return light that nobody should show, and random full-range light, which this project does not use."""
    seeds = range(count)
    return {
        FLICKER: [alternating((0, 0, 0), (255, 255, 255), 5)],
        "saturated red and the grey of its luminance at 5 Hz": [alternating((255, 0, 0), (127, 127, 127), 5)],
        "random RGB every 0.2 s, whole screen": [random_light(seed, whole=True) for seed in seeds],
        "random RGB every 0.2 s, by quadrants": [random_light(seed, whole=False) for seed in seeds],
    }


def row(name: str, verdicts: list[IrisVerdict]) -> tuple[object, ...]:
    """Return the row of the lights of one kind."""
    results = [verdict.result for verdict in verdicts]
    return (
        name,
        len(verdicts),
        ", ".join(f"{results.count(result)} {result}" for result in sorted(set(results))),
        max(verdict.luminance_transitions for verdict in verdicts),
        max(verdict.red_transitions for verdict in verdicts),
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status, which is an error's if IRIS does not pass every challenge."""
    parser = command.new_parser("studies.photosafety.iris_report", __doc__)
    add = parser.add_argument
    add("--iris", required=True, metavar="PYTHON", help="of the environment with iris-pse-detection")
    add(
        "--count",
        type=command.at_least(1),
        default=20,
        help="challenges of each mode, and random lights (20)",
    )
    tables.add_write_option(parser, "photosafety.md", "iris")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    good: dict[str, list[IrisVerdict]] = {}
    for mode in get_args(Mode):
        for name, lights in (("drawn", drawn(mode, arguments.count)), ("colours swapped", swapped(mode))):
            good[f"{mode}, {name}"] = judged(arguments.iris, lights)
            good[f"{mode}, {name}, one quadrant"] = judged(arguments.iris, one_quadrant(lights))
        good[f"{mode}, drawn, 1280 × 720"] = judged(arguments.iris, drawn(mode, 1), FULL_SIZE)
    bad = {name: judged(arguments.iris, lights) for name, lights in bad_lights(arguments.count).items()}
    tables.put(
        tables.markdown(_HEAD, (row(*one) for one in (good | bad).items())),
        "iris",
        arguments.write,
        command=arguments.command,
        measured_with=[f"iris-pse-detection {version}" for version in {one.version for one in bad[FLICKER]}],
    )
    if not all(verdict.is_pass for verdicts in good.values() for verdict in verdicts):
        raise IrisError("IRIS does not pass every challenge without a warning; see the table")


if __name__ == "__main__":
    sys.exit(main())
