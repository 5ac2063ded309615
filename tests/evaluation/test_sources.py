"""What takes part in an evaluation, in which lights, and what is known of the people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightproof.errors import BasisError, InputError, RecordingError
from lightproof.evaluation import species
from lightproof.evaluation.lights import LIGHTS, light_named
from lightproof.evaluation.people import MAX_GROUPS, PeopleError, load_people, unknown_subjects
from lightproof.evaluation.species import (
    Source,
    SourceKind,
    Subjects,
    find_recordings,
    find_sources,
    species_named,
    taking_part,
    together,
)
from lightproof.rigs.recording.writer import RecordingWriter
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
    found = find_sources(tmp_path)
    assert [(one.name, one.species, one.subject) for one in found] == [
        ("a", "bona_fide", "007"),
        ("b", "flat_print", "012"),
    ]
    assert found[0].sha256 != found[1].sha256


def test_a_basis_without_a_species_is_refused_by_name(tmp_path: Path) -> None:
    transport(subject="012").save(tmp_path / "odd.npz")
    with pytest.raises(BasisError, match=r"odd\.npz does not name its species"):
        find_sources(tmp_path)


def test_a_damaged_basis_is_refused_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "odd.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(BasisError, match=r"odd\.npz"):
        find_sources(tmp_path)


@pytest.mark.parametrize("find", [find_sources, find_recordings])
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


def test_one_folder_may_hold_bases_and_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(species, "load_session", lambda path: None)
    transport(species="flat_print", subject="012").save(tmp_path / "b.npz")
    (tmp_path / "bona_fide" / "013").mkdir(parents=True)
    (tmp_path / "bona_fide" / "013" / "session.json").write_text("{}")
    found = find_sources(tmp_path)
    assert [(one.name, one.kind) for one in found] == [
        ("b", SourceKind.BASIS),
        ("bona_fide/013", SourceKind.RECORDING),
    ]
    assert together(found, find_recordings(tmp_path)) == found  # named twice, counted once


@pytest.mark.parametrize("find", [find_sources, find_recordings])
def test_a_recording_in_no_species_is_refused_by_name(tmp_path: Path, find: object) -> None:
    transport(species="flat_print", subject="012").save(tmp_path / "b.npz")
    (tmp_path / "012_desk").mkdir()
    (tmp_path / "012_desk" / "session.json").write_text("{}")
    with pytest.raises(RecordingError, match=r"012_desk does not say its species"):
        find(tmp_path)  # type: ignore[operator]


@pytest.mark.parametrize("text", ["bona_fide", "Bona Fide", "bona-fide", "BonaFide"])
def test_bona_fide_is_bona_fide_however_its_words_are_joined(tmp_path: Path, text: str) -> None:
    transport(species=text, subject="012").save(tmp_path / "b.npz")
    assert find_sources(tmp_path)[0].species == "bona_fide"


@pytest.mark.parametrize("text", ["bona_fied", "bonna fide", "bona_fide_2", "bonafides"])
def test_what_is_nearly_bona_fide_is_refused_and_not_taken_for_an_attack(tmp_path: Path, text: str) -> None:
    transport(species=text, subject="012").save(tmp_path / "b.npz")
    with pytest.raises(BasisError, match=f"species '{text}'; write 'bona_fide'"):
        find_sources(tmp_path)


@pytest.mark.parametrize("text", ["flat_print", "phone_replay", "Silicone Mask", "bent"])
def test_attacks_keep_their_names(text: str) -> None:
    assert species_named(text) == text


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
    table.write_text("face_id,face_age,face_gender,face_eth\n001,24,female,white\n002,NA,male,\n")
    assert load_people(table).groups == {
        "001": {"sex": "female", "age": "20-29", "ethnicity": "white"},
        "002": {"sex": "male", "age": "unstated", "ethnicity": "unstated"},
    }


def table_of(folder: Path, column: str, values: list[str]) -> Path:
    path = folder / "people.csv"
    rows = [f"{number:03d},{value}" for number, value in enumerate(values)]
    path.write_text("\n".join([f"face_id,{column}", *rows]) + "\n")
    return path


def test_any_column_with_few_values_groups_people(tmp_path: Path) -> None:
    people = load_people(table_of(tmp_path, "glasses", ["yes", "no", "no", "n/a"]))
    assert [person["glasses"] for person in people.groups.values()] == ["yes", "no", "no", "unstated"]


def test_numbers_with_many_values_become_bands_of_a_round_width(tmp_path: Path) -> None:
    heights = [str(150 + 2 * step) for step in range(20)]
    people = load_people(table_of(tmp_path, "height_cm", heights))
    bands = [person["height_cm"] for person in people.groups.values()]
    assert bands[0] == "150-154"
    assert bands[-1] == "185-189"
    assert len(set(bands)) == 8
    fine = load_people(table_of(tmp_path, "skin", [f"0.{step:02d}" for step in range(40)]))
    assert len({person["skin"] for person in fine.groups.values()}) <= MAX_GROUPS
    assert fine.groups["000"] == {"skin": "0 to under 0.05"}


def test_a_column_that_tells_people_apart_groups_nobody_and_is_named(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    rows = [f"{number:03d},person {number},{'ab'[number % 2]}" for number in range(8)]
    table.write_text("\n".join(["face_id,name,side", *rows]) + "\n")
    people = load_people(table)
    assert people.ungrouped == ("name",)
    assert people.groups["003"] == {"side": "b"}


def test_a_table_that_knows_nobody_is_refused_with_an_id_of_each_side() -> None:
    with pytest.raises(PeopleError, match=r"has '6', where .* have '006'.*leading zeros"):
        unknown_subjects({"6": {"sex": "male"}}, [source("006"), source("007")])


def test_those_whom_a_table_does_not_know_are_named() -> None:
    attack = Source("print", SourceKind.BASIS, Path("none"), "flat_print", "999", "")
    everyone = [source("006"), source("007"), attack]
    assert unknown_subjects({"006": {"sex": "male"}}, everyone) == ("007",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name,face_age\n001,24\n", "face_id"),
        (b"face_id\n001\n", "no column to group people by"),
        (b"face_id,name\n1,a\n2,b\n3,c\n4,d\n", "no column to group people by"),
        (b"face_id,face_age\n001,24\n001,25\n", "'001' twice"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "face_id"),
    ],
)
def test_a_table_that_is_none_of_people_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes(content)
    with pytest.raises(PeopleError, match=message):
        load_people(table)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PeopleError, match="cannot be read"):
        load_people(tmp_path / "none.csv")
