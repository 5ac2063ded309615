"""The report of one or several sessions for engineers: one HTML file that needs nothing else.

It shows what was measured and why the session was decided as it was. It holds no picture of the face and no
embedding, but relief maps that were measured from a face, and comparison scores: it stays local, and only its
owner can read it.

Importing this module raises :class:`~lightproof.errors.MissingExtraError` where matplotlib or Jinja2 is not
installed, so that it is known before a session is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lightproof.errors import LightproofError, MissingExtraError

try:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from lightproof.reporting.charts.freshness import freshness_chart
    from lightproof.reporting.charts.latency import latency_chart
    from lightproof.reporting.charts.relief import coefficient_chart, relief_chart
    from lightproof.reporting.charts.response import challenge_charts, overlay, response_charts
    from lightproof.reporting.charts.style import style
    from lightproof.reporting.unbroken import unbroken
except ModuleNotFoundError as error:
    raise MissingExtraError(
        f"a report needs {error.name}, which is not installed; pip install 'lightproof[report]'"
    ) from error

from lightproof.files import require_writable, write_atomic
from lightproof.policy import Policy
from lightproof.reporting.evidence_summaries import evidence_summaries
from lightproof.rigs.protocol import RigDescription
from lightproof.verdict import REASONS, Outcome

if TYPE_CHECKING:
    from lightproof.session import Session

_DECIDED: Final = {
    Outcome.VERIFIED: "Every part of the evidence that was asked for is a pass.",
    Outcome.NOT_VERIFIED: "At least one part of the evidence is a fail, and each of them can veto.",
    Outcome.INCONCLUSIVE: "Nothing speaks against the person, but evidence is missing or too weak.",
    Outcome.DECLINED: "The person declined. That is a result, not a failure; nothing was measured.",
}


class ReportError(LightproofError, OSError):
    """A report cannot be written where it was asked for."""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One session of a report.

    Attributes:
        title: what was done, in a few words: the name of the case or the purpose.
        session: how it ended; run it with ``keep_trace=True``, else charts of what was measured are missing.
        versions: name -> version of the software.
        rig: what the session ran on.
        policy: the policy it ran under, for its tolerances.
    """

    title: str
    session: Session
    versions: Mapping[str, str]
    rig: RigDescription
    policy: Policy = field(default_factory=Policy)


def write_report(path: Path, pages: Sequence[ReportPage]) -> None:
    """Write sessions as one self-contained HTML file that only its owner can read (mode 0600).

    Several pages get a table of their verdicts on top. The file appears whole or not at all; an older one is
    replaced.

    Raises:
        ReportError: the folder is missing or cannot be written to.

    Example::

        write_report(Path("session.html"), [ReportPage("Front desk", session, versions, rig.description)])
    """
    # Drawing takes seconds: do not do it for a place that cannot be written to.
    _require_writable(path)
    page = _page_html(pages)
    try:
        write_atomic(path, page, private=True)
    except OSError as error:
        raise ReportError(
            f"report {path} cannot be written: {error.strerror or error}; choose another place"
        ) from error


def _require_writable(path: Path) -> None:
    try:
        require_writable(path)
    except OSError as error:
        raise ReportError(
            f"report {path} cannot be written: {error.strerror or error}; choose another place"
        ) from error


def _page_html(pages: Sequence[ReportPage]) -> str:
    room = files(__package__)
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=unbroken,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.from_string(room.joinpath("session_report.html.j2").read_text(encoding="utf-8"))
    with style():
        sections = [_section(page, f"session-{number}") for number, page in enumerate(pages, 1)]
    return template.render(
        sections=sections,
        # Ours, not escaped: in a style element there are no entities.
        css=Markup(room.joinpath("report.css").read_text(encoding="utf-8")),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _section(page: ReportPage, name: str) -> dict[str, Any]:
    """Return what the template shows of one session; ``name`` is unique in the file."""
    session = page.session
    return {
        "id": name,
        "title": page.title,
        "outcome": session.verdict.outcome.value,
        "decided": _DECIDED[session.verdict.outcome],
        "reasons": [REASONS[code] for code in session.verdict.reasons],
        "parts": evidence_summaries(session, page.policy),
        "freshness": None if session.evidence is None else session.evidence.freshness,
        "policy_decoys": page.policy.decoys,
        "drawn_decoys": 0 if session.trace is None else session.trace.decoy_scores.size,
        "has_evidence": session.evidence is not None,
        "has_trace": session.trace is not None,
        "charts": _charts(page, name),
        "timings": _timings(session.timings),
        "versions": list(page.versions.items()),
        "rig": _rig(page.rig),
        "policy": _policy(page.policy),
        "signed": session.token is not None,
    }


def _charts(page: ReportPage, name: str) -> dict[str, Any]:
    """Return chart name -> SVG, ready for the page; a chart that has nothing to show is left out."""
    challenge, evidence, trace = page.session.challenge, page.session.evidence, page.session.trace
    drawn: dict[str, str] = {}
    if challenge is None:
        return {}
    if trace is None or evidence is None:
        drawn["challenge_wide"], drawn["challenge_narrow"] = challenge_charts(challenge, f"{name}-challenge")
    else:
        fit = overlay(trace.light, trace.series)
        light_s = page.session.timings.get("light", challenge.duration_s)
        drawn["response_wide"], drawn["response_narrow"] = response_charts(
            challenge, trace, fit, light_s, f"{name}-response"
        )
        drawn["freshness"] = freshness_chart(evidence.freshness, trace, f"{name}-freshness")
        drawn["latency"] = latency_chart(evidence.latency, trace, f"{name}-latency")
        if evidence.relief.across is not None:
            across, down = (trace.across, trace.predicted_across), (trace.down, trace.predicted_down)
            drawn["across"] = relief_chart(*across, trace.mask, "across", f"{name}-across")
            drawn["down"] = relief_chart(*down, trace.mask, "down", f"{name}-down")
            drawn["coefficients"] = coefficient_chart(evidence.relief, f"{name}-coefficients")
    # Drawn by matplotlib from numbers and escaped by the XML writer.
    return {key: Markup(svg) for key, svg in drawn.items()}


def _timings(timings: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return the steps, then the light: it is on the rig's clock, which in a simulation is not the wall's."""
    named = {step: seconds for step, seconds in timings.items() if step != "light"}
    if "light" in timings:
        named["light, by the rig's clock"] = timings["light"]
    return [(step, f"{1000 * seconds:,.0f} ms") for step, seconds in named.items()]


def _rig(rig: RigDescription) -> list[tuple[str, str]]:
    latency_s = rig.calibration.latency_s
    return [
        ("rig", rig.name),
        ("kind", rig.kind),
        ("frame rate", f"{rig.frame_rate_hz:.1f} Hz"),
        ("refresh rate", f"{rig.refresh_hz:.1f} Hz"),
        ("calibrated latency", "never measured" if latency_s is None else f"{1000 * latency_s:.1f} ms"),
        ("screen", f"{rig.geometry.screen_m[0]:.3f} × {rig.geometry.screen_m[1]:.3f} m"),
    ]


def _policy(policy: Policy) -> list[tuple[str, str]]:
    return [
        ("mode", policy.mode),
        ("asked for", "presence only" if policy.presence_only else "presence and match"),
        ("decoys, over all looks together", f"{policy.decoys:,}"),
        ("false match rate", policy.fmr),
        ("least response", f"{100 * policy.min_response:.1f} %"),
        ("latency tolerance, at most", f"{1000 * policy.latency_tolerance_s:.0f} ms"),
    ]
