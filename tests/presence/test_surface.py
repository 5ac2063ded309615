"""What a solid face should look like under the screen, predicted from its mesh."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.face.alignment import COLUMNS, EYE_DISTANCE_M, ROWS, canonical_points
from lightproof.presence.surface import distance_m, face_mask, predict
from lightproof.rigs.protocol import Geometry

SCREEN = Geometry(screen_m=(0.154, 0.086), camera_m=(0.0, 0.05, 0.0), focal_px=600.0)
FRAME = (640, 480)
CELL_PX = 7.0
TRANSFORM = np.array([[CELL_PX, 0.0, 180.0], [0.0, CELL_PX, 72.0]])


def mesh(depth: float = 1.0) -> NDArray[np.float32]:
    """Return the mean mesh of many people in the picture, its depth scaled."""
    points = canonical_points()
    plane = points[:, :2] * CELL_PX + TRANSFORM[:, 2]
    return np.column_stack([plane, depth * points[:, 2] * CELL_PX]).astype(np.float32)


def test_the_quadrants_on_the_persons_right_light_the_right_cheek_which_is_left_in_the_picture() -> None:
    prediction = predict(mesh(), TRANSFORM, SCREEN, FRAME)
    cheeks = prediction.across[ROWS // 2 : ROWS * 2 // 3]
    assert cheeks[:, 8:12].mean() > 0.05
    assert cheeks[:, -12:-8].mean() < -0.05


def test_the_upper_quadrants_light_the_brow_more_than_the_underside_of_the_nose() -> None:
    prediction = predict(mesh(), TRANSFORM, SCREEN, FRAME)
    bridge = prediction.down[20:24, 19:21].mean()
    underside = prediction.down[28:31, 19:21].mean()
    assert bridge > underside + 0.1


def test_a_mesh_without_depth_predicts_a_smooth_plane() -> None:
    prediction = predict(mesh(depth=0.0), TRANSFORM, SCREEN, FRAME)
    for quotient in (prediction.across, prediction.down):
        assert np.abs(np.diff(quotient, n=2, axis=0)).max() < 1e-3
        assert np.abs(np.diff(quotient, n=2, axis=1)).max() < 1e-3


def test_a_mirrored_face_has_mirrored_relief() -> None:
    straight = predict(mesh(), TRANSFORM, SCREEN, FRAME)
    flipped = mesh()
    flipped[:, 0] = FRAME[0] - flipped[:, 0]
    mirrored = TRANSFORM.copy()
    mirrored[0, 2] = FRAME[0] - TRANSFORM[0, 2] - CELL_PX * COLUMNS
    again = predict(flipped, mirrored, SCREEN, FRAME)
    np.testing.assert_allclose(again.across[:, ::-1], -straight.across, atol=1e-4)
    np.testing.assert_allclose(again.down[:, ::-1], straight.down, atol=1e-4)


def test_the_mask_keeps_skin_and_leaves_out_eyes_rim_and_background() -> None:
    points = mesh()
    mask = face_mask(points, TRANSFORM)
    grid = (points[:, :2] - TRANSFORM[:, 2]) / CELL_PX

    def cell(index: int) -> tuple[int, int]:
        column, row = np.floor(grid[index]).astype(int)
        return row, column

    assert mask[cell(1)]  # nose tip
    assert not mask[cell(159)]  # right upper lid
    assert not mask[cell(386)]  # left upper lid
    assert not mask[0].any()
    assert not mask[:, 0].any()
    assert 300 < mask.sum() < 1600


@pytest.mark.parametrize("focal_px", [400.0, 600.0, 1200.0])
def test_the_distance_follows_from_the_eyes_and_the_focal_length(focal_px: float) -> None:
    points = mesh()
    eyes_px = np.linalg.norm(points[[33, 133]].mean(axis=0) - points[[362, 263]].mean(axis=0))
    geometry = Geometry(SCREEN.screen_m, SCREEN.camera_m, focal_px)
    assert distance_m(points, geometry) == pytest.approx(focal_px * EYE_DISTANCE_M / eyes_px)
