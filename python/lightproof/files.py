"""Files that are there whole or not at all, files that only their owner can read, and what a path leads to.

On Windows there are no permission bits: access lists rule, and the folders of a profile admit only their
owner; what is asked of a mode is then neither set nor checked.
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import stat
import sys
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Final

from lightproof.errors import FileError

PIPE_LIMIT_S: Final = 30.0
"""How long whoever writes to a pipe may take, from its opening to its end: enough to decrypt, convert or
fetch a file within the limits that readers have, and an end for a pipe that nobody ever writes to."""

_PIECE_BYTES: Final = 2**16  # what a pipe holds on Linux: more than one such read never has

_NO_LINK_NO_WAIT = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link at the end of the path is an error, and a pipe without a writer does not block. Windows has neither
flag: links are made by administrators there, and no pipe has a name in a folder."""

_NO_WAIT_NO_TERMINAL = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
"""Neither a pipe without a writer nor a line without a carrier blocks; no terminal becomes the process's."""

_OTHER_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a disk"),
)

_PRIVATE_MODE: Final = 0o600
_PUBLIC_MODE: Final = 0o666  # less what the umask takes away
_ALL_PERMISSIONS: Final = 0o777


def write_atomic(path: Path, content: str | bytes, *, private: bool, replace: bool = True) -> None:
    """Write a file that appears under its name with all of its content, or not at all.

    The content goes to the disk under a random name in the same folder and is then given its own name; a
    failure removes the draft. Replacing is :func:`os.replace` everywhere. Where nothing may be replaced, the
    name is given by a hard link, which fails if it is taken, and on Windows by :func:`os.rename`, which fails
    there in the same way (and works on file systems without hard links). Of several writers one succeeds.

    A symbolic link under the name is replaced by the file; it is not followed, and what it led to stays as
    it is.

    Args:
        path: its folder must exist.
        content: text is written as UTF-8, line ends as they are.
        private: mode 0600 whatever the umask; else the mode that the umask gives. See the module on Windows.
        replace: an older file is replaced, and the new one permits nobody what the older one did not; if
            False, it stays.

    Raises:
        FileExistsError: there is a file and ``replace`` is False.
        OSError: the file cannot be written.
        UnicodeEncodeError: the text holds lone surrogates.
    """
    data = content.encode() if isinstance(content, str) else content
    draft = _draft_of(path)
    mode = (_PRIVATE_MODE if private else _PUBLIC_MODE) & _mode_of(path)
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(draft, path)
        elif sys.platform == "win32":
            os.rename(draft, path)
        else:
            os.link(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def require_writable(path: Path) -> None:
    """Try whether a file can be made under a name, and leave nothing behind.

    It asks the disk, not the permissions: mounts that are read-only, names that are too long and folders of
    others are found for root as well.

    Raises:
        OSError: no file can be made there, or a folder has that name.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    draft = _draft_of(path)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_MODE))
    draft.unlink()


def open_unfollowed(path: Path) -> BinaryIO:
    """Open a file for reading: no symbolic link is followed to it, and no pipe waited for.

    Raises:
        OSError: the file cannot be opened, or is a link.
    """
    return open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_LINK_NO_WAIT))


def read_regular(path: Path, limit: int, *, pipe_limit_s: float = PIPE_LIMIT_S) -> bytearray:
    """Return what a file or a pipe holds, in memory of the caller's own that can be overwritten.

    Pipes are those of a shell, ``<(command)`` and ``/dev/stdin``, and those with a name. Whatever never ends
    ends here: nothing else is opened at all, no more than ``limit`` bytes are kept, and a pipe is not waited
    for for ever.

    Args:
        path: links to it are followed.
        limit: bytes that it may hold at most.
        pipe_limit_s: seconds from the opening of a pipe to its end.

    Raises:
        FileError: it is a folder, a socket or a device, holds more than ``limit`` bytes, or is a pipe that
            does not end in time.
        OSError: it cannot be opened or read.
    """
    with open_regular(path, pipes=True) as file:
        until_s = time.monotonic() + pipe_limit_s
        status = os.fstat(file.fileno())
        is_pipe = stat.S_ISFIFO(status.st_mode)
        size = 0 if is_pipe else status.st_size
        # One byte more than it says: a file that ends there is read whole without another piece.
        pieces = [bytearray(max(min(size, limit) + 1, _PIECE_BYTES if is_pipe else 0))]
        filled, total = 0, 0
        while total <= limit and size <= limit:
            if is_pipe and not _is_ready(file, until_s):
                raise FileError(
                    f"{path} is a pipe that has not ended after {pipe_limit_s:g} s; write at most {limit} "
                    "bytes to it and close it, or give a regular file"
                )
            if filled == len(pieces[-1]):
                pieces.append(bytearray(_PIECE_BYTES))
                filled = 0
            count = file.readinto(memoryview(pieces[-1])[filled:])
            if count is None:  # such as the kernel's log, which says that it is a regular file
                if is_pipe:
                    continue
                raise FileError(f"{path} has no end; give a regular file of at most {limit} bytes")
            if count == 0:
                break
            filled, total = filled + count, total + count
    if total > limit or size > limit:
        _forget(pieces)
        raise FileError(f"{path} is larger than {limit} bytes; give a file of at most that size")
    del pieces[-1][filled:]
    if len(pieces) == 1:
        return pieces[0]
    content = bytearray().join(pieces)
    _forget(pieces)
    return content


def open_regular(path: Path, *, pipes: bool = False) -> FileIO:
    """Open a regular file for reading, or with ``pipes`` a pipe too; whatever else it is, is not even opened.

    To open a device can do something, such as to rewind a tape or to start a watchdog.

    Raises:
        FileError: the path leads to something else, or is none.
        OSError: it cannot be opened.
    """
    try:
        _require_kind(path, path.stat(), pipes=pipes)
        file = FileIO(path, "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT_NO_TERMINAL))
    except ValueError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{str(path)!r} is no path ({error}); name a file") from error
    try:
        _require_kind(path, os.fstat(file.fileno()), pipes=pipes)  # another may have taken its place
    except FileError:
        file.close()
        raise
    return file


def _require_kind(path: Path, status: os.stat_result, *, pipes: bool) -> None:
    pipes = pipes and hasattr(select, "poll")  # Windows can neither name nor wait for one
    if stat.S_ISREG(status.st_mode) or (pipes and stat.S_ISFIFO(status.st_mode)):
        return
    kind = next((kind for is_kind, kind in _OTHER_KINDS if is_kind(status.st_mode)), "no file")
    raise FileError(f"{path} is {kind}; give a regular file{' or a pipe' if pipes else ''}")


def _is_ready(pipe: FileIO, until_s: float) -> bool:
    """Wait until a pipe has something to read or its writers are gone; False if neither came in time."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    left_s = until_s - time.monotonic()
    return left_s > 0 and bool(waiting.poll(left_s * 1000))


def _forget(pieces: list[bytearray]) -> None:
    for piece in pieces:
        piece[:] = bytes(len(piece))


def is_open_to_others(status: os.stat_result, permissions: int) -> bool:
    """Return whether a file gives group or others any of these permission bits, such as ``0o022``.

    False on Windows, see the module.
    """
    return sys.platform != "win32" and bool(status.st_mode & permissions)


def is_of_another_user(status: os.stat_result) -> bool:
    """Return whether a file belongs to somebody else; False on Windows, where no owner has a number."""
    return sys.platform != "win32" and status.st_uid != os.geteuid()


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def _mode_of(path: Path) -> int:
    """Return the permissions of a file; all of them where there is none, a link, or Windows."""
    with suppress(OSError):
        status = path.lstat()
        if sys.platform != "win32" and stat.S_ISREG(status.st_mode):
            return stat.S_IMODE(status.st_mode)
    return _ALL_PERMISSIONS
