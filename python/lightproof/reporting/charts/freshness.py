"""The true challenge among its decoys."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from lightproof.presence.cues.freshness import FreshnessEvidence
from lightproof.presence.evidence import Trace
from lightproof.reporting.charts.style import (
    ACCENT,
    MEASURED,
    NARROW_PX,
    QUIET,
    SMALL_PX,
    new_figure,
    place,
    to_svg,
)

BINS: Final = 120

_LABEL_SHARE: Final = 0.25
"""Part of the width that a label takes, so that it can be set above the bars that it would cover."""


def freshness_chart(freshness: FreshnessEvidence, trace: Trace, name: str) -> str:
    """Return the histogram of decoy scores with the true challenge marked, as SVG.

    The trace may hold the scores of some decoys only; the rank is among all of them.
    """
    scores = trace.decoy_scores[np.isfinite(trace.decoy_scores)]
    best_decoy = float(scores.max(initial=0.0))
    best = "best decoy" if scores.size == freshness.decoys else "best of these"
    # Scores below 0 are of challenges that the light goes against.
    left = 1.04 * min(freshness.score, float(scores.min(initial=0.0)), 0.0)
    right = 1.04 * max(freshness.score, best_decoy, 1.0)
    counts, edges = np.histogram(scores, BINS, (left, right))
    figure = new_figure(NARROW_PX, 232)
    axes = place(figure, 52, 34, NARROW_PX - 64, 148)
    axes.stairs(
        np.maximum(counts, 0.5), edges, baseline=0.5, fill=True, color=MEASURED, alpha=0.55, linewidth=0
    )
    axes.set_yscale("log")
    most = max(float(counts.max(initial=1)), 10.0)
    axes.set_ylim(0.5, 3 * most)
    axes.yaxis.set_major_locator(LogLocator(10.0, numticks=5))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.set_xlim(left, right)
    axes.axvline(freshness.score, color=ACCENT, linewidth=2.0)
    leftward = freshness.score > (left + right) / 2
    axes.annotate(
        f"this challenge: {freshness.score:,.0f}, rank {freshness.rank:,}",
        (freshness.score, 1.03),
        xycoords=("data", "axes fraction"),
        color=ACCENT,
        ha="right" if leftward else "left",
        va="bottom",
    )
    leftward = best_decoy > 0.7 * right + 0.3 * left
    label_range = (
        (best_decoy - _LABEL_SHARE * (right - left), best_decoy) if leftward else (best_decoy, right)
    )
    under = counts[(edges[1:] > label_range[0]) & (edges[:-1] < label_range[1])]
    axes.annotate(
        f"{best}: {best_decoy:,.0f}",
        (best_decoy, 1.0),
        xytext=(best_decoy, 4.0 * max(float(under.max(initial=1)), 1.0)),
        color=QUIET,
        size=SMALL_PX,
        ha="right" if leftward else "left",
        arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
    )
    axes.set_xlabel("score: sum of squares explained, in units of the noise")
    axes.text(
        -0.13, 1.06, "decoys", transform=axes.transAxes, color=QUIET, size=SMALL_PX, ha="left", va="bottom"
    )
    description = (
        f"Histogram of the scores of {scores.size:,} decoys, with logarithmic counts. The {best} scores "
        f"{best_decoy:,.0f}. This challenge scores {freshness.score:,.0f} and has rank {freshness.rank:,} "
        f"among all {freshness.decoys + 1:,}."
    )
    return to_svg(figure, name, description)


def _short(count: float, _position: int | None) -> str:
    """Return a power of ten as 100, 10k or 1M."""
    if count < 1000:
        return f"{count:.0f}"
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.0f}M"
