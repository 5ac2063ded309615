"""A living accomplice answers the light while somebody else's picture is shown for some of the frames.

The strongest forms that a picture alone allows: the attacker owns the feed, sees each frame before the device
does, lays the victim's face exactly over the accomplice's, fades it in, blurs it, and gives it the mean
colour that the light has on the accomplice in that very frame, without any delay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.colour import linear_to_srgb, srgb_to_linear
from lightproof.face.alignment import five_points, inverse, similarity
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker
from lightproof.presence.surface import FACE_OVAL
from lightproof.references.picture import load_picture
from lightproof.rigs.protocol import Frame, Rig, RigDescription, RigOptions
from lightproof.rigs.simulated import open_rig

FEATHER: Final = 0.04
"""Blur of the edge of a pasted face, as part of the face's height."""


class Form(StrEnum):
    """How the victim is shown."""

    PRINT = "print"
    TABLET = "tablet"
    FACE = "face region"
    LIGHT = "borrowed light"
    """The victim's picture less the accomplice's, added to every frame: what changes is the accomplice's."""


class Moment(StrEnum):
    """When the victim is shown."""

    BEFORE = "before the light"
    HOLD_STILL = "holding still"
    ONCE = "once during the light"
    EVERY_DWELL = "in every dwell"
    LIGHT = "all through the light"
    LATER = "from the fifth dwell on"
    AFTER = "from the last dwell on"
    ALWAYS = "all through the session"


@dataclass(frozen=True, slots=True)
class Swap:
    """One way to swap.

    ``frames`` is how many in a row are swapped, where the moment asks for it, ``after_s`` how long after a
    flip the first one begins; ``blend`` the victim's share of the picture, ``blur_px`` the standard deviation
    of its blur. ``relit`` gives the victim's face the mean colour of the light on the accomplice's.
    """

    form: Form
    moment: Moment
    frames: int = 1
    after_s: float = 0.0
    blend: float = 1.0
    blur_px: float = 0.0
    relit: bool = True


class SwappedRig:
    """An accomplice's rig whose frames show the victim at the moments of a swap."""

    def __init__(
        self, accomplice: Rig, victim: NDArray[np.uint8] | Rig, swap: Swap, networks: FaceNetworks, seed: int
    ) -> None:
        """Take the victim's photograph, or a rig with a print or tablet of it that sees the same light."""
        self._rig, self._victim, self._swap, self._networks = accomplice, victim, swap, networks
        self._rng = np.random.default_rng(seed)
        self._readings = self._flips = self._left = 0
        self._swap_from_s = float("inf")
        self._once_at = int(self._rng.integers(1, 9))
        self._tracker = FaceTracker(networks)
        self._added: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    @property
    def description(self) -> RigDescription:
        """That of the accomplice's rig."""
        return self._rig.description

    def __enter__(self) -> SwappedRig:
        self._rig.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._rig.__exit__(None, None, None)

    def now_s(self) -> float:
        """Return the accomplice's clock."""
        return self._rig.now_s()

    def say(self, message: str) -> None:
        """Say nothing: nobody is there to hear it."""

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        """Show light to the accomplice, and to the print or tablet."""
        flip_s = self._rig.show(illumination, at_s)
        if isinstance(self._victim, Rig):
            self._victim.show(illumination, at_s)
        if at_s is not None:
            self._flips += 1
            moment = self._swap.moment
            if moment is Moment.EVERY_DWELL or (moment is Moment.ONCE and self._flips == self._once_at):
                self._swap_from_s, self._left = flip_s + self._swap.after_s, self._swap.frames
        return flip_s

    def frames(self, until_s: float) -> Iterator[Frame]:
        """Yield the accomplice's frames, swapped where the moment has come."""
        self._readings += 1
        shown = self._victim.frames(until_s) if isinstance(self._victim, Rig) else None
        for frame in self._rig.frames(until_s):
            other = None if shown is None else next(shown, None)
            if not self._now(frame):
                yield frame
            elif shown is None:
                yield replace(frame, image=self._pasted(frame.image))
            elif other is not None:
                yield replace(frame, image=self._mixed(frame.image, other.image))
            else:
                yield frame

    def _now(self, frame: Frame) -> bool:
        moment = self._swap.moment
        if moment is Moment.BEFORE:
            return self._flips == 0
        if moment is Moment.HOLD_STILL:
            return self._flips == 0 and self._readings > 1
        if moment is Moment.LIGHT:
            return self._flips > 0
        if moment is Moment.LATER:
            return self._flips > 4
        if moment is Moment.AFTER:
            return self._flips > 9
        if moment is Moment.ALWAYS:
            return True
        if self._left and frame.sensor_time_s >= self._swap_from_s:
            self._left -= 1
            return True
        return False

    def _mixed(self, own: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._swap.blur_px:
            other = np.asarray(cv2.GaussianBlur(other, (0, 0), self._swap.blur_px), np.uint8)
        return np.asarray(cv2.addWeighted(other, self._swap.blend, own, 1 - self._swap.blend, 0), np.uint8)

    def _pasted(self, own: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the frame with the victim's face in the accomplice's place, in its light."""
        assert not isinstance(self._victim, Rig)
        if self._swap.form is Form.LIGHT and self._added is not None:
            return self._with_what_is_added(own)
        here, there = self._networks.largest_face(own), self._networks.largest_face(self._victim)
        if here is None or there is None:
            return own
        height, width = own.shape[:2]
        matrix = similarity(five_points(there.points), five_points(here.points))
        face = cv2.warpAffine(self._victim, matrix, (width, height), flags=cv2.INTER_AREA)
        if self._swap.blur_px:
            face = cv2.GaussianBlur(face, (0, 0), self._swap.blur_px)
        outline = np.zeros((height, width), np.float32)
        cv2.fillPoly(outline, [np.round(here.points[list(FACE_OVAL), :2]).astype(np.int32)], 1.0)
        feather_px = FEATHER * float(np.ptp(here.points[:, 1]))
        share = cv2.GaussianBlur(outline, (0, 0), feather_px)[..., None] * self._swap.blend
        light, other = srgb_to_linear(own), srgb_to_linear(np.asarray(face, np.uint8))
        inside = outline > 0
        if self._swap.relit or self._swap.form is Form.LIGHT:
            other = other * (light[inside].mean(axis=0) / np.maximum(other[inside].mean(axis=0), 1e-6))
        change = share * (other - light)
        tracked = self._tracker.track(own) if self._swap.form is Form.LIGHT else None
        if tracked is not None:
            self._added = change, tracked.transform
        return _coded(light + change)

    def _with_what_is_added(self, own: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the frame with what was added to the first, moved with the accomplice's face."""
        assert self._added is not None
        tracked = self._tracker.track(own)
        if tracked is None:
            return own
        change, first = self._added
        back = inverse(first)
        moved = np.column_stack(
            [
                tracked.transform[:, :2] @ back[:, :2],
                tracked.transform[:, :2] @ back[:, 2] + tracked.transform[:, 2],
            ]
        )
        height, width = own.shape[:2]
        return _coded(srgb_to_linear(own) + cv2.warpAffine(change, moved, (width, height)))


def _coded(light: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.round(255 * linear_to_srgb(np.clip(light, 0, 1))), np.uint8)


def swapped(
    accomplice: Path | None, victim: Path, swap: Swap, networks: FaceNetworks, seed: int
) -> SwappedRig:
    """Return the rig of a swap; the other sample person is the accomplice if no photograph is given."""
    if accomplice is None:
        own = open_rig(RigOptions(seed=seed, attack="other-person"))
    else:
        own = open_rig(RigOptions(seed=seed, subject=accomplice))
    if swap.form in (Form.FACE, Form.LIGHT):
        return SwappedRig(own, load_picture(victim), swap, networks, seed)
    attack = "print" if swap.form is Form.PRINT else "screen-replay"
    object_ = open_rig(RigOptions(seed=seed, subject=victim, attack=attack))
    return SwappedRig(own, object_, swap, networks, seed)
