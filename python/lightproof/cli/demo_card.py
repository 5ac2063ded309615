"""The ID document of the demo: a specimen card that carries the person's portrait, drawn in memory."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_CARD_PX: Final = (1012, 638)
"""Width and height of an ID-1 card (85.6 × 54 mm, ISO/IEC 7810) at 300 dots per inch."""

_MARGIN_PX: Final = 90
"""What the photograph of the card shows around it."""

_PORTRAIT_PX: Final = (300, 386)
"""35 to 45 as on passports (ICAO 9303-3), 25 mm wide."""

_PORTRAIT_AT: Final = (60, 150)
_HEAD: Final = (143, 20, 306, 230)
"""Left, top, right, bottom of head and shoulders in the sample portrait (512 × 512)."""

_DESK: Final = (86, 72, 60)
_PAPER: Final = (232, 238, 240)
_INK: Final = (48, 52, 70)
_PALE_INK: Final = (150, 165, 178)
_WAVES: Final = 24

_LINES: Final = (
    ("SURNAME", "SPECIMEN"),
    ("GIVEN NAMES", "NOBODY IN PARTICULAR"),
    ("DATE OF BIRTH", "01 JAN 2000"),
    ("CARD NO.", "000 000 000"),
)


def id_card(portrait: NDArray[np.uint8]) -> bytes:
    """Return the PNG photograph of a card with the sample portrait, uint8 (512, 512, 3) RGB, on it."""
    card = np.full((_CARD_PX[1], _CARD_PX[0], 3), _PAPER, np.uint8)
    _draw_waves(card)
    cv2.rectangle(card, (0, 0), (_CARD_PX[0], 100), _INK, cv2.FILLED)
    _write(card, "IDENTITY CARD  -  SPECIMEN", (60, 66), 1.2, _PAPER)
    left, top, right, bottom = _HEAD
    head = cv2.resize(portrait[top:bottom, left:right], _PORTRAIT_PX, interpolation=cv2.INTER_CUBIC)
    x, y = _PORTRAIT_AT
    card[y : y + _PORTRAIT_PX[1], x : x + _PORTRAIT_PX[0]] = head
    for number, (name, value) in enumerate(_LINES):
        _write(card, name, (410, 190 + 92 * number), 0.6, _PALE_INK)
        _write(card, value, (410, 228 + 92 * number), 1.0, _INK)
    _write(card, "SPECIMEN<<NOBODY<IN<PARTICULAR<<<<<<<<<<<<", (60, 602), 1.0, _INK)
    photograph = np.full((_CARD_PX[1] + 2 * _MARGIN_PX, _CARD_PX[0] + 2 * _MARGIN_PX, 3), _DESK, np.uint8)
    photograph[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX] = card
    _, png = cv2.imencode(".png", cv2.cvtColor(photograph, cv2.COLOR_RGB2BGR))
    return png.tobytes()


def _draw_waves(card: NDArray[np.uint8]) -> None:
    """Draw the fine lines that make a card hard to copy; here they only look like it."""
    x = np.arange(_CARD_PX[0])
    for wave in range(_WAVES):
        y = 130 + 20 * wave + 14 * np.sin(x / 60 + wave / 3)
        line = np.column_stack([x, y]).astype(np.int32)
        cv2.polylines(card, [line], False, (205, 218, 222), 1, cv2.LINE_AA)


def _write(
    card: NDArray[np.uint8], text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int]
) -> None:
    cv2.putText(card, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 2, cv2.LINE_AA)
