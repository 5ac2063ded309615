"""What is drawn for a basis follows from the seed alone, and is what was drawn for the published ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lightproof.simulation.basis import load
from studies.bases.inputs import listed_subjects
from studies.bases.recipe import PUBLISHED_SEED, SPECIES, draw

SUBJECTS = listed_subjects()


@pytest.mark.parametrize("species", SPECIES)
def test_the_same_seed_draws_the_same_scene_and_another_seed_another(species: str) -> None:
    assert draw(species, SUBJECTS, 5, 0) == draw(species, SUBJECTS, 5, 0)
    assert draw(species, SUBJECTS, 5, 0) != draw(species, SUBJECTS, 6, 0)
    assert draw(species, SUBJECTS, 5, 0).distance_cm != draw(species, SUBJECTS, 5, 1).distance_cm


def test_the_first_published_head_is_drawn_again() -> None:
    recipe = draw("bona_fide", SUBJECTS, PUBLISHED_SEED, 0)
    assert (recipe.subject, recipe.screen_cm) == ("012", (15.4, 8.6))
    assert recipe.distance_cm == pytest.approx(31.5, abs=0.05)
    assert recipe.pose_deg == pytest.approx((-4.6, 11.6, 5.2), abs=0.05)


def test_the_scene_of_every_published_basis_is_drawn_again(shared: Path) -> None:
    paths = sorted((shared / "bases").glob("*.npz"))
    assert len(paths) == 78
    for path in paths:
        published = load(path).meta
        species, index = path.stem.rsplit("_", 1)
        recipe = draw(species, SUBJECTS, PUBLISHED_SEED, int(index))
        assert recipe.subject == published["subject"]
        assert recipe.distance_cm == pytest.approx(published["distance_cm"], abs=1e-6)
        assert list(recipe.screen_cm) == published["screen_cm"]
        np.testing.assert_allclose(recipe.pose_deg, published["pose_deg"], atol=1e-6)
        assert recipe.bend_cm == pytest.approx(published.get("bend_cm"))
        assert recipe.fold_deg == pytest.approx(published.get("fold_deg"))


def test_a_recipe_says_only_what_applies_to_its_species() -> None:
    flat, bent = (draw(species, SUBJECTS, 1, 0).meta() for species in ("flat_print", "bent_print"))
    assert "bend_cm" in bent
    assert {"bend_cm", "fold_deg", "identity"}.isdisjoint(flat)
    assert json.loads(json.dumps(bent))["species"] == "bent_print"


def test_an_unknown_species_is_refused() -> None:
    with pytest.raises(KeyError, match="wax_mask"):
        draw("wax_mask", SUBJECTS, 1, 0)
