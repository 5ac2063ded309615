"""Relief: did the light fall as it falls on this very face if it is solid?

A print shows the same face, but its paper does not send the light back as the face would; glass mirrors the
screen; a mould of the face has less of its depth, and a false nose has it only at the nose. So each axis,
both together, and each part of the face have to answer. The thresholds were chosen on the path-traced bases
of subjects with an even number; what is published is of the others, whom they had not met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from lightproof._core import ResponseMaps, fit_relief
from lightproof.presence.cues.regions import RegionRelief, relief_by_region
from lightproof.presence.observation import Observation
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, with_error
from lightproof.verdict import Finding, ReasonCode

MIN_DOWN: Final = 0.25
MIN_ACROSS: Final = 0.15
"""Coefficients on the predicted relief: heads had 0.38…1.3 down and 0.32…1.1 across, in any light
(once 0.29 ± 0.11 down); flat, bent and folded prints at most 0.20 down, and where they had more than 0.1
across (up to 0.29, a fold) they had under 0.1 down."""

MIN_WHOLE: Final = 0.33
"""Least mean of both axes, each by its precision, which is known better than either. Heads had 0.41…0.63 in
office light at 5 and 10 %, 0.43…1.25 in four other lights, and at least 0.36 with two errors taken off.
Moulds of half a face's own depth had 0.30…0.36, cut-outs 0.20…0.31, paper at most 0.43 with 0.15 down."""

MIN_REGION: Final = 0.15
"""A part of the face that has less for certain keeps the face from passing; it does not fail it, because a
beard, a hand or a turned cheek may do that too. Heads had at least 0.31 with two errors added, cut-outs 0.09
to 0.20 at their flattest."""

MAX_COEFFICIENT: Final = 1.8
"""More relief than a head can have: a mirror image of the screen."""

MAX_MISFIT: Final = 0.14
"""Heads leave 0.01…0.05 unexplained (shadows, lips), up to 0.12 where the room lights them from one side
only; glass 0.12…0.8, and what of it is under 0.16 has no relief of a head."""

CLEARANCE_Z: Final = 2.0
"""Standard errors by which a coefficient must clear its threshold, on either side: between them it is
inconclusive."""

_MIN_SIGMA: Final = 1e-9
"""So that nothing is divided by zero."""


@dataclass(frozen=True, slots=True)
class ReliefEvidence:
    """Whether the light fell as it falls on this very face if it is solid.

    ``across`` and ``down`` are coefficients on the predicted relief from left to right and from top to
    bottom (0 on paper, about 0.5 and 0.65 on heads), each with its standard error; ``misfit`` is what
    neither relief nor a smooth surface explains, in quotient units (large on glass); ``regions`` has the
    coefficient of each part of the face.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    across: float | None
    across_sigma: float | None
    down: float | None
    down_sigma: float | None
    misfit: float | None
    regions: tuple[RegionRelief, ...] = ()


NO_RELIEF: Final = ReliefEvidence(
    Finding.INCONCLUSIVE, (ReasonCode.RELIEF_UNCLEAR,), None, None, None, None, None
)
"""The evidence of light in which no shape could be read."""


def judge(maps: ResponseMaps | None, observation: Observation) -> ReliefEvidence:
    """Return the evidence; ``maps`` is None where the light shows no shape that could be read."""
    prediction = observation.prediction
    if maps is None:
        return NO_RELIEF
    fit = fit_relief(maps, prediction.mask, prediction.across, prediction.down)
    if fit is None:
        return NO_RELIEF
    regions = relief_by_region(maps, prediction)
    across, across_sigma = fit.across.coefficient, fit.across.sigma
    down, down_sigma = fit.down.coefficient, fit.down.sigma

    def found(finding: Finding, *reasons: ReasonCode) -> ReliefEvidence:
        return ReliefEvidence(finding, reasons, across, across_sigma, down, down_sigma, fit.misfit, regions)

    asked = asked_of((across, across_sigma), (down, down_sigma))
    if is_specular(asked, fit.misfit):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    if is_mirrored(asked):
        return found(Finding.INCONCLUSIVE, ReasonCode.CAMERA_MIRRORED)
    if any(k + CLEARANCE_Z * sigma < minimum for k, sigma, minimum in asked):
        return found(Finding.FAIL, ReasonCode.FLAT_LIGHT)
    clear = all(k - CLEARANCE_Z * sigma >= minimum for k, sigma, minimum in asked)
    if clear and not is_flat_somewhere(regions):
        return found(Finding.PASS)
    return found(Finding.INCONCLUSIVE, ReasonCode.RELIEF_UNCLEAR)


Asked: TypeAlias = tuple[float, float, float]
"""Coefficient, its standard error, and the least that is asked of it."""


def asked_of(across: tuple[float, float], down: tuple[float, float]) -> tuple[Asked, Asked, Asked]:
    """Return what is asked of each axis and of both together; an axis is a coefficient and its error."""
    (k_across, sigma_across), (k_down, sigma_down) = across, down
    weights = 1 / max(sigma_across, _MIN_SIGMA) ** 2, 1 / max(sigma_down, _MIN_SIGMA) ** 2
    whole = (weights[0] * k_across + weights[1] * k_down) / sum(weights)
    return (
        (k_across, sigma_across, MIN_ACROSS),
        (k_down, sigma_down, MIN_DOWN),
        (whole, sum(weights) ** -0.5, MIN_WHOLE),
    )


def is_flat_somewhere(regions: tuple[RegionRelief, ...]) -> bool:
    """Return whether a part of the face has no relief for certain."""
    return any(part.coefficient + CLEARANCE_Z * part.sigma < MIN_REGION for part in regions)


def is_mirrored(axes: tuple[Asked, ...]) -> bool:
    """Return whether light from the right falls as on a face from the left, but from above as it should.

    A camera that mirrors its pictures does that to everybody, and nothing flat or hollow does: paper that is
    bent has nothing of a face from top to bottom, and a hollow face is the wrong way round in both.
    """
    (k_across, sigma_across, least_across), (k_down, sigma_down, least_down), _ = axes
    return (
        -k_across - CLEARANCE_Z * sigma_across >= least_across
        and k_down - CLEARANCE_Z * sigma_down >= least_down
    )


def is_specular(axes: tuple[Asked, ...], misfit: float) -> bool:
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
    if evidence.across is not None and evidence.down is not None:
        asked = asked_of(
            (evidence.across, evidence.across_sigma or 0.0), (evidence.down, evidence.down_sigma or 0.0)
        )
        whole = with_error(number(asked[2][0], 2), number(asked[2][1], 2))
        figures.append(EvidenceFigure("both axes by their precision", whole, f"at least {MIN_WHOLE:.2f}"))
    figures.extend(
        EvidenceFigure(
            f"coefficient of the {part.region}",
            with_error(number(part.coefficient, 2), number(part.sigma, 2)),
            f"not under {MIN_REGION:.2f} for certain",
        )
        for part in evidence.regions
    )
    figures.append(
        EvidenceFigure("misfit, in quotient units", number(evidence.misfit, 3), f"at most {MAX_MISFIT:.2f}")
    )
    return EvidenceSummary("relief", evidence.finding, headline, evidence.reasons, tuple(figures))
