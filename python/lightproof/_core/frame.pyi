"""Frames of cameras and their colours."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

PixelFormat: TypeAlias = Literal["rgb888", "bgr888", "yuv420", "nv12", "yuyv"]
YuvMatrix: TypeAlias = Literal["bt601", "bt709"]
YuvRange: TypeAlias = Literal["full", "limited"]

def frame_to_srgb(
    image: NDArray[np.uint8],
    pixel_format: PixelFormat,
    *,
    width: int,
    height: int,
    yuv_matrix: YuvMatrix = "bt601",
    yuv_range: YuvRange = "full",
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Return a frame as 8-bit sRGB, shape (height, width, 3): what :meth:`Sampler.sample` decodes to light.

    Args:
        image: as :meth:`Sampler.sample` takes it.
        pixel_format: how its bytes are laid out.
        width: in pixels.
        height: in pixels.
        yuv_matrix: ITU-R BT.601 (JPEG's, too) or BT.709; packed formats have none.
        yuv_range: ``full`` has luma and chroma 0 to 255 (JPEG), ``limited`` luma 16 to 235 and chroma 16 to
            240 (video).
        out: a C-contiguous uint8 array of shape (height, width, 3) to write to, which is then returned, so
            that its owner can use its memory again and overwrite it at last; not part of ``image``. None
            makes a new one.

    Colours of 4:2:0 frames are within one level of the standards' formulae; chroma holds for its 2 x 2
    pixels.

    Raises:
        FrameError: an image of the wrong size, stride or type.
        InputError: an unknown name, or an ``out`` that cannot be written to.
    """
