"""The policy: what the organisation that asks requires of a session.

A policy is a flat TOML file. Its hash goes into the signed result, so whoever relies on the result can tell
which rules it was made under. The physical thresholds of the evidence are no policy: they come with the
software, whose hash goes into the result as well.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from lightproof.errors import PolicyError

Mode = Literal["standard", "gentle"]
"""How the challenge is played: hard edges at 5 Hz, or half as fast with soft edges."""

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

_FMR = re.compile(r"1e-[1-6]")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a session has to reach. The defaults are those of ``lightproof verify``.

    Attributes:
        mode: ``"standard"`` or ``"gentle"`` light.
        presence_only: True if only presence is asked for and no photo is compared.
        fmr: false match rate at which the face is compared, as the model manifests write it: ``"1e-4"``.
        decoys: challenges that the true one has to beat, :data:`MIN_DECOYS` to :data:`MAX_DECOYS`.
        min_response: least screen light over ambient light, a ratio in :data:`MIN_RESPONSE_RANGE`.
        latency_tolerance_s: how far the session's latency may be from the rig's calibrated one, in seconds,
            in :data:`LATENCY_TOLERANCE_RANGE_S`.
        result_validity_s: how long the signed result is valid, 1 to :data:`MAX_RESULT_VALIDITY_S` seconds.

    Raises:
        PolicyError: a value has the wrong type or is out of its range.

    Example::

        Policy.load(Path("front-desk.toml")).sha256()
    """

    mode: Mode = "standard"
    presence_only: bool = False
    fmr: str = "1e-4"
    decoys: int = MAX_DECOYS
    min_response: float = 0.03
    latency_tolerance_s: float = 0.040
    result_validity_s: int = MAX_RESULT_VALIDITY_S

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise _wrong("mode", self.mode, 'is none of "standard", "gentle"')
        if not isinstance(self.presence_only, bool):
            raise _wrong("presence_only", self.presence_only, "is neither true nor false")
        if not isinstance(self.fmr, str) or not _FMR.fullmatch(self.fmr):
            raise _wrong("fmr", self.fmr, 'is none of "1e-1" to "1e-6", written as a string')
        _require_whole("decoys", self.decoys, MIN_DECOYS, MAX_DECOYS)
        _require_number("min_response", self.min_response, *MIN_RESPONSE_RANGE)
        _require_number("latency_tolerance_s", self.latency_tolerance_s, *LATENCY_TOLERANCE_RANGE_S)
        _require_whole("result_validity_s", self.result_validity_s, 1, MAX_RESULT_VALIDITY_S)

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
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise PolicyError(f"policy is not TOML: {error}") from error
        return cls.from_mapping(values)

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Return the policy in a TOML file.

        Raises:
            PolicyError: as :meth:`loads`, or the file cannot be read or is larger than 64 KiB.
        """
        try:
            with path.open("rb") as file:
                content = file.read(MAX_POLICY_BYTES + 1)
            text = content.decode("utf-8")
        except OSError as error:
            raise PolicyError(f"policy {path} cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise PolicyError(f"policy {path} is not UTF-8 text; give a TOML file") from error
        if len(content) > MAX_POLICY_BYTES:
            raise PolicyError(f"policy {path} is larger than {MAX_POLICY_BYTES} bytes; give a TOML file")
        return cls.loads(text)

    def canonical(self) -> str:
        """Return the policy as canonical JSON (RFC 8785): sorted keys, no space, shortest numbers."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def sha256(self) -> bytes:
        """Return the 32-byte SHA-256 of :meth:`canonical`: equal for policies that ask the same."""
        return hashlib.sha256(self.canonical().encode("utf-8")).digest()


def _require_whole(key: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(key, value, f"is not a whole number from {low} to {high}")
    if not low <= value <= high:
        raise _wrong(key, value, f"is outside {low} to {high}")


def _require_number(key: str, value: object, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(key, value, f"is not a number from {low} to {high}")
    if not low <= value <= high:  # true of nan as well
        raise _wrong(key, value, f"is outside {low} to {high}")


def _wrong(key: str, value: object, why: str) -> PolicyError:
    return PolicyError(f"policy key {key}: {_shown(value)} {why}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
