"""The policy: what the organisation that asks requires of a session.

A policy is a flat TOML file. Its hash goes into the signed result, so whoever relies on the result can tell
which rules it was made under. The physical thresholds of the evidence are not policy: they come with the
software, whose hash goes into the result as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec
from msgspec import Meta

from lightproof.errors import FileError, PolicyError
from lightproof.files import read_regular
from lightproof.untrusted import toml_table
from lightproof.validation import plain_number

Mode = Literal["standard", "gentle"]
"""How the challenge is played: hard edges at 5 Hz, or half as fast with soft edges."""

Fmr = Literal["1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]
"""A false match rate as the model manifests write it."""

MIN_DECOYS = 2**10 - 1
"""Freshness accepts a wrong challenge with P <= 1 / (decoys + 1): here one in a thousand."""
MAX_DECOYS = 2**20 - 1
"""Here one in a million."""

MIN_RESPONSE_RANGE = (0.005, 0.5)
"""Screen light over ambient light: under 0.5 % (sunlight) nothing is read, 50 % is a dark room."""

LATENCY_TOLERANCE_RANGE_S = (0.005, 0.045)
"""A relay answers one display and one camera frame late, about 50 ms: the tolerance stays below."""

MAX_RESULT_VALIDITY_S = 120
"""A result says that somebody was here just now; after two minutes that is no longer so."""

MAX_POLICY_BYTES = 64 * 1024
"""Far above any policy; keeps a wrong file (a video, a device) from being read into memory."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a session has to reach. The defaults are those of ``lightproof verify``.

    Attributes:
        mode: ``"standard"`` or ``"gentle"`` light.
        presence_only: True if only presence is asked for and no photo is compared.
        fmr: false match rate at which the face is compared, as the model manifests write it: ``"1e-4"``.
        decoys: challenges that the true one has to beat, :data:`MIN_DECOYS` to :data:`MAX_DECOYS`.
        min_response: least screen light over ambient light, a ratio in :data:`MIN_RESPONSE_RANGE`.
        latency_tolerance_s: how far the session's latency may be from the rig's calibrated one at most, in
            seconds; the rig's own spread tightens it. In :data:`LATENCY_TOLERANCE_RANGE_S`.
        result_validity_s: how long the signed result is valid, 1 to :data:`MAX_RESULT_VALIDITY_S` seconds.

    NumPy's numbers are taken for the numbers that they are, and hash as such.

    Raises:
        PolicyError: a value has the wrong type or is out of its range.

    Example::

        Policy.load(Path("front-desk.toml")).sha256()
    """

    mode: Mode = "standard"
    presence_only: bool = False
    fmr: Fmr = "1e-4"
    decoys: Annotated[int, Meta(ge=MIN_DECOYS, le=MAX_DECOYS)] = MAX_DECOYS
    min_response: Annotated[float, Meta(ge=MIN_RESPONSE_RANGE[0], le=MIN_RESPONSE_RANGE[1])] = 0.02
    latency_tolerance_s: Annotated[
        float, Meta(ge=LATENCY_TOLERANCE_RANGE_S[0], le=LATENCY_TOLERANCE_RANGE_S[1])
    ] = 0.040
    result_validity_s: Annotated[int, Meta(ge=1, le=MAX_RESULT_VALIDITY_S)] = MAX_RESULT_VALIDITY_S

    def __post_init__(self) -> None:
        for key, kind in _KINDS.items():
            value = plain_number(getattr(self, key))
            object.__setattr__(self, key, value)
            try:
                msgspec.convert(value, kind)
            except msgspec.ValidationError as error:
                raise PolicyError(f"policy key {key}: {_shown(value)} is {_why(key, str(error))}") from error

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Policy:
        """Return the policy that ``values`` describe, with the defaults for what they leave out.

        Raises:
            PolicyError: a key is unknown, or a value has the wrong type or is out of its range.
        """
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                raise PolicyError(f"policy key {_shown(key)} is unknown; the keys are {', '.join(known)}")
        return cls(**values)

    @classmethod
    def loads(cls, text: str) -> Policy:
        """Return the policy in a TOML text.

        Raises:
            PolicyError: as :meth:`from_mapping`, or the text is not TOML.
        """
        try:
            values = toml_table(text)
        except ValueError as error:
            raise PolicyError(f"policy is not TOML: {error}") from error
        return cls.from_mapping(values)

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Return the policy in a TOML file.

        Raises:
            PolicyError: as :meth:`loads`, or the file cannot be read or is larger than 64 KiB.
        """
        try:
            text = read_regular(path, MAX_POLICY_BYTES).decode("utf-8-sig")
        except FileError as error:
            raise PolicyError(f"policy {error}: a policy is a TOML file") from error
        except OSError as error:
            raise PolicyError(f"policy {path} cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise PolicyError(f"policy {path} is not UTF-8 text; give a TOML file") from error
        return cls.loads(text)

    def canonical(self) -> str:
        """Return the policy as canonical JSON (RFC 8785): sorted keys, no space, shortest numbers."""
        return msgspec.json.encode(self, order="sorted").decode()

    def sha256(self) -> bytes:
        """Return the 32-byte SHA-256 of :meth:`canonical`: equal for policies that ask the same."""
        return hashlib.sha256(self.canonical().encode("utf-8")).digest()


_KINDS: Final = get_type_hints(Policy, include_extras=True)
"""Key -> what its value must be."""

_RANGES: Final = {
    "decoys": ("a whole number", MIN_DECOYS, MAX_DECOYS),
    "min_response": ("a number", *MIN_RESPONSE_RANGE),
    "latency_tolerance_s": ("a number", *LATENCY_TOLERANCE_RANGE_S),
    "result_validity_s": ("a whole number", 1, MAX_RESULT_VALIDITY_S),
}
_OTHERS: Final = {
    "mode": 'not "standard" or "gentle"',
    "presence_only": "not true or false",
    "fmr": 'not one of "1e-1" to "1e-6", written as a string',
}
"""Key -> what a value that is refused is not, for a person."""


def _why(key: str, complaint: str) -> str:
    if key in _OTHERS:
        return _OTHERS[key]
    kind, low, high = _RANGES[key]
    is_of_another_type = ", got `" in complaint
    return f"not {kind} from {low} to {high}" if is_of_another_type else f"outside {low} to {high}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes no number of more than 4,300 digits
        text = f"a {type(value).__name__} that is too long"
    return text if len(text) <= 60 else text[:57] + "..."
