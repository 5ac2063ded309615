"""Playing: the light keeps its rhythm, is looked at while it plays, and lasts no longer than it has to."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from lightproof._core import Challenge
from lightproof.colour import NEUTRAL_SCREEN_SRGB
from lightproof.face.networks import FaceNetworks
from lightproof.policy import Mode
from lightproof.presence.cues.freshness import LOOKS
from lightproof.presence.observation import Observation
from lightproof.presence.playing import PlaybackResult, play
from lightproof.presence.position import Positioned
from lightproof.presence.reader import FaceReader
from tests.presence.placed_faces import HEIGHT, WIDTH, ShowingRig, face_of, grey, mesh

REFRESH_S = 1 / 60
DWELL_S: dict[Mode, float] = {"standard": 0.2, "gentle": 0.4}
MAX_LIGHT_S = 3.2
"""What is promised to the person, of standard light."""


class Looks:
    """Asked whether what was seen is enough, says so at one look, or never; notes what it was shown."""

    def __init__(self, dwell_s: float = 0.2, enough_at: int | None = None) -> None:
        self.dwell_s, self.enough_at = dwell_s, enough_at
        self.dwells: list[int] = []
        self.snapshots: list[Observation] = []
        self.threads: set[int] = set()

    def __call__(self, snapshot: Observation, late_s: float) -> bool:
        self.threads.add(threading.get_ident())
        self.snapshots.append(snapshot)
        self.dwells.append(round((snapshot.track.times_s[-1] - snapshot.start_s) / self.dwell_s))
        return len(self.dwells) - 1 == self.enough_at


def played(
    looks: Looks, networks: FaceNetworks, mode: Mode = "standard"
) -> tuple[PlaybackResult, ShowingRig]:
    """Play to somebody who has left: what is seen does not matter here."""
    rig = ShowingRig(lambda _: grey(), every=3)
    position = Positioned(face_of(mesh()), np.full((48, 40, 3), 0.2, np.float32), (WIDTH, HEIGHT), 0.4)
    challenge = Challenge.generate(bytes(32), mode)
    return play(rig, challenge, position, FaceReader(networks), None, None, looks), rig


@pytest.mark.parametrize(
    ("mode", "look", "light_s"),
    [("standard", 0, 1.28), ("standard", 1, 1.48), ("standard", 4, 2.48), ("gentle", 0, 2.48)],
)
def test_light_ends_a_moment_after_the_look_that_saw_enough(
    mode: Mode, look: int, light_s: float, networks: FaceNetworks
) -> None:
    looks = Looks(DWELL_S[mode], enough_at=look)
    result, rig = played(looks, networks, mode)
    assert result.light_s == pytest.approx(light_s, abs=3 * REFRESH_S)
    assert looks.dwells == list(LOOKS[: look + 1])
    np.testing.assert_array_equal(rig.shown[-1], NEUTRAL_SCREEN_SRGB)


def test_light_that_never_shows_enough_plays_to_its_end_and_no_longer_than_was_promised(
    networks: FaceNetworks,
) -> None:
    looks = Looks()
    result, rig = played(looks, networks)
    # The last look is at everything, when the light has ended.
    assert looks.dwells == list(LOOKS[:-1])
    assert LOOKS[-1] == 16
    assert result.light_s == pytest.approx(MAX_LIGHT_S, abs=3 * REFRESH_S)
    assert result.observation.track.times_s[-1] > result.observation.start_s + MAX_LIGHT_S - 0.1
    np.testing.assert_array_equal(rig.shown[:-1], Challenge.generate(bytes(32)).steps_srgb)
    np.testing.assert_array_equal(rig.shown[-1], NEUTRAL_SCREEN_SRGB)
    assert not result.flip_monitor.lost


def test_looks_are_beside_the_light_and_what_they_saw_is_overwritten(networks: FaceNetworks) -> None:
    looks = Looks()
    result, _ = played(looks, networks)
    assert looks.threads
    assert threading.get_ident() not in looks.threads
    assert not any(snapshot._neutral_cells.any() for snapshot in looks.snapshots)
    assert result.observation._neutral_cells.any()


def test_a_look_that_fails_ends_the_light_with_its_error_and_leaves_nothing(networks: FaceNetworks) -> None:
    kept: list[Observation] = []

    def fail(snapshot: Observation, late_s: float) -> bool:
        raise ZeroDivisionError("no light")

    class Kept(Observation):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)  # type: ignore[arg-type]  # handed on as they came
            kept.append(self)

    rig = ShowingRig(lambda _: grey(), every=3)
    position = Positioned(face_of(mesh()), np.full((48, 40, 3), 0.2, np.float32), (WIDTH, HEIGHT), 0.4)
    with pytest.raises(ZeroDivisionError, match="no light"):
        play(rig, Challenge.generate(bytes(32)), position, FaceReader(networks), None, None, fail, Kept)
    assert len(kept) == 1
    assert not kept[0]._neutral_cells.any()
