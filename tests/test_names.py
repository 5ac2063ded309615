"""One name means one thing: no public class or constant is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def defined(module: Path) -> Iterator[str]:
    """Yield the classes and constants that a module defines itself, and the classes of a stub.

    Constants of the core keep their names in Python, which makes arrays of them.
    """
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")):
                pass
            case ast.AnnAssign(target=ast.Name(id=name)) if module.suffix == ".py":
                yield name
            case ast.Assign(targets=targets) if module.suffix == ".py":
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_no_public_class_or_constant_has_two_homes() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    modules = [
        path
        for folder in ("python/lightproof", "studies", "benches")
        for path in (ROOT / folder).rglob("*.py*")
    ]
    for module in modules:
        if module.suffix in {".py", ".pyi"}:
            for name in defined(module):
                if not name.startswith("_"):
                    homes[name].append(str(module.relative_to(ROOT)))
    assert len(homes) > 400
    twice = {name: paths for name, paths in homes.items() if len(paths) > 1}
    assert not twice, twice
