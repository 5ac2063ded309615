"""How well the challenge explains the light if it took longer or shorter."""

from __future__ import annotations

import numpy as np

from lightproof.presence.cues.latency import LatencyEvidence
from lightproof.presence.evidence import Trace
from lightproof.reporting.charts.style import (
    ACCENT,
    INK,
    MEASURED,
    NARROW_PX,
    QUIET,
    new_figure,
    place,
    to_svg,
)


def latency_chart(latency: LatencyEvidence, trace: Trace, name: str) -> str:
    """Return the latency curve with the calibrated latency and its tolerance marked, as SVG."""
    figure = new_figure(NARROW_PX, 232)
    axes = place(figure, 52, 34, NARROW_PX - 64, 148)
    latencies_ms = 1000 * trace.latencies_s
    axes.plot(latencies_ms, trace.latency_curve, color=INK, linewidth=1.6)
    top = max(float(np.nanmax(trace.latency_curve, initial=0.0)), 1.0) * 1.12
    axes.set_ylim(0.0, top)
    axes.set_xlim(float(latencies_ms[0]), float(latencies_ms[-1]))
    told = []
    if latency.calibrated_s is not None:
        calibrated_ms, tolerance_ms = 1000 * latency.calibrated_s, 1000 * latency.tolerance_s
        axes.axvspan(
            calibrated_ms - tolerance_ms, calibrated_ms + tolerance_ms, color=ACCENT, alpha=0.16, linewidth=0
        )
        axes.axvline(calibrated_ms, color=ACCENT, linewidth=1.4, dashes=(4, 3))
        axes.annotate(
            f"calibrated {calibrated_ms:.0f} ± {tolerance_ms:.0f} ms",
            (calibrated_ms, 1.03),
            xycoords=("data", "axes fraction"),
            color=ACCENT,
            ha="center",
            va="bottom",
        )
        told.append(f"The rig's calibrated latency is {calibrated_ms:.0f} ± {tolerance_ms:.0f} milliseconds.")
    if latency.latency_s is not None and latency.sigma_s is not None:
        latency_ms, sigma_ms = 1000 * latency.latency_s, 1000 * latency.sigma_s
        height = float(np.interp(latency_ms, latencies_ms, trace.latency_curve))
        axes.errorbar(
            latency_ms,
            height,
            xerr=sigma_ms,
            color=MEASURED,
            marker="o",
            markersize=6,
            capsize=3,
            linewidth=1.4,
        )
        # Beside the shoulder of the peak, on the side where there is room.
        leftward = latency_ms > 0.6 * latencies_ms[-1] + 0.4 * latencies_ms[0]
        low = latencies_ms[(trace.latency_curve < 0.85 * height) & ((latencies_ms < latency_ms) == leftward)]
        shoulder_ms = float((low.max() if leftward else low.min()) if low.size else latency_ms)
        axes.annotate(
            f"measured {latency_ms:.0f} ± {sigma_ms:.0f} ms",
            (shoulder_ms, height),
            xytext=(-6 if leftward else 6, -2),
            textcoords="offset points",
            color=INK,
            ha="right" if leftward else "left",
            va="center",
        )
        told.append(f"The curve peaks at {latency_ms:.0f} ± {sigma_ms:.0f} milliseconds.")
    axes.set_xlabel("latency, ms")
    axes.text(-0.13, 1.06, "score", transform=axes.transAxes, color=QUIET, size=10, ha="left", va="bottom")
    description = (
        f"Score of the challenge against the latency assumed, from {latencies_ms[0]:.0f} to "
        f"{latencies_ms[-1]:.0f} milliseconds. {' '.join(told) or 'It has no clear peak.'}"
    )
    return to_svg(figure, name, description)
