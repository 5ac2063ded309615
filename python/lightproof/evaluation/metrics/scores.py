"""Relief scores of a campaign as JSON values: histograms, and what moving the threshold would trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from lightproof.evaluation.campaign import Finished
from lightproof.evaluation.metrics.error_rates import Rejection, Tradeoff, rejection, tradeoff, worst_tradeoff
from lightproof.evaluation.metrics.parts import By, held, level_of, light_of, parted, species_of
from lightproof.evaluation.metrics.rates_by_part import attack_rates, bona_fide_rates
from lightproof.evaluation.species import BONA_FIDE
from lightproof.evaluation.trials import TrialResult
from lightproof.presence.cues import relief as relief_cue

SCORE: Final = "relief_margin"
SCORE_BINS: Final = 50
SCORE_RANGE: Final = (-30.0, 20.0)
"""Of the histograms, in standard errors; what is outside counts in the outermost bins."""


def scores(finished: Sequence[Finished]) -> dict[str, Any]:
    """Return the histograms of the relief score, by level and by light.

    ``accepted_from`` and ``rejected_below`` are the thresholds of the sessions.
    """
    needed = next(
        (one.result.score.needed for one in finished if one.result.score is not None), relief_cue.CLEARANCE_Z
    )
    return {
        "score": SCORE,
        "accepted_from": needed,
        "rejected_below": -needed,
        "edges": np.linspace(*SCORE_RANGE, SCORE_BINS + 1).tolist(),
        "by_response": histograms(finished, level_of),
        "by_light": histograms(finished, light_of),
    }


def histograms(finished: Iterable[Finished], by: By) -> dict[str, Any]:
    """Return part -> species -> histogram; ``unmeasured`` are the attempts without a score."""
    return {
        name: {species: _histogram(some) for species, some in parted(part, species_of).items()}
        for name, part in parted(finished, by).items()
    }


def tradeoffs(own: Sequence[Finished], attacks: Sequence[Finished]) -> dict[str, Any]:
    """Return the trade-off of each species by level and by light, and of people alone by level."""
    return {
        "score": SCORE,
        "bona_fide": {
            "by_response": {
                level: _rejection(curve)
                for level, part in parted(own, level_of).items()
                if (curve := rejection(_results(part))) is not None
            }
        },
        "by_response": _tradeoffs(own, attacks, level_of),
        "by_light": _tradeoffs(own, attacks, light_of),
    }


def group_tradeoffs(own: Sequence[Finished], attacks: Sequence[Finished]) -> dict[str, Any]:
    """Return what moving the threshold would mean for a group of people, by level.

    ``bona_fide`` is the BPCER at each threshold. ``worst_species`` is a trade-off with the attacks that show
    people of the group, at each threshold with the APCER of the worst species; null where there are none.
    """
    found: dict[str, Any] = {}
    shown = parted(attacks, level_of)
    for level, part in parted(own, level_of).items():
        alone = rejection(_results(part))
        species = list(parted(shown.get(level, ()), species_of).values())
        worst = worst_tradeoff(map(_results, species), _results(part))
        if alone is not None:
            found[level] = {
                "bona_fide": _rejection(alone),
                "worst_species": None if worst is None else _curve(worst) | _operating_point(species, part),
            }
    return {"score": SCORE, "by_response": found}


def _tradeoffs(own: Sequence[Finished], attacks: Sequence[Finished], by: By) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    attacks_by_part = parted(attacks, by)
    for name, part in parted(own, by).items():
        for species, some in parted(attacks_by_part.get(name, ()), species_of).items():
            curve = tradeoff(_results(some), _results(part))
            if curve is not None:
                found.setdefault(name, {})[species] = _curve(curve) | _operating_point([some], part)
    return found


def _operating_point(species: Sequence[Sequence[Finished]], own: Sequence[Finished]) -> dict[str, Any]:
    """Return the rates of the sessions' own decisions; APCER is that of the worst species."""
    rates, own_rates = [attack_rates(some, own) for some in species], bona_fide_rates(own)
    apcer = max(found["apcer"] for found in rates if found["apcer"] is not None)
    return {"operating_point": {"apcer": apcer, "bpcer": own_rates["bpcer"], "bpnrr": own_rates["bpnrr"]}}


def _rejection(curve: Rejection) -> dict[str, Any]:
    return {"threshold": curve.threshold.tolist(), "bpcer": curve.bpcer.tolist()}


def _curve(curve: Tradeoff) -> dict[str, Any]:
    return {
        "threshold": curve.threshold.tolist(),
        "apcer": curve.apcer.tolist(),
        "bpcer": curve.bpcer.tolist(),
        "attempts": {"attacks": curve.attacks, BONA_FIDE: curve.bona_fide},
    }


def _histogram(group: Sequence[Finished]) -> Mapping[str, Any]:
    attempts = held(group)
    values = [one.result.score.value for one in attempts if one.result.score is not None]
    edges = np.linspace(*SCORE_RANGE, SCORE_BINS + 1)
    counts, _ = np.histogram(np.clip(values, *SCORE_RANGE), edges)
    return {"counts": counts.tolist(), "unmeasured": len(attempts) - len(values)}


def _results(finished: Iterable[Finished]) -> list[TrialResult]:
    return [one.result for one in finished]
