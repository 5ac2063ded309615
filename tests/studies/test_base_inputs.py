"""The generator of bases says what it needs and takes nothing else for it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from studies.bases import inputs
from studies.bases.errors import InputChangedError, InputMissingError
from studies.bases.inputs import HEAD_FILES, listed_checksums, listed_subjects, photograph_file, verified


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one photograph and one head file, and list both."""
    files = {photograph_file("001"): b"a photograph", HEAD_FILES[0]: b"a head"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    (tmp_path / "inputs.sha256").write_text("".join(lines))
    monkeypatch.setattr(inputs, "CHECKSUMS", tmp_path / "inputs.sha256")
    return tmp_path


def test_every_head_file_and_fifty_photographs_are_listed() -> None:
    listed = listed_checksums()
    assert set(HEAD_FILES) < set(listed)
    assert len(listed_subjects()) == 50
    assert all(len(checksum) == 64 and int(checksum, 16) for checksum in listed.values())


def test_the_development_photographs_are_the_listed_ones(shared: Path) -> None:
    for subject in listed_subjects():
        content = (shared / "faces" / f"{subject}_neutral.jpg").read_bytes()
        assert hashlib.sha256(content).hexdigest() == listed_checksums()[photograph_file(subject)]


def test_listed_files_are_taken(listed: Path) -> None:
    found = verified(listed, [photograph_file("001"), HEAD_FILES[0]])
    assert found[HEAD_FILES[0]] == hashlib.sha256(b"a head").hexdigest()


def test_a_missing_file_is_named_with_its_source_and_licence(listed: Path) -> None:
    (listed / HEAD_FILES[0]).unlink()
    with pytest.raises(
        InputMissingError, match=r"generic_neutral_mesh.*ICT-FaceKit.*MIT.*https://"
    ) as caught:
        verified(listed, [HEAD_FILES[0]])
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_changed_head_is_refused_whatever_is_said_of_photographs(listed: Path) -> None:
    (listed / HEAD_FILES[0]).write_bytes(b"another head")
    with pytest.raises(InputChangedError, match="SHA-256"):
        verified(listed, [HEAD_FILES[0]], unlisted_photographs=True)


def test_another_photograph_is_refused_unless_it_is_asked_for(listed: Path) -> None:
    file = photograph_file("001")
    (listed / file).write_bytes(b"the original of full size")
    with pytest.raises(InputChangedError, match="--unlisted-photographs"):
        verified(listed, [file])
    found = verified(listed, [file], unlisted_photographs=True)
    assert found == {file: hashlib.sha256(b"the original of full size").hexdigest()}
