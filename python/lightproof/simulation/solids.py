"""Presentation attacks that are not flat: a face projected, moulded, cut out, worn as a mask, or a bust.

All are made from one photograph and the mesh that the product itself fits to it, which is the best that an
attacker can know: their relief is what the prediction expects, as far as they have any. Surfaces are matt.
Not modelled: gloss, the rim of a mask, silicone that lets light through, hands that hold something up.

=============  ===============================================  ===========================================
species        what stands before the camera                    recipe of the biometric cPP toolboxes
=============  ===============================================  ===========================================
projected      the photograph, projected on a white head        none
relief-mould   the photograph on a mould of some depth          3D Face 3 (mask or head from a 2-D image)
cut-out        a bent print with a false nose, eyes and mouth   3D Face 1-1, penetration ("cut photo")
               cut out, over a living head
paper-mask     a print pressed on another, living head          3D Face 1-1 and 2-1 (printed face mask)
bust           the head in grey, set down: nothing moves        3D Face 3 (head from a 2-D image)
=============  ===============================================  ===========================================

The recipes: Biometrics international Technical Community, cPP-toolboxes, 2D and 3D face verification lists of
2020-02-07. Its flat prints are 2D Face 1-1 and 2-1, its screens 1-2, 1-3, 2-2 and 2-3; a bent or folded print
that nobody wears is in neither list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import LUMINANCE
from lightproof.errors import InputError
from lightproof.face.alignment import CANONICAL_FILE, similarity
from lightproof.simulation.attacks import PAPER_ALBEDO, Attack
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.geometry import Plane
from lightproof.simulation.portrait import Portrait, height_field, linear_picture, solid

WHITE_ALBEDO: Final = 0.8
"""White paint or polystyrene reflects 75 to 90 % of light."""
GREY_ALBEDO: Final = 0.45
"""A primer of middle grey, lighter than the photographic 18 %, which the eye takes for half as light."""
_BUST_CONTRAST: Final = 0.5
"""Exponent on the photograph's luminance: a bust's eyes and lips are painted in greys, paler than a print."""
_MASK_BLUR_M: Final = 0.004
"""Paper does not follow a head into folds narrower than about a centimetre."""
_CUT_BEND_M: Final = 0.10
"""Radius of the upright cylinder to which a cut-out is bent: about a head's."""
_EDGE_M: Final = 0.001
"""Softness of the edges of a cut-out."""
_BEHIND_PAPER_M: Final = 0.004
"""How far the head behind a cut-out lies under the paper."""

_NOSE: Final = (168, 122, 351, 48, 278, 64, 294, 98, 327, 2, 115, 344)
_MOUTH: Final = (61, 291, 0, 17, 40, 270, 91, 321, 37, 267, 84, 314)
_EYES: Final = ((33, 133, 159, 145, 160, 144, 158, 153), (362, 263, 386, 374, 385, 380, 387, 373))
"""Mesh points whose convex hull is the nose, the mouth, each eye (MediaPipe face mesh topology)."""


class Mesh(StrEnum):
    """Whose depth a mould has, under the photograph of the victim."""

    OWN = "own"
    MEAN = "mean"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mould:
    """A mould: whose depth it has, and what share of that; 0 is a plane, 1 the head itself.

    Raises:
        InputError: the share is not from 0 to 1.
    """

    mesh: Mesh = Mesh.OWN
    depth: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.depth <= 1:
            raise InputError(f"depth is {self.depth!r}; it must be a number from 0 to 1")

    @classmethod
    def named(cls, mesh: str, depth: float) -> Mould:
        """Return the mould with a mesh of this name.

        Raises:
            InputError: no mesh has this name, or the share is not from 0 to 1.
        """
        try:
            return cls(Mesh(mesh.strip().lower()), depth)
        except ValueError:
            raise InputError(f"there is no mesh {mesh!r}; choose one of {', '.join(Mesh)}") from None


HALF_DEPTH: Final = Mould()
"""The person's own relief at half its depth."""


def presented(
    attack: Attack,
    portrait: Portrait,
    other: Portrait,
    conditions: Conditions,
    mould: Mould,
) -> LightTransport:
    """Return the light transport of an object with a shape of its own that shows the portrait.

    ``other`` is whoever wears the mask, and lends the depth where the ``mould`` asks for another person's.

    Raises:
        InputError: the attack shows no such object.
    """
    picture = linear_picture(portrait)
    own = height_field(portrait)
    match attack:
        case Attack.PROJECTED:
            return _projected(portrait, own, picture, conditions)
        case Attack.RELIEF_MOULD:
            whole = height_field(_with_depth_of(portrait, mould.mesh, other))
            height = np.asarray(whole * np.float32(mould.depth), np.float32)
            albedo = picture * np.float32(PAPER_ALBEDO)
        case Attack.CUT_OUT:
            height, albedo = _cut_out(portrait, own), picture * np.float32(PAPER_ALBEDO)
        case Attack.PAPER_MASK:
            worn = height_field(_with_depth_of(portrait, Mesh.OTHER, other))
            blur_px = _MASK_BLUR_M / _cell_m(portrait, worn)
            height = np.asarray(cv2.GaussianBlur(worn, (0, 0), blur_px), np.float32)
            albedo = picture * np.float32(PAPER_ALBEDO)
        case Attack.BUST:
            height, albedo = own, _painted_grey(picture)
        case _:
            raise InputError(f"the attack {attack.value} has no shape of its own")
    return solid(portrait, height, albedo, conditions, _species(attack))


def _species(attack: Attack) -> str:
    return attack.value.replace("-", "_")


def _projected(
    portrait: Portrait, height: Plane, picture: NDArray[np.float32], conditions: Conditions
) -> LightTransport:
    """A projector beside the camera throws the photograph on a white head with the face's own shape.

    What the projector sends is divided by what the head would shade, so that the camera sees the photograph.
    """
    white = np.full_like(picture, WHITE_ALBEDO)
    head = solid(portrait, height, white, conditions, _species(Attack.PROJECTED))
    return LightTransport(head.quadrants, head.ambient, picture, head.meta)


def _painted_grey(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    light = picture @ LUMINANCE.astype(np.float32)
    grey = (light / max(float(light.mean()), 1e-6)) ** np.float32(_BUST_CONTRAST)
    return np.asarray(np.repeat((GREY_ALBEDO * grey)[..., None], 3, axis=2), np.float32)


def _cut_out(portrait: Portrait, head: Plane) -> Plane:
    """Return paper bent like a head, with a nose on it, and the head itself in the eyes and the mouth."""
    cell_m = _cell_m(portrait, head)
    width = head.shape[1]
    x = (np.arange(width, dtype=np.float32) - (width - 1) / 2) * np.float32(cell_m)
    sine = np.clip(x / np.float32(_CUT_BEND_M), -0.98, 0.98)
    paper = np.broadcast_to(np.float32(_CUT_BEND_M) * (np.sqrt(1 - sine**2) - 1), head.shape)
    nose = _region(portrait, _NOSE, head.shape)
    holes = np.maximum.reduce([_region(portrait, part, head.shape) for part in (_MOUTH, *_EYES)])
    # The nose is glued on where the head's would come through; the head stands behind the paper.
    rim = cv2.dilate((nose > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) - (nose > 0.5)
    level = float(np.median((head - paper)[rim > 0])) if (rim > 0).any() else 0.0
    behind = head - np.float32(level + _BEHIND_PAPER_M)
    glued = paper + np.maximum(head - paper - np.float32(level), 0) * nose
    return np.asarray(glued * (1 - holes) + behind * holes, np.float32)


def _region(portrait: Portrait, points: tuple[int, ...], shape: tuple[int, ...]) -> Plane:
    scale = shape[0] / portrait.picture.shape[0]
    outline = cv2.convexHull((portrait.points[list(points), :2] * scale).astype(np.float32))
    inside = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(inside, np.round(outline).astype(np.int32), 1)
    soft = max(_EDGE_M / (portrait.pixel_m / scale), 0.3)
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32), (0, 0), soft), np.float32)


def _with_depth_of(portrait: Portrait, mesh: Mesh, other: Portrait) -> Portrait:
    """Return the portrait with the depth of a mesh at its own landmarks, scaled to its size."""
    if mesh is Mesh.OWN:
        return portrait
    if mesh is Mesh.MEAN:
        with np.load(CANONICAL_FILE) as file:
            lent: NDArray[np.float64] = file["points"]
    else:
        lent = other.points.astype(np.float64)
    fit = similarity(lent[:, :2], portrait.points[:, :2].astype(np.float64))
    points = portrait.points.copy()
    points[:, 2] = lent[:, 2] * np.sqrt(abs(np.linalg.det(fit[:, :2])))
    return Portrait(portrait.picture, points)


def _cell_m(portrait: Portrait, height: Plane) -> float:
    return float(portrait.pixel_m * portrait.picture.shape[0] / height.shape[0])
