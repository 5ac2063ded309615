"""Alignment, key_picture and the tracker: the grid stays on the face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lightproof.face.alignment import (
    COLUMNS,
    ROWS,
    canonical_points,
    cut,
    five_points,
    grid_transform,
    inverse,
    scale_of,
    similarity,
)
from lightproof.face.registration import KeyPicture
from lightproof.face.tracker import FaceTracker
from tests.face.face_pictures import admiral, astronaut, head, moved, networks, noisy

GRID = np.array([[u, v, 1] for v in range(4, ROWS, 8) for u in range(4, COLUMNS, 8)], np.float64)


def scene(face: np.ndarray | None = None) -> np.ndarray:
    """Return a frame of 640 x 480 with a face of about 300 pixels."""
    frame = np.full((480, 640, 3), 120, np.uint8)
    portrait = head(astronaut(), 440) if face is None else face
    frame[20 : 20 + portrait.shape[0], 100 : 100 + portrait.shape[1]] = portrait
    return frame


def test_the_similarity_of_known_points_is_recovered_and_never_mirrored() -> None:
    points = np.array([[0, 0], [4, 0], [4, 3], [1, 5]], np.float64)
    wanted = np.array([[0.6, -0.8, 7], [0.8, 0.6, -2]])
    assert np.allclose(similarity(points, points @ wanted[:, :2].T + wanted[:, 2]), wanted)
    mirrored = similarity(points, points * [-1, 1])
    assert np.linalg.det(mirrored[:, :2]) > 0
    assert scale_of(2 * wanted) == pytest.approx(2)
    with pytest.raises(ValueError, match="two different points"):
        similarity(np.ones((3, 2)), points[:3])


def test_a_cut_is_an_area_mean_at_the_right_place() -> None:
    picture = np.zeros((80, 80, 3), np.uint8)
    picture[40:44, 20:24] = 200
    out = np.empty((20, 20, 3), np.uint8)
    cut(picture, np.array([[0.25, 0, -0.375], [0, 0.25, -0.375]]), out)
    assert out[10, 5].tolist() == [200, 200, 200]
    assert out.astype(int).sum() == 600


def test_the_mean_face_is_symmetric_and_lies_on_the_grid() -> None:
    points = canonical_points()
    right_eye, left_eye, nose, right_mouth, left_mouth = five_points(points)
    assert points.shape == (468, 3)
    assert right_eye == pytest.approx([COLUMNS - left_eye[0], left_eye[1]])
    assert right_mouth == pytest.approx([COLUMNS - left_mouth[0], left_mouth[1]])
    assert nose / [COLUMNS, ROWS] == pytest.approx([0.5, 0.55], abs=0.01)
    assert right_eye / [COLUMNS, ROWS] == pytest.approx([0.32, 0.30], abs=0.05)
    assert points[:, 0].min() > -0.5
    assert points[:, 0].max() < COLUMNS + 0.5
    assert points[:, 1].min() > 0
    assert points[:, 1].max() < ROWS


def test_the_grid_of_the_mean_face_is_the_grid() -> None:
    transform = grid_transform(canonical_points())
    assert np.allclose(transform, [[1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_neither_mouth_nor_lids_nor_nose_tip_move_the_grid() -> None:
    points = canonical_points().copy()
    for index in (1, 4, 13, 14, 17, 61, 291, 152, 159, 145, 386, 374):
        points[index] += 5
    assert np.allclose(grid_transform(points), grid_transform(canonical_points()))


def test_registration_finds_a_shift_to_a_tenth_of_a_pixel() -> None:
    first = scene()
    fit = networks().largest_face(first)
    assert fit is not None
    start = grid_transform(fit.points)
    key_picture = KeyPicture(noisy(first, 1), start)
    for seed, (x, y) in enumerate([(0.3, -0.2), (2.5, 1.25), (-4.0, 3.5)]):
        found = key_picture.align(noisy(moved(first, x, y), seed + 2), start)
        errors = GRID @ (found - start).T - [x, y]
        assert np.abs(errors).max() < 0.1


def test_registration_finds_growth_and_turn() -> None:
    first = scene()
    fit = networks().largest_face(first)
    assert fit is not None
    start = grid_transform(fit.points)
    change = np.array([[1.02, -0.015, -3.0], [0.015, 1.02, -6.0]])
    second = cv2.warpAffine(first, change, (640, 480), flags=cv2.INTER_CUBIC)
    found = KeyPicture(first, start).align(np.asarray(second, np.uint8), start)
    wanted = (GRID @ start.T) @ change[:, :2].T + change[:, 2]
    assert np.abs(GRID @ found.T - wanted).max() < 0.15


def test_light_from_one_side_does_not_pull_the_grid() -> None:
    first = scene()
    fit = networks().largest_face(first)
    assert fit is not None
    start = grid_transform(fit.points)
    ramp = np.linspace(0.85, 1.15, 640)[None, :, None]
    lit = np.clip(first * ramp, 0, 255).astype(np.uint8)
    found = KeyPicture(first, start).align(lit, start)
    assert np.abs(GRID @ (found - start).T).max() < 0.1


def test_a_still_face_under_noise_jitters_by_less_than_a_twentieth_of_a_pixel() -> None:
    tracker = FaceTracker(networks())
    frame = scene()
    faces = [tracker.track(noisy(frame, seed)) for seed in range(12)]
    assert all(face is not None and face.track == 1 for face in faces)
    places = np.array([GRID @ face.transform.T for face in faces if face is not None])[1:]
    assert places.std(axis=0).max() < 0.05


def test_the_tracker_follows_a_face_that_sways() -> None:
    tracker = FaceTracker(networks())
    frame = scene()
    first = tracker.track(frame)
    assert first is not None
    for step in range(1, 20):
        x, y = 12 * np.sin(step / 5), 6 * np.sin(step / 4)
        face = tracker.track(moved(frame, x, y))
        assert face is not None
        assert face.track == 1
        assert np.abs(GRID @ (face.transform - first.transform).T - [x, y]).max() < 0.2


def test_a_jump_is_bridged_or_starts_a_new_track_but_the_grid_is_on_the_face() -> None:
    tracker = FaceTracker(networks())
    frame = scene()
    assert tracker.track(frame) is not None
    face = tracker.track(moved(frame, 60, -15))
    fit = networks().largest_face(moved(frame, 60, -15))
    assert face is not None
    assert fit is not None
    assert np.abs(GRID @ (face.transform - grid_transform(fit.points)).T).max() < 6


def test_a_lost_face_is_none_and_its_return_is_a_new_track() -> None:
    tracker = FaceTracker(networks())
    frame, empty = scene(), np.full((480, 640, 3), 120, np.uint8)
    first = tracker.track(frame)
    assert first is not None
    assert tracker.track(empty) is None
    assert tracker.track(empty) is None
    back = tracker.track(frame)
    assert back is not None
    assert back.track == first.track + 1


def test_a_second_face_is_noticed_at_the_first_frame_and_within_half_a_second() -> None:
    alone = np.full((480, 960, 3), 120, np.uint8)
    alone[20:460, 40:480] = head(astronaut(), 440)
    both = alone.copy()
    both[100:400, 600:900] = head(admiral(), 300)
    at_once = FaceTracker(networks()).track(both)
    assert at_once is not None
    assert at_once.several_faces
    tracker = FaceTracker(networks(), detect_every_frames=5)
    seen = [tracker.track(picture) for picture in [alone] * 3 + [both] * 6]
    assert all(face is not None and face.track == 1 for face in seen)
    assert not any(face.several_faces for face in seen[:3] if face is not None)
    assert seen[-1] is not None
    assert seen[-1].several_faces


def test_a_face_far_behind_is_not_a_second_face() -> None:
    frame = np.full((480, 640, 3), 120, np.uint8)
    frame[20:460, 20:460] = head(astronaut(), 440)
    frame[100:230, 490:620] = head(admiral(), 130)
    assert len(networks().near.find(frame)) == 2
    face = FaceTracker(networks()).track(frame)
    assert face is not None
    assert not face.several_faces


def test_a_tracked_face_says_where_it_is_and_how_good() -> None:
    face = FaceTracker(networks()).track(scene())
    assert face is not None
    assert face.points.dtype == np.float32
    assert face.transform.shape == (2, 3)
    assert face.five_points.shape == (5, 2)
    assert face.presence > 0.99
    assert face.quality.weight > 0.5
    grid = inverse(face.transform)
    eyes = face.five_points[:2] @ grid[:, :2].T + grid[:, 2]
    assert eyes / [COLUMNS, ROWS] == pytest.approx(np.array([[0.27, 0.33], [0.73, 0.33]]), abs=0.05)


def test_forgetting_overwrites_the_key_picture() -> None:
    tracker = FaceTracker(networks())
    tracker.track(scene())
    key_picture = tracker._key_picture
    assert key_picture is not None
    tracker.forget()
    assert not key_picture._key.any()
    assert not key_picture._solver.any()
