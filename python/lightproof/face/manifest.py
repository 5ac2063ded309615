"""The model manifest: which network does which job, and the proof that a file is the one it claims to be."""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from lightproof.errors import ManifestError, ModelHashError

SHIPPED_MANIFEST = Path(__file__).resolve().parent.parent / "models" / "models.toml"


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
            if math.isclose(stated, fmr, rel_tol=1e-6):
                return threshold
        known = ", ".join(f"{stated:g}" for stated in sorted(self.thresholds)) or "none"
        raise ManifestError(
            f"model {self.name!r} states no threshold at a false match rate of {fmr:g} (stated: {known}): "
            "ask for a stated rate, or measure one and add it to the manifest"
        )

    def read(self) -> bytes:
        """Return the content of the model file after its SHA-256 was found to be the manifest's.

        The very bytes that were hashed are returned, so the file cannot be exchanged between check and use.

        Raises:
            ManifestError: the file cannot be read.
            ModelHashError: the file is not the one that the manifest names.
        """
        try:
            content = self.path.read_bytes()
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
        """One digest over the roles and the digests of all model files, in hexadecimal; it names this set."""
        lines = "".join(f"{role} {self.entries[role].sha256}\n" for role in sorted(self.entries))
        return hashlib.sha256(lines.encode()).hexdigest()


def load_manifest(path: Path | None = None) -> Manifest:
    """Read a manifest; roles that it does not name come from the shipped one, as does everything if None.

    No model file is opened here; each is checked when it is read.

    Raises:
        ManifestError: the file is no TOML, or a key is missing, unknown or of the wrong type or range.
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
        document = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise ManifestError(f"cannot read manifest {path} ({error.strerror}): check the path") from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"manifest {path} is not UTF-8 text: a manifest is a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"manifest {path} is not TOML ({error}): correct it") from error
    tables = document.get("model")
    if set(document) != {"model"} or not isinstance(tables, list) or not tables:
        raise ManifestError(f"manifest {path} must hold [[model]] tables and nothing else")
    entries: dict[Role, ModelEntry] = {}
    for number, table in enumerate(tables, 1):
        entry = _Table(path, number, table).entry()
        if entry.role in entries:
            raise ManifestError(f"manifest {path} names two models for role {entry.role}: remove one")
        entries[entry.role] = entry
    return entries


_COMMON_KEYS = frozenset(
    [
        "name",
        "role",
        "file",
        "sha256",
        "input_size",
        "input_mean",
        "input_scale",
        "output_size",
        "source",
        "licence",
    ]
)
_EMBEDDER_KEYS = frozenset(["alignment", "unit_length", "thresholds", "threshold_source"])


class _Table:
    """One [[model]] table; every complaint names the manifest, the model, the key and the value."""

    def __init__(self, path: Path, number: int, table: object) -> None:
        self._path = path
        if not isinstance(table, dict):
            raise ManifestError(f"manifest {path}: model {number} is no table: write [[model]]")
        self._table: dict[str, Any] = table
        self._where = f"manifest {path}, model {table.get('name', number)!r}"

    def entry(self) -> ModelEntry:
        role_name = self._text("role")
        try:
            role = Role(role_name)
        except ValueError as error:
            raise self._wrong("role", "one of " + ", ".join(Role)) from error
        allowed = _COMMON_KEYS | (_EMBEDDER_KEYS if role is Role.EMBEDDER else frozenset())
        unknown = sorted(set(self._table) - allowed)
        if unknown:
            raise ManifestError(f"{self._where}: unknown key {unknown[0]!r} for role {role}: remove it")
        width, height = (int(value) for value in self._numbers("input_size", 2, integer=True, positive=True))
        mean = self._numbers("input_mean", 3)
        scale = self._numbers("input_scale", 3, positive=True)
        output_size = self._value("output_size")
        if type(output_size) is not int or output_size < 1:
            raise self._wrong("output_size", "a whole number above 0")
        embeds = role is Role.EMBEDDER
        return ModelEntry(
            name=self._text("name"),
            role=role,
            path=self._path.parent / self._text("file"),
            sha256=self._sha256(),
            input_size=(width, height),
            input_mean=(mean[0], mean[1], mean[2]),
            input_scale=(scale[0], scale[1], scale[2]),
            output_size=output_size,
            source=self._text("source"),
            licence=self._text("licence"),
            alignment=self._alignment() if embeds else (),
            unit_length=self._flag("unit_length") if embeds else True,
            thresholds=self._thresholds() if embeds else {},
            threshold_source=self._text("threshold_source") if embeds else "",
        )

    def _wrong(self, key: str, wanted: str) -> ManifestError:
        return ManifestError(f"{self._where}: {key} is {self._table[key]!r}, it must be {wanted}")

    def _value(self, key: str) -> Any:
        if key not in self._table:
            raise ManifestError(f"{self._where}: key {key!r} is missing: add it")
        return self._table[key]

    def _text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self._wrong(key, "text")
        return value

    def _flag(self, key: str) -> bool:
        value = self._value(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def _sha256(self) -> str:
        value = self._text("sha256").lower()
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise self._wrong("sha256", "64 hexadecimal digits")
        return value

    def _numbers(self, key: str, count: int, *, integer: bool = False, positive: bool = False) -> list[float]:
        values = self._value(key)
        kinds = (int,) if integer else (int, float)
        if (
            not isinstance(values, list)
            or len(values) != count
            or any(type(value) not in kinds or not math.isfinite(value) for value in values)
            or (positive and min(values) <= 0)
        ):
            above = " above 0" if positive else ""
            raise self._wrong(key, f"a list of {count} {'whole ' if integer else ''}numbers{above}")
        return [float(value) for value in values]

    def _alignment(self) -> tuple[tuple[float, float], ...]:
        points = self._value("alignment")
        if not isinstance(points, list) or len(points) != 5 or not all(_is_point(point) for point in points):
            raise self._wrong("alignment", "five points [x, y] in pixels of the input")
        return tuple((float(x), float(y)) for x, y in points)

    def _thresholds(self) -> dict[float, float]:
        table = self._value("thresholds")
        wanted = 'a table such as { "1e-4" = 0.532 }: a false match rate and a cosine'
        if not isinstance(table, dict) or not table:
            raise self._wrong("thresholds", wanted)
        thresholds: dict[float, float] = {}
        for rate, threshold in table.items():
            try:
                fmr = float(rate)
            except ValueError as error:
                raise self._wrong("thresholds", wanted) from error
            if not 0 < fmr < 1 or type(threshold) not in (int, float) or not -1 <= threshold <= 1:
                raise self._wrong("thresholds", wanted)
            thresholds[fmr] = float(threshold)
        return thresholds


def _is_point(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(number) in (int, float) and math.isfinite(number) for number in value)
    )
