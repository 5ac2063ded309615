"""Has IRIS judge challenges and known-bad light, and makes a table of it for docs/photosafety.md.

    python -m studies.photosafety.iris_report --iris .venv-iris/bin/python --write docs/photosafety.md

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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from lightproof.challenge import PALETTE_SRGB, Challenge
from studies.doc_table import put
from studies.photosafety.light_video import Light, alternating, light_of, random_light, write_video
from studies.photosafety.panels import swap_codes

JUDGE: Final = Path(__file__).with_name("iris_judge.py")
SIZE: Final = (128, 72)
"""IRIS measures shares of the picture's area: the size changes the time it takes, not what it says."""
FULL_SIZE: Final = (1280, 720)


@dataclass(frozen=True)
class Verdict:
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


def judged(iris_python: str, lights: list[Light], size: tuple[int, int] = SIZE) -> list[Verdict]:
    """Write the lights as videos and have IRIS judge them.

    Raises:
        RuntimeError: IRIS failed.
        ValueError: the pictures that IRIS was given are not the light that was written.
    """
    with tempfile.TemporaryDirectory() as folder:
        videos = [Path(folder) / f"{number}.mkv" for number in range(len(lights))]
        for video, light in zip(videos, lights, strict=True):
            write_video(light, video, *size)
        done = subprocess.run(
            [iris_python, str(JUDGE), *map(str, videos)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"IRIS failed: {done.stderr[-2000:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    for light, verdict in zip(lights, found, strict=True):
        if not np.array_equal(verdict.pop("colours"), light.frames()):
            raise ValueError(f"{verdict['video']} does not show the light that was written")
        verdict.pop("video")
    return [Verdict(**verdict) for verdict in found]


def drawn(mode: str, count: int) -> list[Light]:
    """The challenges of the first seeds."""
    seeds = (number.to_bytes(32, "little") for number in range(count))
    return [light_of(Challenge.generate(seed, mode)) for seed in seeds]  # type: ignore[arg-type]


def swapped(mode: str) -> list[Light]:
    """The most restless challenges: both halves of the screen swap two colours, for all pairs."""
    pairs = itertools.combinations(range(len(PALETTE_SRGB)), 2)
    codes = [swap_codes(first, second) for first, second in pairs]
    return [light_of(Challenge.from_codes(each, mode)) for each in codes]  # type: ignore[arg-type]


def one_quadrant(lights: list[Light]) -> list[Light]:
    """The same lights, each by its top left quadrant alone."""
    return [light.only(0) for light in lights]


def bad_lights(count: int) -> dict[str, list[Light]]:
    """Light that nobody should show, and random full-range light, which this project does not use."""
    seeds = range(count)
    return {
        "black and white at 5 Hz": [alternating((0, 0, 0), (255, 255, 255), 5)],
        "saturated red and the grey of its luminance at 5 Hz": [alternating((255, 0, 0), (127, 127, 127), 5)],
        "random RGB every 0.2 s, whole screen": [random_light(seed, whole=True) for seed in seeds],
        "random RGB every 0.2 s, by quadrants": [random_light(seed, whole=False) for seed in seeds],
    }


def _row(name: str, verdicts: list[Verdict]) -> str:
    results = [verdict.result for verdict in verdicts]
    counted = ", ".join(f"{results.count(result)} {result}" for result in sorted(set(results)))
    luminance = max(verdict.luminance_transitions for verdict in verdicts)
    red = max(verdict.red_transitions for verdict in verdicts)
    return f"| {name} | {len(verdicts)} | {counted} | {luminance} | {red} |"


def main() -> None:
    """Print the table, or put it into a document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--iris", required=True, help="Python of the environment with iris-pse-detection")
    parser.add_argument("--count", type=int, default=20, help="challenges of each mode, and random lights")
    parser.add_argument("--write", type=Path, help="document with the marks <!-- iris --> and <!-- /iris -->")
    arguments = parser.parse_args()
    good = {}
    for mode in ("standard", "gentle"):
        for name, lights in (("drawn", drawn(mode, arguments.count)), ("colours swapped", swapped(mode))):
            good[f"{mode}, {name}"] = judged(arguments.iris, lights)
            good[f"{mode}, {name}, one quadrant"] = judged(arguments.iris, one_quadrant(lights))
        good[f"{mode}, drawn, 1280 × 720"] = judged(arguments.iris, drawn(mode, 1), FULL_SIZE)
    bad = {name: judged(arguments.iris, lights) for name, lights in bad_lights(arguments.count).items()}
    rows = [_row(name, verdicts) for name, verdicts in (good | bad).items()]
    head = (
        "| light | videos | IRIS says | luminance transitions/s | red transitions/s |\n|---|---|---|---|---|"
    )
    version = bad["black and white at 5 Hz"][0].version
    put("\n".join([head, *rows]) + f"\n\n*iris-pse-detection {version}.*", "iris", arguments.write)
    if not all(verdict.is_pass for verdicts in good.values() for verdict in verdicts):
        sys.exit("IRIS does not pass every challenge without a warning")


if __name__ == "__main__":
    main()
