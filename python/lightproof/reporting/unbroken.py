"""Numbers and their units stay on one line."""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup

_UNITS: Final = "ms|s|min|h|Hz|m|cm|mm|px|lx|kB|MB|MiB|K"
_JOINED: Final = re.compile(rf"(?<=\d) (?=(?:{_UNITS})\b|[%°/×±≤])|(?<=[≤≥<>/×±]) (?=\d)")
"""The space between a number and its unit, and those around a sign between numbers."""


def unbroken(value: object) -> object:
    """Return a text whose numbers do not part from their units where a line ends; anything else as it is.

    It is Jinja's ``finalize``. Charts and styles are markup and stay as they are.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _JOINED.sub("\N{NO-BREAK SPACE}", value)
