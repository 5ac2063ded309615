"""Render a scene under each light alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lightproof.simulation.basis import LightTransport, LinearImage
from studies.bases.heads import HeadModel
from studies.bases.photographs import Photograph
from studies.bases.recipe import Recipe
from studies.bases.scenes import (
    AMBIENT,
    QUADRANT_SIDES,
    SceneDict,
    camera,
    mitsuba,
    room_light,
    screen_light,
    shown,
)

_MAX_DEPTH: Final = 4
"""Path vertices: light that has met the face up to three times. More adds less than the noise."""
_EMISSION_SAMPLES: Final = 32
"""A shining panel is seen directly; its samples only smooth edges."""


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How finely to render: paths through each pixel, and the size of the pictures in pixels."""

    samples: int = 64
    width_px: int = 192
    height_px: int = 256


def light_transport(
    recipe: Recipe,
    photograph: Photograph,
    model: HeadModel | None,
    settings: RenderSettings,
    meta: dict[str, Any],
) -> LightTransport:
    """Render a recipe under the four quadrants and the four lights of the room, each of unit radiance alone.

    Args:
        recipe: the scene.
        photograph: of the recipe's subject.
        model: the head model; attacks need none.
        settings: how finely.
        meta: what the basis says of itself.

    Raises:
        MissingExtraError: Mitsuba is not installed.
        ValueError: a head without a head model.
    """
    renderer = mitsuba()
    things, shining = shown(renderer, recipe, photograph, model)
    view = camera(renderer, recipe, (settings.width_px, settings.height_px))
    path = {"type": "path", "max_depth": _MAX_DEPTH, "hide_emitters": True}
    lights = {name: screen_light(renderer, recipe, name) for name in QUADRANT_SIDES}
    lights |= {name: room_light(renderer, name) for name in AMBIENT}

    def picture(integrator: SceneDict, scene: SceneDict, samples: int, number: int) -> LinearImage:
        loaded = renderer.load_dict({"type": "scene", "integrator": integrator, "camera": view, **scene})
        image = np.array(renderer.render(loaded, spp=samples, seed=recipe.noise_seed + number), np.float32)
        return np.maximum(image, np.float32(0))

    pictures = {
        name: picture(path, {"light": light, **things}, settings.samples, number)
        for number, (name, light) in enumerate(lights.items())
    }
    emission = None
    if shining is not None:
        emission = picture({"type": "direct"}, shining, _EMISSION_SAMPLES, len(lights))
    top_left, top_right, bottom_left, bottom_right = (pictures.pop(name) for name in QUADRANT_SIDES)
    return LightTransport((top_left, top_right, bottom_left, bottom_right), pictures, emission, meta)
