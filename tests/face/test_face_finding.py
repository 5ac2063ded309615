"""Finding a face: the detectors, the mesh, its pose and quality."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from lightproof.face.alignment import (
    canonical_points,
    eye_distance_in_space_px,
    eye_distance_px,
    five_points,
)
from lightproof.face.quality import Quality, measure_quality, pose_deg
from tests.face.face_pictures import admiral, astronaut, head, networks

GOOD = Quality(
    eye_distance_px=60,
    face_height_px=150,
    sharpness=2.4,
    yaw_deg=3,
    pitch_deg=-4,
    roll_deg=8,
    luminance=0.2,
    clipped=0.0,
)


def test_one_face_is_found_in_a_portrait_where_it_is() -> None:
    faces = networks().near.find(astronaut())
    assert len(faces) == 1
    left, top, right, bottom = faces[0].box
    assert 150 < left < 200
    assert 250 < right < 300
    assert 60 < top < 120
    assert 150 < bottom < 220
    right_eye, left_eye = faces[0].keypoints[:2]
    assert right_eye[0] < left_eye[0]


def test_no_face_is_found_where_there_is_none() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
    assert networks().near.find(noise) == []
    assert networks().document.find(noise) == []
    assert networks().largest_face(noise) is None


def test_a_detection_does_not_depend_on_the_shape_of_the_picture() -> None:
    face = head(astronaut(), 300)
    wide = cv2.copyMakeBorder(face, 20, 20, 300, 100, cv2.BORDER_CONSTANT)
    tall = cv2.copyMakeBorder(face, 300, 100, 20, 20, cv2.BORDER_CONSTANT)
    in_wide, in_tall = (networks().near.find(np.asarray(picture, np.uint8))[0] for picture in (wide, tall))
    assert np.abs(in_wide.box - [300, 20, 300, 20] - (in_tall.box - [20, 300, 20, 300])).max() < 12


def test_two_people_side_by_side_are_two_faces_and_the_larger_comes_first() -> None:
    both = np.concatenate(
        [head(astronaut(), 300), cv2.copyMakeBorder(head(admiral(), 200), 50, 50, 50, 50, 0)], 1
    )
    faces = networks().near.find(both)
    assert len(faces) == 2
    assert faces[0].box[2] < 300 < faces[1].box[0]


def test_the_document_detector_finds_a_face_of_thirty_two_pixels() -> None:
    page = np.full((480, 640, 3), 230, np.uint8)
    page[200:250, 400:450] = head(astronaut(), 50)
    faces = networks().document.find(page)
    assert len(faces) == 1
    assert 390 < faces[0].box[0] < 460


def test_the_mesh_lies_on_eyes_nose_and_mouth() -> None:
    fit = networks().largest_face(astronaut())
    assert fit is not None
    assert fit.points.shape == (468, 3)
    assert fit.points.dtype == np.float32
    right_eye, left_eye, nose, right_mouth, left_mouth = five_points(fit.points)
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_eye[1] < nose[1] < right_mouth[1]
    assert right_mouth[0] < left_mouth[0]
    assert fit.points[1, 2] < fit.points[234, 2], "the nose is nearer to the camera than the ear"


@pytest.mark.parametrize("degrees", [-30, 20, 45])
def test_the_mesh_follows_a_head_that_is_tilted(degrees: int) -> None:
    portrait = astronaut()
    fit = networks().largest_face(portrait)
    assert fit is not None
    centre = fit.points[:, :2].mean(axis=0)
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), -degrees, 1.0)
    turned = cv2.warpAffine(portrait, turn, (512, 512), borderMode=cv2.BORDER_REFLECT)
    turned_fit = networks().largest_face(np.asarray(turned, np.uint8))
    assert turned_fit is not None
    wanted = fit.points[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert np.abs(turned_fit.points[:, :2] - wanted).mean() < 2.0
    assert pose_deg(turned_fit.points)[2] - pose_deg(fit.points)[2] == pytest.approx(degrees, abs=3)


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll"), [(0, 0, 0), (20, 0, 0), (0, 15, 0), (0, 0, -30), (-10, 5, 3)]
)
def test_pose_is_read_from_a_mean_face_that_was_turned(yaw: float, pitch: float, roll: float) -> None:
    y, p, r = np.radians([yaw, pitch, roll])
    # x to the right, y down, z away: looking to the image's right and up are turns against these axes
    about_y = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
    about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    points = canonical_points() @ (about_y @ about_x @ about_z).T * 7 + [300, 200, 0]
    assert pose_deg(points) == pytest.approx((yaw, pitch, roll), abs=1.0)


def test_a_face_that_looks_to_the_images_right_has_its_nose_right_of_its_ears_middle() -> None:
    y = math.radians(20)
    about_y = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    points = canonical_points() @ about_y.T
    assert pose_deg(points)[0] > 15
    assert points[1, 0] > (points[234, 0] + points[454, 0]) / 2


def test_quality_of_a_good_portrait_counts_fully_and_its_measures_are_plausible() -> None:
    portrait = head(admiral(), 400)
    fit = networks().largest_face(portrait)
    assert fit is not None
    quality = measure_quality(portrait, fit.points)
    assert 80 < quality.eye_distance_px < 150
    assert 1.5 < quality.face_height_px / quality.eye_distance_px < 3
    assert 1.5 < quality.sharpness < 3.5
    assert 0.02 < quality.luminance < 0.8
    assert abs(quality.yaw_deg) < 25


def test_blur_of_any_direction_lowers_sharpness_and_contrast_does_not() -> None:
    portrait = head(astronaut(), 400)
    fit = networks().largest_face(portrait)
    assert fit is not None

    def sharpness(picture: np.ndarray) -> float:
        return measure_quality(np.asarray(picture, np.uint8), fit.points).sharpness

    sharp = sharpness(portrait)
    streak = np.full((1, 21), 1 / 21, np.float32)
    assert sharpness(cv2.GaussianBlur(portrait, (0, 0), 4)) < 0.8 * sharp
    assert sharpness(cv2.filter2D(portrait, -1, streak)) < 0.8 * sharp
    assert sharpness(cv2.filter2D(portrait, -1, streak.T)) < 0.8 * sharp
    assert sharpness(portrait // 2) == pytest.approx(sharp, rel=0.05)


def test_overexposure_is_seen_as_clipping_and_darkness_as_low_luminance() -> None:
    portrait = head(astronaut(), 400)
    fit = networks().largest_face(portrait)
    assert fit is not None
    burnt = np.clip(portrait.astype(np.float64) * 2.5, 0, 255).astype(np.uint8)
    assert measure_quality(burnt, fit.points).clipped > 0.3
    assert measure_quality(portrait // 12, fit.points).luminance < 0.01


@pytest.mark.parametrize(
    "worse",
    [
        {"eye_distance_px": 15.0},
        {"sharpness": 1.4},
        {"yaw_deg": -30.0},
        {"pitch_deg": 30.0},
        {"luminance": 0.003},
        {"clipped": 0.2},
    ],
)
def test_every_measure_alone_can_lower_the_weight(worse: dict[str, float]) -> None:
    fields = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    assert GOOD.weight == 1.0
    assert 0 <= Quality(**{**fields, **worse}).weight < 0.6


def test_turning_the_head_shortens_the_eye_distance_in_the_picture_but_not_in_space() -> None:
    points = canonical_points().astype(np.float32)
    turn = np.deg2rad(30.0)
    about = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    turned = (points @ about.T).astype(np.float32)
    in_space = eye_distance_in_space_px(points)
    assert eye_distance_in_space_px(turned) == pytest.approx(in_space, rel=1e-5)
    assert eye_distance_px(turned) < 0.9 * eye_distance_px(points)
