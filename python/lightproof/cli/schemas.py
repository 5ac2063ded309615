"""Writes the JSON Schemas of what the commands print: ``python -m lightproof.cli.schemas DIR``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from lightproof.cli.json_objects import (
    SESSION_RULES,
    CalibrationObject,
    CaseObject,
    DoctorObject,
    KeySetObject,
    OwnHashesObject,
    RefusedObject,
    ResultObject,
    SessionObject,
    Versions,
)
from lightproof.evaluation.report.report_object import ReportObject
from lightproof.files import write_atomic
from lightproof.policy import Policy

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS: Final[dict[str, tuple[str, tuple[Any, ...]]]] = {
    "calibrate": ("lightproof calibrate --json", (CalibrationObject,)),
    "demo": ("lightproof demo --json", (tuple[CaseObject, ...],)),
    "device-jwks": ("lightproof device jwks", (KeySetObject,)),
    "doctor": ("lightproof doctor --json", (DoctorObject,)),
    "evaluate": ("lightproof evaluate --json, and report.json", (ReportObject,)),
    "policy": (
        "a policy, as TOML or as the canonical JSON that is hashed",
        (Annotated[Policy, Meta(extra_json_schema={"unevaluatedProperties": False})],),
    ),
    "result-verify": ("lightproof result verify --json", (ResultObject, RefusedObject)),
    "result-hashes": ("lightproof result hashes --json", (OwnHashesObject,)),
    "verify": (
        "lightproof verify --json",
        (Annotated[SessionObject, Meta(extra_json_schema=SESSION_RULES)],),
    ),
    "version": ("lightproof version --json", (Versions,)),
}
"""File -> its title, and the types one of which an object has."""


def schema_text(name: str) -> str:
    """Return one of :data:`SCHEMAS` as the text of its file."""
    title, types = SCHEMAS[name]
    bodies, definitions = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    body: dict[str, Any] = bodies[0] if len(bodies) == 1 else {"oneOf": list(bodies)}
    schema: dict[str, Any] = {"$schema": DIALECT, "title": title} | body
    if definitions:
        schema["$defs"] = {name: _in_short(definition) for name, definition in definitions.items()}
    return json.dumps(schema, indent=2) + "\n"


def _in_short(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition with no more of its type's docstring than the first paragraph."""
    if "description" not in definition:
        return definition
    return definition | {"description": " ".join(definition["description"].partition("\n\n")[0].split())}


def write_schemas(folder: Path) -> None:
    """Write all schemas into a folder.

    Raises:
        OSError: it cannot be written to.
    """
    for name in SCHEMAS:
        write_atomic(folder / f"{name}.schema.json", schema_text(name), private=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the schemas where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m lightproof.cli.schemas", description=__doc__)
    parser.add_argument("folder", type=Path)
    write_schemas(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    main()
