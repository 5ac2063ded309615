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
from lightproof.evaluation.campaign import as_percent
from lightproof.evaluation.species import BONA_FIDE
from lightproof.files import write_atomic

try:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from lightproof.evaluation.report.outcome_charts import outcome_chart, score_chart, words
    from lightproof.evaluation.report.tradeoff_charts import rejection_chart, tradeoff_chart
    from lightproof.reporting.charts.style import style
    from lightproof.reporting.unbroken import unbroken
except ModuleNotFoundError as error:
    raise MissingExtraError(
        f"a report needs {error.name}, which is not installed; pip install 'lightproof[report,simulation]'"
    ) from error


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Write a campaign's report as one self-contained HTML file; it appears whole or not at all.

    Args:
        path: of the HTML file.
        report: what :func:`~lightproof.evaluation.metrics.summary.summarise` returned.

    Raises:
        OSError: the folder cannot be written to.
    """
    room = files(__package__)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "words": words,
        "level": as_percent,
        "percent": _percent,
        "ms": _milliseconds,
        "figure": _figure,
    }
    template = environment.from_string(room.joinpath("evaluation_report.html.j2").read_text(encoding="utf-8"))
    with style():
        charts = {by: _charts(report, by) for by in ("by_response", "by_light")}
        group_charts = {name: _group_charts(report, name) for name in report["groups"]}
    page = template.render(
        report=report,
        charts=charts,
        group_charts=group_charts,
        # Ours, not escaped: in a style element there are no entities.
        css=Markup(files("lightproof.reporting").joinpath("report.css").read_text(encoding="utf-8")),
    )
    write_atomic(path, page, private=True)


def _charts(report: Mapping[str, Any], by: str) -> dict[str, dict[str, Markup]]:
    """Return response level or light -> chart name -> SVG."""
    drawn: dict[str, dict[str, Markup]] = {}
    for number, (part, histograms) in enumerate(report["scores"][by].items()):
        rows = {
            species: report["species"][species][by][part]
            for species in report["worst_first"]
            if part in report["species"][species][by]
        }
        if part in report["bona_fide"][by]:
            rows[BONA_FIDE] = report["bona_fide"][by][part]
        curves = report["det"][by].get(part, {})
        ordered = {species: curves[species] for species in report["worst_first"] if species in curves}
        people_first = {name: histograms[name] for name in sorted(rows, key=lambda row: row != BONA_FIDE)}
        # Drawn by matplotlib from numbers and escaped by the XML writer.
        drawn[part] = {
            "outcomes": Markup(outcome_chart(rows, f"outcomes-{by}-{number}")),
            "scores": Markup(
                score_chart(report["scores"], people_first, frozenset({BONA_FIDE}), f"scores-{by}-{number}")
            ),
        }
        if ordered:
            drawn[part]["tradeoff"] = Markup(
                tradeoff_chart(ordered, frozenset([*ordered][:1]), f"tradeoff-{by}-{number}")
            )
    return drawn


def _group_charts(report: Mapping[str, Any], name: str) -> dict[str, dict[str, Markup]]:
    """Return response level -> chart name -> SVG, for one way of grouping people."""
    groups = report["groups"][name]["groups"]
    drawn: dict[str, dict[str, Markup]] = {}
    for number, level in enumerate(report["bona_fide"]["by_response"]):
        curves = {
            group: figures["det"]["by_response"][level]
            for group, figures in groups.items()
            if level in figures["det"]["by_response"]
        }
        if not curves:
            continue
        histograms = {group: groups[group]["scores"]["by_response"][level][BONA_FIDE] for group in curves}
        alone = {group: curve["bona_fide"] for group, curve in curves.items()}
        worst = {group: curve["worst_species"] for group, curve in curves.items() if curve["worst_species"]}
        everyone = report["det"][BONA_FIDE]["by_response"][level]
        of = f"{list(report['groups']).index(name)}-{number}"
        drawn[level] = {
            "scores": Markup(
                score_chart(report["scores"], histograms, frozenset(histograms), f"group-scores-{of}")
            ),
            "rejection": Markup(rejection_chart(alone, everyone, report["scores"], f"rejection-{of}")),
        }
        if worst:
            drawn[level]["tradeoff"] = Markup(tradeoff_chart(worst, frozenset(worst), f"group-tradeoff-{of}"))
    return drawn


def _percent(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:,.0f} ms"


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"−{-value:.3g}" if value < 0 else f"{value:.3g}"
