"""Who or what is before the simulated camera: a basis from a file, a portrait, or an attack with one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.face.alignment import five_points
from lightproof.references.picture import load_picture
from lightproof.simulation import attacks, portrait, solids
from lightproof.simulation.attacks import Attack
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.solids import HALF_DEPTH, Mould

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

_EYE_POINTS: Final = ((33, 133, 159, 145), (362, 263, 386, 374))
"""Mesh points at the outer and inner corner and the upper and lower lid of the right and the left eye."""
_TYPICAL_FACE: Final = (0.5, 0.46, 0.45, 0.18)
"""Centre x and y, height and eye distance of the face in a basis, as fractions of its width and height; used
where no face is found."""
_BLINKING: Final = ("bona_fide", "cut_out")
"""Species of bases whose eyes are those of a living head."""
_STANDING: Final = ("bust",)
"""Species of bases that nobody holds."""
_PORTRAITS: Final = Path(__file__).parent / "portraits"


@dataclass(frozen=True, slots=True, eq=False)
class FacePlace:
    """Where the face lies in a basis, in its pixels: centre (x, y), height from forehead to chin, eyes.

    ``points`` is its mesh, (468, 3) float32, None where no face was found.
    """

    centre_px: tuple[float, float]
    height_px: float
    eye_distance_px: float
    eyes: tuple[Box, ...] = ()
    points: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A light transport with the place of the face in it.

    ``alive``: the subject blinks. ``stands``: it was set down, and does not move at all.
    """

    transport: LightTransport
    face: FacePlace
    alive: bool
    stands: bool = False


def from_basis(transport: LightTransport) -> Subject:
    """Return the subject of a basis; its face, if one is found, will stand in the middle."""
    points = portrait.find_face(_visible(transport))
    alive, stands = transport.species in _BLINKING, transport.species in _STANDING
    if points is not None:
        return Subject(transport, _place(points), alive, stands)
    x, y, height, eyes = _TYPICAL_FACE
    centre = (x * (transport.width - 1), y * (transport.height - 1))
    place = FacePlace(centre, height * transport.height, eyes * transport.height)
    return Subject(transport, place, alive, stands)


def from_picture(
    rgb: NDArray[np.uint8],
    attack: Attack | None,
    conditions: Conditions,
    rng: np.random.Generator,
    *,
    wearer: NDArray[np.uint8] | None = None,
    mould: Mould = HALF_DEPTH,
) -> Subject:
    """Return the person on a photograph, or an object that shows the photograph.

    A mask is worn by the person of the picture ``wearer``, the other person where that is None.

    Raises:
        NoFaceError: there is no face in the picture.
        MissingExtraError: SciPy is not installed.
    """
    person = portrait.sit(rgb, conditions.face_px)
    if attack is not None and attack.is_solid:
        other = portrait.sit(sample_other_person() if wearer is None else wearer, conditions.face_px)
        transport = solids.presented(attack, person, other, conditions, mould)
        return Subject(transport, _place(person.points), alive=attack.is_worn, stands=attack.stands_still)
    if attack is not None and attack.is_object:
        return Subject(attacks.presented(attack, person, conditions, rng), _place(person.points), alive=False)
    return Subject(portrait.head(person, conditions), _place(person.points), alive=True)


def sample_person() -> NDArray[np.uint8]:
    """Return the portrait of the simulated person, RGB uint8 (512, 512, 3).

    It is Eileen Collins; ``portraits/portraits.toml`` says where the pictures come from.
    """
    return load_picture(_PORTRAITS / "eileen_collins.jpg")


def sample_other_person() -> NDArray[np.uint8]:
    """Return the portrait of the other person, Grace Hopper, RGB uint8 (600, 512, 3)."""
    return load_picture(_PORTRAITS / "grace_hopper.jpg")


def choose(
    path: Path | None,
    attack: Attack | None,
    other: Path | None,
    conditions: Conditions,
    rng: np.random.Generator,
    mould: Mould = HALF_DEPTH,
) -> Subject:
    """Return the subject for a photograph (None for the sample person) and an attack.

    ``other`` is the photograph of the other person, or of whoever wears the mask; None for a sample.

    Raises:
        InputError: a basis was given where a photograph is needed, or a file cannot be used.
        NoFaceError: there is no face in the picture.
        MissingExtraError: SciPy is not installed.
    """
    if attack is Attack.OTHER_PERSON:
        rgb = sample_other_person() if other is None else load_picture(other)
        return from_picture(rgb, None, conditions, rng)
    if path is not None and path.suffix.lower() == ".npz":
        raise InputError(
            f"the attack {attack or 'none'} needs a photograph, but the subject is {path.name}; give a "
            "JPEG or PNG portrait, or a basis of that species without an attack"
        )
    rgb = sample_person() if path is None else load_picture(path)
    wearer = None if other is None else load_picture(other)
    return from_picture(rgb, attack, conditions, rng, wearer=wearer, mould=mould)


def _place(points: NDArray[np.float32]) -> FacePlace:
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    five = five_points(points)
    eyes = []
    for corners in _EYE_POINTS:
        near, far = points[list(corners), :2].min(axis=0), points[list(corners), :2].max(axis=0)
        eyes.append((float(near[0]), float(near[1]), float(far[0]), float(far[1])))
    return FacePlace(
        (float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2),
        float(high[1] - low[1]),
        float(np.linalg.norm(five[1] - five[0])),
        tuple(eyes),
        points,
    )


def _visible(transport: LightTransport) -> NDArray[np.uint8]:
    """Return an everyday picture of a basis, for the detector: all lights at once, gamma-encoded."""
    lights = [sum(transport.quadrants[1:], transport.quadrants[0]), *transport.ambient.values()]
    if transport.emission is not None:
        lights = [transport.emission]
    mixed = np.zeros_like(transport.quadrants[0])
    for light in lights:
        mixed += light / max(float(np.percentile(light, 99.5)), 1e-12)
    mixed /= len(lights)
    return np.asarray(np.clip(mixed, 0, 1) ** (1 / 2.2) * 255, dtype=np.uint8)
