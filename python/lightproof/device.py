"""The device key: a software key with which this device signs its results.

It is a P-256 key in a file that only its owner can read (mode 0600), made at first use. A software key can
be copied by whoever becomes that user: a result proves which key file signed it, nothing about the hardware.
Beside the key lies a random secret from which pairwise subjects are derived.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from lightproof.errors import DeviceKeyError
from lightproof.files import is_of_another_user, is_open_to_others, open_unfollowed, write_atomic

KEY_FILE = "device-key.json"
_FORMAT = 1
_SECRET_BYTES = 32
_SUBJECT_BYTES = 16  # 128 bits: subjects of different audiences never collide by chance
_MAX_FILE_BYTES = 4096  # ten times what is written


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """This device's signing key and its pairwise secret; neither shows in a ``repr``."""

    private: ECKey = field(repr=False)
    pairwise_secret: bytes = field(repr=False)

    @property
    def kid(self) -> str:
        """The key's id: its RFC 7638 SHA-256 thumbprint, 43 base64url characters."""
        return self.private.thumbprint()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public part as a JWK set (RFC 7517), ready for ``json.dumps``."""
        public = self.private.as_dict(private=False)
        key = {name: str(public[name]) for name in ("kty", "crv", "x", "y")}
        return {"keys": [key | {"kid": self.kid, "use": "sig", "alg": "ES256"}]}

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


def load_or_create_device_key(directory: Path | None = None) -> DeviceKey:
    """Return this device's key, made on the spot if there is none yet.

    Processes that start at the same time end up with the same key: of those that write one exactly one
    succeeds; the others read what that one made.

    Args:
        directory: where the key lies, :func:`state_directory` if None. Created with mode 0700.

    Raises:
        DeviceKeyError: others can read the key or replace it, the file is no device key (it is never
            overwritten), or it cannot be read or written.
    """
    folder = state_directory() if directory is None else directory
    path = folder / KEY_FILE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(folder.stat(), folder, forbidden=0o022, mode="700")
        if not os.path.lexists(path):
            _create(path)
        return _load(path)
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


def _load(path: Path) -> DeviceKey:
    with open_unfollowed(path) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DeviceKeyError(f"device key {path} is no regular file; move it away")
        _require_private(status, path, forbidden=0o077, mode="600")
        content = file.read(_MAX_FILE_BYTES + 1)
    try:
        stored = json.loads(content)
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
    return DeviceKey(private, secret)


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
