"""Every direct dependency at its lower bound: `python .ci/floors.py` prints them as requirements for pip.

A lower bound that nobody installs is a guess. `make test-floors` installs these and runs the tests.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

NOT_BESIDE_THE_OTHERS = frozenset({"tflite-runtime", "demo"})
"""Extras that ask for another NumPy than the rest (its test has an environment of its own), or repeat
others."""


def floors(pyproject: Path = PYPROJECT) -> list[str]:
    """Return `name==bound` for each dependency that applies on this machine, sorted.

    Raises:
        SystemExit: a dependency has no lower bound, or two different ones.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    listed = list(project["dependencies"])
    listed += [line for name in extras if name not in NOT_BESIDE_THE_OTHERS for line in extras[name]]
    found: dict[str, str] = {}
    for requirement in map(Requirement, listed):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        bounds = [bound.version for bound in requirement.specifier if bound.operator == ">="]
        if len(bounds) != 1 or found.setdefault(requirement.name, bounds[0]) != bounds[0]:
            raise SystemExit(f"{requirement}: give it one lower bound with >=, the same everywhere")
    return [f"{name}=={bound}" for name, bound in sorted(found.items())]


if __name__ == "__main__":
    print("\n".join(floors()))
