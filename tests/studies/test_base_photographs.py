"""A photograph is read with the place of its face, and cut out at life size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lightproof.face.alignment import five_points
from lightproof.simulation.subject import sample_person
from studies.bases.errors import InputChangedError
from studies.bases.photographs import load_photograph


@pytest.fixture
def astronaut(tmp_path: Path) -> Path:
    """Return Eileen Collins as a file, 512 × 512."""
    path = tmp_path / "portrait.png"
    cv2.imwrite(str(path), sample_person()[..., ::-1])
    return path


def test_a_photograph_is_linear_light_with_a_face_on_it(astronaut: Path) -> None:
    photograph = load_photograph(astronaut)
    assert photograph.radiance.shape == (512, 512, 3)
    assert photograph.radiance.max() == pytest.approx(1)
    right, left = five_points(photograph.points)[:2]
    np.testing.assert_allclose([right, left], [(204, 102), (246, 104)], atol=4)


def test_what_is_cut_out_is_as_high_as_in_life(astronaut: Path) -> None:
    photograph = load_photograph(astronaut)
    cut, height_cm = photograph.cut_out()
    right, left = five_points(photograph.points)[:2]
    assert height_cm / cut.shape[0] == pytest.approx(6.3 / np.linalg.norm(left - right))
    assert 28 < height_cm < 33


def test_a_picture_without_a_face_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    cv2.imwrite(str(path), np.full((300, 300, 3), 180, np.uint8))
    with pytest.raises(InputChangedError, match="no face"):
        load_photograph(path)


def test_what_is_not_a_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("not a picture")
    with pytest.raises(InputChangedError, match="not a picture"):
        load_photograph(path)
