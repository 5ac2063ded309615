"""One look for every chart: matplotlib draws it, the style sheet of the page colours it.

Charts are drawn in place-holder colours that become the variables of the style sheet, so that one drawing is
legible on light paper, on a dark screen and in print. Text stays text: it is searched, enlarged and set in
the font of the page.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK: Final = "#00010a"
QUIET: Final = "#00010b"
RULE: Final = "#00010c"
ACCENT: Final = "#00010d"
MEASURED: Final = "#00010e"
GROUND: Final = "#00010f"

_VARIABLES: Final = {
    INK: "var(--ink)",
    QUIET: "var(--quiet)",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    MEASURED: "var(--measured)",
    GROUND: "var(--ground)",
}

TEXT_PX: Final = 11.0
SMALL_PX: Final = 10.0
NARROW_PX: Final = 440
"""Width of a chart that stands alone on a telephone (where it shrinks by a sixth) and in pairs on a desk."""
WIDE_PX: Final = 1040

_PX_PER_INCH: Final = 72.0
"""One unit of matplotlib's SVG is a point: at 72 to the inch sizes are pixels of the page at full width."""

_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lightproof",
    "font.size": TEXT_PX,
    "axes.labelsize": TEXT_PX,
    "xtick.labelsize": SMALL_PX,
    "ytick.labelsize": SMALL_PX,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": RULE,
    "axes.facecolor": "none",
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "figure.facecolor": "none",
    "path.simplify": False,  # it would drop the dots, which are lines of no length
}

_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK: Final = "{http://www.w3.org/1999/xlink}"
_FONT: Final = re.compile(r"font: ([\d.]+)px[^;]*")
_NO_TURN: Final = re.compile(r"rotate\(-?0 [^)]*\)")
_REFERENCE: Final = re.compile(r"(url\(#|^#)([\w-]+)")
_LONG_NUMBER: Final = re.compile(r"-?\d+\.\d{3,}")


@contextmanager
def style() -> Iterator[None]:
    """Draw in the look of the report; matplotlib's settings are as before afterwards."""
    with matplotlib.rc_context(_STYLE):
        yield


def new_figure(width_px: float, height_px: float) -> Figure:
    """Return an empty figure of this size; no window and no global state is involved."""
    figure = Figure(figsize=(width_px / _PX_PER_INCH, height_px / _PX_PER_INCH), dpi=_PX_PER_INCH)
    FigureCanvasSVG(figure)
    return figure


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes at a place given in pixels from the upper left corner of the figure."""
    total_width, total_height = figure.get_size_inches() * _PX_PER_INCH
    return figure.add_axes(
        (
            left / total_width,
            1 - (top + height) / total_height,
            width / total_width,
            height / total_height,
        )
    )


def to_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as an ``<svg>`` element for the body of a page.

    Args:
        figure: drawn with the colours of this module.
        name: unique in the page; ids inside the drawing begin with it.
        description: what the chart shows, for those who cannot see it.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(buffer.getvalue())
    references = {
        reference
        for element in root.iter()
        for value in element.attrib.values()
        for _, reference in _REFERENCE.findall(value)
    }
    _restyle(root, name, references)
    _thin(root)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": description}
    return ElementTree.tostring(root, encoding="unicode")


def _restyle(root: ElementTree.Element, name: str, references: set[str]) -> None:
    """Turn an SVG document into an element of a page: no namespaces, its own ids, the colours of the page."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        element.attrib = {
            key.removeprefix(_XLINK): _restyled(key, value, name)
            for key, value in element.attrib.items()
            if not (key == "id" and value not in references) and not _NO_TURN.fullmatch(value)
        }


def _restyled(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "d":
        return " ".join(_LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", value).split())
    if key == "style":
        value = _FONT.sub(r"font-size: \1px", value)
        value = "; ".join(rule for rule in value.split("; ") if not rule.startswith("font-family"))
        for colour, variable in _VARIABLES.items():
            value = value.replace(colour, variable)
    return _REFERENCE.sub(rf"\1{name}-\2", value)


def _thin(element: ElementTree.Element) -> None:
    """Take out what shows nothing, and style rules that would leak into the page."""
    if not (element.text or "").strip():
        element.text = None
    for child in list(element):
        child.tail = None
        _thin(child)
        invisible = child.tag == "path" and child.attrib.get("style") == "fill: none"
        if invisible or child.tag in ("metadata", "style") or (child.tag in ("g", "defs") and not len(child)):
            element.remove(child)
