"""Light-transport bases: the picture that a scene makes under each quadrant of the screen alone.

Light adds, so these pictures and the ambient ones are all that is needed to render the scene under any
challenge. The ``.npz`` file is the exchange format of simulation and evaluation.

**Sides.** In a file, ``TL`` is the quadrant on the left *of the camera's picture*. This was determined from
28 path-traced heads, not assumed: the left half of the face, against the right half, is 1.2 to 2.2 times
brighter under ``TL`` and ``BL`` than under ``TR`` and ``BR``; and on glass the mirror image of ``TL`` lies on
the left. The camera's picture is not mirrored, so its left is the person's right. In memory a quadrant is
named as the *person* sees the screen, as in challenges: ``load`` and ``save`` exchange left and right.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import BasisError, FileError
from lightproof.files import read_regular, write_atomic
from lightproof.untrusted import json_value

LinearImage: TypeAlias = NDArray[np.float32]
"""Linear RGB radiance, float32, shape (height, width, 3), never negative."""

QUADRANTS: Final = ("TL", "TR", "BL", "BR")

_FILE_KEY: Final = {"TL": "TR", "TR": "TL", "BL": "BR", "BR": "BL"}  # the person's side -> the picture's side
_MAX_CODE: Final = 65535
_MIN_SIDE_PX: Final = 16
_MAX_SIDE_PX: Final = 4096

MAX_DECODED_BYTES: Final = 256 << 20
"""What all pictures of a basis take together, as float32: ten of 1920 x 1080 pixels are 237 MiB. A file of
a few megabytes can unpack to a thousand times its size."""
MAX_FILE_BYTES: Final = MAX_DECODED_BYTES // 2 + (8 << 20)
"""The same pictures as they are coded, two bytes a value, with headers and ``meta`` and not packed at all."""

_DIRECTORY_ENTRY: Final = b"PK\1\2"
_MAX_META_CHARACTERS: Final = 1 << 20
_MAX_HEADER_BYTES: Final = 1 << 16
_MAX_ARRAYS: Final = 64
_MAX_SCALE: Final = 1e30


@dataclass(frozen=True, slots=True, eq=False)
class LightTransport:
    """The linear pictures of one scene under each light alone, seen from the camera.

    ``quadrants`` are four pictures in the order TL TR BL BR, each under one unit of radiance on that quadrant
    of the screen as the PERSON sees it, the other three dark. ``ambient`` holds any number of pictures under
    other lights, of unit radiance each. ``emission`` is the light that an attack screen sends out by itself,
    in arbitrary units. All are float32 of one shape (height, width, 3). ``meta`` says where the scene comes
    from (species, subject, distance_cm, screen_cm, …).

    Raises:
        BasisError: a picture is not float32 (height, width, 3), sizes differ, or a radiance is negative or
        not finite.
    """

    quadrants: tuple[LinearImage, LinearImage, LinearImage, LinearImage]
    ambient: Mapping[str, LinearImage] = field(default_factory=dict)
    emission: LinearImage | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.quadrants[0].shape
        for name, image in self._named().items():
            if image.dtype != np.float32 or image.ndim != 3 or image.shape[2] != 3:
                raise BasisError(
                    f"{name} is {image.dtype} {image.shape}; a picture is float32 of shape (height, width, 3)"
                )
            if image.shape != shape:
                raise BasisError(f"{name} has shape {image.shape} but TL has {shape}; render all at one size")
            if not np.isfinite(image).all() or image.min() < 0:
                raise BasisError(f"{name} holds a radiance that is negative or not finite; render it again")

    @property
    def height(self) -> int:
        """Height of the pictures in pixels."""
        return int(self.quadrants[0].shape[0])

    @property
    def width(self) -> int:
        """Width of the pictures in pixels."""
        return int(self.quadrants[0].shape[1])

    @property
    def species(self) -> str:
        """What is in front of the camera: ``bona_fide`` or the name of the presentation attack instrument."""
        return str(self.meta.get("species", "unknown"))

    def save(self, path: Path) -> None:
        """Write the basis as ``.npz``; the file appears whole or not at all.

        Radiance is coded as uint16 with radiance = (code / 65535)² · scale, which keeps an error below
        1/30000 of the brightest radiance and a finer one in the dark.

        Raises:
            BasisError: ``meta`` holds a number that is not finite.
            TypeError: ``meta`` holds something that is no JSON value.
            OSError: the file cannot be written.
        """
        arrays: dict[str, Any] = {}
        scale: dict[str, float] = {}
        for name, image in self._named().items():
            key = _FILE_KEY.get(name, name)
            scale[key] = max(float(image.max()), 1e-12)
            arrays[key] = np.rint(np.sqrt(image / scale[key]) * _MAX_CODE).astype(np.uint16)
        try:
            arrays["meta"] = np.array(json.dumps({**self.meta, "scale": scale}, allow_nan=False))
        except ValueError as error:
            raise BasisError(
                f"meta cannot be written ({error}); give JSON values and finite numbers"
            ) from error
        content = io.BytesIO()
        np.savez_compressed(content, **arrays)
        write_atomic(path, content.getvalue(), private=True)

    def _named(self) -> dict[str, LinearImage]:
        named = dict(zip(QUADRANTS, self.quadrants, strict=True)) | dict(self.ambient)
        return named if self.emission is None else named | {"emission": self.emission}


def load(path: Path) -> LightTransport:
    """Read a basis from a ``.npz`` file.

    Raises:
        BasisError: the file is not there or not a ``.npz``, a key is missing, an array has the wrong type or
        shape or
            is too large, sizes differ, all pictures together take more than 256 MiB, ``meta`` is not a JSON
            object, or a scale is missing, negative or not finite. Shapes are read from the headers before any
            array is unpacked, so a small file cannot fill the memory.
    """
    try:
        content = read_regular(path, MAX_FILE_BYTES)
        _require_short_directory(content, path.name)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            shapes = _checked_shapes(archive, path.name)
            meta = _read_meta(archive, path.name)
            scale = _checked_scales(meta, shapes, path.name)
            images = {key: _decode(_read_array(archive, key), scale[key]) for key in shapes}
    except BasisError:
        raise
    except FileError as error:
        raise BasisError(f"{error}: a basis in .npz format") from error
    except OSError as error:
        raise BasisError(
            f"{path.name} cannot be read ({error.strerror}); name a basis in .npz format"
        ) from error
    except (
        Exception
    ) as error:  # zipfile and numpy raise a dozen kinds on corrupt input; all mean the same to the user
        raise BasisError(
            f"{path.name} is not an intact .npz file ({type(error).__name__}); render or copy it again"
        ) from error
    top_left, top_right, bottom_left, bottom_right = (images.pop(_FILE_KEY[name]) for name in QUADRANTS)
    emission = images.pop("emission", None)
    return LightTransport((top_left, top_right, bottom_left, bottom_right), images, emission, meta)


def _require_short_directory(content: bytearray, name: str) -> None:
    """Refuse an archive of many files before an object is made for each of them.

    Every one has this signature in the archive's directory; by chance it is in one file of a thousand, once.
    """
    count = content.count(_DIRECTORY_ENTRY)
    if count > 2 * _MAX_ARRAYS:
        raise BasisError(f"{name} holds about {count} arrays; a basis has at most {_MAX_ARRAYS}")


def _checked_shapes(archive: zipfile.ZipFile, name: str) -> dict[str, tuple[int, ...]]:
    keys = [entry.removesuffix(".npy") for entry in archive.namelist()]
    if len(keys) > _MAX_ARRAYS:
        raise BasisError(f"{name} holds {len(keys)} arrays; a basis has at most {_MAX_ARRAYS}")
    if len(set(keys)) != len(keys):
        raise BasisError(f"{name} holds an array twice; write it again")
    missing = [key for key in (*QUADRANTS, "meta") if key not in keys]
    if missing:
        raise BasisError(f"{name} lacks {', '.join(missing)}; a basis has TL, TR, BL, BR and meta")
    if len(keys) == len(QUADRANTS) + 1:
        raise BasisError(f"{name} lacks an ambient picture; add one, such as ceiling")
    packed = {entry.compress_type for entry in archive.infolist()}
    if not packed <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:  # others unpack into windows of gigabytes
        raise BasisError(
            f"{name} is packed in another way than deflated; write it with numpy.savez_compressed"
        )
    shapes: dict[str, tuple[int, ...]] = {}
    for key in keys:
        if key == "meta":
            continue
        shape, dtype = _header(archive, key)
        if dtype != np.uint16 or len(shape) != 3 or shape[2] != 3:
            raise BasisError(
                f"{name}: {key} is {dtype} {shape}; it must be uint16 of shape (height, width, 3)"
            )
        if not all(_MIN_SIDE_PX <= side <= _MAX_SIDE_PX for side in shape[:2]):
            raise BasisError(
                f"{name}: {key} has shape {shape}; sides are from {_MIN_SIDE_PX} to {_MAX_SIDE_PX} pixels"
            )
        shapes[key] = shape
    if len(set(shapes.values())) != 1:
        raise BasisError(
            f"{name} has pictures of unequal sizes {sorted(set(shapes.values()))}; render all at one size"
        )
    decoded = sum(np.dtype(np.float32).itemsize * math.prod(shape) for shape in shapes.values())
    if decoded > MAX_DECODED_BYTES:
        raise BasisError(
            f"{name}: {len(shapes)} pictures of shape {shapes['TL']} take {decoded} bytes, a basis at most "
            f"{MAX_DECODED_BYTES}; render them smaller, or fewer lights"
        )
    return shapes


def _header(archive: zipfile.ZipFile, key: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with archive.open(key + ".npy") as file:
        head = io.BytesIO(file.read(_MAX_HEADER_BYTES))
    version = np.lib.format.read_magic(head)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(head)
    return shape, dtype


def _read_array(archive: zipfile.ZipFile, key: str) -> NDArray[Any]:
    with archive.open(key + ".npy") as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _read_meta(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    shape, dtype = _header(archive, "meta")
    if shape != () or dtype.kind != "U" or dtype.itemsize > 4 * _MAX_META_CHARACTERS:
        raise BasisError(f"{name}: meta is {dtype} {shape}; it must be one JSON string")
    try:
        meta = json_value(str(_read_array(archive, "meta")))
    except ValueError as error:
        raise BasisError(f"{name}: meta is not JSON ({error}); write it with json.dumps") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("scale"), dict):
        raise BasisError(
            f"{name}: meta lacks 'scale'; it must be a JSON object with a scale for every picture"
        )
    return meta


def _checked_scales(
    meta: dict[str, Any], shapes: Mapping[str, tuple[int, ...]], name: str
) -> dict[str, float]:
    scale = {}
    for key in shapes:
        value = meta["scale"].get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SCALE:
            raise BasisError(f"{name}: meta.scale.{key} is {value!r}; it must be a number from 0 to 1e30")
        scale[key] = float(value)
    return scale


def _decode(code: NDArray[np.uint16], scale: float) -> LinearImage:
    image = code.astype(np.float32)
    image *= np.float32(1 / _MAX_CODE)
    image *= image
    image *= np.float32(scale)
    return image
