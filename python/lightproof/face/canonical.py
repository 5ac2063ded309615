"""Makes ``canonical.npz``: where the 468 mesh points of a mean face lie on the grid of cells.

The shipped file was made from the fifty neutral pictures of the Face Research Lab London Set (DeBruine and
Jones 2017, doi 10.6084/m9.figshare.5047666.v5, CC BY 4.0) by::

    python -m lightproof.face.canonical PICTURES... --out canonical.npz

It holds means over all people, symmetrised, so not the data of any person: ``points`` (468, 3) float64 in
cells of the grid, u to the image's right, v down, z away from the camera, and ``people``, how many faces were
averaged.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from lightproof.face.alignment import COLUMNS, ROWS, five_points, scale_of, similarity
from lightproof.face.networks import load_networks
from lightproof.references.picture import load_picture

GRID_TEMPLATE: Final = np.array([[0.32, 0.30], [0.68, 0.30], [0.5, 0.55], [0.36, 0.76], [0.64, 0.76]])
"""Where the five points should lie, in parts of the grid's width and height.

A face has not quite these proportions. The similarity that comes closest puts the eyes at (0.27, 0.33) and
(0.73, 0.33), the nose tip at (0.50, 0.55), the mouth corners at (0.31, 0.73) and (0.69, 0.73), and makes
the grid the bounding box of the mean face: hairline to chin, cheek to cheek.
"""
_ROUNDS: Final = 10
"""Procrustes rounds; the mean moves by less than a thousandth of a cell after three."""


def mean_layout(meshes: Sequence[NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the symmetric mean of meshes, each (468, 3) in pixels, as (468, 3) in cells of the grid.

    Generalised Procrustes analysis in the plane (Gower 1975): each mesh is brought to the mean by a
    similarity, whose scale it shares with z; then mean and mirror image are averaged, and the eye centres
    put in their place.
    """
    mean = _placed(meshes[0].astype(np.float64))
    for _ in range(_ROUNDS):
        aligned = [_moved(mesh.astype(np.float64), mean) for mesh in meshes]
        mean = _placed(np.mean(aligned, axis=0))
    mean[:, 2] -= mean[:, 2].mean()
    partners = _mirror_partners(mean)
    mirrored = mean[partners] * [-1, 1, 1] + [COLUMNS, 0, 0]
    return _placed((mean + mirrored) / 2)


def _moved(points: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    transform = similarity(points[:, :2], target[:, :2])
    return _transformed(points, transform)


def _placed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return _transformed(points, similarity(five_points(points), GRID_TEMPLATE * [COLUMNS, ROWS]))


def _transformed(points: NDArray[np.float64], transform: NDArray[np.float64]) -> NDArray[np.float64]:
    plane = points[:, :2] @ transform[:, :2].T + transform[:, 2]
    return np.column_stack([plane, points[:, 2] * scale_of(transform)])


def _mirror_partners(points: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return each point's partner on the other half of the face, by the cheapest pairing of mirror images."""
    mirrored = points * [-1, 1, 1] + [COLUMNS, 0, 0]
    cost = ((mirrored[:, None] - points[None]) ** 2).sum(axis=2)
    partners = linear_sum_assignment(cost)[1]
    if not np.array_equal(partners[partners], np.arange(len(points))):
        raise SystemExit("the mean face is too lopsided to pair its halves: average more frontal pictures")
    return np.asarray(partners, np.intp)


def main() -> None:
    """Average the faces of the pictures named on the command line."""
    parser = argparse.ArgumentParser(description="Average frontal, neutral faces into canonical.npz.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    networks = load_networks()
    meshes = []
    for path in options.pictures:
        face = networks.largest_face(load_picture(path))
        if face is None:
            raise SystemExit(f"no face in {path}: leave it out")
        meshes.append(face.points)
    np.savez(options.out, points=mean_layout(meshes), people=np.int64(len(meshes)))


if __name__ == "__main__":
    main()
