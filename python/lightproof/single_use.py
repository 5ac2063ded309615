"""Takes a name once: the ids of result tokens at a relying party, the nonces of requests at a device.

To get round it somebody would ask twice at the same moment, from two processes, or turn the clock back until
a name has been forgotten: names are taken by one atomic statement of SQLite, and kept for a day after they
end.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Final

from lightproof.errors import SingleUseError

KEPT_AFTER_END_S: Final = 24 * 3600
"""A name is kept this much longer than it was asked to: clocks are set back by seconds and hours, not by
days."""
MAX_NAME_CHARACTERS: Final = 128
_FOR_EVER: Final = 2**62  # far behind any second since the epoch, and within SQLite's integers
_PATIENCE_S: Final = 10.0


class SingleUseStore:
    """A file of names that were taken, or a memory of them that ends with the process.

    Threads and processes may share the file. Its folder must exist; the file is made with mode 0600.

    Example::

        store = SingleUseStore(Path("taken.sqlite3")) store.take("J0lDMsp7qya34AOB75r3wg",
        until_s=1_790_000_120, now_s=1_790_000_000)  # True, and then False
    """

    def __init__(self, path: Path | None) -> None:
        """Open the file, made if it is not there; None keeps the names in memory.

        Raises:
            SingleUseError: the file cannot be opened, or is no such store.
        """
        self._path = path
        self._lock = threading.Lock()
        try:
            if path is not None:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600))
            self._connection = sqlite3.connect(
                ":memory:" if path is None else path,
                timeout=_PATIENCE_S,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS taken "
                "(name TEXT PRIMARY KEY, until_s INTEGER NOT NULL) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def take(self, name: str, *, until_s: float | None, now_s: float) -> bool:
        """Take a name and return True, or False if it was taken before.

        Args:
            name: up to 128 characters.
            until_s: when it may be forgotten, in seconds since the epoch; None never.
            now_s: the time, in seconds since the epoch; names that ended a day before it are forgotten.

        Raises:
            SingleUseError: the file cannot be read or written: nothing may then be relied on.
        """
        if not 0 < len(name) <= MAX_NAME_CHARACTERS:
            raise SingleUseError(f"a name of {len(name)} characters cannot be taken; give 1 to 128")
        end_s = _FOR_EVER if until_s is None else int(until_s) + KEPT_AFTER_END_S
        try:
            with self._lock:
                self._connection.execute("DELETE FROM taken WHERE until_s < ?", (int(now_s),))
                # SQLite syncs before the statement returns: what was taken stays so after a power cut.
                done = self._connection.execute("INSERT OR IGNORE INTO taken VALUES (?, ?)", (name, end_s))
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        return done.rowcount == 1

    def holds(self, name: str) -> bool:
        """Return whether a name was taken; who wants it must still :meth:`take` it.

        Raises:
            SingleUseError: the file cannot be read.
        """
        try:
            with self._lock, closing(self._connection.cursor()) as cursor:
                return cursor.execute("SELECT 1 FROM taken WHERE name = ?", (name,)).fetchone() is not None
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Close the file; names in memory are forgotten."""
        self._connection.close()

    def _unusable(self, error: Exception) -> SingleUseError:
        where = "in memory" if self._path is None else str(self._path)
        return SingleUseError(
            f"the store of what was taken once, {where}, cannot be used ({error}); nothing is accepted "
            "without it: name a file that you may write to"
        )
