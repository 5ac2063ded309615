"""A verifiable random function: ECVRF-P256-SHA256-TAI of RFC 9381.

For each input a key has exactly one output, nobody without the key can tell it from chance, and a proof
shows to anybody with the public key that it is the one. A signature would not do: whoever holds a key can
make as many valid signatures of one message as they like, and choose among them.

All multiplications by secrets are done by the cryptography library. It returns no more of a point than its
first coordinate; which of the two points it is follows from that of the next multiple. What Python computes
with points is public.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec

from lightproof.errors import InputError

PROOF_BYTES: Final = 81
OUTPUT_BYTES: Final = 32

_SUITE: Final = b"\x01"  # RFC 9381 section 5.5
_CURVE: Final = ec.SECP256R1()
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_Q: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_G: Final = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
"""FIPS 186-5 and SP 800-186 section 3.2.1.3: the field, the order, the curve and its base point."""
_POINT_BYTES: Final = 33
_CHALLENGE_BYTES: Final = 16
_SCALAR_BYTES: Final = 32

_Point: TypeAlias = tuple[int, int] | None
"""Affine coordinates; None is the point at infinity."""


def prove(key: ec.EllipticCurvePrivateKey, alpha: bytes) -> bytes:
    """Return the 81-byte proof of the output for ``alpha``, always the same one.

    Raises:
        InputError: the key is not a P-256 key.
    """
    if not isinstance(key.curve, ec.SECP256R1):
        raise InputError(f"the key is on {key.curve.name}; the function is defined with P-256")
    secret = key.private_numbers().private_value
    public = _point_of(key.public_key())
    hashed = _hash_to_curve(public, alpha)
    gamma = _secret_multiple(secret, hashed)
    nonce = _nonce(secret, _encoded(hashed))
    of_base = _point_of(ec.derive_private_key(nonce, _CURVE).public_key())
    challenge = _challenge(public, hashed, gamma, of_base, _secret_multiple(nonce, hashed))
    answer = (nonce + int.from_bytes(challenge) * secret) % _Q
    return _encoded(gamma) + challenge + answer.to_bytes(_SCALAR_BYTES)


def output(proof: bytes) -> bytes:
    """Return the 32-byte output that a proof is of; it says nothing unless :func:`is_proof` holds.

    Raises:
        InputError: these are not 81 bytes.
    """
    if len(proof) != PROOF_BYTES:
        raise InputError(f"a proof of {len(proof)} bytes is none; it has {PROOF_BYTES}")
    return hashlib.sha256(_SUITE + b"\x03" + proof[:_POINT_BYTES] + b"\x00").digest()


def is_proof(key: ec.EllipticCurvePublicKey, alpha: bytes, proof: bytes) -> bool:
    """Return whether this proves the output of the P-256 key for ``alpha``."""
    if len(proof) != PROOF_BYTES or not isinstance(key.curve, ec.SECP256R1):
        return False
    gamma = _decoded(proof[:_POINT_BYTES])
    challenge = proof[_POINT_BYTES : _POINT_BYTES + _CHALLENGE_BYTES]
    answer = int.from_bytes(proof[_POINT_BYTES + _CHALLENGE_BYTES :])
    if gamma is None or answer >= _Q:
        return False
    public = _point_of(key)
    hashed = _hash_to_curve(public, alpha)
    less = _Q - int.from_bytes(challenge)
    of_base = _sum(_multiple(answer, _G), _multiple(less, public))
    of_hashed = _sum(_multiple(answer, hashed), _multiple(less, gamma))
    return hmac.compare_digest(challenge, _challenge(public, hashed, gamma, of_base, of_hashed))


def _hash_to_curve(public: _Point, alpha: bytes) -> tuple[int, int]:
    """Section 5.4.1.1, try and increment. How often it tries depends on the input, which is public."""
    for counter in range(256):
        text = _SUITE + b"\x01" + _encoded(public) + alpha + bytes([counter]) + b"\x00"
        point = _decoded(b"\x02" + hashlib.sha256(text).digest())
        if point is not None:
            return point
    raise AssertionError("256 hashes in a row are no coordinate: that happens once in 2^256 inputs")


def _nonce(secret: int, message: bytes) -> int:
    """RFC 6979 section 3.2 with SHA-256, as section 5.4.2.1 wants it."""
    hashed = int.from_bytes(hashlib.sha256(message).digest()) % _Q
    seed = secret.to_bytes(_SCALAR_BYTES) + hashed.to_bytes(_SCALAR_BYTES)
    key, value = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + separator + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    while True:
        value = hmac.digest(key, value, "sha256")
        found = int.from_bytes(value)
        if 0 < found < _Q - 1:  # the next multiple is asked for as well
            return found
        key = hmac.digest(key, value + b"\x00", "sha256")
        value = hmac.digest(key, value, "sha256")


def _challenge(*points: _Point) -> bytes:
    """Section 5.4.3."""
    text = _SUITE + b"\x02" + b"".join(map(_encoded, points)) + b"\x00"
    return hashlib.sha256(text).digest()[:_CHALLENGE_BYTES]


def _secret_multiple(secret: int, point: tuple[int, int]) -> tuple[int, int]:
    first = _shared_coordinate(secret, point)
    following = _shared_coordinate(secret % (_Q - 1) + 1, point)
    for sign in (b"\x02", b"\x03"):
        found = _decoded(sign + first.to_bytes(32))
        after = _sum(found, point)
        if found is not None and after is not None and after[0] == following:
            return found
    raise AssertionError("one of a point and its negative precedes the next multiple")


def _shared_coordinate(secret: int, point: tuple[int, int]) -> int:
    """Return the first coordinate of a secret multiple: what elliptic curve Diffie-Hellman agrees on."""
    other = ec.EllipticCurvePublicNumbers(*point, _CURVE).public_key()
    return int.from_bytes(ec.derive_private_key(secret, _CURVE).exchange(ec.ECDH(), other))


def _point_of(key: ec.EllipticCurvePublicKey) -> tuple[int, int]:
    numbers = key.public_numbers()
    return numbers.x, numbers.y


def _encoded(point: _Point) -> bytes:
    """SEC 1 section 2.3.3, compressed; infinity is one zero byte."""
    if point is None:
        return b"\x00"
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32)


def _decoded(text: bytes) -> tuple[int, int] | None:
    """Return the point of 33 bytes, None if there is none (SEC 1 section 2.3.4)."""
    x = int.from_bytes(text[1:])
    if text[0] not in (2, 3) or x >= _P:
        return None
    square = (x**3 - 3 * x + _B) % _P
    y = pow(square, (_P + 1) // 4, _P)
    if y * y % _P != square:
        return None
    return x, y if y % 2 == text[0] % 2 else _P - y


def _sum(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return other if one is None else one
    if one[0] == other[0]:
        if (one[1] + other[1]) % _P == 0:
            return None
        slope = 3 * (one[0] ** 2 - 1) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope * slope - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _multiple(factor: int, point: _Point) -> _Point:
    """Return a multiple by a factor that everybody knows: how long it takes tells it."""
    found: _Point = None
    for bit in f"{factor:b}":
        found = _sum(found, found)
        if bit == "1":
            found = _sum(found, point)
    return found
