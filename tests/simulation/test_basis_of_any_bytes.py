"""Whatever is in the file, loading a basis gives a light transport or one typed error."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lightproof.errors import BasisError
from lightproof.simulation.basis import LightTransport, load

KEYS = ("TL", "TR", "BL", "BR", "dome")


def valid() -> bytes:
    rng = np.random.default_rng(0)
    content: dict[str, Any] = {key: rng.integers(0, 65536, (16, 16, 3), dtype=np.uint16) for key in KEYS}
    content["meta"] = np.array(json.dumps({"scale": dict.fromkeys(KEYS, 1.0)}))
    file = io.BytesIO()
    np.savez(file, **content)
    return file.getvalue()


VALID = valid()


def outcome(content: bytes) -> LightTransport | BasisError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.npz"
        path.write_bytes(content)
        try:
            return load(path)
        except BasisError as error:
            return error


def test_the_file_that_is_fuzzed_is_valid() -> None:
    assert isinstance(outcome(VALID), LightTransport)


@given(st.binary(max_size=2000))
def test_any_bytes_give_an_error_of_one_line(content: bytes) -> None:
    error = outcome(content)
    assert isinstance(error, BasisError)
    assert len(str(error).splitlines()) == 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(VALID) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_flipped_bytes_give_a_basis_or_an_error_of_ours(flips: list[tuple[int, int]]) -> None:
    content = bytearray(VALID)
    for at, value in flips:
        content[at] = value
    outcome(bytes(content))


@settings(deadline=None)
@given(st.integers(0, len(VALID) - 1))
def test_a_file_cut_short_is_refused(size: int) -> None:
    assert isinstance(outcome(VALID[:size]), BasisError)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*KEYS, "emission", "meta", "x/../y", ""]), st.integers(0, 7), max_size=8
    ),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*KEYS, "scale"]), inner, max_size=5)
        ),
        max_leaves=8,
    ),
)
def test_archives_of_odd_arrays_give_a_basis_or_an_error_of_ours(kinds: dict[str, int], meta: Any) -> None:
    choices = (
        np.zeros((16, 16, 3), np.uint16),
        np.zeros((16, 17, 3), np.uint16),
        np.zeros((16, 16), np.uint16),
        np.zeros((0, 16, 3), np.uint16),
        np.zeros((16, 16, 3), np.float32),
        np.array(json.dumps(meta)),
        np.array("text"),
        np.array(3),
    )
    file = io.BytesIO()
    arrays: dict[str, Any] = {key: choices[kind] for key, kind in kinds.items()}
    np.savez(file, **arrays)
    outcome(file.getvalue())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_saving_and_loading_keeps_every_radiance(seed: int, brightest: float) -> None:
    rng = np.random.default_rng(seed)
    first, second, third, fourth, room = (rng.uniform(0, brightest, (5, 16, 16, 3))).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        LightTransport((first, second, third, fourth), {"dome": room}).save(path)
        again = load(path)
    assert again.quadrants[0] == pytest.approx(first, abs=brightest / 30_000)
    assert again.ambient["dome"] == pytest.approx(room, abs=brightest / 30_000)
