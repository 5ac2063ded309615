"""JSON and TOML that others wrote, read so that nothing in them can surprise whoever works with the values.

Python's own parsers take numbers of any length (whose text then cannot be made: more than 4,300 digits are an
error of their own), infinities, and as many levels as the stack happens to have room for.
"""

from __future__ import annotations

import json
import math
import tomllib
from typing import Any, Final

MAX_LEVELS: Final = 64
"""Lists and objects in one another; nothing that is read here has more than six. Whatever walks values of so
few levels has room for it on the stack."""

_INTEGERS: Final = range(-(2**63), 2**64)
"""What 64 bits hold, signed or not: TOML 1.0 asks for no more, and I-JSON (RFC 7493) for less."""


def json_value(content: str | bytes | bytearray) -> Any:
    """Return the value of a JSON text (RFC 8259: no NaN, no infinity).

    Raises:
        ValueError: it is not JSON, has more than 64 levels, or holds a number beyond 64 bits.
    """
    try:
        value = json.loads(content, parse_float=_finite, parse_int=_integer, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise _too_deep() from error
    _require_few_levels(value)
    return value


def toml_table(text: str) -> dict[str, Any]:
    """Return the table that is a TOML text.

    Raises:
        ValueError: it is not TOML, has more than 64 levels, or holds a number beyond 64 bits.
    """
    try:
        table = tomllib.loads(text, parse_float=_finite_or_named)
    except RecursionError as error:
        raise _too_deep() from error
    for value in _require_few_levels(table):
        if type(value) is int:
            _require_64_bits(value)
    return table


def _require_few_levels(value: object) -> list[object]:
    """Return all values that are neither lists nor tables."""
    found: list[object] = []
    level = [value]
    for levels in range(MAX_LEVELS + 1):
        inner: list[object] = []
        if levels == MAX_LEVELS and any(isinstance(one, dict | list) for one in level):
            break
        for one in level:
            if isinstance(one, dict):
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            else:
                found.append(one)
        if not inner:
            return found
        level = inner
    raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"more than {MAX_LEVELS} levels")


def _integer(text: str) -> int:
    if (
        len(text) > 20
    ):  # the digits of 2**64, or the sign and those of 2**63: the others need not be converted
        raise ValueError(f"a number of {len(text)} digits")
    number = int(text)
    _require_64_bits(number)
    return number


def _require_64_bits(number: int) -> None:
    if number not in _INTEGERS:
        raise ValueError(f"a number of {number.bit_length()} bits, at most 64 are read")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is too large")
    return number


def _finite_or_named(text: str) -> float:
    """TOML has infinities and nan by name; whoever takes a number says whether they are in its range."""
    return float(text) if text.lstrip("+-") in ("inf", "nan") else _finite(text)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
