"""Error rates of a campaign's parts as JSON values, in the words of ISO/IEC 30107-3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lightproof.evaluation.campaign import Finished
from lightproof.evaluation.metrics.error_rates import Counts, Rate, count, sum_of
from lightproof.evaluation.metrics.parts import level_of, light_of, parted


def attack_rates(group: Sequence[Finished], own: Sequence[Finished]) -> dict[str, Any]:
    """Return the rates of attacks of one species; ``own`` are the bona fide presentations beside them."""
    counts, beside = _counts(group), _counts(own)
    apnrr = counts.rate(counts.inconclusive)
    riapar = sum_of((counts.accepted, counts.attempts), (_lost(beside), beside.attempts))
    return (
        _counted(counts, group)
        | _rate("apcer", counts.rate(counts.accepted))
        | _rate("apnrr", apnrr)
        | {"inconclusive_rate": apnrr.value}
        | _rate("riapar", riapar)
    )


def attack_rates_by_part(group: Sequence[Finished], own: Sequence[Finished]) -> dict[str, Any]:
    """Return :func:`attack_rates`, and the same ``by_response`` and ``by_light``."""
    found = attack_rates(group, own)
    for name, by in (("by_response", level_of), ("by_light", light_of)):
        beside = parted(own, by)
        found[name] = {
            key: attack_rates(part, beside.get(key, ())) for key, part in parted(group, by).items()
        }
    return found


def bona_fide_rates(group: Sequence[Finished]) -> dict[str, Any]:
    """Return the rates of bona fide presentations."""
    counts = _counts(group)
    bpnrr = counts.rate(counts.inconclusive)
    return (
        _counted(counts, group)
        | _rate("bpcer", counts.rate(counts.rejected))
        | _rate("bpnrr", bpnrr)
        | {"inconclusive_rate": bpnrr.value}
        | _rate("false_reject_rate", counts.rate(_lost(counts)))
    )


def bona_fide_rates_by_part(group: Sequence[Finished]) -> dict[str, Any]:
    """Return :func:`bona_fide_rates`, and the same ``by_response`` and ``by_light``."""
    return bona_fide_rates(group) | {
        "by_response": {level: bona_fide_rates(part) for level, part in parted(group, level_of).items()},
        "by_light": {light: bona_fide_rates(part) for light, part in parted(group, light_of).items()},
    }


def spread(groups: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the largest difference of BPCER and BPNRR between two groups; null with fewer than two."""

    def between(rate: str) -> float | None:
        values = [group[rate] for group in groups if group[rate] is not None]
        return max(values) - min(values) if len(values) > 1 else None

    return {"bpcer_spread": between("bpcer"), "bpnrr_spread": between("bpnrr")}


def _counts(group: Sequence[Finished]) -> Counts:
    return count(one.result for one in group)


def _lost(counts: Counts) -> int:
    """Return how many bona fide presentations did not get through, for whatever reason."""
    return counts.rejected + counts.inconclusive


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
