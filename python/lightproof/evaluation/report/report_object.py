"""What lies in ``report.json``, as types: its schema in ``docs/schemas`` is made from them.

The rates are those of ISO/IEC 30107-3; each has its exact 95 % bounds beside it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from lightproof.evaluation.species import Subjects

Probability: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
SumOfShares: TypeAlias = Annotated[float, Meta(ge=0, le=2)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Thresholds: TypeAlias = tuple[float, ...]
Score: TypeAlias = Annotated[
    Literal["relief_margin"],
    Meta(description="standard errors by which the relief clears its threshold"),
]


class CampaignObject(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the results depend on."""

    format: Literal["lightproof-evaluation"]
    version: Literal[3]
    seed: Count
    response: Annotated[tuple[str, ...], Meta(min_length=1)]
    lights: Annotated[tuple[str, ...], Meta(min_length=1)]
    repeats: Annotated[int, Meta(ge=1)]
    decoys: int
    subjects: Subjects
    sources: Annotated[dict[str, str], Meta(description="name -> SHA-256")]
    software: Annotated[str, Meta(description="SHA-256 of the software that ran the trials")]
    models: str
    trials: Annotated[int, Meta(ge=1)]


class _Counted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    attempts: Count
    accepted: Count
    rejected: Count
    inconclusive: Count
    errors: Count
    sources: Count


class AttackRates(_Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Attacks of one species; a rate is null where nothing was attempted."""

    apcer: Probability | None
    apcer_lower95: Probability
    apcer_upper95: Probability
    apnrr: Probability | None
    apnrr_lower95: Probability
    apnrr_upper95: Probability
    inconclusive_rate: Probability | None
    riapar: SumOfShares | None
    riapar_lower95: SumOfShares
    riapar_upper95: SumOfShares


class AttackRatesByPart(AttackRates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Attacks of one species, and the same by response level and by light."""

    by_response: dict[str, AttackRates]
    by_light: dict[str, AttackRates]


class BonaFideRates(_Counted, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bona fide presentations; a rate is null where nothing was attempted."""

    bpcer: Probability | None
    bpcer_lower95: Probability
    bpcer_upper95: Probability
    bpnrr: Probability | None
    bpnrr_lower95: Probability
    bpnrr_upper95: Probability
    inconclusive_rate: Probability | None
    false_reject_rate: Probability | None
    false_reject_rate_lower95: Probability
    false_reject_rate_upper95: Probability


class BonaFideRatesByPart(BonaFideRates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bona fide presentations, and the same by response level and by light."""

    by_response: dict[str, BonaFideRates]
    by_light: dict[str, BonaFideRates]


class RejectionObject(Struct, frozen=True, forbid_unknown_fields=True):
    """BPCER at rising thresholds."""

    threshold: Thresholds
    bpcer: tuple[Probability, ...]


class AttemptsObject(Struct, frozen=True, forbid_unknown_fields=True):
    """How many presentations are behind a trade-off."""

    attacks: Count
    bona_fide: Count


class OperatingPoint(Struct, frozen=True, forbid_unknown_fields=True):
    """Rates of the sessions' own decisions."""

    apcer: Probability
    bpcer: Probability
    bpnrr: Probability


class TradeoffObject(Struct, frozen=True, forbid_unknown_fields=True):
    """APCER and BPCER at rising thresholds."""

    threshold: Thresholds
    apcer: tuple[Probability, ...]
    bpcer: tuple[Probability, ...]
    attempts: AttemptsObject
    operating_point: OperatingPoint


class BonaFideTradeoffs(Struct, frozen=True, forbid_unknown_fields=True):
    """Of people alone."""

    by_response: dict[str, RejectionObject]


class Tradeoffs(Struct, frozen=True, forbid_unknown_fields=True):
    """Detection error trade-offs: part -> species -> trade-off."""

    score: Score
    bona_fide: BonaFideTradeoffs
    by_response: dict[str, dict[str, TradeoffObject]]
    by_light: dict[str, dict[str, TradeoffObject]]


class HistogramObject(Struct, frozen=True, forbid_unknown_fields=True):
    """How often a score fell between two edges."""

    counts: tuple[Count, ...]
    unmeasured: Annotated[int, Meta(ge=0, description="attempts without a score")]


class Scores(Struct, frozen=True, forbid_unknown_fields=True):
    """Histograms of the score: part -> species -> histogram."""

    score: Score
    accepted_from: float
    rejected_below: float
    edges: tuple[float, ...]
    by_response: dict[str, dict[str, HistogramObject]]
    by_light: dict[str, dict[str, HistogramObject]]


class LatencyFigures(Struct, frozen=True, forbid_unknown_fields=True):
    """How far latencies were from the calibrated ones, and how long light and decision took, in seconds."""

    measured: Count
    error_median_s: float | None
    error_sd_s: float | None
    error_95_s: float | None
    light_median_s: float | None
    light_most_s: float | None
    decision_median_s: float | None
    decision_95_s: float | None


class StrengthFigures(Struct, frozen=True, forbid_unknown_fields=True):
    """The strength of the response that sessions measured."""

    measured: Count
    median: float | None
    least: float | None
    most: float | None


class Strengths(Struct, frozen=True, forbid_unknown_fields=True):
    """The strength of people and of attacks."""

    bona_fide: StrengthFigures
    attacks: StrengthFigures


class StrengthsByPart(Struct, frozen=True, forbid_unknown_fields=True):
    """Response level -> light -> strengths."""

    by_response: dict[str, dict[str, Strengths]]


class GroupTradeoff(Struct, frozen=True, forbid_unknown_fields=True):
    """What moving the threshold would mean for a group of people."""

    bona_fide: RejectionObject
    worst_species: Annotated[
        TradeoffObject | None, Meta(description="null where no attack shows a person of the group")
    ]


class GroupTradeoffs(Struct, frozen=True, forbid_unknown_fields=True):
    """The same by response level."""

    score: Score
    by_response: dict[str, GroupTradeoff]


class GroupScores(Struct, frozen=True, forbid_unknown_fields=True):
    """Histograms of a group: response level -> species -> histogram."""

    by_response: dict[str, dict[str, HistogramObject]]


class GroupObject(BonaFideRatesByPart, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of a group of people."""

    species: dict[str, AttackRates]
    det: GroupTradeoffs
    scores: GroupScores
    latency: dict[str, LatencyFigures]


class Spread(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The largest difference between two groups; null where there are no two."""

    bpcer_spread: Probability | None
    bpnrr_spread: Probability | None


class GroupsObject(Spread, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The groups by one thing in which people differ."""

    spread_by_response: dict[str, Spread]
    unstated_subjects: Count
    groups: dict[str, GroupObject]


class PresentationObject(Struct, frozen=True, forbid_unknown_fields=True):
    """A presentation that came out wrong; ``figures``: part of the evidence -> figure -> value."""

    trial: str
    source: str
    species: str
    subject: str
    response: str
    light: str
    repeat: Count
    reasons: tuple[str, ...]
    score: float | None
    figures: dict[str, dict[str, float | None]]


class TrialError(Struct, frozen=True, forbid_unknown_fields=True):
    """A trial that ended with an error."""

    trial: str
    error: str


class ReportObject(Struct, frozen=True, forbid_unknown_fields=True):
    """Error rates of a campaign."""

    format: Literal["lightproof-evaluation-report"]
    version: Literal[4]
    confidence: Annotated[float, Meta(extra_json_schema={"const": 0.95})]
    campaign: CampaignObject
    reported_by: Annotated[str, Meta(description="SHA-256 of the software that made this report")]
    trial_log: Annotated[
        str | None,
        Meta(description="hash of the last line of trials.jsonl, into which every line before it went"),
    ]
    worst_first: Annotated[
        tuple[str, ...],
        Meta(
            description="names of the species, the highest APCER first",
            extra_json_schema={"uniqueItems": True},
        ),
    ]
    species: dict[str, AttackRatesByPart]
    recipes: Annotated[
        dict[str, str],
        Meta(
            description="species -> its recipe in the toolboxes of the biometric cPP, for those that have one"
        ),
    ]
    bona_fide: BonaFideRatesByPart
    groups: dict[str, GroupsObject]
    det: Tradeoffs
    scores: Scores
    latency: dict[str, LatencyFigures]
    latency_by_light: dict[str, LatencyFigures]
    strength: StrengthsByPart
    accepted_attacks: tuple[PresentationObject, ...]
    rejected_bona_fide: tuple[PresentationObject, ...]
    errors: tuple[TrialError, ...]
