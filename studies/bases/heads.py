"""From ICT-FaceKit's shapes and a photograph to a person's head.

The head is the neutral mesh plus weighted identity shapes (Li et al. 2020, Learning Formation of
Physically-Based Face Attributes, section 3). The photograph is laid on it from the front by a thin-plate
spline (Duchon 1977) through landmarks that both have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from studies.bases.errors import InputChangedError
from studies.bases.meshes import TexturedMesh, rotation
from studies.bases.photographs import Photograph

_SPLINE_SMOOTHING: Final = 0.5
"""Landmarks are trusted to a few pixels, not exactly."""
_MARGIN: Final = 0.001
"""What would lie beside the photograph takes its edge, by half a pixel inside it."""
_TURN_CENTRE_CM: Final = np.array([0, 0, -8], dtype=np.float32)
"""A head turns about a point this far behind the nose tip."""


@dataclass(frozen=True, slots=True)
class HeadLayout:
    """Which vertices of a head model are what.

    ``parts`` are the ranges of vertices, last one included, of what has a material of its own; ``face`` is
    the last vertex of the face proper, whose foremost point is the nose tip. ``landmarks`` pairs vertices
    with points of the 468-point face mesh.
    """

    vertex_count: int
    face: int
    parts: Mapping[str, tuple[int, int]]
    landmarks: Sequence[tuple[int, int]]


# fmt: off
ICT_LAYOUT: Final = HeadLayout(
    vertex_count=26719,
    face=9408,
    parts={
        "skin": (0, 11247), "mouth": (11248, 13293), "eye_sockets": (13294, 14061), "teeth": (14062, 21450),
        "eyes": (21451, 24590),
    },
    landmarks=(
        # right jaw from the ear down, chin, left jaw up
        (1225, 162), (1888, 234), (1052, 93), (367, 58), (1719, 172), (1722, 136), (1447, 148), (966, 152),
        (3661, 377), (3927, 365), (3924, 397), (2608, 288), (3272, 323), (4088, 454), (3443, 389),
        # right and left brow
        (268, 71), (493, 63), (1914, 105), (2044, 66), (1401, 107),
        (3615, 336), (4240, 296), (4114, 334), (2734, 293), (2509, 301),
        # nose: bridge down to the tip, then the wings and the middle between them
        (978, 168), (4527, 197), (4942, 5), (4857, 4), (1140, 75), (1147, 2), (3360, 305),
        # corners of the right and of the left eye
        (1507, 33), (1528, 133), (3742, 362), (3721, 263),
        # outer line of the lips, from the right corner over the upper lip
        (5708, 61), (5695, 39), (2081, 37), (0, 0), (4275, 267), (6200, 269), (6213, 291), (6346, 405),
        (6461, 314), (5518, 17), (5957, 84), (5841, 181),
    ),
)
# fmt: on
"""Parts and landmarks from ICT-FaceKit's README (tables "Face Model Topology" and "Facial Landmarks", the
Multi-PIE points), with the points of the MediaPipe face mesh that mark the same places. Lacrimal fluid,
lashes and the blends around the eyes are left out: light passes through them in life."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadModel:
    """Neutral vertices (N, 3) and identity shapes (K, N, 3), float32 cm; triangles (M, 3); their layout."""

    neutral: NDArray[np.float32]
    shapes: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    layout: HeadLayout

    def head(
        self, identity: Sequence[float], turn_deg: tuple[float, float, float], photograph: Photograph
    ) -> dict[str, TexturedMesh]:
        """Return the parts of a person's head, turned, the nose tip at the origin before the turn."""
        weights = np.asarray(identity, dtype=np.float32)
        vertices = self.neutral + np.tensordot(weights, self.shapes[: len(weights)], axes=1)
        uv = self._laid_on(photograph, vertices)
        vertices[:, 2] -= vertices[: self.layout.face + 1, 2].max()
        vertices = (vertices - _TURN_CENTRE_CM) @ rotation(turn_deg).T + _TURN_CENTRE_CM
        whole = TexturedMesh(vertices.astype(np.float32), self.triangles, uv)
        return {name: whole.part(self._triangles_within(*ends)) for name, ends in self.layout.parts.items()}

    def _laid_on(self, photograph: Photograph, vertices: NDArray[np.float32]) -> NDArray[np.float32]:
        from scipy.interpolate import RBFInterpolator

        on_head, on_picture = (list(points) for points in zip(*self.layout.landmarks, strict=True))
        spline = RBFInterpolator(
            vertices[on_head, :2].astype(np.float64),
            photograph.points[on_picture],
            kernel="thin_plate_spline",
            smoothing=_SPLINE_SMOOTHING,
        )
        height, width = photograph.radiance.shape[:2]
        uv: NDArray[np.float64] = spline(vertices[:, :2].astype(np.float64)) / (width, height)
        return uv.clip(_MARGIN, 1 - _MARGIN).astype(np.float32)

    def _triangles_within(self, first: int, last: int) -> NDArray[np.uint32]:
        return self.triangles[((self.triangles >= first) & (self.triangles <= last)).all(axis=1)]


def load_model(neutral: Path, shapes: Sequence[Path], layout: HeadLayout = ICT_LAYOUT) -> HeadModel:
    """Read a head model from Wavefront OBJ files: a neutral mesh and the same mesh moved by each shape.

    Raises:
        InputChangedError: a file has another number of vertices than the layout, no faces, or faces of
            vertices that are not there.
        OSError: a file cannot be read.
    """
    rest = _vertices(neutral, layout.vertex_count)
    moved = np.stack([_vertices(path, layout.vertex_count) - rest for path in shapes])
    return HeadModel(rest, moved, _triangles(neutral, layout.vertex_count), layout)


def _vertices(path: Path, count: int) -> NDArray[np.float32]:
    with path.open(encoding="utf-8") as lines:
        vertices = [line.split()[1:4] for line in lines if line.startswith("v ")]
    if len(vertices) != count:
        raise InputChangedError(
            f"{path} has {len(vertices)} vertices instead of {count}; take the listed file"
        )
    return np.array(vertices, dtype=np.float32)


def _triangles(path: Path, count: int) -> NDArray[np.uint32]:
    """Return the faces as triangles (M, 3), counted from 0, each cut into a fan from its first corner.

    ``f 874/1 12/2 871/3 873/4`` names a vertex and a point of the texture for each corner.
    """
    with path.open(encoding="utf-8") as lines:
        faces = [line.split()[1:] for line in lines if line.startswith("f ")]
    corners = [[int(corner.split("/")[0]) - 1 for corner in face] for face in faces]
    fans = [(face[0], second, third) for face in corners for second, third in pairwise(face[1:])]
    if not fans or not all(0 <= vertex < count for triangle in fans for vertex in triangle):
        raise InputChangedError(
            f"{path} has no faces or faces of vertices that it lacks; take the listed file"
        )
    return np.array(fans, dtype=np.uint32)
