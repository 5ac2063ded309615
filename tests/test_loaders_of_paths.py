"""Every loader refuses what is no file, or has no end, in its own error with the path; pipes it reads."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from lightproof import files
from lightproof.cli.result import _token_text
from lightproof.errors import (
    BasisError,
    CalibrationError,
    InputError,
    LightproofError,
    ManifestError,
    PictureError,
    PolicyError,
    RecordingError,
)
from lightproof.evaluation.people import PeopleError, load_people
from lightproof.evaluation.trial_log import CAMPAIGN_FILE, TRIALS_FILE, CampaignError, TrialLog, kept
from lightproof.face.manifest import MAX_MANIFEST_BYTES, load_manifest
from lightproof.jwks import MAX_JWKS_BYTES, load_jwks
from lightproof.policy import MAX_POLICY_BYTES, Policy
from lightproof.references.picture import MAX_BYTES, load_picture
from lightproof.rigs.calibration_store import calibration_path, load_calibration
from lightproof.rigs.recording.format import MAX_SESSION_BYTES, load_session, sha256_of
from lightproof.simulation import basis

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no sockets or pipes in folders")


def load_token(path: Path) -> object:
    return _token_text(f"@{path}")


def load_calibration_linked_to(path: Path) -> object:
    place = calibration_path("camera", path.parent)
    place.parent.mkdir()
    place.symlink_to(path)
    return load_calibration("camera", path.parent)


def open_log(name: str, path: Path) -> object:
    folder = path.parent / "campaign"
    folder.mkdir()
    (folder / name).symlink_to(path)
    with TrialLog(folder, {"software": "one"}, ()) as log:
        return log.results


def count_kept(path: Path) -> object:
    (path.parent / TRIALS_FILE).symlink_to(path)
    return kept(path.parent)


Loader = Callable[[Path], object]
LOADERS: dict[str, tuple[Loader, type[LightproofError]]] = {
    "picture": (load_picture, PictureError),
    "jwks": (load_jwks, InputError),
    "policy": (Policy.load, PolicyError),
    "manifest": (load_manifest, ManifestError),
    "token": (load_token, InputError),
    "session": (load_session, RecordingError),
    "video": (sha256_of, RecordingError),
    "basis": (basis.load, BasisError),
    "people": (load_people, PeopleError),
    "calibration": (load_calibration_linked_to, CalibrationError),
    "trials": (partial(open_log, TRIALS_FILE), CampaignError),
    "campaign": (partial(open_log, CAMPAIGN_FILE), CampaignError),
    "kept": (count_kept, CampaignError),
}
every_loader = pytest.mark.parametrize(("load", "error"), LOADERS.values(), ids=list(LOADERS))


@every_loader
@pytest.mark.parametrize("kind", ["device", "terminal", "socket", "folder"])
def test_what_is_no_file_is_refused_in_the_loaders_own_error(
    tmp_path: Path, load: Loader, error: type[LightproofError], kind: str
) -> None:
    path = tmp_path / "path"
    ends = os.openpty() if kind == "terminal" else ()
    with socket.socket(socket.AF_UNIX) as listening:
        if kind == "socket":
            listening.bind(str(path))
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to(os.ttyname(ends[1]) if ends else "/dev/zero")
        with pytest.raises(error) as refused:
            load(path)
    for end in ends:
        os.close(end)
    assert len(str(refused.value).splitlines()) == 1


@every_loader
def test_a_pipe_that_nobody_writes_to_hangs_no_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Loader, error: type[LightproofError]
) -> None:
    soon_s = {"pipe_limit_s": 0.05}
    monkeypatch.setattr(files.read_regular, "__kwdefaults__", soon_s)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(error):
        load(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("picture", MAX_BYTES),
        ("jwks", MAX_JWKS_BYTES),
        ("policy", MAX_POLICY_BYTES),
        ("manifest", MAX_MANIFEST_BYTES),
        ("session", MAX_SESSION_BYTES),
        ("basis", basis.MAX_FILE_BYTES),
    ],
)
def test_a_file_over_the_limit_is_refused_by_path_and_limit(tmp_path: Path, name: str, limit: int) -> None:
    load, error = LOADERS[name]
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(limit + 1)
    with pytest.raises(error, match=f"{path} is larger than {limit} bytes; give"):
        load(path)


def test_pictures_keys_policies_and_tokens_come_through_pipes(tmp_path: Path) -> None:
    picture = cv2.imencode(".png", np.full((40, 30, 3), 7, np.uint8))[1].tobytes()
    assert load_through_pipe(tmp_path, load_picture, picture).shape == (40, 30, 3)  # type: ignore[attr-defined]
    assert load_through_pipe(tmp_path, load_jwks, b'{"keys": []}') == {"keys": []}
    assert load_through_pipe(tmp_path, Policy.load, b"decoys = 2047") == Policy(decoys=2047)
    assert load_through_pipe(tmp_path, load_token, b"a.b.c\n") == "a.b.c"


def load_through_pipe(folder: Path, load: Loader, content: bytes) -> object:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    thread = threading.Thread(target=pipe.write_bytes, args=(content,))
    thread.start()
    try:
        return load(pipe)
    finally:
        thread.join()
        pipe.unlink()
