"""The table of the policy's keys in the documentation is that of the code."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from lightproof.policy import _RANGES, Policy

TABLE = (Path(__file__).parents[1] / "docs" / "cli.md").read_text(encoding="utf-8").split("### Policy\n")[1]
ROWS = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| `(.+)` \|$", TABLE.split("\n### ")[0], flags=re.MULTILINE)


def values_of(key: str) -> str:
    if key in _RANGES:
        _, low, high = _RANGES[key]
        return f"{low} to {high}"
    kind: Any = get_type_hints(Policy)[key]
    choices = get_args(kind) if get_origin(kind) is not None else (True, False)
    return ", ".join(f"`{json.dumps(choice)}`" for choice in choices)


def test_every_key_is_there_in_order_with_its_values_and_its_default() -> None:
    documented = [(key, values, default) for key, _, values, default in ROWS]
    assert documented == [
        (key.name, values_of(key.name), json.dumps(key.default)) for key in dataclasses.fields(Policy)
    ]


def test_a_key_in_seconds_says_so() -> None:
    assert all("in seconds" in about for key, about, _, _ in ROWS if key.endswith("_s"))


def test_a_default_of_the_table_is_a_policy() -> None:
    assert Policy.loads("\n".join(f"{key} = {default}" for key, _, _, default in ROWS)) == Policy()
