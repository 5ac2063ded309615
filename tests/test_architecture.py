"""Who may know whom, as docs/architecture.md says it: rigs know no faces, faces no challenges."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "python" / "lightproof"

SESSION = {"verification", "session", "request", "consent", "result"}
"""What runs a session and answers for it."""

MUST_NOT_KNOW = {
    "face": SESSION | {"presence", "rigs", "challenge", "simulation"},
    "rigs": SESSION | {"presence", "face", "challenge", "verdict"},
    "presence": SESSION | {"references", "simulation", "reporting"},
    "references": SESSION | {"presence", "rigs", "challenge"},
    "simulation": SESSION | {"presence", "verdict"},
    "appliance": {"_core", "face", "presence", "references", "rigs", "matching"},
    "privacy": {"_core", "face", "presence", "rigs", "verification"},
}
"""Package -> names directly under `lightproof` that no file of it may import."""


def imports(file: Path) -> set[str]:
    """Return the names directly under `lightproof` that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "lightproof":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").removeprefix("lightproof.").split(".")[0]} if node.module else set()
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("lightproof.")}
    return found


@pytest.mark.parametrize("package", MUST_NOT_KNOW)
def test_a_package_knows_only_what_it_may(package: str) -> None:
    files = sorted((PACKAGE / package).rglob("*.py"))
    known = {
        f"{file.relative_to(PACKAGE)} imports {name}"
        for file in files
        for name in imports(file) & MUST_NOT_KNOW[package]
    }
    assert files
    assert known == set()


def test_the_product_knows_neither_tests_nor_studies() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert not imports(file) & {"studies", "tests", "benches"}, file
