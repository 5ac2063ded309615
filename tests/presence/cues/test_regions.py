"""Regions: each part of a face has relief of its own, and a part that has none is seen."""

from __future__ import annotations

import numpy as np
import pytest

from lightproof._core import ResponseMaps
from lightproof.presence.cues import relief
from lightproof.presence.cues.regions import FacePart, region_cells, relief_by_region
from lightproof.presence.cues.response import judge as judge_response
from lightproof.presence.observation import Observation
from lightproof.verdict import Finding, ReasonCode
from tests.presence.made_light import POLICY, face_light, observed


def seen(**light: object) -> tuple[ResponseMaps, Observation]:
    observation = observed(**light)  # type: ignore[arg-type]
    _, gains = judge_response(face_light(observation), observation, POLICY)
    maps = observation.response.solve(gains)
    assert maps is not None
    return maps, observation


def test_every_cell_belongs_to_one_part() -> None:
    assert (np.stack(list(region_cells().values())).sum(axis=0) == 1).all()


def test_every_part_of_a_face_has_the_relief_of_the_whole() -> None:
    maps, observation = seen(across=0.6, down=0.6)
    found = relief_by_region(maps, observation.prediction)
    assert [part.region for part in found] == list(FacePart)
    for part in found:
        assert part.coefficient == pytest.approx(0.6, abs=0.05)
        assert 0 < part.sigma < 0.1


@pytest.mark.parametrize("flat", [FacePart.CHEEKS, FacePart.BROW])
def test_a_part_without_relief_is_told_from_the_others_and_keeps_the_face_from_passing(
    flat: FacePart,
) -> None:
    maps, observation = seen(across=0.8, down=0.8, flat=region_cells()[flat])
    found = {part.region: part for part in relief_by_region(maps, observation.prediction)}
    assert found.pop(flat).coefficient == pytest.approx(0.0, abs=0.1)
    assert all(part.coefficient > 0.6 for part in found.values())
    evidence = relief.judge(maps, observation)
    assert (evidence.finding, evidence.reasons) == (Finding.INCONCLUSIVE, (ReasonCode.RELIEF_UNCLEAR,))


def test_a_part_that_is_hidden_says_nothing() -> None:
    maps, observation = seen(across=0.6, down=0.6)
    hidden = observation.prediction.mask & ~region_cells()[FacePart.CHIN]
    prediction = type(observation.prediction)(
        observation.prediction.across, observation.prediction.down, hidden
    )
    assert FacePart.CHIN not in {part.region for part in relief_by_region(maps, prediction)}
    nobody = type(prediction)(prediction.across, prediction.down, np.zeros_like(hidden))
    assert relief_by_region(maps, nobody) == ()
