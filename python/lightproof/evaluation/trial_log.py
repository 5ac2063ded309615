"""The results of a campaign on disk.

``campaign.json`` says what is evaluated, ``trials.jsonl`` has a line for every finished trial, chained to the
line before it. Only their owner can read them: they say how sessions with named people ended, and nothing in
a basis tells whether its subject lives.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from filelock import FileLock, Timeout

from lightproof.errors import FileError, InputError
from lightproof.evaluation.line_chain import START, ChainError, chained, unchained
from lightproof.evaluation.trials import TrialOutcome, TrialResult
from lightproof.files import is_open_to_others, read_regular, write_atomic
from lightproof.untrusted import json_value

CAMPAIGN_FILE: Final = "campaign.json"
TRIALS_FILE: Final = "trials.jsonl"
LOCK_FILE: Final = "trials.lock"

_SOFTWARE: Final = "software"
_GROWING: Final = ("repeats", "response", "lights")
"""More of these may be added to a campaign: no trial depends on how many others there are."""
_NAMED: Final = 3
_PRIVATE_MODE: Final = 0o600

MAX_TRIALS_BYTES: Final = 2**30
"""Over 300,000 trials of 3 kB: months of a machine."""
MAX_CAMPAIGN_BYTES: Final = 2**26
"""Over 300,000 sources of 200 bytes."""


class CampaignError(InputError):
    """A campaign's folder belongs to another campaign, is in use, or is damaged."""


class EditedLogError(CampaignError):
    """A line of a campaign's log is not the one that was written, or was written without a hash."""


class TrialLog:
    """The finished trials of one campaign, open for appending. One process at a time holds a folder.

    A last line without its end (the machine was switched off while it was written) is dropped: that trial
    counts as not finished. A trial that ended with an error may have a later line: then that one counts.

    Attributes:
        results: key -> how the trial ended.
        last_hash: the hash of the last line, into which all lines before it went.
        software: SHA-256 of the software that the campaign was begun with; no other adds trials to it.

    Example::

        with TrialLog(folder, campaign.parameters(), keys) as log:
            log.append(result)
    """

    def __init__(
        self,
        folder: Path,
        parameters: Mapping[str, Any],
        keys: Sequence[str],
        *,
        retry_errors: bool = False,
    ) -> None:
        """Remember where the results are, what they must have been made with, and the keys of all trials.

        With ``retry_errors`` a trial that ended with an error counts as not finished.
        """
        self._folder, self._parameters, self._keys = folder, dict(parameters), frozenset(keys)
        self._retry_errors = retry_errors
        self._held = FileLock(folder / LOCK_FILE, mode=_PRIVATE_MODE)
        self._file: FileIO | None = None
        self.results: dict[str, TrialResult] = {}
        self.last_hash = START
        self.software = str(self._parameters[_SOFTWARE])

    def __enter__(self) -> Self:
        """Read what is there, or begin.

        Raises:
            EditedLogError: a line was changed, put in, moved, or taken out before others.
            CampaignError: see there; or the folder cannot be made or written to.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock()
            self._file = _opened_privately(self._folder / TRIALS_FILE)
            self._read(self._file)
            if self._retry_errors:
                self.results = {
                    key: result
                    for key, result in self.results.items()
                    if result.outcome is not TrialOutcome.ERROR
                }
            self._agree()
        except OSError as error:
            self._close()
            raise CampaignError(
                f"{self._folder} cannot hold results ({error.strerror or error}); choose another folder"
            ) from error
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._close()

    def append(self, result: TrialResult) -> None:
        """Write one result to the disk; one that is there already is not counted again.

        Raises:
            CampaignError: the trial is not of this campaign, or the disk is full.
        """
        if result.key in self.results:
            return
        if self._file is None or result.key not in self._keys:
            raise CampaignError(f"trial {result.key!r} is not of the campaign in {self._folder}")
        text, own_hash = chained(json.dumps(result.to_json(), allow_nan=False), self.last_hash)
        line = (text + "\n").encode()
        try:
            written = self._file.write(line)
            os.fsync(self._file.fileno())
        except OSError as error:
            raise CampaignError(
                f"{self._folder / TRIALS_FILE} cannot be written ({error.strerror}); make room and run again "
                "to go on"
            ) from error
        if written != len(line):
            raise CampaignError(f"{self._folder / TRIALS_FILE} is full; make room and run again to go on")
        self.results[result.key] = result
        self.last_hash = own_hash

    def _lock(self) -> None:
        try:
            self._held.acquire(blocking=False)
        except Timeout:
            raise CampaignError(
                f"another evaluation is writing to {self._folder}; wait for it or choose another folder"
            ) from None

    def _read(self, file: FileIO) -> None:
        file.seek(0)
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_TRIALS_BYTES:
            raise CampaignError(
                f"{self._folder / TRIALS_FILE} is no regular file of at most {MAX_TRIALS_BYTES} bytes; "
                "choose another folder"
            )
        content = file.read(MAX_TRIALS_BYTES) or b""
        whole = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:whole].split(b"\n")[:-1], 1):
            try:
                text, self.last_hash = unchained(line, self.last_hash)
                result = TrialResult.from_json(json_value(text))
            except (ValueError, KeyError, TypeError) as error:
                why = str(error) if isinstance(error, ChainError) else "it is not the result of a trial"
                raise EditedLogError(
                    f"{self._folder / TRIALS_FILE}: line {number} is not as it was written ({why}); put back "
                    f"a copy of the file, or remove line {number} and all after it, and their trials are run "
                    "again"
                ) from error
            before = self.results.get(result.key)
            if before is None or before.outcome is TrialOutcome.ERROR:
                self.results[result.key] = result
        if whole < len(content):
            file.truncate(whole)

    def _agree(self) -> None:
        """Check the campaign that was begun here, or note the one that begins."""
        path = self._folder / CAMPAIGN_FILE
        if not path.exists():
            if self.results:
                raise CampaignError(
                    f"{self._folder} holds results without {CAMPAIGN_FILE}; choose another folder"
                )
            write_atomic(path, json.dumps(self._parameters, indent=2) + "\n", private=True)
            return
        try:
            begun = json_value(read_regular(path, MAX_CAMPAIGN_BYTES))
        except FileError as error:
            raise CampaignError(f"{error}, or choose another folder") from error
        except ValueError as error:
            raise CampaignError(f"{path} is damaged; choose another folder") from error
        if not isinstance(begun, dict):
            raise CampaignError(f"{path} is not a campaign; choose another folder")
        different = difference(begun, self._parameters)
        if different:
            raise CampaignError(
                f"{self._folder} holds another campaign: {different}; take the same or choose another folder"
            )
        finished = self._keys <= set(self.results)
        self.software = str(begun.get(_SOFTWARE))
        # A finished campaign may be reported by newer software, but no other software may add trials to it.
        if not finished and self.software != self._parameters[_SOFTWARE]:
            raise CampaignError(
                f"the campaign in {self._folder} was begun with other software "
                f"({self.software[:12]}, now {self._parameters[_SOFTWARE][:12]}); finish it "
                "with that, or choose another folder"
            )
        unknown = sorted(set(self.results) - self._keys)
        if unknown:
            raise CampaignError(
                f"{self._folder / TRIALS_FILE} holds the trial {unknown[0]!r}, which is not of this "
                "campaign; choose another folder"
            )
        grown = {name: self._parameters[name] for name in _GROWING if name in self._parameters}
        if begun | grown != begun:
            write_atomic(path, json.dumps(begun | grown, indent=2) + "\n", private=True)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
        self._held.release()


def _opened_privately(path: Path) -> FileIO:
    """Open a log to read it and append to it; one that others could read is closed to them."""
    file = FileIO(path, "a+", opener=lambda name, flags: os.open(name, flags, _PRIVATE_MODE))
    if is_open_to_others(os.fstat(file.fileno()), 0o077):
        os.fchmod(file.fileno(), _PRIVATE_MODE)
    return file


def kept(folder: Path) -> int:
    """Return how many finished trials are on the disk.

    Raises:
        CampaignError: the file cannot be read, or a line of it is damaged.
    """
    try:
        return len({str(json_value(line)["key"]) for line in _whole_lines(folder)})
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, CampaignError):
            raise
        raise CampaignError(f"{folder / TRIALS_FILE} has a line that is damaged; take it out") from error


def last_hash(folder: Path) -> str:
    """Return the hash of the last whole line of a log that was read before; it stands for all of them."""
    lines = _whole_lines(folder)
    return str(json_value(lines[-1])["chain"]) if lines else START


def _whole_lines(folder: Path) -> list[bytes]:
    path = folder / TRIALS_FILE
    try:
        return bytes(read_regular(path, MAX_TRIALS_BYTES)).split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    except (FileError, OSError) as error:
        raise CampaignError(f"{path} cannot be read ({error}); choose another folder") from error


def difference(begun: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return in words how two campaigns differ, apart from software and additions; empty if they agree."""
    found = []
    for name, value in now.items():
        was = begun.get(name)
        if name == _SOFTWARE or was == value or (name in _GROWING and _holds(value, was)):
            continue
        if isinstance(value, dict) and isinstance(was, dict):
            changed = sorted(key for key in value.keys() | was.keys() if value.get(key) != was.get(key))
            more = " and more" if len(changed) > _NAMED else ""
            found.append(f"{name} differ in {', '.join(changed[:_NAMED])}{more}")
        else:
            found.append(f"{name} was {_shown(was)}, now {_shown(value)}")
    return "; ".join(found)


def _holds(value: object, was: object) -> bool:
    """Return whether a number or a list contains another and perhaps more."""
    if isinstance(value, int) and isinstance(was, int):
        return value >= was
    return isinstance(value, list) and isinstance(was, list) and all(one in value for one in was)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
