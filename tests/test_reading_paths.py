"""Whatever a path leads to is read whole within limits, or refused in one typed error: none hangs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lightproof.errors import FileError
from lightproof.files import open_regular, read_regular

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders")

LIMIT = 200_000
SOON_S = 0.3


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a"


@pytest.fixture
def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


@contextmanager
def written(pipe: Path, write: Callable[[int], object]) -> Iterator[None]:
    """Have a thread write to a pipe until it has done so or the reader is gone."""

    def run() -> None:
        with suppress(BrokenPipeError):
            end = os.open(pipe, os.O_WRONLY)
            try:
                write(end)
            finally:
                os.close(end)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join(10)
    assert not thread.is_alive()


def write_all(end: int, content: bytes) -> None:
    while content:
        content = content[os.write(end, content) :]


def write_for_ever(end: int) -> None:
    while True:
        os.write(end, b"a")
        time.sleep(0.001)


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, LIMIT])
def test_a_file_of_up_to_the_limit_is_read_whole(path: Path, size: int) -> None:
    content = os.urandom(size)
    path.write_bytes(content)
    assert read_regular(path, LIMIT) == content


def test_a_file_of_one_byte_more_is_refused_by_path_and_limit(path: Path) -> None:
    path.write_bytes(bytes(LIMIT + 1))
    with pytest.raises(FileError, match=f"{path} is larger than {LIMIT} bytes; give"):
        read_regular(path, LIMIT)


def test_a_link_to_a_file_is_followed(path: Path) -> None:
    path.write_bytes(b"there")
    link = path.with_name("link")
    link.symlink_to(path)
    assert read_regular(link, LIMIT) == b"there"


@pytest.mark.parametrize("size", [0, 1, 65_536, 70_000, LIMIT])
def test_a_pipe_is_read_to_its_end_in_whatever_pieces_it_comes(pipe: Path, size: int) -> None:
    content = os.urandom(size)

    def write(end: int) -> None:
        time.sleep(0.05)
        write_all(end, content[:7])
        time.sleep(0.05)
        write_all(end, content[7:])

    with written(pipe, write):
        assert read_regular(pipe, LIMIT, pipe_limit_s=10) == content


def test_a_pipe_of_a_shell_is_read_while_it_is_written_and_after(tmp_path: Path) -> None:
    for wait in ("", "sleep 0.2; "):
        code = "import sys, time; from pathlib import Path; from lightproof.files import read_regular; "
        code += f"time.sleep({0 if wait else 0.2}); print(read_regular(Path(sys.argv[1]), 100).decode())"
        command = f"exec {sys.executable} -c '{code}' <({wait}printf whole)"
        said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=20)
        assert said.stdout == "whole\n"


def test_a_pipe_of_one_byte_more_is_refused_by_path_and_limit(pipe: Path) -> None:
    with (
        written(pipe, lambda end: write_all(end, bytes(LIMIT * 2))),
        pytest.raises(FileError, match=f"{pipe} is larger than {LIMIT} bytes; give"),
    ):
        read_regular(pipe, LIMIT)


def test_a_pipe_that_nobody_writes_to_is_given_up(pipe: Path) -> None:
    with pytest.raises(FileError, match=f"{pipe} is a pipe that has not ended after 0.3 s; write at most"):
        read_regular(pipe, LIMIT, pipe_limit_s=SOON_S)


def test_a_pipe_that_is_written_to_for_ever_is_given_up(pipe: Path) -> None:
    with written(pipe, write_for_ever), pytest.raises(FileError, match=r"has not ended after 0\.3 s"):
        read_regular(pipe, LIMIT, pipe_limit_s=SOON_S)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device_is_not_even_opened(device: str) -> None:
    with pytest.raises(FileError, match=f"{device} is a device; give a regular file or a pipe"):
        read_regular(Path(device), LIMIT)


def test_a_terminal_is_refused(path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        with pytest.raises(FileError, match="is a device"):
            read_regular(Path(os.ttyname(theirs)), LIMIT)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_socket_and_a_folder_are_refused_as_what_they_are(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        with pytest.raises(FileError, match=f"{path} is a socket; give a regular file or a pipe"):
            read_regular(path, LIMIT)
    with pytest.raises(FileError, match=f"{path.parent} is a folder; give a regular file or a pipe"):
        read_regular(path.parent, LIMIT)


def test_a_pipe_is_refused_where_only_a_file_will_do(pipe: Path) -> None:
    with pytest.raises(FileError, match=f"{pipe} is a pipe; give a regular file$"):
        open_regular(pipe)


def test_what_is_no_path_is_refused_and_what_is_not_there_is_not_found(path: Path) -> None:
    with pytest.raises(FileError, match="is no path"):
        read_regular(Path("a\0b"), LIMIT)
    with pytest.raises(FileNotFoundError):
        read_regular(path, LIMIT)
