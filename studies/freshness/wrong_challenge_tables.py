"""The tables of ``docs/freshness.md`` about wrong challenges that were held against films."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from lightproof.errors import InputError, MissingExtraError
from lightproof.evaluation.trials import AS_RECORDED
from lightproof.policy import MAX_DECOYS
from studies.freshness.wrong_challenges import FEW, WorkResult
from studies.tables import markdown

try:
    from scipy.stats import binom, kstest
except ImportError as error:
    raise MissingExtraError(
        "the tests of this study need SciPy, which is not installed; pip install 'lightproof[simulation]'"
    ) from error


_HEAD: Final = (
    "films of",
    "films",
    "own challenge first",
    "wrong: scorings",
    f"first of {FEW + 1:,}",
    "the theorem",
    "p",
    "sessions, full K",
    "first at any look",
    "verified",
)


def films_table(held: Sequence[WorkResult]) -> str:
    """Return the table of a study as Markdown: by species, of all that were simulated, recorded, and of all.

    Raises:
        InputError: nothing could be filmed.
    """
    films = _films(held)
    kinds: dict[str, list[WorkResult]] = {}
    for one in sorted(films, key=lambda one: (_recorded(one), one.unit.trial.source.species)):
        kinds.setdefault(_kind(one), []).append(one)
    groups = kinds | {name: group for name, group in _groups(films).items() if group}
    return markdown(_HEAD, (_row(name, group) for name, group in groups.items()))


def remarks(held: Sequence[WorkResult]) -> list[str]:
    """Return what else is to be said of a study: p-values, endings, missing films; lines of Markdown.

    Raises:
        InputError: nothing could be filmed.
    """
    films = _films(held)
    sessions = sum(one.unit.sessions for one in films)
    return [
        *_uniform(films),
        "",
        f"first at any look of {sessions:,} sessions: the theorem allows {sessions / (MAX_DECOYS + 1):.2g}",
        *_endings(films),
        *(f"\nno film of {one.unit.trial.key}: {one.no_film}" for one in held if one.no_film),
    ]


def two_sided(successes: int, trials: int, chance: float) -> float:
    """Return the probability of a count as far from what is expected, on either side.

    It is twice the smaller tail of the binomial distribution, at most 1.
    """
    at_most, at_least = binom.cdf(successes, trials, chance), binom.sf(successes - 1, trials, chance)
    return float(min(1.0, 2 * at_most, 2 * at_least))


def _films(held: Sequence[WorkResult]) -> list[WorkResult]:
    films = [one for one in held if not one.no_film]
    if not films:
        raise InputError(f"nothing could be filmed; the first reason is: {held[0].no_film}")
    return films


def _recorded(one: WorkResult) -> bool:
    return one.unit.trial.level == AS_RECORDED


def _kind(one: WorkResult) -> str:
    species = one.unit.trial.source.species.replace("_", " ")
    return f"{species}, recorded" if _recorded(one) else species


def _groups(films: Sequence[WorkResult]) -> dict[str, list[WorkResult]]:
    return {
        "all simulated": [one for one in films if not _recorded(one)],
        "all recorded": [one for one in films if _recorded(one)],
        "all": list(films),
    }


def _row(kind: str, films: Sequence[WorkResult]) -> tuple[object, ...]:
    scorings = sum(one.unit.scorings for one in films)
    first = sum(one.first for one in films)
    chance = 1 / (FEW + 1)
    return (
        kind,
        len(films),
        sum(one.own is not None and one.own.fresh for one in films),
        f"{scorings:,}",
        f"{first:,}",
        f"{scorings * chance:.1f}",
        f"{two_sided(first, scorings, chance):.2f}",
        f"{sum(one.unit.sessions for one in films):,}",
        sum(one.fresh for one in films),
        sum(one.verified for one in films),
    )


def _uniform(films: Sequence[WorkResult]) -> list[str]:
    """Test that the p-values of all wrong challenges are uniform (Kolmogorov and Smirnov)."""
    p_values = [p_value for one in films for p_value in one.p_values]
    if not p_values:
        return []
    found = kstest(p_values, "uniform")
    distance = float(found.statistic) * len(p_values) ** 0.5
    return [f"p-values of {len(p_values):,} wrong challenges: √n·D = {distance:.3f}, p = {found.pvalue:.2f}"]


def _endings(films: Sequence[WorkResult]) -> list[str]:
    endings = sum((one.endings for one in films), Counter())
    if not endings:
        return []
    rows = (
        (f"{outcome}: {', '.join(reasons) or 'all parts pass'}", number)
        for (outcome, reasons), number in endings.most_common()
    )
    return ["", markdown(("how sessions end that are judged whole", "sessions"), rows)]
