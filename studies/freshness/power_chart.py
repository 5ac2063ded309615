"""How often freshness recognises a living face: a panel for each room, and one against seconds of light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from lightproof.reporting.charts.style import (
    ACCENT,
    INK,
    MEASURED,
    QUIET,
    RULE,
    SMALL_PX,
    new_figure,
    place,
    style,
    to_svg,
)

_PANEL_PX: Final = (366, 190)
_LEFT_PX: Final = 58
_TOP_PX: Final = 52
_GAP_PX: Final = (56, 102)
_LINES: Final = ((MEASURED, (2, 2)), (ACCENT, ()), (QUIET, (7, 2)), (INK, (1, 1.5)))
_RESPONSE_TICKS: Final = (0.3, 1, 3, 10, 30)
_KEY_STEP: Final = 0.25

_ALONE: Final = """<style>
svg { --page: #fff; --ink: #1c1e22; --quiet: #5b616b; --rule: #dcdcd6; --accent: #1b62b3;
  --measured: #33373d }
@media (prefers-color-scheme: dark) { svg {
  --page: #15171b; --ink: #e9e8e4; --quiet: #a4a9b3; --rule: #383c44; --accent: #7fb5f5; --measured: #d0d2d6
} }
</style><rect width="100%" height="100%" style="fill: var(--page)"/>"""
"""Colours of the report's page, for a drawing that stands in no page."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: its name, where it was measured (response in percent, or seconds), the share recognised."""

    name: str
    at: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """Response of a usual screen in a room, in percent."""

    name: str
    response: float


def power_chart(
    rooms: Mapping[str, Sequence[Curve]],
    screens: Mapping[str, Screen],
    seconds: Sequence[Curve],
    description: str,
) -> str:
    """Return the drawing as an SVG file that stands alone.

    Args:
        rooms: title of each of three panels -> its curves against response.
        screens: title of a panel -> the screen that is marked in it.
        seconds: the curves of the fourth panel, against seconds of light.
        description: what the chart shows, for those who cannot see it.
    """
    width, height = _PANEL_PX
    with style():
        figure = new_figure(2 * width + _GAP_PX[0] + _LEFT_PX + 12, 2 * height + _GAP_PX[1] + _TOP_PX + 44)
        panels = [
            place(
                figure,
                _LEFT_PX + column * (width + _GAP_PX[0]),
                _TOP_PX + row * (height + _GAP_PX[1]),
                *_PANEL_PX,
            )
            for row in range(2)
            for column in range(2)
        ]
        for axes, (title, curves) in zip(panels, rooms.items(), strict=False):
            _frame(axes, f"a room of {title}, all looks", curves)
            axes.set_xscale("log")
            axes.set_xlim(0.27, 33)
            axes.xaxis.set_major_locator(FixedLocator(_RESPONSE_TICKS))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
            axes.set_xlabel("response")
            _mark(axes, screens[title])
        _frame(panels[-1], "one look, 300 lx, 30 fps, by response", seconds)
        panels[-1].set_xlabel("seconds of light")
        panels[-1].set_xlim(0.9, 3.3)
        return _alone(to_svg(figure, "power", description))


def _frame(axes: Axes, title: str, curves: Sequence[Curve]) -> None:
    for index, (curve, (colour, dashes)) in enumerate(zip(curves, _LINES, strict=False)):
        line = axes.plot(curve.at, curve.shares, color=colour, linewidth=1.8, clip_on=False)[0]
        x = index * _KEY_STEP
        key = axes.plot([x, x + 0.07], [1.08, 1.08], color=colour, linewidth=1.8, clip_on=False)[0]
        key.set_transform(axes.transAxes)
        if dashes:
            line.set_dashes(dashes)
            key.set_dashes(dashes)
        axes.text(
            x + 0.085, 1.08, curve.name, transform=axes.transAxes, color=QUIET, size=SMALL_PX, va="center"
        )
    axes.text(0, 1.17, title, transform=axes.transAxes, color=INK)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)


def _mark(axes: Axes, screen: Screen) -> None:
    axes.axvline(screen.response, color=QUIET, linewidth=0.9, zorder=0)
    key = axes.plot([0.735, 0.735], [1.04, 1.12], color=QUIET, linewidth=0.9, clip_on=False)[0]
    key.set_transform(axes.transAxes)
    axes.text(0.75, 1.08, screen.name, transform=axes.transAxes, color=QUIET, size=SMALL_PX, va="center")


def _alone(svg: str) -> str:
    start, rest = svg.split(">", 1)
    start = start.replace(
        "<svg", '<svg xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif"', 1
    )
    return f"{start}>{_ALONE}{rest}\n"
