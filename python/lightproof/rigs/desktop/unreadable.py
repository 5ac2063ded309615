"""Pictures that come and cannot be decoded: a lost frame or two are nothing, nothing else is a fault."""

from __future__ import annotations

from typing import Final

from lightproof.errors import UnreadablePicturesError
from lightproof.rigs.desktop.clock import now_s

UNREADABLE_AFTER_S: Final = 1.5
"""Before a camera that delivers nothing counts as silent."""


class UnreadablePictures:
    """Counts the pictures in a row that could not be decoded."""

    def __init__(self, camera: str) -> None:
        """Take the camera's name and place, as an error tells them."""
        self._camera = camera
        self._count, self._since_s = 0, 0.0

    def note(self, pixel_format: str) -> None:
        """Note one more.

        Raises:
            UnreadablePicturesError: for a while there was nothing else.
        """
        if not self._count:
            self._since_s = now_s()
        self._count += 1
        if self._count > 1 and now_s() - self._since_s >= UNREADABLE_AFTER_S:
            raise UnreadablePicturesError(
                f"camera {self._camera} delivers pictures ({pixel_format}) that cannot be decoded, "
                f"{self._count} in a row; plug it into another port or cable without a hub, or use another "
                "camera"
            )

    def forget(self) -> None:
        """Begin anew: a picture could be decoded."""
        self._count = 0
