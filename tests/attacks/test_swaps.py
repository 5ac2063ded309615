"""The face that is matched is the face that is lit, from before the light to its end.

A living accomplice answers the light. Somebody else's picture is shown before it, during it and until after
it, as a print, on a tablet, or as a face laid over the accomplice's in the feed, in the light's own colour,
faded in or blurred. ``python -m studies.verdicts.swaps`` plays many more.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from lightproof.consent import consent_of_simulated_subject
from lightproof.face.networks import FaceNetworks
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.rigs.protocol import Rig, RigOptions
from lightproof.rigs.recording import RecordingWriter
from lightproof.rigs.recording.rig import RecordingRig
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.simulation.subject import sample_person
from lightproof.verdict import Finding, Outcome, ReasonCode
from lightproof.verification import verify
from studies.verdicts.swapping import Form, Moment, Swap, swapped
from tests.sample_result import NONCE


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the victim's photo, which is the reference and what the attacker shows."""
    path = tmp_path_factory.mktemp("swaps") / "victim.png"
    cv2.imwrite(str(path), sample_person()[..., ::-1])
    return path


def play(rig: Rig, card: Path, networks: FaceNetworks) -> Session:
    request = replace(Request.fresh(policy=Policy(decoys=MIN_DECOYS)), nonce=NONCE)
    options = SessionOptions(
        networks=networks, entropy=Entropy.from_seed(3), sign=False, ask=consent_of_simulated_subject
    )
    return verify(rig, request, reference=card, options=options)


@pytest.mark.parametrize(
    "swap",
    [
        Swap(Form.TABLET, Moment.HOLD_STILL),
        Swap(Form.PRINT, Moment.BEFORE),
        Swap(Form.FACE, Moment.BEFORE),
        Swap(Form.FACE, Moment.EVERY_DWELL, frames=1),
        Swap(Form.FACE, Moment.EVERY_DWELL, frames=5, after_s=0.05, blend=0.5),
        Swap(Form.FACE, Moment.EVERY_DWELL, frames=3, blur_px=3.0, relit=False),
        Swap(Form.FACE, Moment.LIGHT),
        Swap(Form.FACE, Moment.LATER, blend=0.7),
        Swap(Form.TABLET, Moment.AFTER),
    ],
    ids=lambda swap: f"{swap.form}, {swap.moment}, {swap.frames} frames, {swap.blend:.0%}",
)
def test_a_picture_of_the_victim_that_an_accomplice_shows_for_a_while_verifies_nobody(
    swap: Swap, card: Path, networks: FaceNetworks
) -> None:
    session = play(swapped(None, card, swap, networks, 9), card, networks)
    assert session.verdict.outcome is not Outcome.VERIFIED


def test_a_picture_shown_while_the_face_holds_still_is_told_by_identity_and_is_no_part_of_the_match(
    card: Path, networks: FaceNetworks
) -> None:
    swap = Swap(Form.FACE, Moment.HOLD_STILL)
    session = play(swapped(None, card, swap, networks, 9), card, networks)
    assert {ReasonCode.IDENTITY_CHANGED, ReasonCode.FACE_MISMATCH} <= set(session.verdict.reasons)
    assert session.match is not None
    assert session.match.score is not None
    assert session.match.score < 0.3


def test_a_victims_picture_with_an_accomplices_light_on_it_is_told_by_the_picture_that_the_code_lights(
    card: Path, networks: FaceNetworks
) -> None:
    """It is fresh, in time and solid, stays one person and matches; only its light is the accomplice's."""
    session = play(swapped(None, card, Swap(Form.LIGHT, Moment.ALWAYS), networks, 9), card, networks)
    assert session.verdict.outcome is not Outcome.VERIFIED
    assert session.match is not None
    assert session.match.finding is Finding.PASS
    assert session.evidence is not None
    assert session.evidence.relief.finding is Finding.PASS
    assert session.evidence.lit_face.finding is not Finding.PASS


def test_a_person_alone_is_matched_and_stays_who_they_are(card: Path, networks: FaceNetworks) -> None:
    session = play(open_rig(RigOptions(seed=7)), card, networks)
    assert session.verdict.outcome is Outcome.VERIFIED
    assert session.match is not None
    assert session.match.frames >= 10
    assert session.evidence is not None
    assert session.evidence.identity.finding is Finding.PASS
    assert session.evidence.identity.frames > session.match.frames
    assert session.evidence.lit_face.cosine is not None
    assert session.evidence.lit_face.cosine > 0.6


def test_a_recording_draws_the_same_frames_and_ends_alike_bit_for_bit(
    card: Path, networks: FaceNetworks, tmp_path: Path
) -> None:
    session = play(RecordingWriter(open_rig(RigOptions(seed=8)), tmp_path / "session"), card, networks)
    again = play(RecordingRig(tmp_path / "session"), card, networks)
    assert again.evidence == session.evidence
    assert again.match == session.match
    assert again.verdict == session.verdict
