"""Policies: what they take, what they refuse and how they are hashed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightproof.errors import PolicyError
from lightproof.policy import (
    LATENCY_TOLERANCE_RANGE_S,
    MAX_DECOYS,
    MAX_RESULT_VALIDITY_S,
    MIN_DECOYS,
    MIN_RESPONSE_RANGE,
    Policy,
)


def test_an_empty_policy_is_the_default_one() -> None:
    assert Policy.loads("") == Policy()
    assert Policy().decoys == 2**20 - 1
    assert Policy().fmr == "1e-4"


def test_a_policy_file_sets_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('mode = "gentle"\npresence_only = true\ndecoys = 1023\nresult_validity_s = 30\n')
    assert Policy.load(path) == Policy(mode="gentle", presence_only=True, decoys=1023, result_validity_s=30)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('colour = "red"', "'colour' is unknown"),
        ("decoys = 1022", "decoys: 1022 is outside 1023 to 1048575"),
        ("decoys = 1048576", "decoys: 1048576 is outside"),
        ("decoys = 2e3", "decoys: 2000.0 is not a whole number"),
        ("decoys = true", "decoys: True is not a whole number"),
        ('mode = "disco"', 'mode: \'disco\' is not "standard" or "gentle"'),
        ("mode = [1]", 'mode: [1] is not "standard"'),
        ("fmr = 1e-4", "fmr: 0.0001 is not one of"),
        ('fmr = "0.0001"', "fmr: '0.0001' is not one of"),
        ("presence_only = 1", "presence_only: 1 is not true or false"),
        ("min_response = nan", "min_response: nan is outside"),
        ('min_response = "3 %"', "min_response: '3 %' is not a number"),
        ("latency_tolerance_s = 0.05", "latency_tolerance_s: 0.05 is outside 0.005 to 0.045"),
        ("result_validity_s = 121", "result_validity_s: 121 is outside 1 to 120"),
        ("result_validity_s = 0", "result_validity_s: 0 is outside"),
        ("[table", "not TOML"),
        ("a = " + "[" * 5000, "not TOML"),
    ],
)
def test_a_bad_policy_is_refused_by_key_value_and_range(text: str, named: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.loads(text)
    assert named in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_policy_that_is_no_text_too_large_or_absent_is_refused_by_its_path(tmp_path: Path) -> None:
    for name, content in (("binary.toml", b"\xff\xfe"), ("large.toml", b"#" * 70_000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PolicyError, match=name):
            Policy.load(tmp_path / name)
    with pytest.raises(PolicyError, match=r"absent\.toml cannot be read: No such file"):
        Policy.load(tmp_path / "absent.toml")


def test_a_changed_copy_is_checked_like_a_new_policy() -> None:
    with pytest.raises(PolicyError, match="decoys"):
        dataclasses.replace(Policy(), decoys=MIN_DECOYS - 1)


def test_the_hash_is_of_the_meaning_and_not_of_the_spelling() -> None:
    spelled = Policy.loads(f"# a comment\nresult_validity_s=120\ndecoys = {MAX_DECOYS:_}\n")
    assert spelled.sha256() == Policy().sha256()
    assert len(Policy().sha256()) == 32
    assert Policy().canonical() == (
        '{"decoys":1048575,"fmr":"1e-4","latency_tolerance_s":0.04,"min_response":0.02,"mode":"standard",'
        '"presence_only":false,"result_validity_s":120}'
    )
    assert json.loads(Policy().canonical()) == dataclasses.asdict(Policy())


@given(
    st.builds(
        Policy,
        mode=st.sampled_from(["standard", "gentle"]),
        presence_only=st.booleans(),
        fmr=st.sampled_from([f"1e-{digit}" for digit in range(1, 7)]),
        decoys=st.integers(MIN_DECOYS, MAX_DECOYS),
        min_response=st.floats(*MIN_RESPONSE_RANGE),
        latency_tolerance_s=st.floats(*LATENCY_TOLERANCE_RANGE_S),
        result_validity_s=st.integers(1, MAX_RESULT_VALIDITY_S),
    )
)
def test_the_canonical_form_of_a_policy_is_that_of_the_standard_library(policy: Policy) -> None:
    plain = json.dumps(dataclasses.asdict(policy), sort_keys=True, separators=(",", ":"))
    assert policy.canonical() == plain


@pytest.mark.parametrize(
    "other",
    [
        Policy(mode="gentle"),
        Policy(presence_only=True),
        Policy(fmr="1e-5"),
        Policy(decoys=1023),
        Policy(min_response=0.05),
        Policy(latency_tolerance_s=0.03),
        Policy(result_validity_s=60),
    ],
)
def test_a_policy_that_asks_something_else_has_another_hash(other: Policy) -> None:
    assert other.sha256() != Policy().sha256()


def test_numbers_of_numpy_are_the_numbers_that_they_are() -> None:
    ours = Policy(min_response=0.05, decoys=2047, presence_only=True)
    theirs = Policy(
        min_response=np.float64(0.05),
        decoys=np.int64(2047),  # type: ignore[arg-type]
        presence_only=np.True_,  # type: ignore[arg-type]
    )
    assert theirs == ours
    assert theirs.sha256() == ours.sha256()
    assert {type(value) for value in dataclasses.astuple(theirs)} == {str, bool, int, float}
    with pytest.raises(PolicyError, match="decoys: 1022 is outside"):
        Policy(decoys=np.int64(1022))  # type: ignore[arg-type]
