"""Presentation attacks on one photograph: what the camera would see instead of the person.

Paper and monitor stand where the face would be, at life size, tilted at random. Paper is a matt surface with
the picture as albedo; a monitor sends out the picture itself, with a glass that mirrors the screen and a
little diffuse light. Not modelled: gloss of photo paper, paper seen against the light, moiré and refresh of
the monitor. What has a shape of its own is in :mod:`lightproof.simulation.solids`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import FRAME_HEIGHT, FRAME_WIDTH, Conditions
from lightproof.simulation.geometry import Plane, Surface, diffuse_light, hemisphere_light, mirror_light
from lightproof.simulation.portrait import ROOM_LIGHTS, Portrait, linear_picture

PAPER_ALBEDO: Final = 0.85
"""Uncoated printing paper reflects 80 to 90 % of light."""
GLASS_REFLECTANCE: Final = 0.04
"""Fresnel reflectance of glass (n = 1.5) near the normal."""
GLASS_DIFFUSE: Final = 0.01
SKIN_ALBEDO: Final = 0.4
"""Between the luminous reflectances of dark (0.1) and light (0.6) skin."""
_PAPER_SIZE_M: Final = (0.210, 0.297)
_MONITOR_SIZE_M: Final = (0.34, 0.27)
_MIRROR_BLUR_PX: Final = 3.0
_DARK: Final = 0.002
"""Albedo of what is around the object: a dark room."""
_MAX_TILT_DEG: Final = 10
_TILT_ROUNDS: Final = 4
"""Depth moves the picture by the sine of the tilt only; each round leaves a sixth of the error before."""


Across: TypeAlias = Callable[[Plane], Plane]
"""A length in metres for every x across a sheet."""


class Attack(StrEnum):
    """A presentation attack instrument, or a way to put another video in the camera's place."""

    PRINT = "print"
    BENT_PRINT = "bent-print"
    FOLDED_PRINT = "folded-print"
    SCREEN_REPLAY = "screen-replay"
    PROJECTED = "projected"
    RELIEF_MOULD = "relief-mould"
    CUT_OUT = "cut-out"
    PAPER_MASK = "paper-mask"
    BUST = "bust"
    REPLAY_RECORDING = "replay-recording"
    RELAY = "relay"
    OTHER_PERSON = "other-person"

    @classmethod
    def named(cls, name: str) -> Attack:
        """Return the attack of this name; hyphens and underscores mean the same.

        Raises:
            InputError: no attack has this name.
        """
        try:
            return cls(name.strip().lower().replace("_", "-"))
        except ValueError:
            raise InputError(f"there is no attack {name!r}; choose one of {', '.join(cls)}") from None

    @property
    def needs_photograph(self) -> bool:
        """True if the attack is made from a photograph, False if any light transport will do."""
        return self.is_object or self is Attack.OTHER_PERSON

    @property
    def is_object(self) -> bool:
        """True for an object that shows the photograph: a sheet, a screen or a solid."""
        return self.is_solid or self in (
            Attack.PRINT,
            Attack.BENT_PRINT,
            Attack.FOLDED_PRINT,
            Attack.SCREEN_REPLAY,
        )

    @property
    def is_solid(self) -> bool:
        """True for an object with a shape of its own, made by :mod:`lightproof.simulation.solids`."""
        return self in (
            Attack.PROJECTED,
            Attack.RELIEF_MOULD,
            Attack.CUT_OUT,
            Attack.PAPER_MASK,
            Attack.BUST,
        )

    @property
    def is_worn(self) -> bool:
        """True where a living head is behind the object and its eyes are seen: it blinks."""
        return self is Attack.CUT_OUT

    @property
    def stands_still(self) -> bool:
        """True for what is set down and not held: it never moves."""
        return self is Attack.BUST


def presented(
    attack: Attack, portrait: Portrait, conditions: Conditions, rng: np.random.Generator
) -> LightTransport:
    """Return the light transport of an object that shows the portrait at life size, drawn from ``rng``.

    The sheet or glass is tilted by up to ±10° about both axes. A bent print goes round an upright cylinder of
    8 to 16 cm radius; a folded one has an upright crease of 10 to 30° through the middle of the face.

    Raises:
        InputError: the attack shows no object.
    """
    profile = _profile(attack, rng)
    yaw, pitch = np.radians(rng.uniform(-_MAX_TILT_DEG, _MAX_TILT_DEG, 2))
    surface, along = _sheet(profile, float(yaw), float(pitch), portrait.pixel_m)
    picture = _seen_on(portrait, along)
    size_m = _MONITOR_SIZE_M if attack is Attack.SCREEN_REPLAY else _PAPER_SIZE_M
    inside = (np.abs(along[0]) < size_m[0] / 2) & (np.abs(along[1]) < size_m[1] / 2)
    on_sheet = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 0.7)[..., None]
    meta = {"species": attack.value.replace("-", "_"), "distance_cm": conditions.distance_m * 100}
    if attack is Attack.SCREEN_REPLAY:
        return _monitor(surface, picture * on_sheet, on_sheet, conditions, meta)
    albedo = picture * on_sheet * np.float32(PAPER_ALBEDO) + np.float32(_DARK)
    top_left, top_right, bottom_left, bottom_right = (
        diffuse_light(surface, conditions, k, shadows=False)[..., None] * albedo for k in range(4)
    )
    ambient = {
        name: hemisphere_light(surface, axis)[..., None] * albedo for name, axis in ROOM_LIGHTS.items()
    }
    return LightTransport((top_left, top_right, bottom_left, bottom_right), ambient, meta=meta)


def _monitor(
    surface: Surface,
    picture: NDArray[np.float32],
    on_glass: NDArray[np.float32],
    conditions: Conditions,
    meta: dict[str, object],
) -> LightTransport:
    def lit(quadrant: int) -> NDArray[np.float32]:
        light = cv2.GaussianBlur(
            mirror_light(surface, conditions, quadrant, GLASS_REFLECTANCE), (0, 0), _MIRROR_BLUR_PX
        )
        light = light + diffuse_light(surface, conditions, quadrant, shadows=False) * GLASS_DIFFUSE
        return np.repeat(light[..., None] * on_glass, 3, axis=2).astype(np.float32)

    white = sum(float(diffuse_light(surface, conditions, k, shadows=False).mean()) for k in range(4))
    meta = meta | {"skin_light": white * SKIN_ALBEDO}
    room = on_glass * np.float32(GLASS_REFLECTANCE + GLASS_DIFFUSE) + np.float32(_DARK)
    ambient = {
        name: np.repeat(hemisphere_light(surface, axis)[..., None] * room, 3, axis=2)
        for name, axis in ROOM_LIGHTS.items()
    }
    return LightTransport((lit(0), lit(1), lit(2), lit(3)), ambient, picture, meta)


def _profile(attack: Attack, rng: np.random.Generator) -> tuple[Across, Across]:
    """Return depth z(x) of a sheet across its upright axis, and the length along it from its middle to x."""
    if attack is Attack.BENT_PRINT:
        radius_m = np.float32(rng.uniform(0.08, 0.16))

        def sine(x: Plane) -> Plane:
            return np.asarray(np.clip(x / radius_m, -0.98, 0.98), dtype=np.float32)

        return lambda x: radius_m * (np.sqrt(1 - sine(x) ** 2) - 1), lambda x: radius_m * np.arcsin(sine(x))
    if attack is Attack.FOLDED_PRINT:
        slope = np.float32(np.tan(np.radians(rng.uniform(10, 30)) / 2) * rng.choice([-1, 1]))
        return lambda x: -slope * np.abs(x), lambda x: x * np.sqrt(1 + slope * slope)
    if attack in (Attack.PRINT, Attack.SCREEN_REPLAY):
        return np.zeros_like, lambda x: x
    raise InputError(f"the attack {attack.value} shows no object; use the person's own light transport")


def _sheet(
    profile: tuple[Across, Across],
    yaw: float,
    pitch: float,
    pixel_m: float,
) -> tuple[Surface, NDArray[np.float32]]:
    """Return a tilted sheet seen in every pixel, and where on it that is: (2, height, width), metres."""
    depth, length = profile
    turn = _turn(yaw, pitch)
    rows, columns = np.mgrid[:FRAME_HEIGHT, :FRAME_WIDTH].astype(np.float32)
    seen = np.stack([columns - (FRAME_WIDTH - 1) / 2, (FRAME_HEIGHT - 1) / 2 - rows]) * np.float32(pixel_m)
    back = np.linalg.inv(turn[:2, :2])
    flat = np.einsum("ij,jyx->iyx", back, seen).astype(np.float32)
    for _ in range(_TILT_ROUNDS):
        moved = seen - turn[:2, 2, None, None] * depth(flat[0])
        flat = np.einsum("ij,jyx->iyx", back, moved).astype(np.float32)
    z = np.einsum("j,jyx->yx", turn[2], np.stack([flat[0], flat[1], depth(flat[0])])).astype(np.float32)
    surface = Surface.from_height(z, pixel_m)
    return surface, np.stack([length(flat[0]), flat[1]])


def _turn(yaw: float, pitch: float) -> NDArray[np.float32]:
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    return np.asarray(about_x @ about_y, dtype=np.float32)


def _seen_on(portrait: Portrait, along: NDArray[np.float32]) -> NDArray[np.float32]:
    column = along[0] / np.float32(portrait.pixel_m) + np.float32((FRAME_WIDTH - 1) / 2)
    row = np.float32((FRAME_HEIGHT - 1) / 2) - along[1] / np.float32(portrait.pixel_m)
    seen = cv2.remap(linear_picture(portrait), column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, dtype=np.float32)
