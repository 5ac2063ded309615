"""Triangles with a place on a photograph: what heads and sheets are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class TexturedMesh:
    """A mesh in cm: x to the right of the picture, y up, z towards the camera; the nose tip is at the origin.

    ``vertices`` (N, 3) float32; ``triangles`` (M, 3) uint32; ``uv`` (N, 2) float32, where each vertex lies on
    the texture: 0…1 from left to right and from top to bottom.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    uv: NDArray[np.float32]

    def part(self, triangles: NDArray[np.uint32]) -> TexturedMesh:
        """Return the mesh of some of the triangles, with no vertex that they do not use."""
        used, renumbered = np.unique(triangles, return_inverse=True)
        return TexturedMesh(
            self.vertices[used], renumbered.reshape(triangles.shape).astype(np.uint32), self.uv[used]
        )

    def normals(self) -> NDArray[np.float32]:
        """Return the unit normal at each vertex, the mean of its triangles' by area, (N, 3) float32."""
        a, b, c = (self.vertices[self.triangles[:, corner]] for corner in range(3))
        of_triangles = np.cross(b - a, c - a)
        normals = np.zeros_like(self.vertices)
        for corner in range(3):
            np.add.at(normals, self.triangles[:, corner], of_triangles)
        length: NDArray[np.float32] = np.linalg.norm(normals, axis=1, keepdims=True)
        return (normals / np.maximum(length, np.float32(1e-9))).astype(np.float32)


def rotation(turn_deg: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return the matrix (3, 3) that turns about x, then y, then z."""
    x, y, z = np.radians(turn_deg)
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    turn: NDArray[np.float64] = about_z @ about_y @ about_x
    return turn.astype(np.float32)
