"""Groups of capture subjects, from a table of people: does the system treat them alike?"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from lightproof.errors import FileError, InputError
from lightproof.evaluation.species import BONA_FIDE, Source
from lightproof.files import read_regular

Groups: TypeAlias = Mapping[str, Mapping[str, str]]
"""Subject -> what it is grouped by -> group."""

ID_COLUMN: Final = "face_id"
GROUPING_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {"face_gender": "sex", "face_age": "age", "face_eth": "ethnicity"}
)
"""Column -> what it groups by; the columns of the Face Research Lab London Set (DeBruine and Jones 2017). Any
other column groups under its own name."""

UNSTATED: Final = "unstated"
"""The group of people about whom the table says nothing."""

MAX_GROUPS: Final = 12
"""A column with more different values than this has its numbers put into bands; its texts are not used as
groups."""

_AGE: Final = "age"
_AGE_BAND_YEARS: Final = 10
_MAX_BANDS: Final = 8
_BLANKS: Final = frozenset({"", "na", "n/a", "nan", "null", UNSTATED})
_MAX_BYTES: Final = 16 << 20
_MAX_NUMBER: Final = 1e15  # floats tell whole numbers from one another up to here


class PeopleError(InputError):
    """A table of people cannot be used, or does not contain the people who take part."""


@dataclass(frozen=True, slots=True)
class People:
    """What a table says about people.

    Attributes:
        groups: of every subject in the table.
        ungrouped: columns that are not used, because hardly two people have the same text in them.
    """

    groups: Groups
    ungrouped: tuple[str, ...] = ()


def load_people(path: Path) -> People:
    """Return the groups of people in a table: each column but ``face_id`` groups them by its values.

    Ages become bands of ten years, such as ``20-29``; other numbers, where there are many different ones,
    bands of a round width. Texts stay as they are.

    Raises:
        PeopleError: the file cannot be read, is not a CSV with the column ``face_id`` and one to group by, or
            names a subject twice.
    """
    try:
        reader = csv.DictReader(read_regular(path, _MAX_BYTES).decode("utf-8-sig").splitlines())
        rows = list(reader)
    except FileError as error:
        raise PeopleError(f"{error}: a table of people in CSV") from error
    except OSError as error:
        raise PeopleError(f"{path} cannot be read ({error.strerror}); give a CSV of people") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise PeopleError(f"{path} is not a CSV in UTF-8 ({error}); give a table of people in CSV") from error
    columns = [column for column in reader.fieldnames or () if column and column != ID_COLUMN]
    if ID_COLUMN not in (reader.fieldnames or ()) or not rows:
        raise PeopleError(f"{path} has no people under a column {ID_COLUMN}; add it, as the bases name them")
    subjects = [(row[ID_COLUMN] or "").strip() for row in rows]
    for subject, times in Counter(subjects).items():
        if times > 1:
            raise PeopleError(f"{path} names the subject {subject!r} twice; keep one of them")
    groups: dict[str, dict[str, str]] = {subject: {} for subject in subjects}
    ungrouped = []
    for column in columns:
        name = GROUPING_COLUMNS.get(column, column)
        found = _groups(name, [(row[column] or "").strip() for row in rows], known=column in GROUPING_COLUMNS)
        if found is None:
            ungrouped.append(column)
            continue
        for subject, group in zip(subjects, found, strict=True):
            groups[subject][name] = group
    if len(ungrouped) == len(columns):
        raise PeopleError(
            f"{path} has no column to group people by; add one with few different values, such as "
            f"{', '.join(GROUPING_COLUMNS)}"
        )
    return People(groups, tuple(ungrouped))


def unknown_subjects(people: Groups, sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the subjects of bona fide sources that a table does not contain, by name.

    Raises:
        PeopleError: it contains none of them.
    """
    there = sorted({source.subject.strip() for source in sources if source.species == BONA_FIDE})
    unknown = tuple(subject for subject in there if subject not in people)
    if there and len(unknown) == len(there):
        raise PeopleError(
            f"the table of people contains none of the subjects: it has {min(people)!r}, where the bases and "
            f"recordings have {there[0]!r}; write {ID_COLUMN} as they do, leading zeros too"
        )
    return unknown


def _groups(name: str, values: Sequence[str], *, known: bool) -> list[str] | None:
    """Return the group of each value of a column, None if its values identify people instead."""
    stated = {value for value in values if value.lower() not in _BLANKS}
    numbers = {value: _number(value) for value in stated}
    if name == _AGE:
        return [_band(numbers.get(value), _AGE_BAND_YEARS) for value in values]
    if len(stated) > MAX_GROUPS and None not in numbers.values():
        width = _round_width([number for number in numbers.values() if number is not None])
        return [_band(numbers.get(value), width) for value in values]
    if not known and len(stated) > min(MAX_GROUPS, max(2, len(values) // 2)):
        return None
    return [value if value in stated else UNSTATED for value in values]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) <= _MAX_NUMBER else None


def _round_width(numbers: Sequence[float]) -> float:
    """Return the smallest of 1, 2 or 5 times a power of ten that makes few enough bands."""
    low, high = min(numbers), max(numbers)
    if low == high:  # one number, spelt in many ways
        return 1.0
    width = 10.0 ** math.floor(math.log10((high - low) / _MAX_BANDS))
    steps = (factor * width for factor in (1, 2, 5, 10, 20))
    return next(step for step in steps if high // step - low // step < _MAX_BANDS)


def _band(number: float | None, width: float) -> str:
    if number is None:
        return UNSTATED
    low = number // width * width
    if width > 1:
        return f"{low:.0f}-{low + width - 1:.0f}"
    return f"{low:g} to under {low + width:g}"
