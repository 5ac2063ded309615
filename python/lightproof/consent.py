"""Consent: what the person is told before anything happens, and their answer.

Declining is a result, not a failure: the two answers carry equal weight, and neither is the default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lightproof.challenge import light_s
from lightproof.request import Request
from lightproof.result import RIGS_WITHOUT_A_PERSON
from lightproof.rigs.protocol import RigKind

GO_ON_KEY = "1"
OTHER_WAY_KEY = "2"


class Consent(StrEnum):
    """The person's answer."""

    GIVEN = "given"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class ConsentNotice:
    """What the person is told, one field a paragraph, in the order in which it is to be shown."""

    who: str
    what: str
    kept: str
    light_warning: str
    other_way: str

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """All that has to be shown, in order."""
        return (self.who, self.what, self.kept, self.light_warning, self.other_way)


class ConsentAsker(Protocol):
    """Whatever shows the notice and brings back the answer: a terminal, a screen, a simulated subject."""

    def __call__(self, notice: ConsentNotice, /) -> Consent:
        """Show the whole notice, wait for the answer and return it."""
        ...


def notice(request: Request, *, recording: bool = False, report: bool = False) -> ConsentNotice:
    """Return what the person is told about this request.

    Args:
        request: who asks, why, and under which policy.
        recording: True if the session's frames will be written to disk (``--record``).
        report: True if a report with pictures measured from the face will be written (``--report``).
    """
    compared = (
        "Your face is not compared with any photo."
        if request.policy.presence_only
        else "Then it compares your face with the photo on your ID."
    )
    seconds = f"{light_s(request.policy.mode):.1f}"
    pace = (
        "The colours change slowly, with soft edges."
        if request.policy.mode == "gentle"
        else "The colours change five times a second; gentle light, slower and softer, is there if you ask."
    )
    return ConsentNotice(
        who=f"{request.requester} asks you to be verified, so that {request.purpose}.",
        what=(
            f"The screen plays coloured light for at most {seconds} seconds while the camera watches how it "
            f"falls on your face. {compared} All of it happens on this device."
        ),
        kept=_kept(recording=recording, report=report),
        light_warning=(
            f"The light changes colour and not brightness, and is made not to flash. {pace} If flashing "
            "lights, flicker or changing colours can trouble you, choose the other way."
        ),
        other_way=f"You can verify another way instead. {request.other_way}",
    )


def _kept(*, recording: bool, report: bool) -> str:
    stays = [
        text
        for text, wanted in (
            ("a recording of your face", recording),
            ("a report with maps measured from your face", report),
        )
        if wanted
    ]
    if stays:
        return (
            f"This session was started to keep {' and '.join(stays)} on this device. Everything else is "
            "forgotten when the session ends; the signed result holds no picture and no score."
        )
    return (
        "Nothing of your face is kept: pictures and measurements are forgotten when the session ends. Only a "
        "short signed result leaves this device; it holds no picture and no score."
    )


def ask_in_words(
    notice: ConsentNotice, *, write: Callable[[str], object] = print, read: Callable[[str], str] = input
) -> Consent:
    """Show the notice as text, ask until there is an answer, and return it.

    Args:
        notice: what the person is told.
        write: shows one line; ``""`` is an empty one.
        read: shows a prompt and returns the line that the person typed. :class:`EOFError` (nobody is there to
            answer) declines: silence is no consent.
    """
    for paragraph in notice.paragraphs:
        write(paragraph)
        write("")
    write(f"  {GO_ON_KEY}  Go on with the light")
    write(f"  {OTHER_WAY_KEY}  Verify another way")
    while True:
        try:
            answer = read(f"Type {GO_ON_KEY} or {OTHER_WAY_KEY}: ").strip()
        except EOFError:
            return Consent.DECLINED
        if answer == GO_ON_KEY:
            return Consent.GIVEN
        if answer == OTHER_WAY_KEY:
            return Consent.DECLINED


def consent_of_simulated_subject(_notice: ConsentNotice, /) -> Consent:
    """Return the consent of a subject who does not exist; only for rigs on which no person is lit."""
    return Consent.GIVEN


def asker_for(kind: RigKind, in_words: ConsentAsker) -> ConsentAsker:
    """Return who asks on a rig of a kind: ``in_words``, or nobody where no person is lit."""
    return consent_of_simulated_subject if kind in RIGS_WITHOUT_A_PERSON else in_words
