"""Nothing of a face is in the memory of a process whose session has ended, however it ended.

Another process looks, through ``/proc/PID/mem``: for bytes of frames, pictures, cells and meshes, for the
reference, and, by cosine and not by bytes, for anything that is an embedding of the person.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.face.networks import FaceNetworks
from lightproof.references.document import load_reference
from tests.face.face_pictures import astronaut_file
from tests.privacy.canary_session import CANARY_BYTES
from tests.privacy.memory_of_a_process import found_in, highest_cosine, writable_memory
from tests.waiting import PATIENCE_S

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one process read another's memory"),
]

ROOT = Path(__file__).resolve().parents[2]
NAME_BYTES = 32
LIKE_THE_PERSON = 0.5
"""A stranger to this embedder is at most 0.45 in 999 of 1,000 pairs; the person's own frames are at 0.8."""


@dataclass(frozen=True)
class Left:
    """What was found: the session's own words, the names of canaries, and the largest cosine."""

    ended: str
    canaries: frozenset[str]
    noted: int
    cosine: float


@pytest.fixture(scope="module")
def template(networks: FaceNetworks) -> NDArray[np.float32]:
    """Return the embedding of the sample person."""
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")
    return load_reference(astronaut_file(), networks).embedding.copy()


def left_by(tmp_path: Path, template: NDArray[np.float32], *options: str) -> Left:
    """Run a session in a process of its own and return what of it is in that process's memory."""
    noted = tmp_path / "canaries"
    command = [sys.executable, "-m", "tests.privacy.canary_session", str(noted)]
    command += ["--reference", str(astronaut_file()), *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            ended = process.stdout.readline().strip()
            assert ended, process.stderr.read()
            canaries = read_canaries(noted)
            found: set[str] = set()
            cosine = 0.0
            for region in writable_memory(process.pid):
                found |= found_in(region, canaries)
                cosine = max(cosine, highest_cosine(region, template))
            process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()
    return Left(ended, frozenset(found), len(canaries), cosine)


def read_canaries(path: Path) -> dict[bytes, str]:
    """Return the canaries by their bytes; what is dark or without detail is no canary."""
    content = path.read_bytes()
    size = NAME_BYTES + CANARY_BYTES
    records = (content[start : start + size] for start in range(0, len(content), size))
    canaries = {record[NAME_BYTES:]: record[:NAME_BYTES].decode().strip() for record in records}
    reference = astronaut_file().read_bytes()
    canaries[reference[8192 : 8192 + CANARY_BYTES]] = "reference"
    return {content: name for content, name in canaries.items() if len(set(content[:8])) > 3}


@pytest.mark.parametrize("pixel_format", ["rgb888", "bgr888", "yuv420", "nv12"])
def test_nothing_of_a_face_stays_after_a_result(
    tmp_path: Path, template: NDArray[np.float32], pixel_format: str
) -> None:
    left = left_by(tmp_path, template, "--format", pixel_format)
    assert left.ended == "verified"
    assert left.noted > 20
    assert not left.canaries
    assert left.cosine < LIKE_THE_PERSON


@pytest.mark.parametrize(
    ("ends", "told"),
    [("exception", "RuntimeError"), ("ctrl_c", "KeyboardInterrupt"), ("terminated", "SystemExit")],
)
def test_nothing_of_a_face_stays_after_a_session_that_broke_off(
    tmp_path: Path, template: NDArray[np.float32], ends: str, told: str
) -> None:
    left = left_by(tmp_path, template, "--format", "nv12", "--ends", ends)
    assert left.ended == told
    assert left.noted > 8
    assert not left.canaries
    assert left.cosine < LIKE_THE_PERSON


def test_without_overwriting_the_search_finds_frames_and_embeddings(
    tmp_path: Path, template: NDArray[np.float32]
) -> None:
    left = left_by(tmp_path, template, "--format", "bgr888", "--unwiped")
    assert left.ended == "verified"
    assert {name.split()[0] for name in left.canaries} >= {"picture"}
    assert left.cosine > LIKE_THE_PERSON
