"""Counts the demo's verdicts over many seeds, the worst first, as the table of docs/verdicts.md.

Run: .venv/bin/python -m studies.verdicts.demo [number of seeds, 50 if not given]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lightproof.cores import usable_cores

LIGHTPROOF = Path(sys.executable).with_name("lightproof")
ORDER = ("verified", "inconclusive", "not_verified")


def verdicts(seed: int) -> list[tuple[str, str, str]]:
    """Return case, verdict and reasons of one demo, played in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [LIGHTPROOF, "demo", "--seed", str(seed), "--json", "--report", f"{folder}/report.html"]
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [(case["case"], case["verdict"], ", ".join(case["reasons"])) for case in json.loads(output)]


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    with ThreadPoolExecutor(usable_cores()) as threads:
        for played in threads.map(verdicts, range(1, seeds + 1)):
            for case, verdict, why in played:
                counts[case][verdict] += 1
                reasons[case][why or "–"] += 1

    def wrong(case: str) -> int:
        right = "verified" if case == "bona_fide" else "not_verified"
        return seeds - counts[case][right]

    print("| case | verified | inconclusive | not verified | reasons |")
    print("|---|---|---|---|---|")
    for case in sorted(counts, key=wrong, reverse=True):
        row = " | ".join(str(counts[case][verdict]) for verdict in ORDER)
        why = "; ".join(f"{reason} {count}" for reason, count in reasons[case].most_common(3))
        print(f"| {case} | {row} | {why} |")


if __name__ == "__main__":
    main()
