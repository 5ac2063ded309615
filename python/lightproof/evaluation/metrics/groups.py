"""How a campaign treated groups of people, as JSON values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from lightproof.evaluation.campaign import Finished
from lightproof.evaluation.metrics.parts import level_of, parted, species_of
from lightproof.evaluation.metrics.rates_by_part import attack_rates, bona_fide_rates_by_part, spread
from lightproof.evaluation.metrics.scores import group_tradeoffs, histograms
from lightproof.evaluation.metrics.times import latencies
from lightproof.evaluation.people import UNSTATED, Groups


def groups(own: Sequence[Finished], attacks: Sequence[Finished], people: Groups) -> dict[str, Any]:
    """Return what people are grouped by -> the rates of each group, and how far groups lie apart.

    An attack belongs to the group of the person whom it shows. People without a stated group are a group of
    their own, which is left out of every spread.
    """
    names = dict.fromkeys(name for person in people.values() for name in person)
    return {name: _grouped(name, own, attacks, people) for name in names}


def _grouped(
    name: str, own: Sequence[Finished], attacks: Sequence[Finished], people: Groups
) -> dict[str, Any]:
    def group_of(one: Finished) -> str:
        return people.get(one.trial.source.subject.strip(), {}).get(name, UNSTATED)

    parts, shown = parted(own, group_of), parted(attacks, group_of)
    found = {group: _group(parts[group], shown.get(group, ())) for group in sorted(parts, key=_order)}
    stated = [figures for group, figures in found.items() if group != UNSTATED]
    levels = dict.fromkeys(map(level_of, own))
    return spread(stated) | {
        "spread_by_response": {
            level: spread([group["by_response"][level] for group in stated if level in group["by_response"]])
            for level in levels
        },
        "unstated_subjects": len({one.trial.source.subject.strip() for one in parts.get(UNSTATED, ())}),
        "groups": found,
    }


def _group(own: Sequence[Finished], attacks: Sequence[Finished]) -> dict[str, Any]:
    return bona_fide_rates_by_part(own) | {
        "species": {
            species: attack_rates(part, own) for species, part in parted(attacks, species_of).items()
        },
        "det": group_tradeoffs(own, attacks),
        "scores": {"by_response": histograms([*own, *attacks], level_of)},
        "latency": latencies(own, level_of),
    }


def _order(group: str) -> tuple[bool, float, str]:
    """Sort bands by their numbers, texts by the alphabet, and the unstated last."""
    number = re.match(r"-?\d+(?:\.\d+)?", group)
    return group == UNSTATED, float(number[0]) if number else float("inf"), group
