"""Turns an aligned face into an embedding, by whichever network the manifest names."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lightproof.errors import ManifestError
from lightproof.face.alignment import cut, five_points, similarity
from lightproof.face.manifest import ModelEntry
from lightproof.face.runtime import Network
from lightproof.privacy.forget import overwrite

_NO_LENGTH: Final = 1e-12
"""Nothing is divided by less."""


class Embedder:
    """A face embedding network; threads that share it take turns."""

    def __init__(self, network: Network) -> None:
        """Take a network of role embedder.

        Raises:
            ManifestError: its input is not square, or its output is not as long as the manifest says.
        """
        width, height = network.entry.input_size
        self._network = network
        self._taken = threading.Lock()
        self._template = np.array(network.entry.alignment, np.float64)
        found = network(np.zeros((height, width, 3), np.uint8))[0].size
        if width != height or found != network.entry.output_size:
            raise ManifestError(
                f"model {network.entry.name!r} takes {width} x {height} pixels and yields {found} values, "
                f"but the input must be square and output_size is {network.entry.output_size}: "
                "correct the manifest"
            )

    @property
    def entry(self) -> ModelEntry:
        """What the manifest says about this network."""
        return self._network.entry

    @property
    def crop_size(self) -> int:
        """Side of the square crop that is embedded, in pixels."""
        return self._network.entry.input_size[0]

    def crop(self, rgb: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the aligned face, (crop_size, crop_size, 3), of a picture in which its mesh is known."""
        crop = np.empty((self.crop_size, self.crop_size, 3), np.uint8)
        cut(rgb, self.alignment(points), crop)
        return crop

    def alignment(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the (2, 3) similarity from the pixels of a mesh's picture to those of the aligned face."""
        return similarity(five_points(points), self._template)

    def embed(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding, shape (output_size,), float32, of an aligned RGB face.

        Of unit length unless the manifest says ``unit_length = false``.
        """
        with self._taken:
            embedding = self._network(crop)[0].ravel()
        if self.entry.unit_length:
            embedding /= max(float(np.linalg.norm(embedding)), _NO_LENGTH)
        return embedding

    def forget(self) -> None:
        """Overwrite what is held of the last face."""
        with self._taken:
            self._network.forget()


def mean_direction(
    embeddings: Sequence[NDArray[np.float32]], weights: Sequence[float] | None = None
) -> NDArray[np.float32]:
    """Return the weighted mean of embeddings, each of unit length, as a float32 of unit length.

    What is made on the way is overwritten: it is the person as well.
    """
    stacked = np.stack(embeddings)
    lengths = np.maximum(np.linalg.norm(stacked, axis=1), _NO_LENGTH)
    mean = ((np.ones(len(stacked)) if weights is None else weights) / lengths).astype(np.float32) @ stacked
    overwrite(stacked)
    mean /= max(float(np.linalg.norm(mean)), _NO_LENGTH)
    return np.asarray(mean, np.float32)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the cosine between two embeddings, -1..1; 0 if one of them is all zeros."""
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.dot(one, other)) / lengths if lengths > 0 else 0.0
