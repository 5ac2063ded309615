"""Puts a table that a script has measured into a document, with the machine and the day."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path


def put(table: str, name: str, document: Path | None) -> None:
    """Print a table, or put it between the marks ``<!-- name -->`` and ``<!-- /name -->`` of a document."""
    text = f"{table}\n\n*{_machine()}, {date.today().isoformat()}.*"
    if document is None:
        print(text)
        return
    before, rest = document.read_text(encoding="utf-8").split(f"<!-- {name} -->")
    after = rest.split(f"<!-- /{name} -->")[1]
    document.write_text(f"{before}<!-- {name} -->\n{text}\n<!-- /{name} -->{after}", encoding="utf-8")


def _machine() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores"
