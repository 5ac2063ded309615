"""A small head model in the files and the structure of ICT-FaceKit: a curved face, two eyes, a mouth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studies.bases.heads import HeadLayout

SIDE = 16
"""The face is a grid of 16 × 16 vertices, the eyes and the mouth are triangles behind it."""
_FACE_CM = (14.0, 20.0)
_FACE_POINTS = {33: (4, 5), 263: (11, 5), 4: (8, 8), 61: (6, 11), 291: (10, 11), 152: (8, 15), 10: (8, 0)}

LAYOUT = HeadLayout(
    vertex_count=SIDE * SIDE + 9,
    face=SIDE * SIDE - 1,
    parts={"skin": (0, SIDE * SIDE - 1), "eyes": (SIDE * SIDE, SIDE * SIDE + 5), "mouth": (262, 264)},
    landmarks=tuple((row * SIDE + column, point) for point, (column, row) in _FACE_POINTS.items()),
)


def write_head_model(folder: Path) -> tuple[Path, list[Path]]:
    """Write the neutral mesh and two shapes, broader and longer, as OBJ; return their paths."""
    across, down = np.meshgrid(np.linspace(-0.5, 0.5, SIDE), np.linspace(-0.5, 0.5, SIDE))
    x, y = across.ravel() * _FACE_CM[0], -down.ravel() * _FACE_CM[1]
    z = 9 * np.sqrt(np.clip(1 - (x / 10) ** 2 - (y / 14) ** 2, 0, 1)) + 2
    inside = [(-4, 3), (-3, 3), (-3, 4), (3, 3), (4, 3), (4, 4), (-1, -5), (1, -5), (0, -4)]
    neutral = np.vstack([np.column_stack([x, y, z]), np.array([(*place, 5.0) for place in inside])])
    grid = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    quads = np.stack([grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:], grid[:-1, :-1]], axis=-1).reshape(-1, 4)
    faces = [*quads.tolist(), [256, 257, 258], [259, 260, 261], [262, 263, 264]]
    paths = [folder / "generic_neutral_mesh.obj", folder / "identity000.obj", folder / "identity001.obj"]
    for path, stretch in zip(paths, ((1, 1, 1), (1.05, 1, 1), (1, 1.05, 1)), strict=True):
        _write_obj(path, neutral * np.array(stretch), faces)
    return paths[0], paths[1:]


def _write_obj(path: Path, vertices: np.ndarray, faces: list[list[int]]) -> None:
    lines = [
        "# a head",
        "mtllib ICTFaceModelMaterial.mtl",
        *(f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices),
    ]
    lines += ["vt 0.5 0.5", "usemtl M_Face"]
    lines += ["f " + " ".join(f"{vertex + 1}/1" for vertex in face) for face in faces]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
