"""A clock that is behind is told where results are signed, and nowhere else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lightproof.device import load_or_create_device_key
from lightproof.system_time import SOFTWARE_S, clock_complaint


def test_a_clock_before_the_release_of_this_software_is_behind() -> None:
    complaint = clock_complaint(now_s=0.0)
    assert complaint is not None
    assert complaint.startswith(
        "this device's clock is behind: it says 1970-01-01 00:00 UTC, and this software"
    )
    assert "set it (timedatectl" in complaint


def test_a_clock_before_the_device_key_was_made_is_behind() -> None:
    made_s = SOFTWARE_S + 1e6
    complaint = clock_complaint(made_s, made_s - 3600)
    assert complaint is not None
    assert "the device key was made on" in complaint


@pytest.mark.parametrize("ahead_s", [-30.0, 0.0, 1e9])
def test_a_clock_that_nothing_contradicts_is_not_complained_of(ahead_s: float) -> None:
    made_s = SOFTWARE_S + 1e6
    assert clock_complaint(made_s, made_s + ahead_s) is None
    assert clock_complaint() is None


def test_a_key_knows_when_its_file_was_written(tmp_path: Path) -> None:
    made_s = load_or_create_device_key(tmp_path / "home").made_s
    assert made_s is not None
    assert abs(time.time() - made_s) < 60
