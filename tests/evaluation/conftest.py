"""Fixtures of the evaluation's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation import evaluation_material as material


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that tells which trials were run, by whatever worker."""
    path = tmp_path / "runs.txt"
    path.touch()
    monkeypatch.setenv(material.RUNS_VARIABLE, str(path))
    return path
