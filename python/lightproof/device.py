"""The device key: a software key with which this device signs its results.

It is a P-256 key in a file that only its owner can read (mode 0600), made at first use. A software key can
be copied by whoever becomes that user: a result proves which key file signed it, nothing about the hardware.
Beside the key lies a random secret from which pairwise subjects are derived.

The device key signs what the rigs of the house saw, and nothing else. Simulated rigs and those of third
parties have keys of their own, in files of their own: whoever trusts the device key cannot be handed a
simulation, whatever the claims of a token say. Recordings are never signed.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import platformdirs
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from lightproof.errors import DeviceKeyError
from lightproof.files import is_of_another_user, is_open_to_others, open_unfollowed, write_atomic
from lightproof.jwks import RIGS_MEMBER, RIGS_OF_THE_HOUSE, base64url, thumbprint
from lightproof.untrusted import json_value

if TYPE_CHECKING:
    from lightproof.rigs.protocol import RigKind

KEY_FILE: Final = "device-key.json"
KEY_FILES: Final[Mapping[RigKind, str]] = MappingProxyType(
    {
        "pi": KEY_FILE,
        "desktop": KEY_FILE,
        "simulated": "simulated-rig-key.json",
        "other": "other-rig-key.json",
    }
)
"""Kind of rig -> the file of the key that signs its results."""

_FORMAT = 1
_SECRET_BYTES = 32
_SUBJECT_BYTES = 16  # 128 bits: subjects of different audiences never collide by chance
_MAX_FILE_BYTES = 4096  # ten times what is written


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A signing key of this device and its pairwise secret; neither shows in a ``repr``.

    ``rigs`` are the kinds of rig whose results it signs, ``made_s`` is when its file was written, in seconds
    since the epoch, None if it came from no file.
    """

    private: ECKey = field(repr=False)
    pairwise_secret: bytes = field(repr=False)
    rigs: frozenset[RigKind] = RIGS_OF_THE_HOUSE
    made_s: float | None = field(default=None, compare=False, repr=False)

    def require_for(self, rig: RigKind) -> None:
        """Refuse to sign for another kind of rig.

        Raises:
            DeviceKeyError: the results of such a rig are signed by another key, or by none.
        """
        if rig not in self.rigs:
            raise DeviceKeyError(
                f"device key {self.kid} signs for rigs of kind {', '.join(sorted(self.rigs))} and not for "
                f"{rig!r}; take the key that load_or_create_device_key(rig={rig!r}) returns, or none"
            )

    @property
    def kid(self) -> str:
        """The key's id: its RFC 7638 SHA-256 thumbprint, 43 base64url characters."""
        return thumbprint(self._public())

    def jwks(self) -> dict[str, list[dict[str, str | list[str]]]]:
        """Return the public part as a JWK set (RFC 7517), ready for ``json.dumps``."""
        key: dict[str, str | list[str]] = {**self._public()}
        said: dict[str, str | list[str]] = {"kid": self.kid, "use": "sig", "alg": "ES256"}
        return {"keys": [key | said | {RIGS_MEMBER: sorted(self.rigs)}]}

    def _public(self) -> dict[str, str]:
        """Return the public members, each coordinate with all of its 32 bytes (RFC 7518 section 6.2.1.2).

        Older releases of the JOSE library left out leading zeros, and key files may hold such coordinates.
        """
        point = self.private.public_key.public_numbers()
        x, y = (base64url(value.to_bytes(32)) for value in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}

    def subject_for(self, audience: str) -> str:
        """Return the pairwise subject of an audience: 22 base64url characters.

        HMAC-SHA256 of the audience under the device's secret, cut to 128 bits: the same for every session
        that this device runs for this audience, and of no use to any other. It knows nothing of faces: it
        tells devices apart, not the people in front of them. (Audiences that pool whole tokens can still join
        them by the key id, which they need for checking the signature.)
        """
        code = hmac.digest(
            self.pairwise_secret, b"lightproof pairwise subject\0" + audience.encode(), "sha256"
        )
        return base64.urlsafe_b64encode(code[:_SUBJECT_BYTES]).rstrip(b"=").decode()


def state_directory() -> Path:
    r"""Return the directory of what this device keeps, which need not exist yet.

    ``$LIGHTPROOF_HOME``, else what the system keeps for it: on Linux ``$XDG_STATE_HOME/lightproof`` or
    ``~/.local/state/lightproof`` (XDG Base Directory Specification 0.8; a relative ``$XDG_STATE_HOME`` is
    ignored as it demands), on macOS ``~/Library/Application Support/lightproof``, on Windows
    ``%LOCALAPPDATA%\lightproof``.

    Raises:
        DeviceKeyError: no variable is set and there is no home directory.
    """
    if home := os.environ.get("LIGHTPROOF_HOME"):
        return Path(home).absolute()
    try:
        state = platformdirs.user_state_path("lightproof", appauthor=False)
        # Older releases of platformdirs return a relative $XDG_STATE_HOME, or a ~ without a home, as it is.
        return state if state.is_absolute() else Path.home() / ".local" / "state" / "lightproof"
    except RuntimeError as error:
        raise DeviceKeyError("there is no home directory for the device key; set LIGHTPROOF_HOME") from error


def make_state_directory(folder: Path | None = None) -> Path:
    """Return the directory of what this device keeps, made with mode 0700 if it is not there.

    Raises:
        DeviceKeyError: others can write to it.
        OSError: it cannot be made.
    """
    folder = state_directory() if folder is None else folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(folder.stat(), folder, forbidden=0o022, mode="700")
    return folder


def load_or_create_device_key(directory: Path | None = None, *, rig: RigKind = "desktop") -> DeviceKey:
    """Return this device's key for a kind of rig, made on the spot if there is none yet.

    Processes that start at the same time end up with the same key: of those that write one exactly one
    succeeds; the others read what that one made.

    Args:
        directory: where the key lies, :func:`state_directory` if None. Created with mode 0700.
        rig: the kind of rig whose results are to be signed; ``pi`` and ``desktop`` share the device key.

    Raises:
        DeviceKeyError: the rig is a recording, which is never signed; or others can read the key or replace
            it, the file is no device key (it is never overwritten), or it cannot be read or written.
    """
    if rig not in KEY_FILES:
        raise DeviceKeyError(f"there is no key for a rig of kind {rig!r}: its results are never signed")
    folder = state_directory() if directory is None else directory
    path = folder / KEY_FILES[rig]
    speaks_for = frozenset(kind for kind, name in KEY_FILES.items() if name == KEY_FILES[rig])
    try:
        make_state_directory(folder)
        if not os.path.lexists(path):
            _create(path)
        return _load(path, speaks_for)
    except DeviceKeyError:
        raise
    except OSError as error:
        raise DeviceKeyError(
            f"device key {path} cannot be used: {error.strerror or error}; set LIGHTPROOF_HOME"
        ) from error


def _create(path: Path) -> None:
    content = json.dumps(
        {
            "format": _FORMAT,
            "key": ECKey.generate_key("P-256").as_dict(private=True),
            "pairwise_secret": secrets.token_hex(_SECRET_BYTES),
        }
    )
    with contextlib.suppress(FileExistsError):  # another process was first: its key is the device's
        write_atomic(path, content, private=True, replace=False)


def _load(path: Path, rigs: frozenset[RigKind]) -> DeviceKey:
    with open_unfollowed(path) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DeviceKeyError(f"device key {path} is no regular file; move it away")
        _require_private(status, path, forbidden=0o077, mode="600")
        content = file.read(_MAX_FILE_BYTES + 1)
    try:
        stored = json_value(content)
        if set(stored) != {"format", "key", "pairwise_secret"} or stored["format"] != _FORMAT:
            raise ValueError
        private = ECKey.import_key(stored["key"])
        secret = bytes.fromhex(stored["pairwise_secret"])
        if not private.is_private or private.curve_name != "P-256" or len(secret) != _SECRET_BYTES:
            raise ValueError
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        # What the parsers say may quote the file, and the file may hold a private key: say nothing of it.
        raise DeviceKeyError(
            f"device key {path} is damaged or of another version; restore it from a backup, or move it away "
            "to get a new key (results are then signed by a device that nobody knows yet)"
        ) from None
    return DeviceKey(private, secret, rigs, status.st_mtime)


def _require_private(status: os.stat_result, path: Path, *, forbidden: int, mode: str) -> None:
    if is_open_to_others(status, forbidden):
        raise DeviceKeyError(
            f"device key: {path} is open to others (mode {stat.S_IMODE(status.st_mode):04o}); "
            f"run: chmod {mode} {path}"
        )
    if is_of_another_user(status):
        raise DeviceKeyError(
            f"device key: {path} belongs to user {status.st_uid}, not to you; "
            "set LIGHTPROOF_HOME to a directory of your own"
        )
