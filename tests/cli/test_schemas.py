"""The schemas are made from the types that the commands print, and never by hand."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from lightproof.cli.schemas import SCHEMAS, main, schema_text
from lightproof.policy import Policy

DOCS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_the_one_that_is_made_from_its_types(name: str) -> None:
    kept = (DOCS / f"{name}.schema.json").read_text(encoding="utf-8")
    assert kept == schema_text(name), "run: make schemas"
    jsonschema.Draft202012Validator.check_schema(json.loads(kept))


def test_there_is_no_schema_beside_those_that_are_made(tmp_path: Path) -> None:
    main([str(tmp_path)])
    assert {path.name for path in DOCS.iterdir()} == {path.name for path in tmp_path.iterdir()}


def test_a_policy_keeps_to_its_schema_and_a_wrong_one_does_not() -> None:
    schema = json.loads(schema_text("policy"))
    policy = json.loads(Policy().canonical())
    jsonschema.validate(policy, schema)
    for wrong in ({"decoys": 1}, {"fmr": "0.1"}, {"mode": "disco"}, {"presence_only": 1}, {"colour": "red"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(policy | wrong, schema)
