"""The charts of an evaluation in which a threshold moves.

There is one small panel for each species or group: curves that coincide would hide each other in one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightproof.evaluation.metrics.error_rates import normal_deviate
from lightproof.evaluation.report.outcome_charts import label, words
from lightproof.reporting.charts.style import (
    ACCENT,
    GROUND,
    INK,
    NARROW_PX,
    QUIET,
    RULE,
    new_figure,
    place,
    to_svg,
)

_COLUMNS: Final = 2
_LEFT_PX: Final = 56
_PANEL_PX: Final = 162
_GAP_PX: Final = 40
_TITLE_PX: Final = 20
_BELOW_PX: Final = 38
_FLAT_PX: Final = 84
_TITLE_LETTERS: Final = 27

_TICKS: Final = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8)
_MAX_RATE: Final = 0.95
_MIN_RATE: Final = 0.05
"""The scale begins no later than here, so that charts of few attempts look alike."""
_BELOW_RESOLUTION: Final = 0.7
"""The scale begins this share of the finest resolution, so that the band of what cannot be told shows."""


def tradeoff_chart(curves: Mapping[str, Mapping[str, Any]], coloured: frozenset[str], name: str) -> str:
    """Return a detection error trade-off per species or group as SVG.

    A rate of zero is drawn at 1 / (n + 1), which this number of attempts cannot tell from zero, and what lies
    beyond is shaded. A dot marks the sessions' own APCER and BPCER, a ring the same with BPNRR added.

    Args:
        curves: name -> trade-off as in ``det`` of the report.
        coloured: names of those that are in colour.
        name: unique in the page.
    """
    resolutions = {key: _resolution(curve) for key, curve in curves.items()}
    least = min(_MIN_RATE, *(_BELOW_RESOLUTION * rate for both in resolutions.values() for rate in both))
    low, high = normal_deviate(np.array([least, _MAX_RATE]))
    ticks = [tick for tick in _TICKS if least <= tick <= _MAX_RATE]
    told = []
    figure, panels = _panels(curves, _PANEL_PX)
    for index, ((key, curve), axes) in enumerate(zip(curves.items(), panels, strict=True)):
        finest, own_finest = resolutions[key]
        axes.axvspan(low, float(_deviate(finest, finest)), color=GROUND, linewidth=0)
        axes.axhspan(low, float(_deviate(own_finest, own_finest)), color=GROUND, linewidth=0)
        axes.grid(color=RULE, linewidth=0.6)
        axes.set_axisbelow(False)
        colour = ACCENT if key in coloured else QUIET
        x, y = _deviate(curve["apcer"], finest), _deviate(curve["bpcer"], own_finest)
        axes.plot(x, y, color=colour, linewidth=2.0, zorder=3, clip_on=False)
        told.append(f"{words(key)} {_mark(axes, curve['operating_point'], finest, own_finest)}")
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        places, texts = normal_deviate(np.array(ticks)), [f"{100 * tick:g} %" for tick in ticks]
        axes.set_xticks(places, texts)
        _name_axes(axes, index, "APCER", places, texts)
    return to_svg(
        figure,
        name,
        "Detection error trade-off, BPCER against APCER as the threshold on the relief margin moves. Of the "
        f"sessions' own decisions: {'; '.join(told)}.",
    )


def rejection_chart(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    everyone: Mapping[str, Sequence[float]] | None,
    scores: Mapping[str, Any],
    name: str,
) -> str:
    """Return BPCER against the threshold per group as SVG, with that of everyone thin behind it.

    Args:
        curves: group -> thresholds and BPCER.
        everyone: the same of all people, or None.
        scores: ``scores`` of the report, for its edges and thresholds.
        name: unique in the page.
    """
    low, high = scores["edges"][0], scores["edges"][-1]
    figure, panels = _panels(curves, _FLAT_PX)
    for index, (curve, axes) in enumerate(zip(curves.values(), panels, strict=True)):
        axes.axvspan(scores["rejected_below"], scores["accepted_from"], color=GROUND, linewidth=0)
        for shown, colour, width in ((everyone, QUIET, 1.0), (curve, ACCENT, 2.0)):
            if shown is not None:
                # A rate holds up to and with its threshold; before the first nothing more is accepted.
                threshold = np.clip([low, *shown["threshold"], high], low, high)
                bpcer = [shown["bpcer"][0], *shown["bpcer"], shown["bpcer"][-1]]
                axes.step(threshold, bpcer, where="pre", color=colour, linewidth=width)
        axes.set_xlim(low, high)
        axes.set_ylim(-0.03, 1.03)
        _name_axes(axes, index, "threshold, standard errors", [0, 0.5, 1], ["0 %", "50 %", "100 %"])
    return to_svg(
        figure,
        name,
        f"BPCER against the threshold on the relief margin, in standard errors: {', '.join(curves)}.",
    )


def _panels(curves: Mapping[str, Any], height_px: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with a titled panel for each of the curves."""
    row_px = _TITLE_PX + height_px + _BELOW_PX
    figure = new_figure(NARROW_PX, row_px * -(-len(curves) // _COLUMNS))
    panels = []
    for index, key in enumerate(curves):
        row, column = divmod(index, _COLUMNS)
        left, top = _LEFT_PX + column * (_PANEL_PX + _GAP_PX), row * row_px + _TITLE_PX
        axes = place(figure, left, top, _PANEL_PX, height_px)
        axes.set_title(label(key, _TITLE_LETTERS), loc="left", color=INK, size=11, pad=5)
        panels.append(axes)
    return figure, panels


def _name_axes(
    axes: Axes, index: int, below: str, places: Sequence[float] | NDArray[np.float64], texts: Sequence[str]
) -> None:
    """Name the axis below each panel, and BPCER with its ticks only at the left of a row."""
    axes.set_xlabel(below, color=QUIET, labelpad=2)
    first = index % _COLUMNS == 0
    axes.set_yticks(places, texts if first else [""] * len(texts))
    if first:
        axes.set_ylabel("BPCER", color=QUIET, labelpad=4)


def _mark(axes: Axes, point: Mapping[str, float], finest: float, own_finest: float) -> str:
    """Mark the sessions' own decisions and return them in words."""
    apcer, bpcer, lost = point["apcer"], point["bpcer"], point["bpcer"] + point["bpnrr"]
    x = np.full(2, float(_deviate(apcer, finest)))
    y = _deviate([bpcer, lost], own_finest)
    axes.plot(x, y, color=INK, linewidth=1.2, zorder=4, clip_on=False)
    axes.plot(x[1:], y[1:], "o", markersize=7, markerfacecolor=GROUND, color=INK, zorder=5, clip_on=False)
    axes.plot(x[:1], y[:1], "o", markersize=5, color=INK, zorder=6, clip_on=False)
    return f"APCER {100 * apcer:.1f} %, BPCER {100 * bpcer:.1f} %, with BPNRR {100 * lost:.1f} %"


def _resolution(curve: Mapping[str, Any]) -> tuple[float, float]:
    """Return the rates of attacks and of people that the number of attempts can hardly tell from zero."""
    attempts = curve["attempts"]
    return 1 / (attempts["attacks"] + 1), 1 / (attempts["bona_fide"] + 1)


def _deviate(rates: float | Sequence[float], finest: float) -> NDArray[np.float64]:
    return normal_deviate(np.clip(np.array(rates), min(finest, _MAX_RATE), _MAX_RATE))
