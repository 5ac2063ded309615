"""A session as a JSON object, and in words.

The JSON is local and holds every figure. The words tell the person the outcome and what to do next; the table
below them is for engineers, and it leaves out the comparison score, which nobody at a screen needs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from lightproof.cli.json_objects import (
    ContinuityObject,
    EvidenceObject,
    FreshnessObject,
    IdentityObject,
    LatencyObject,
    LitFaceObject,
    MatchObject,
    ReflectanceObject,
    RegionObject,
    ReliefObject,
    ResponseObject,
    SessionObject,
)
from lightproof.policy import Policy
from lightproof.presence.cues.regions import RegionRelief
from lightproof.reporting.evidence_summaries import evidence_summaries
from lightproof.result import RIGS_WITHOUT_A_PERSON
from lightproof.rigs.protocol import RigKind
from lightproof.verdict import REASONS, EvidencePart, Outcome, Verdict

if TYPE_CHECKING:
    from lightproof.session import Session

PARTS: Final[Mapping[str, type[Struct]]] = MappingProxyType(
    {
        "freshness": FreshnessObject,
        "latency": LatencyObject,
        "relief": ReliefObject,
        "reflectance": ReflectanceObject,
        "response": ResponseObject,
        "continuity": ContinuityObject,
        "identity": IdentityObject,
        "lit_face": LitFaceObject,
        "match": MatchObject,
    }
)
"""Part of the evidence -> what is printed of it, in that order."""

_INDENT: Final = (0, 0, 0, 2)
"""Top, right, bottom and left of a line below the outcome, in characters."""

COLOURS: Final = MappingProxyType(
    {
        Outcome.VERIFIED: "green",
        Outcome.NOT_VERIFIED: "red",
        Outcome.INCONCLUSIVE: "yellow",
        Outcome.DECLINED: "yellow",
    }
)
"""In which colour an outcome is printed."""


def session_object(
    session: Session, rig: RigKind, thumbprint: str | None, versions: Mapping[str, str]
) -> SessionObject:
    """Return what ``verify --json`` prints.

    ``rig`` is the rig's kind; ``thumbprint`` names the key that signed, None if nothing was signed.
    """
    parts = evidence_parts(session)
    return SessionObject(
        verdict=session.verdict.outcome,
        reasons=session.verdict.reasons,
        evidence=EvidenceObject(**{name: _part_object(name, part) for name, part in parts.items()}),
        token=session.token,
        jwks_thumbprint=thumbprint,
        challenge_proof=session.challenge_proof,
        timings=dict(session.timings),
        versions=dict(versions),
        rig=rig,
    )


def evidence_parts(session: Session) -> dict[str, EvidencePart | None]:
    """Return the parts of the evidence by name, None for those that the session did not come to."""
    parts: dict[str, EvidencePart | None] = {
        name: getattr(session.evidence, name, None) for name in PARTS if name != "match"
    }
    return parts | {"match": session.match}


def reasons_in_words(verdict: Verdict) -> list[str]:
    """Return what happened and what to do next, a line a reason."""
    return [f"{REASONS[code].message} {REASONS[code].remedy}" for code in verdict.reasons]


def print_session(console: Console, session: Session, rig: str, policy: Policy) -> None:
    """Print the outcome, the reasons in words and the table for engineers."""
    outcome = session.verdict.outcome
    console.print(str(outcome).replace("_", " "), style=f"bold {COLOURS[outcome]}")
    for line in reasons_in_words(session.verdict):
        console.print(Padding(line, _INDENT))
    if rig in RIGS_WITHOUT_A_PERSON:
        note = f"NOTE: the rig is {rig}: nobody was in front of a camera."
        console.print(Padding(note, _INDENT, style="bold"))
    table = Table("evidence", "finding", "", box=None, pad_edge=False, header_style="dim")
    for part in evidence_summaries(session, policy):
        # The match without its score: whoever sees how near they came can come nearer.
        headline = f"At a false match rate of {policy.fmr}." if part.name == "match" else part.headline
        if part.finding is not None:
            table.add_row(part.name, str(part.finding), headline)
    if table.row_count:
        console.print()
        console.print(table)


def _part_object(name: str, part: EvidencePart | None) -> Any:
    if part is None:
        return None
    figures = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}  # type: ignore[arg-type]
    verdict = figures.pop("finding")
    return PARTS[name](verdict=verdict, **{key: _known(value) for key, value in figures.items()})


def _known(value: Any) -> Any:
    """Return a figure as JSON has it: null where it is infinite or nan."""
    if isinstance(value, tuple):
        return tuple(_known(item) for item in value)
    if isinstance(value, RegionRelief):
        return RegionObject(
            region=value.region.value, coefficient=_known(value.coefficient), sigma=_known(value.sigma)
        )
    return None if isinstance(value, float) and not math.isfinite(value) else value
