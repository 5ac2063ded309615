"""The command that makes bases goes on where it stopped and says in one line what it lacks."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from lightproof.simulation import basis
from lightproof.simulation.basis import LightTransport
from studies.bases import __main__ as command
from studies.bases.recipe import Recipe


class _Lab:
    """A folder of inputs and one of outputs, with a renderer that makes black pictures and counts."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "out"
        self.made: list[str] = []
        self.__version__ = "3.9.1"

    def render(self, recipe: Recipe, *rest: object) -> LightTransport:
        self.made.append(f"{recipe.species}_{recipe.index}")
        black = np.zeros((16, 16, 3), dtype=np.float32)
        meta = rest[-1]
        assert isinstance(meta, dict)
        return LightTransport((black, black, black, black), {"dome": black}, None, meta)

    def run(self, *options: str) -> int:
        return command.main(
            ["--inputs", "inputs", "--out", str(self.out), "--species", "flat_print", *options]
        )


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Lab:
    """Return a command whose inputs are all there and whose pictures cost nothing."""
    lab = _Lab(tmp_path)
    monkeypatch.setattr(command, "verified", lambda _, files, **__: dict.fromkeys(files, "0" * 64))
    monkeypatch.setattr(command, "mitsuba", lambda: lab)
    monkeypatch.setattr(command, "load_photograph", lambda _: None)
    monkeypatch.setattr(command, "light_transport", lab.render)
    return lab


def test_every_basis_is_made_once_and_more_are_added(lab: _Lab) -> None:
    assert lab.run("--count", "2") == 0
    assert lab.made == ["flat_print_0", "flat_print_1"]
    assert lab.run("--count", "3") == 0
    assert lab.made == ["flat_print_0", "flat_print_1", "flat_print_2"]
    assert basis.load(lab.out / "flat_print_002.npz").species == "flat_print"


def test_an_interrupted_basis_leaves_no_file(lab: _Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("numpy.savez_compressed", interrupted)
    assert lab.run("--count", "1") == 130
    assert list(lab.out.iterdir()) == []


@pytest.mark.parametrize("change", [("--seed", "12"), ("--samples", "8"), ("--subjects", "001,002")])
def test_a_basis_that_was_made_otherwise_is_not_taken_for_this_one(
    lab: _Lab, change: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    lab.run("--count", "1")
    assert lab.run("--count", "1", *change) == 1
    assert "was made otherwise" in capsys.readouterr().err
    assert lab.made == ["flat_print_0"]


def test_a_damaged_basis_is_named(lab: _Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.run("--count", "1")
    (lab.out / "flat_print_000.npz").write_bytes(b"cut short")
    assert lab.run("--count", "1") == 1
    assert "flat_print_000.npz" in capsys.readouterr().err


def test_missing_inputs_are_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--inputs", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ICT-FaceKit" in said
    assert not (tmp_path / "out").exists()


def test_a_missing_renderer_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "verified", lambda _, files, **__: dict.fromkeys(files, "0" * 64))
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    assert command.main(["--inputs", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "pip install --group studies" in said


@pytest.mark.parametrize("wrong", [("--species", "wax_mask"), ("--subjects", "1"), ("--count", "0")])
def test_wrong_usage_touches_nothing(lab: _Lab, wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        lab.run(*wrong)
    assert caught.value.code == 2
    assert not lab.out.exists()
