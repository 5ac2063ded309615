"""JWK sets (RFC 7517): the public keys of the devices that a relying party trusts.

A set may hold those of a whole fleet. Other kinds of key in it, and keys for another use, are never tried
(RFC 8725 section 3.1); a private key in it is an error, for whoever reads the set could then sign as that
device.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from lightproof.errors import FileError, InputError
from lightproof.files import read_regular
from lightproof.untrusted import json_value

if TYPE_CHECKING:
    from lightproof.rigs.protocol import RigKind

RIGS_OF_THE_HOUSE: Final[frozenset[RigKind]] = frozenset({"pi", "desktop"})
"""The rigs whose results the device key signs, and those that a key speaks for if it says nothing."""

RIGS_MEMBER: Final = "lightproof_rigs"
"""Member of a published key: the kinds of rig whose results it signs."""

MAX_JWKS_BYTES: Final = 16 * 2**20
"""About 50,000 keys as ``lightproof device jwks`` prints them (300 bytes each)."""

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""RFC 7518 sections 6.2.2, 6.3.2 and 6.4."""

_COORDINATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 octets, leading zeros included (RFC 7518 section 6.2.1.2)."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of a set: its id (RFC 7638 thumbprint), and the kinds of rig whose results it may sign."""

    kid: str
    key: ECKey
    rigs: frozenset[str]


def load_jwks(path: Path) -> dict[str, Any]:
    """Return the JWK set in a JSON file, or a pipe, of at most 16 MiB.

    Raises:
        InputError: the file cannot be read, is too large, or holds no JWK set or a private key.
    """
    try:
        content = read_regular(path, MAX_JWKS_BYTES)
    except FileError as error:
        raise InputError(f"JWK set {error}") from error
    except OSError as error:
        raise InputError(f"JWK set {path} cannot be read: {error.strerror or error}") from error
    try:
        jwks = json_value(content)
    except ValueError as error:
        raise InputError(f"JWK set {path} is not JSON; make one with: lightproof device jwks") from error
    require_jwks(jwks)
    return dict(jwks)


def require_jwks(jwks: object) -> list[Mapping[str, Any]]:
    """Return the keys of a JWK set as they are.

    Raises:
        InputError: it is no JWK set, or holds a private key.
    """
    keys = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(keys, list | tuple) or not all(isinstance(entry, Mapping) for entry in keys):
        raise InputError(
            'the JWK set is not an object with a list of objects as "keys"; '
            "make one with: lightproof device jwks"
        )
    if any(not _PRIVATE_MEMBERS.isdisjoint(entry) for entry in keys):
        raise InputError(
            "the JWK set holds a private key, with which anybody who reads it can sign; replace that key, "
            "and publish what `lightproof device jwks` prints"
        )
    return list(keys)


def base64url(content: bytes) -> str:
    """Return bytes as base64url text without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def thumbprint(entry: Mapping[str, Any]) -> str:
    """Return the RFC 7638 thumbprint of a P-256 key without making one: there may be thousands."""
    text = f'{{"crv":"P-256","kty":"EC","x":"{entry["x"]}","y":"{entry["y"]}"}}'
    return base64url(hashlib.sha256(text.encode()).digest())


def find_key(jwks: Mapping[str, Any], kid: object) -> PublicKey | None:
    """Return the P-256 key for ES256 signatures with this thumbprint, None if the set has none.

    A key that names no rigs speaks for those of the house: sets that were put together by other software lose
    members that it does not know.

    Raises:
        InputError: it is no JWK set, or holds a private key.
    """
    for entry in require_jwks(jwks):
        if not _is_for_es256(entry) or thumbprint(entry) != kid:
            continue
        try:
            key = ECKey.import_key({name: entry[name] for name in ("kty", "crv", "x", "y")})
        except (JoseError, ValueError, TypeError):  # such as a point that is not on the curve
            continue
        named = entry.get(RIGS_MEMBER, sorted(RIGS_OF_THE_HOUSE))
        return PublicKey(str(kid), key, frozenset(map(str, named) if isinstance(named, list | tuple) else ()))
    return None


def _is_for_es256(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("kty") == "EC"
        and entry.get("crv") == "P-256"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "ES256") == "ES256"
        and isinstance(operations, list | tuple)
        and "verify" in operations
        and all(isinstance(entry.get(name), str) and _COORDINATE.fullmatch(entry[name]) for name in "xy")
    )
