"""How good a picture of a face is for comparison: size, sharpness, pose and exposure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import LUMINANCE, srgb_to_linear
from lightproof.face.alignment import (
    ARCFACE_SIZE,
    ARCFACE_TEMPLATE,
    RIGID_POINTS,
    canonical_points,
    cut,
    eye_distance_px,
    five_points,
    similarity,
)
from lightproof.privacy.forget import overwrite

FULL_EYE_DISTANCE_PX: Final = 35.0
"""Eyes lie this far apart in a 112-pixel crop; a smaller face has to be enlarged and lacks detail."""
BLURRED: Final = 1.2
SHARP: Final = 2.0
"""Sharpness at which a picture counts nothing, and fully. Measured on fifty neutral pictures, compared with
smiling ones: sharp ones have 2.0 to 2.9; blurred by 5 % of the eye distance 1.4, and the worst genuine
cosine falls from 0.77 to 0.61; by 8 % 1.2, and a quarter of the genuine pairs are lost."""
FRONTAL_DEG: Final = 10.0
PROFILE_DEG: Final = 40.0
"""Turned less than the first costs nothing; turned more than the second counts nothing, half of the face is
hidden."""
DARK: Final = 0.01
"""Mean linear luminance below which noise and rounding to 8 bits take over (14 to 15 levels of 255 at
0.01)."""
CLIPPED_AWAY: Final = 0.3
"""Share of clipped pixels at which a picture counts nothing."""

_FINE_PX: Final = 0.7
_COARSE_PX: Final = 2.0
_DIRECTIONS: Final = (
    (1.0, 0.0),
    (0.0, 1.0),
    (math.sqrt(0.5), math.sqrt(0.5)),
    (math.sqrt(0.5), -math.sqrt(0.5)),
)
_FACE: Final = (slice(20, 100), slice(20, 92))
"""The part of the crop that is face in everybody, without the surroundings."""
_LINEAR: Final = srgb_to_linear(np.arange(256, dtype=np.uint8)).astype(np.float32)
"""Linear light of every sRGB code."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one face in one picture.

    ``eye_distance_px`` between the eye centres and ``face_height_px`` from hairline to chin, in the
    picture; ``sharpness`` is the energy of fine over that of coarse gradients in the least sharp direction
    of the aligned face: 1 in a picture without detail, 2 to 3 in a sharp one, whatever its contrast;
    ``yaw_deg`` positive when the face turns to the image's right, ``pitch_deg`` positive when it looks up,
    ``roll_deg`` positive when it tilts clockwise as seen; ``luminance`` is the mean linear luminance 0..1
    of the face, ``clipped`` the share of its pixels with a channel at 0 or 255.
    """

    eye_distance_px: float
    face_height_px: float
    sharpness: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    luminance: float
    clipped: float

    @property
    def weight(self) -> float:
        """How much this picture counts in a mean over pictures, 0..1: the product of all measures' shares."""
        size = self.eye_distance_px / FULL_EYE_DISTANCE_PX
        sharp = (self.sharpness - BLURRED) / (SHARP - BLURRED)
        turned = max(abs(self.yaw_deg), abs(self.pitch_deg))
        pose = (PROFILE_DEG - turned) / (PROFILE_DEG - FRONTAL_DEG)
        light = self.luminance / DARK
        unclipped = 1 - self.clipped / CLIPPED_AWAY
        return math.prod(min(max(share, 0.0), 1.0) for share in (size, sharp, pose, light, unclipped))


def measure_quality(rgb: NDArray[np.uint8], points: NDArray[np.float32]) -> Quality:
    """Measure a face in an RGB picture from its mesh, shape (468, 3)."""
    crop = np.empty((ARCFACE_SIZE, ARCFACE_SIZE, 3), np.uint8)
    cut(rgb, similarity(five_points(points), ARCFACE_TEMPLATE), crop)
    face = crop[_FACE]
    yaw, pitch, roll = pose_deg(points)
    quality = Quality(
        eye_distance_px=eye_distance_px(points),
        face_height_px=float(np.linalg.norm(points[152, :2] - points[10, :2])),
        sharpness=_sharpness(crop),
        yaw_deg=yaw,
        pitch_deg=pitch,
        roll_deg=roll,
        luminance=float((_LINEAR[face] @ LUMINANCE).mean()),
        clipped=float(((face == 0) | (face == 255)).any(axis=2).mean()),
    )
    overwrite(crop)
    return quality


def pose_deg(points: NDArray[np.floating]) -> tuple[float, float, float]:
    """Return (yaw, pitch, roll) in degrees of a mesh, shape (468, 3), against the mean face.

    The rotation that brings the mean face's rigid points closest to the mesh's (Kabsch 1976; Umeyama 1991).
    """
    rigid = list(RIGID_POINTS)
    model = canonical_points()[rigid]
    seen = points[rigid].astype(np.float64)
    u, _, vt = np.linalg.svd((seen - seen.mean(axis=0)).T @ (model - model.mean(axis=0)))
    rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    # axes: x to the image's right, y down, z away from the camera; the face looks along -z
    look = -rotation[:, 2]
    across = rotation[:, 0]
    return (
        math.degrees(math.atan2(look[0], -look[2])),
        math.degrees(math.asin(min(max(-look[1], -1.0), 1.0))),
        math.degrees(math.atan2(across[1], across[0])),
    )


def _sharpness(crop: NDArray[np.uint8]) -> float:
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine, coarse = _gradient_energy(grey, _FINE_PX), _gradient_energy(grey, _COARSE_PX)
    return float((fine / np.maximum(coarse, 1e-9)).min()) if coarse.max() > 1e-9 else 1.0


def _gradient_energy(grey: NDArray[np.float32], blur_px: float) -> NDArray[np.float64]:
    """Return the mean squared gradient of the blurred face along each of four directions."""
    y, x = np.gradient(cv2.GaussianBlur(grey, (0, 0), blur_px)[_FACE])
    xx, yy, xy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    return np.array([a * a * xx + b * b * yy + 2 * a * b * xy for a, b in _DIRECTIONS])
