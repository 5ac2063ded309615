"""A face that speaks, smiles, turns, nods and leans: what it does in time, and what that does to its picture.

The picture of a face at rest is warped by the motion of its mesh; around the face the warp fades out. Turned
skin is lit as its new direction asks: each quadrant's picture is multiplied by the ratio of the light that
falls on the mesh after the turn and before. What the room sends changes as under a ceiling. Skin that moves
in speech keeps its light, for it hardly turns. Paper and screens (``flat``) move the same way with neither
depth nor shading of their own. Nothing that was hidden can appear: turns beyond 30 degrees look stretched,
and an open mouth is dark, without teeth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.face.alignment import EYE_DISTANCE_M, eye_distance_px
from lightproof.simulation.conditions import FRAME_HEIGHT, FRAME_WIDTH, Conditions
from lightproof.simulation.geometry import Plane, Surface, diffuse_light, hemisphere_light

_NODE_PX: Final = 8
"""The warp is computed on nodes this far apart, and interpolated between them."""
_NODES: Final = (FRAME_HEIGHT // _NODE_PX + 1, FRAME_WIDTH // _NODE_PX + 1)
_HAIR: Final = 1.45
"""How far hair, ears and neck reach beyond the outline of the face, over the face's own size."""
_BEHIND: Final = 0.9
"""Eye distances from the plane of the face back to the axis of the neck's joints, and to ears and hair."""
_SMOOTHING: Final = 1e-3

_SYLLABLE_S: Final = (0.2, 0.3)
_JAW: Final = 0.17
"""Eye distances that the lower lip moves in lively speech: 11 mm."""
_SMILE: Final = (0.12, -0.08)
"""Eye distances that the corners of the mouth move out and up in a broad smile."""
_SMILE_S: Final = 1.6
_TURN_S: Final = 2.6
_NOD_S: Final = 1.9
_LEAN_S: Final = 3.1
_DARK_MOUTH: Final = 0.15
"""Light of the inside of an open mouth, over that of the lips."""
_CEILING: Final = (0.0, 1.0, 0.6)
_MAX_RATIO: Final = 4.0

_CHIN: Final = 152
_CORNERS: Final = (61, 291)
_UPPER_LIP, _LOWER_LIP = 13, 14
_INNER_LIPS: Final = (
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
)  # fmt: skip
"""Mesh points around the opening of the mouth (MediaPipe face mesh topology)."""
_EVERY: Final = 3
"""Every third mesh point carries the warp."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceWarp:
    """What the movement does to one frame.

    ``map_x`` and ``map_y`` (480, 640) float32 say where each pixel of the picture comes from at rest.
    ``shading`` holds a factor (480, 640) for each quadrant and one for the room, None where nothing turned.
    ``mouth`` is the polygon of an open mouth at rest, with what is left of its light; None where it is shut.
    """

    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    shading: tuple[NDArray[np.float32], ...] | None
    mouth: tuple[NDArray[np.int32], float] | None


class Movement:
    """The movement of one face, drawn from a generator of its own."""

    def __init__(
        self,
        points: NDArray[np.float32] | None,
        conditions: Conditions,
        rng: np.random.Generator,
        *,
        flat: bool,
    ) -> None:
        """Take the mesh at rest, (468, 3) in pixels of the frame; ``flat`` gives it no depth.

        Raises:
            InputError: there is no mesh to move.
        """
        if points is None:
            raise InputError(
                "no face was found in the subject, so it cannot speak, smile, turn, nod or lean; leave these "
                "settings out or give another subject"
            )
        self._conditions, self._flat = conditions, flat
        self._rest = points.astype(np.float64)
        self._rest[:, 2] -= np.median(self._rest[:, 2])
        if flat:
            self._rest[:, 2] = 0.0
        self._unit = eye_distance_px(points)
        self._phases = rng.uniform(0, 2 * math.pi, 5)
        self._syllable_s = float(rng.uniform(*_SYLLABLE_S))
        self._middle = np.append(self._rest[:, :2].mean(axis=0), 0.0 if flat else _BEHIND * self._unit)
        outline = (
            cv2.convexHull(np.ascontiguousarray(points[:, :2], np.float32)).reshape(-1, 2).astype(np.float64)
        )
        hair = self._rest[:, :2].mean(axis=0) + _HAIR * (outline - self._rest[:, :2].mean(axis=0))
        self._around = np.column_stack([hair, np.full(len(hair), 0.0 if flat else 0.6 * self._unit)])
        self._spread = _spread_matrix(self._rest[::_EVERY, :2], hair)
        self._nodes = np.stack(
            np.meshgrid(np.arange(_NODES[1]) * _NODE_PX, np.arange(_NODES[0]) * _NODE_PX), axis=-1
        ).astype(np.float64)
        self._inside = self._fade()
        self._surface = None if flat else self._surface_at_rest()

    def at(self, time_s: float) -> FaceWarp:
        """Return what the movement does to the frame of this time."""
        jaw = self._jaw(time_s)
        turned = self._rotation(time_s)
        scale = 1 + self._conditions.lean * math.sin(2 * math.pi * time_s / _LEAN_S + self._phases[4])
        moved = self._expressed(jaw, time_s)
        moved = self._middle + scale * (moved - self._middle) @ turned.T
        around = self._middle + scale * (self._around - self._middle) @ turned.T
        shift = np.concatenate(
            [
                (moved - self._rest)[::_EVERY, :2],
                (around - self._around)[:, :2],
                np.zeros((_border_count(), 2)),
            ]
        )
        field = (self._spread @ shift).reshape(*_NODES, 2)
        map_x, map_y = _backward(field)
        return FaceWarp(map_x, map_y, self._shading(turned, scale), self._mouth(jaw))

    def _jaw(self, time_s: float) -> float:
        """Return how far the mouth is open, in eye distances: syllables under a slower phrase."""
        syllable = 0.5 + 0.5 * math.sin(2 * math.pi * time_s / self._syllable_s + self._phases[0])
        phrase = 0.6 + 0.4 * math.sin(2 * math.pi * time_s / (5 * self._syllable_s) + self._phases[1])
        return self._conditions.speech * _JAW * syllable * phrase

    def _rotation(self, time_s: float) -> NDArray[np.float64]:
        conditions = self._conditions
        yaw = math.radians(conditions.turn_deg) * math.sin(2 * math.pi * time_s / _TURN_S + self._phases[2])
        pitch = math.radians(conditions.nod_deg) * math.sin(2 * math.pi * time_s / _NOD_S + self._phases[3])
        rotation, _ = cv2.Rodrigues(np.array([pitch, yaw, 0.0]))
        return np.asarray(rotation, np.float64)

    def _expressed(self, jaw: float, time_s: float) -> NDArray[np.float64]:
        """Return the mesh with its mouth open and its smile on."""
        moved = self._rest.copy()
        x, y = self._rest[:, 0], self._rest[:, 1]
        mouth_y = float(self._rest[[_UPPER_LIP, _LOWER_LIP], 1].mean())
        mouth_x = float(self._rest[[_UPPER_LIP, _LOWER_LIP], 0].mean())
        beside = np.exp(-(((x - mouth_x) / (0.9 * self._unit)) ** 2))
        below = np.clip((y - mouth_y) / (0.08 * self._unit), 0, 1)
        moved[:, 1] += jaw * self._unit * below * beside
        rise = 0.5 - 0.5 * math.cos(2 * math.pi * time_s / _SMILE_S + self._phases[0])
        smile = self._conditions.smile * rise * self._unit
        for corner, side in zip(_CORNERS, (-1, 1), strict=True):
            near = np.exp(-(((self._rest[:, :2] - self._rest[corner, :2]) / (0.3 * self._unit)) ** 2).sum(1))
            moved[:, 0] += side * _SMILE[0] * smile * near
            moved[:, 1] += _SMILE[1] * smile * near
        return moved

    def _mouth(self, jaw: float) -> tuple[NDArray[np.int32], float] | None:
        if jaw <= 0 or self._flat:
            return None
        lips = self._rest[list(_INNER_LIPS), :2]
        middle = lips[:, 1].mean()
        # Shut lips have no inside: a line of skin is what opens.
        lips = np.column_stack([lips[:, 0], middle + np.sign(lips[:, 1] - middle) * 0.012 * self._unit])
        left = 1 - (1 - _DARK_MOUTH) * min(1.0, jaw / (0.3 * _JAW))
        return np.round(lips).astype(np.int32), left

    def _surface_at_rest(self) -> Surface:
        """Return the surface of the face on the nodes, in metres."""
        behind = np.full(_border_count(), -self._around[0, 2])
        depth = np.concatenate([-self._rest[::_EVERY, 2], -self._around[:, 2], behind])
        pixel_m = EYE_DISTANCE_M / self._unit
        height = (self._spread @ depth).reshape(_NODES).astype(np.float32) * np.float32(pixel_m)
        height = cv2.GaussianBlur(height, (0, 0), 0.6)
        return Surface.from_height(np.asarray(height, np.float32), pixel_m * _NODE_PX)

    def _shading(self, turned: NDArray[np.float64], scale: float) -> tuple[NDArray[np.float32], ...] | None:
        """Return the ratio of the light on the turned face to that on the face at rest."""
        if self._surface is None or not (self._conditions.turn_deg or self._conditions.nod_deg):
            return None
        # Pixels have y down and z away from the camera, the surface y up and z towards it.
        flip = np.diag([1.0, -1.0, -1.0])
        rotation = (flip @ turned @ flip).astype(np.float32)
        behind = np.array([0, 0, -_BEHIND * EYE_DISTANCE_M], np.float32)[:, None, None]
        rest = self._surface
        position = np.einsum("kl,lij->kij", rotation, rest.position - behind) * np.float32(scale) + behind
        normal = np.einsum("kl,lij->kij", rotation, rest.normal)
        after = Surface(position.astype(np.float32), normal.astype(np.float32), rest.pixel_m)

        def light(surface: Surface) -> list[Plane]:
            quadrants = [diffuse_light(surface, self._conditions, k, shadows=False) for k in range(4)]
            return [*quadrants, hemisphere_light(surface, _CEILING)]

        return tuple(self._faded(new, old) for new, old in zip(light(after), light(rest), strict=True))

    def _faded(self, new: Plane, old: Plane) -> Plane:
        ratio = new / np.maximum(old, np.float32(1e-3 * float(old.max())))
        kept = 1 + (np.clip(ratio, 0, _MAX_RATIO) - 1) * self._inside
        return _full(kept.astype(np.float32))

    def _fade(self) -> NDArray[np.float32]:
        """Return how much each node belongs to the head, 1 inside the outline of the face."""
        inside = np.zeros(_NODES, np.uint8)
        outline = cv2.convexHull((self._rest[:, :2] / _NODE_PX).astype(np.float32))
        cv2.fillConvexPoly(inside, np.round(outline).astype(np.int32), 1)
        away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5) * _NODE_PX
        return np.asarray(np.clip(1 - away / (0.5 * self._unit), 0, 1), np.float32)


def _border() -> NDArray[np.float64]:
    """Return points around the frame, which stay where they are."""
    x = np.linspace(0, FRAME_WIDTH, 9)
    y = np.linspace(0, FRAME_HEIGHT, 7)
    top, left = np.column_stack([x, np.zeros(9)]), np.column_stack([np.zeros(7), y])
    return np.concatenate([top, top + np.array([0, FRAME_HEIGHT]), left, left + np.array([FRAME_WIDTH, 0])])


def _border_count() -> int:
    return len(_border())


def _spread_matrix(mesh: NDArray[np.float64], hair: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that takes values at mesh, hair and border to the nodes: a thin-plate spline.

    Wahba 1990, section 2.4, in units of the frame's width.
    """
    known = np.concatenate([mesh, hair, _border()]) / FRAME_WIDTH
    v, u = np.mgrid[: _NODES[0], : _NODES[1]]
    wanted = np.stack([u.ravel(), v.ravel()], axis=1) * _NODE_PX / FRAME_WIDTH
    count = len(known)
    affine = np.column_stack([np.ones(count), known])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _bending(known, known) + _SMOOTHING * np.eye(count)
    system[:count, count:], system[count:, :count] = affine, affine.T
    basis = np.column_stack([_bending(wanted, known), np.ones(len(wanted)), wanted])
    return np.asarray(np.linalg.solve(system, basis.T)[:count].T)


def _bending(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    square = ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=-1)
    return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-12)))


def _backward(field: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where each pixel comes from, given where each node goes: a fixed point, found in three steps."""
    v, u = np.mgrid[: _NODES[0], : _NODES[1]].astype(np.float32)
    forward = (field / _NODE_PX).astype(np.float32)
    back_u, back_v = u, v
    for _ in range(3):
        moved = cv2.remap(forward, back_u, back_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back_u, back_v = u - moved[..., 0], v - moved[..., 1]
    return _full(back_u * _NODE_PX), _full(back_v * _NODE_PX)


def _full(nodes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values on the nodes at every pixel of the frame."""
    y, x = np.mgrid[:FRAME_HEIGHT, :FRAME_WIDTH].astype(np.float32)
    full = cv2.remap(nodes, x / _NODE_PX, y / _NODE_PX, cv2.INTER_LINEAR)
    return np.asarray(full, np.float32)
