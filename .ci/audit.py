"""Known flaws of the locked packages: `python .ci/audit.py`, where the advisories can be had.

Exit status 1 if a package of `locks/` has a known flaw. Where nobody can be asked, that is said, and the
status is 0: a build without a network is not a build with a flaw.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Ask for every lock file, and print a line for each flaw."""
    flawed = 0
    for lock in sorted((ROOT / "locks").glob("*.txt")):
        command = (sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json")
        done = subprocess.run(
            [*command, "--progress-spinner", "off", "--requirement", lock],
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            asked = [one for one in json.loads(done.stdout)["dependencies"] if "vulns" in one]
        except ValueError:
            asked = []
        if not asked:
            print(f"locks/{lock.name}: the advisories cannot be had here; nothing was audited")
            continue
        for package in asked:
            for flaw in package["vulns"]:
                flawed += 1
                mended = ", ".join(flaw["fix_versions"]) or "no version yet"
                print(f"{package['name']} {package['version']}: {flaw['id']}, mended in {mended}")
        print(f"locks/{lock.name}: {len(asked)} packages audited")
    return 1 if flawed else 0


if __name__ == "__main__":
    sys.exit(main())
