"""A scene in front of the camera, rendered frame by frame.

The picture is the camera's sensor window around the face at its real scale: 640 × 480 pixels cut from what a
720p camera sees, with a face of about 300 px. A basis of lower resolution is enlarged to that scale.
"""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import LUMINANCE, NEUTRAL_LEVEL
from lightproof.errors import InputError
from lightproof.face.alignment import EYE_DISTANCE_M
from lightproof.rigs.protocol import CameraMetadata
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.camera import Sensor
from lightproof.simulation.conditions import FRAME_HEIGHT, FRAME_WIDTH, Conditions
from lightproof.simulation.movement import FaceWarp, Movement
from lightproof.simulation.person import Bearing, Person
from lightproof.simulation.processing import Adaptation, Processing
from lightproof.simulation.screen import ScreenLight
from lightproof.simulation.subject import Box, Subject

_AMBIENT_MIX: Final = {"ceiling": 0.5, "window": 0.15, "dome": 0.03}
_AMBIENT_SPREAD: Final = 0.3
"""Standard deviation of the logarithm of each share; every seed is another room."""
_OWN_LIGHT: Final = 3.0
_AMBIENT_ON_SCREEN: Final = 0.1
"""A monitor is turned up until its picture outshines the room's reflection on it; both are relative to the
brightest reflection."""
_NEGLIGIBLE: Final = 1e-4
"""Share of an illumination in a frame that is not worth adding: below one step of the 8-bit picture."""
_WINDOW: Final = 0.5
"""Side of the window in the middle of the face on which levels are defined, over the height of the face."""


class Scene:
    """A basis, scaled to the response that was asked for, moved by a person and seen by a sensor."""

    def __init__(self, subject: Subject, conditions: Conditions, rng: np.random.Generator) -> None:
        mix_rng, person_rng, sensor_rng, movement_rng = rng.spawn(4)
        face = subject.face
        zoom = conditions.face_px / face.height_px
        shift = np.array([FRAME_WIDTH - 1, FRAME_HEIGHT - 1]) / 2 - zoom * np.array(face.centre_px)
        place = np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]])
        self._conditions = conditions
        self._person = Person(conditions, person_rng, alive=subject.alive, stands=subject.stands)
        self._sensor = Sensor(conditions, sensor_rng)
        self._quadrants = [_placed(image, place) for image in subject.transport.quadrants]
        self._steady, self._flickering = _room(subject.transport, place, mix_rng)
        self._set_levels(subject.transport.meta.get("skin_light"))
        self._mixing = conditions.mixing
        self._lit: dict[int, NDArray[np.float32]] = {}
        self._eyes = [_box_in_frame(eye, zoom, shift) for eye in face.eyes]
        self._movement = None
        if conditions.moves and not subject.stands:
            points = None if face.points is None else face.points * np.float32(zoom)
            if points is not None:
                points[:, :2] += shift.astype(np.float32)
            self._movement = Movement(points, conditions, movement_rng, flat=not subject.alive)
        self._adaptation, self._processing = Adaptation(conditions), Processing(conditions)
        eye_distance_px = face.eye_distance_px * zoom
        self.focal_px: Final = eye_distance_px * conditions.distance_m / EYE_DISTANCE_M

    def _set_levels(self, skin_light: object) -> None:
        """Scale the room's light to the exposure, and the screen's to the response that was asked for.

        The response is that of the thing in front of the camera, unless the basis says how bright skin would
        be in its place under a white screen (``meta.skin_light``), as a monitor does: glass hardly responds,
        or mirrors.
        """
        conditions = self._conditions
        half = conditions.face_px * _WINDOW / 2
        rows = slice(max(0, int(FRAME_HEIGHT / 2 - half)), int(FRAME_HEIGHT / 2 + half) + 1)
        columns = slice(max(0, int(FRAME_WIDTH / 2 - half)), int(FRAME_WIDTH / 2 + half) + 1)
        tint = conditions.mixing.sum(1).astype(np.float32)[:, None, None]
        white = sum(self._quadrants[1:], self._quadrants[0])[:, rows, columns]
        screen = float(skin_light) if isinstance(skin_light, int | float) else _luminance(white * tint)
        room = _luminance((self._steady + self._flickering)[:, rows, columns])
        if min(screen, room) <= 0:
            raise InputError("the subject is black in the middle; give a basis or portrait with a face there")
        level = conditions.face_level / (1 + NEUTRAL_LEVEL * conditions.response_level)
        self._steady *= np.float32(level / room)
        self._flickering *= np.float32(level / room)
        for quadrant in self._quadrants:
            quadrant *= np.float32(conditions.response_level * level / screen)

    def skip(self) -> None:
        """Let the time of one frame pass unseen."""
        self._person.move()

    def frame(self, screen_light: ScreenLight, start_s: float) -> NDArray[np.uint8]:
        """Return the next picture (480, 640, 3), RGB, uint8, whose first row opens at ``start_s``."""
        conditions = self._conditions
        bearing = self._person.move()
        rows = np.clip(np.arange(FRAME_HEIGHT) + bearing.shift_px[1], 0, FRAME_HEIGHT)
        open_s = start_s + rows / FRAME_HEIGHT * conditions.readout_s
        warp = None if self._movement is None else self._movement.at(start_s)
        shading = None if warp is None else warp.shading
        light = self._lit_by_room(open_s)
        if shading is not None:
            light *= shading[-1]
        for index, weights in screen_light.weights(open_s, conditions.exposure_s):
            if np.abs(weights).max() > _NEGLIGIBLE:
                light += (
                    self._lit_by(screen_light, index, shading) * weights.astype(np.float32)[None, :, None]
                )
        if bearing.closed > 0:
            self._close_eyes(light, bearing.closed)
        if warp is not None:
            light = _warped(light, warp)
        picture = self._sensor.expose(self._moved(light, bearing, start_s))
        self._adaptation.follow(picture)
        return self._processing.deliver(picture)

    def metadata(self, start_s: float, sequence: int) -> CameraMetadata:
        """Return what the camera says of the frame that it delivered last."""
        conditions = self._conditions
        if conditions.claims_lock:
            return CameraMetadata(gain=1.0, white_balance=(1.0, 1.0), locked=True, sequence=sequence)
        return CameraMetadata(
            gain=math.exp(conditions.exposure_drift_per_s * start_s) * self._adaptation.exposure_gain,
            white_balance=self._adaptation.white_balance,
            locked=conditions.is_locked,
            sequence=sequence,
        )

    def _close_eyes(self, light: NDArray[np.float32], closed: float) -> None:
        """Draw the lids: the skin below each eye, mirrored upwards, so that they answer light like skin."""
        for left, top, right, bottom in self._eyes:
            height = bottom - top
            lid = light[:, bottom : bottom + height, left:right][:, ::-1]
            y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : (right - left) * 1j]
            cover = closed * np.clip(3 * (1 - x**2 - y**2), 0, 1).astype(np.float32)
            eye = light[:, top:bottom, left:right]
            eye += (lid - eye) * cover

    def _lit_by_room(self, open_s: NDArray[np.float64]) -> NDArray[np.float32]:
        conditions = self._conditions
        omega = 4 * np.pi * conditions.mains_hz
        within = np.sinc(omega * conditions.exposure_s / (2 * np.pi))  # what the exposure leaves of a wave
        wave = within * np.cos(omega * (open_s + conditions.exposure_s / 2))
        rows = (1 + conditions.flicker_depth * wave).astype(np.float32)[:, None]
        light: NDArray[np.float32] = self._flickering * rows
        light += self._steady
        return light

    def _lit_by(
        self, screen_light: ScreenLight, index: int, shading: tuple[NDArray[np.float32], ...] | None
    ) -> NDArray[np.float32]:
        """Return the picture under one whole illumination; the last few are kept: dwells outlast frames.

        With ``shading``, a factor for each quadrant, it is this frame's alone.
        """
        if shading is None and index in self._lit:
            return self._lit[index]
        colours = (screen_light.colours[index] @ self._mixing.T).astype(np.float32)
        lit = np.zeros_like(self._quadrants[0])
        for k, (quadrant, colour) in enumerate(zip(self._quadrants, colours, strict=True)):
            part = quadrant * colour[:, None, None]
            lit += part if shading is None else part * shading[k]
        if shading is None:
            self._lit = {key: kept for key, kept in self._lit.items() if key >= index - 2}
            self._lit[index] = lit
        return lit

    def _moved(self, light: NDArray[np.float32], bearing: Bearing, start_s: float) -> NDArray[np.float32]:
        matrix = cv2.getRotationMatrix2D((FRAME_WIDTH / 2, FRAME_HEIGHT / 2), bearing.roll_deg, 1.0)
        matrix[:, 2] += np.array(bearing.shift_px)
        drift = np.exp(self._conditions.exposure_drift_per_s * start_s)
        moved = np.empty_like(light)
        gains = bearing.gain * drift * self._adaptation.gains
        for plane, target, gain in zip(light, moved, gains, strict=True):
            cv2.warpAffine(
                plane,
                matrix,
                (FRAME_WIDTH, FRAME_HEIGHT),
                dst=target,
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            target *= np.float32(gain)
        return moved


def _warped(light: NDArray[np.float32], warp: FaceWarp) -> NDArray[np.float32]:
    """Return a picture (3, H, W) with its mouth open and its face moved; ``light`` is changed."""
    if warp.mouth is not None:
        lips, left = warp.mouth
        inside = np.zeros(light.shape[1:], np.uint8)
        cv2.fillPoly(inside, [lips], 1)
        light *= np.where(inside, np.float32(left), np.float32(1))
    planes = [
        cv2.remap(plane, warp.map_x, warp.map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for plane in light
    ]
    return np.asarray(np.stack(planes), np.float32)


def _box_in_frame(box: Box, zoom: float, shift: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Return the box of an eye in whole pixels of the frame, widened to reach beyond the lashes."""
    low = np.array(box[:2]) * zoom + shift
    high = np.array(box[2:]) * zoom + shift
    wide = (high[0] - low[0]) * 0.2
    low, high = low - wide, high + wide
    height = int(high[1] - low[1]) + 1
    left, right = (int(np.clip(value, 0, FRAME_WIDTH)) for value in (low[0], high[0]))
    top = int(np.clip(low[1], 0, FRAME_HEIGHT - 2 * height))
    return left, top, right, top + height


def _placed(image: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    placed = cv2.warpAffine(
        image, matrix, (FRAME_WIDTH, FRAME_HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.ascontiguousarray(placed.transpose(2, 0, 1), dtype=np.float32)


def _room(
    transport: LightTransport, place: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the room's light without and with mains flicker; the light of an attack screen is the former."""
    mixed = np.zeros((3, FRAME_HEIGHT, FRAME_WIDTH), np.float32)
    for name, share in _AMBIENT_MIX.items():
        share *= float(np.exp(_AMBIENT_SPREAD * rng.standard_normal()))
        if name in transport.ambient:
            mixed += _placed(transport.ambient[name], place) * np.float32(share)
    if not mixed.any():
        for image in transport.ambient.values():
            mixed += _placed(image, place)
    if transport.emission is None:
        return np.zeros_like(mixed), mixed
    own = _placed(transport.emission, place)
    own *= np.float32(np.percentile(mixed, 99) * _OWN_LIGHT / max(float(own.max()), 1e-9))
    return own, mixed * np.float32(_AMBIENT_ON_SCREEN)


def _luminance(planes: NDArray[np.float32]) -> float:
    return float(planes.reshape(3, -1).mean(1, dtype=np.float64) @ LUMINANCE)
