"""The charts of an evaluation that count: how presentations ended, and their relief scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from lightproof.reporting.charts.style import (
    ACCENT,
    GROUND,
    INK,
    NARROW_PX,
    QUIET,
    SMALL_PX,
    new_figure,
    place,
    to_svg,
)

_LABELS_PX: Final = 104
_LABEL_LETTERS: Final = 17
"""That fit into the labels' width."""
_ROW_PX: Final = 24
_SCORE_ROW_PX: Final = 44

_OUTCOMES: Final = (("accepted", ACCENT), ("inconclusive", GROUND), ("rejected", QUIET))


def words(name: str) -> str:
    """Return the name of a species as people write it."""
    return name.replace("_", " ")


def label(name: str, letters: int = _LABEL_LETTERS) -> str:
    """Return a name as short as a chart needs.

    A long one keeps its beginning and its end, where names differ.
    """
    told = words(name)
    if len(told) <= letters:
        return told
    end = letters // 2 - 1
    return f"{told[: letters - end - 1].rstrip()}…{told[-end:].lstrip()}"


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
    axes.set_yticks(range(len(rows)), [label(species) for species in rows], color=INK)
    axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return to_svg(figure, name, f"Outcomes: {'; '.join(told)}.")


def score_chart(
    scores: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]], people: frozenset[str], name: str
) -> str:
    """Return histograms of the relief score as SVG, a row each, those of ``people`` in colour.

    Args:
        scores: ``scores`` of the report, for its edges and thresholds.
        rows: name -> histogram.
        people: the names of rows that are of bona fide presentations.
        name: unique in the page.
    """
    edges = scores["edges"]
    figure = new_figure(NARROW_PX, 44 + _SCORE_ROW_PX * len(rows))
    middles = (np.array(edges[:-1]) + np.array(edges[1:])) / 2
    for index, (row, histogram) in enumerate(rows.items()):
        top = 6 + _SCORE_ROW_PX * index
        axes = place(figure, _LABELS_PX, top, NARROW_PX - _LABELS_PX - 12, _SCORE_ROW_PX - 8)
        # Between the thresholds a session is inconclusive.
        axes.axvspan(scores["rejected_below"], scores["accepted_from"], color=GROUND, linewidth=0)
        axes.bar(
            middles,
            np.array(histogram["counts"]),
            width=edges[1] - edges[0],
            color=ACCENT if row in people else QUIET,
            linewidth=0,
        )
        _bare(axes, edges, last=index == len(rows) - 1)
        axes.text(-0.03, 0.0, label(row), transform=axes.transAxes, ha="right", va="bottom", color=INK)
        if histogram["unmeasured"]:
            axes.text(
                1.0,
                0.9,
                f"{histogram['unmeasured']} without",
                transform=axes.transAxes,
                ha="right",
                va="top",
                size=SMALL_PX,
            )
    return to_svg(
        figure,
        name,
        f"Histograms of the relief margin, accepted from {scores['accepted_from']:g} and rejected below "
        f"{scores['rejected_below']:g} standard errors: {', '.join(map(words, rows))}.",
    )


def _bare(axes: Axes, edges: Sequence[float], *, last: bool) -> None:
    axes.set_xlim(edges[0], edges[-1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if last:
        axes.set_xlabel("relief margin, standard errors", color=QUIET)
    else:
        axes.set_xticks([])
