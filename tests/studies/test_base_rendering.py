"""Bases that are rendered: which side is which, and what adds up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lightproof.simulation.basis import LightTransport
from studies.bases.heads import load_model
from studies.bases.photographs import Photograph
from studies.bases.recipe import Recipe, draw
from studies.bases.render import RenderSettings, light_transport
from tests.studies.head_files import LAYOUT, write_head_model

pytest.importorskip("mitsuba", reason="needs pip install --group studies")

COARSE = RenderSettings(samples=8, width_px=24, height_px=32)
STRAIGHT = (0.0, 0.0, 0.0)


@pytest.fixture
def photograph() -> Photograph:
    """Return a grey photograph, red on its left half, with a face 126 pixels between the eyes."""
    radiance = np.full((640, 640, 3), 0.4)
    radiance[:, :320, 1:] = 0.1
    points = np.zeros((468, 2))
    for point, place in {33: (237, 250), 133: (277, 250), 362: (363, 250), 263: (403, 250)}.items():
        points[point] = place
    points[[4, 61, 291, 152, 10]] = ((320, 320), (280, 390), (360, 390), (320, 480), (320, 130))
    return Photograph(radiance, points)


def _recipe(species: str) -> Recipe:
    return replace(draw(species, ["001"], 3, 0), turn_deg=STRAIGHT, screen_cm=(29.0, 17.0), distance_cm=30.0)


def _render(species: str, photograph: Photograph) -> LightTransport:
    return light_transport(_recipe(species), photograph, None, COARSE, {"species": species})


def test_a_head_is_brighter_on_the_side_of_the_lit_quadrant(tmp_path: Path, photograph: Photograph) -> None:
    model = load_model(*write_head_model(tmp_path), LAYOUT)
    recipe = replace(_recipe("bona_fide"), identity=(0.0, 0.0))
    grey = Photograph(np.full((640, 640, 3), 0.4), photograph.points)
    transport = light_transport(recipe, grey, model, COARSE, {})
    top_left, top_right, _, _ = transport.quadrants
    half = COARSE.width_px // 2
    # The person's left is the right of the picture.
    assert top_left[:, half:].sum() > 1.1 * top_left[:, :half].sum()
    assert top_right[:, :half].sum() > 1.1 * top_right[:, half:].sum()
    assert transport.emission is None


def test_a_print_shows_the_photograph_the_right_way_round(photograph: Photograph) -> None:
    dome = _render("flat_print", photograph).ambient["dome"]
    half = COARSE.width_px // 2
    redness = dome[..., 0] - dome[..., 2]
    assert redness[:, : half - 2].mean() > 0.1
    assert abs(redness[:, half + 2 :].mean()) < 0.02


def test_only_a_screen_shines_by_itself_and_reflects_little(photograph: Photograph) -> None:
    paper, screen = _render("flat_print", photograph), _render("screen_replay", photograph)
    assert paper.emission is None
    assert screen.emission is not None
    assert screen.emission.max() == pytest.approx(0.4, abs=0.02)
    assert screen.ambient["dome"].mean() < 0.3 * paper.ambient["dome"].mean()
    assert set(screen.ambient) == {"dome", "ceiling", "window", "desk"}


def test_the_same_recipe_renders_the_same_bits(photograph: Photograph) -> None:
    first, second = (_render("bent_print", photograph) for _ in range(2))
    for one, other in zip(first.quadrants, second.quadrants, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_head_without_a_model_is_refused(photograph: Photograph) -> None:
    with pytest.raises(ValueError, match="load_model"):
        _render("bona_fide", photograph)
