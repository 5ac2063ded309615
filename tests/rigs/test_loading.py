"""Rigs are found by name, by entry point and by module, and nothing that is no rig passes for one."""

from __future__ import annotations

import importlib
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lightproof.errors import (
    CameraNotFoundError,
    DisplayNotFoundError,
    InputError,
    RecordingError,
    RigError,
    RigNotFoundError,
)
from lightproof.rigs import loading
from lightproof.rigs.desktop.camera import CameraDevice
from lightproof.rigs.loading import open_rig, rig_names
from lightproof.rigs.protocol import Rig, RigOptions
from tests.rigs.tiny_rig import TinyRig

CAMERA = CameraDevice(Path("/dev/video0"), "Cam")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of an importable module ``bench_rig``, which the test writes."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "bench_rig", raising=False)
    importlib.invalidate_caches()
    return tmp_path / "bench_rig.py"


def give_entry_points(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    found = [EntryPoint(name, value, "lightproof.rigs") for name, value in points.items()]
    monkeypatch.setattr(loading, "entry_points", lambda group: found)


def test_a_rig_is_loaded_from_a_module_and_gets_the_options(module: Path) -> None:
    module.write_text(
        "from tests.rigs.tiny_rig import TinyRig\ndef open(options): return TinyRig(seed=options.seed)\n"
    )
    rig = open_rig("bench_rig:open", RigOptions(seed=5))
    assert isinstance(rig, Rig)
    assert rig.description.name == "tiny"


def test_a_rig_is_loaded_from_an_attribute_of_a_class(module: Path) -> None:
    module.write_text(
        "from tests.rigs.tiny_rig import TinyRig\n"
        "class Bench:\n"
        "    @staticmethod\n"
        "    def open(options): return TinyRig()\n"
    )
    assert open_rig("bench_rig:Bench.open", RigOptions()).description.name == "tiny"


def test_a_rig_is_loaded_by_the_name_of_its_entry_point(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module.write_text("from tests.rigs.tiny_rig import TinyRig\ndef open(options): return TinyRig()\n")
    give_entry_points(monkeypatch, bench="bench_rig:open")
    assert open_rig("bench", RigOptions()).description.name == "tiny"
    assert "bench" in rig_names()


def test_no_package_can_take_over_a_name_of_the_house(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module.write_text("from tests.rigs.tiny_rig import TinyRig\ndef open(options): return TinyRig()\n")
    give_entry_points(monkeypatch, recording="bench_rig:open", auto="bench_rig:open")
    with pytest.raises(RecordingError):
        open_rig("recording", RigOptions())
    monkeypatch.setattr(loading, "find_cameras", lambda: ())
    with pytest.raises(RigError, match="'auto' found"):
        open_rig("auto", RigOptions())


def test_the_package_declares_the_same_rigs_that_it_loads() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["entry-points"]["lightproof.rigs"] == dict(loading._BUILT_IN)


@pytest.mark.parametrize("target", sorted(loading._BUILT_IN.values()))
def test_every_rig_of_the_house_can_be_imported(target: str) -> None:
    module, _, attribute = target.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("name", ["toaster", "", "Desktop", "simulated "])
def test_an_unknown_name_is_refused_with_the_list_of_known_ones(name: str) -> None:
    with pytest.raises(RigNotFoundError, match="use one of auto, desktop, recording, simulated") as caught:
        open_rig(name, RigOptions())
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("no_such_bench:open", "there is no module 'no_such_bench'"),
        ("no_such_bench.inner:open", "there is no module 'no_such_bench.inner'"),
        ("bench_rig:absent", "no callable 'absent'"),
        ("bench_rig:", "not of the form module:factory"),
        ("bench_rig:NUMBER", "no callable 'NUMBER'"),
        (":open", "not of the form module:factory"),
        ("bench rig:open", "not of the form module:factory"),
        (".bench_rig:open", "not of the form module:factory"),
    ],
)
def test_a_module_or_factory_that_is_not_there_is_not_found(module: Path, name: str, complaint: str) -> None:
    module.write_text("NUMBER = 5\n")
    with pytest.raises(RigNotFoundError, match=complaint):
        open_rig(name, RigOptions())


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("import no_such_dependency", "ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("def open(options:", "SyntaxError"),
        ("raise ValueError('a\\nb')", "ValueError: a b"),
        ("def open(options): raise OSError('no bench')", "OSError: no bench"),
        ("def open(): pass", "TypeError"),
        ("def open(options): return object()", "returned a object, which is not a Rig"),
        ("def open(options): return None", "returned a NoneType, which is not a Rig"),
    ],
)
def test_a_factory_that_fails_is_one_clear_error(module: Path, code: str, complaint: str) -> None:
    module.write_text(code + "\n")
    with pytest.raises(RigError, match=complaint) as caught:
        open_rig("bench_rig:open", RigOptions())
    assert not isinstance(caught.value, RigNotFoundError)
    assert "\n" not in str(caught.value)


def test_an_error_of_the_house_passes_as_it_is(module: Path) -> None:
    module.write_text(
        "from lightproof.errors import InputError\ndef open(options): raise InputError('bad subject')\n"
    )
    with pytest.raises(InputError, match=r"^bad subject$"):
        open_rig("bench_rig:open", RigOptions())


@pytest.mark.parametrize(
    ("cameras", "display", "kind", "missing"),
    [
        ((), False, RigNotFoundError, "no camera and no screen"),
        ((), True, CameraNotFoundError, "a screen but no camera"),
        ((CAMERA,), False, DisplayNotFoundError, "a camera but no screen"),
    ],
)
def test_auto_names_what_is_missing_and_never_simulates(
    monkeypatch: pytest.MonkeyPatch,
    cameras: tuple[CameraDevice, ...],
    display: bool,
    kind: type[RigError],
    missing: str,
) -> None:
    monkeypatch.setattr(loading, "find_cameras", lambda: cameras)
    monkeypatch.setattr(loading, "display_available", lambda: display)
    with pytest.raises(kind, match=f"'auto' found {missing}.*or try it without any by --rig simulated"):
        open_rig("auto", RigOptions())


def test_auto_is_the_desktop_where_a_camera_and_a_screen_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path))
    monkeypatch.setattr(loading, "find_cameras", lambda: (CAMERA,))
    monkeypatch.setattr("lightproof.rigs.desktop.camera.find_cameras", lambda: (CAMERA,))
    monkeypatch.setattr(loading, "display_available", lambda: True)
    assert open_rig("auto", RigOptions()).description.kind == "desktop"


def test_the_tiny_rig_of_the_tests_is_a_rig() -> None:
    assert isinstance(TinyRig(), Rig)
