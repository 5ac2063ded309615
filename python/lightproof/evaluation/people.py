"""Groups of capture subjects, from a table of people: does the system treat them alike?"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from lightproof.errors import InputError

ID_COLUMN: Final = "face_id"
AGE_COLUMN: Final = "face_age"
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {"face_gender": "sex", AGE_COLUMN: "age", "face_eth": "ethnicity"}
)
"""Column -> what it groups by; the columns of the Face Research Lab London Set (DeBruine and Jones 2017)."""

UNSTATED: Final = "unstated"
"""The group of those of whom the table says nothing."""

_BAND_YEARS: Final = 10
_MAX_BYTES: Final = 16 << 20


def load_people(path: Path) -> dict[str, dict[str, str]]:
    """Return subject -> what it is grouped by -> group, for the columns of :data:`COLUMNS` that the table
    has.

    Ages become bands of ten years, such as ``20-29``.

    Raises:
        InputError: the file cannot be read, or is no CSV with the column ``face_id`` and one to group by, or
        names a
            subject twice.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} has more than {_MAX_BYTES} bytes; give a table of people in CSV")
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); give a CSV of people") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no CSV in UTF-8 ({error}); give a table of people in CSV") from error
    columns = rows[0].keys() if rows else ()
    if ID_COLUMN not in columns or not any(column in columns for column in COLUMNS):
        raise InputError(f"{path} must have the column {ID_COLUMN} and one of {', '.join(COLUMNS)}")
    people: dict[str, dict[str, str]] = {}
    for row in rows:
        subject = (row[ID_COLUMN] or "").strip()
        if subject in people:
            raise InputError(f"{path} names the subject {subject!r} twice; keep one of them")
        people[subject] = {
            name: _group(column, row[column]) for column, name in COLUMNS.items() if column in columns
        }
    return people


def _group(column: str, value: str | None) -> str:
    text = (value or "").strip()
    if column == AGE_COLUMN:
        try:
            band = int(float(text) // _BAND_YEARS) * _BAND_YEARS
        except (ValueError, OverflowError):
            return UNSTATED
        return f"{band}-{band + _BAND_YEARS - 1}"
    return text or UNSTATED
