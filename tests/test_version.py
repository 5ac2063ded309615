"""The version is written in one place, and everything that states it states the same."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
from email.parser import HeaderParser
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

import lightproof
from lightproof.cli import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def written() -> Version:
    """The version in Cargo.toml; a pre-release of Cargo's, 0.2.0-rc.1, is Python's 0.2.0rc1."""
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]
    return Version(workspace["package"]["version"])


def test_the_version_is_written_in_cargo_toml_and_nowhere_else(written: Version) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    crates = [tomllib.loads(path.read_text(encoding="utf-8")) for path in ROOT.glob("rust/*/Cargo.toml")]
    inherited = {
        crate["package"]["name"] for crate in crates if crate["package"].get("version") == {"workspace": True}
    }
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    assert inherited >= {"lightproof-core", "lightproof-py"}


def test_the_package_the_command_and_the_installed_wheel_state_it(
    written: Version, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lightproof {lightproof.__version__}\n"
    assert lightproof.__version__ == version("lightproof")
    assert Version(lightproof.__version__) == written


def test_the_source_distribution_states_it_and_holds_what_a_build_needs(
    written: Version, tmp_path: Path
) -> None:
    maturin = Path(sys.executable).with_name("maturin")
    subprocess.run([maturin, "sdist", "--out", tmp_path], cwd=ROOT, check=True, capture_output=True)
    (path,) = tmp_path.iterdir()
    with tarfile.open(path) as sdist:
        top, names = path.name.removesuffix(".tar.gz"), sdist.getnames()
        stated = sdist.extractfile(f"{top}/PKG-INFO")
        assert stated is not None
        assert Version(HeaderParser().parsestr(stated.read().decode())["Version"]) == written
    held = {name.removeprefix(f"{top}/") for name in names}
    assert {"LICENSE", "Cargo.lock", "Cargo.toml", "rust/core/src/lib.rs", "rust/py/src/lib.rs"} <= held
    assert not {name for name in held if name.startswith(("tests/", "docs/", "studies/"))}
