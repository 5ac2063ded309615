"""A simulated face speaks, smiles, turns and leans, as the networks see it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.errors import InputError
from lightproof.face.networks import FaceNetworks
from lightproof.face.tracker import FaceTracker
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.movement import Movement

UPPER_LIP, LOWER_LIP = 13, 14
CORNERS = (61, 291)
STILL = {"motion_px": "0", "roll_deg": "0", "blinks_per_min": "0", "gain_sd": "0"}


def meshes(networks: FaceNetworks, **settings: str) -> NDArray[np.float32]:
    """Return the meshes of two seconds of the sample person, (frames, 468, 3)."""
    rig = open_rig(RigOptions(seed=3, settings=STILL | settings))
    rig.show(NEUTRAL_SCREEN_SRGB)
    tracker, found = FaceTracker(networks), []
    for frame in rig.frames(until_s=2.2):
        face = tracker.track(frame.image)
        assert face is not None
        found.append(face.points)
    return np.stack(found)


def spread(values: NDArray[np.float32]) -> float:
    return float(np.ptp(values))


def test_a_face_that_speaks_opens_its_mouth_and_moves_nothing_else(networks: FaceNetworks) -> None:
    speaking, still = meshes(networks, speech="1"), meshes(networks)
    eyes = float(np.linalg.norm(still[0, 33, :2] - still[0, 263, :2]))
    opened = speaking[:, LOWER_LIP, 1] - speaking[:, UPPER_LIP, 1]
    assert spread(opened) > 0.07 * eyes > 4 * spread(still[:, LOWER_LIP, 1] - still[:, UPPER_LIP, 1])
    assert spread(speaking[:, 168, 1]) < 0.03 * eyes


def test_a_smile_widens_the_mouth(networks: FaceNetworks) -> None:
    smiling = meshes(networks, smile="1")
    width = smiling[:, CORNERS[1], 0] - smiling[:, CORNERS[0], 0]
    assert spread(width) > 0.06 * float(np.median(width))


def test_a_turned_face_is_seen_turned(networks: FaceNetworks) -> None:
    turned = meshes(networks, turn_deg="15")
    # Depth between the outer corners of the eyes over their distance: the tangent of the turn.
    across = turned[:, 263] - turned[:, 33]
    yaw_deg = np.degrees(np.arctan2(across[:, 2], across[:, 0]))
    # The mesh makes less of a turn than there is.
    assert 14 < spread(yaw_deg) < 36


def test_leaning_makes_the_face_larger_and_smaller(networks: FaceNetworks) -> None:
    leaning = meshes(networks, lean="0.1")
    heights = leaning[:, 152, 1] - leaning[:, 10, 1]
    assert spread(heights) / float(np.median(heights)) == pytest.approx(0.2, abs=0.08)


def test_a_print_moves_like_the_face_on_it_but_stays_flat() -> None:
    points = np.random.default_rng(1).uniform(100, 400, (468, 3)).astype(np.float32)
    movement = Movement(points, Conditions(turn_deg=15, speech=1), np.random.default_rng(2), flat=True)
    moment = movement.at(0.7)
    assert moment.shading is None
    assert moment.mouth is None
    assert np.abs(moment.map_x - np.arange(640)).max() > 1


def test_the_same_seed_moves_the_same_way() -> None:
    points = np.random.default_rng(1).uniform(100, 400, (468, 3)).astype(np.float32)
    first, again = (
        Movement(points, Conditions(turn_deg=5), np.random.default_rng(2), flat=True).at(0.4)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.map_x, again.map_x)


def test_a_subject_without_a_face_cannot_move_and_is_told_so() -> None:
    with pytest.raises(InputError, match="no face was found"):
        Movement(None, Conditions(speech=1), np.random.default_rng(1), flat=False)


@pytest.mark.parametrize("setting", ["speech", "smile", "turn_deg", "nod_deg", "lean", "mjpg_quality"])
def test_settings_out_of_range_are_refused_by_name(setting: str) -> None:
    with pytest.raises(InputError, match=setting):
        Conditions.from_settings({setting: "-1"})
