"""The report of a campaign for engineers: one HTML file that needs nothing else, made from ``report.json``.

Importing this module raises :class:`~lightproof.errors.MissingExtraError` where matplotlib, Jinja2 or SciPy
is not installed, so that it is known before trials are run.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lightproof.errors import MissingExtraError
from lightproof.evaluation.species import BONA_FIDE
from lightproof.evaluation.trial_log import write_whole

try:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from lightproof.evaluation.chart_campaign import outcome_chart, score_chart, tradeoff_chart, words
    from lightproof.evaluation.chart_style import style
except ModuleNotFoundError as error:
    raise MissingExtraError(
        f"a report needs {error.name}, which is not installed; pip install 'lightproof[report,simulation]'"
    ) from error


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a campaign's report as one self-contained HTML file; it appears whole or not at all.

    Args:
        path: of the HTML file.
        report: what :func:`~lightproof.evaluation.campaign_summary.summarise` returned.

    Raises:
        OSError: the folder cannot be written to.
    """
    room = files(__package__)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"words": words, "percent": _percent, "ms": _milliseconds, "figure": _figure}
    template = environment.from_string(room.joinpath("evaluation_report.html.j2").read_text(encoding="utf-8"))
    with style():
        charts = _charts(report)
    page = template.render(
        report=report,
        charts=charts,
        # Ours, not escaped: in a style element there are no entities.
        css=Markup(room.joinpath("session_report.css").read_text(encoding="utf-8")),
    )
    write_whole(path, page)


def _charts(report: Mapping[str, Any]) -> dict[str, dict[str, Markup]]:
    """Return response level -> chart name -> SVG."""
    drawn: dict[str, dict[str, Markup]] = {}
    for number, (level, histograms) in enumerate(report["scores"]["by_response"].items()):
        rows = {
            species: report["species"][species]["by_response"][level]
            for species in report["worst_first"]
            if level in report["species"][species]["by_response"]
        }
        if level in report["bona_fide"]["by_response"]:
            rows[BONA_FIDE] = report["bona_fide"]["by_response"][level]
        curves = report["det"]["by_response"].get(level, {})
        ordered = {species: curves[species] for species in report["worst_first"] if species in curves}
        # Drawn by matplotlib from numbers and escaped by the XML writer.
        drawn[level] = {
            "outcomes": Markup(outcome_chart(rows, f"outcomes-{number}")),
            "scores": Markup(score_chart(report["scores"]["edges"], histograms, f"scores-{number}")),
        }
        if ordered:
            drawn[level]["tradeoff"] = Markup(tradeoff_chart(ordered, f"tradeoff-{number}"))
    return drawn


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:,.0f} ms"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
