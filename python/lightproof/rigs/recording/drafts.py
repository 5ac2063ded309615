"""Drafts: the folders in which recordings grow, and what becomes of those whose process was killed.

A draft shows a face. A process that is killed cannot delete its own, so each is noted in this device's state
directory with a lock that the process holds: whoever finds a note with a free lock deletes the draft. Every
new recording looks, and so does ``lightproof doctor``.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from lightproof.device import make_state_directory, state_directory
from lightproof.errors import DeviceKeyError, FileError, RecordingError
from lightproof.files import read_regular, write_atomic

NOTES_FOLDER: Final = "recording-drafts"
_SUFFIX: Final = ".partial"
_NOTE: Final = ".txt"
_MAX_NOTE_BYTES: Final = 2**16  # no system has longer paths


@dataclass(frozen=True, slots=True)
class Draft:
    """A folder, mode 0700, in which a recording grows; its lock says that somebody is at it."""

    folder: Path
    note: Path
    lock: FileLock

    def delete(self) -> None:
        """Delete the folder, if it has not become the recording, and its note."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.release()

    def release(self) -> None:
        """Forget the note: the folder is the recording now, or is gone."""
        self.note.unlink(missing_ok=True)
        _unlock(self.lock)


def make_draft(directory: Path) -> Draft:
    """Make the draft of a recording beside the folder that it will be, and delete those left behind.

    Raises:
        RecordingError: the folder exists and is not empty, or no draft or note can be made.
    """
    delete_drafts_left_behind()
    name = secrets.token_hex(8)
    folder = directory.parent / f".{directory.name}.{name}{_SUFFIX}"
    try:
        if os.path.lexists(directory) and (not directory.is_dir() or any(directory.iterdir())):
            raise RecordingError(
                f"recording: {directory} exists and is not an empty directory; name a new one, for nothing "
                "is overwritten"
            )
        notes = make_state_directory() / NOTES_FOLDER
        notes.mkdir(mode=0o700, exist_ok=True)
        draft = Draft(folder, notes / f"{name}{_NOTE}", FileLock(notes / f"{name}.lock"))
        draft.lock.acquire()
        try:
            write_atomic(draft.note, os.fsencode(folder), private=True)
            directory.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700)
        except BaseException:
            draft.delete()
            raise
    except (OSError, DeviceKeyError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecordingError(
            f"recording: {directory} cannot be written ({reason}); name one that you may write to"
        ) from error
    return draft


def delete_drafts_left_behind() -> list[Path]:
    """Delete the drafts of processes that were killed, and return the folders that were there."""
    found = []
    for note in sorted((state_directory() / NOTES_FOLDER).glob(f"*{_NOTE}")):
        lock = FileLock(note.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            continue
        try:
            folder = Path(os.fsdecode(bytes(read_regular(note, _MAX_NOTE_BYTES, pipe_limit_s=0))))
            # Only what is named as a draft with this very note: a note that was meddled with deletes nothing.
            if folder.name.endswith(f".{note.stem}{_SUFFIX}"):
                if folder.is_dir() and not folder.is_symlink():
                    found.append(folder)
                    shutil.rmtree(folder, ignore_errors=True)
                if not os.path.lexists(folder):
                    note.unlink(missing_ok=True)
        except (OSError, FileError):
            continue
        finally:
            _unlock(lock)
    return found


def _unlock(lock: FileLock) -> None:
    """Free a lock and delete its file where the system lets it."""
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
