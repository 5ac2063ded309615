"""What a finished campaign says, as the JSON values of ``report.json``.

Rates per PAI species and for bona fide presentations, by response level, light and group of people.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from lightproof.evaluation.campaign import Campaign, Finished
from lightproof.evaluation.metrics.error_rates import CONFIDENCE
from lightproof.evaluation.metrics.groups import groups
from lightproof.evaluation.metrics.parts import level_of, light_of, parted, species_of
from lightproof.evaluation.metrics.rates_by_part import attack_rates_by_part, bona_fide_rates_by_part
from lightproof.evaluation.metrics.scores import scores, tradeoffs
from lightproof.evaluation.metrics.times import latencies, strengths
from lightproof.evaluation.people import Groups
from lightproof.evaluation.species import BONA_FIDE, RECIPES
from lightproof.evaluation.trials import TrialOutcome
from lightproof.result import software_sha256

REPORT_FORMAT: Final = "lightproof-evaluation-report"
REPORT_VERSION: Final = 4
"""1 had another relief score, 2 named no recipes, 3 did not pin the log of trials."""

_FIGURES: Final = {
    "response": ("strength", "sigma"),
    "freshness": ("rank", "p_value"),
    "latency": ("latency_s",),
    "relief": ("across", "across_sigma", "down", "down_sigma", "misfit"),
    "reflectance": ("slope", "sigma"),
    "identity": ("frames", "unusable", "lowest"),
    "lit_face": ("cosine",),
}
"""What is reported of a presentation that was classified wrongly."""


def summarise(
    campaign: Campaign,
    finished: Sequence[Finished],
    people: Groups | None = None,
    *,
    trial_log: str | None = None,
) -> dict[str, Any]:
    """Return the report of a campaign; the worst species come first.

    Args:
        campaign: what was evaluated.
        finished: all of its trials; their ``software`` is the one that ran them.
        people: see :func:`~lightproof.evaluation.people.load_people`; None where nothing is known of the
            subjects.
        trial_log: the last hash of the log from which ``finished`` was read, if it was.
    """
    own = [one for one in finished if species_of(one) == BONA_FIDE]
    attacks = [one for one in finished if species_of(one) != BONA_FIDE]
    by_species = parted(attacks, species_of)
    species = {name: attack_rates_by_part(group, own) for name, group in by_species.items()}
    worst_first = sorted(
        species, key=lambda name: (-(species[name]["apcer"] or 0), -species[name]["apcer_upper95"], name)
    )
    return {
        "format": REPORT_FORMAT,
        "version": REPORT_VERSION,
        "confidence": CONFIDENCE,
        "campaign": campaign.parameters() | {"software": finished[0].trial.software, "trials": len(finished)},
        "reported_by": software_sha256().hex(),
        "trial_log": trial_log,
        "worst_first": worst_first,
        "species": {name: species[name] for name in worst_first},
        "recipes": {name: RECIPES[name] for name in worst_first if name in RECIPES},
        "bona_fide": bona_fide_rates_by_part(own),
        "groups": {} if people is None else groups(own, attacks, people),
        "det": tradeoffs(own, attacks),
        "scores": scores(finished),
        "latency": latencies(finished, level_of),
        "latency_by_light": latencies(finished, light_of),
        "strength": {"by_response": strengths(finished)},
        "accepted_attacks": _told(one for name in worst_first for one in _accepted(by_species[name])),
        "rejected_bona_fide": _told(one for one in own if one.result.outcome is TrialOutcome.REJECTED),
        "errors": [
            {"trial": one.trial.key, "error": one.result.error}
            for one in finished
            if one.result.outcome is TrialOutcome.ERROR
        ],
    }


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
