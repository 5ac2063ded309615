"""A reference from a photographed document: the main portrait is clipped, the rest is dropped at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import NoFaceError, ReferenceUnusableError, SeveralFacesError
from lightproof.face.detector import Detection
from lightproof.face.mesh import MIN_PRESENCE, MeshFit, Region
from lightproof.face.networks import FaceNetworks
from lightproof.face.quality import Quality, measure_quality
from lightproof.privacy.forget import BiometricScope
from lightproof.references.picture import load_picture

GHOST_SIZE: Final = 0.6
"""A second face smaller than this part of the largest is taken for a ghost portrait, as many cards carry it
at a quarter to a half of the main portrait's size."""
MIN_PORTRAIT_EYE_DISTANCE_PX: Final = 32.0
"""Twice the distance at which the comparison began to suffer: with the portraits of fifty people reduced to
24, 20, 16 and 12 px the worst genuine cosine was 0.74, 0.73, 0.70 and 0.55, against 0.77 at full size;
print and paper cost more."""
MIN_SHARPNESS: Final = 1.4
"""A portrait blurred by 5 % of its eye distance; see :data:`lightproof.face.quality.BLURRED`."""
PORTRAIT_MARGIN: Final = 0.5
"""The clip exceeds the face's box by this part of its size on every side, as much as the mesh looks at."""
_SEARCH_SIDE_PX: Final = 1024
"""The search for faces looks at the picture at this size: a tile then still has twice the detector's
pixels."""
_REFITS: Final = 4
"""Where the detector saw few pixels its box is off by a fifth; each fit frames the face better."""
_TILED_BELOW: Final = 0.12
"""A face smaller than this part of the picture's longer side is small for the detector: look again,
closer."""
_TILE: Final = 0.5
_TILE_STEP: Final = 0.25
"""Side and step of the tiles, in parts of the picture: every face up to a quarter of it lies whole in one
tile."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What the probe is compared with: a float32 embedding and the quality of the portrait it came from."""

    embedding: NDArray[np.float32] = field(repr=False)
    quality: Quality

    def forget(self) -> None:
        """Overwrite the embedding."""
        self.embedding.fill(0)


def load_reference(source: Path | str | bytes | bytearray, networks: FaceNetworks) -> Reference:
    """Return the reference from a picture of a document, or of a face alone.

    The largest face is the main portrait; a second one is tolerated if it is smaller than 0.6 of it. The
    picture may lie on its side or stand on its head. When this returns or raises, every pixel that was
    read has been overwritten.

    Raises:
        PictureError: the file is not a picture that can be loaded.
        NoFaceError: no face was found.
        SeveralFacesError: two faces of similar size were found.
        ReferenceUnusableError: the portrait is too small or too blurred.
    """
    with BiometricScope() as held:
        picture = held.keep(load_picture(source))
        portrait, face = _main_portrait(picture, networks)
        held.keep(portrait)
        held.drop(picture)
        networks.document.forget()
        return _reference(portrait, face, networks)


def _main_portrait(picture: NDArray[np.uint8], networks: FaceNetworks) -> tuple[NDArray[np.uint8], Detection]:
    """Return a copy of the main portrait with a margin, and where the face is in it."""
    shrunk = min(1.0, _SEARCH_SIDE_PX / max(picture.shape[:2]))
    with BiometricScope() as held:
        size = [max(1, round(side * shrunk)) for side in picture.shape[1::-1]]
        small = held.keep(np.empty((size[1], size[0], 3), np.uint8))
        cv2.resize(picture, (size[0], size[1]), dst=small, interpolation=cv2.INTER_AREA)
        for quarter_turns in (0, 1):
            turned = held.keep(np.rot90(small, quarter_turns).copy())
            faces = _find_faces(turned, networks)
            if faces:
                _refuse_second(faces, shrunk)
                return _clip(np.rot90(picture, quarter_turns), faces[0].scaled(1 / shrunk))
    raise _no_face()


def _fit_any_way_up(picture: NDArray[np.uint8], face: Detection, networks: FaceNetworks) -> MeshFit | None:
    """Return the mesh of a face that may stand on its head, None if there is none.

    The detector finds faces in any turn, but takes one that stands on its head for an upright one.
    """
    region = Region.around_detection(face)
    fits = (networks.mesh.fit(picture, way) for way in (region, region.upside_down()))
    first = max(fits, key=lambda fit: fit.logit)
    if first.presence < MIN_PRESENCE:
        return None
    fit = first
    for _ in range(_REFITS):
        fit = networks.mesh.fit(picture, Region.around_points(fit.points))
    return fit if fit.presence >= MIN_PRESENCE else None


def _find_faces(picture: NDArray[np.uint8], networks: FaceNetworks) -> list[Detection]:
    """Return the faces that the mesh confirms, the largest first; in tiles too where they are small."""
    height, width = picture.shape[:2]
    side = max(height, width)
    found = networks.document.find(picture)
    if not found or found[0].size_px < _TILED_BELOW * side:
        for left, top, tile in _tiles(picture):
            found += [face.moved(left, top) for face in networks.document.find(tile)]
    faces: list[Detection] = []
    for face in sorted(found, key=lambda face: -face.size_px):
        known = any(_is_part(face, larger) for larger in faces)
        if not known and _fit_any_way_up(picture, face, networks) is not None:
            faces.append(face)
    return faces


def _tiles(picture: NDArray[np.uint8]) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    height, width = picture.shape[:2]
    side = max(height, width)
    tile, step = max(1, round(side * _TILE)), max(1, round(side * _TILE_STEP))
    for top in range(0, max(1, height - tile + step), step):
        for left in range(0, max(1, width - tile + step), step):
            yield left, top, np.ascontiguousarray(picture[top : top + tile, left : left + tile])


def _is_part(face: Detection, larger: Detection) -> bool:
    """Return whether more than half of one box lies in another, as with a face cut by a tile's edge."""
    sides = np.minimum(face.box[2:], larger.box[2:]) - np.maximum(face.box[:2], larger.box[:2])
    return bool(np.prod(np.clip(sides, 0, None)) > 0.5 * np.prod(face.box[2:] - face.box[:2]))


def _refuse_second(faces: list[Detection], shrunk: float) -> None:
    if len(faces) > 1 and faces[1].size_px >= GHOST_SIZE * faces[0].size_px:
        sizes = " and ".join(f"{face.size_px / shrunk:.0f}" for face in faces[:2])
        raise SeveralFacesError(
            f"the reference shows two faces of similar size ({sizes} pixels): "
            "use a picture with one main portrait"
        )


def _clip(picture: NDArray[np.uint8], face: Detection) -> tuple[NDArray[np.uint8], Detection]:
    box, margin = face.box, PORTRAIT_MARGIN * face.size_px
    height, width = picture.shape[:2]
    left, top = np.clip(np.floor(box[:2] - margin), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.ceil(box[2:] + margin), [left + 1, top + 1], [width, height]).astype(int)
    return picture[top:bottom, left:right].copy(), face.moved(-left, -top)


def _reference(portrait: NDArray[np.uint8], face: Detection, networks: FaceNetworks) -> Reference:
    fit = _fit_any_way_up(portrait, face, networks)
    if fit is None:
        raise _no_face()
    quality = measure_quality(portrait, fit.points)
    if quality.eye_distance_px < MIN_PORTRAIT_EYE_DISTANCE_PX:
        raise ReferenceUnusableError(
            f"the portrait is too small: {math.floor(quality.eye_distance_px)} pixels between the eyes, "
            f"at least {MIN_PORTRAIT_EYE_DISTANCE_PX:.0f} are needed: photograph the document from closer, "
            "or scan it"
        )
    if quality.sharpness < MIN_SHARPNESS:
        found = math.floor(100 * quality.sharpness) / 100
        raise ReferenceUnusableError(
            f"the portrait is blurred (sharpness {found:.2f}, at least {MIN_SHARPNESS:.2f} needed): "
            "photograph the document again, held still and in focus"
        )
    with BiometricScope() as held:
        crop = held.keep(networks.embedder.crop(portrait, fit.points))
        return Reference(networks.embedder.embed(crop), quality)


def _no_face() -> NoFaceError:
    return NoFaceError(
        "the reference shows no face: use a picture in which the portrait is whole and well lit"
    )
