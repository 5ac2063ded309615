"""The challenge as it was shown above the light that came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lightproof._core import NEUTRAL_SRGB, Challenge
from lightproof.presence.evidence import Trace
from lightproof.reporting.charts.style import (
    ACCENT,
    INK,
    MEASURED,
    NARROW_PX,
    QUIET,
    RULE,
    SMALL_PX,
    WIDE_PX,
    new_figure,
    place,
    to_svg,
)

QUADRANT_LABELS: Final = ("top left", "top right", "bottom left", "bottom right")
SERIES: Final = ("red − blue", "green − mean of red and blue", "luma")
"""Columns of ``Trace.series``."""

_MIN_DIRECTION: Final = 0.02
"""The colours are equally bright, so one direction of light hardly varies (under 1 % of the others): a fit
along it would be noise."""

_SEARCH_STEP_S: Final = 0.002
_SEARCH_MARGIN_S: Final = 0.1
_BEFORE_S: Final = 0.1
_REFRESHES_S: Final = 2 / 60
_LANE_PX: Final = 15
_PANEL_PX: Final = 78


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """What the challenge predicts of the series, shape (T, 3), and the share of variance it explains."""

    predicted: NDArray[np.float64]
    explained: tuple[float, float, float]


def overlay(light: NDArray[np.float64], series: NDArray[np.float64]) -> Overlay:
    """Fit the series to the mean light of the challenge by least squares, beside a quadratic drift.

    Args:
        light: linear light of the four quadrants in every frame, (T, 4, 3).
        series: colour differences and luma of the face's relative light in every frame, (T, 3).

    The three channels of the light may mix freely. This is for the eye: the score of the evidence holds the
    mixing to the rig's calibration. ``explained`` leaves the drift out on both sides.
    """
    u = np.linspace(-1.0, 1.0, len(light))
    drift = np.linalg.qr(np.column_stack([np.ones_like(u), u, u**2]))[0]
    mean_light = light.mean(axis=1)
    moving = mean_light - drift @ (drift.T @ mean_light)
    wanted = series - drift @ (drift.T @ series)
    weights = np.linalg.lstsq(moving, wanted, rcond=_MIN_DIRECTION)[0]
    fitted = moving @ weights
    total = np.maximum((wanted**2).sum(axis=0), 1e-30)
    shares = 1 - ((wanted - fitted) ** 2).sum(axis=0) / total
    red_blue, green, luma = (float(share) for share in np.clip(shares, 0.0, 1.0))
    return Overlay(fitted + series - wanted, (red_blue, green, luma))


def light_start_s(challenge: Challenge, trace: Trace, light_s: float) -> float:
    """Return when the first light of the challenge reached the frames, on the clock of ``trace.times_s``.

    ``light_s`` is for how long the challenge played.
    The trace holds what light each frame was given, so the challenge is laid over it where both agree best.
    """
    first_s, last_s = float(trace.times_s[0]), float(trace.times_s[-1])
    missing_s = max(light_s - (last_s - first_s), 0.0)
    starts_s = np.arange(first_s - missing_s - _SEARCH_MARGIN_S, first_s + _SEARCH_STEP_S, _SEARCH_STEP_S)
    differences = [
        sum(
            float(np.abs(challenge.at(time_s - start_s, time_s - start_s) - light).sum())
            for time_s, light in zip(trace.times_s, trace.light, strict=True)
        )
        for start_s in starts_s
    ]
    # Where no frame saw a change of colours, several starts agree as well: take their middle.
    return float(starts_s[np.array(differences) <= 1.001 * min(differences) + 1e-9].mean())


def response_charts(
    challenge: Challenge, trace: Trace, fit: Overlay, light_s: float, name: str
) -> tuple[str, str]:
    """Return the chart of challenge and response as SVG, wide and narrow.

    ``light_s`` is for how long the challenge played: it ends once the evidence is in.
    """
    start_s = light_start_s(challenge, trace, light_s)
    shown = min(round(light_s / challenge.dwell_s), len(challenge))
    explained = ", ".join(
        f"{series} {share:.0%}" for series, share in zip(SERIES, fit.explained, strict=True)
    )
    description = (
        f"The {shown} of {len(challenge)} illuminations that were shown, as strips of colour, one for each "
        f"quadrant of the screen, over {light_s:.1f} seconds; below, the light of the face in "
        f"{len(trace.times_s)} frames with what the challenge predicts. Share of the variance explained: "
        f"{explained}."
    )
    charts = []
    for kind, width_px in (("wide", WIDE_PX), ("narrow", NARROW_PX)):
        figure = _drawn(challenge, light_s, width_px, len(SERIES))
        for row, panel in enumerate(figure.axes[1:]):
            _draw_series(panel, trace.times_s - start_s, trace.series[:, row], fit, row)
        charts.append(to_svg(figure, f"{name}-{kind}", description))
    return charts[0], charts[1]


def challenge_charts(challenge: Challenge, name: str) -> tuple[str, str]:
    """Return the strips alone, wide and narrow: for a session that ended before anything was measured."""
    description = (
        f"The {len(challenge)} illuminations that the challenge would have had, as strips of colour, one for "
        f"each quadrant of the screen, over {challenge.duration_s:.1f} seconds."
    )
    wide, narrow = (
        to_svg(_drawn(challenge, challenge.duration_s, width_px, 0), f"{name}-{kind}", description)
        for kind, width_px in (("wide", WIDE_PX), ("narrow", NARROW_PX))
    )
    return wide, narrow


def _drawn(challenge: Challenge, light_s: float, width_px: int, panels: int) -> Figure:
    """Return a figure with the strips in its first axes and empty panels below."""
    left_px, right_px = 76, 8
    strips_px = len(QUADRANT_LABELS) * _LANE_PX
    panel_top_px = 4 + strips_px + 30
    height_px = (panel_top_px + panels * (_PANEL_PX + 30) + 12) if panels else strips_px + 44
    figure = new_figure(width_px, height_px)
    strips = place(figure, left_px, 4, width_px - left_px - right_px, strips_px)
    span_s = (-_BEFORE_S, light_s + _BEFORE_S)
    _draw_strips(strips, challenge, light_s, span_s)
    bottom = strips
    for row in range(panels):
        top_px = panel_top_px + row * (_PANEL_PX + 30)
        bottom = place(figure, left_px, top_px, width_px - left_px - right_px, _PANEL_PX)
        bottom.set_xlim(*span_s)
        bottom.tick_params(axis="x", labelbottom=False)
        for flip_s in np.arange(0.0, light_s, challenge.dwell_s):
            bottom.axvline(flip_s, color=RULE, linewidth=0.6, zorder=0, clip_on=False)
    bottom.tick_params(axis="x", labelbottom=True)
    bottom.set_xlabel("seconds since the first flip", labelpad=2)
    return figure


def _draw_strips(axes: Axes, challenge: Challenge, light_s: float, span_s: tuple[float, float]) -> None:
    # The screen goes back to neutral a refresh or two after the last step: that is not a step of its own.
    played = challenge.steps_start_s < light_s - _REFRESHES_S
    starts_s = [span_s[0], *challenge.steps_start_s[played].tolist(), light_s]
    ends_s = [*starts_s[1:], span_s[1]]
    neutral = np.tile(np.array(NEUTRAL_SRGB, np.uint8), (1, len(QUADRANT_LABELS), 1))
    colours = np.concatenate([neutral, challenge.steps_srgb[played], neutral])
    for lane in range(len(QUADRANT_LABELS)):
        bars, shown = _runs(starts_s, ends_s, colours[:, lane])
        axes.broken_barh(
            bars,
            (lane + 0.04, 0.92),
            facecolors=["#{:02x}{:02x}{:02x}".format(*colour) for colour in shown],
            linewidth=0,
            antialiased=False,
            clip_on=False,
        )
    axes.set_xlim(*span_s)
    axes.set_ylim(len(QUADRANT_LABELS), 0)
    axes.set_yticks(np.arange(len(QUADRANT_LABELS)) + 0.5, QUADRANT_LABELS, color=QUIET)
    axes.tick_params(axis="both", length=0)
    axes.tick_params(axis="x", labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _runs(
    starts_s: list[float], ends_s: list[float], colours: NDArray[np.uint8]
) -> tuple[list[tuple[float, float]], list[NDArray[np.uint8]]]:
    """Return start, duration and colour of the stretches over which one quadrant did not change."""
    changes = [k for k in range(len(colours)) if k == 0 or (colours[k] != colours[k - 1]).any()]
    lasts = [*(k - 1 for k in changes[1:]), len(colours) - 1]
    bars = [(starts_s[k], ends_s[last] - starts_s[k]) for k, last in zip(changes, lasts, strict=True)]
    return bars, [colours[k] for k in changes]


def _draw_series(
    axes: Axes, times_s: NDArray[np.float64], series: NDArray[np.float64], fit: Overlay, row: int
) -> None:
    axes.plot(times_s, 100 * fit.predicted[:, row], color=ACCENT, linewidth=1.8, zorder=2, clip_on=False)
    # A dot is a line of no length with round ends: one path for all of them, a tenth of the size of markers.
    dots_s = np.column_stack([times_s, times_s, np.full_like(times_s, np.nan)]).ravel()
    dots = np.repeat(100 * series, 3)
    axes.plot(dots_s, dots, color=MEASURED, linewidth=3.2, solid_capstyle="round", zorder=3, clip_on=False)
    axes.text(0.0, 1.06, f"{SERIES[row]}, %", transform=axes.transAxes, color=INK, ha="left", va="bottom")
    axes.text(
        1.0,
        1.06,
        f"challenge explains {fit.explained[row]:.0%}",
        transform=axes.transAxes,
        color=ACCENT,
        size=SMALL_PX,
        ha="right",
        va="bottom",
    )
    axes.margins(y=0.12)
    axes.locator_params(axis="y", nbins=4)
