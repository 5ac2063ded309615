"""Faces in place: the sample person on a rig with a virtual clock, and samples of made-up faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, ROWS, canonical_points, five_points
from lightproof.face.quality import Quality
from lightproof.face.tracker import TrackedFace
from lightproof.presence.reader import FaceSample
from lightproof.rigs.protocol import Frame, Geometry, RigDescription, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from tests.rigs.tiny_rig import TinyRig

WIDTH, HEIGHT = 640, 480
CELL_PX = 7.0
TRANSFORM = np.array([[CELL_PX, 0.0, 180.0], [0.0, CELL_PX, 72.0]])
GEOMETRY = Geometry((0.154, 0.086), (0.0, 0.05, 0.0), focal_px=600.0)
GOOD = Quality(120.0, 300.0, 2.5, 0.0, 0.0, 0.0, 0.2, 0.0)
"""A sharp face, looking straight ahead."""


def simulated(**conditions: object) -> SimulatedRig:
    """Return the rig with the sample person under these conditions."""
    pytest.importorskip("scipy", reason="a portrait becomes a head with SciPy (extra 'simulation')")
    return open_rig(RigOptions(seed=7, settings={name: str(value) for name, value in conditions.items()}))


def portrait(**conditions: object) -> NDArray[np.uint8]:
    """Return one picture of the sample person, (480, 640, 3) RGB."""
    return next(simulated(**conditions).frames(until_s=1.0)).image


def grey(level: int = 90) -> NDArray[np.uint8]:
    """Return a picture of a wall, which is never quite without colour."""
    return np.broadcast_to(np.array([level + 2, level, level - 1], np.uint8), (HEIGHT, WIDTH, 3)).copy()


class ShowingRig(TinyRig):
    """Delivers a picture that depends on the time, as every so many of 30 frames a second.

    Notes what its screen showed.
    """

    def __init__(self, picture: Callable[[float], NDArray[np.uint8]], every: int = 1) -> None:
        super().__init__(width=WIDTH, height=HEIGHT)
        self._picture, self._every = picture, every
        self._began_s = self._now_s
        self._delivered = 0
        self.shown: list[NDArray[np.uint8]] = []
        self.said_s: list[float] = []

    @property
    def description(self) -> RigDescription:
        return replace(super().description, geometry=GEOMETRY)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the rig was made, on its clock."""
        return self._now_s - self._began_s

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        self.shown.append(illumination.copy())
        return super().show(illumination, at_s)

    def say(self, message: str) -> None:
        super().say(message)
        self.said_s.append(self.elapsed_s)

    def frames(self, until_s: float) -> Iterator[Frame]:
        yield from islice(super().frames(until_s), 0, None, self._every)

    def _frame(self) -> Frame:
        self._delivered += 1
        picture = self._picture(self.elapsed_s).copy()
        picture[8::16, 8::16] ^= self._delivered // self._every % 2  # no sensor is still to the last bit
        return replace(super()._frame(), image=picture)


def mesh(eyes_px: float = 120.0, middle_px: tuple[float, float] = (320.0, 240.0)) -> NDArray[np.float32]:
    """Return the mean mesh of many people, (468, 3), with its eyes so far apart and its box in the middle."""
    points = canonical_points().astype(np.float64)
    eyes = five_points(points.astype(np.float32))[:2]
    points *= eyes_px / float(np.linalg.norm(eyes[1] - eyes[0]))
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    points[:, :2] += np.array(middle_px) - (low + high) / 2
    return points.astype(np.float32)


def face_of(points: NDArray[np.float32], quality: Quality = GOOD, *, several: bool = False) -> TrackedFace:
    """Return the face of a mesh."""
    box = np.concatenate([points[:, :2].min(axis=0), points[:, :2].max(axis=0)]).astype(np.float64)
    return TrackedFace(points, five_points(points), box, 1.0, TRANSFORM.copy(), 1, several, quality)


def sample_of(
    face: TrackedFace | None,
    *,
    light: float = 0.2,
    clipped: float = 0.0,
    outside: float = 0.0,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> FaceSample:
    """Return what a reader would make of a frame with this face, evenly lit by so much linear light."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    frame = Frame(image, "rgb888", *size, 0.0, 0.01, 0.016)
    return FaceSample(frame, image, face, np.full((ROWS, COLUMNS, 3), light, np.float32), clipped, outside)
