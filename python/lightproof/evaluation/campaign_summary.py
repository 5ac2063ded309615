"""What a finished campaign says: rates per PAI species and for bona fide presentations, by response level,
light and group of people, as the JSON values of ``report.json``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lightproof.evaluation.campaign import Campaign, Finished
from lightproof.evaluation.people import UNSTATED
from lightproof.evaluation.species import BONA_FIDE
from lightproof.evaluation.statistics import CONFIDENCE, Counts, Rate, count, tradeoff
from lightproof.evaluation.trials import TrialOutcome

FORMAT: Final = "lightproof-evaluation-report"
VERSION: Final = 1

People: TypeAlias = Mapping[str, Mapping[str, str]]
"""Subject -> what it is grouped by -> group."""

SCORE_BINS: Final = 40
SCORE_RANGE: Final = (-2.0, 6.0)
"""Of the histograms, in units of the threshold; what is outside counts in the outermost bins."""

_FIGURES: Final = {
    "response": ("strength", "sigma"),
    "freshness": ("rank", "p_value"),
    "latency": ("latency_s",),
    "relief": ("across", "across_sigma", "down", "down_sigma", "misfit"),
}
"""What is told of a presentation that came out wrong."""


def summarise(
    campaign: Campaign, finished: Sequence[Finished], people: People | None = None
) -> dict[str, Any]:
    """Return the report of a campaign; the worst species come first.

    Args:
        campaign: what was evaluated.
        finished: all of its trials.
        people: see :func:`~lightproof.evaluation.people.load_people`; None where nothing is known of the
        subjects.
    """
    own = [one for one in finished if one.trial.source.species == BONA_FIDE]
    by_species = _parted((one for one in finished if one.trial.source.species != BONA_FIDE), _species)
    frr = _false_reject_rate(count(one.result for one in own))

    def attack(group: Sequence[Finished], beside: Sequence[Finished]) -> dict[str, Any]:
        return _attack(group, _false_reject_rate(count(one.result for one in beside)))

    species = {
        name: _attack(group, frr)
        | {
            "by_response": {
                level: attack(part, [one for one in own if _level(one) == level])
                for level, part in _parted(group, _level).items()
            },
            "by_light": {
                light: attack(part, [one for one in own if _light(one) == light])
                for light, part in _parted(group, _light).items()
            },
        }
        for name, group in by_species.items()
    }
    worst_first = sorted(
        species, key=lambda name: (-(species[name]["apcer"] or 0), -species[name]["apcer_upper95"], name)
    )
    return {
        "format": FORMAT,
        "version": VERSION,
        "confidence": CONFIDENCE,
        "campaign": campaign.parameters() | {"trials": len(finished)},
        "worst_first": worst_first,
        "species": {name: species[name] for name in worst_first},
        "bona_fide": _bona_fide(own)
        | {
            "by_response": {level: _bona_fide(part) for level, part in _parted(own, _level).items()},
            "by_light": {light: _bona_fide(part) for light, part in _parted(own, _light).items()},
        },
        "groups": {} if people is None else _groups(own, people),
        "det": _det(own, by_species),
        "scores": _scores(finished),
        "latency": {level: _latency(part) for level, part in _parted(finished, _level).items()},
        "accepted_attacks": _told(one for name in worst_first for one in _accepted(by_species[name])),
        "rejected_bona_fide": _told(one for one in own if one.result.outcome is TrialOutcome.REJECTED),
        "errors": [
            {"trial": one.trial.key, "error": one.result.error}
            for one in finished
            if one.result.outcome is TrialOutcome.ERROR
        ],
    }


def _species(one: Finished) -> str:
    return one.trial.source.species


def _level(one: Finished) -> str:
    return one.trial.level


def _light(one: Finished) -> str:
    return one.trial.light


def _parted(finished: Iterable[Finished], by: Callable[[Finished], str]) -> dict[str, list[Finished]]:
    parts: dict[str, list[Finished]] = {}
    for one in finished:
        parts.setdefault(by(one), []).append(one)
    return parts


def _attack(group: Sequence[Finished], false_reject_rate: float | None) -> dict[str, Any]:
    counts = count(one.result for one in group)
    apcer, apnrr = counts.rate(counts.accepted), counts.rate(counts.inconclusive)
    riapar = None if apcer.value is None or false_reject_rate is None else apcer.value + false_reject_rate
    return (
        _counted(counts, group)
        | _rate("apcer", apcer)
        | _rate("apnrr", apnrr)
        | {"inconclusive_rate": apnrr.value, "riapar": riapar}
    )


def _bona_fide(group: Sequence[Finished]) -> dict[str, Any]:
    counts = count(one.result for one in group)
    bpnrr = counts.rate(counts.inconclusive)
    return (
        _counted(counts, group)
        | _rate("bpcer", counts.rate(counts.rejected))
        | _rate("bpnrr", bpnrr)
        | {"inconclusive_rate": bpnrr.value, "false_reject_rate": _false_reject_rate(counts)}
    )


def _counted(counts: Counts, group: Sequence[Finished]) -> dict[str, Any]:
    return {
        "attempts": counts.attempts,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "inconclusive": counts.inconclusive,
        "errors": counts.errors,
        "sources": len({one.trial.source.name for one in group}),
    }


def _rate(name: str, rate: Rate) -> dict[str, Any]:
    return {name: rate.value, f"{name}_lower95": rate.lower, f"{name}_upper95": rate.upper}


def _false_reject_rate(counts: Counts) -> float | None:
    """Return the share of bona fide attempts that did not get through, for whatever reason."""
    return (counts.rejected + counts.inconclusive) / counts.attempts if counts.attempts else None


def _groups(own: Sequence[Finished], people: People) -> dict[str, Any]:
    """Return by what people differ -> rates of each group, and the largest difference between two of them."""
    names = list(dict.fromkeys(name for person in people.values() for name in person))

    def group_of(one: Finished, name: str) -> str:
        return people.get(one.trial.source.subject.strip(), {}).get(name, UNSTATED)

    found = {}
    for name in names:
        parts = _parted(own, lambda one, name=name: group_of(one, name))  # type: ignore[misc]
        groups = {
            group: _bona_fide(part)
            | {"by_response": {level: _bona_fide(some) for level, some in _parted(part, _level).items()}}
            for group, part in sorted(parts.items())
        }
        levels = list(dict.fromkeys(map(_level, own)))
        found[name] = _spread(list(groups.values())) | {
            "spread_by_response": {
                level: _spread(
                    [
                        group["by_response"][level]
                        for group in groups.values()
                        if level in group["by_response"]
                    ]
                )
                for level in levels
            },
            "groups": groups,
        }
    return found


def _spread(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def between(rate: str) -> float | None:
        values = [group[rate] for group in groups if group[rate] is not None]
        return max(values) - min(values) if values else None

    return {"bpcer_spread": between("bpcer"), "bpnrr_spread": between("bpnrr")}


def _det(own: Sequence[Finished], by_species: Mapping[str, Sequence[Finished]]) -> dict[str, Any]:
    curves: dict[str, dict[str, Any]] = {}
    for level, bona_fide in _parted(own, _level).items():
        for name, group in by_species.items():
            curve = tradeoff(
                (one.result for one in group if _level(one) == level), (one.result for one in bona_fide)
            )
            if curve is not None:
                curves.setdefault(level, {})[name] = {
                    "threshold": curve.threshold.tolist(),
                    "apcer": curve.apcer.tolist(),
                    "bpcer": curve.bpcer.tolist(),
                }
    return {"score": "relief", "by_response": curves}


def _scores(finished: Sequence[Finished]) -> dict[str, Any]:
    """Return the histograms of the relief score; ``unmeasured`` are the attempts without one."""
    edges = np.linspace(*SCORE_RANGE, SCORE_BINS + 1)

    def histogram(group: Sequence[Finished]) -> dict[str, Any]:
        held = [one.result for one in group if one.result.outcome is not TrialOutcome.ERROR]
        values = [result.score.value for result in held if result.score is not None]
        counts, _ = np.histogram(np.clip(values, *SCORE_RANGE), edges)
        return {"counts": counts.tolist(), "unmeasured": len(held) - len(values)}

    return {
        "score": "relief",
        "edges": edges.tolist(),
        "by_response": {
            level: {name: histogram(part) for name, part in _parted(group, _species).items()}
            for level, group in _parted(finished, _level).items()
        },
    }


def _latency(group: Sequence[Finished]) -> dict[str, Any]:
    """Return how far latencies were from the calibrated ones, and how long light and decision took (s)."""
    errors = []
    for one in group:
        latency = one.result.evidence.get("latency", {})
        measured, calibrated = latency.get("latency_s"), latency.get("calibrated_s")
        if isinstance(measured, float) and isinstance(calibrated, float):
            errors.append(measured - calibrated)
    held = [one.result for one in group if one.result.outcome is not TrialOutcome.ERROR]
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
        "decision_median_s": _quantile([result.decision_s for result in held], 0.5),
        "decision_95_s": _quantile([result.decision_s for result in held], 0.95),
    }


def _quantile(values: Iterable[float | None] | NDArray[np.float64], share: float) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.quantile(known, share)) if known else None


def _accepted(group: Sequence[Finished]) -> list[Finished]:
    """Return the accepted of a group, those furthest from being rejected first."""
    found = [one for one in group if one.result.outcome is TrialOutcome.ACCEPTED]
    return sorted(found, key=lambda one: math.inf if one.result.score is None else -one.result.score.value)


def _told(finished: Iterable[Finished]) -> list[dict[str, Any]]:
    return [
        {
            "trial": one.trial.key,
            "source": one.trial.source.name,
            "species": one.trial.source.species,
            "subject": one.trial.source.subject,
            "response": one.trial.level,
            "light": one.trial.light,
            "repeat": one.trial.repeat,
            "reasons": list(one.result.reasons),
            "score": None if one.result.score is None else one.result.score.value,
            "figures": {
                part: {name: one.result.evidence[part].get(name) for name in names}
                for part, names in _FIGURES.items()
                if part in one.result.evidence
            },
        }
        for one in finished
    ]
