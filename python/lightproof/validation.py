"""What msgspec complains of, as the place, the key and the words that an error of ours is made of."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import msgspec

FiniteFloat: TypeAlias = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""A number that is neither infinite nor nan."""

_PLACED: Final = re.compile(r"(?P<words>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_FIELD: Final = re.compile(
    r"Object (?P<kind>missing required|contains unknown) field `(?P<key>.*)`", re.DOTALL
)
_PATH: Final = re.compile(r"(?P<place>.*?)\.?(?P<key>[^.\[\]]+)(?:\[[^\]]*\])*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a document.

    Attributes:
        place: of the object that is wrong, such as ``events[3].metadata``; empty for the document itself.
        key: the key in it; empty if the object is of another type altogether.
        missing: whether the key is not there.
        unknown: whether the key should not be there.
        words: what msgspec says.
    """

    place: str
    key: str
    missing: bool
    unknown: bool
    words: str


def plain_number(value: object) -> object:
    """Return a NumPy number, truth value or text as Python's own, and anything else as it is.

    To msgspec a ``np.float64`` is not a float, though Python says that it is one.
    """
    numpy = sys.modules.get("numpy")  # whatever is NumPy's was made by a NumPy that is loaded
    if numpy is None or not isinstance(value, numpy.generic):
        return value
    return float(value) if isinstance(value, numpy.floating) else value.item()


def encode_numpy(value: object) -> object:
    """Return what JSON writes for a NumPy number: the ``enc_hook`` of all that may hold a rig's figures.

    Raises:
        TypeError: it is not a NumPy number.
    """
    plain = plain_number(value)
    if plain is value:
        raise TypeError(f"{type(value).__name__} is not a JSON value; give numbers, text, lists or objects")
    return plain


def complaint_of(error: msgspec.ValidationError) -> Complaint:
    """Return what a validation found."""
    placed = _PLACED.fullmatch(str(error))
    words, path = (placed["words"], placed["path"] or "") if placed else (str(error), "")
    if field := _FIELD.fullmatch(words):
        missing = field["kind"].startswith("missing")
        return Complaint(path, field["key"], missing, not missing, words)
    if path.endswith("]") and words.startswith("Expected `object`"):
        return Complaint(path, "", missing=False, unknown=False, words=words)
    named = _PATH.fullmatch(path)
    place, key = (named["place"], named["key"]) if named else (path, "")
    return Complaint(place, key, missing=False, unknown=False, words=words)
