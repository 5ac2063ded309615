"""What takes part in an evaluation, in which lights, and what is known of the people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightproof.errors import BasisError, InputError, RecordingError
from lightproof.evaluation.lights import LIGHTS, light_named
from lightproof.evaluation.people import load_people
from lightproof.evaluation.species import (
    Source,
    SourceKind,
    Subjects,
    find_bases,
    find_recordings,
    taking_part,
)
from lightproof.rigs.recording_writer import RecordingWriter
from lightproof.rigs.simulated import SimulatedRig
from lightproof.simulation.basis import LightTransport
from lightproof.simulation.conditions import Conditions
from lightproof.simulation.subject import FacePlace, Subject


def transport(**meta: object) -> LightTransport:
    one, two, three, four, ceiling, window = np.random.default_rng(1).random((6, 20, 16, 3), np.float32)
    return LightTransport((one, two, three, four), {"ceiling": ceiling, "window": window}, meta=meta)


def source(subject: str) -> Source:
    return Source(f"bona_fide_{subject}", SourceKind.BASIS, Path("none"), "bona_fide", subject, "")


def test_bases_are_found_by_name_with_their_species_and_subject(tmp_path: Path) -> None:
    transport(species="flat_print", subject="012").save(tmp_path / "b.npz")
    transport(species="bona_fide", subject="007").save(tmp_path / "a.npz")
    found = find_bases(tmp_path)
    assert [(one.name, one.species, one.subject) for one in found] == [
        ("a", "bona_fide", "007"),
        ("b", "flat_print", "012"),
    ]
    assert found[0].sha256 != found[1].sha256


def test_a_basis_without_a_species_is_refused_by_name(tmp_path: Path) -> None:
    transport(subject="012").save(tmp_path / "odd.npz")
    with pytest.raises(BasisError, match=r"odd\.npz does not name its species"):
        find_bases(tmp_path)


def test_a_damaged_basis_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "odd.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(BasisError, match=r"odd\.npz"):
        find_bases(tmp_path)


@pytest.mark.parametrize("find", [find_bases, find_recordings])
def test_an_empty_folder_is_refused(tmp_path: Path, find: object) -> None:
    with pytest.raises(InputError, match="holds no"):
        find(tmp_path)  # type: ignore[operator]


def test_a_recording_has_the_species_of_its_folder(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="recordings need PyAV (extra 'record')")
    thing = Subject(transport(), FacePlace((8, 10), 12, 5), alive=False)
    folder = tmp_path / "flat_print" / "012_desk"
    folder.parent.mkdir()
    with RecordingWriter(SimulatedRig(thing, Conditions(), 1), folder) as rig:
        list(rig.frames(until_s=0.1))
    (found,) = find_recordings(tmp_path)
    assert (found.name, found.species, found.subject) == ("flat_print/012_desk", "flat_print", "012")
    assert found.kind is SourceKind.RECORDING


def test_a_recording_in_no_species_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "012_desk").mkdir()
    (tmp_path / "012_desk" / "session.json").write_text("{}")
    with pytest.raises(RecordingError, match=r"012_desk does not say its species"):
        find_recordings(tmp_path)


def test_subjects_are_halved_by_their_number() -> None:
    everyone = [source("001"), source("002"), source("013")]
    assert [one.subject for one in taking_part(everyone, Subjects.ODD)] == ["001", "013"]
    assert [one.subject for one in taking_part(everyone, Subjects.EVEN)] == ["002"]
    assert taking_part(everyone, Subjects.ALL) == tuple(everyone)


def test_a_subject_without_a_number_is_in_no_half() -> None:
    with pytest.raises(InputError, match="'Eileen' has no number"):
        taking_part([source("Eileen")], Subjects.ODD)


def test_nobody_left_is_refused() -> None:
    with pytest.raises(InputError, match="--subjects all"):
        taking_part([source("001")], Subjects.EVEN)


def test_a_light_shines_alone() -> None:
    plain = transport()
    assert list(light_named("window").on(plain).ambient) == ["window"]
    assert light_named("office").on(plain) is plain
    assert light_named("window").on(plain).quadrants is plain.quadrants


def test_daylight_does_not_flicker() -> None:
    assert {name for name, light in LIGHTS.items() if not light.flickers} == {"window", "dome"}


def test_a_light_that_a_basis_lacks_is_named() -> None:
    with pytest.raises(BasisError, match="'desk'"):
        light_named("desk").on(transport())
    with pytest.raises(InputError, match="'candle' is unknown"):
        light_named("candle")


def test_people_are_grouped_by_sex_age_band_and_ethnicity(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("face_id,face_age,face_gender,face_eth\n001,24,female,white\n002,,male,\n")
    assert load_people(table) == {
        "001": {"sex": "female", "age": "20-29", "ethnicity": "white"},
        "002": {"sex": "male", "age": "unstated", "ethnicity": "unstated"},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,face_age\n001,24\n", "face_id"),
        (b"face_id,height\n001,24\n", "face_gender"),
        (b"face_id,face_age\n001,24\n001,25\n", "'001' twice"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "face_id"),
    ],
)
def test_a_table_that_is_none_of_people_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_people(table)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_people(tmp_path / "none.csv")
