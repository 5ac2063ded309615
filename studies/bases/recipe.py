"""What is drawn for one basis: who, where, how turned, of what material.

The order of the draws is that of the published bases, so seed 11 and the fifty listed people give their
scenes again (``PUBLISHED_SEED``; 28 of bona fide heads and 10 of each attack).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from studies.bases.inputs import SHAPE_COUNT

PUBLISHED_SEED: Final = 11
"""Found again from the distances in the published files, which agree with its draws to 1e-6 cm, all 78."""

SPECIES: Final = (
    "bona_fide",
    "flat_print",
    "bent_print",
    "folded_print",
    "screen_replay",
    "phone_replay",
)
_SCREENS_CM: Final = ((15.4, 8.6), (8.8, 15.5), (29.0, 17.0))
"""Width and height: a 7-inch screen lying and standing, and a 13-inch one."""
_SHAPE_SIGMA: Final = 0.7
"""Standard deviation of the identity weights, in those of the scanned people: fewer extreme heads."""
_PHONE_SIZE: Final = 0.55
"""Height of a face on a phone over life size."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One scene. Lengths in cm, angles in degrees about x (nods), y (turns) and z (tilts).

    ``turn_deg`` is how the head or the sheet is turned. ``size`` is the height of a sheet over life size,
    ``forward_cm`` how far it is before the place of the nose tip. ``bend_cm`` is the radius of a bent print,
    ``fold_deg`` how far each half of a folded one is turned back. ``identity`` weighs the head's shapes.
    """

    species: str
    subject: str
    seed: int
    index: int
    distance_cm: float
    screen_cm: tuple[float, float]
    turn_deg: tuple[float, float, float]
    roughness: float
    specular: float
    noise_seed: int
    pose_deg: tuple[float, float, float]
    size: float = 1.0
    forward_cm: float = 0.0
    bend_cm: float | None = None
    fold_deg: float | None = None
    identity: tuple[float, ...] = ()

    @property
    def is_head(self) -> bool:
        """Whether a head is shown, not a sheet."""
        return self.species == "bona_fide"

    @property
    def is_screen(self) -> bool:
        """Whether the sheet is a screen that shines by itself."""
        return self.species in ("screen_replay", "phone_replay")

    def meta(self) -> dict[str, Any]:
        """Return the recipe for the file of the basis, with nothing that does not apply to its species."""
        return {key: value for key, value in asdict(self).items() if value not in (None, ())}


def draw(species: str, subjects: Sequence[str], seed: int, index: int) -> Recipe:
    """Draw the scene number ``index`` of a species. The same arguments always give the same scene.

    Raises:
        KeyError: the species is not one of ``SPECIES``.
    """
    rng = np.random.default_rng([seed, zlib.crc32(species.encode()), index])
    subject = subjects[int(rng.integers(len(subjects)))]
    distance_cm = float(rng.uniform(28, 45))
    screen_cm = _SCREENS_CM[rng.integers(len(_SCREENS_CM))]
    pose_deg = _three(rng.uniform((-10, -12, -6), (8, 12, 6)))
    noise_seed = int(rng.integers(1 << 30))
    tilt_deg = _three(rng.uniform((-8, -10, -5), (8, 10, 5)))
    scene: dict[str, Any] = _DRAWN[species](rng)
    return Recipe(
        species=species,
        subject=subject,
        seed=seed,
        index=index,
        distance_cm=distance_cm,
        screen_cm=screen_cm,
        pose_deg=pose_deg,
        turn_deg=pose_deg if species == "bona_fide" else tilt_deg,
        noise_seed=noise_seed,
        **scene,
    )


def _head(rng: np.random.Generator) -> dict[str, Any]:
    skin = {"roughness": float(rng.uniform(0.4, 0.6)), "specular": float(rng.uniform(0.3, 0.5))}
    return {**skin, "identity": tuple(float(_SHAPE_SIGMA * rng.normal()) for _ in range(SHAPE_COUNT))}


def _flat_print(rng: np.random.Generator) -> dict[str, Any]:
    return {"size": float(rng.uniform(0.9, 1.1)), **_paper(rng)}


def _bent_print(rng: np.random.Generator) -> dict[str, Any]:
    bend = {"bend_cm": float(rng.uniform(8, 16)), "size": float(rng.uniform(0.95, 1.1))}
    return {**bend, **_paper(rng)}


def _folded_print(rng: np.random.Generator) -> dict[str, Any]:
    return {"fold_deg": float(rng.uniform(10, 30)), "roughness": 0.5, "specular": 0.3}


def _screen_replay(rng: np.random.Generator) -> dict[str, Any]:
    return {"roughness": float(rng.uniform(0.02, 0.25)), "specular": float(rng.uniform(0.4, 0.6))}


def _phone_replay(rng: np.random.Generator) -> dict[str, Any]:
    return {**_screen_replay(rng), "size": _PHONE_SIZE, "forward_cm": float(rng.uniform(8, 14))}


def _paper(rng: np.random.Generator) -> dict[str, Any]:
    return {"roughness": float(rng.uniform(0.3, 0.7)), "specular": float(rng.uniform(0.2, 0.5))}


_DRAWN: Final = {
    "bona_fide": _head,
    "flat_print": _flat_print,
    "bent_print": _bent_print,
    "folded_print": _folded_print,
    "screen_replay": _screen_replay,
    "phone_replay": _phone_replay,
}


def _three(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z
