"""What sessions of a campaign measured, as JSON values: latency, time, and the strength of the response."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightproof.evaluation.campaign import Finished
from lightproof.evaluation.metrics.parts import By, held, level_of, light_of, parted
from lightproof.evaluation.species import BONA_FIDE
from lightproof.evaluation.trials import TrialOutcome


def latencies(finished: Sequence[Finished], by: By) -> dict[str, Any]:
    """Return part -> the errors of latencies and the times that light and decision took, in seconds.

    The error of a latency is how far it was from the calibrated one.
    """
    return {name: _latency(part) for name, part in parted(finished, by).items()}


def strengths(finished: Sequence[Finished]) -> dict[str, Any]:
    """Return level -> light -> the strength that sessions measured, of people and of attacks.

    The level that was asked for is defined in the middle of the face and for the light as it is; the strength
    is a mean over the face that was found.
    """
    return {
        level: {light: _strength(some) for light, some in parted(part, light_of).items()}
        for level, part in parted(finished, level_of).items()
    }


def _latency(group: Sequence[Finished]) -> dict[str, Any]:
    errors = []
    for one in group:
        latency = one.result.evidence.get("latency", {})
        measured, calibrated = latency.get("latency_s"), latency.get("calibrated_s")
        if isinstance(measured, float) and isinstance(calibrated, float):
            errors.append(measured - calibrated)
    decisions = [one.result.decision_s for one in held(group)]
    own_light = [
        one.result.light_s
        for one in group
        if one.trial.source.species == BONA_FIDE and one.result.outcome is TrialOutcome.ACCEPTED
    ]
    return {
        "measured": len(errors),
        "error_median_s": _quantile(errors, 0.5),
        "error_sd_s": float(np.std(errors)) if errors else None,
        "error_95_s": _quantile(np.abs(errors), 0.95),
        "light_median_s": _quantile(own_light, 0.5),
        "light_most_s": _quantile(own_light, 1.0),
        "decision_median_s": _quantile(decisions, 0.5),
        "decision_95_s": _quantile(decisions, 0.95),
    }


def _strength(group: Sequence[Finished]) -> dict[str, Any]:
    def measured(own: bool) -> dict[str, Any]:
        values = [
            one.result.evidence.get("response", {}).get("strength")
            for one in held(group)
            if (one.trial.source.species == BONA_FIDE) is own
        ]
        return {
            "measured": sum(value is not None for value in values),
            "median": _quantile(values, 0.5),
            "least": _quantile(values, 0.0),
            "most": _quantile(values, 1.0),
        }

    return {BONA_FIDE: measured(True), "attacks": measured(False)}


def _quantile(values: Iterable[float | None] | NDArray[np.float64], share: float) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.quantile(known, share)) if known else None
