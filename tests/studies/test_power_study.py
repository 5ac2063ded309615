"""The study of how often freshness recognises a living face: its light, its rule and its drawing."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from lightproof._core import response_strength
from lightproof.errors import InputError
from lightproof.simulation.conditions import Conditions
from studies.freshness.mean_light import LATENCY_S, MeanLightSession, Setting
from studies.freshness.power_chart import Curve
from studies.freshness.power_study import (
    DWELLS,
    Study,
    draw,
    power,
    power_by_dwells,
    power_table,
    seconds_table,
)
from studies.freshness.ranking import comes_first

FEW = 2**10 - 1


def test_a_dim_room_at_a_high_frame_rate_is_noisier() -> None:
    noise = {(lx, fps): Setting(0.05, lx, fps).shot_noise for lx in (300, 10_000) for fps in (15, 60)}
    assert (noise[300, 60] > 2 * noise[300, 15]).all()
    np.testing.assert_array_equal(noise[10_000, 15], noise[10_000, 60])


def test_the_mean_of_a_face_has_less_than_a_thousandth_of_noise() -> None:
    assert Setting(0.05).shot_noise.max() < 1e-3


def test_an_exposure_that_is_short_against_the_mains_sees_its_whole_flicker() -> None:
    long, short = Setting(0.05, 1000.0, 30.0), Setting(0.05, 4900.0, 30.0)
    assert short.exposure_s < 0.004 < long.exposure_s
    assert short.flicker > 0.02 > 5 * long.flicker
    assert Setting(0.05, 10_000.0).flicker == 0.0


@pytest.mark.parametrize("response", [0.05, 0.15])
def test_the_face_answers_the_screen_as_strongly_as_it_should(response: float) -> None:
    strengths = []
    for seed in range(6):
        session = MeanLightSession(Setting(response), seed)
        (look,) = session.looks((16,))
        assert look.face is not None
        gains, _ = look.face.gains(session.timeline, LATENCY_S)
        channels = response_strength(gains, Conditions().mixing.tolist())
        strengths.append(float(np.array([0.2126, 0.7152, 0.0722]) @ channels))
    assert np.median(strengths) == pytest.approx(response, rel=0.25)


def test_a_living_face_in_an_office_is_recognised() -> None:
    found = power(Setting(0.15), 3, FEW)
    assert (found.one_look, found.all_looks) == (3, 3)


def test_a_face_that_the_screen_does_not_reach_is_not_recognised() -> None:
    found = power(Setting(0.0), 4, FEW)
    assert (found.one_look, found.all_looks) == (0, 0)


def test_before_there_are_frames_enough_there_is_no_evidence() -> None:
    session = MeanLightSession(Setting(0.3, frame_rate_hz=15.0), 1)
    (look,) = session.looks((9,))
    assert look.face is None
    assert not comes_first(
        look.face, session.timeline, [LATENCY_S], decoy_seed=session.decoy_seed, decoys=FEW
    )


def test_asking_a_few_decoys_first_answers_as_asking_all() -> None:
    answers = set()
    for seed in range(12):
        session = MeanLightSession(Setting((0.002, 0.1)[seed % 2]), seed)
        (look,) = session.looks((16,))
        assert look.face is not None
        rank, _ = look.face.rank(session.timeline, [LATENCY_S], decoy_seed=session.decoy_seed, decoys=FEW)
        answer = comes_first(
            look.face, session.timeline, [LATENCY_S], decoy_seed=session.decoy_seed, decoys=FEW
        )
        assert answer == (rank.rank == 1)
        answers.add(answer)
    assert answers == {True, False}


def test_more_light_recognises_more_faces() -> None:
    counts = power_by_dwells(Setting(0.05), 3, FEW)
    assert len(counts) == len(DWELLS)
    assert counts[0] == 0
    assert counts[-1] == 3


def test_the_drawing_stands_alone_and_says_what_it_shows() -> None:
    curve = Curve("30 fps", (0.3, 30.0), (0.0, 1.0))
    curves = {room: [curve] for room in ("300 lx", "1,000 lx", "10,000 lx")}
    root = ElementTree.fromstring(draw({**curves, "seconds": [Curve("5 %", (0.6, 3.2), (0.0, 1.0))]}))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "living faces" in root.attrib["aria-label"]
    texts = "".join(root.itertext())
    for words in ("a room of 10,000 lx", "7-inch screen", "seconds of light", "30 fps"):
        assert words in texts


def measured() -> Study:
    """Return a study of 4 sessions for each figure, with one room and two responses."""
    room = {"300 lx": (0.25, 1.0), "300 lx, one look": (0.5, 1.0)}
    curves = {name: [Curve("30 fps", (1.0, 10.0), shares)] for name, shares in room.items()}
    return Study(4, {**curves, "seconds": [Curve("5 %", (1.0, 3.2), (0.0, 0.75))]})


def test_the_tables_count_sessions_by_all_looks_and_by_one() -> None:
    assert power_table(measured()).splitlines()[0] == "| room, fps | 1 % | 10 % |"
    assert power_table(measured()).splitlines()[2:] == ["| 300 lx, 30 | 1 / 2 | 4 / 4 |"]
    assert seconds_table(measured()).splitlines()[2:] == ["| 5 % | 0 | 3 |"]


def test_a_study_that_was_kept_is_read_as_it_was(tmp_path: Path) -> None:
    measured().save(tmp_path / "curves.json")
    assert Study.load(tmp_path / "curves.json") == measured()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"sessions": 4, "curves": {"300 lx": [{"name": "30 fps"}]}}']
)
def test_a_file_of_something_else_is_not_taken_for_a_study(tmp_path: Path, text: str) -> None:
    (tmp_path / "curves.json").write_text(text)
    with pytest.raises(InputError, match="does not hold curves of this study"):
        Study.load(tmp_path / "curves.json")
