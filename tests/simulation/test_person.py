"""The simulated person: how far the head moves, and who blinks."""

from __future__ import annotations

import numpy as np
import pytest

from lightproof.simulation.conditions import Conditions
from lightproof.simulation.person import Person


def test_the_head_moves_as_far_as_stated() -> None:
    conditions = Conditions(motion_px=0.15)
    person = Person(conditions, np.random.default_rng(1), alive=False)
    path = np.array([person.move().shift_px for _ in range(3000)])
    assert np.diff(path, axis=0).std() == pytest.approx(0.15 * 3, rel=0.15)
    assert np.abs(path).max() < 60


def test_only_the_living_blink() -> None:
    conditions = Conditions(blinks_per_min=30)
    for alive in (True, False):
        person = Person(conditions, np.random.default_rng(2), alive=alive)
        assert any(person.move().closed > 0.9 for _ in range(900)) is alive
