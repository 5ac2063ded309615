"""Verdicts: every cue can veto, none can vote another down, and nothing is left unexplained."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightproof.errors import InputError
from lightproof.verdict import (
    DECLINED,
    PRESENCE_PARTS,
    REASONS,
    REQUIRED_PARTS,
    EvidencePart,
    Finding,
    Outcome,
    ReasonCode,
    Verdict,
    decide,
)

NOT_CONSENT = [code for code in ReasonCode if code is not ReasonCode.CONSENT_DECLINED]


@dataclass(frozen=True, slots=True)
class Part:
    finding: Finding
    reasons: tuple[ReasonCode, ...] = ()


PASS = Part(Finding.PASS)
ALL_PASS: dict[str, EvidencePart | None] = dict.fromkeys(REQUIRED_PARTS, PASS)

not_a_pass = st.none() | st.builds(
    Part,
    st.sampled_from([Finding.FAIL, Finding.INCONCLUSIVE]),
    st.lists(st.sampled_from(NOT_CONSENT), max_size=3).map(tuple),
)
any_part = st.just(PASS) | not_a_pass


def test_all_passes_are_verified_without_a_reason() -> None:
    assert decide(ALL_PASS) == Verdict(Outcome.VERIFIED)


@given(part=st.sampled_from(REQUIRED_PARTS), spoiled=not_a_pass)
def test_turning_any_part_from_pass_to_anything_else_never_verifies(part: str, spoiled: Part | None) -> None:
    assert decide(ALL_PASS | {part: spoiled}).outcome is not Outcome.VERIFIED


@given(parts=st.fixed_dictionaries(dict.fromkeys(REQUIRED_PARTS, any_part)))
def test_one_failure_vetoes_whatever_the_other_parts_say(parts: dict[str, Part | None]) -> None:
    verdict = decide(parts)
    failed = any(part is not None and part.finding is Finding.FAIL for part in parts.values())
    assert (verdict.outcome is Outcome.NOT_VERIFIED) == failed


@given(parts=st.fixed_dictionaries(dict.fromkeys(REQUIRED_PARTS, any_part)))
def test_every_verdict_that_is_not_verified_has_a_reason_and_none_twice(
    parts: dict[str, Part | None],
) -> None:
    verdict = decide(parts)
    assert (verdict.outcome is Outcome.VERIFIED) == (verdict.reasons == ())
    assert len(set(verdict.reasons)) == len(verdict.reasons)


@pytest.mark.parametrize("part", REQUIRED_PARTS)
def test_a_missing_part_is_inconclusive(part: str) -> None:
    without = {name: evidence for name, evidence in ALL_PASS.items() if name != part}
    assert decide(without).outcome is Outcome.INCONCLUSIVE
    assert decide(without) == decide(ALL_PASS | {part: None})


def test_a_missing_match_is_fine_only_where_presence_alone_is_asked_for() -> None:
    presence: dict[str, EvidencePart | None] = dict.fromkeys(PRESENCE_PARTS, PASS)
    assert decide(presence, PRESENCE_PARTS).outcome is Outcome.VERIFIED
    assert decide(presence).reasons == (ReasonCode.MATCH_UNCLEAR,)


def test_a_part_that_is_not_required_still_vetoes() -> None:
    mismatch = Part(Finding.FAIL, (ReasonCode.FACE_MISMATCH,))
    assert decide(ALL_PASS | {"match": mismatch}, PRESENCE_PARTS).outcome is Outcome.NOT_VERIFIED


def test_all_failing_reasons_are_given_and_those_of_doubts_are_not() -> None:
    parts = ALL_PASS | {
        "response": Part(Finding.INCONCLUSIVE, (ReasonCode.TOO_BRIGHT,)),
        "freshness": Part(Finding.FAIL, (ReasonCode.STALE_LIGHT,)),
        "match": Part(Finding.FAIL, (ReasonCode.FACE_MISMATCH,)),
    }
    assert decide(parts).reasons == (ReasonCode.STALE_LIGHT, ReasonCode.FACE_MISMATCH)


def test_parts_that_never_ran_add_nothing_where_another_part_says_why() -> None:
    response = Part(Finding.INCONCLUSIVE, (ReasonCode.TOO_BRIGHT,))
    assert decide({"response": response}).reasons == (ReasonCode.TOO_BRIGHT,)


def test_a_finding_that_is_none_of_ours_is_not_a_pass() -> None:
    odd = Part("passed")  # type: ignore[arg-type]
    assert decide(ALL_PASS | {"relief": odd}).outcome is Outcome.INCONCLUSIVE


def test_an_unknown_part_and_an_empty_requirement_are_refused_by_name() -> None:
    with pytest.raises(InputError, match="'charm'"):
        decide(ALL_PASS | {"charm": PASS})
    with pytest.raises(InputError, match="no evidence is required"):
        decide(ALL_PASS, ())


def test_an_outcome_and_reasons_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match="verified"):
        Verdict(Outcome.VERIFIED, (ReasonCode.TOO_DARK,))
    with pytest.raises(InputError, match="inconclusive"):
        Verdict(Outcome.INCONCLUSIVE)
    with pytest.raises(InputError, match="declined"):
        Verdict(Outcome.DECLINED, (ReasonCode.TOO_DARK,))
    with pytest.raises(InputError, match="not_verified"):
        Verdict(Outcome.NOT_VERIFIED, (ReasonCode.CONSENT_DECLINED,))
    assert DECLINED.outcome is Outcome.DECLINED


def test_every_reason_has_words_for_the_person_and_something_to_do_next() -> None:
    assert set(REASONS) == set(ReasonCode)
    for code, reason in REASONS.items():
        assert reason.code is code
        assert reason.message.endswith(".")
        assert "try again" in reason.remedy.lower() or "other way" in reason.remedy, code


@pytest.mark.parametrize("code", ["stale_light", "late_light", "flat_light", "face_mismatch"])
def test_whoever_is_not_verified_is_told_of_the_other_way(code: str) -> None:
    assert "other way" in REASONS[ReasonCode(code)].remedy


def test_no_reason_blames_or_shows_a_score() -> None:
    for reason in REASONS.values():
        words = f"{reason.message} {reason.remedy}".lower()
        for blame in ("fake", "fraud", "attack", "spoof", "score", "%", "suspicious", "wrong", "you failed"):
            assert blame not in words, reason.code
