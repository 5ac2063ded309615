"""The four networks of a session, loaded from one manifest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightproof.face.detector import Detection, FaceDetector
from lightproof.face.embedding import Embedder
from lightproof.face.manifest import Manifest, Role, load_manifest
from lightproof.face.mesh import MIN_PRESENCE, FaceMesh, MeshFit, Region
from lightproof.face.runtime import Network


@dataclass(frozen=True, slots=True)
class FaceNetworks:
    """Detectors, mesh and embedder; one instance serves one session at a time."""

    manifest: Manifest
    near: FaceDetector
    document: FaceDetector
    mesh: FaceMesh
    embedder: Embedder

    def fit_detection(self, rgb: NDArray[np.uint8], face: Detection) -> MeshFit | None:
        """Return the mesh of a detected face, None if the mesh finds that it is not a face.

        Fitted twice: the region of the first mesh frames the face better than the detector's box does.
        """
        first = self.mesh.fit(rgb, Region.around_detection(face))
        if first.presence < MIN_PRESENCE:
            return None
        second = self.mesh.fit(rgb, Region.around_points(first.points))
        return second if second.presence >= MIN_PRESENCE else None

    def largest_face(self, rgb: NDArray[np.uint8]) -> MeshFit | None:
        """Return the mesh of the largest face near the camera in an RGB picture, None if there is none."""
        for face in self.near.find(rgb):
            fit = self.fit_detection(rgb, face)
            if fit is not None:
                return fit
        return None

    def forget(self) -> None:
        """Overwrite everything that the networks hold of the pictures they saw."""
        for part in (self.near, self.document, self.mesh, self.embedder):
            part.forget()


def load_networks(manifest: Manifest | None = None, threads: int = 1) -> FaceNetworks:
    """Check and load the networks of a manifest, the shipped one if None.

    Raises:
        ManifestError: a file is missing, or is not a network for its role.
        ModelHashError: a file is not the one that the manifest names.
        MissingExtraError: no TensorFlow Lite runtime is installed.
    """
    manifest = manifest or load_manifest()
    near, document, mesh, embedder = (
        Network(manifest[role], threads)
        for role in (Role.DETECTOR_NEAR, Role.DETECTOR_DOCUMENT, Role.MESH, Role.EMBEDDER)
    )
    return FaceNetworks(
        manifest, FaceDetector(near), FaceDetector(document), FaceMesh(mesh), Embedder(embedder)
    )
