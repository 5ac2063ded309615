"""Verdicts: what the evidence adds up to, and what the person is told.

Every part of the evidence can veto and none can vote another down; evidence that is missing is inconclusive,
never a pass. A verdict carries reason codes; :data:`REASONS` holds what each of them says to the person and
what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

from lightproof.errors import InputError


class Outcome(StrEnum):
    """How a session ended."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    INCONCLUSIVE = "inconclusive"
    DECLINED = "declined"


class Finding(StrEnum):
    """What one part of the evidence says on its own."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class ReasonCode(StrEnum):
    """Why a session was not verified. The text for the person is in :data:`REASONS`."""

    CONSENT_DECLINED = "consent_declined"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_LOST = "face_lost"
    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    TURNED_AWAY = "turned_away"
    FACE_OUTSIDE = "face_outside"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    WEAK_RESPONSE = "weak_response"
    EXCESSIVE_MOTION = "excessive_motion"
    SCENE_CUT = "scene_cut"
    DROPPED_FRAMES = "dropped_frames"
    SCREEN_LOST_TIME = "screen_lost_time"
    CAMERA_NOT_LOCKED = "camera_not_locked"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_COLOURLESS = "camera_colourless"
    CAMERA_MIRRORED = "camera_mirrored"
    CAMERA_TURNED = "camera_turned"
    CAMERA_REPEATS = "camera_repeats"
    CAMERA_CLOCK = "camera_clock"
    COLOURS_SWAPPED = "colours_swapped"
    RIG_NOT_CALIBRATED = "rig_not_calibrated"
    STALE_LIGHT = "stale_light"
    LATE_LIGHT = "late_light"
    LATE_FRAMES = "late_frames"
    FRAMES_HIDDEN = "frames_hidden"
    FLAT_LIGHT = "flat_light"
    RELIEF_UNCLEAR = "relief_unclear"
    OWN_LIGHT = "own_light"
    SURFACE_UNCLEAR = "surface_unclear"
    FRESHNESS_UNCLEAR = "freshness_unclear"
    LATENCY_UNCLEAR = "latency_unclear"
    IDENTITY_CHANGED = "identity_changed"
    IDENTITY_UNCLEAR = "identity_unclear"
    LIT_FACE_DIFFERS = "lit_face_differs"
    LIT_FACE_UNCLEAR = "lit_face_unclear"
    FACE_MISMATCH = "face_mismatch"
    PROBE_UNUSABLE = "probe_unusable"
    REFERENCE_UNUSABLE = "reference_unusable"
    MATCH_UNCLEAR = "match_unclear"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason in words: what happened, and what the person can do next."""

    code: ReasonCode
    message: str
    remedy: str


@runtime_checkable
class EvidencePart(Protocol):
    """One part of the evidence: a finding and, where it is not a pass, the reasons for it."""

    @property
    def finding(self) -> Finding:
        """What this part says on its own."""
        ...

    @property
    def reasons(self) -> tuple[ReasonCode, ...]:
        """Why the finding is not a pass; empty for a pass."""
        ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a session with its reasons, the most telling first.

    Raises:
        InputError: the outcome and the reasons contradict each other. Only a verified session has no reason,
            and only a declined one has the reason ``consent_declined``.
    """

    outcome: Outcome
    reasons: tuple[ReasonCode, ...] = ()

    def __post_init__(self) -> None:
        listed = ", ".join(self.reasons) or "none"
        if (self.outcome is Outcome.VERIFIED) != (not self.reasons):
            raise InputError(f"a session that is {self.outcome} cannot have the reasons: {listed}")
        if (self.outcome is Outcome.DECLINED) != (ReasonCode.CONSENT_DECLINED in self.reasons):
            raise InputError(f"a session that is {self.outcome} cannot have the reasons: {listed}")


DECLINED = Verdict(Outcome.DECLINED, (ReasonCode.CONSENT_DECLINED,))
"""The verdict of a session that the person did not want. It is a result, not a failure."""

PRESENCE_PARTS = (
    "response",
    "continuity",
    "freshness",
    "latency",
    "relief",
    "reflectance",
    "identity",
    "lit_face",
)
"""Evidence that somebody is present: what a session without a reference requires."""

REQUIRED_PARTS = (*PRESENCE_PARTS, "match")
"""Evidence that the person of the reference is present: what a session requires."""

_UNSAID = MappingProxyType(
    {
        "response": (ReasonCode.WEAK_RESPONSE, ReasonCode.WEAK_RESPONSE),
        "continuity": (ReasonCode.SCENE_CUT, ReasonCode.INTERRUPTED),
        "freshness": (ReasonCode.STALE_LIGHT, ReasonCode.FRESHNESS_UNCLEAR),
        "latency": (ReasonCode.LATE_LIGHT, ReasonCode.LATENCY_UNCLEAR),
        "relief": (ReasonCode.FLAT_LIGHT, ReasonCode.RELIEF_UNCLEAR),
        "reflectance": (ReasonCode.OWN_LIGHT, ReasonCode.SURFACE_UNCLEAR),
        "identity": (ReasonCode.IDENTITY_CHANGED, ReasonCode.IDENTITY_UNCLEAR),
        "lit_face": (ReasonCode.LIT_FACE_DIFFERS, ReasonCode.LIT_FACE_UNCLEAR),
        "match": (ReasonCode.FACE_MISMATCH, ReasonCode.MATCH_UNCLEAR),
    }
)
"""Part -> (reason of a failure, reason otherwise) where the part gives none: every verdict is explained."""


def decide(parts: Mapping[str, EvidencePart | None], required: Sequence[str] = REQUIRED_PARTS) -> Verdict:
    """Return the verdict of the evidence: any fail vetoes, any gap is inconclusive, all passes are verified.

    The reasons are those of the parts that decided, in the order of ``required``. Where some part that did
    run says why it is inconclusive, the parts that never ran add nothing: they did not run for that reason.

    Args:
        parts: part name -> evidence, None where it was not run. A part that is not required may still veto.
        required: names of the parts without which nobody is verified, some of :data:`REQUIRED_PARTS`.

    Raises:
        InputError: a name in ``parts`` or ``required`` is no part of the evidence, or ``required`` is empty.

    Example::

        decide({"freshness": freshness, "relief": None, ...}).outcome
    """
    names = [*required, *(name for name in parts if name not in required)]
    for name in names:
        if name not in _UNSAID:
            raise InputError(f"evidence part {name!r} is unknown; the parts are {', '.join(_UNSAID)}")
    if not required:
        raise InputError("no evidence is required; require at least one part")

    failures: list[ReasonCode] = []
    doubts: list[ReasonCode] = []
    gaps: list[ReasonCode] = []
    for name in names:
        part = parts.get(name)
        if_failed, if_unclear = _UNSAID[name]
        if part is None:
            if name in required:
                gaps.append(if_unclear)
        elif part.finding == Finding.FAIL:
            failures.extend(part.reasons or (if_failed,))
        elif part.finding != Finding.PASS:
            doubts.extend(part.reasons or (if_unclear,))

    if failures:
        return Verdict(Outcome.NOT_VERIFIED, tuple(dict.fromkeys(failures)))
    if doubts or gaps:
        return Verdict(Outcome.INCONCLUSIVE, tuple(dict.fromkeys(doubts or gaps)))
    return Verdict(Outcome.VERIFIED)


_WORDS: Mapping[ReasonCode, tuple[str, str]] = {
    ReasonCode.CONSENT_DECLINED: (
        "You chose not to be verified by light, and that is fine.",
        "Use the other way to verify; it counts just the same.",
    ),
    ReasonCode.NO_FACE: (
        "The camera did not see a face.",
        "Come in front of the screen with your face uncovered and try again.",
    ),
    ReasonCode.SEVERAL_FACES: (
        "More than one face was in the picture.",
        "Try again with only you in front of the camera; look out for posters and photos behind you.",
    ),
    ReasonCode.FACE_LOST: (
        "Your face left the picture before the light had finished.",
        "Stay in front of the screen for the few seconds of light and try again.",
    ),
    ReasonCode.TOO_FAR: (
        "You were too far from the screen for its light to be read.",
        "Come closer, to about an arm's length or less, and try again.",
    ),
    ReasonCode.TOO_CLOSE: (
        "You were too close to the camera for your whole face to be seen.",
        "Lean back a little and try again.",
    ),
    ReasonCode.TURNED_AWAY: (
        "Your face was turned away from the screen.",
        "Look straight at the screen and try again.",
    ),
    ReasonCode.FACE_OUTSIDE: (
        "Part of your face was outside the picture.",
        "Move until your whole face is in the picture and try again.",
    ),
    ReasonCode.TOO_DARK: (
        "It was too dark for the camera.",
        "Switch on a lamp that lights the room and try again.",
    ),
    ReasonCode.TOO_BRIGHT: (
        "It was too bright here for the light of the screen to be seen.",
        "Turn away from the window or dim the room, and try again.",
    ),
    ReasonCode.WEAK_RESPONSE: (
        "Too little of the screen's light reached your face.",
        "Come closer, turn the screen brighter or the room darker, and try again.",
    ),
    ReasonCode.EXCESSIVE_MOTION: (
        "There was too much movement to read the light.",
        "Hold still for the few seconds of light, resting your arms if that helps, and try again.",
    ),
    ReasonCode.SCENE_CUT: (
        "The picture changed suddenly while the light was playing.",
        "Keep the camera steady and uncovered and try again.",
    ),
    ReasonCode.DROPPED_FRAMES: (
        "The camera lost too many pictures.",
        "Close other programs that are busy or use the camera, and try again.",
    ),
    ReasonCode.SCREEN_LOST_TIME: (
        "The screen could not play the light in time.",
        "Close other programs that are busy and try again.",
    ),
    ReasonCode.CAMERA_NOT_LOCKED: (
        "The camera kept changing its own brightness or colours.",
        "Use a camera whose exposure can be fixed, or try again in steadier light.",
    ),
    ReasonCode.CAMERA_FROZEN: (
        "The camera's picture stands still.",
        "Unplug the camera and plug it in again, close other programs that use it, and try again.",
    ),
    ReasonCode.CAMERA_COLOURLESS: (
        "The camera's picture has no colour.",
        "Ask whoever looks after this device to choose its colour camera, or verify the other way.",
    ),
    ReasonCode.CAMERA_MIRRORED: (
        "The camera's picture is mirrored.",
        "Ask whoever looks after this device to switch the camera's mirroring off, or verify the other way.",
    ),
    ReasonCode.CAMERA_TURNED: (
        "The camera's picture is turned on its side or upside down.",
        "Ask whoever looks after this device to turn the camera, or verify the other way.",
    ),
    ReasonCode.CAMERA_REPEATS: (
        "The camera delivers each picture several times.",
        "Ask whoever looks after this device to set the camera to a rate that it really has, or verify the "
        "other way.",
    ),
    ReasonCode.CAMERA_CLOCK: (
        "The times that the camera gives its pictures cannot be right.",
        "Ask whoever looks after this device to update the camera's driver or use another camera, or verify "
        "the other way.",
    ),
    ReasonCode.COLOURS_SWAPPED: (
        "The camera's colours are swapped.",
        "Ask whoever looks after this device to mend the order of the camera's colours, and to run "
        "`lightproof calibrate` again, or verify the other way.",
    ),
    ReasonCode.RIG_NOT_CALIBRATED: (
        "This camera and screen have not been measured together yet.",
        "Ask whoever looks after this device to run `lightproof calibrate` once, or verify the other way.",
    ),
    ReasonCode.STALE_LIGHT: (
        "The light on the face did not follow this challenge.",
        "Be in front of this screen yourself and try again, or verify the other way.",
    ),
    ReasonCode.LATE_LIGHT: (
        "The light on the face came later than this device's own light can.",
        "Use the camera of this device directly, with no video program between, or verify the other way.",
    ),
    ReasonCode.LATE_FRAMES: (
        "The camera's pictures came later than this camera delivers them.",
        "Close other programs that use the camera and try again, or verify the other way.",
    ),
    ReasonCode.FRAMES_HIDDEN: (
        "Pictures were missing just when the light changed.",
        "Close other programs that are busy and try again, or verify the other way.",
    ),
    ReasonCode.FLAT_LIGHT: (
        "The light did not fall as it falls on a solid face.",
        "Face the screen, take off anything that covers your face and try again, or verify the other way.",
    ),
    ReasonCode.RELIEF_UNCLEAR: (
        "The shape of the face could not be read from the light.",
        "Come closer, face the screen, turn lamps at your side off and try again.",
    ),
    ReasonCode.OWN_LIGHT: (
        "The picture of the face brought its own light.",
        "Turn projectors and other screens away and try again yourself, or verify the other way.",
    ),
    ReasonCode.SURFACE_UNCLEAR: (
        "The light of the room and of the screen could not be compared on the face.",
        "Come closer or dim the room, turn lamps at your side off, and try again.",
    ),
    ReasonCode.FRESHNESS_UNCLEAR: (
        "The light on the face could not be told apart clearly enough.",
        "Come closer or dim the room, hold still and try again.",
    ),
    ReasonCode.LATENCY_UNCLEAR: (
        "The moment at which the light reached the face could not be measured.",
        "Close other programs that are busy, hold still and try again.",
    ),
    ReasonCode.IDENTITY_CHANGED: (
        "The face did not look like the same one from beginning to end.",
        "Try again with only you in front of the camera, or verify the other way.",
    ),
    ReasonCode.IDENTITY_UNCLEAR: (
        "Your face could not be seen clearly from beginning to end.",
        "Keep your face uncovered and towards the screen, hold still and try again.",
    ),
    ReasonCode.LIT_FACE_DIFFERS: (
        "The light did not show the same face as the camera.",
        "Hold nothing between your face and the screen and try again, or verify the other way.",
    ),
    ReasonCode.LIT_FACE_UNCLEAR: (
        "The light did not show your face clearly enough.",
        "Move closer, hold still, turn from bright lamps and try again.",
    ),
    ReasonCode.FACE_MISMATCH: (
        "The face and the photo could not be matched.",
        "Try again with another or a more recent photo of yours, or verify the other way.",
    ),
    ReasonCode.PROBE_UNUSABLE: (
        "No picture of your face was clear enough to compare.",
        "Look straight at the screen in even light and try again.",
    ),
    ReasonCode.REFERENCE_UNUSABLE: (
        "The photo to compare with could not be used.",
        "Show one sharp photo with one uncovered face that looks at the camera, and try again.",
    ),
    ReasonCode.MATCH_UNCLEAR: (
        "The face was not compared with the photo.",
        "Try again, or verify the other way.",
    ),
    ReasonCode.INTERRUPTED: (
        "The session ended before it was decided.",
        "Try again when you are ready.",
    ),
}

CAMERA_FAULTS: Final = frozenset(
    {
        ReasonCode.CAMERA_FROZEN,
        ReasonCode.CAMERA_COLOURLESS,
        ReasonCode.CAMERA_MIRRORED,
        ReasonCode.CAMERA_TURNED,
        ReasonCode.CAMERA_REPEATS,
        ReasonCode.CAMERA_CLOCK,
        ReasonCode.COLOURS_SWAPPED,
    }
)
"""What is wrong with the camera, whoever sits before it: never a failure of a person."""

REASONS: Mapping[ReasonCode, Reason] = MappingProxyType(
    {code: Reason(code, message, remedy) for code, (message, remedy) in _WORDS.items()}
)
"""What each reason says to the person: plain words, no blame, no score, and always something to do next."""
