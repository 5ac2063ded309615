"""Reflectance: does the screen's light come back by the same surface as the room's?

Room light and screen light fall on the same skin or ink, so lips, brows and freckles are as dark in the one
as in the other: the picture that the screen's light makes has the texture of the picture before it. A picture
that is projected or emitted brings its own light; what the screen adds to it shows the bare white head or
glass, and none of the texture.

What somebody would do to get round it: print what he would project, which is a print or a mask and left to
relief; or let the projector's lamp follow the screen, by a photodiode and in all three colours. That light
has the picture's texture but no sides, so it lifts the slope as it thins the relief; docs/limits.md says
how much of it passes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof._core import ResponseMaps
from lightproof.colour import LUMINANCE
from lightproof.presence.cues.regions import TOGETHER
from lightproof.presence.cues.relief import CLEARANCE_Z
from lightproof.presence.observation import Observation
from lightproof.summary import EvidenceFigure, EvidenceSummary, number, with_error
from lightproof.verdict import Finding, ReasonCode

MIN_SLOPE: Final = 0.22
"""Slope of the response's texture on the picture's. Path-traced heads with even numbers had 0.57…1.03 in
office light, by a window 0.53…0.84, under ceiling lamps alone, whose shadows are texture too, 0.34…0.43;
paper 0.69…1.07; faces projected on white heads 0.00…0.11, each known to 0.02…0.06."""

_SMOOTH_CELLS: Final = 1.5
"""Standard deviation of the surroundings from which a cell's texture is told: lips, nostrils and brows are
two to three cells wide, and the shading of a cheek is wider."""

_MODEL_SIGMA: Final = 0.08
"""Relative error of a cell's response that is no noise: a shadow of the room's light is texture to the
picture and none to the screen's light."""

_MIN_LIGHT: Final = 1e-6
"""Linear light that is none, so that nothing is divided by zero: a hundredth of the first 8-bit step."""

_MIN_SHARE: Final = 0.15
"""Least light of a cell's surroundings, over the median: what is in shadow cannot blow up its texture."""

_MIN_CELLS: Final = 50
"""Fewer cells are no evidence of a face."""


@dataclass(frozen=True, slots=True)
class ReflectanceEvidence:
    """Whether the screen's light comes back by the same surface as the room's.

    ``slope`` is that of the response's texture on the picture's: 1 where both fall on one surface, 0 where
    the picture has its own light; ``sigma`` its standard error.
    """

    finding: Finding
    reasons: tuple[ReasonCode, ...]
    slope: float | None
    sigma: float | None


NO_REFLECTANCE: Final = ReflectanceEvidence(Finding.INCONCLUSIVE, (ReasonCode.SURFACE_UNCLEAR,), None, None)
"""The evidence of light in which no texture could be read."""


def judge(maps: ResponseMaps | None, observation: Observation) -> ReflectanceEvidence:
    """Return the evidence; ``maps`` is None where the light shows nothing that could be read."""
    found = None if maps is None else _slope(maps, observation)
    if found is None:
        return NO_REFLECTANCE
    slope, sigma = found
    if slope + CLEARANCE_Z * sigma < MIN_SLOPE:
        return ReflectanceEvidence(Finding.FAIL, (ReasonCode.OWN_LIGHT,), slope, sigma)
    if slope - CLEARANCE_Z * sigma >= MIN_SLOPE:
        return ReflectanceEvidence(Finding.PASS, (), slope, sigma)
    return ReflectanceEvidence(Finding.INCONCLUSIVE, (ReasonCode.SURFACE_UNCLEAR,), slope, sigma)


def _slope(maps: ResponseMaps, observation: Observation) -> tuple[float, float] | None:
    """Return the slope and its standard error, or None where too few cells say anything.

    The relative response times the picture under neutral light is the picture under the screen's light alone.
    Its texture, a cell over its surroundings, is regressed on that of the picture, beside the texture of the
    predicted quotients, their squares and their product: these turn with the surface, and take what nose and
    brows do to light as it falls.
    """
    prediction = observation.prediction
    variance = maps.variances[0].astype(np.float64)
    across, down = prediction.across.astype(np.float64), prediction.down.astype(np.float64)
    used = prediction.mask & np.isfinite(variance) & (variance > 0) & np.isfinite(across) & np.isfinite(down)
    if used.sum() < _MIN_CELLS:
        return None
    picture = observation.neutral_cells.astype(np.float64) @ LUMINANCE
    lit = maps.estimates[0] * picture
    around, around_lit = _surroundings(picture, used), _surroundings(lit, used)
    of_picture = _less_surroundings(picture / around, used)[used]
    of_lit = _less_surroundings(lit / around_lit, used)[used]
    shading = (across, down, across * across, down * down, across * down)
    regressors = np.stack([of_picture, *(_less_surroundings(map_, used)[used] for map_ in shading)], axis=1)
    noise = variance[used] * (picture / around_lit)[used] ** 2
    weight = 1.0 / (noise + _MODEL_SIGMA**2)
    try:
        inverse = np.linalg.inv((regressors * weight[:, None]).T @ regressors)
    except np.linalg.LinAlgError:
        return None
    coefficients = inverse @ (regressors.T @ (weight * of_lit))
    residual = of_lit - regressors @ coefficients
    pull = np.zeros(used.shape)
    pull[used] = (regressors @ inverse[0]) * weight * residual
    shared = float((pull * cv2.filter2D(pull, -1, TOGETHER, borderType=cv2.BORDER_CONSTANT)).sum())
    alone = float(inverse[0, 0]) * max(1.0, float((weight * residual**2).mean()))
    slope, sigma = float(coefficients[0]), float(np.sqrt(max(shared, alone)))
    return (slope, sigma) if np.isfinite(slope) and np.isfinite(sigma) else None


def _less_surroundings(values: NDArray[np.float64], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return values less the mean of their surroundings, on the cells in use; 0 elsewhere."""
    return np.where(used, values - _mean_around(values, used), 0.0)


def _surroundings(light: NDArray[np.float64], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean light around every cell, at least a share of the median."""
    mean = _mean_around(light, used)
    return np.maximum(mean, max(_MIN_SHARE * float(np.median(light[used])), _MIN_LIGHT))


def _mean_around(values: NDArray[np.float64], used: NDArray[np.bool_]) -> NDArray[np.float64]:
    cells = used.astype(np.float64)
    weights = cv2.GaussianBlur(cells, (0, 0), _SMOOTH_CELLS)
    sums = cv2.GaussianBlur(np.where(used, values, 0.0), (0, 0), _SMOOTH_CELLS)
    return np.asarray(sums / np.maximum(weights, 1e-12), np.float64)


def summary(evidence: ReflectanceEvidence) -> EvidenceSummary:
    """Return what a report says of reflectance."""
    slope = with_error(number(evidence.slope, 2), number(evidence.sigma, 2))
    if evidence.slope is None:
        headline = "No texture could be read from the light."
    else:
        headline = f"The screen's light shows {slope} of the texture that the room's light shows."
    figure = EvidenceFigure(
        "slope of the response's texture",
        slope,
        f"at least {MIN_SLOPE:.2f}, by {CLEARANCE_Z:.0f} errors",
    )
    return EvidenceSummary("reflectance", evidence.finding, headline, evidence.reasons, (figure,))
