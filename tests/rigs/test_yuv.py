"""How colours are coded is read from the driver's own words."""

from __future__ import annotations

import pytest

from lightproof.errors import RigError
from lightproof.rigs.yuv import coding_from_libcamera, coding_from_v4l2

video = pytest.importorskip("linuxpy.video.device", reason="the kernel's numbers come from linuxpy")
raw = pytest.importorskip("linuxpy.video.raw")


@pytest.mark.parametrize(
    ("colorspace", "encoding", "quantization", "coding"),
    [
        # What the kernel's macros make of defaults: a UVC camera, a JPEG, a grabber of high definition.
        ("SRGB", "DEFAULT", "DEFAULT", ("bt601", "limited")),
        ("JPEG", "DEFAULT", "DEFAULT", ("bt601", "full")),
        ("REC709", "DEFAULT", "DEFAULT", ("bt709", "limited")),
        ("SMPTE170M", "DEFAULT", "DEFAULT", ("bt601", "limited")),
        # What a driver says outright.
        ("SRGB", "_709", "DEFAULT", ("bt709", "limited")),
        ("REC709", "_601", "FULL_RANGE", ("bt601", "full")),
        ("SRGB", "SYCC", "FULL_RANGE", ("bt601", "full")),
        ("JPEG", "_601", "LIM_RANGE", ("bt601", "limited")),
        ("REC709", "XV709", "DEFAULT", ("bt709", "limited")),
        ("SRGB", "XV601", "DEFAULT", ("bt601", "limited")),
    ],
)
def test_what_a_v4l2_driver_says_is_what_is_meant(
    colorspace: str, encoding: str, quantization: str, coding: tuple[str, str]
) -> None:
    numbers = (
        getattr(raw.Colorspace, colorspace),
        getattr(raw.YcbcrEncoding, encoding),
        getattr(raw.Quantization, quantization),
    )
    assert coding_from_v4l2(*(int(number) for number in numbers)) == coding


@pytest.mark.parametrize(
    ("colorspace", "encoding"), [("BT2020", "DEFAULT"), ("SRGB", "BT2020"), ("SMPTE240M", "DEFAULT")]
)
def test_a_coding_that_cannot_be_read_is_refused_and_not_guessed(colorspace: str, encoding: str) -> None:
    with pytest.raises(RigError, match=r"BT\.601 and BT\.709"):
        coding_from_v4l2(
            int(getattr(raw.Colorspace, colorspace)), int(getattr(raw.YcbcrEncoding, encoding)), 0
        )


@pytest.mark.parametrize(
    ("text", "coding"),
    [
        ("sYCC", ("bt601", "full")),
        ("SMPTE170M", ("bt601", "limited")),
        ("Rec709", ("bt709", "limited")),
        ("Rec709/Rec709/Rec601/Full", ("bt601", "full")),
        ("Rec709/sRGB/Rec709/Limited", ("bt709", "limited")),
    ],
)
def test_what_libcamera_says_is_what_is_meant(text: str, coding: tuple[str, str]) -> None:
    assert coding_from_libcamera(text) == coding


@pytest.mark.parametrize(
    "text", ["", "RAW", "sRGB", "Rec2020", "Rec709/sRGB/Rec2020/Full", "Rec709/sRGB/None/Full"]
)
def test_what_libcamera_says_of_no_luma_and_chroma_is_refused(text: str) -> None:
    with pytest.raises(RigError, match="configure the stream"):
        coding_from_libcamera(text)
