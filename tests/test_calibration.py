"""Calibration: it finds what the simulated rig is made of, and keeps nothing that is not clear."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from lightproof import cli
from lightproof.calibration import Measured, mixing_from
from lightproof.cli import calibrate
from lightproof.errors import CalibrationError
from lightproof.rigs.desktop.rig import DesktopRig
from lightproof.rigs.protocol import Calibration, Frame

SCHEMA = Path(__file__).parents[1] / "docs" / "schemas" / "calibrate.schema.json"
TRUE_LATENCY_S = 0.012
TRUE_MIXING = np.array([[1.0, 0.06, 0.01], [0.05, 1.0, 0.06], [0.01, 0.08, 1.0]])
"""Of the simulated rig as it comes."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "home"


def _white_balanced(mixing: np.ndarray) -> np.ndarray:
    rows = mixing / mixing.sum(axis=1, keepdims=True)
    return np.asarray(rows / rows.max())


class IdleCamera:
    """A camera that is never opened."""

    name = "Idle camera"
    frame_rate_hz = 30.0

    def open(self) -> None: ...

    def lock(self) -> None: ...

    def read(self, timeout_s: float) -> Frame | None: ...

    def close(self) -> None: ...


def test_the_simulated_rig_is_found_as_it_is_made_and_nothing_is_stored(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")
    assert cli.main(["calibrate", "--rig", "simulated", "--seed", "3", "--repeats", "3", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    jsonschema.validate(measured, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert abs(measured["latency_s"] - TRUE_LATENCY_S) < 0.010
    assert measured["stored"] is None
    assert not home.exists()


def test_light_that_cannot_be_seen_calibrates_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")
    dark = ["--rig", "simulated", "--seed", "3", "--repeats", "3", "--set", "response=0"]
    assert cli.main(["calibrate", *dark]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "the latency was clear in 0 of 3 challenges" in printed.err


def test_a_latency_above_what_screen_and_camera_can_have_is_refused_with_figures_and_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")
    relayed = ["--rig", "simulated", "--seed", "3", "--repeats", "3", "--set", "panel_latency_s=0.3"]
    assert cli.main(["calibrate", *relayed]) == 1
    printed = capsys.readouterr().err
    assert "60 Hz" in printed
    assert "166 ms" in printed
    assert "something between the screen and the camera delays the picture" in printed


def test_the_mixing_is_recovered_off_skin_under_drift() -> None:
    rng = np.random.default_rng(5)
    shown = np.tile(np.where(np.repeat(np.eye(3), 2, axis=0) > 0, [[1.0], [0.0]] * 3, 0.337), (5, 1))
    skin = np.array([0.6, 0.4, 0.3])
    light = skin * (1.0 + 0.15 * shown @ TRUE_MIXING.T)
    drift = 1.0 + 0.02 * np.sin(np.linspace(0, 4, len(shown)))[:, None]
    mixing, sigma = mixing_from(light * drift + rng.normal(0, 1e-4, light.shape), shown)
    np.testing.assert_allclose(mixing, _white_balanced(TRUE_MIXING), atol=0.02)
    assert 0 < sigma < 0.02


def test_light_that_does_not_follow_the_screen_has_no_mixing() -> None:
    shown = np.tile(np.eye(3), (10, 1))
    mixing, sigma = mixing_from(-shown, shown)
    np.testing.assert_array_equal(mixing, np.eye(3))
    assert sigma == float("inf")


def test_what_was_measured_on_a_desktop_is_there_when_its_camera_is_used_again() -> None:
    calibration = Calibration(0.042, ((1.0, 0.1, 0.0), (0.0, 0.9, 0.1), (0.0, 0.0, 0.8)))
    rig = DesktopRig(IdleCamera())
    assert rig.description.calibration.latency_s is None
    stored = calibrate._store(rig, Measured(calibration, (0.042,) * 3, 0.0, 0.01))
    assert stored is not None
    assert DesktopRig(IdleCamera()).description.calibration == calibration


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_was_measured_is_told_also_where_it_cannot_be_kept(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")

    def full(*_: object) -> None:
        raise CalibrationError("calibration x cannot be written (No space left on device)")

    monkeypatch.setattr(calibrate, "_store", full)
    assert cli.main(["calibrate", "--rig", "simulated", "--seed", "3", "--repeats", "3", *words]) == 1
    printed = capsys.readouterr()
    assert "latency" in printed.out
    assert "cannot be written" in printed.err


@pytest.mark.parametrize(
    "arguments", [["--rig", "recording"], ["--rig", "desktop", "--seed", "1"], ["--repeats", "2"]]
)
def test_what_cannot_be_calibrated_is_wrong_usage(arguments: list[str]) -> None:
    assert cli.main(["calibrate", *arguments]) == 2
