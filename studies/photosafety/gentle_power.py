"""What gentle light costs where light is weak: in power, and in time until the light ends.

    python -m studies.photosafety.gentle_power --write docs/photosafety.md

Sessions are those of docs/freshness.md: the mean light of a living face, looked at after the same numbers
of dwells in either mode, at the full number of decoys. A look takes the time of a dwell while the light plays
on, so the light ends one dwell after the look that recognises the face, with the last dwell if none does.
"""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from lightproof.policy import MAX_DECOYS, Mode
from lightproof.presence.cues.freshness import LOOKS, decoys_at_a_look
from studies.doc_table import put
from studies.freshness.mean_light import LATENCY_S, Session, Setting
from studies.freshness.ranking import comes_first

MODES: Final[tuple[Mode, ...]] = ("standard", "gentle")
RESPONSES: Final = (0.005, 0.01, 0.02, 0.03)


def play(setting: Setting, seed: int) -> tuple[int | None, float]:
    """Play one session: the look that recognised the face, None if none did, and when the light ended."""
    session = Session(setting, seed)
    decoys, decoy_seed = decoys_at_a_look(MAX_DECOYS), session.decoy_seed
    for number, look in enumerate(session.looks(LOOKS)):
        if comes_first(look.face, session.timeline, [LATENCY_S], decoy_seed=decoy_seed, decoys=decoys):
            return number, min(look.dwells + 1, LOOKS[-1]) * session.challenge.dwell_s
    return None, session.challenge.duration_s


def table(sessions: int) -> str:
    """The table as Markdown."""
    lines = [
        "| response | mode | sessions | found by look 1 | 2 | 3 | 4 | light ends, median | 90 % | mean |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for response in RESPONSES:
            for mode in MODES:
                setting = Setting(response, mode=mode)
                played = list(pool.map(play, [setting] * sessions, range(sessions)))
                looks = [look for look, _ in played if look is not None]
                by_look = [sum(look <= last for look in looks) for last in range(len(LOOKS))]
                ends_s = [end_s for _, end_s in played]
                median, most, mean = np.median(ends_s), np.quantile(ends_s, 0.9), np.mean(ends_s)
                counts = " | ".join(map(str, by_look))
                lines.append(
                    f"| {response:.1%} | {mode} | {sessions} | {counts} | {median:.1f} s | {most:.1f} s "
                    f"| {mean:.1f} s |"
                )
                print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print the table, or put it into a document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=60, help="sessions of each response and mode")
    parser.add_argument(
        "--write", type=Path, help="document with the marks <!-- gentle-power --> and <!-- /gentle-power -->"
    )
    arguments = parser.parse_args()
    put(table(arguments.sessions), "gentle-power", arguments.write)


if __name__ == "__main__":
    main()
