"""Files appear whole or not at all, for their owner alone where that is asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from lightproof.files import is_open_to_others, open_unfollowed, write_atomic


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.txt"


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    previous = os.umask(request.param)
    yield request.param
    os.umask(previous)


def _no_space(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("private", [True, False])
def test_text_is_written_as_utf_8_and_bytes_as_they_are(path: Path, private: bool) -> None:
    write_atomic(path, "größer\r\n", private=private)
    assert path.read_bytes() == "größer\r\n".encode()
    write_atomic(path, b"\xff\0\n", private=private)
    assert path.read_bytes() == b"\xff\0\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_private_file_is_its_owners_whatever_the_umask(path: Path, umask: int) -> None:
    write_atomic(path, "secret", private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not is_open_to_others(path.stat(), 0o077)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_public_file_has_the_mode_of_the_umask(path: Path, umask: int) -> None:
    write_atomic(path, "for all", private=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_an_older_file_is_replaced_with_its_mode(path: Path) -> None:
    path.write_text("older")
    path.chmod(0o644)
    write_atomic(path, "newer", private=True)
    assert path.read_text() == "newer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
@pytest.mark.parametrize(
    ("private", "older", "newer"),
    [(False, 0o600, 0o600), (False, 0o640, 0o640), (False, 0o666, 0o644), (True, 0o400, 0o400)],
)
def test_a_newer_file_permits_nobody_what_the_older_one_did_not(
    path: Path, private: bool, older: int, newer: int
) -> None:
    path.write_text("older")
    path.chmod(older)
    previous = os.umask(0o022)
    try:
        write_atomic(path, "newer", private=private)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == newer


@pytest.mark.skipif(os.name == "nt", reason="links are made by administrators on Windows")
def test_a_link_is_replaced_and_not_followed(path: Path) -> None:
    target = path.with_name("target")
    target.write_text("mine")
    target.chmod(0o600)
    path.symlink_to(target)
    write_atomic(path, "newer", private=False)
    assert not path.is_symlink()
    assert (path.read_text(), target.read_text()) == ("newer", "mine")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_older_file_stays_where_nothing_may_be_replaced(path: Path) -> None:
    write_atomic(path, "first", private=True, replace=False)
    with pytest.raises(FileExistsError):
        write_atomic(path, "second", private=True, replace=False)
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_older_file_and_no_draft(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path.write_text("older")
    monkeypatch.setattr(os, step, _no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "newer", private=False)
    assert path.read_text() == "older"
    assert list(path.parent.iterdir()) == [path]


def test_text_that_is_no_unicode_changes_nothing(path: Path) -> None:
    write_atomic(path, "older", private=False)
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "half \ud800", private=False)
    assert path.read_text() == "older"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")
def test_no_link_is_followed_and_no_pipe_waited_for(path: Path) -> None:
    path.write_text("content")
    with open_unfollowed(path) as file:
        assert file.read() == b"content"
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(OSError, match="symbolic link"):
        open_unfollowed(link)
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    with open_unfollowed(pipe) as file:
        assert file.read() == b""
