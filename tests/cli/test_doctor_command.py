"""The doctor says what is there, what is missing and what to do, and changes nothing."""

from __future__ import annotations

import importlib
import json
import os
import re
import stat
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner, Result

from lightproof.cli import doctor
from lightproof.errors import CameraBusyError
from lightproof.face import manifest
from lightproof.rigs.calibration_store import StoredCalibration, save_calibration
from lightproof.rigs.desktop.camera import CameraDevice
from lightproof.rigs.protocol import Calibration

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "doctor.schema.json"
CAMERA = CameraDevice(Path("/dev/video0"), "Fake Cam")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the state directory of a machine that has neither a camera nor a screen."""
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("lightproof.rigs.desktop.camera.find_cameras", lambda: ())
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    doctor.register(app)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["doctor", *arguments])


def examined(status: int = 0) -> dict[str, dict[str, Any]]:
    result = run("--json")
    assert result.exit_code == status, result.output
    said = json.loads(result.stdout)
    jsonschema.validate(said, json.loads(SCHEMA.read_text()))
    assert said["ok"] is (status == 0)
    return {check["name"]: check for check in said["checks"]}


def test_a_machine_without_camera_and_screen_is_well_enough_to_simulate(home: Path) -> None:
    checks = examined()
    assert checks["camera"]["status"] == checks["display"]["status"] == "warning"
    assert checks["camera"]["remedy"] == "connect a camera, or use --rig simulated"
    for name in (
        "python",
        "core",
        "packages",
        "runtime",
        "model mobilefacenet-fp16",
        "clock",
        "state directory",
    ):
        assert checks[name]["status"] == "ok", checks[name]


def test_the_doctor_changes_nothing(home: Path) -> None:
    examined()
    assert not home.exists()


def test_every_line_has_its_status_and_what_to_do_where_it_is_not_ok(home: Path) -> None:
    result = run()
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("warning", "problem")):
            assert lines[number + 1].strip().startswith("→ ")
        else:
            assert line.startswith(("ok ", "  "))


def test_the_schema_refuses_a_warning_without_a_remedy_and_an_unknown_status() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for status, remedy in (("warning", None), ("ok", "do it"), ("fine", None)):
        said = {"ok": True, "checks": [{"name": "x", "status": status, "message": "y", "remedy": remedy}]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(said, schema)


def test_a_screen_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":5")
    assert examined()["display"] == {"name": "display", "status": "ok", "message": ":5", "remedy": None}


def test_models_that_are_not_there_are_a_problem(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.toml").write_bytes(manifest.SHIPPED_MANIFEST.read_bytes())
    monkeypatch.setattr(manifest, "SHIPPED_MANIFEST", tmp_path / "models.toml")
    check = examined(status=1)["model mobilefacenet-fp16"]
    assert check["status"] == "problem"
    assert "mobilefacenet_fp16.tflite" in check["message"]


def test_a_model_with_a_wrong_hash_is_a_problem_and_the_others_are_still_looked_at(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in manifest.SHIPPED_MANIFEST.parent.iterdir():
        if path.suffix in (".toml", ".tflite"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with open(tmp_path / "face_landmark.tflite", "ab") as file:
        file.write(b"\0")
    monkeypatch.setattr(manifest, "SHIPPED_MANIFEST", tmp_path / "models.toml")
    checks = examined(status=1)
    assert checks["model mediapipe-face-mesh"]["status"] == "problem"
    assert "SHA-256" in checks["model mediapipe-face-mesh"]["message"]
    assert checks["model mobilefacenet-fp16"]["status"] == "ok"


def test_a_missing_runtime_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTPROOF_TFLITE", "toaster")
    assert "toaster" in examined(status=1)["models"]["message"]


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    importable = doctor._importable
    monkeypatch.setattr(doctor, "_importable", lambda module: module not in modules and importable(module))


def test_a_missing_required_package_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "joserfc")
    check = examined(status=1)["packages"]
    assert (check["message"], check["remedy"]) == (
        "missing or broken: joserfc",
        "pip install joserfc",
    )


def test_a_missing_extra_is_a_warning_but_for_the_one_that_simulates(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "pygame")
    check = examined()["extra desktop"]
    assert (check["status"], check["remedy"]) == ("warning", "pip install 'lightproof[desktop]'")
    without(monkeypatch, "scipy")
    assert examined(status=1)["extra simulation"]["status"] == "problem"


def test_the_required_packages_are_those_that_the_package_depends_on() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in project["project"]["dependencies"]}
    assert set(doctor._REQUIRED.values()) == wanted - {"ai-edge-litert"}  # one of several runtimes


def test_a_core_that_was_not_built_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def absent(name: str, package: str | None = None) -> Any:
        if name == "lightproof._core":
            raise ImportError("no such\nfile")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    check = examined(status=1)["core"]
    assert check["message"] == "the compiled core cannot be loaded (no such file)"


def test_an_old_python_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_OLDEST_PYTHON", (99, 1))
    assert examined(status=1)["python"]["remedy"] == "install Python 99.1 or later"


def test_a_clock_that_goes_back_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(20_000, 0, -1))
    monkeypatch.setattr("time.monotonic", lambda: float(next(times)))
    (check,) = doctor._clock()
    assert check.status == "problem"


def test_the_clock_that_is_looked_at_is_the_one_by_which_the_desktop_stamps(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    info = time.get_clock_info

    def get_clock_info(name: Any) -> Any:
        asked.append(name)
        return info(name)

    monkeypatch.setattr("time.get_clock_info", get_clock_info)
    monkeypatch.setattr("sys.platform", "win32")
    assert [check.status for check in doctor._clock()] == ["ok"]
    times = iter(range(20_000, 0, -1))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(times)))
    assert [check.status for check in doctor._clock()] == ["problem"]
    assert asked == ["perf_counter"] * 2


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_where_cameras_cannot_be_listed_none_is_made_up_and_linuxpy_is_not_missed(
    home: Path, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    without(monkeypatch, "linuxpy")
    monkeypatch.setattr("sys.platform", system)
    (check,) = doctor._cameras()
    assert (check.status, check.message) == ("warning", "cameras cannot be listed here; none was looked at")
    assert check.remedy == "try one by its number: --set camera=0 is the first"
    packages = {check.name: check for check in doctor._packages()}
    assert "linuxpy" not in packages["extra desktop"].message


def test_a_check_that_breaks_is_a_problem_and_stops_no_other(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise OSError("a\nb")

    monkeypatch.setitem(doctor._CHECKS, "clock", broken)
    checks = examined(status=1)
    assert checks["clock"]["message"] == "the check failed (OSError: a b)"
    assert checks["camera"]["status"] == "warning"


@pytest.mark.parametrize("mode", [0o777, 0o720])
def test_a_state_directory_that_others_can_write_to_is_a_problem(home: Path, mode: int) -> None:
    home.mkdir()
    home.chmod(mode)
    check = examined(status=1)["state directory"]
    assert check["remedy"] == f"chmod 700 {home}"
    assert stat.S_IMODE(home.stat().st_mode) == mode


def test_a_private_state_directory_with_a_private_key_is_fine(home: Path) -> None:
    from lightproof.device import load_or_create_device_key

    load_or_create_device_key()
    checks = examined()
    assert checks["state directory"]["status"] == checks["device key"]["status"] == "ok"


def test_a_device_key_that_others_can_read_is_a_problem(home: Path) -> None:
    from lightproof.device import KEY_FILE, load_or_create_device_key

    load_or_create_device_key()
    (home / KEY_FILE).chmod(0o640)
    assert examined(status=1)["device key"]["remedy"] == f"chmod 600 {home / KEY_FILE}"


def test_a_state_directory_of_somebody_else_is_a_problem(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "set LIGHTPROOF_HOME" in examined(status=1)["state directory"]["remedy"]


def test_a_state_directory_below_a_file_is_a_problem(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "file" / "home"))
    assert "cannot be written to" in examined(status=1)["state directory"]["message"]


@pytest.fixture
def camera(home: Path, monkeypatch: pytest.MonkeyPatch) -> CameraDevice:
    pytest.importorskip("linuxpy", reason="V4L2 cameras need the extra [desktop]")
    monkeypatch.setattr("lightproof.rigs.desktop.camera.find_cameras", lambda: (CAMERA,))
    return CAMERA


def lockable(monkeypatch: pytest.MonkeyPatch, answer: bool | Exception) -> None:
    def can_lock(device: CameraDevice) -> bool:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("lightproof.rigs.desktop.v4l2.can_lock", can_lock)


def test_a_camera_that_can_be_locked_is_fine(camera: CameraDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    lockable(monkeypatch, True)
    assert examined()["camera /dev/video0"]["status"] == "ok"


def test_a_camera_that_cannot_be_locked_is_a_warning(
    camera: CameraDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    lockable(monkeypatch, False)
    check = examined()["camera /dev/video0"]
    assert check["status"] == "warning"
    assert check["message"] == "Fake Cam: exposure or white balance cannot be locked"


def test_a_busy_camera_is_a_warning_with_its_own_remedy(
    camera: CameraDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    lockable(monkeypatch, CameraBusyError("camera is busy; close the program that uses it"))
    check = examined()["camera /dev/video0"]
    assert (check["message"], check["remedy"]) == ("camera is busy", "close the program that uses it")


def test_without_linuxpy_a_camera_proves_nothing(
    camera: CameraDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, "linuxpy")
    assert "cannot be proved without linuxpy" in examined()["camera /dev/video0"]["message"]


def test_a_rig_is_calibrated_or_told_to_be(camera: CameraDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    lockable(monkeypatch, True)
    assert examined()["calibration /dev/video0"]["remedy"] == "calibrate this camera with this screen"
    measured = datetime(2026, 1, 2, tzinfo=UTC)
    path = save_calibration(StoredCalibration("Fake Cam", Calibration(0.0431), measured))
    message = examined()["calibration /dev/video0"]["message"]
    assert message == "Fake Cam: latency 43 ms, measured 2026-01-02"
    path.write_text("{")
    check = examined()["calibration /dev/video0"]
    assert check["status"] == "warning"
    assert "is damaged" in check["message"]


def test_a_clock_that_is_behind_is_told_with_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined()["system time"]["status"] == "ok"
    monkeypatch.setattr("lightproof.system_time.SOFTWARE_S", time.time() + 86_400)
    check = examined()["system time"]
    assert check["status"] == "warning"
    assert "clock is behind" in check["message"]
    assert check["remedy"].startswith("set it")


def test_a_package_that_is_there_and_does_not_load_is_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "linuxpy.py").write_text("raise OSError('a library is missing')")
    monkeypatch.delitem(sys.modules, "linuxpy", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    check = examined()["extra desktop"]
    assert (check["status"], check["message"]) == ("warning", "missing or broken: linuxpy")


def test_every_extra_that_a_command_needs_is_looked_at() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert set(doctor._OPTIONAL) == set(extras) - {"demo", "tflite-runtime"}  # others together; a runtime
    for extra, modules in doctor._OPTIONAL.items():
        assert set(modules.values()) == {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in extras[extra]}
