"""The model manifest: which network has which role, and proof that a file is the one it claims to be."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from lightproof.errors import FileError, ManifestError, ModelHashError
from lightproof.files import read_regular
from lightproof.untrusted import toml_table
from lightproof.validation import FiniteFloat, complaint_of

DATA_FILES: Final = (Path(__file__).with_name("canonical.npz"),)
"""What is no model and no code, and verdicts rest on: where the mesh of a mean face lies on the grid of
cells."""

MIN_THRESHOLD: Final = 0.1
"""Cosines of strangers lie about zero or above it: a threshold near zero or below takes about half of them
for the same person, whatever false match rate is written beside it. None in use is as low as this."""
MAX_THRESHOLD: Final = 0.9999
"""Above this nobody matches their own second picture: the numbers of a network and of a codec are not that
exact."""

MAX_MANIFEST_BYTES: Final = 2**20
"""Four hundred times what is shipped."""

MAX_MODEL_BYTES: Final = 2**29
"""Twice the largest networks for faces in common use: residual ones of a hundred layers, as float32."""

MAX_INPUT_SIDE_PX: Final = 2048
"""Eight times that of the largest network shipped; an input of this size has 50 MB."""

MAX_OUTPUT_SIZE: Final = 2**20
"""Anchors of a detector on the largest input, one for every two by two pixels; embeddings are far shorter."""

SHIPPED_MANIFEST = Path(__file__).resolve().parent.parent / "models" / "models.toml"


RATE_TOLERANCE: Final = 1e-6
"""Rates that differ by less, relatively, are one rate written in two ways."""


class Role(StrEnum):
    """The job of a network."""

    DETECTOR_NEAR = "detector_near"
    DETECTOR_DOCUMENT = "detector_document"
    MESH = "mesh"
    EMBEDDER = "embedder"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One network as its manifest describes it.

    ``input_size`` is (width, height) in pixels; the network is fed ``(rgb - input_mean) / input_scale``.
    ``output_size`` is the number of anchors of a detector, else the number of values of the first output.
    ``alignment``: where an embedder wants the five points of :func:`~lightproof.face.alignment.five_points`
    to lie, in pixels of its input, (x, y) each; embedders only. ``unit_length``: an embedding is brought to
    unit length as it leaves the network. ``thresholds`` maps a false match rate to the smallest cosine that
    is a match at that rate; empty for all but embedders.
    """

    name: str
    role: Role
    path: Path
    sha256: str
    input_size: tuple[int, int]
    input_mean: tuple[float, float, float]
    input_scale: tuple[float, float, float]
    output_size: int
    source: str
    licence: str
    alignment: tuple[tuple[float, float], ...] = ()
    unit_length: bool = True
    thresholds: Mapping[float, float] = field(default_factory=dict)
    threshold_source: str = ""

    def threshold_at(self, fmr: float) -> float:
        """Return the cosine threshold at a false match rate.

        Raises:
            ManifestError: the manifest states no threshold at this rate. None is interpolated: a threshold
                without a measured error rate is a guess.
        """
        for stated, threshold in self.thresholds.items():
            if math.isclose(stated, fmr, rel_tol=RATE_TOLERANCE):
                return threshold
        known = ", ".join(f"{stated:g}" for stated in sorted(self.thresholds)) or "none"
        raise ManifestError(
            f"model {self.name!r} states no threshold at a false match rate of {fmr:g} (stated: {known}): "
            "ask for a stated rate, or measure one and add it to the manifest"
        )

    def read(self) -> bytes:
        """Return the content of the model file after checking its SHA-256 against the manifest.

        The very bytes that were hashed are returned, so the file cannot be exchanged between check and use.

        Raises:
            ManifestError: the file cannot be read.
            ModelHashError: the file is not the one that the manifest names.
        """
        try:
            content = bytes(read_regular(self.path, MAX_MODEL_BYTES))
        except FileError as error:
            raise ManifestError(f"model {self.name!r}: {error}, or correct `file`") from error
        except OSError as error:
            raise ManifestError(
                f"model {self.name!r}: cannot read {self.path} ({error.strerror}): "
                "put it there or correct `file`"
            ) from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ModelHashError(
                f"model {self.name!r}: {self.path} has SHA-256 {found}, the manifest expects {self.sha256}: "
                "restore the original file, or correct the manifest if you replaced it on purpose"
            )
        return content


@dataclass(frozen=True, slots=True)
class Manifest:
    """One network for every role."""

    entries: Mapping[Role, ModelEntry]

    def __getitem__(self, role: Role) -> ModelEntry:
        return self.entries[role]

    @property
    def sha256(self) -> str:
        """One digest, in hexadecimal, over all that a verdict takes from models; it names this set.

        That is every key of every entry (thresholds, alignment, sizes and scaling among them, each file by
        its own digest and not by where it lies) and :data:`DATA_FILES`. How the TOML is laid out does not
        matter.
        """
        canonical = {
            "models": {str(role): _canonical(entry) for role, entry in self.entries.items()},
            "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DATA_FILES},
        }
        return hashlib.sha256(msgspec.json.encode(canonical, order="deterministic")).hexdigest()


def _canonical(entry: ModelEntry) -> dict[str, object]:
    """Return an entry as it is hashed: by content, wherever the file lies."""
    values: dict[str, object] = {
        key.name: getattr(entry, key.name) for key in fields(entry) if key.name != "path"
    }
    return values | {"thresholds": sorted(entry.thresholds.items())}


def load_manifest(path: Path | None = None) -> Manifest:
    """Read a manifest; roles that it does not name, or all of them if None, come from the shipped one.

    No model file is opened here; each is checked when it is read.

    Raises:
        ManifestError: the file is not TOML, or a key is missing, unknown or of the wrong type or range.
    """
    entries = _read_entries(SHIPPED_MANIFEST)
    if path is not None:
        entries |= _read_entries(path)
    missing = [role for role in Role if role not in entries]
    if missing:
        raise ManifestError(
            f"{SHIPPED_MANIFEST.name} names no model for {missing[0]!s}: reinstall the package"
        )
    return Manifest(entries)


def _read_entries(path: Path) -> dict[Role, ModelEntry]:
    try:
        document = toml_table(read_regular(path, MAX_MANIFEST_BYTES).decode("utf-8-sig"))
    except FileError as error:
        raise ManifestError(f"manifest {error}: a manifest is a TOML file") from error
    except OSError as error:
        raise ManifestError(f"cannot read manifest {path} ({error.strerror}): check the path") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"manifest {path} is not UTF-8 text: a manifest is a TOML file") from error
    except ValueError as error:
        raise ManifestError(f"manifest {path} is not TOML ({error}): correct it") from error
    tables = document.get("model")
    if set(document) != {"model"} or not isinstance(tables, list) or not tables:
        raise ManifestError(f"manifest {path} must hold [[model]] tables and nothing else")
    entries: dict[Role, ModelEntry] = {}
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict):
            raise ManifestError(f"manifest {path}: model {number} is not a table: write [[model]]")
        entry = _entry(path, f"manifest {path}, model {table.get('name', number)!r}", table)
        if entry.role in entries:
            raise ManifestError(f"manifest {path} names two models for role {entry.role}: remove one")
        entries[entry.role] = entry
    return entries


_Text: TypeAlias = Annotated[str, Meta(pattern=r"\A[^\0]*[^\0\s][^\0]*\Z")]
_Side: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_INPUT_SIDE_PX)]
_Size: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_OUTPUT_SIZE)]
_Positive: TypeAlias = Annotated[float, Meta(gt=0, le=sys.float_info.max)]
_Point: TypeAlias = tuple[FiniteFloat, FiniteFloat]


class _Table(Struct, frozen=True, forbid_unknown_fields=True):
    """A [[model]] table of any role."""

    name: _Text
    role: Role
    file: _Text
    sha256: Annotated[str, Meta(pattern=r"\A[0-9A-Fa-f]{64}\Z")]
    input_size: tuple[_Side, _Side]
    input_mean: tuple[FiniteFloat, FiniteFloat, FiniteFloat]
    input_scale: tuple[_Positive, _Positive, _Positive]
    output_size: _Size
    source: _Text
    licence: _Text

    def entry(self, folder: Path) -> ModelEntry:
        return ModelEntry(
            name=self.name,
            role=self.role,
            path=folder / self.file,
            sha256=self.sha256.lower(),
            input_size=self.input_size,
            input_mean=self.input_mean,
            input_scale=self.input_scale,
            output_size=self.output_size,
            source=self.source,
            licence=self.licence,
        )


class _EmbedderTable(_Table, frozen=True, forbid_unknown_fields=True):
    """The [[model]] table of an embedder."""

    alignment: tuple[_Point, _Point, _Point, _Point, _Point]
    unit_length: bool
    thresholds: Annotated[
        dict[str, Annotated[float, Meta(ge=MIN_THRESHOLD, le=MAX_THRESHOLD)]], Meta(min_length=1)
    ]
    threshold_source: _Text

    def entry(self, folder: Path) -> ModelEntry:
        return replace(
            super().entry(folder),
            alignment=self.alignment,
            unit_length=self.unit_length,
            thresholds={float(rate): threshold for rate, threshold in self.thresholds.items()},
            threshold_source=self.threshold_source,
        )


_WANTED: Final = {
    "role": f"one of {', '.join(Role)}",
    "sha256": "64 hexadecimal digits",
    "input_size": f"a list of 2 whole numbers from 1 to {MAX_INPUT_SIDE_PX}",
    "input_mean": "a list of 3 numbers",
    "input_scale": "a list of 3 numbers above 0",
    "output_size": f"a whole number from 1 to {MAX_OUTPUT_SIZE}",
    "alignment": "five points [x, y] in pixels of the input",
    "unit_length": "true or false",
    "thresholds": (
        'a table such as { "1e-3" = 0.450, "1e-4" = 0.532 }: each false match rate once, from 0 to 1, and a '
        f"cosine from {MIN_THRESHOLD} to {MAX_THRESHOLD}, the higher the rarer"
    ),
}
"""Key -> what it must be; text for a key that is not listed."""


def _entry(path: Path, where: str, table: Mapping[str, Any]) -> ModelEntry:
    """Return the entry of a table; every complaint names the manifest, the model, the key and the value."""

    def wrong(key: str) -> ManifestError:
        return ManifestError(f"{where}: {key} is {table[key]!r}, it must be {_WANTED.get(key, 'text')}")

    kind = _EmbedderTable if table.get("role", Role.EMBEDDER) == Role.EMBEDDER else _Table
    try:
        read = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        complaint = complaint_of(error)
        if complaint.missing:
            raise ManifestError(f"{where}: key {complaint.key!r} is missing: add it") from error
        if complaint.unknown:
            role = table.get("role")
            raise ManifestError(
                f"{where}: unknown key {complaint.key!r} for role {role}: remove it"
            ) from error
        raise wrong(complaint.key) from error
    if isinstance(read, _EmbedderTable) and not _are_thresholds(read.thresholds):
        raise wrong("thresholds")
    return read.entry(path.parent)


def _are_thresholds(stated: Mapping[str, float]) -> bool:
    """Return whether each is a rate, there once however it is written, and rarer at a higher cosine."""
    try:
        by_rate = sorted((float(rate), threshold) for rate, threshold in stated.items())
    except ValueError:
        return False
    return all(0 < rate < 1 for rate, _ in by_rate) and all(
        rarer < commoner and not math.isclose(rarer, commoner, rel_tol=RATE_TOLERANCE) and high > low
        for (rarer, high), (commoner, low) in pairwise(by_rate)
    )
