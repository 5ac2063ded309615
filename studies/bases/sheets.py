"""Photographs on something thin: paper, flat, bent or folded, and the panel of a screen."""

from __future__ import annotations

from typing import Final

import numpy as np

from studies.bases.meshes import TexturedMesh, rotation
from studies.bases.recipe import Recipe

_SIDE: Final = 64
"""Vertices along each side of a sheet: 3 degrees from one to the next round the narrowest bend."""


def sheet(recipe: Recipe, height_cm: float, width_cm: float) -> TexturedMesh:
    """Return the sheet of a recipe, turned and put in its place.

    A bent sheet lies round an upright cylinder, a folded one is creased down its middle; both come
    forward in the middle.
    """
    u, v = np.meshgrid(np.linspace(0, 1, _SIDE), np.linspace(0, 1, _SIDE))
    across, up = (u - 0.5) * width_cm, (0.5 - v) * height_cm
    if recipe.bend_cm is not None:
        angle = across / recipe.bend_cm
        x, z = recipe.bend_cm * np.sin(angle), recipe.bend_cm * (np.cos(angle) - 1)
    elif recipe.fold_deg is not None:
        angle = np.radians(recipe.fold_deg)
        x, z = across * np.cos(angle), -np.abs(across) * np.sin(angle)
    else:
        x, z = across, np.zeros_like(across)
    vertices = np.stack([x, up, z], axis=-1).reshape(-1, 3).astype(np.float32) @ rotation(recipe.turn_deg).T
    vertices[:, 2] += np.float32(recipe.forward_cm)
    number = np.arange(_SIDE * _SIDE, dtype=np.uint32).reshape(_SIDE, _SIDE)
    below_left, below_right, right, left = number[1:, :-1], number[1:, 1:], number[:-1, 1:], number[:-1, :-1]
    halves = [(below_left, below_right, right), (below_left, right, left)]
    triangles = np.concatenate([np.stack(half, axis=-1).reshape(-1, 3) for half in halves])
    uv = np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32)
    return TexturedMesh(vertices.astype(np.float32), triangles, uv)
