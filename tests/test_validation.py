"""Whatever msgspec complains of is found again by its place and key."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lightproof.validation import Complaint, FiniteFloat, complaint_of


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    number: FiniteFloat
    rows: list[list[int]] = []


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    inner: Inner
    many: list[Inner] = []
    named: dict[str, float] = {}


@pytest.mark.parametrize(
    ("document", "place", "key"),
    [
        ({"inner": {"number": "x"}}, "inner", "number"),
        ({"inner": {"number": float("nan")}}, "inner", "number"),
        ({"inner": {"number": float("inf")}}, "inner", "number"),
        ({"inner": {"number": True}}, "inner", "number"),
        ({"inner": {"number": 10**400}}, "inner", "number"),
        ({"inner": {"number": 1, "rows": [[1], [2, 0.5]]}}, "inner", "rows"),
        ({"inner": {"number": 1}, "many": [{"number": 1}, {"number": None}]}, "many[1]", "number"),
        ({"inner": {"number": 1}, "many": [5]}, "many[0]", ""),
        ({"inner": {"number": 1}, "named": {"a.b": "x"}}, "", "named"),
        ({"inner": 5}, "", "inner"),
        ([], "", ""),
    ],
)
def test_a_wrong_value_is_found_by_its_place_and_key(document: Any, place: str, key: str) -> None:
    found = complaint(document)
    assert (found.place, found.key, found.missing, found.unknown) == (place, key, False, False)


def test_a_missing_and_an_unknown_key_are_told_apart() -> None:
    missing, unknown = complaint({"inner": {}}), complaint({"inner": {"number": 1, "numbre": 2}})
    assert (missing.place, missing.key, missing.missing, missing.unknown) == ("inner", "number", True, False)
    assert (unknown.place, unknown.key, unknown.missing, unknown.unknown) == ("inner", "numbre", False, True)


def complaint(document: Any) -> Complaint:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(document, Outer)
    return complaint_of(caught.value)
