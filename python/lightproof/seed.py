"""The seed of a challenge, which neither side may choose.

Whoever relies on the result draws the nonce, and cannot foresee what the device's key makes of it. The
device has no choice either: its part is the output of a verifiable random function of its key for this
nonce, of which there is exactly one (RFC 9381), and the proof, disclosed after the light, shows to anybody
with the public key that the challenge named in the result is the one that had to be played.

Before, the device drew its part after it had seen the nonce. Nobody could check it, and a device that drew a
few million times had three of the sixteen illuminations as it liked.

The same nonce gives the same light, so a nonce is played once by a device: otherwise somebody could watch
the light, make a video under it, and ask again. To get round that they would delete the store of used
nonces; it lies beside the key, and whoever can delete it can read that.

What the proof does not show: that this light was on the screen, and that nobody knew it before. Whoever has
the key and the nonce can compute the challenge; but they can sign what they like as well.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from typing import Final

from joserfc.jwk import ECKey

from lightproof import vrf
from lightproof.challenge import derive_seed
from lightproof.device import DeviceKey, make_state_directory, state_directory
from lightproof.errors import DeviceKeyError, NonceError
from lightproof.jwks import base64url
from lightproof.single_use import SingleUseStore

NONCES_FILE: Final = "played-nonces.sqlite3"

_LABEL: Final = b"lightproof challenge v1\0"
_PROOF: Final = re.compile(r"[A-Za-z0-9_-]{108}")  # 81 bytes in base64url


def device_random_of(key: DeviceKey, nonce: bytes) -> tuple[bytes, str]:
    """Return the device's 32 bytes for a nonce, and the proof of them, 108 base64url characters.

    The proof gives them away: it is for after the light.

    Raises:
        DeviceKeyError: this is no private key.
    """
    private = key.private.private_key
    if private is None:
        raise DeviceKeyError(
            f"device key {key.kid} has no private part; load it with load_or_create_device_key"
        )
    proof = vrf.prove(private, _LABEL + nonce)
    return vrf.output(proof), base64url(proof)


def proven_challenge_sha256(key: ECKey, nonce: bytes, proof: str) -> bytes | None:
    """Return the SHA-256 of the seed that a device with this public key has to play for this nonce.

    None if the proof does not prove it.
    """
    if not _PROOF.fullmatch(proof):
        return None
    content = base64.urlsafe_b64decode(proof)
    if base64url(content) != proof or not vrf.is_proof(key.public_key, _LABEL + nonce, content):
        return None
    return hashlib.sha256(derive_seed(nonce, vrf.output(content))).digest()


def require_unplayed(nonce: bytes) -> None:
    """Refuse a nonce whose light this device has played; for before anybody is asked.

    Raises:
        NonceError: it was played.
        SingleUseError: the store of played nonces cannot be read.
    """
    path = state_directory() / NONCES_FILE
    if path.exists() and SingleUseStore(path).holds(_name(nonce)):
        raise _played_before()


def take_nonce(nonce: bytes) -> None:
    """Note that the light of a nonce is about to be played by this device, for ever.

    Raises:
        NonceError: it was played before.
        SingleUseError, DeviceKeyError: the store of played nonces cannot be written.
    """
    store = SingleUseStore(make_state_directory() / NONCES_FILE)
    if not store.take(_name(nonce), until_s=None, now_s=time.time()):
        raise _played_before()


def _name(nonce: bytes) -> str:
    """Return what is kept of a nonce: enough to know it again."""
    return base64url(hashlib.sha256(_LABEL + nonce).digest()[:16])


def _played_before() -> NonceError:
    return NonceError(
        "this device has played the light of this nonce before, and who saw it can make a video under it; "
        "ask whoever relies on the result for a new nonce"
    )
