"""Consent: what the person is told, and that both answers weigh the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lightproof.consent import (
    Consent,
    ConsentAsker,
    ask_in_words,
    consent_of_simulated_subject,
    notice,
)
from lightproof.policy import Policy
from lightproof.request import Request

REQUEST = Request(
    "The front desk", "you can go in", bytes(range(16)), "https://example.org", other_way="Ask Ada."
)


def _typing(*lines: str) -> Callable[[str], str]:
    waiting: Iterator[str] = iter(lines)

    def read(_prompt: str) -> str:
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    return read


def test_the_notice_says_who_why_what_is_kept_warns_of_light_and_names_another_way() -> None:
    told = notice(REQUEST)
    assert told.who == "The front desk asks you to be verified, so that you can go in."
    assert "compares your face with the photo on your ID" in told.what
    assert told.kept.startswith("Nothing of your face is kept")
    assert "flashing lights" in told.light_warning
    assert "Ask Ada." in told.other_way


def test_the_notice_follows_the_policy() -> None:
    told = notice(Request.fresh(policy=Policy(mode="gentle", presence_only=True)))
    assert "not compared with any photo" in told.what
    assert "6.4 seconds" in told.what
    assert "slowly, with soft edges" in told.light_warning
    assert "3.2 seconds" in notice(REQUEST).what


@pytest.mark.parametrize(
    ("recording", "report", "named"),
    [(True, False, ["a recording of your face"]), (True, True, ["a recording", "a report"])],
)
def test_what_is_kept_after_all_is_said(recording: bool, report: bool, named: list[str]) -> None:
    kept = notice(REQUEST, recording=recording, report=report).kept
    assert all(words in kept for words in named)
    assert "Nothing" not in kept


def test_the_whole_notice_is_shown_before_the_question() -> None:
    shown: list[str] = []
    ask_in_words(notice(REQUEST), write=shown.append, read=_typing("1"))
    assert [line for line in shown if line][:5] == list(notice(REQUEST).paragraphs)


@pytest.mark.parametrize(("typed", "answer"), [("1", Consent.GIVEN), (" 2 ", Consent.DECLINED)])
def test_both_answers_are_one_key_away(typed: str, answer: Consent) -> None:
    assert ask_in_words(notice(REQUEST), write=lambda _: None, read=_typing(typed)) is answer


def test_neither_answer_is_the_default() -> None:
    typed = _typing("", "y", "yes", "12", "2")
    assert ask_in_words(notice(REQUEST), write=lambda _: None, read=typed) is Consent.DECLINED


def test_silence_is_no_consent() -> None:
    assert ask_in_words(notice(REQUEST), write=lambda _: None, read=_typing()) is Consent.DECLINED


def test_a_simulated_subject_consents() -> None:
    asker: ConsentAsker = consent_of_simulated_subject
    assert asker(notice(REQUEST)) is Consent.GIVEN
