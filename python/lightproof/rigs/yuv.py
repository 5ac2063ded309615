"""How a camera's luma and chroma make colours, from the words of its driver.

Pictures are kept as a matrix (ITU-R BT.601 or BT.709) and a range (full: 0 to 255; limited: luma 16 to 235,
chroma 16 to 240). Taken for the other range, a picture loses or gains a seventh of its contrast, and its
light is read wrong by more than the screen adds. Whoever writes a rig fills its frames with these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from lightproof.errors import RigError
from lightproof.rigs.protocol import YuvMatrix, YuvRange

YuvCoding: TypeAlias = tuple[YuvMatrix, YuvRange]

# Numbers of linux/videodev2.h, enum v4l2_colorspace, v4l2_ycbcr_encoding and v4l2_quantization.
_COLORSPACE_SMPTE240M, _COLORSPACE_REC709, _COLORSPACE_JPEG = 2, 3, 7
_COLORSPACE_BT2020, _COLORSPACE_DCI_P3 = 10, 12
_ENCODING_DEFAULT, _ENCODING_601, _ENCODING_709 = 0, 1, 2
_ENCODING_BT2020, _ENCODING_SMPTE240M = 6, 8
_QUANTIZATION_DEFAULT, _QUANTIZATION_FULL = 0, 1

_MATRIX_OF_ENCODING: Final[Mapping[int, YuvMatrix]] = {
    _ENCODING_601: "bt601",
    _ENCODING_709: "bt709",
    3: "bt601",  # xvYCC 601, whose codes beyond the range only carry more saturated colours
    4: "bt709",  # xvYCC 709
    5: "bt601",  # sYCC
}

_LIBCAMERA: Final[Mapping[str, YuvCoding]] = {
    "sycc": ("bt601", "full"),
    "jpeg": ("bt601", "full"),  # the name of sYCC before libcamera 0.0.2
    "smpte170m": ("bt601", "limited"),
    "rec709": ("bt709", "limited"),
}
_LIBCAMERA_MATRIX: Final[Mapping[str, YuvMatrix]] = {"rec601": "bt601", "rec709": "bt709"}
_LIBCAMERA_RANGE: Final[Mapping[str, YuvRange]] = {"full": "full", "limited": "limited"}


def coding_from_v4l2(colorspace: int, ycbcr_enc: int, quantization: int) -> YuvCoding:
    """Return the coding that a Video4Linux2 driver means by the fields of its ``v4l2_pix_format``.

    What a driver leaves at its default is mapped as the kernel maps it (V4L2_MAP_YCBCR_ENC_DEFAULT and
    V4L2_MAP_QUANTIZATION_DEFAULT).

    Raises:
        RigError: the colours are coded in another way, such as BT.2020.
    """
    encoding = ycbcr_enc
    if encoding == _ENCODING_DEFAULT:
        encoding = {
            _COLORSPACE_REC709: _ENCODING_709,
            _COLORSPACE_DCI_P3: _ENCODING_709,
            _COLORSPACE_BT2020: _ENCODING_BT2020,
            _COLORSPACE_SMPTE240M: _ENCODING_SMPTE240M,
        }.get(colorspace, _ENCODING_601)
    matrix = _MATRIX_OF_ENCODING.get(encoding)
    if matrix is None:
        raise RigError(
            f"the camera codes its colours by V4L2's Y'CbCr encoding {encoding}; BT.601 and BT.709 can be "
            "read: choose another format or camera"
        )
    if quantization == _QUANTIZATION_DEFAULT:
        return matrix, "full" if colorspace == _COLORSPACE_JPEG else "limited"
    return matrix, "full" if quantization == _QUANTIZATION_FULL else "limited"


def coding_from_libcamera(color_space: str) -> YuvCoding:
    """Return the coding that libcamera means by the text of a stream's ``ColorSpace``.

    It is the name of a preset, such as ``sYCC``, or primaries, transfer function, encoding and range, such as
    ``Rec709/Rec709/Rec601/Full``.

    Raises:
        RigError: the colours are coded in another way, or the text is not one of libcamera's.
    """
    words = color_space.lower().split("/")
    if len(words) == 1 and words[0] in _LIBCAMERA:
        return _LIBCAMERA[words[0]]
    if len(words) == 4 and words[2] in _LIBCAMERA_MATRIX and words[3] in _LIBCAMERA_RANGE:
        return _LIBCAMERA_MATRIX[words[2]], _LIBCAMERA_RANGE[words[3]]
    raise RigError(
        f"the camera codes its colours as {color_space!r}; BT.601 and BT.709 can be read: configure the "
        "stream with sYCC, SMPTE170M or Rec709"
    )
