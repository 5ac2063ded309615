"""Every error that Lightproof raises on purpose.

Each error names the thing, its value and the remedy, and inherits from the built-in that a caller would
expect, so ``except ValueError`` works where it should. No error text ever holds pixels, embeddings or
scores.
"""

from __future__ import annotations


class LightproofError(Exception):
    """Base of all errors of this package. ``str(error)`` is one line fit for a person."""


def error_line(error: Exception) -> str:
    """Return what an error says as one line, with its type in front where it is none of ours."""
    text = " ".join(str(error).split())
    return text if isinstance(error, LightproofError) else f"{type(error).__name__}: {text or 'no details'}"


class InputError(LightproofError, ValueError):
    """A value that was passed in cannot be used."""


class FileError(InputError):
    """A path leads to what cannot be read whole: a folder, a device, an endless pipe, too large a file."""


class NonceError(InputError):
    """A nonce has the wrong length or is not hexadecimal."""


class PictureError(InputError):
    """A picture cannot be used: not a picture, corrupt, too large, or of a kind that is not accepted."""


class ReferenceUnusableError(PictureError):
    """A reference picture holds no usable face."""


class NoFaceError(ReferenceUnusableError):
    """No face was found where exactly one was expected."""


class SeveralFacesError(ReferenceUnusableError):
    """More than one face was found where exactly one was expected."""


class BasisError(InputError):
    """A light-transport basis lacks keys, has wrong shapes, or holds values that are not radiance."""


class ManifestError(InputError):
    """A model manifest is malformed."""


class ModelHashError(ManifestError):
    """A model file is not the one that its manifest names."""


class PolicyError(InputError):
    """A policy file is malformed or asks for something that cannot be held."""


class CalibrationError(InputError):
    """A stored calibration is damaged, belongs to another camera, or cannot be kept."""


class DelayedPictureError(CalibrationError):
    """A rig's latency is longer than its screen and camera can make it: something lies between them."""


class RecordingError(InputError):
    """A recording is incomplete, cut short or inconsistent."""


class FrameError(InputError):
    """A frame has the wrong size, stride or format."""


class ClockError(LightproofError, RuntimeError):
    """A rig's clock went back, or its stamps contradict each other."""


class RigError(LightproofError, RuntimeError):
    """A rig cannot do what was asked."""


class RigNotFoundError(RigError, LookupError):
    """No rig of this name exists."""


class CameraNotFoundError(RigError, FileNotFoundError):
    """There is no camera."""


class CameraBusyError(RigError, BlockingIOError):
    """The camera is held by another program."""


class CameraForbiddenError(RigError, PermissionError):
    """The camera may not be opened by this user."""


class CameraLostError(RigError, ConnectionError):
    """The camera was unplugged or stopped delivering in mid-session."""


class UnreadablePicturesError(CameraLostError):
    """The camera delivers, but nothing that can be decoded."""


class DisplayNotFoundError(RigError, OSError):
    """There is no screen to show light on."""


class MissingExtraError(LightproofError, ImportError):
    """A feature needs an optional dependency that is not installed."""


class DeviceKeyError(LightproofError, PermissionError):
    """The device key cannot be read, or others can read it."""


class ResultError(InputError):
    """A result token does not verify."""


class SingleUseError(LightproofError, OSError):
    """The store of what was taken once cannot be used: nothing that is for a single use can be accepted."""


class WireError(LightproofError, ValueError):
    """What came from the other service of an appliance, or was to go there, is no message of its."""


class WireClosedError(LightproofError, ConnectionError):
    """The other service of an appliance is gone."""


class WireTimeoutError(LightproofError, TimeoutError):
    """The other service of an appliance is silent, or does not read."""


class SessionInterrupted(LightproofError):
    """The session was ended from outside before it was decided."""
