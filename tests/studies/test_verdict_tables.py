"""The tables of verdicts: what is counted, and what comes first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lightproof.errors import InputError
from lightproof.simulation.solids import Mesh
from studies.verdicts import depth, lit_match, moving, swaps
from studies.verdicts.demo import table
from studies.verdicts.relay import Place, RelayEnding, row
from studies.verdicts.swapping import Moment


def test_the_demo_case_with_the_most_wrong_verdicts_comes_first() -> None:
    good = [("bona_fide", "verified", ()), ("bent_print", "not_verified", ("flat_light",))]
    bad = [("bona_fide", "verified", ()), ("bent_print", "inconclusive", ("weak_response", "relief_unclear"))]
    assert table([good, good, bad]).splitlines()[2:] == [
        "| bent print | 0 | 1 | 2 | `flat_light` 2; `weak_response`, `relief_unclear` 1 |",
        "| bona fide | 3 | 0 | 0 | – 3 |",
    ]


def test_a_relays_row_counts_verdicts_and_reasons_and_says_how_wrong_its_delay_was() -> None:
    late = [RelayEnding("not_verified", ("late_light",), error_s) for error_s in (0.001, 0.003)]
    unseen = RelayEnding("inconclusive", ("weak_response", "late_light"), None)
    assert row(Place.BEFORE, 0.02, [*late, unseen]) == (
        "before the camera",
        "20 ms",
        0,
        1,
        2,
        "`late_light` 3, `weak_response` 1",
        "+2.0, 1.0 ms",
    )
    assert row(Place.BEFORE, 0.02, [unseen])[-1] == "–"


def test_swaps_take_every_form_and_moment_in_turn_and_only_people_no_threshold_was_chosen_on(
    tmp_path: Path,
) -> None:
    for number in range(1, 9):
        (tmp_path / f"{number:03d}_neutral.jpg").touch()
    planned = swaps.trials(tmp_path, sessions=50, honest=3)
    swapped = [one for one in planned if one.swap is not None]
    assert [(one.swap.form, one.swap.moment) for one in swapped if one.swap] == [*swaps.KINDS, *swaps.KINDS]
    assert all(int(one.person.name[:3]) % 2 and int(one.reference.name[:3]) % 2 for one in planned)
    assert all(one.person != one.reference for one in planned)
    assert {one.reference.name for one in planned if one.swap is None} == {
        f"{number:03d}_smiling.jpg" for number in (1, 3, 5)
    }
    assert planned == swaps.trials(tmp_path, sessions=50, honest=3)
    with pytest.raises(InputError, match="0 people with odd numbers"):
        swaps.trials(tmp_path / "empty", sessions=1, honest=0)


def test_a_row_of_swaps_counts_verdicts_and_reasons_and_gives_the_median_of_the_lowest_cosines() -> None:
    endings = [
        swaps.SwapEnding("not_verified", ("identity_changed",), 0.1),
        swaps.SwapEnding("inconclusive", ("identity_unclear",), 0.3),
        swaps.SwapEnding("not_verified", ("identity_changed", "face_mismatch"), None),
    ]
    reasons = "`identity_changed` 2, `identity_unclear` 1, `face_mismatch` 1"
    assert swaps.row("print", Moment.ONCE, endings) == ("print", Moment.ONCE, 0, 1, 2, reasons, "0.20")


def test_a_moulds_row_counts_verdicts_and_says_how_much_of_the_relief_it_had() -> None:
    endings = [
        depth.MouldEnding("verified", 0.5),
        depth.MouldEnding("inconclusive", 0.3),
        depth.MouldEnding("inconclusive", None),
    ]
    assert depth.row(Mesh.OWN, 0.5, endings) == ("own", "50%", 1, 2, 0, "0.30 … 0.40 … 0.50")
    assert depth.row(Mesh.MEAN, 0.0, endings[2:])[-1] == "–"


def test_a_row_of_people_who_move_counts_verdicts_and_first_reasons_and_gives_the_median_light() -> None:
    endings = [
        moving.TakeEnding("verified", (), 1.28),
        moving.TakeEnding("inconclusive", ("scene_cut", "relief_unclear"), 3.2),
        moving.TakeEnding("inconclusive", ("scene_cut",), 2.0),
    ]
    row_ = moving.row("people", "speech", 0.1, endings)
    assert row_ == ("people", "speech", "10%", 1, 2, 0, "2.00 s", "`scene_cut` 2")
    assert moving.row("people", "still", 0.2, endings[:1])[-1] == "–"


def test_prints_move_as_people_do() -> None:
    assert set(moving.PLANES) < set(moving.MOVEMENTS)
    assert not moving.MOVEMENTS["still"]


def test_people_are_compared_with_everybody_by_the_frames_and_by_the_light() -> None:
    references = np.eye(3, 4, dtype=np.float32)
    person = [reference * 2 for reference in references]
    seen = [lit_match.Seen(one, one + references[0]) for one in person]
    seen[2] = lit_match.Seen(person[2], None)
    by_frames, by_light = lit_match.rows(0.05, seen, references)
    assert by_frames[:5] == ("5%", "frames", 3, "1.00 … 1.00", "0.00")
    assert by_light[:4] == ("5%", "light", 2, "-1.00 … 0.89")
    assert by_light[-1] == "33.3%"


def test_whoever_was_not_seen_is_like_nobody() -> None:
    same, strangers = lit_match.cosines([None, np.ones(2, np.float32)], np.eye(2, dtype=np.float32))
    np.testing.assert_allclose(same, [-1, 0.5**0.5])
    np.testing.assert_allclose(strangers, [-1, 0.5**0.5])
