"""Files that are there whole or not at all, and files that only their owner can read.

On Windows there are no permission bits: access lists rule, and the folders of a profile admit only their
owner; what is asked of a mode is then neither set nor checked.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

_NO_LINK_NO_WAIT = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""A link at the end of the path is an error, and a pipe without a writer does not block. Windows has neither
flag: links are made by administrators there, and no pipe has a name in a folder."""

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
