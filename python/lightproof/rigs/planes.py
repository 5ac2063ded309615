"""The planes of 4:2:0 frames, whose rows cameras pad."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lightproof.rigs.protocol import Frame


def unpadded_planes(frame: Frame) -> NDArray[np.uint8]:
    """Return the planes of a 4:2:0 frame without the padding of its rows.

    Args:
        frame: ``yuv420`` or ``nv12``, its image uint8 (height * 3 / 2, stride) of an even stride.

    Returns:
        uint8 (height * 3 / 2, width) in the layout of its format; a view of the image unless planar rows had
        to be brought together.
    """
    width, height, stride = frame.width, frame.height, frame.image.shape[1]
    if frame.pixel_format == "nv12" or stride == width:
        return frame.image[:, :width]
    # The chroma planes follow each other with half the stride, two of their rows to one row of the array.
    chroma = frame.image[height:].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    return np.concatenate([frame.image[:height, :width], chroma.reshape(height // 2, width)], axis=0)
