"""Mitsuba scenes: what stands before the camera, one light at a time, and the camera above the screen.

Mitsuba 3 (Jakob et al. 2022) comes with the dependency group ``studies``. Its scalar variant needs no
compiler at run time, and on one thread it adds up in one order: the same scene and seed give the same
picture, bit for bit, on the same build.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import MissingExtraError
from studies.bases.heads import HeadModel
from studies.bases.meshes import TexturedMesh
from studies.bases.photographs import Photograph
from studies.bases.recipe import Recipe
from studies.bases.sheets import sheet

SceneDict = dict[str, Any]

QUADRANT_SIDES: Final = {"TL": (1, 1), "TR": (-1, 1), "BL": (1, -1), "BR": (-1, -1)}
"""Side and height of a quadrant as the person sees the screen: the left is the right of the picture (+ x)."""
AMBIENT: Final = ("dome", "ceiling", "window", "desk")

_MAX_ALBEDO: Final = 0.9
_MIN_ALBEDO: Final = 0.01
"""No skin or paper reflects more or less; it also keeps a path tracer's light finite."""
_TONGUE_RGB: Final = [0.3, 0.1, 0.09]
_TEETH_RGB: Final = [0.6, 0.55, 0.5]
_EYE_ROUGHNESS: Final = 0.12
_PANEL_RGB: Final = [0.02, 0.02, 0.02]
"""A panel under its glass, when dark."""
_VIEW_CM: Final = 31.0
"""Height of what the camera sees at the face: a head with some room."""


def mitsuba() -> Any:
    """Return the renderer, set to its scalar RGB variant and to one thread.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import drjit
        import mitsuba as renderer
    except ImportError as error:
        raise MissingExtraError(
            "mitsuba is not installed; run pip install --group studies in the checkout"
        ) from error
    renderer.set_variant("scalar_rgb")
    drjit.set_thread_count(1)
    return renderer


def shown(
    renderer: Any, recipe: Recipe, photograph: Photograph, model: HeadModel | None
) -> tuple[SceneDict, SceneDict | None]:
    """Return what stands before the camera, and what of it shines by itself, if anything does.

    Raises:
        ValueError: a head is to be shown and there is no model of heads.
    """
    if recipe.is_head:
        if model is None:
            raise ValueError("a bona fide head needs a head model; load one with load_model")
        return _head(renderer, recipe, photograph, model), None
    cut, life_cm = photograph.cut_out()
    height_cm = life_cm * recipe.size
    surface = sheet(recipe, height_cm, height_cm * cut.shape[1] / cut.shape[0])
    gloss = {"roughness": recipe.roughness, "specular": recipe.specular}
    if not recipe.is_screen:
        return {"sheet": _shape(renderer, surface, _textured(renderer, cut, **gloss))}, None
    glass = _shape(renderer, surface, _plain(_PANEL_RGB, **gloss))
    texture = {"type": "bitmap", "bitmap": _bitmap(renderer, np.clip(cut, 0, 1)), "raw": True}
    light = {"type": "area", "radiance": texture}
    return {"sheet": glass}, {"panel": _shape(renderer, surface, _plain([0, 0, 0], 0.5, 0.0), light)}


def screen_light(renderer: Any, recipe: Recipe, quadrant: str) -> SceneDict:
    """Return one quadrant of the screen at unit radiance, facing the face."""
    width, height = recipe.screen_cm
    side, up = QUADRANT_SIDES[quadrant]
    place = renderer.ScalarTransform4f().translate([side * width / 4, up * height / 4, recipe.distance_cm])
    return _panel(place.rotate([1, 0, 0], 180).scale([width / 4, height / 4, 1]))


def room_light(renderer: Any, name: str) -> SceneDict:
    """Return one light of the room at unit radiance: all round, ceiling, window or desk lamp (cm)."""
    place = renderer.ScalarTransform4f()
    if name == "dome":
        return {"type": "constant", "radiance": {"type": "rgb", "value": 1.0}}
    if name == "ceiling":
        return _panel(place.translate([0, 150, 30]).rotate([1, 0, 0], 90).scale([80, 80, 1]))
    if name == "window":
        return _panel(place.translate([-150, 40, 60]).rotate([0, 1, 0], 112).scale([50, 70, 1]))
    return {"type": "sphere", "center": [25, 35, 45], "radius": 4, "emitter": _white()}


def camera(renderer: Any, recipe: Recipe, size_px: tuple[int, int]) -> SceneDict:
    """Return the camera 1 cm above the upper edge of the screen; ``size_px`` is width and height."""
    width, height = size_px
    origin = [0, recipe.screen_cm[1] / 2 + 1, recipe.distance_cm]
    return {
        "type": "perspective",
        "fov": float(2 * np.degrees(np.arctan(_VIEW_CM / 2 / recipe.distance_cm))),
        "fov_axis": "y",
        "to_world": renderer.ScalarTransform4f().look_at(origin=origin, target=[0, -1, -3], up=[0, 1, 0]),
        "film": {
            "type": "hdrfilm",
            "width": width,
            "height": height,
            "rfilter": {"type": "gaussian"},
            "pixel_format": "rgb",
            "component_format": "float32",
        },
    }


def _head(renderer: Any, recipe: Recipe, photograph: Photograph, model: HeadModel) -> SceneDict:
    materials = {
        "skin": _textured(renderer, photograph.radiance, recipe.roughness, recipe.specular),
        "eyes": _textured(renderer, photograph.radiance, _EYE_ROUGHNESS, 0.5),
        "mouth": _plain(_TONGUE_RGB, 0.5, 0.4),
        "eye_sockets": _plain(_TONGUE_RGB, 0.5, 0.4),
        "teeth": _plain(_TEETH_RGB, 0.5, 0.4),
    }
    parts = model.head(recipe.identity, recipe.turn_deg, photograph)
    return {name: _shape(renderer, part, materials[name]) for name, part in parts.items()}


def _panel(place: Any) -> SceneDict:
    return {"type": "rectangle", "to_world": place, "emitter": _white()}


def _white() -> SceneDict:
    return {"type": "area", "radiance": {"type": "rgb", "value": 1.0}}


def _textured(renderer: Any, radiance: NDArray[np.float64], roughness: float, specular: float) -> SceneDict:
    """Return a surface whose albedo is a photograph, the light of the photograph included."""
    bitmap = _bitmap(renderer, np.clip(radiance, _MIN_ALBEDO, _MAX_ALBEDO))
    colour = {"type": "bitmap", "bitmap": bitmap, "raw": True}
    return {"type": "principled", "base_color": colour, "roughness": roughness, "specular": specular}


def _plain(rgb: list[float], roughness: float, specular: float) -> SceneDict:
    colour = {"type": "rgb", "value": rgb}
    return {"type": "principled", "base_color": colour, "roughness": roughness, "specular": specular}


def _bitmap(renderer: Any, picture: NDArray[np.float64]) -> Any:
    return renderer.Bitmap(np.ascontiguousarray(picture, dtype=np.float32))


def _shape(renderer: Any, mesh: TexturedMesh, material: SceneDict, light: SceneDict | None = None) -> Any:
    properties = renderer.Properties()
    properties["material"] = renderer.load_dict(material)
    if light is not None:
        properties["light"] = renderer.load_dict(light)
    shape = renderer.Mesh(
        "shape",
        len(mesh.vertices),
        len(mesh.triangles),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    parameters = renderer.traverse(shape)
    parameters["vertex_positions"] = mesh.vertices.ravel()
    parameters["vertex_normals"] = mesh.normals().ravel()
    parameters["vertex_texcoords"] = mesh.uv.ravel()
    parameters["faces"] = mesh.triangles.ravel()
    parameters.update()
    return shape
