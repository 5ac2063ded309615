"""A subject from any portrait photograph: find the face, give it depth, light it.

The picture is the albedo. Depth comes from the 468 points of the face mesh, made dense by a thin-plate spline
(Duchon 1977) and scaled to metres by the distance of the eyes. Light transport follows by shading, with the
face's shadow on itself. Not modelled: gloss, light that passes through skin, the depth of hair. The light of
the photograph stays in the albedo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import srgb_to_linear
from lightproof.errors import MissingExtraError, NoFaceError
from lightproof.face.alignment import EYE_DISTANCE_M, eye_distance_px
from lightproof.face.detector import FaceDetector
from lightproof.face.manifest import Role, load_manifest
from lightproof.face.mesh import MIN_PRESENCE, FaceMesh, Region
from lightproof.face.runtime import Network
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import FRAME_HEIGHT, FRAME_WIDTH, Conditions
from lightproof.simulation.geometry import Plane, Surface, diffuse_light, hemisphere_light

ROOM_LIGHTS: Final = {"dome": (0.0, 0.2, 1.0), "ceiling": (0.0, 1.0, 0.6), "window": (-1.0, 0.2, 0.7)}
"""Directions of the room's broad lights; the window is on the person's right."""

_COARSE: Final = 4
_SHADING: Final = 2
_SKIN_ALBEDO: Final = 0.8
_SPLINE_SMOOTHING: Final = 500.0
_DEPTH_BLUR_PX: Final = 5.0
_SILHOUETTE_MARGIN: Final = 0.35
_BEHIND_FACE_M: Final = 0.03
_BACKGROUND_M: Final = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """A photograph moved so that its face stands in the middle of the camera's window at the wanted size.

    ``picture`` is uint8 RGB (480, 640, 3); ``points`` (468, 3) float32 are the mesh in its pixels.
    """

    picture: NDArray[np.uint8]
    points: NDArray[np.float32]

    @property
    def eye_distance_px(self) -> float:
        """Distance of the middles of the eyes in pixels."""
        return eye_distance_px(self.points)

    @property
    def pixel_m(self) -> float:
        """Length of one pixel at the face, in metres."""
        return EYE_DISTANCE_M / self.eye_distance_px


def find_face(rgb: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """Return the mesh (468, 3) of the largest face of an RGB picture, or None if there is no face."""
    manifest = load_manifest()
    mesh = FaceMesh(Network(manifest[Role.MESH]))
    for role in (Role.DETECTOR_NEAR, Role.DETECTOR_DOCUMENT):
        for face in FaceDetector(Network(manifest[role])).find(rgb)[:1]:
            first = mesh.fit(rgb, Region.around_detection(face))
            fit = mesh.fit(rgb, Region.around_points(first.points))
            if fit.presence >= MIN_PRESENCE:
                return fit.points
    return None


def sit(rgb: NDArray[np.uint8], face_px: float) -> Portrait:
    """Return a photograph with its largest face mid-window, ``face_px`` from forehead to chin.

    Raises:
        NoFaceError: there is no face in the picture.
    """
    points = find_face(rgb)
    if points is None:
        raise NoFaceError("the subject's picture shows no face; give a portrait seen from the front")
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    zoom = face_px / float(high[1] - low[1])
    shift = np.array([FRAME_WIDTH - 1, FRAME_HEIGHT - 1]) / 2 - zoom * (low + high) / 2
    matrix = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
    source = rgb if zoom >= 1 else cv2.GaussianBlur(rgb, (0, 0), 0.5 / zoom)
    picture = cv2.warpAffine(
        source, matrix, (FRAME_WIDTH, FRAME_HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    moved = points * np.float32(zoom)
    moved[:, :2] += shift.astype(np.float32)
    return Portrait(np.asarray(picture, dtype=np.uint8), moved)


def head(portrait: Portrait, conditions: Conditions) -> LightTransport:
    """Return the light transport of a solid head with the face of the portrait."""
    albedo = linear_picture(portrait) * np.float32(_SKIN_ALBEDO)
    return solid(portrait, height_field(portrait), albedo, conditions, "bona_fide")


def solid(
    portrait: Portrait,
    height_m: Plane,
    albedo: NDArray[np.float32],
    conditions: Conditions,
    species: str,
) -> LightTransport:
    """Return the light transport of a matt surface over the window of a portrait, with its own shadows.

    ``height_m`` is as :func:`height_field` gives it, ``albedo`` (480, 640, 3).
    """
    surface = Surface.from_height(height_m, portrait.pixel_m * _SHADING)
    top_left, top_right, bottom_left, bottom_right = (
        _full(diffuse_light(surface, conditions, k, shadows=True)) * albedo for k in range(4)
    )
    ambient = {
        name: _full(hemisphere_light(surface, direction)) * albedo for name, direction in ROOM_LIGHTS.items()
    }
    meta = {"species": species, "distance_cm": conditions.distance_m * 100}
    return LightTransport((top_left, top_right, bottom_left, bottom_right), ambient, meta=meta)


def linear_picture(portrait: Portrait) -> NDArray[np.float32]:
    """Return the picture in linear light 0…1, (480, 640, 3)."""
    table = srgb_to_linear(np.arange(256, dtype=np.uint8)).astype(np.float32)
    return np.asarray(table[portrait.picture], dtype=np.float32)


def _full(shading: Plane) -> NDArray[np.float32]:
    size = cv2.resize(shading, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.maximum(size, 0)[..., None], dtype=np.float32)


def height_field(portrait: Portrait) -> Plane:
    """Return z in metres at half the picture's size: the face, what surrounds it, the background.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    try:
        from scipy.interpolate import RBFInterpolator
    except ImportError as error:
        raise MissingExtraError(
            "a portrait subject needs SciPy: pip install 'lightproof[simulation]'"
        ) from error
    points = portrait.points.astype(np.float64)
    size = (FRAME_WIDTH // _COARSE, FRAME_HEIGHT // _COARSE)
    rows, columns = np.mgrid[: size[1], : size[0]]
    pixels = np.stack([columns, rows], axis=-1).reshape(-1, 2) * _COARSE + (_COARSE - 1) / 2
    spline = RBFInterpolator(
        points[:, :2], -points[:, 2], kernel="thin_plate_spline", smoothing=_SPLINE_SMOOTHING
    )
    depth = spline(pixels).reshape(size[1], size[0]) * portrait.pixel_m
    inside = np.zeros((size[1], size[0]), np.uint8)
    outline = cv2.convexHull((points[:, :2] / _COARSE).astype(np.float32)).astype(np.int32)
    cv2.fillConvexPoly(inside, outline, 1)
    outside_px = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) * _COARSE
    margin_px = _SILHOUETTE_MARGIN * float(np.ptp(points[:, 1]))
    edge = np.quantile(-points[:, 2], 0.02) * portrait.pixel_m
    near = _smoothstep(outside_px / margin_px)
    depth = depth * (1 - near) + (edge - _BEHIND_FACE_M) * near
    below = rows * _COARSE > points[:, 1].max() - margin_px / 2
    far = np.where(below, 0.0, _smoothstep((outside_px - margin_px) / margin_px))
    depth = depth * (1 - far) - _BACKGROUND_M * far
    depth = cv2.GaussianBlur(depth, (0, 0), _DEPTH_BLUR_PX / _COARSE)
    middle = float(np.median(-points[:, 2])) * portrait.pixel_m
    fine = cv2.resize(
        (depth - middle).astype(np.float32),
        (FRAME_WIDTH // _SHADING, FRAME_HEIGHT // _SHADING),
        interpolation=cv2.INTER_CUBIC,
    )
    return np.asarray(fine, dtype=np.float32)


def _smoothstep(value: NDArray[Any]) -> NDArray[np.float64]:
    inside = np.clip(value, 0, 1).astype(np.float64)
    return np.asarray(inside * inside * (3 - 2 * inside), dtype=np.float64)
