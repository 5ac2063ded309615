"""Regions: does each part of the face have relief of its own?

A false nose on a bent print has as much relief as a nose and none beside it, and one coefficient for the
whole face takes the one for the other. So the quotients are regressed once more, with a coefficient for each
part of the face beside the one smooth surface, as :mod:`lightproof._core` does for the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof._core import ResponseMaps
from lightproof.face.alignment import COLUMNS, ROWS
from lightproof.presence.surface import Prediction

_MIN_RELATIVE_RESPONSE: Final = 0.15
_SMOOTHING_CELLS: Final = 7
_MODEL_SIGMA: Final = 0.04
"""As for the whole face: rust/core/src/relief.rs says why."""

_REACH: Final = np.arange(-3, 4)
TOGETHER: Final = np.maximum(0.0, 1.0 - np.hypot(_REACH[:, None], _REACH[None, :]) / 3)
"""How far the errors of cells go together that are less than three apart, (7, 7) (Conley 1999, section 3)."""

MIN_CELLS: Final = 40
"""A part of a face with fewer cells says nothing of its own: a turned or covered cheek."""


class FacePart(StrEnum):
    """A part of the face on the grid of cells, whose eyes are at a third of its height, the mouth at 0.73."""

    BROW = "brow"
    NOSE = "nose"
    CHEEKS = "cheeks"
    CHIN = "chin"


@dataclass(frozen=True, slots=True)
class RegionRelief:
    """Coefficient on the predicted relief of one part of the face, of both axes by their precision."""

    region: FacePart
    coefficient: float
    sigma: float


def region_cells() -> dict[FacePart, NDArray[np.bool_]]:
    """Return which cells of the grid, (48, 40) each, belong to each part; every cell belongs to one."""
    right = (np.arange(COLUMNS)[None, :] + 0.5) / COLUMNS
    down = (np.arange(ROWS)[:, None] + 0.5) / ROWS
    everywhere = np.ones((ROWS, COLUMNS), np.bool_)
    brow, chin = (down <= 0.30) & everywhere, (down >= 0.64) & everywhere
    nose = (np.abs(right - 0.5) < 0.17) & ~brow & ~chin
    return {
        FacePart.BROW: brow,
        FacePart.NOSE: nose,
        FacePart.CHEEKS: ~(brow | chin | nose),
        FacePart.CHIN: chin,
    }


def relief_by_region(maps: ResponseMaps, prediction: Prediction) -> tuple[RegionRelief, ...]:
    """Return the relief of each part that has enough cells, in the order of :class:`FacePart`."""
    variances = maps.variances.astype(np.float64)
    used = prediction.mask & np.isfinite(variances).all(axis=0) & (variances > 0).all(axis=0)
    used &= np.isfinite(prediction.across) & np.isfinite(prediction.down)
    parts = {
        name: cells & used for name, cells in region_cells().items() if (cells & used).sum() >= MIN_CELLS
    }
    if not parts:
        return ()
    relative = _relative_response(maps.estimates[0].astype(np.float64), variances[0], used)
    fits = [
        _axis(maps.estimates[axis].astype(np.float64), variances[axis], predicted, relative, used, parts)
        for axis, predicted in ((1, prediction.across), (2, prediction.down))
    ]
    found = []
    for number, region in enumerate(parts):
        pairs = [fit[number] for fit in fits if fit is not None]
        weights = [1 / sigma**2 for _, sigma in pairs if np.isfinite(sigma) and sigma > 0]
        if len(weights) == len(fits):
            mean = sum(weight * k for weight, (k, _) in zip(weights, pairs, strict=True)) / sum(weights)
            found.append(RegionRelief(region, float(mean), float(sum(weights) ** -0.5)))
    return tuple(found)


def _axis(
    quotient: NDArray[np.float64],
    variance: NDArray[np.float64],
    predicted: NDArray[np.float32],
    relative: NDArray[np.float64],
    used: NDArray[np.bool_],
    parts: dict[FacePart, NDArray[np.bool_]],
) -> list[tuple[float, float]] | None:
    """Return coefficient and standard error of each part, or None where they cannot be told apart."""
    expected = np.clip(np.nan_to_num(predicted.astype(np.float64)), -1, 1)
    x, y = np.meshgrid(2 * np.arange(COLUMNS) / COLUMNS - 1, 2 * np.arange(ROWS) / ROWS - 1)
    surface = (np.ones_like(x), x, y, x * y, x * x, y * y)
    terms = [*(np.where(cells, expected, 0.0) for cells in parts.values()), *surface]
    regressors = np.stack([(term * relative)[used] for term in terms], axis=1)
    weight = 1.0 / (variance[used] + (_MODEL_SIGMA * relative[used]) ** 2)
    try:
        inverse = np.linalg.inv((regressors * weight[:, None]).T @ regressors)
    except np.linalg.LinAlgError:
        return None
    coefficients = inverse @ (regressors.T @ (weight * quotient[used]))
    residual = quotient[used] - regressors @ coefficients
    excess = max(1.0, float((weight * residual**2).sum()) / max(len(residual) - len(terms), 1))
    found = []
    for number in range(len(parts)):
        pull = np.zeros(used.shape)
        pull[used] = (regressors @ inverse[number]) * weight * residual
        shared = float((pull * cv2.filter2D(pull, -1, TOGETHER, borderType=cv2.BORDER_CONSTANT)).sum())
        sigma = float(np.sqrt(max(shared, float(inverse[number, number]) * excess, 0.0)))
        found.append((float(coefficients[number]), sigma))
    return found


def _relative_response(
    response: NDArray[np.float64], variance: NDArray[np.float64], used: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the precision-weighted mean of the relative response around every cell."""
    precision = np.where(used, 1.0 / np.where(used, variance, 1.0), 0.0)
    size = (_SMOOTHING_CELLS, _SMOOTHING_CELLS)
    weights = cv2.boxFilter(precision, -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    sums = cv2.boxFilter(
        precision * np.where(used, response, 0.0), -1, size, normalize=False, borderType=cv2.BORDER_CONSTANT
    )
    return np.maximum(sums / np.maximum(weights, 1e-12), _MIN_RELATIVE_RESPONSE)
