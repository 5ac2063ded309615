"""The simulated rig: a closed loop of screen, scene and camera on a virtual clock."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof._core import Challenge
from lightproof.colour import srgb_to_linear
from lightproof.errors import InputError, NoFaceError, PictureError
from lightproof.rigs.protocol import Rig, RigOptions
from lightproof.rigs.simulated import SimulatedRig, open_rig
from lightproof.simulation.attacks import Attack
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import RANGES, Conditions
from lightproof.simulation.subject import FacePlace, Subject

STILL = Conditions(
    motion_px=0, roll_deg=0, gain_sd=0, chroma_sd=0, flicker_depth=0, pixel_noise=0, read_noise=0, jitter_s=0
)
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
WHITE = np.full((4, 3), 255, np.uint8)
BLACK = np.zeros((4, 3), np.uint8)


def subject() -> Subject:
    """Return a matt ball-like thing: each quadrant lights its own side more."""
    y, x = np.mgrid[-1:1:96j, -1:1:128j].astype(np.float32)
    sides = [(x, -y), (-x, -y), (x, y), (-x, y)]
    albedo = np.stack(
        [0.6 + 0.1 * np.sin(7 * x + 5 * y), 0.45 + 0.1 * np.sin(9 * x), 0.35 + 0.1 * np.cos(9 * y)], axis=-1
    )
    one, two, three, four = (
        ((1 + 0.3 * a + 0.3 * b)[..., None] * albedo).astype(np.float32) for a, b in sides
    )
    room = albedo.astype(np.float32)
    return Subject(
        LightTransport((one, two, three, four), {"ceiling": room}),
        FacePlace((63.5, 47.5), 60.0, 25.0),
        alive=False,
    )


def rig(
    conditions: Conditions = STILL, seed: int = 7, attack: Attack | None = None, delay_s: float = 0.1
) -> SimulatedRig:
    return SimulatedRig(subject(), conditions, seed, attack=attack, relay_delay_s=delay_s)


def last(rig: SimulatedRig, illumination: NDArray[np.uint8], wait_s: float = 0.3) -> NDArray[np.float64]:
    """Return the picture of a settled illumination in linear light."""
    rig.show(illumination)
    return srgb_to_linear(list(rig.frames(rig.now_s() + wait_s))[-1].image)


def middle(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(image[165:316, 245:396].mean((0, 1)))


def test_it_is_a_rig() -> None:
    assert isinstance(rig(), Rig)


def test_light_adds() -> None:
    simulated = rig(dataclasses.replace(STILL, response=1, face_level=0.1))
    dark = last(simulated, BLACK)
    total = np.zeros_like(dark)
    for quadrant in range(4):
        one = BLACK.copy()
        one[quadrant] = 255
        total += last(simulated, one) - dark
    together = last(simulated, WHITE) - dark
    np.testing.assert_allclose(
        total[100:380, 100:540].mean((0, 1)), together[100:380, 100:540].mean((0, 1)), rtol=0.01
    )


@pytest.mark.parametrize("response", [0.05, 0.15, 0.5])
def test_a_white_screen_gives_the_response_that_was_asked_for(response: float) -> None:
    simulated = rig(dataclasses.replace(STILL, response=response))
    dark, lit = (middle(last(simulated, colours)) @ LUMINANCE for colours in (BLACK, WHITE))
    assert lit / dark - 1 == pytest.approx(response, rel=0.02)


def test_the_response_follows_from_the_rooms_illuminance() -> None:
    """A 7-inch screen of 500 cd/m² at 35 cm in 300 lx; docs/freshness.md has 17 % on a flat target."""
    assert Conditions(ambient_lx=300).response_level == pytest.approx(0.16, abs=0.02)
    laptop = Conditions(
        ambient_lx=300, screen_width_m=0.29, screen_height_m=0.17, screen_cd_m2=300, distance_m=0.45
    )
    assert laptop.response_level == pytest.approx(0.2, abs=0.06)
    assert Conditions(ambient_lx=30_000).response_level < 0.002


def test_the_persons_left_lights_the_right_of_the_picture() -> None:
    simulated = rig()
    left = np.array([[255] * 3, [0] * 3, [255] * 3, [0] * 3], np.uint8)
    picture = last(simulated, left) - last(simulated, BLACK)
    assert picture[:, 400:500].mean() > 1.2 * picture[:, 140:240].mean()


def test_the_mixing_of_the_description_is_the_cameras() -> None:
    simulated = rig(dataclasses.replace(STILL, response=1, face_level=0.1))
    dark = middle(last(simulated, BLACK))
    seen = np.empty((3, 3))
    for channel in range(3):
        primary = BLACK.copy()
        primary[:, channel] = 255
        seen[:, channel] = middle(last(simulated, primary)) - dark
    seen /= np.diagonal(seen)[:, None]
    told = np.array(simulated.description.calibration.mixing)
    np.testing.assert_allclose(seen, told / np.diagonal(told)[:, None], atol=0.01)


def test_the_same_seed_gives_the_same_bits() -> None:
    def play(seed: int) -> list[bytes]:
        simulated = rig(Conditions(drop_probability=0.1), seed)
        frames = list(simulated.frames(0.2))
        simulated.show(WHITE, 0.25)
        frames += simulated.frames(0.5)
        return [frame.image.tobytes() + repr(frame.sensor_time_s).encode() for frame in frames]

    assert play(3) == play(3)
    assert play(3) != play(4)


def test_frames_come_in_order_and_the_clock_never_goes_back() -> None:
    simulated = rig(Conditions())
    stamps, clock = [], [simulated.now_s()]
    for until_s in (0.1, 0.3, 0.2, 0.4):
        for frame in simulated.frames(until_s):
            stamps.append(frame.sensor_time_s)
            clock.append(simulated.now_s())
            assert frame.light_interval_s(frame.height)[1] <= clock[-1]
        clock.append(simulated.now_s())
    assert stamps == sorted(stamps)
    assert clock == sorted(clock)
    assert clock[-1] == pytest.approx(0.4)


def test_a_flip_is_reported_at_a_refresh_and_never_before_it_was_asked_for() -> None:
    simulated = rig()
    flips = [simulated.show(WHITE, at_s) for at_s in (0.1, 0.2, 0.15, 0.5)]
    assert flips == sorted(flips)
    for flip_s, asked_s in zip(flips, (0.1, 0.2, 0.2, 0.5), strict=True):
        assert 0 <= flip_s - asked_s <= 1 / 60 + 1e-9
    steps = np.diff(flips) * 60
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


def test_frames_that_nobody_asked_for_are_kept() -> None:
    simulated = rig()
    simulated.show(WHITE, 0.5)
    frames = list(simulated.frames(0.6))
    assert frames[0].sensor_time_s < 1 / 30
    assert [frame.metadata.sequence for frame in frames] == list(range(len(frames)))


def test_dropped_frames_leave_gaps_in_the_sequence() -> None:
    simulated = rig(dataclasses.replace(STILL, drop_probability=0.3))
    sequence = [frame.metadata.sequence for frame in simulated.frames(6)]
    assert 0.6 < len(sequence) / (sequence[-1] or 1) < 0.8


def test_a_flip_in_mid_frame_is_seen_by_the_lower_rows_only() -> None:
    conditions = dataclasses.replace(
        STILL, response=1, exposure_s=0.002, rise_s=0, panel_latency_s=0, refresh_hz=500
    )
    simulated = rig(conditions)
    before = srgb_to_linear(next(simulated.frames(1)).image)
    start_s = next(simulated.frames(1)).sensor_time_s + 1 / 30
    flip_s = simulated.show(WHITE, start_s + 0.008)
    frame = next(simulated.frames(1))
    assert frame.sensor_time_s == pytest.approx(start_s)
    change = (srgb_to_linear(frame.image) / np.maximum(before, 1e-3)).mean((1, 2))
    edge = (flip_s - start_s) / conditions.readout_s * 480
    begins = edge - conditions.exposure_s / conditions.readout_s * 480
    np.testing.assert_allclose(change[: int(begins) - 2], 1, atol=0.02)
    assert change[int(edge) + 3 :].min() > 1.3


def test_a_pixel_is_as_noisy_as_stated() -> None:
    conditions = dataclasses.replace(
        STILL, pixel_noise=0.02, read_noise=0.001, face_level=0.18, response=0.01
    )
    frames = [srgb_to_linear(frame.image) for frame in rig(conditions).frames(1)]
    stack = np.stack(frames)[:, 100:380, 200:440]
    mean, sd = stack.mean(0), stack.std(0, ddof=1)
    near_grey = (mean > 0.17) & (mean < 0.19)
    assert (sd[near_grey] / mean[near_grey]).mean() == pytest.approx(0.02, rel=0.1)


def test_mains_flicker_runs_over_the_rows() -> None:
    conditions = dataclasses.replace(STILL, flicker_depth=0.2, exposure_s=0.002, response=0.01)
    flat = srgb_to_linear(next(rig(STILL).frames(1)).image)
    rows = (srgb_to_linear(next(rig(conditions).frames(1)).image) / np.maximum(flat, 1e-3)).mean((1, 2))
    assert np.ptp(rows) > 0.2
    even = dataclasses.replace(conditions, exposure_s=0.010)
    rows = (srgb_to_linear(next(rig(even).frames(1)).image) / np.maximum(flat, 1e-3)).mean((1, 2))
    assert np.ptp(rows) < 0.03, "an exposure of one whole period of 100 Hz cancels the flicker"


def test_a_camera_that_drifts_says_that_it_is_not_locked() -> None:
    frames = list(rig(dataclasses.replace(STILL, exposure_drift_per_s=-0.3)).frames(1))
    assert frames[0].metadata.locked is False
    assert srgb_to_linear(frames[-1].image).mean() < 0.85 * srgb_to_linear(frames[0].image).mean()
    assert rig().description.frame_rate_hz == 30
    assert next(rig().frames(1)).metadata.locked is True


def test_a_relay_is_late_by_its_delay() -> None:
    def change_s(attack: Attack | None) -> float:
        conditions = dataclasses.replace(
            STILL, response=1, frame_rate_hz=100, exposure_s=0.002, readout_s=0.001
        )
        simulated = rig(conditions, attack=attack, delay_s=0.08)
        flip_s = simulated.show(WHITE, 0.2)
        levels = [(f.sensor_time_s - flip_s, f.image.mean()) for f in simulated.frames(0.6)]
        half = (levels[0][1] + levels[-1][1]) / 2
        return next(time_s for time_s, level in levels if level > half)

    assert change_s(Attack.RELAY) - change_s(None) == pytest.approx(0.08, abs=0.011)


def play(simulated: SimulatedRig, challenge: Challenge) -> NDArray[np.float64]:
    """Return the mean linear light of the picture at the end of each dwell, (illuminations, 3)."""
    means = []
    for step_s, srgb in zip(challenge.steps_start_s, challenge.steps_srgb, strict=True):
        simulated.show(srgb, 0.5 + float(step_s))
        frames = list(simulated.frames(0.5 + float(step_s) + 0.18))
        means.append(srgb_to_linear(frames[-1].image).mean((0, 1)))
    return np.array(means)


def test_a_recording_of_another_session_looks_like_a_session_but_does_not_follow_the_challenge() -> None:
    conditions = dataclasses.replace(STILL, response=1)
    one, other = (Challenge.generate(bytes([k]) * 32, "standard") for k in (1, 2))
    recorded = play(rig(conditions, attack=Attack.REPLAY_RECORDING), one)
    followed = play(rig(conditions), one)
    np.testing.assert_array_equal(recorded, play(rig(conditions, attack=Attack.REPLAY_RECORDING), other))
    assert np.ptp(recorded, axis=0).min() > 0.5 * np.ptp(followed, axis=0).min()
    assert abs(np.corrcoef(recorded[:, 0], followed[:, 0])[0, 1]) < 0.8


def test_a_recording_is_neutral_until_the_challenge_begins() -> None:
    neutral = np.full((4, 3), 157, np.uint8)
    conditions = dataclasses.replace(STILL, response=1)
    recorded, true = rig(conditions, attack=Attack.REPLAY_RECORDING), rig(conditions)
    np.testing.assert_array_equal(last(recorded, neutral), last(true, neutral))


def test_a_recording_is_gentle_where_the_challenge_is() -> None:
    conditions = dataclasses.replace(STILL, response=1)
    gentle = Challenge.generate(bytes(32), "gentle")
    recorded = rig(conditions, attack=Attack.REPLAY_RECORDING)
    before = last(recorded, np.full((4, 3), 157, np.uint8)).mean((0, 1))
    recorded.show(gentle.steps_srgb[0])
    soon = srgb_to_linear(next(recorded.frames(recorded.now_s() + 0.12)).image).mean((0, 1))
    later = srgb_to_linear(list(recorded.frames(recorded.now_s() + 0.35))[-1].image).mean((0, 1))
    assert np.abs(soon - before).max() < 0.3 * np.abs(later - before).max()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"brightness": "3"}, "no setting 'brightness'"),
        ({"response": "much"}, "response is 'much'"),
        ({"response": "nan"}, "response is nan"),
        ({"response": "-1"}, "response is -1"),
        ({"exposure_s": "0.04"}, "exposure_s is 0.04"),
        ({"delay_s": "-0.1"}, "delay_s is -0.1"),
        ({"delay_s": "soon"}, "delay_s is 'soon'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name_and_value(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    subject().transport.save(tmp_path / "ball.npz")
    with pytest.raises(InputError, match=told):
        open_rig(RigOptions(seed=1, subject=tmp_path / "ball.npz", settings=settings))


def test_an_unknown_attack_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="choose one of print, bent-print"):
        open_rig(RigOptions(seed=1, attack="mask"))


def test_a_print_of_a_basis_is_refused_because_it_needs_a_photograph(tmp_path: Path) -> None:
    subject().transport.save(tmp_path / "ball.npz")
    with pytest.raises(InputError, match="needs a photograph"):
        open_rig(RigOptions(seed=1, subject=tmp_path / "ball.npz", attack="print"))


def test_a_basis_without_a_face_is_still_rendered(tmp_path: Path) -> None:
    """A session has to say that it sees no face; the rig must not say it first."""
    subject().transport.save(tmp_path / "ball.npz")
    opened = open_rig(RigOptions(seed=1, subject=tmp_path / "ball.npz"))
    assert next(opened.frames(1)).image.shape == (480, 640, 3)


def test_a_basis_brings_its_distance_and_screen(tmp_path: Path) -> None:
    transport = dataclasses.replace(subject().transport, meta={"distance_cm": 41.0, "screen_cm": [29, 17]})
    transport.save(tmp_path / "ball.npz")
    geometry = open_rig(RigOptions(seed=1, subject=tmp_path / "ball.npz")).description.geometry
    assert geometry.screen_m == (0.29, 0.17)


@pytest.mark.parametrize(("content", "error"), [(b"hello", PictureError), (b"", PictureError)])
def test_a_subject_that_is_no_picture_is_refused(
    tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    (tmp_path / "me.jpg").write_bytes(content)
    with pytest.raises(error, match=r"me\.jpg"):
        open_rig(RigOptions(seed=1, subject=tmp_path / "me.jpg"))


def test_a_picture_without_a_face_is_refused(tmp_path: Path) -> None:
    import cv2

    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    with pytest.raises(NoFaceError, match="no face"):
        open_rig(RigOptions(seed=1, subject=tmp_path / "wall.png"))


@pytest.mark.parametrize(
    "illumination",
    [np.zeros((3, 4), np.uint8), np.zeros((4, 3)), np.zeros((4, 3), np.int64), np.zeros(12, np.uint8)],
)
def test_an_illumination_of_the_wrong_form_is_refused(illumination: NDArray[np.uint8]) -> None:
    with pytest.raises(InputError, match="must be uint8"):
        rig().show(illumination)


def test_every_condition_has_a_range() -> None:
    assert set(RANGES) == {field.name for field in dataclasses.fields(Conditions)}


@pytest.mark.parametrize("name", sorted(RANGES))
def test_a_condition_out_of_its_range_is_refused_by_name(name: str) -> None:
    with pytest.raises(InputError, match=f"{name} is"):
        Conditions(**{name: RANGES[name][1] * 1.01 + 1})


def test_a_frame_is_rendered_fast_enough() -> None:
    """Seven sessions of 140 frames in a demo of one minute leave 60 ms of a processor, however busy it is."""
    simulated = rig(Conditions())
    list(simulated.frames(0.2))
    begin_s = time.process_time()
    count = sum(1 for _ in simulated.frames(1.2))
    assert (time.process_time() - begin_s) / count < 0.06
