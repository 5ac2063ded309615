"""Counts the demo's verdicts over many seeds, the worst case first."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lightproof.errors import LightproofError
from lightproof.evaluation.workers.local import in_order
from studies import command, tables

_HEAD: Final = ("case", "verified", "inconclusive", "not verified", "reasons")
OUTCOMES: Final = ("verified", "inconclusive", "not_verified")
MAX_REASONS: Final = 3
"""Combinations of reasons that are named, the most frequent ones."""


class DemoError(LightproofError, RuntimeError):
    """A demo ended without its verdicts."""


def verdicts(seed: int) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return case, verdict and reasons of one demo, played in a process of its own.

    Raises:
        DemoError: it ended without them.
    """
    lightproof = str(Path(sys.executable).with_name("lightproof"))
    with tempfile.TemporaryDirectory() as folder:
        demo = [lightproof, "demo", "--seed", str(seed), "--json", "--report", f"{folder}/report.html"]
        done = subprocess.run(demo, capture_output=True, text=True, check=False)
    try:
        cases = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise DemoError(f"the demo with seed {seed} failed: {done.stderr.strip()[-500:]}") from error
    return [(case["case"], case["verdict"], tuple(case["reasons"])) for case in cases]


def table(played: Sequence[Sequence[tuple[str, str, tuple[str, ...]]]]) -> str:
    """Return the table of demos as Markdown: the case with the most wrong verdicts first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for case, verdict, why in (one for demo in played for one in demo):
        counts[case][verdict] += 1
        reasons[case][", ".join(f"`{reason}`" for reason in why) or "–"] += 1

    def wrong(case: str) -> int:
        return len(played) - counts[case]["verified" if case == "bona_fide" else "not_verified"]

    return tables.markdown(
        _HEAD,
        (
            (
                case.replace("_", " "),
                *(counts[case][outcome] for outcome in OUTCOMES),
                "; ".join(f"{why} {count}" for why, count in reasons[case].most_common(MAX_REASONS)),
            )
            for case in sorted(counts, key=wrong, reverse=True)
        ),
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.verdicts.demo", __doc__)
    parser.add_argument("--seeds", type=command.at_least(1), default=50, metavar="COUNT", help="demos (50)")
    command.add_jobs_option(parser)
    tables.add_write_option(parser, "verdicts.md", "demo")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    played = in_order(range(1, arguments.seeds + 1), arguments.jobs, verdicts)
    tables.put(table(played), "demo", arguments.write, command=arguments.command)


if __name__ == "__main__":
    sys.exit(main())
