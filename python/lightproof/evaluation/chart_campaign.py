"""The charts of an evaluation: outcomes, detection error trade-off and relief scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lightproof.evaluation.chart_style import (
    ACCENT,
    GROUND,
    INK,
    NARROW_PX,
    QUIET,
    RULE,
    SMALL_PX,
    new_figure,
    place,
    to_svg,
)
from lightproof.evaluation.species import BONA_FIDE
from lightproof.evaluation.statistics import normal_deviate

_LABELS_PX: Final = 104
_ROW_PX: Final = 24

_OUTCOMES: Final = (("accepted", ACCENT), ("inconclusive", GROUND), ("rejected", QUIET))

_DET_TICKS: Final = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8)
_DET_ENDS: Final = (0.0005, 0.95)
"""Rates beyond the ends are drawn at them: zero has no place on a scale of normal deviates."""
_DASHES: Final = ((), (6, 2), (2, 2), (6, 2, 2, 2), (1, 1), (8, 3, 1, 3, 1, 3))


def words(name: str) -> str:
    """Return the name of a species as people write it."""
    return name.replace("_", " ")


def outcome_chart(rows: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """Return how presentations ended, a bar per species, as SVG; ``rows`` are species -> counts."""
    height = 46 + _ROW_PX * len(rows)
    figure = new_figure(NARROW_PX, height)
    axes = place(figure, _LABELS_PX, 24, NARROW_PX - _LABELS_PX - 12, height - 46)
    told = []
    for row, (species, figures) in enumerate(rows.items()):
        left = 0.0
        for outcome, colour in _OUTCOMES:
            share = figures[outcome] / max(figures["attempts"], 1)
            axes.barh(row, share, left=left, height=0.66, color=colour, linewidth=0)
            left += share
        told.append(
            f"{words(species)} {', '.join(f'{figures[outcome]} {outcome}' for outcome, _ in _OUTCOMES)}"
        )
    for x, (outcome, colour) in zip((0.0, 0.26, 0.6), _OUTCOMES, strict=True):
        axes.plot(x + 0.015, -1.0, marker="s", markersize=8, color=colour, clip_on=False)
        axes.text(x + 0.05, -1.0, outcome, va="center", color=INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [words(species) for species in rows], color=INK)
    axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return to_svg(figure, name, f"Outcomes: {'; '.join(told)}.")


def tradeoff_chart(curves: Mapping[str, Mapping[str, Sequence[float]]], name: str) -> str:
    """Return the trade-off of each species as SVG, the first of them (the worst) in colour."""
    figure = new_figure(NARROW_PX, 300)
    axes = place(figure, 52, 10, 240, 240)
    for index, (species, curve) in enumerate(curves.items()):
        dashes = _DASHES[index % len(_DASHES)]
        axes.plot(
            _deviates(curve["apcer"]),
            _deviates(curve["bpcer"]),
            color=ACCENT if index == 0 else QUIET,
            linewidth=2.0 if index == 0 else 1.3,
            dashes=dashes or (None, None),
            label=words(species),
        )
    ticks = normal_deviate(np.array(_DET_TICKS))
    labels = [f"{100 * tick:g} %" for tick in _DET_TICKS]
    axes.set_xticks(ticks, labels)
    axes.set_yticks(ticks, labels)
    axes.grid(color=RULE, linewidth=0.6)
    low, high = normal_deviate(np.array(_DET_ENDS))
    axes.set_xlim(low - 0.1, high)
    axes.set_ylim(low - 0.1, high)
    axes.set_xlabel("APCER", color=QUIET)
    axes.set_ylabel("BPCER", color=QUIET)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, labelcolor=INK, handlelength=2.2)
    return to_svg(
        figure,
        name,
        "Detection error trade-off: BPCER against APCER as the threshold on the relief score moves, for "
        f"{', '.join(map(words, curves)) or 'no species'}.",
    )


def score_chart(edges: Sequence[float], histograms: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """Return the histograms of the relief score, bona fide above, each attack species below it, as SVG."""
    rows = sorted(histograms, key=lambda species: species != BONA_FIDE)
    row_px = 44
    figure = new_figure(NARROW_PX, 44 + row_px * len(rows))
    middles = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    for index, species in enumerate(rows):
        axes = place(figure, _LABELS_PX, 6 + row_px * index, NARROW_PX - _LABELS_PX - 12, row_px - 8)
        counts = np.array(histograms[species]["counts"])
        colour = ACCENT if species == BONA_FIDE else QUIET
        axes.bar(middles, counts, width=edges[1] - edges[0], color=colour, linewidth=0)
        _bare(axes, edges, last=index == len(rows) - 1)
        axes.text(-0.03, 0.0, words(species), transform=axes.transAxes, ha="right", va="bottom", color=INK)
        axes.axvline(1.0, color=INK, linewidth=1.0, dashes=(3, 2))
        unmeasured = histograms[species]["unmeasured"]
        if unmeasured:
            axes.text(
                1.0,
                0.9,
                f"{unmeasured} without",
                transform=axes.transAxes,
                ha="right",
                va="top",
                size=SMALL_PX,
            )
    return to_svg(
        figure, name, f"Histograms of the relief score, threshold at 1: {', '.join(map(words, rows))}."
    )


def _bare(axes: Axes, edges: Sequence[float], *, last: bool) -> None:
    axes.set_xlim(edges[0], edges[-1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if last:
        axes.set_xlabel("relief score, 1 at the threshold", color=QUIET)
    else:
        axes.set_xticks([])


def _deviates(rates: Sequence[float]) -> NDArray[np.float64]:
    return normal_deviate(np.clip(np.array(rates), *_DET_ENDS))
