"""What is installed beside us: lower bounds that are there, locks by hash, notices of what is linked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))


def _direct() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return [*PROJECT["dependencies"], *(line for name in extras for line in extras[name])]


def test_every_direct_dependency_has_one_lower_bound_that_is_tested() -> None:
    pytest.importorskip("packaging", reason="reading requirements needs packaging")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "floors.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    floors = dict(line.split("==") for line in done.stdout.split())
    assert {"numpy", "cryptography", "joserfc", "jinja2", "av", "distributed"} <= set(floors)
    assert tuple(map(int, floors["joserfc"].split("."))) >= (1, 6, 4)


def test_the_extras_are_named_once_and_all_of_them() -> None:
    table = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").split("## Extras")[1]
    named = re.findall(r"^\| `([\w-]+)` \|", table, flags=re.MULTILINE)
    assert sorted(named) == sorted(PROJECT["optional-dependencies"])
    extras = PROJECT["optional-dependencies"]
    assert set(extras["demo"]) == {*extras["simulation"], *extras["report"]}


@pytest.mark.parametrize(
    ("python", "platform", "machine", "installs"),
    [
        ("3.11", "linux", "x86_64", True),
        ("3.11", "linux", "armv7l", True),
        ("3.12", "linux", "x86_64", False),
        ("3.13", "linux", "aarch64", False),
        ("3.11", "darwin", "arm64", False),
        ("3.11", "win32", "AMD64", False),
    ],
)
def test_the_older_runtime_and_its_numpy_are_asked_for_only_where_there_are_wheels(
    python: str, platform: str, machine: str, installs: bool
) -> None:
    requirements = pytest.importorskip(
        "packaging.requirements", reason="reading requirements needs packaging"
    )
    there = {"python_version": python, "sys_platform": platform, "platform_machine": machine}
    for line in PROJECT["optional-dependencies"]["tflite-runtime"]:
        assert requirements.Requirement(line).marker.evaluate(there) is installs, line


def test_no_range_admits_an_opencv_that_writes_behind_its_buffer() -> None:
    specifiers = pytest.importorskip("packaging.requirements", reason="reading requirements needs packaging")
    asked = [specifiers.Requirement(line) for line in _direct() if line.startswith("opencv")]
    assert len(asked) == 2
    for version in ("4.10.0.84", "4.11.0.86"):
        assert not any(version in one.specifier for one in asked)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_a_lock_names_every_package_by_hash_and_no_place_to_fetch_it_from(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    entries = re.findall(
        r"^([a-z0-9-]+)==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE
    )
    assert len(entries) == len(re.findall("^[a-z]", text, re.MULTILINE)) > 20
    assert "http" not in text
    assert {re.split(r"[^a-z0-9-]", line.lower())[0] for line in PROJECT["dependencies"]} <= {
        name for name, _ in entries
    }


def test_there_are_locks_for_development_and_the_appliance() -> None:
    assert [lock.stem for lock in LOCKS] == ["appliance", "development"]


def test_the_notices_name_crates_that_are_locked_and_go_into_the_wheel() -> None:
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    known = {f"{package['name']} {package['version']}" for package in locked}
    named = re.findall(r"^(\S+ \d\S+) \(", (ROOT / "rust" / "NOTICES.txt").read_text("utf-8"), re.MULTILINE)
    assert len(named) > 20
    assert set(named) <= known
    assert {name.split()[0] for name in named} >= {"pyo3", "numpy", "chacha20", "hkdf", "sha2", "nalgebra"}
    assert "rust/NOTICES.txt" in PROJECT["license-files"]


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ('{"dependencies": [{"name": "x", "version": "1", "vulns": []}]}', 0, "1 packages audited"),
        (
            '{"dependencies": [{"name": "x", "version": "1", "vulns": [{"id": "C", "fix_versions": []}]}]}',
            1,
            "x 1: C, mended in no version yet",
        ),
        ('{"dependencies": [{"name": "x", "skip_reason": "not found"}]}', 0, "cannot be had here"),
        ("", 0, "cannot be had here"),
    ],
)
def test_a_flaw_stops_the_check_and_advisories_that_nobody_gives_are_said_to_be_missing(
    tmp_path: Path, answer: str, status: int, said: str
) -> None:
    (tmp_path / "pip_audit.py").write_text(f"print({answer!r})\n")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert said in done.stdout
