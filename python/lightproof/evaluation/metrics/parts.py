"""Parts of a campaign's finished trials: by species, by response level, by light."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from lightproof.evaluation.campaign import Finished
from lightproof.evaluation.trials import TrialOutcome

By: TypeAlias = Callable[[Finished], str]
"""Names the part to which a finished trial belongs."""


def species_of(one: Finished) -> str:
    """Return what was presented."""
    return one.trial.source.species


def level_of(one: Finished) -> str:
    """Return the response level, as it was given."""
    return one.trial.level


def light_of(one: Finished) -> str:
    """Return the name of the light."""
    return one.trial.light


def parted(finished: Iterable[Finished], by: By) -> dict[str, list[Finished]]:
    """Return the parts by name, in the order in which they come."""
    parts: dict[str, list[Finished]] = {}
    for one in finished:
        parts.setdefault(by(one), []).append(one)
    return parts


def held(finished: Iterable[Finished]) -> list[Finished]:
    """Return the attempts: what did not end with an error."""
    return [one for one in finished if one.result.outcome is not TrialOutcome.ERROR]
