"""Whole sessions in simulation: only a living person is verified, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof import verification
from lightproof.consent import Consent, ConsentNotice, consent_of_simulated_subject
from lightproof.errors import CameraLostError, ClockError, FrameError
from lightproof.face.networks import FaceNetworks
from lightproof.policy import Policy
from lightproof.presence.likenesses import Likenesses
from lightproof.request import Request
from lightproof.rigs.protocol import CameraMetadata, Frame, Rig, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.verdict import Finding, Outcome, ReasonCode
from lightproof.verification import verify

FEW_DECOYS = 2**12 - 1
NONCE = bytes(range(32))


def rig(attack: str | None = None, seed: int = 7, **settings: str) -> SimulatedRig:
    return open_rig(RigOptions(seed=seed, attack=attack, settings=settings))


def request(**policy: object) -> Request:
    fields = {"presence_only": True, "decoys": FEW_DECOYS} | policy
    return replace(Request.fresh(policy=Policy.from_mapping(fields)), nonce=NONCE)


def play(networks: FaceNetworks, rig: Rig, asked: Request | None = None, **options: Any) -> Session:
    defaults = SessionOptions(
        networks=networks, entropy=Entropy.from_seed(7), sign=False, ask=consent_of_simulated_subject
    )
    return verify(rig, asked or request(), options=replace(defaults, **options))


class MeddledRig(SimulatedRig):
    """A simulated rig whose frames are changed on their way from a certain frame on."""

    from_frame = 45

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in super().frames(until_s):
            sequence = frame.metadata.sequence or 0
            yield self.meddle(frame, sequence) if sequence >= self.from_frame else frame

    def meddle(self, frame: Frame, sequence: int) -> Frame:
        raise NotImplementedError


def meddled(kind: type[MeddledRig]) -> MeddledRig:
    plain = rig()
    plain.__class__ = kind
    return plain  # type: ignore[return-value]


@pytest.fixture(scope="module")
def person(networks: FaceNetworks) -> Session:
    """Return the session of the sample person."""
    return play(networks, rig())


def test_a_living_person_is_verified(person: Session) -> None:
    session = person
    assert session.verdict.outcome is Outcome.VERIFIED
    assert session.evidence is not None
    assert session.evidence.freshness.rank == 1
    assert session.evidence.response.strength == pytest.approx(0.15, rel=0.25)
    assert session.timings["light"] <= 3.6


def test_the_same_seed_gives_the_same_evidence_bit_for_bit(networks: FaceNetworks, person: Session) -> None:
    assert person.evidence is not None
    assert play(networks, rig()).evidence == person.evidence
    assert play(networks, rig(seed=8)).evidence != person.evidence


def test_gentle_light_verifies_as_well(networks: FaceNetworks) -> None:
    session = play(networks, rig(), request(mode="gentle"))
    assert session.verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize("response", ["0.5", "2"])
def test_a_person_in_a_dim_room_is_verified_however_strong_the_screen_is(
    networks: FaceNetworks, response: str
) -> None:
    session = play(networks, rig(response=response))
    assert session.verdict.outcome is Outcome.VERIFIED, session.verdict.reasons
    assert session.evidence is not None
    assert session.evidence.freshness.rank == 1
    assert session.evidence.continuity.finding is Finding.PASS


@pytest.mark.parametrize(
    ("attack", "reasons"),
    [
        ("print", {ReasonCode.FLAT_LIGHT}),
        ("bent-print", {ReasonCode.FLAT_LIGHT}),
        ("folded-print", {ReasonCode.FLAT_LIGHT}),
        # Glass mirrors a part of the screen: it has no relief, and may not follow the whole screen either.
        ("screen-replay", {ReasonCode.FLAT_LIGHT, ReasonCode.STALE_LIGHT}),
        ("replay-recording", {ReasonCode.STALE_LIGHT}),
        ("relay", {ReasonCode.LATE_LIGHT}),
    ],
)
def test_an_attack_is_refused_for_its_own_reason(
    networks: FaceNetworks, attack: str, reasons: set[ReasonCode]
) -> None:
    session = play(networks, rig(attack))
    assert session.verdict.outcome is Outcome.NOT_VERIFIED
    assert reasons & set(session.verdict.reasons)


def test_a_recording_under_an_older_challenge_has_light_but_not_this_light(networks: FaceNetworks) -> None:
    evidence = play(networks, rig("replay-recording")).evidence
    assert evidence is not None
    assert evidence.freshness.finding is Finding.FAIL
    assert evidence.freshness.p_value > 0.01


def test_sunlight_is_inconclusive_and_never_a_failure(networks: FaceNetworks) -> None:
    session = play(networks, rig(response="0.004"))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert ReasonCode.WEAK_RESPONSE in session.verdict.reasons


def test_declining_is_a_result_and_the_camera_stays_off(networks: FaceNetworks) -> None:
    class ShutRig(SimulatedRig):
        def __enter__(self) -> SimulatedRig:  # type: ignore[override]
            raise AssertionError("the rig was opened without consent")

    shut = rig()
    shut.__class__ = ShutRig

    def decline(_: ConsentNotice, /) -> Consent:
        return Consent.DECLINED

    session = play(networks, shut, ask=decline, sign=True, entropy=None)
    assert session.verdict.outcome is Outcome.DECLINED
    assert session.token is not None


def test_a_camera_that_changes_its_own_gain_is_inconclusive(networks: FaceNetworks) -> None:
    class FreeCamera(MeddledRig):
        def meddle(self, frame: Frame, sequence: int) -> Frame:
            return replace(frame, metadata=CameraMetadata(gain=1.5, locked=False, sequence=sequence))

    session = play(networks, meddled(FreeCamera))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert ReasonCode.CAMERA_NOT_LOCKED in session.verdict.reasons


class OtherPerson(MeddledRig):
    """Cuts to somebody else, who is filmed as well."""

    def frames(self, until_s: float) -> Iterator[Frame]:
        if not hasattr(self, "other"):
            self.other = rig("other-person", seed=9).frames(until_s=100.0)
        yield from super().frames(until_s)

    def meddle(self, frame: Frame, sequence: int) -> Frame:
        return replace(frame, image=next(self.other).image)


class Mirrored(MeddledRig):
    """Cuts to the mirror image of the same person, whose face stays in its place."""

    def meddle(self, frame: Frame, sequence: int) -> Frame:
        return replace(frame, image=np.ascontiguousarray(frame.image[:, ::-1]))


class MirroringCamera(Mirrored):
    """A camera that was told to mirror its pictures, as many are for video calls."""

    from_frame = 0


def test_a_camera_that_mirrors_is_named_and_rejects_nobody(networks: FaceNetworks) -> None:
    session = play(networks, meddled(MirroringCamera))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert session.verdict.reasons == (ReasonCode.CAMERA_MIRRORED,)


def test_a_cut_to_another_face_is_never_evidence(networks: FaceNetworks) -> None:
    session = play(networks, meddled(OtherPerson))
    assert session.verdict.outcome is not Outcome.VERIFIED
    assert session.evidence is not None
    assert ReasonCode.SCENE_CUT in session.evidence.continuity.reasons


def test_a_cut_to_the_same_face_is_never_evidence(networks: FaceNetworks) -> None:
    session = play(networks, meddled(Mirrored))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert ReasonCode.SCENE_CUT in session.verdict.reasons


def test_a_face_that_leaves_is_inconclusive(networks: FaceNetworks) -> None:
    class EmptyRoom(MeddledRig):
        def meddle(self, frame: Frame, sequence: int) -> Frame:
            return replace(frame, image=np.full_like(frame.image, 90))

    session = play(networks, meddled(EmptyRoom))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert ReasonCode.FACE_LOST in session.verdict.reasons


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (lambda image: np.tile(image[:, :80], (1, 8, 1)), ReasonCode.NO_FACE),
        (lambda image: image // 64, ReasonCode.TOO_DARK),
        (lambda image: np.full_like(image, 90), ReasonCode.CAMERA_FROZEN),
        (lambda image: np.repeat(image[..., 1:2], 3, axis=2), ReasonCode.CAMERA_COLOURLESS),
    ],
)
def test_a_picture_without_a_face_is_inconclusive_for_what_is_wrong_with_it(
    picture: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], reason: ReasonCode, networks: FaceNetworks
) -> None:
    class Altered(MeddledRig):
        from_frame = 0

        def meddle(self, frame: Frame, sequence: int) -> Frame:
            return replace(frame, image=np.ascontiguousarray(picture(frame.image)))

    plain = rig(frame_rate_hz="3")
    plain.__class__ = Altered
    session = play(networks, plain)
    assert (session.verdict.outcome, session.verdict.reasons) == (Outcome.INCONCLUSIVE, (reason,))


def test_a_frame_of_another_size_in_mid_session_is_an_error_by_name(networks: FaceNetworks) -> None:
    class Resized(MeddledRig):
        def meddle(self, frame: Frame, sequence: int) -> Frame:
            image = np.ascontiguousarray(frame.image[:-2])
            return replace(frame, image=image, height=frame.height - 2)

    with pytest.raises(FrameError, match="640 x 478"):
        play(networks, meddled(Resized))


def test_a_clock_that_jumps_back_in_mid_session_is_an_error(networks: FaceNetworks) -> None:
    class Backwards(MeddledRig):
        def meddle(self, frame: Frame, sequence: int) -> Frame:
            return replace(frame, sensor_time_s=0.0)

    with pytest.raises(ClockError, match="never go back"):
        play(networks, meddled(Backwards))


def test_faces_are_overwritten_also_when_the_camera_is_unplugged(
    networks: FaceNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Likenesses] = []
    crops: list[NDArray[np.uint8]] = []

    class Watched(Likenesses):
        def end_stretch(self) -> None:
            crops.extend(draw.crop for draw in self._held if draw is not None and draw.crop is not None)
            super().end_stretch()
            seen.append(self)

    class Unplugged(MeddledRig):
        from_frame = 60

        def meddle(self, frame: Frame, sequence: int) -> Frame:
            raise CameraLostError("camera was unplugged; plug it in and start again")

    monkeypatch.setattr(verification, "Likenesses", Watched)
    with pytest.raises(CameraLostError):
        play(networks, meddled(Unplugged))
    assert len(crops) > 3
    assert not any(crop.any() for crop in crops)
    assert not seen[0]._drawn
