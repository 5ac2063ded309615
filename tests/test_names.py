"""One name means one thing: no public class or constant is defined in two modules."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def defined(module: Path) -> Iterator[str]:
    """Yield the public classes and constants that a module, or a stub, defines itself."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.AnnAssign(annotation=ast.Name(id="TypeAlias")) if module.suffix == ".pyi":
                pass  # what the core's signatures take, known to type checkers only
            case ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_no_public_class_or_constant_has_two_homes() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    modules = [
        path
        for folder in ("python/lightproof", "studies", "benches")
        for path in (ROOT / folder).rglob("*.py*")
    ]
    for module in modules:
        if module.suffix in {".py", ".pyi"} and module.name != "__init__.pyi":
            for name in defined(module):
                if not name.startswith("_"):
                    homes[name].append(str(module.relative_to(ROOT)))
    assert len(homes) > 400
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}
