"""Surfaces before the camera, and how much light of a screen quadrant falls on them.

Coordinates in metres: x to the right of the camera's picture (the person's left), y up, z towards the camera;
the origin is the middle of the face. The camera looks along −z from (0, 0, distance); the screen hangs below
it in the plane z = distance. Pictures use weak perspective: one pixel is the same length everywhere, as in a
portrait of one face.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.simulation.conditions import Conditions

Plane: TypeAlias = NDArray[np.float32]
"""One number per pixel, float32, shape (height, width)."""

CAMERA_ABOVE_SCREEN_M: Final = 0.01
"""From the upper edge of the lit area to the camera's axis."""
SAMPLES_PER_SIDE: Final = 3
"""A quadrant is sampled at 3 × 3 points: at 30 cm the error of its irradiance is below 0.1 %."""
_SHADOW_STEPS: Final = 16
_SHADOW_REACH_M: Final = 0.05
_SHADOW_BIAS_M: Final = 0.0006


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A surface seen in every pixel: position in metres and unit normal, each (3, height, width) float32."""

    position: NDArray[np.float32]
    normal: NDArray[np.float32]
    pixel_m: float

    @classmethod
    def from_height(cls, height_m: Plane, pixel_m: float) -> Surface:
        """Return the surface of a height field over the picture, whose middle pixel is at x = y = 0."""
        rows, columns = height_m.shape
        y, x = np.mgrid[:rows, :columns].astype(np.float32)
        x = (x - (columns - 1) / 2) * np.float32(pixel_m)
        y = ((rows - 1) / 2 - y) * np.float32(pixel_m)
        down, right = np.gradient(height_m, pixel_m)
        normal = np.stack([-right, down, np.ones_like(height_m)])
        normal /= np.linalg.norm(normal, axis=0)
        return cls(np.stack([x, y, height_m]), normal.astype(np.float32), pixel_m)


def quadrant_centre_m(conditions: Conditions, quadrant: int) -> tuple[float, float]:
    """Return x and y of the middle of quadrant TL, TR, BL, BR (0…3) as the person sees the screen.

    The person looks along +z, so the person's left is at +x, on the right of the camera's picture.
    """
    x = conditions.screen_width_m / 4 * (1 if quadrant in (0, 2) else -1)
    y = conditions.screen_height_m / 4 * (1 if quadrant in (0, 1) else -1)
    return x, y - conditions.screen_height_m / 2 - CAMERA_ABOVE_SCREEN_M


def diffuse_light(surface: Surface, conditions: Conditions, quadrant: int, *, shadows: bool) -> Plane:
    """Return the light that a white diffuse surface reflects under one quadrant of unit radiance.

    Radiance = 1/π · Σ dA · cos θ_surface · cos θ_screen / r², over points of the quadrant; 0 where the
    surface itself stands in the way, if ``shadows``.
    """
    light: Plane = np.zeros(surface.position.shape[1:], np.float32)
    for point, area_m2 in _points(conditions, quadrant):
        way = point[:, None, None] - surface.position
        square = np.einsum("kij,kij->ij", way, way)
        incident = np.maximum(np.einsum("kij,kij->ij", way, surface.normal), 0)
        share = incident * way[2] / (square * square) * np.float32(area_m2 / np.pi)
        light += share * _visible(surface, point) if shadows else share
    return light


def hemisphere_light(surface: Surface, direction: tuple[float, float, float]) -> Plane:
    """Return the light a white diffuse surface reflects under a unit-radiance half sphere about a direction.

    The share of that half sphere which the surface sees, weighted by the cosine, is (1 + cos θ)/2.
    """
    axis = np.asarray(direction, np.float32) / np.float32(np.linalg.norm(direction))
    return np.asarray((1 + np.einsum("k,kij->ij", axis, surface.normal)) / 2, dtype=np.float32)


def mirror_light(surface: Surface, conditions: Conditions, quadrant: int, reflectance: float) -> Plane:
    """Return the sharp image of one quadrant of unit radiance in a mirror of constant reflectance."""
    camera = np.array([0, 0, conditions.distance_m], np.float32)[:, None, None]
    view = surface.position - camera
    away = view - 2 * np.einsum("kij,kij->ij", view, surface.normal) * surface.normal
    reach = (conditions.distance_m - surface.position[2]) / np.maximum(away[2], 1e-6)
    hit = surface.position[:2] + away[:2] * reach
    x, y = quadrant_centre_m(conditions, quadrant)
    inside = (np.abs(hit[0] - x) < conditions.screen_width_m / 4) & (
        np.abs(hit[1] - y) < conditions.screen_height_m / 4
    )
    return np.asarray(inside * reflectance, dtype=np.float32)


def _points(conditions: Conditions, quadrant: int) -> Iterator[tuple[NDArray[np.float32], float]]:
    width_m, height_m = conditions.screen_width_m / 2, conditions.screen_height_m / 2
    x, y = quadrant_centre_m(conditions, quadrant)
    offsets = (np.arange(SAMPLES_PER_SIDE) + 0.5) / SAMPLES_PER_SIDE - 0.5
    for down in offsets:
        for right in offsets:
            point = np.array([x + right * width_m, y + down * height_m, conditions.distance_m], np.float32)
            yield point, width_m * height_m / SAMPLES_PER_SIDE**2


def _visible(surface: Surface, point: NDArray[np.float32]) -> Plane:
    """Return 1 where the straight way to a light is free, 0 where the height field rises above it."""
    x, y, z = surface.position
    way_x, way_y, way_z = point[0] - x, point[1] - y, point[2] - z
    across = np.maximum(np.hypot(way_x, way_y), 1e-6)
    rows, columns = z.shape
    row, column = np.mgrid[:rows, :columns].astype(np.float32)
    free: Plane = np.ones_like(z)
    for step_m in np.linspace(
        _SHADOW_REACH_M / _SHADOW_STEPS, _SHADOW_REACH_M, _SHADOW_STEPS, dtype=np.float32
    ):
        along = step_m / across
        reached = cv2.remap(
            z,
            column + way_x * along / np.float32(surface.pixel_m),
            row - way_y * along / np.float32(surface.pixel_m),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        free[(reached > z + way_z * along + _SHADOW_BIAS_M) & (along < 1)] = 0
    return free
