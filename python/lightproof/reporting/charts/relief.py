"""How the light fell on the face, beside how it falls on a solid face of this shape."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from lightproof.presence.cues import relief as relief_cue
from lightproof.presence.cues.relief import ReliefEvidence
from lightproof.reporting.charts.style import (
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

_DIVERGING: Final = LinearSegmentedColormap.from_list(
    "relief", ("#123f6d", "#4f86b8", "#bcd3e6", "#f3f1ec", "#f0c8a4", "#cd7a3c", "#7c3a0c")
)
"""Blue to orange: told apart with any common colour vision deficiency, and from nothing also in grey."""

_SATURATION: Final = 3.0
"""The scale follows the measured map up to three times the predicted one: glass may go off the scale."""


def without_surface(quotients: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a map (48, 40) without the quadratic surface that fits it best; NaN outside the mask.

    The evidence ignores such a surface too: distance, tilt and a plain bend of paper would give one.
    """
    used = mask & np.isfinite(quotients)
    rest = np.full(quotients.shape, np.nan)
    rows, columns = quotients.shape
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    surface = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2], axis=-1)[used]
    if len(surface) > surface.shape[1]:
        values = quotients[used].astype(np.float64)
        rest[used] = values - surface @ np.linalg.lstsq(surface, values, rcond=None)[0]
    return rest


def relief_chart(
    measured: NDArray[np.float32],
    predicted: NDArray[np.float32],
    mask: NDArray[np.bool_],
    axis: str,
    name: str,
) -> str:
    """Return the measured map beside the predicted one on the same scale, as SVG.

    ``axis`` is "across" or "down"; cells outside the mask are left grey.
    """
    found, expected = without_surface(measured, mask), without_surface(predicted, mask)
    usual = _spread(expected)
    scale = min(max(_spread(found), usual), _SATURATION * usual)
    figure = new_figure(NARROW_PX, 258)
    for left_px, title, quotients in ((0, "measured", found), (192, "predicted", expected)):
        axes = place(figure, left_px, 22, 184, 221)
        axes.set_facecolor(GROUND)
        picture = axes.imshow(
            quotients, cmap=_DIVERGING, vmin=-scale, vmax=scale, interpolation="none", aspect="auto"
        )
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.text(0.0, 1.03, title, transform=axes.transAxes, color=INK, ha="left", va="bottom")
    bar = figure.colorbar(picture, cax=place(figure, 388, 22, 8, 221))
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)
    bar.set_ticks([-scale, 0, scale], labels=[f"−{scale:.2f}", "0", f"+{scale:.2f}"])
    correlation = _correlation(found, expected)
    description = (
        f"Two maps of the face, {axis}: the quotient that was measured and the one that a solid face would "
        f"give, on a scale from −{scale:.2f} to +{scale:.2f}. Their correlation is {correlation:+.2f}."
    )
    return to_svg(figure, name, description)


def coefficient_chart(relief: ReliefEvidence, name: str) -> str:
    """Return both coefficients with their errors and thresholds, as SVG."""
    figure = new_figure(NARROW_PX, 128)
    axes = place(figure, 56, 18, NARROW_PX - 64, 66)
    rows = (
        ("across", relief.across, relief.across_sigma, relief_cue.MIN_ACROSS),
        ("down", relief.down, relief.down_sigma, relief_cue.MIN_DOWN),
    )
    least, most = -0.2, 1.2
    told = []
    for row, (label, coefficient, sigma, threshold) in enumerate(rows):
        axes.plot([threshold, threshold], [row - 0.38, row + 0.38], color=ACCENT, linewidth=2.0)
        axes.annotate(
            f"{threshold:.2f}", (threshold, row - 0.4), color=ACCENT, size=SMALL_PX, ha="center", va="bottom"
        )
        if coefficient is None or sigma is None:
            continue
        axes.errorbar(
            coefficient,
            row,
            xerr=relief_cue.CLEARANCE_Z * sigma,
            color=INK,
            marker="o",
            markersize=6,
            capsize=3,
            linewidth=1.6,
        )
        least = min(least, coefficient - relief_cue.CLEARANCE_Z * sigma - 0.1)
        most = max(most, coefficient + relief_cue.CLEARANCE_Z * sigma + 0.1)
        told.append(f"{label} {coefficient:.2f} ± {sigma:.2f} (at least {threshold:.2f})")
    axes.axvline(0.0, color=RULE, linewidth=1.0, zorder=0)
    axes.axvline(1.0, color=RULE, linewidth=1.0, zorder=0)
    if most > relief_cue.MAX_COEFFICIENT:
        axes.axvline(relief_cue.MAX_COEFFICIENT, color=ACCENT, linewidth=1.4, dashes=(4, 3), zorder=0)
    axes.set_xlim(least, most)
    axes.set_ylim(1.6, -0.75)
    axes.set_yticks([0, 1], [label for label, *_ in rows], color=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("share of a solid face's relief", color=QUIET)
    return to_svg(
        figure, name, f"Coefficients on the predicted relief: {'; '.join(told) or 'none could be measured'}."
    )


def _spread(quotients: NDArray[np.float64]) -> float:
    """Return the size that 98 % of a map's cells stay under; never zero."""
    finite = np.abs(quotients[np.isfinite(quotients)])
    return max(float(np.percentile(finite, 98)) if finite.size else 0.0, 1e-3)


def _correlation(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    both = np.isfinite(found) & np.isfinite(expected)
    a, b = found[both], expected[both]
    return float(a @ b) / max(float(np.sqrt((a @ a) * (b @ b))), 1e-30)
