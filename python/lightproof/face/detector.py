"""Finds faces with BlazeFace (Bazarevsky et al. 2019), near the camera or small on a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import ManifestError
from lightproof.face.runtime import Network
from lightproof.privacy.forget import overwrite

MIN_SCORE: Final = 0.5
"""MediaPipe's default: below it a detection is dropped."""
SAME_FACE_OVERLAP: Final = 0.3
"""Boxes whose intersection over union is above this belong to one face (MediaPipe's
min_suppression_threshold)."""
_ANCHORS_PER_CELL: Final = ((16, 2), (8, 6))
"""(cells along a side, anchors in a cell) of the two feature maps of both BlazeFace networks."""
_VALUES_PER_ANCHOR: Final = 16
"""Centre, size and six keypoints."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face that was found, in pixels of the picture that was searched.

    ``box`` is (left, top, right, bottom), shape (4,). ``keypoints``, shape (6, 2): the person's right eye,
    left eye, nose tip, mouth, right ear, left ear. Both float64. ``score`` is 0..1.
    """

    score: float
    box: NDArray[np.float64]
    keypoints: NDArray[np.float64]

    @property
    def size_px(self) -> float:
        """The longer side of the box."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))

    def moved(self, x_px: float, y_px: float) -> Detection:
        """Return the same detection in a picture whose origin lies (x_px, y_px) up and left of this one's."""
        shift = np.array([x_px, y_px])
        return Detection(self.score, self.box + np.tile(shift, 2), self.keypoints + shift)

    def scaled(self, scale: float) -> Detection:
        """Return the same detection in a picture that is ``scale`` times as large."""
        return Detection(self.score, self.box * scale, self.keypoints * scale)


class FaceDetector:
    """A BlazeFace network."""

    def __init__(self, network: Network) -> None:
        """Take a network of role detector_near or detector_document.

        Raises:
            ManifestError: the network is not BlazeFace.
        """
        self._network = network
        self._size = network.entry.input_size[0]
        self._anchors = np.concatenate(
            [np.repeat(_cell_centres(cells), anchors, axis=0) for cells, anchors in _ANCHORS_PER_CELL]
        )
        self._square = np.zeros((self._size, self._size, 3), np.uint8)
        outputs = network(np.zeros((*network.entry.input_size[::-1], 3), np.uint8))
        wanted = [(1, len(self._anchors), _VALUES_PER_ANCHOR), (1, len(self._anchors), 1)]
        found = [output.shape for output in outputs]
        if found != wanted or len(set(network.entry.input_size)) != 1:
            raise ManifestError(
                f"model {network.entry.name!r} is not a BlazeFace detector: outputs {found}, "
                f"wanted {wanted}: correct role or file"
            )

    def find(self, rgb: NDArray[np.uint8], min_score: float = MIN_SCORE) -> list[Detection]:
        """Return the faces in an RGB picture, shape (height, width, 3), the largest first."""
        height, width = rgb.shape[:2]
        scale = self._size / max(height, width)
        inner = np.maximum(1, np.round(np.array([width, height]) * scale)).astype(int)
        left, top = corner = (self._size - inner) // 2
        self._square.fill(0)
        cv2.resize(
            rgb,
            (int(inner[0]), int(inner[1])),
            dst=self._square[top : top + inner[1], left : left + inner[0]],
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        )
        regressors, logits = self._network(self._square)
        # a logit beyond 80 is certain, and its exponential would overflow single precision
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0].astype(np.float64), -80, 80)))
        sure = scores > min_score
        boxes, keypoints = _decode(regressors[0, sure].astype(np.float64) / self._size, self._anchors[sure])
        unit_px = np.array([width, height]) / inner
        faces = [
            Detection(
                score,
                (box * self._size - np.tile(corner, 2)) * np.tile(unit_px, 2),
                (points * self._size - corner) * unit_px,
            )
            for score, box, points in _merge_overlapping(scores[sure], boxes, keypoints)
        ]
        return sorted(faces, key=lambda face: -face.size_px)

    def forget(self) -> None:
        """Overwrite what is held of the last picture."""
        overwrite(self._square)
        self._network.forget()


def overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the intersection over union of two boxes (left, top, right, bottom), 0..1."""
    return float(_overlaps(one, other[None])[0])


def _cell_centres(cells: int) -> NDArray[np.float64]:
    rows, columns = np.mgrid[0:cells, 0:cells]
    return np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1) / cells


def _decode(
    values: NDArray[np.float64], anchors: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centres, sizes = values[:, 0:2] + anchors, values[:, 2:4]
    boxes = np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)
    return boxes, values[:, 4:].reshape(-1, 6, 2) + anchors[:, None]


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(sides, 0, None), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    union = areas + np.prod(box[2:] - box[:2]) - shared
    return np.asarray(shared / np.maximum(union, 1e-12), np.float64)


def _merge_overlapping(
    scores: NDArray[np.float64], boxes: NDArray[np.float64], keypoints: NDArray[np.float64]
) -> list[tuple[float, NDArray[np.float64], NDArray[np.float64]]]:
    """Blend the boxes of one face, weighted by score, in place of suppression (BlazeFace, section 3.4)."""
    faces = []
    order = np.argsort(-scores)
    while len(order):
        same = _overlaps(boxes[order[0]], boxes[order]) > SAME_FACE_OVERLAP
        same[0] = True
        group, order = order[same], order[~same]
        weights = scores[group] / scores[group].sum()
        faces.append(
            (
                float(scores[group[0]]),
                np.tensordot(weights, boxes[group], 1),
                np.tensordot(weights, keypoints[group], 1),
            )
        )
    return faces
