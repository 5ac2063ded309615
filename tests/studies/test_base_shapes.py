"""Heads and sheets have the form, the size and the picture on them that their recipe says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studies.bases.errors import InputChangedError
from studies.bases.heads import ICT_LAYOUT, HeadModel, load_model
from studies.bases.inputs import SHAPE_COUNT
from studies.bases.meshes import TexturedMesh
from studies.bases.photographs import Photograph
from studies.bases.recipe import draw
from studies.bases.sheets import sheet
from tests.studies.head_files import LAYOUT, write_head_model

STRAIGHT = (0.0, 0.0, 0.0)


@pytest.fixture
def model(tmp_path: Path) -> HeadModel:
    """Return the small head model, read from its files."""
    return load_model(*write_head_model(tmp_path), LAYOUT)


@pytest.fixture
def photograph(model: HeadModel) -> Photograph:
    """Return a photograph of 640 × 640 whose face lies like the model's, 20 pixels a cm."""
    points = np.zeros((468, 2))
    for vertex, point in LAYOUT.landmarks:
        points[point] = (320, 320) + model.neutral[vertex, :2] * (20, -20)
    return Photograph(np.full((640, 640, 3), 0.5), points)


def test_faces_of_three_and_of_four_corners_are_read(model: HeadModel) -> None:
    assert model.neutral.shape == (LAYOUT.vertex_count, 3)
    assert model.triangles.shape == (2 * 15 * 15 + 3, 3)


def test_the_nose_tip_is_at_the_origin(model: HeadModel, photograph: Photograph) -> None:
    skin = model.head((), STRAIGHT, photograph)["skin"]
    assert skin.vertices[:, 2].max() == pytest.approx(0, abs=1e-5)


def test_an_identity_weighs_the_shapes(model: HeadModel, photograph: Photograph) -> None:
    def width(identity: tuple[float, ...]) -> float:
        return float(np.ptp(model.head(identity, STRAIGHT, photograph)["skin"].vertices[:, 0]))

    assert width((1.0, 0.0)) == pytest.approx(1.05 * width((0.0, 0.0)))
    assert width((0.0, 1.0)) == pytest.approx(width((0.0, 0.0)))


def test_the_photograph_lies_on_the_head_where_its_landmarks_are(
    model: HeadModel, photograph: Photograph
) -> None:
    skin = model.head((0.0, 0.0), STRAIGHT, photograph)["skin"]
    for vertex, point in LAYOUT.landmarks:
        np.testing.assert_allclose(skin.uv[vertex] * 640, photograph.points[point], atol=3)


def test_a_head_that_turns_to_the_right_of_the_picture_keeps_its_size(
    model: HeadModel, photograph: Photograph
) -> None:
    straight = model.head((), STRAIGHT, photograph)["skin"].vertices
    turned = model.head((), (0.0, 12.0, 0.0), photograph)["skin"].vertices
    nose = straight[:, 2].argmax()
    assert turned[nose, 0] > straight[nose, 0]
    np.testing.assert_allclose(
        np.linalg.norm(turned[0] - turned[nose]), np.linalg.norm(straight[0] - straight[nose]), rtol=1e-5
    )


def test_parts_share_no_vertex(model: HeadModel, photograph: Photograph) -> None:
    parts = model.head((), STRAIGHT, photograph)
    assert {name: len(part.vertices) for name, part in parts.items()} == {"skin": 256, "eyes": 6, "mouth": 3}
    assert all(part.triangles.max() == len(part.vertices) - 1 for part in parts.values())


def test_a_shape_of_another_model_is_refused(tmp_path: Path) -> None:
    neutral, shapes = write_head_model(tmp_path)
    shapes[1].write_text("v 0 0 0\nf 1 1 1\n")
    with pytest.raises(InputChangedError, match=r"identity001.obj has 1 vertices instead of 265"):
        load_model(neutral, shapes, LAYOUT)


def test_a_face_of_a_vertex_that_is_not_there_is_refused(tmp_path: Path) -> None:
    neutral, shapes = write_head_model(tmp_path)
    neutral.write_text(neutral.read_text() + "f 1 2 900\n")
    with pytest.raises(InputChangedError, match="faces of vertices that it lacks"):
        load_model(neutral, shapes, LAYOUT)


def test_the_layout_of_ict_facekit_pairs_every_landmark_once() -> None:
    on_head, on_picture = zip(*ICT_LAYOUT.landmarks, strict=True)
    assert len(set(on_head)) == len(on_head) == len(set(on_picture))
    assert max(on_head) <= ICT_LAYOUT.face
    assert max(on_picture) < 468
    assert SHAPE_COUNT == 40


def _sheet(species: str, **changes: Any) -> TexturedMesh:
    upright = replace(draw(species, ["001"], 1, 0), turn_deg=STRAIGHT, **changes)
    return sheet(upright, height_cm=30.0, width_cm=24.0)


def test_every_sheet_looks_at_the_camera_with_its_picture_upright() -> None:
    for species in ("flat_print", "bent_print", "folded_print", "screen_replay"):
        mesh = _sheet(species)
        assert mesh.normals()[:, 2].mean() > 0.4
        top_left = mesh.vertices[(mesh.uv == 0).all(axis=1)][0]
        assert top_left[0] < 0 < top_left[1]


def test_a_flat_print_is_flat_and_a_bent_one_lies_round_its_cylinder() -> None:
    assert np.ptp(_sheet("flat_print").vertices[:, 2]) == 0
    bent = _sheet("bent_print", bend_cm=10.0).vertices
    np.testing.assert_allclose(np.hypot(bent[:, 0], bent[:, 2] + 10), 10, rtol=1e-5)


def test_a_folded_print_turns_both_halves_back_by_its_angle() -> None:
    folded = _sheet("folded_print", fold_deg=20.0).vertices
    np.testing.assert_allclose(folded[:, 2], -np.abs(folded[:, 0]) * np.tan(np.radians(20)), atol=1e-5)


def test_a_phone_is_held_before_the_face() -> None:
    assert _sheet("phone_replay", forward_cm=9.0).vertices[:, 2] == pytest.approx(9)
