"""Measures what docs/speed.md promises, now, here, in one run; with --write draws the plots too."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from benches import clock, decision, frame_path, freshness
from studies import command, tables

Row: TypeAlias = tuple[str, str, str, str, str]
_HEAD: Row = ("what", "measured", "against", "ratio", "× floor")


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms"


def rows() -> list[Row]:
    """Measure everything and return the table."""
    path = frame_path.measure()
    look = freshness.measure()
    face, frame = path.copy_face_s, path.copy_frame_s
    table = [
        (what, _ms(ours_s), f"{name} {_ms(other_s)}", f"{other_s / ours_s:.1f}", floor)
        for what, ours_s, name, other_s, floor in (
            (
                "frame path",
                path.sampler_s,
                f"NumPy, same weights (rms {path.exact_apart[1]:.0e})",
                path.exact_s,
                f"{path.sampler_s / frame:.0f} (frame), {path.sampler_s / face:.0f} (face)",
            ),
            (
                "frame path",
                path.sampler_s,
                f"OpenCV filter, whole frame (rms {path.filtered_apart[1]:.0e}, not along the face)",
                path.filtered_s,
                "",
            ),
            ("frame path", path.sampler_s, "OpenCV filter, face only (the same)", path.filtered_part_s, ""),
            (
                "frame path + response",
                path.sampler_and_response_s,
                "NumPy, same weights, cells only",
                path.exact_s,
                "",
            ),
            (
                "freshness, 2²⁰ decoys",
                look.core_s,
                "NumPy, every decoy scored",
                look.numpy_full_s,
                f"{look.core_s / look.copy_s:.0f}",
            ),
            (
                "freshness, 2²⁰ decoys",
                look.core_s,
                "NumPy, mixed from halves as in the core",
                look.numpy_s,
                "",
            ),
            (
                "freshness, 2²² decoys (a look)",
                look.core_look_s,
                "NumPy, mixed (× 4)",
                4 * look.numpy_s,
                "",
            ),
        )
    ]
    table += [
        (
            f"colours of a frame ({one.pixel_format})",
            _ms(one.core_s),
            f"OpenCV, cvtColor {_ms(one.opencv_s)}",
            f"{one.opencv_s / one.core_s:.1f}",
            f"{one.core_s / frame:.0f} (frame)",
        )
        for one in frame_path.colours()
    ]
    for k, one in enumerate(decision.measure()):
        took = f"{_ms(one.total_s)} by the clock"
        processor = f"look {_ms(one.look_processor_s)} of processor, match {_ms(one.steps_s['match'])}"
        table.append((f"decision, session {k + 1} ({one.outcome})", took, processor, "", ""))
    return table


def _plots(folder: Path) -> None:
    """Draw cost against pixels, cells, frames and decoys."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "lightproof"
    from matplotlib import pyplot as plt

    faces_px = (75, 150, 300, 450, 600)
    grids = ((12, 10), (24, 20), (48, 40), (96, 80))
    frames = (48, 96, 192, 384)
    exponents = (12, 14, 16, 18, 20, 22)
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.6), layout="constrained")
    series = (
        (
            "pixels in the face",
            [int(0.83 * px * px) for px in faces_px],
            "sampler",
            [frame_path.sampler_s(px) for px in faces_px],
        ),
        ("cells", [r * c for r, c in grids], "sampler", [frame_path.sampler_s(300, r, c) for r, c in grids]),
        ("frames", list(frames), "latency curve", [freshness.latency_curve_s(n) for n in frames]),
        ("decoys", [1 << k for k in exponents], "ranking", [freshness.rank_s(k) for k in exponents]),
    )
    for axis, (label, x, name, seconds) in zip(axes, series, strict=True):
        axis.loglog(x, [s * 1e3 for s in seconds], "o-", label=name, color="#1b6ca8")
        if label == "cells":
            axis.loglog(
                x, [frame_path.push_s(r, c) * 1e3 for r, c in grids], "s--", label="response", color="#c8553d"
            )
        axis.set_xlabel(label)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, fontsize=8)
    axes[0].set_ylabel("ms of one processor")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "scaling.svg", metadata={"Date": None})


def main(given: Sequence[str] | None = None) -> int:
    """Run the bench and return its exit status."""
    parser = command.new_parser("benches.table", __doc__)
    tables.add_write_option(parser, "speed.md", "speed")
    return command.run(parser, _bench, given)


def _bench(arguments: argparse.Namespace) -> None:
    conditions, measured = clock.conditions(), rows()
    tables.put(
        tables.markdown(_HEAD, measured),
        "speed",
        arguments.write,
        command=arguments.command,
        measured_with=conditions,
    )
    if arguments.write is not None:
        _plots(arguments.write.parent / "speed")


if __name__ == "__main__":
    sys.exit(main())
