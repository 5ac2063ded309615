"""Whatever msgspec complains of is found again by its place and key."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from lightproof.validation import Complaint, FiniteFloat, complaint_of, encode_numpy


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


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.1), 0.1),
        (np.float32(0.5), 0.5),
        (np.longdouble(0.5), 0.5),
        (np.int64(7), 7),
        (np.uint8(7), 7),
        (np.True_, True),
        (np.str_("word"), "word"),
    ],
)
def test_a_scalar_of_numpy_is_encoded_as_pythons_own(value: Any, plain: object) -> None:
    (found,) = msgspec.to_builtins([value], enc_hook=encode_numpy)
    assert (found, type(found)) == (plain, type(plain))


@pytest.mark.parametrize("value", [np.zeros(1), np.complex128(1), object()])
def test_what_json_has_no_word_for_is_refused_by_its_type(value: Any) -> None:
    with pytest.raises(TypeError, match="is not a JSON value"):
        msgspec.to_builtins([value], enc_hook=encode_numpy)
