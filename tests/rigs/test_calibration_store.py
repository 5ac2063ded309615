"""A calibration is kept whole and private, and a wrong one is never used."""

from __future__ import annotations

import dataclasses
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightproof.errors import CalibrationError
from lightproof.rigs.calibration_store import (
    StoredCalibration,
    calibration_path,
    load_calibration,
    save_calibration,
)
from lightproof.rigs.protocol import Calibration

CAMERA = "Integrated Camera: HD (1bcf:28c4)"
MIXING = ((1.0, 0.1, 0.0), (0.1, 0.9, 0.1), (0.0, 0.1, 0.8))
STORED = StoredCalibration(CAMERA, Calibration(0.0431, MIXING), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_a_calibration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    path = save_calibration(STORED, tmp_path)
    assert path == tmp_path / "calibration" / "integrated-camera-hd-1bcf-28c4.json"
    assert load_calibration(CAMERA, tmp_path) == STORED


def test_a_rig_whose_latency_was_never_measured_has_none(tmp_path: Path) -> None:
    assert load_calibration(CAMERA, tmp_path) is None
    unmeasured = StoredCalibration(CAMERA, Calibration(None, MIXING), STORED.measured)
    save_calibration(unmeasured, tmp_path)
    assert load_calibration(CAMERA, tmp_path) == unmeasured


def test_it_lies_in_the_state_directory_and_only_the_owner_can_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    path = save_calibration(STORED)
    assert path.is_relative_to(tmp_path / "home")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_calibration_of_the_older_format_is_read_and_says_nothing_of_delivery(tmp_path: Path) -> None:
    path = save_calibration(STORED, tmp_path)
    older = json.loads(path.read_text()) | {"format": 1}
    for name in ("spread_s", "delivery_s", "delivery_spread_s"):
        del older[name]
    path.write_text(json.dumps(older))
    assert load_calibration(CAMERA, tmp_path) == STORED


def test_what_a_frame_takes_to_arrive_comes_back_as_well(tmp_path: Path) -> None:
    measured = Calibration(0.0431, MIXING, spread_s=0.002, delivery_s=-0.001, delivery_spread_s=0.003)
    stored = StoredCalibration(CAMERA, measured, STORED.measured)
    save_calibration(stored, tmp_path)
    assert load_calibration(CAMERA, tmp_path) == stored


def test_a_new_calibration_replaces_the_old_one(tmp_path: Path) -> None:
    save_calibration(STORED, tmp_path)
    newer = StoredCalibration(CAMERA, Calibration(0.05, MIXING), STORED.measured)
    save_calibration(newer, tmp_path)
    assert load_calibration(CAMERA, tmp_path) == newer


@given(name=st.text())
def test_no_name_of_a_camera_leaves_the_directory(name: str) -> None:
    path = calibration_path(name, Path("/state"))
    assert path.parent == Path("/state/calibration")
    assert len(path.name) < 100
    assert not path.name.startswith(".")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 3},
        {"latency_s": -0.1},
        {"latency_s": 43.0},
        {"latency_s": "soon"},
        {"latency_s": True},
        {"mixing": [[1, 0, 0], [0, 1, 0]]},
        {"mixing": [[1, 0], [0, 1], [0, 0]]},
        {"mixing": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]},
        {"mixing": [[1, 0, 0], [0, float("nan"), 0], [0, 0, 1]]},
        {"mixing": None},
        {"measured": "yesterday"},
        {"measured": "2026-01-02T03:04:05"},
        {"camera": 5},
        {"extra": 1},
    ],
)
def test_a_damaged_calibration_is_refused_by_name(tmp_path: Path, change: dict[str, Any]) -> None:
    path = save_calibration(STORED, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(
        CalibrationError, match=r"calibration .* is damaged; delete it and calibrate this rig again"
    ):
        load_calibration(CAMERA, tmp_path)


@given(content=st.binary(max_size=300))
def test_no_bytes_crash_the_loader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("noise")
    path = save_calibration(STORED, directory)
    path.write_bytes(content)
    with pytest.raises(CalibrationError):
        load_calibration(CAMERA, directory)


def test_a_calibration_cut_at_any_byte_is_refused(tmp_path: Path) -> None:
    path = save_calibration(STORED, tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CalibrationError, match="damaged"):
            load_calibration(CAMERA, tmp_path)


def test_the_calibration_of_another_camera_is_not_used(tmp_path: Path) -> None:
    save_calibration(STORED, tmp_path)
    with pytest.raises(CalibrationError, match=r"belongs to camera 'Integrated Camera: HD \(1bcf:28c4\)'"):
        load_calibration("Integrated-Camera HD 1bcf 28c4", tmp_path)


def test_a_calibration_that_others_can_change_is_not_trusted(tmp_path: Path) -> None:
    save_calibration(STORED, tmp_path).chmod(0o666)
    with pytest.raises(CalibrationError, match="can be changed by others; check it and run: chmod 600"):
        load_calibration(CAMERA, tmp_path)


def test_a_calibration_that_cannot_be_read_is_an_error_and_not_absent(tmp_path: Path) -> None:
    calibration_path(CAMERA, tmp_path).mkdir(parents=True)
    with pytest.raises(CalibrationError, match="cannot be read"):
        load_calibration(CAMERA, tmp_path)


def test_values_out_of_range_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"latency of 43\.0 s is not within 0 and 1 s"):
        save_calibration(StoredCalibration(CAMERA, Calibration(43.0, MIXING), STORED.measured), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"calibration": Calibration(True, MIXING)},
        {"calibration": Calibration("0.05", MIXING)},  # type: ignore[arg-type]
        {"calibration": Calibration(float("nan"), MIXING)},
        {"calibration": Calibration(np.complex128(0.05), MIXING)},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, MIXING[:2])},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, tuple(row[:2] for row in MIXING))},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, np.eye(3))},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, (1.0, 2.0, 3.0))},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, (("1", 0, 0), (0, 1, 0), (0, 0, 1)))},  # type: ignore[arg-type]
        {"calibration": Calibration(0.05, ((1, 0, 0), (0, float("nan"), 0), (0, 0, 1)))},
        {"camera": "half \ud800"},
        {"camera": 5},
        {"camera": b"HD"},
        {"camera": "x" * 5000},
        {"measured": "2026-01-02T03:04:05Z"},
        {"measured": datetime(2026, 1, 2)},
    ],
)
def test_what_could_not_be_read_again_is_not_saved(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(CalibrationError, match=r"calibration of .* cannot be kept .*; measure again"):
        save_calibration(dataclasses.replace(STORED, **changed), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_numbers_of_numpy_are_saved_as_the_numbers_that_they_are(tmp_path: Path) -> None:
    rows = tuple(tuple(row) for row in np.array(MIXING))
    theirs = Calibration(np.float64(0.0431), rows)  # type: ignore[arg-type]
    save_calibration(dataclasses.replace(STORED, calibration=theirs), tmp_path)
    loaded = load_calibration(CAMERA, tmp_path)
    assert loaded == STORED
    assert loaded is not None
    assert type(loaded.calibration.latency_s) is float


def test_nothing_half_written_remains_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "calibration").write_text("a file")
    with pytest.raises(CalibrationError, match="cannot be written"):
        save_calibration(STORED, tmp_path)
    calibration_path(CAMERA, tmp_path / "other").mkdir(parents=True)
    with pytest.raises(CalibrationError, match="cannot be written"):
        save_calibration(STORED, tmp_path / "other")
    assert len(list((tmp_path / "other" / "calibration").iterdir())) == 1
