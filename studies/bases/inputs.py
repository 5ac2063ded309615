"""What the generator needs from others: where it comes from, under which licence, with which checksum.

``inputs.sha256`` lists every file as ``sha256sum --check`` reads it, relative to the folder of inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from studies.bases.errors import InputChangedError, InputMissingError

CHECKSUMS: Final = Path(__file__).with_name("inputs.sha256")


@dataclass(frozen=True, slots=True)
class InputWork:
    """A work of others, and the folder under the folder of inputs in which its files lie."""

    folder: str
    name: str
    version: str
    licence: str
    url: str


HEADS: Final = InputWork(
    folder="ict-facekit",
    name="USC ICT-FaceKit",
    version="commit da5f95a607f5e6b37755b38d3385d7f2853732e5",
    licence="MIT",
    url="https://github.com/ICT-VGL/ICT-FaceKit",
)
PHOTOGRAPHS: Final = InputWork(
    folder="london-set",
    name="Face Research Lab London Set (DeBruine & Jones 2017)",
    version="version 5, reduced to 640 × 640",
    licence="CC BY 4.0",
    url="https://doi.org/10.6084/m9.figshare.5047666.v5",
)
SHAPE_COUNT: Final = 40
"""Identity shapes that a head is mixed from, the first of the hundred that ICT-FaceKit has."""

HEAD_FILES: Final = tuple(
    f"{HEADS.folder}/FaceXModel/{name}.obj"
    for name in ("generic_neutral_mesh", *(f"identity{index:03d}" for index in range(SHAPE_COUNT)))
)


def photograph_file(subject: str) -> str:
    """Return where the neutral frontal photograph of a subject lies under the folder of inputs."""
    return f"{PHOTOGRAPHS.folder}/{subject}_neutral.jpg"


def listed_checksums() -> dict[str, str]:
    """Return the SHA-256 of every listed file, in hexadecimal, by its path under the folder of inputs."""
    lines = CHECKSUMS.read_text(encoding="ascii").splitlines()
    return {path: checksum for checksum, path in (line.split("  ", 1) for line in lines)}


def listed_subjects() -> tuple[str, ...]:
    """Return the three-digit numbers of the fifty people whose photographs are listed, in rising order."""
    names = (path.removeprefix(f"{PHOTOGRAPHS.folder}/") for path in listed_checksums())
    return tuple(sorted(name.removesuffix("_neutral.jpg") for name in names if name.endswith("_neutral.jpg")))


def verified(folder: Path, files: Iterable[str], *, unlisted_photographs: bool = False) -> dict[str, str]:
    """Return the SHA-256 of each file after holding it against the list.

    Args:
        folder: the folder of inputs.
        files: paths under it.
        unlisted_photographs: take photographs whatever their checksum, such as the originals of full size.

    Raises:
        InputMissingError: a file is not there or cannot be read.
        InputChangedError: a file has another checksum than the listed one, or is not listed.
    """
    listed = listed_checksums()
    found = {}
    for file in files:
        source = PHOTOGRAPHS if file.startswith(f"{PHOTOGRAPHS.folder}/") else HEADS
        try:
            found[file] = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        except OSError as error:
            raise InputMissingError(
                f"{folder / file} cannot be read ({error.strerror}); put {source.name} ({source.version}, "
                f"{source.licence}, {source.url}) into {folder / source.folder}, see docs/bases.md"
            ) from error
        if found[file] != listed.get(file) and not (unlisted_photographs and source is PHOTOGRAPHS):
            remedy = " or pass --unlisted-photographs" if source is PHOTOGRAPHS else ""
            raise InputChangedError(
                f"{folder / file} has SHA-256 {found[file]}, listed is {listed.get(file)}; "
                f"take {source.name}, {source.version}{remedy}"
            )
    return found
