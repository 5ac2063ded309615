"""Position: what is wrong is said, in words that stay, until one face holds still in usable light."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import ClassVar

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.consent import consent_of_simulated_subject
from lightproof.face.alignment import EYE_DISTANCE_M
from lightproof.face.networks import FaceNetworks
from lightproof.face.quality import Quality
from lightproof.policy import Policy
from lightproof.presence.position import (
    HINT_S,
    MAX_CLIPPED,
    MAX_DISTANCE_M,
    MAX_FACE_SHARE,
    MAX_LIGHT,
    MAX_TURN_DEG,
    MIN_DISTANCE_M,
    MIN_EYE_DISTANCE_PX,
    MIN_LIGHT,
    PATIENCE_S,
    STEADY_S,
    WARM_UP_S,
    Positioned,
    wait_for_position,
    what_is_wrong,
)
from lightproof.presence.reader import FaceReader
from lightproof.request import Request
from lightproof.rigs.protocol import Frame, Rig
from lightproof.rigs.simulated import SimulatedRig
from lightproof.session import SessionOptions
from lightproof.verdict import REASONS, Outcome, ReasonCode
from lightproof.verification import verify
from tests.presence.placed_faces import (
    GEOMETRY,
    GOOD,
    HEIGHT,
    WIDTH,
    ShowingRig,
    face_of,
    grey,
    mesh,
    portrait,
    sample_of,
    simulated,
)

PERIOD_S = 1 / 30
FEW_FRAMES = {"frame_rate_hz": 1.0}
"""Patience lasts 20 s: twenty frames say as much as six hundred."""


class AlteredRig(SimulatedRig):
    """A simulated rig whose pictures are altered on their way."""

    alter: ClassVar[Callable[[NDArray[np.uint8]], NDArray[np.uint8]]]

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in super().frames(until_s):
            yield replace(frame, image=np.ascontiguousarray(type(self).alter(frame.image)))


def altered(alter: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], **conditions: object) -> SimulatedRig:
    rig = simulated(**conditions)
    rig.__class__ = type("Altered", (AlteredRig,), {"alter": staticmethod(alter)})
    return rig


def turned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture rolled by 32°."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 32.0, 1.0)
    rolled = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(rolled, np.uint8)


def half_outside(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture with the face moved over its left edge."""
    return np.concatenate([picture[:, 190:], np.full_like(picture[:, :190], 60)], axis=1)


def wall(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what is beside the person, all over the picture."""
    return np.tile(picture[:, : WIDTH // 8], (1, 8, 1))


def twice(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of the picture twice, side by side."""
    middle = picture[:, WIDTH // 4 : 3 * WIDTH // 4]
    return np.concatenate([middle, middle], axis=1)


@pytest.mark.parametrize(
    ("reason", "rig"),
    [
        pytest.param(ReasonCode.TOO_FAR, lambda: simulated(face_px=80, **FEW_FRAMES), id="small"),
        pytest.param(ReasonCode.TOO_FAR, lambda: simulated(distance_m=0.9, **FEW_FRAMES), id="far"),
        pytest.param(ReasonCode.TOO_CLOSE, lambda: simulated(face_px=470, **FEW_FRAMES), id="large"),
        pytest.param(ReasonCode.TOO_CLOSE, lambda: simulated(distance_m=0.15, **FEW_FRAMES), id="near"),
        pytest.param(ReasonCode.TOO_DARK, lambda: simulated(face_level=0.006, **FEW_FRAMES), id="dark"),
        pytest.param(ReasonCode.TOO_BRIGHT, lambda: simulated(face_level=1.0, **FEW_FRAMES), id="bright"),
        pytest.param(ReasonCode.TURNED_AWAY, lambda: altered(turned, **FEW_FRAMES), id="turned"),
        pytest.param(ReasonCode.FACE_OUTSIDE, lambda: altered(half_outside, **FEW_FRAMES), id="outside"),
        pytest.param(
            ReasonCode.SEVERAL_FACES, lambda: altered(twice, face_px=180, **FEW_FRAMES), id="several"
        ),
        pytest.param(ReasonCode.NO_FACE, lambda: altered(wall, **FEW_FRAMES), id="nobody"),
    ],
)
def test_a_session_that_finds_no_usable_position_is_inconclusive_for_its_reason(
    reason: ReasonCode, rig: Callable[[], SimulatedRig], networks: FaceNetworks
) -> None:
    hints: list[ReasonCode] = []
    request = Request.fresh(policy=Policy(presence_only=True))
    options = SessionOptions(
        networks=networks, sign=False, on_hint=hints.append, ask=consent_of_simulated_subject
    )
    session = verify(rig(), request, options=options)
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert session.verdict.reasons == (reason,)
    assert session.evidence is None
    assert hints[-1] is reason


# What is wrong with a frame, on either side of every limit


def at_distance_m(away_m: float) -> float:
    """Return the eye distance in pixels of a face at this distance from the camera."""
    assert GEOMETRY.focal_px is not None
    return GEOMETRY.focal_px * EYE_DISTANCE_M / away_m


def test_nothing_is_wrong_with_a_face_in_the_middle() -> None:
    assert what_is_wrong(sample_of(face_of(mesh())), GEOMETRY) is None


def test_no_face_and_several_faces_come_before_everything_else() -> None:
    assert what_is_wrong(sample_of(None, light=0.0), GEOMETRY) is ReasonCode.NO_FACE
    crowd = face_of(mesh(eyes_px=10.0), several=True)
    assert what_is_wrong(sample_of(crowd, light=0.0), GEOMETRY) is ReasonCode.SEVERAL_FACES


@pytest.mark.parametrize(
    ("away_m", "wrong"),
    [
        (MIN_DISTANCE_M - 0.005, ReasonCode.TOO_CLOSE),
        (MIN_DISTANCE_M + 0.005, None),
        (MAX_DISTANCE_M - 0.02, None),
        (MAX_DISTANCE_M + 0.02, ReasonCode.TOO_FAR),
    ],
)
def test_the_distance_is_within_its_limits_by_the_size_of_the_eye_distance(
    away_m: float, wrong: ReasonCode | None
) -> None:
    large = sample_of(face_of(mesh(at_distance_m(away_m), (1000, 1000))), size=(2000, 2000))
    assert what_is_wrong(large, GEOMETRY) is wrong


@pytest.mark.parametrize(("px", "wrong"), [(-1.0, ReasonCode.TOO_FAR), (1.0, None)])
def test_eyes_too_few_pixels_apart_are_too_far_wherever_the_face_is(
    px: float, wrong: ReasonCode | None
) -> None:
    """Its focal length is unknown, so only pixels are."""
    unknown = replace(GEOMETRY, focal_px=None)
    assert what_is_wrong(sample_of(face_of(mesh(MIN_EYE_DISTANCE_PX + px))), unknown) is wrong


@pytest.mark.parametrize(("share", "wrong"), [(-0.01, None), (0.01, ReasonCode.TOO_CLOSE)])
def test_a_face_nearly_as_high_as_the_picture_is_too_close(share: float, wrong: ReasonCode | None) -> None:
    points = mesh()
    height_px = float(np.ptp(points[:, 1]))
    size = (WIDTH, round(height_px / (MAX_FACE_SHARE + share)))
    placed = sample_of(face_of(mesh(middle_px=(320.0, size[1] / 2))), size=size)
    assert what_is_wrong(placed, GEOMETRY) is wrong


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
def test_a_face_over_any_edge_of_the_picture_is_outside(edge: str) -> None:
    half_px = np.ptp(mesh()[:, :2], axis=0) / 2
    middle = {
        "left": (half_px[0], 240.0),
        "top": (320.0, half_px[1]),
        "right": (WIDTH - half_px[0], 240.0),
        "bottom": (320.0, HEIGHT - half_px[1]),
    }[edge]
    inwards = np.sign(np.array([320.0, 240.0]) - middle)
    for step_px, wrong in ((2.0, None), (-2.0, ReasonCode.FACE_OUTSIDE)):
        x, y = middle + step_px * inwards
        assert what_is_wrong(sample_of(face_of(mesh(middle_px=(x, y)))), GEOMETRY) is wrong


@pytest.mark.parametrize(
    "turned_by",
    [
        lambda turn_deg: replace(GOOD, yaw_deg=turn_deg),
        lambda turn_deg: replace(GOOD, pitch_deg=turn_deg),
        lambda turn_deg: replace(GOOD, roll_deg=turn_deg),
    ],
    ids=["yaw", "pitch", "roll"],
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_face_turned_too_far_either_way_is_turned_away(
    turned_by: Callable[[float], Quality], sign: int
) -> None:
    for turn_deg, wrong in ((MAX_TURN_DEG - 1, None), (MAX_TURN_DEG + 1, ReasonCode.TURNED_AWAY)):
        face = face_of(mesh(), turned_by(sign * turn_deg))
        assert what_is_wrong(sample_of(face), GEOMETRY) is wrong


@pytest.mark.parametrize(
    ("light", "clipped", "outside", "wrong"),
    [
        (MIN_LIGHT - 0.001, 0.0, 0.0, ReasonCode.TOO_DARK),
        (MIN_LIGHT + 0.001, 0.0, 0.0, None),
        (MAX_LIGHT - 0.01, 0.0, 0.0, None),
        (MAX_LIGHT + 0.01, 0.0, 0.0, ReasonCode.TOO_BRIGHT),
        (0.2, MAX_CLIPPED - 0.01, 0.0, None),
        (0.2, MAX_CLIPPED + 0.01, 0.0, ReasonCode.TOO_BRIGHT),
        (0.2, 0.0, MAX_CLIPPED - 0.01, None),
        (0.2, 0.0, MAX_CLIPPED + 0.01, ReasonCode.FACE_OUTSIDE),
    ],
)
def test_light_that_8_bits_cannot_hold_and_cells_beside_the_picture_are_wrong(
    light: float, clipped: float, outside: float, wrong: ReasonCode | None
) -> None:
    sample = sample_of(face_of(mesh()), light=light, clipped=clipped, outside=outside)
    assert what_is_wrong(sample, GEOMETRY) is wrong


# The wait: warm-up, hints, steadiness, patience


@pytest.fixture(scope="module")
def person() -> NDArray[np.uint8]:
    return portrait()


def waited(rig: Rig, networks: FaceNetworks) -> tuple[Positioned | ReasonCode, list[ReasonCode]]:
    hints: list[ReasonCode] = []
    return wait_for_position(rig, FaceReader(networks), hints.append), hints


def test_a_face_that_holds_still_is_in_position_after_half_a_second(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    rig = ShowingRig(lambda _: person)
    position, hints = waited(rig, networks)
    assert isinstance(position, Positioned)
    assert STEADY_S <= rig.elapsed_s < STEADY_S + 3 * PERIOD_S
    assert hints == rig.said == []
    assert position.frame_size == (WIDTH, HEIGHT)
    assert position.neutral_cells.shape == (48, 40, 3)
    assert 0.1 < position.neutral_cells.mean() < 0.4
    position.forget()
    assert not position.neutral_cells.any()


def test_the_distance_is_that_of_the_rig(networks: FaceNetworks) -> None:
    position, _ = waited(simulated(distance_m=0.42), networks)
    assert isinstance(position, Positioned)
    assert position.distance_m == pytest.approx(0.42, rel=0.1)


def test_the_neutral_light_is_on_while_a_position_is_waited_for(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    rig = ShowingRig(lambda _: person)
    waited(rig, networks)
    assert len(rig.shown) == 1
    np.testing.assert_array_equal(rig.shown[0], NEUTRAL_SCREEN_SRGB)


def test_a_moment_of_something_wrong_begins_the_half_second_anew_and_its_light_is_not_counted(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    """A lamp goes off after 0.4 s, with a frame of nobody in between."""
    lit, gone_s = (person.astype(np.uint16) * 5 // 4).clip(0, 255).astype(np.uint8), 0.4
    rig = ShowingRig(lambda t: lit if t < gone_s else grey() if t < gone_s + PERIOD_S else person)
    position, _ = waited(rig, networks)
    assert isinstance(position, Positioned)
    assert rig.elapsed_s >= gone_s + STEADY_S
    plain, _ = waited(ShowingRig(lambda _: person), networks)
    assert isinstance(plain, Positioned)
    assert position.neutral_cells.mean() == pytest.approx(plain.neutral_cells.mean(), rel=0.02)


def test_nothing_is_said_while_the_camera_warms_up(person: NDArray[np.uint8], networks: FaceNetworks) -> None:
    rig = ShowingRig(lambda t: person // 16 if t < WARM_UP_S - 2 * PERIOD_S else person)
    position, hints = waited(rig, networks)
    assert isinstance(position, Positioned)
    assert hints == rig.said == []


def test_what_is_wrong_is_said_after_the_warm_up_and_each_hint_stays_for_a_second(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    """Nobody for 2.5 s, then a face in the dark for 2 s, changing from frame to frame in between."""

    def seen(t: float) -> NDArray[np.uint8]:
        if t < 2.5:
            return grey() if round(t / PERIOD_S) % 2 else grey(60)
        return person // 16 if t < 4.5 else person

    rig = ShowingRig(seen)
    position, hints = waited(rig, networks)
    assert isinstance(position, Positioned)
    assert hints == [ReasonCode.NO_FACE, ReasonCode.NO_FACE, ReasonCode.TOO_DARK, ReasonCode.TOO_DARK]
    # Once nothing is wrong any more, nothing is said of it.
    assert rig.said == [*(REASONS[hint].remedy for hint in hints), ""]
    assert rig.said_s[0] == pytest.approx(WARM_UP_S, abs=3 * PERIOD_S)
    assert min(np.diff(rig.said_s[:-1])) >= HINT_S - PERIOD_S


def test_patience_ends_after_twenty_seconds_with_what_was_wrong_last(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    rig = ShowingRig(lambda t: grey() if t < PATIENCE_S - 2 else person // 16, every=6)
    reason, hints = waited(rig, networks)
    assert reason is ReasonCode.TOO_DARK
    assert rig.elapsed_s == pytest.approx(PATIENCE_S, abs=3 * PERIOD_S)
    assert set(hints) == {ReasonCode.NO_FACE, ReasonCode.TOO_DARK}
    assert min(np.diff(rig.said_s)) >= HINT_S - PERIOD_S


def test_a_face_that_is_right_only_now_and_then_is_given_up_for_what_was_wrong_in_between(
    person: NDArray[np.uint8], networks: FaceNetworks
) -> None:
    """0.3 s right, 0.2 s too dark, until the end."""
    rig = ShowingRig(lambda t: person if t % 0.5 < 0.3 else person // 16, every=3)
    reason, _ = waited(rig, networks)
    assert reason is ReasonCode.TOO_DARK
    assert rig.elapsed_s == pytest.approx(PATIENCE_S, abs=3 * PERIOD_S)
