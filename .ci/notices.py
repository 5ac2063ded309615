"""Notices of the crates that the wheel links statically: `python .ci/notices.py` writes rust/NOTICES.txt.

    python .ci/notices.py [--check]

Their licences ask that copyright and terms go with every copy, and the compiled core is one. With `--check`
nothing is written, and the exit status is 1 if the file is not the one that Cargo.lock asks for, or a crate
has a licence that is not among those accepted.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NOTICES = ROOT / "rust" / "NOTICES.txt"
ACCEPTED = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "Unicode-3.0", "Zlib"})
SHORTEST_FIRST = ("LICENSE-MIT", "LICENSE-ZLIB", "LICENSE", "COPYING", "LICENSE-APACHE")
"""Of alternatives one is enough; of texts that all apply (AND) every one is taken."""
HEAD = """Notices of the Rust crates that are linked into the compiled core of Lightproof.

Made from Cargo.lock by .ci/notices.py; not to be edited. Each crate is named with its version and licence,
and followed by the terms under which it is used here.
"""


def linked_crates() -> list[dict[str, Any]]:
    """Return the packages that end up in the core on any system: no build tools, no macros, none of ours."""
    command = ("cargo", "metadata", "--format-version", "1", "--locked")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    graph = json.loads(done.stdout)
    packages = {package["id"]: package for package in graph["packages"]}
    nodes = {node["id"]: node["deps"] for node in graph["resolve"]["nodes"]}
    waiting = [key for key, package in packages.items() if package["name"] == "lightproof-py"]
    found: dict[str, dict[str, Any]] = {}
    while waiting:
        key = waiting.pop()
        package = packages[key]
        if key in found or any("proc-macro" in target["kind"] for target in package["targets"]):
            continue
        found[key] = package
        for dependency in nodes[key]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    foreign = [package for package in found.values() if package["source"] is not None]
    return sorted(foreign, key=lambda package: (package["name"], package["version"]))


def is_accepted(licence: str) -> bool:
    """Return whether an SPDX expression can be kept to by the licences that are accepted."""
    parts = licence.replace("/", " OR ").split(" AND ")
    return all(ACCEPTED & set(re.findall(r"[\w.+-]+", part)) for part in parts)


def terms_of(package: dict[str, Any]) -> list[str]:
    """Return the texts that go with a crate, and what it says about copyright."""
    folder = Path(package["manifest_path"]).parent
    files = {
        path.stem.upper() if path.suffix in (".md", ".txt") else path.name.upper(): path
        for path in folder.iterdir()
    }
    chosen = [files[name] for name in SHORTEST_FIRST if name in files][:1]
    chosen += [path for name, path in sorted(files.items()) if name.startswith(("NOTICE", "COPYRIGHT"))]
    chosen += [path for name, path in sorted(files.items()) if name == "LICENSE-UNICODE"]
    return [path.read_text(encoding="utf-8").strip() for path in chosen]


def notices() -> str:
    """Return the whole file.

    Raises:
        SystemExit: a crate has a licence that is not accepted, or brings no text of one.
    """
    crates_of: dict[str, list[str]] = {}
    for package in linked_crates():
        name = f"{package['name']} {package['version']} ({package['license']})"
        if not is_accepted(package["license"]):
            raise SystemExit(f"{name}: accept this licence in .ci/notices.py, or do without the crate")
        texts = terms_of(package)
        if not texts:
            raise SystemExit(
                f"{name}: it brings no text of its licence; ask its authors, or do without the crate"
            )
        for text in texts:
            crates_of.setdefault(text, []).append(name)
    rule = "=" * 80
    sections = [f"{rule}\n" + "\n".join(names) + f"\n{rule}\n\n{text}\n" for text, names in crates_of.items()]
    return "\n".join([HEAD, *sections])


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is the right one."""
    text = notices()
    if arguments == ["--check"]:
        if NOTICES.is_file() and NOTICES.read_text(encoding="utf-8") == text:
            return 0
        print("rust/NOTICES.txt is not what Cargo.lock asks for: run python .ci/notices.py", file=sys.stderr)
        return 1
    NOTICES.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
