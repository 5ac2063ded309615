"""What a session takes of the machine's memory, and that it gives it back. A thousand: benches/memory.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MAX_MIB = 290.0
"""The goal of docs/numbers.md is 250. A process alone keeps it (206 to 224, 2026-11-27); one that ran beside
other tests came to 259. This is a guard, and not the goal."""
GROWTH_MIB = 3.0
"""Three frames of 1280 × 720 are 8 MiB: a session that kept even one picture of each would grow by more."""


@pytest.fixture(scope="module")
def told() -> str:
    """Return what the bench tells of nine replayed sessions in its own process; the first three warm up."""
    done = subprocess.run(
        [sys.executable, "-m", "benches.memory", "--sessions", "9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    return done.stdout


def number(told: str, name: str) -> float:
    """Return the number after a name."""
    found = re.search(rf"{name} ([+-]?[0-9.]+)", told)
    assert found is not None, told
    return float(found[1])


def test_a_whole_session_takes_hardly_more_than_its_goal(told: str) -> None:
    assert number(told, "peak") < MAX_MIB


def test_sessions_one_after_the_other_take_no_more_than_the_first(told: str) -> None:
    assert abs(number(told, "growth")) < GROWTH_MIB
