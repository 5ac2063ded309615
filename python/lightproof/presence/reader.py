"""The reader: what one frame says of the one face of a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof._core import Sampler, frame_to_srgb
from lightproof.face.mesh import MeshFit
from lightproof.face.networks import FaceNetworks
from lightproof.face.quality import pose_deg
from lightproof.face.tracker import FaceTracker, TrackedFace
from lightproof.presence.frames import FrameGate
from lightproof.privacy.forget import overwrite
from lightproof.rigs.protocol import Frame, Rig


@dataclass(frozen=True, slots=True, eq=False)
class FaceSample:
    """What was read from a frame.

    Attributes:
        frame: as it came from the rig.
        rgb: its picture, (height, width, 3) uint8: of an ``rgb888`` frame its own memory, of others the
            reader's, valid until it reads on.
        face: where the face is; None if there is none, and then the rest says nothing.
        cells: mean linear light of the face's cells, (48, 40, 3) float32.
        clipped: share of the face's pixels of which a channel is at its limit.
        outside: share of the cells that are not in the picture.
    """

    frame: Frame
    rgb: NDArray[np.uint8] = field(repr=False)
    face: TrackedFace | None
    cells: NDArray[np.float32] = field(repr=False)
    clipped: float = 0.0
    outside: float = 0.0


_CLEARLY_TURNED: Final = 15.0
"""Difference of logits, half of the least that was measured."""
_ON_ITS_SIDE_DEG: Final = 60.0
"""Nobody who sits before a screen leans so far."""

_NO_CELLS = np.zeros((0, 0, 3), np.float32)


class FaceReader:
    """Reads the frames of a session, in order: gate, picture, face, cells.

    Example::

        reader = scope.keep(FaceReader(networks))
        for frame in reader.frames(rig, until_s=end_s):
            sample = reader.read(frame)
    """

    def __init__(self, networks: FaceNetworks) -> None:
        """Take the networks that find and follow the face."""
        self._networks = networks
        self._gate = FrameGate()
        self._tracker = FaceTracker(networks)
        self._sampler = Sampler()
        self._rgb = np.empty((0, 0, 3), np.uint8)
        self._frame: Frame | None = None

    def frames(self, rig: Rig, until_s: float) -> Iterator[Frame]:
        """Yield a rig's frames with the time of their arrival, which is now where the rig does not say.

        Whoever made it, a frame is overwritten when the next one is asked for, the last by :meth:`forget`.
        """
        for frame in rig.frames(until_s=until_s):
            self._frame = frame
            yield frame if frame.arrived_s is not None else replace(frame, arrived_s=rig.now_s())
            self._drop_frame()

    def read(self, frame: Frame) -> FaceSample:
        """Return what the next frame says of the face.

        Raises:
            FrameError: its size or format is not that of the first frame, or its memory does not hold its
                size.
            ClockError: it is not later than the frame before.
        """
        self._gate.check(frame)
        rgb = self._picture(frame)
        face = self._tracker.track(rgb)
        if face is None:
            return FaceSample(frame, rgb, None, _NO_CELLS)
        cells, clipped, outside = self._sampler.sample(
            frame.image,
            frame.pixel_format,
            face.transform,
            width=frame.width,
            height=frame.height,
            yuv_matrix=frame.yuv_matrix,
            yuv_range=frame.yuv_range,
        )
        return FaceSample(frame, rgb, face, cells, clipped, outside)

    def is_turned(self, rgb: NDArray[np.uint8]) -> bool:
        """Return whether a face is in a picture that stands on its head, or lies on its side.

        The mesh tells its own way up: on 40 people its logit was 40 and more upright, and 9 and less upside
        down (2026-11-27). A face on its side is found as one that leans by 90 degrees.
        """
        upright, on_its_head = (self._face_turned_by(rgb, turns) for turns in (0, 2))
        if upright is None:
            return any(_is_sure(self._face_turned_by(rgb, turns), 0.0) for turns in (1, 2, 3))
        if _is_sure(on_its_head, upright.logit):
            return True
        return abs(pose_deg(upright.points)[2]) > _ON_ITS_SIDE_DEG

    def is_far(self, rgb: NDArray[np.uint8]) -> bool:
        """Return whether a picture in which no face is near shows one that is far away.

        The detector that follows faces loses them under a twelfth of the picture's width between the eyes;
        that of documents sees half of that.
        """
        faces = self._networks.document.find(rgb)
        return any(self._networks.fit_detection(rgb, face) is not None for face in faces)

    def forget(self) -> None:
        """Overwrite everything held of the face, and the last frame."""
        self._drop_frame()
        overwrite(self._rgb)
        self._tracker.forget()

    def _face_turned_by(self, rgb: NDArray[np.uint8], quarter_turns: int) -> MeshFit | None:
        turned = np.ascontiguousarray(np.rot90(rgb, quarter_turns))
        try:
            return self._networks.largest_face(turned)
        finally:
            if quarter_turns:
                overwrite(turned)

    def _drop_frame(self) -> None:
        frame, self._frame = self._frame, None
        if frame is not None:
            overwrite(frame.image)

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        """Return the frame as sRGB, by the decoder that the sampler reads light with; RGB is not copied."""
        if frame.pixel_format == "rgb888":
            return frame.image
        if self._rgb.shape != (frame.height, frame.width, 3):
            self._rgb = np.empty((frame.height, frame.width, 3), np.uint8)
        return frame_to_srgb(
            frame.image,
            frame.pixel_format,
            width=frame.width,
            height=frame.height,
            yuv_matrix=frame.yuv_matrix,
            yuv_range=frame.yuv_range,
            out=self._rgb,
        )


def _is_sure(face: MeshFit | None, above: float) -> bool:
    return face is not None and face.logit > above + _CLEARLY_TURNED
