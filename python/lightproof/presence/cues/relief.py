"""Relief: did the light fall as it falls on this very face if it is solid?

A print shows the same face, but its paper does not send the light back as the face would; glass mirrors the
screen. The thresholds were chosen on the path-traced bases of subjects with an even number; what is published
is of the others, whom they had not met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lightproof._core import ResponseMaps, fit_relief
from lightproof.presence.observation import Observation
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, with_error
from lightproof.verdict import Finding, ReasonCode

MIN_DOWN: Final = 0.25
MIN_ACROSS: Final = 0.15
"""Coefficients on the predicted relief: heads had 0.38…1.3 down and 0.32…1.1 across, in any light
(once 0.29 ± 0.11 down); flat, bent and folded prints at most 0.20 down, and where they had more than 0.1
across (up to 0.29, a fold) they had under 0.1 down."""

MAX_COEFFICIENT: Final = 1.8
"""More relief than a head can have: a mirror image of the screen."""

MAX_MISFIT: Final = 0.14
"""Heads leave 0.01…0.05 unexplained (shadows, lips), up to 0.12 where the room lights them from one side
only; glass 0.12…0.8, and what of it is under 0.16 has no relief of a head."""

CLEARANCE_Z: Final = 2.0
"""Standard errors by which a coefficient must clear its threshold, on either side: between them it is
inconclusive."""


@dataclass(frozen=True, slots=True)
class ReliefEvidence:
    """Whether the light fell as it falls on this very face if it is solid.

    ``across`` and ``down`` are coefficients on the predicted relief from left to right and from top to
    bottom (0 on paper, about 0.5 and 0.65 on heads), each with its standard error; ``misfit`` is what
    neither relief nor a smooth surface explains, in quotient units (large on glass).
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    across: float | None
    across_sigma: float | None
    down: float | None
    down_sigma: float | None
    misfit: float | None


NO_RELIEF: Final = ReliefEvidence(
    Finding.INCONCLUSIVE, (ReasonCode.RELIEF_UNCLEAR,), None, None, None, None, None
)
"""The evidence of light in which no shape could be read."""


def judge(maps: ResponseMaps | None, observation: Observation) -> ReliefEvidence:
    """Return the evidence; ``maps`` is None where the light shows no shape that could be read."""
    prediction = observation.prediction
    fit = None if maps is None else fit_relief(maps, prediction.mask, prediction.across, prediction.down)
    if fit is None:
        return NO_RELIEF
    across, across_sigma = fit.across.coefficient, fit.across.sigma
    down, down_sigma = fit.down.coefficient, fit.down.sigma

    def found(finding: Finding, *reasons: ReasonCode) -> ReliefEvidence:
        return ReliefEvidence(finding, reasons, across, across_sigma, down, down_sigma, fit.misfit)

    axes = ((across, across_sigma, MIN_ACROSS), (down, down_sigma, MIN_DOWN))
    if is_specular(axes, fit.misfit):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    if any(k + CLEARANCE_Z * sigma < minimum for k, sigma, minimum in axes):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    if all(k - CLEARANCE_Z * sigma >= minimum for k, sigma, minimum in axes):
        return found(Finding.PASS)
    return found(Finding.INCONCLUSIVE, ReasonCode.RELIEF_UNCLEAR)


def is_specular(axes: tuple[tuple[float, float, float], ...], misfit: float) -> bool:
    """Return whether relief is more than a head has, or light comes back that no surface explains: glass.

    ``axes`` are coefficient, standard error and minimum; only the first two are looked at.
    """
    return not misfit <= MAX_MISFIT or any(k - CLEARANCE_Z * sigma > MAX_COEFFICIENT for k, sigma, _ in axes)


def summary(evidence: ReliefEvidence) -> EvidenceSummary:
    """Return what a report says of relief."""
    across = with_error(number(evidence.across, 2), number(evidence.across_sigma, 2))
    down = with_error(number(evidence.down, 2), number(evidence.down_sigma, 2))
    if evidence.across is None or evidence.down is None:
        headline = "The shape could not be read from the light."
    else:
        headline = f"{across} across and {down} down of what a solid face gives."
    figures = [
        EvidenceFigure(
            f"coefficient {name}",
            value,
            f"{minimum:.2f} to {MAX_COEFFICIENT:.1f}, by {CLEARANCE_Z:.0f} errors",
        )
        for name, value, minimum in (("across", across, MIN_ACROSS), ("down", down, MIN_DOWN))
    ]
    figures.append(
        EvidenceFigure("misfit, in quotient units", number(evidence.misfit, 3), f"at most {MAX_MISFIT:.2f}")
    )
    return EvidenceSummary("relief", evidence.finding, headline, evidence.reasons, tuple(figures))
