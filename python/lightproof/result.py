"""The result: an Entity Attestation Token (RFC 9711) as a signed JWT of at most 1 kB.

It says how a session ended, for whom, when and under which rules. It holds no picture, no embedding and no
score; its claim set is closed, and a token with any other claim is refused. ``docs/result.md`` lists them.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from joserfc import jwt
from joserfc.errors import JoseError

from lightproof.device import DeviceKey
from lightproof.errors import InputError, ResultError
from lightproof.expectations import Expectations
from lightproof.jwks import base64url, find_key, require_jwks
from lightproof.policy import MAX_RESULT_VALIDITY_S
from lightproof.request import require_nonce
from lightproof.single_use import SingleUseStore
from lightproof.untrusted import json_value
from lightproof.verdict import Outcome, ReasonCode, Verdict

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

    from lightproof.rigs.latency_class import LatencyClass
    from lightproof.rigs.protocol import RigKind

EAT_PROFILE = "tag:lightproof,2026:result:2"
"""Names these claims and their meaning (RFC 9711 section 4.3.2). Another set of claims is another profile."""

TOKEN_TYPE = "eat+jwt"
"""The ``typ`` of RFC 9782: the token cannot be taken for another kind of JWT (RFC 8725 section 3.11)."""

MAX_TOKEN_BYTES = 1000
HASH_BYTES = 24
"""SHA-256/192 (NIST SP 800-208): SHA-256 cut to 192 bits. Four of them fit where three would."""

CLOCK_LEEWAY_S = 5
"""How far the device's clock may run ahead of that of whoever checks the token."""

CLAIMS = frozenset(
    {"eat_profile", "eat_nonce", "aud", "sub", "jti", "iat", "exp"}
    | {"outcome", "reasons", "rig", "presence_only", "hashes", "latency"}
)
OF_EVIDENCE = frozenset({"latency"})
"""Claims that rest on evidence: a session that ended before it has none of them."""
HASHES = frozenset({"policy", "models", "challenge", "software"})
RIGS_WITHOUT_A_PERSON = frozenset({"simulated", "recording"})
_RIGS = (*RIGS_WITHOUT_A_PERSON, "pi", "desktop", "other")

_PATTERNS = MappingProxyType(
    {
        "eat_nonce": re.compile(r"[A-Za-z0-9_-]{22,86}"),
        "aud": re.compile(r"[!-~]{3,123}"),
        "sub": re.compile(r"[A-Za-z0-9_-]{22}"),
        "jti": re.compile(r"[A-Za-z0-9_-]{22}"),
    }
)
"""Claim -> what its text looks like: no control character, nothing empty, nothing that does not fit."""
_MAX_TIME_S = 253_402_300_799 - MAX_RESULT_VALIDITY_S
"""So that a result expires in the year 9999 at the latest: no calendar here goes further."""
_HASH = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class SessionResult:
    """What a session has to say to whoever asked.

    ``nonce`` and ``audience`` are those of the request. The hashes are whole SHA-256 digests (32 bytes) of
    the policy's canonical form, of the model manifest, of the challenge's seed (None if none was played) and
    of the software. ``latency_class`` is that of the evidence, None where a session ended without evidence.
    ``issued_at`` is in whole seconds since the epoch, ``validity_s`` 1 to 120 seconds.
    """

    verdict: Verdict
    nonce: bytes
    audience: str
    rig: RigKind
    presence_only: bool
    latency_class: LatencyClass | None
    policy_sha256: bytes
    models_sha256: bytes
    software_sha256: bytes
    challenge_sha256: bytes | None
    issued_at: int
    validity_s: int = MAX_RESULT_VALIDITY_S


@dataclass(frozen=True, slots=True)
class VerifiedResult:
    """A result whose signature, nonce, audience, times and claims all hold.

    Times are in seconds since the epoch. ``hashes`` are the base64url SHA-256/192 of what their keys name.
    ``latency_class`` says what could lie between the rig's screen and its camera, None where there was no
    evidence, and then the outcome is not verified.
    """

    verdict: Verdict
    rig: RigKind
    presence_only: bool
    latency_class: LatencyClass | None
    subject: str
    audience: str
    token_id: str
    issued_at: int
    expires_at: int
    hashes: Mapping[str, str]
    kid: str

    @property
    def a_person_was_there(self) -> bool:
        """False if the rig says of itself that it only simulates, or replays a recording."""
        return self.rig not in RIGS_WITHOUT_A_PERSON


class Refusal(StrEnum):
    """Why a token is not accepted."""

    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    WRONG_KEY = "wrong_key"
    SIGNATURE = "signature"
    UNKNOWN_CLAIM = "unknown_claim"
    WRONG_NONCE = "wrong_nonce"
    WRONG_AUDIENCE = "wrong_audience"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    UNEXPECTED_RIG = "unexpected_rig"
    UNEXPECTED_PRESENCE_ONLY = "unexpected_presence_only"
    UNEXPECTED_POLICY = "unexpected_policy"
    UNEXPECTED_MODELS = "unexpected_models"
    UNEXPECTED_SOFTWARE = "unexpected_software"
    UNEXPECTED_LATENCY = "unexpected_latency"
    WRONG_CHALLENGE = "wrong_challenge"
    USED_BEFORE = "used_before"


class ResultRefusedError(ResultError):
    """A result token does not verify; ``refusal`` says why in a word."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


def sign_result(result: SessionResult, key: DeviceKey) -> str:
    """Return the result as a compact JWT, signed ES256 (RFC 7518 section 3.4), of at most 1,000 bytes.

    The reasons go in from the most telling one on, as many as fit; the first always does.

    Raises:
        InputError: the audience is too long for the token, or the validity is outside 1 to 120 seconds.
        DeviceKeyError: the key does not sign for this kind of rig.
    """
    key.require_for(result.rig)
    if not 1 <= result.validity_s <= MAX_RESULT_VALIDITY_S:
        raise InputError(f"validity of {result.validity_s} s is outside 1 to {MAX_RESULT_VALIDITY_S} s")
    header = {"alg": "ES256", "typ": TOKEN_TYPE, "kid": key.kid}
    claims = _claims(result, key.subject_for(result.audience))
    for count in range(len(result.verdict.reasons), -1, -1):
        claims["reasons"] = [str(code) for code in result.verdict.reasons[:count]]
        token = jwt.encode(header, claims, key.private, algorithms=["ES256"])
        if len(token) <= MAX_TOKEN_BYTES and (count or not result.verdict.reasons):
            return token
    raise InputError(
        f"the result for an audience of {len(result.audience)} bytes does not fit into {MAX_TOKEN_BYTES}; "
        "use a shorter audience or nonce"
    )


def verify_result(
    token: str,
    jwks: Mapping[str, Any],
    nonce: bytes,
    audience: str,
    expected: Expectations,
    store: SingleUseStore,
    now: float | None = None,
    *,
    challenge_proof: str | None = None,
) -> VerifiedResult:
    """Return what a token says, once everything about it holds and is as expected. It is then used up.

    Any outcome can be as expected: look at ``verdict.outcome``, only ``verified`` is a yes.

    Args:
        token: the compact JWT.
        jwks: the JWK set of the devices that are trusted, as ``lightproof device jwks`` prints it.
        nonce: the nonce of the request.
        audience: the audience of the request.
        expected: the rigs, policies, models, software and classes of latency that are accepted, and whether
            a photo was to be compared.
        store: where ids of tokens are taken once; one store for all that accept tokens of this audience.
        now: seconds since the epoch, the current time if None.
        challenge_proof: what the device disclosed with the token; if given, the challenge that the token
            names must be the one that device and nonce had to give, chosen by nobody.

    Raises:
        ResultRefusedError: the token is not accepted; ``refusal`` says why.
        InputError: an argument is not what it has to be, such as a JWK set that holds a private key.
        SingleUseError: the store cannot be used.
    """
    now_s = time.time() if now is None else now
    _require_arguments(token, nonce, audience, expected, store, now_s)
    require_jwks(jwks)
    if len(token) > MAX_TOKEN_BYTES:
        raise _refused(Refusal.TOO_LONG, f"has {len(token)} characters, more than {MAX_TOKEN_BYTES}")
    header = _json_object(_segments(token)[0])
    if header.get("alg") != "ES256":
        raise _refused(Refusal.ALGORITHM, "is not signed ES256; no other algorithm is accepted")
    if set(header) != {"alg", "typ", "kid"} or header["typ"] != TOKEN_TYPE:
        raise _refused(Refusal.MALFORMED, f"has a header other than alg, kid and typ {TOKEN_TYPE}")
    known = find_key(jwks, header["kid"])
    if known is None:
        raise _refused(Refusal.UNKNOWN_KEY, "is signed by a device that is not in the JWK set")
    try:
        claims = jwt.decode(token, known.key, algorithms=["ES256"]).claims
    except (JoseError, ValueError, RecursionError) as error:
        raise _refused(Refusal.SIGNATURE, "is not what this device signed") from error
    verified = _read(claims, kid=known.kid)
    if verified.rig not in known.rigs:
        raise _refused(
            Refusal.WRONG_KEY,
            f"says that its rig is {verified.rig}, for which its key does not speak; trust it no more",
        )

    if claims["eat_nonce"] != base64url(nonce):
        raise _refused(Refusal.WRONG_NONCE, "answers another request: its nonce is not the one given")
    if verified.audience != audience:
        raise _refused(Refusal.WRONG_AUDIENCE, f"is meant for {verified.audience}, not for {audience[:80]!r}")
    if verified.issued_at > now_s + CLOCK_LEEWAY_S:
        ahead_s = verified.issued_at - now_s
        raise _refused(Refusal.NOT_YET_VALID, f"was issued {ahead_s:.0f} s in the future; set the clocks")
    if now_s >= verified.expires_at:
        late_s = now_s - verified.expires_at
        raise _refused(Refusal.EXPIRED, f"expired {late_s:.0f} s ago; ask for a new session")
    if complaint := expected.complaint(
        verified.rig, verified.presence_only, verified.hashes, verified.latency_class
    ):
        claim, why = complaint
        raise _refused(Refusal(f"unexpected_{claim}"), why)
    if challenge_proof is not None:
        _require_proof(challenge_proof, known.key, nonce, verified)
    if not store.take(verified.token_id, until_s=verified.expires_at, now_s=now_s):
        raise _refused(Refusal.USED_BEFORE, "was used before; a result is for a single use")
    return verified


def _require_proof(proof: str, key: ECKey, nonce: bytes, verified: VerifiedResult) -> None:
    from lightproof.seed import (
        proven_challenge_sha256,  # the core comes with it, which checking a token needs not
    )

    proven = proven_challenge_sha256(key, nonce, proof) if isinstance(proof, str) else None
    if proven is None or verified.hashes.get("challenge") != hash_text(proven):
        raise _refused(
            Refusal.WRONG_CHALLENGE,
            "names another challenge than the one that its device had to play for this nonce",
        )


def _require_arguments(
    token: object, nonce: object, audience: object, expected: object, store: object, now_s: object
) -> None:
    for name, value, kind in (
        ("token", token, str),
        ("nonce", nonce, bytes),
        ("audience", audience, str),
        ("expected", expected, Expectations),
        ("store", store, SingleUseStore),
    ):
        if not isinstance(value, kind):
            raise InputError(f"{name} is a {type(value).__name__}; give {kind.__name__}")
    if isinstance(now_s, bool) or not isinstance(now_s, int | float) or not math.isfinite(now_s):
        raise InputError(f"now is {now_s!r}; give seconds since the epoch, or nothing for the current time")
    require_nonce(cast("bytes", nonce))


CODE_SUFFIXES = frozenset({".py", ".pyi", ".so", ".pyd", ".dylib"})
"""Python, the stub by which the package finds its public names, and the compiled core of every system."""


@cache
def software_sha256() -> bytes:
    """Return the 32-byte SHA-256 that names this software: path and content of every code file."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in CODE_SUFFIXES):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest()


def _claims(result: SessionResult, subject: str) -> dict[str, Any]:
    digests = {
        "policy": result.policy_sha256,
        "models": result.models_sha256,
        "challenge": result.challenge_sha256,
        "software": result.software_sha256,
    }
    claims = {
        "eat_profile": EAT_PROFILE,
        "eat_nonce": base64url(result.nonce),
        "aud": result.audience,
        "sub": subject,
        "jti": base64url(secrets.token_bytes(16)),
        "iat": result.issued_at,
        "exp": result.issued_at + result.validity_s,
        "outcome": str(result.verdict.outcome),
        "reasons": [],
        "rig": result.rig,
        "presence_only": result.presence_only,
        "hashes": {name: hash_text(digest) for name, digest in digests.items() if digest is not None},
    }
    # Never a class that nobody measured: what rests on evidence is left out where there was none.
    return claims if result.latency_class is None else claims | {"latency": str(result.latency_class)}


def _read(claims: object, kid: str) -> VerifiedResult:
    from lightproof.rigs.latency_class import LatencyClass  # the rigs' packages, which signing needs not

    if not isinstance(claims, dict):  # some releases of the JOSE library hand on whatever JSON was signed
        raise _refused(Refusal.MALFORMED, "has a payload that is not a JSON object")
    if unknown := sorted(set(claims) - CLAIMS):
        raise _refused(Refusal.UNKNOWN_CLAIM, f"has claims that a result does not have: {unknown}")
    if missing := sorted(CLAIMS - OF_EVIDENCE - set(claims)):
        raise _refused(Refusal.MALFORMED, f"lacks the claims {missing}")
    hashes = claims["hashes"]
    well_formed = (
        claims["eat_profile"] == EAT_PROFILE
        and all(_is_text(claims[name], pattern) for name, pattern in _PATTERNS.items())
        and all(type(claims[name]) is int for name in ("iat", "exp"))  # a bool is an int as well
        and 0 <= claims["iat"] <= _MAX_TIME_S
        and 1 <= claims["exp"] - claims["iat"] <= MAX_RESULT_VALIDITY_S
        and isinstance(claims["reasons"], list)
        and claims["rig"] in _RIGS
        and isinstance(claims["presence_only"], bool)
        and ("latency" not in claims or claims["latency"] in tuple(LatencyClass))
        and isinstance(hashes, dict)
        and HASHES - {"challenge"} <= set(hashes) <= HASHES
        and all(_is_text(digest, _HASH) for digest in hashes.values())
    )
    if not well_formed:
        raise _refused(Refusal.MALFORMED, f"does not keep to its profile {EAT_PROFILE}")
    try:
        verdict = Verdict(Outcome(claims["outcome"]), tuple(ReasonCode(code) for code in claims["reasons"]))
    except (ValueError, TypeError) as error:
        raise _refused(Refusal.MALFORMED, f"has an impossible verdict: {error}") from error
    if verdict.outcome is Outcome.VERIFIED and "challenge" not in hashes:
        raise _refused(Refusal.MALFORMED, "says verified and names no challenge: no light was played")
    if verdict.outcome is Outcome.VERIFIED and "latency" not in claims:
        raise _refused(Refusal.MALFORMED, "says verified and names no class of latency: there is no evidence")
    return VerifiedResult(
        verdict=verdict,
        rig=claims["rig"],
        presence_only=claims["presence_only"],
        latency_class=LatencyClass(claims["latency"]) if "latency" in claims else None,
        subject=claims["sub"],
        audience=claims["aud"],
        token_id=claims["jti"],
        issued_at=claims["iat"],
        expires_at=claims["exp"],
        hashes=MappingProxyType(hashes),
        kid=kid,
    )


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _segments(token: str) -> tuple[bytes, bytes, bytes]:
    """Return header, payload and signature, each in the one base64url form that its bytes have.

    The last character of a signature carries four bits that decoders ignore; a token with other bits there
    would verify as well, so one signature would have sixteen spellings.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise _refused(Refusal.MALFORMED, f"has {len(parts)} parts; a JWT has three, joined by dots")
    decoded = []
    for part in parts:
        try:
            content = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise _refused(Refusal.MALFORMED, "is not base64url text") from error
        if base64url(content) != part:
            raise _refused(Refusal.MALFORMED, "is not in canonical base64url form")
        decoded.append(content)
    return decoded[0], decoded[1], decoded[2]


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        value = json_value(content)
    except ValueError as error:
        raise _refused(Refusal.MALFORMED, "has a header that is not JSON") from error
    if not isinstance(value, dict):
        raise _refused(Refusal.MALFORMED, "has a header that is not a JSON object")
    return value


def hash_text(sha256: bytes) -> str:
    """Return a 32-byte SHA-256 digest as tokens write it: its first 192 bits in base64url, 32 characters."""
    return base64url(sha256[:HASH_BYTES])


def _refused(refusal: Refusal, why: str) -> ResultRefusedError:
    return ResultRefusedError(refusal, f"result token {why}")
