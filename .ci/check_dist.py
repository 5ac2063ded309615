"""Whether dist/ holds what a release may hold: a source distribution and wheels of one version.

    python .ci/check_dist.py dist [TAG]

Where a tag is given it has to be `v` and the version. A wheel must bring the networks, the licences and the
bill of materials, and none of what makes or tests them; the source distribution what a build needs. Prints
one line for each thing that is wrong; the exit status is their number.
"""

from __future__ import annotations

import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
MAX_WHEEL_BYTES = 12_000_000
"""What docs/numbers.md promises."""
MODELS = "python/lightproof/models"
NEEDED_IN_SDIST = (
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "python/lightproof/__init__.py",
    "python/lightproof/py.typed",
    "rust/NOTICES.txt",
    "rust/core/src/lib.rs",
    "rust/py/src/lib.rs",
)
FOREIGN_IN_SDIST = ("tests/", "studies/", "docs/", "benches/", "examples/")
"""Folders of the repository that no build needs."""


def cargo_version() -> Version:
    """Return the version of the workspace: the one place where it is written."""
    return Version(
        tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]["version"]
    )


def model_files() -> list[str]:
    """Return the names of the networks' files, their manifest and their licences."""
    return sorted(path.name for path in (ROOT / MODELS).iterdir() if path.is_file())


def wrong_with_wheel(path: Path, version: Version) -> list[str]:
    """Return what is wrong with a wheel."""
    name, tagged, _, _ = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as wheel:
        held = wheel.namelist()
        info = f"{name}-{path.name.split('-')[1]}.dist-info"
        metadata = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())
    wrong = _wrong_versions(tagged, metadata["Version"], version)
    wrong += [
        f"lacks {needed}"
        for needed in (
            "lightproof/__init__.pyi",  # names what is public, at run time as well
            "lightproof/py.typed",
            f"{info}/licenses/LICENSE",
            f"{info}/licenses/rust/NOTICES.txt",
            *(f"lightproof/models/{file}" for file in model_files()),
        )
        if needed not in held
    ]
    if not any(file.startswith("lightproof/_core") and file.endswith((".so", ".pyd")) for file in held):
        wrong.append("lacks the core, lightproof/_core.*")
    if not any(file.startswith(f"{info}/sboms/") for file in held):
        wrong.append("lacks the bill of materials of its Rust dependencies (PEP 770)")
    wrong += [f"holds {file}" for file in held if not file.startswith(("lightproof/", f"{info}/"))]
    if path.stat().st_size > MAX_WHEEL_BYTES:
        wrong.append(f"is {path.stat().st_size / 1e6:.1f} MB, more than {MAX_WHEEL_BYTES / 1e6:.0f} MB")
    return wrong


def wrong_with_sdist(path: Path, version: Version) -> list[str]:
    """Return what is wrong with a source distribution."""
    _, named = parse_sdist_filename(path.name)
    with tarfile.open(path) as sdist:
        top = path.name.removesuffix(".tar.gz") + "/"
        held = {member.name.removeprefix(top) for member in sdist.getmembers()}
        stated = sdist.extractfile(f"{top}PKG-INFO")
        metadata = HeaderParser().parsestr(stated.read().decode() if stated else "")
    wrong = _wrong_versions(named, metadata["Version"], version)
    wrong += [
        f"lacks {needed}"
        for needed in (*NEEDED_IN_SDIST, *(f"{MODELS}/{file}" for file in model_files()))
        if needed not in held
    ]
    wrong += [f"holds {file}" for file in sorted(held) if file.startswith(FOREIGN_IN_SDIST)]
    return wrong


def _wrong_versions(named: Version, stated: str | None, wanted: Version) -> list[str]:
    found = {"its name": named, "its metadata": Version(stated or "0")}
    return [
        f"is version {one} by {where}, Cargo.toml says {wanted}"
        for where, one in found.items()
        if one != wanted
    ]


def main(folder: Path, tag: str | None = None) -> int:
    """Print what is wrong in a folder and return how many things are."""
    version = cargo_version()
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    wrong = [f"{path.name} {what}" for path in wheels for what in wrong_with_wheel(path, version)]
    wrong += [f"{path.name} {what}" for path in sdists for what in wrong_with_sdist(path, version)]
    if not wheels:
        wrong.append(f"{folder} holds no wheel: run make wheel")
    if len(sdists) != 1:
        wrong.append(f"{folder} holds {len(sdists)} source distributions, not one: run make sdist")
    if tag and tag != f"v{version}":
        wrong.append(f"the tag is {tag}, Cargo.toml says {version}: the tag has to be v{version}")
    for what in wrong:
        print(what, file=sys.stderr)
    if not wrong:
        print(f"lightproof {version}: {len(wheels)} wheel(s) and a source distribution hold what they should")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
