"""How large the screen is, asked of the screen itself."""

from __future__ import annotations

from pathlib import Path

_DRM = Path("/sys/class/drm")
_TYPICAL_SCREEN_M = (0.29, 0.18)  # a 13-inch laptop
_EDID_SIZE_CM = 21  # VESA E-EDID A.2 section 3.6.2: bytes 15h and 16h, width and height in whole centimetres
_EDID_MAGIC = bytes.fromhex("00ffffffffffff00")


def screen_size_m(drm: Path = _DRM) -> tuple[float, float]:
    """Return (width, height) of the one connected screen by its EDID, in metres, or a 13-inch laptop's.

    With several screens connected it is unknown which one the person looks at, so a laptop's size is taken
    then too.
    """
    sizes = [size for edid in sorted(drm.glob("card*-*/edid")) if (size := _edid_size_m(edid)) is not None]
    return sizes[0] if len(sizes) == 1 else _TYPICAL_SCREEN_M


def _edid_size_m(path: Path) -> tuple[float, float] | None:
    try:
        edid = path.read_bytes()
    except OSError:
        return None
    if len(edid) < 128 or not edid.startswith(_EDID_MAGIC):
        return None
    width_cm, height_cm = edid[_EDID_SIZE_CM], edid[_EDID_SIZE_CM + 1]
    # Either may be zero: a projector, or an aspect ratio instead of a size.
    return (width_cm / 100, height_cm / 100) if width_cm and height_cm else None
