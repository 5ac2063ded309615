"""What the quotients of this face should be, if it is solid.

They are predicted from its own mesh and the rig's geometry. A print shows the same mesh to the detector, but
its paper does not send the light back as the mesh would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, EYE_DISTANCE_M, ROWS, eye_distance_in_space_px, inverse
from lightproof.rigs.protocol import Geometry

FALLBACK_DISTANCE_M: Final = 0.40
"""Distance assumed where the camera's focal length is unknown: the middle of the 28–45 cm at which people
sit."""

_SMOOTHING: Final = 1.0
"""Weight of smoothness of the thin-plate spline, in cells²: the mesh's depth is good to about a cell."""

_LIGHTS_PER_SIDE: Final = 3
"""A quadrant is summed over 3 × 3 points: within 1 % of the integral at distances above the quadrant's
size."""

_EDGE_CELLS: Final = 2
"""Cells left out along the rim of the face, where the surface turns away and the spline has nothing
beyond."""

_MIN_FACING: Final = 0.4
"""Cosine between the surface and the way to the camera, 66°: where it turns away more, a pixel's error in the
mesh is many degrees, and a nose or a cheek hides what lies behind it."""

FACE_OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Mesh points along the outline of the face, in order (MediaPipe face mesh topology)."""

EYES: Final = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
"""Mesh points around each eye. The eyes are left out: they blink, and they mirror the screen."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted quotients on the grid, shape (48, 40) each, and the cells whose light is looked at.

    These cells show the face and turn towards the camera. ``across`` is (T_right − T_left) / ΣT, ``down`` is
    (T_top − T_bottom) / ΣT; right, left, top and bottom are those of the screen as the person sees it.
    """

    across: NDArray[np.float32]
    down: NDArray[np.float32]
    mask: NDArray[np.bool_]


def face_mask(points: NDArray[np.float32], transform: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of the (48, 40) cells lie well inside the outline of the face, without the eyes.

    ``points`` is a mesh, (468, 3) in picture pixels; ``transform`` maps grid coordinates to picture pixels.
    """
    # A cell's centre is at half a unit: cell (0, 0) spans 0 to 1.
    cells = np.round(_to_grid(points, transform)[:, :2] - 0.5).astype(np.int32)
    kernel = np.ones((3, 3), np.uint8)
    face, eyes = np.zeros((2, ROWS, COLUMNS), np.uint8)
    cv2.fillPoly(face, [cells[list(FACE_OVAL)]], 1)
    cv2.fillPoly(eyes, [cells[list(eye)] for eye in EYES], 1)
    # Beyond the border of the grid there is no face either.
    inside = cv2.erode(face, kernel, iterations=_EDGE_CELLS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray((inside > 0) & (cv2.dilate(eyes, kernel) == 0), np.bool_)


def distance_m(points: NDArray[np.float32], geometry: Geometry) -> float:
    """Return how far the face is from the camera, in metres, by its eye distance in the picture."""
    if geometry.focal_px is None:
        return FALLBACK_DISTANCE_M
    return geometry.focal_px * EYE_DISTANCE_M / max(eye_distance_in_space_px(points), 1.0)


def predict(
    points: NDArray[np.float32],
    transform: NDArray[np.float64],
    geometry: Geometry,
    frame_size: tuple[int, int],
) -> Prediction:
    """Return the quotients that a solid face of this shape has under this rig's screen.

    Args:
        points: mesh, (468, 3) in picture pixels; z grows away from the camera, in the same scale.
        transform: (2, 3) similarity from grid coordinates to picture pixels.
        geometry: screen and camera in metres.
        frame_size: (width, height) of the picture in pixels; the optical axis is assumed in its middle.

    The surface is a thin-plate spline through the mesh; every quadrant is a Lambertian area light. Shadows
    are left out.
    """
    position_m = _surface_m(points, transform, geometry, frame_size)
    normal = np.cross(np.gradient(position_m, axis=1), np.gradient(position_m, axis=0))
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    normal *= -np.sign(normal[..., 2:3])
    width_m, height_m = geometry.screen_m
    right_m, up_m, forward_m = geometry.camera_m
    # Camera coordinates: x to the picture's right (the person's left), y down, z away from the camera.
    centre_m = np.array([right_m, up_m, -forward_m])
    light = {}
    for name, x, y in (("TL", 1, -1), ("TR", -1, -1), ("BL", 1, 1), ("BR", -1, 1)):
        middle_m = centre_m + np.array([x * width_m / 4, y * height_m / 4, 0.0])
        light[name] = _irradiance(position_m, normal, middle_m, width_m / 2, height_m / 2)
    to_camera = -position_m / np.linalg.norm(position_m, axis=-1, keepdims=True)
    facing = (normal * to_camera).sum(axis=-1) > _MIN_FACING
    total = np.maximum(sum(light.values()), 1e-12)
    across = (light["TR"] + light["BR"] - light["TL"] - light["BL"]) / total
    down = (light["TL"] + light["TR"] - light["BL"] - light["BR"]) / total
    mask = face_mask(points, transform) & facing
    return Prediction(across.astype(np.float32), down.astype(np.float32), mask)


def _irradiance(
    position_m: NDArray[np.float64],
    normal: NDArray[np.float64],
    middle_m: NDArray[np.float64],
    width_m: float,
    height_m: float,
) -> NDArray[np.float64]:
    """Sum the light of a rectangle of unit radiance on every surface element, up to a constant."""
    offsets = (np.arange(_LIGHTS_PER_SIDE) + 0.5) / _LIGHTS_PER_SIDE - 0.5
    total = np.zeros(position_m.shape[:2])
    for dx in offsets:
        for dy in offsets:
            ray = middle_m + np.array([dx * width_m, dy * height_m, 0.0]) - position_m
            square = (ray**2).sum(axis=-1)
            # cos at the surface × cos at the screen / r², each cos being a product of lengths divided by r.
            total += np.clip((normal * ray).sum(axis=-1), 0.0, None) * np.abs(ray[..., 2]) / square**2
    return total


def _surface_m(
    points: NDArray[np.float32],
    transform: NDArray[np.float64],
    geometry: Geometry,
    frame_size: tuple[int, int],
) -> NDArray[np.float64]:
    """Return the position of every cell in camera coordinates, shape (48, 40, 3), in metres."""
    metres_per_px = EYE_DISTANCE_M / max(eye_distance_in_space_px(points), 1.0)
    grid = _to_grid(points, transform)
    cell_px = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    v, u = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    depth_px = _thin_plate(grid[:, :2], grid[:, 2], np.stack([u.ravel(), v.ravel()], axis=1)).reshape(
        ROWS, COLUMNS
    )
    depth_px *= cell_px
    x_px = transform[0, 0] * u + transform[0, 1] * v + transform[0, 2] - frame_size[0] / 2
    y_px = transform[1, 0] * u + transform[1, 1] * v + transform[1, 2] - frame_size[1] / 2
    away_m = distance_m(points, geometry) + (depth_px - depth_px.mean()) * metres_per_px
    return np.stack([x_px * metres_per_px, y_px * metres_per_px, away_m], axis=-1)


def _to_grid(points: NDArray[np.float32], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mesh points in grid coordinates, depth in cells as well."""
    back = inverse(transform)
    plane = points[:, :2].astype(np.float64) @ back[:, :2].T + back[:, 2]
    scale = np.sqrt(abs(np.linalg.det(back[:, :2])))
    return np.column_stack([plane, points[:, 2].astype(np.float64) * scale])


def _thin_plate(
    known: NDArray[np.float64], values: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a smoothing thin-plate spline through scattered points (Wahba 1990, section 2.4)."""
    count = len(known)
    affine = np.column_stack([np.ones(count), known])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _bending(known, known) + _SMOOTHING * np.eye(count)
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros(3)]))
    return np.asarray(
        _bending(wanted, known) @ weights[:count]
        + np.column_stack([np.ones(len(wanted)), wanted]) @ weights[count:]
    )


def _bending(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return r² log r between two sets of points in the plane."""
    square = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1)
    return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-12)))
