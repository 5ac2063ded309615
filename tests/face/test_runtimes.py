"""Runtimes: litert and tflite-runtime give the same embeddings and the same decisions."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from lightproof.face.embedding import cosine
from lightproof.face.runtime import runtime_name
from tests.face.face_pictures import admiral, astronaut, networks

OTHER_PYTHON = "LIGHTPROOF_TFLITE_PYTHON"
PYTHON_FOLDER = Path(__file__).resolve().parents[2] / "python"
EMBED = """
import sys
import numpy as np
from lightproof.face.networks import load_networks
from lightproof.face.runtime import runtime_name
assert runtime_name() == sys.argv[1], runtime_name()
networks = load_networks()
with np.load(sys.argv[2]) as pictures:
    for name in pictures.files:
        fit = networks.largest_face(pictures[name])
        embedding = networks.embedder.embed(networks.embedder.crop(pictures[name], fit.points))
        print(name, *(repr(float(value)) for value in embedding))
"""


def embeddings(python: str, runtime: str, pictures: Path) -> dict[str, np.ndarray]:
    environment = {**os.environ, "PYTHONPATH": str(PYTHON_FOLDER), "LIGHTPROOF_TFLITE": runtime}
    done = subprocess.run(
        [python, "-c", EMBED, runtime, str(pictures)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[0]: np.array([float(value) for value in row[1:]], np.float32) for row in rows}


def test_both_runtimes_agree_on_embeddings_and_on_decisions(tmp_path: Path) -> None:
    python = os.environ.get(OTHER_PYTHON)
    if not python:
        pytest.skip(f"{OTHER_PYTHON} names no Python 3.11 with tflite-runtime")
    pictures = tmp_path / "pictures.npz"
    person, other = astronaut(), admiral()
    np.savez(pictures, person=person, mirrored=person[:, ::-1], dimmed=person // 2, other=other)
    new = embeddings(sys.executable, "litert", pictures)
    old = embeddings(python, "tflite-runtime", pictures)
    assert new.keys() == old.keys() == {"person", "mirrored", "dimmed", "other"}
    threshold = networks().embedder.entry.threshold_at(1e-4)
    for name, embedding in new.items():
        assert cosine(embedding, old[name]) >= 0.9999
        decision = cosine(new["person"], embedding) >= threshold
        assert decision == (cosine(old["person"], old[name]) >= threshold)
        assert decision == (name != "other")


def test_the_runtime_that_only_an_extra_installs_is_taken_where_it_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ai_edge_litert")
    monkeypatch.delenv("LIGHTPROOF_TFLITE", raising=False)
    older = types.ModuleType("tflite_runtime.interpreter")
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", older)
    assert runtime_name() == "litert"  # it is there, but cannot be loaded
    older.Interpreter = object  # type: ignore[attr-defined]
    assert runtime_name() == "tflite-runtime"
    monkeypatch.setenv("LIGHTPROOF_TFLITE", "litert")
    assert runtime_name() == "litert"
    monkeypatch.delenv("LIGHTPROOF_TFLITE")
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    assert runtime_name() == "litert"
