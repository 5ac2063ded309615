"""The colour facts of the core: an independent implementation agrees, and what is not a colour is refused."""

from __future__ import annotations

from typing import Any

import colour
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lightproof._core import LUMINANCE, SRGB_TO_LINEAR, linear_to_srgb, srgb_to_linear
from lightproof.errors import InputError


def test_another_implementation_has_the_same_curve_in_both_directions() -> None:
    values = np.linspace(0, 1, 4097)
    np.testing.assert_allclose(srgb_to_linear(values), colour.models.eotf_sRGB(values), atol=1e-12)
    np.testing.assert_allclose(linear_to_srgb(values), colour.models.eotf_inverse_sRGB(values), atol=1e-12)


def test_the_table_is_the_curve_at_every_code_and_cannot_be_changed() -> None:
    assert SRGB_TO_LINEAR.shape == (256,)
    assert SRGB_TO_LINEAR.dtype == np.float64
    np.testing.assert_array_equal(SRGB_TO_LINEAR, srgb_to_linear(np.arange(256) / 255))
    with pytest.raises(ValueError, match="read-only"):
        SRGB_TO_LINEAR[0] = 1.0


def test_luminance_is_the_second_row_of_srgb_to_xyz() -> None:
    to_xyz = colour.RGB_COLOURSPACES["sRGB"].matrix_RGB_to_XYZ
    np.testing.assert_allclose(LUMINANCE, to_xyz[1], atol=1e-4)
    assert sum(LUMINANCE) == pytest.approx(1, abs=1e-12)


@given(st.floats(0, 1))
def test_each_direction_undoes_the_other(value: float) -> None:
    values = np.array([value])
    assert linear_to_srgb(srgb_to_linear(values)) == pytest.approx(values, abs=1e-6)
    assert srgb_to_linear(linear_to_srgb(values)) == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (4, 3), (2, 3, 4, 3)])
def test_shape_and_dtype_stay_and_the_values_given_too(dtype: type, shape: tuple[int, ...]) -> None:
    values: NDArray[Any] = np.random.default_rng(1).uniform(0, 1, shape).astype(dtype)
    before = values.copy()
    for curve in (srgb_to_linear, linear_to_srgb):
        found = curve(values)
        assert found.shape == shape
        assert found.dtype == dtype
        np.testing.assert_allclose(found, curve(values.astype(np.float64)), atol=1e-7)
    np.testing.assert_array_equal(values, before)


def test_arrays_that_are_not_contiguous_are_taken_as_they_are() -> None:
    values = np.random.default_rng(2).uniform(0, 1, (6, 8))
    np.testing.assert_array_equal(srgb_to_linear(values.T[::2]), srgb_to_linear(values.T[::2].copy()))


@pytest.mark.parametrize("value", [-1e-9, 1.0001, np.nan, np.inf])
def test_numbers_that_are_not_colours_are_refused(value: float) -> None:
    for curve in (srgb_to_linear, linear_to_srgb):
        with pytest.raises(InputError, match=r"values holds .*; use numbers from 0 to 1"):
            curve(np.array([0.5, value]))


@pytest.mark.parametrize("values", [np.arange(4, dtype=np.uint8), np.arange(2), [0.5], 0.5, None])
def test_codes_and_lists_are_not_taken_for_values(values: object) -> None:
    for curve in (srgb_to_linear, linear_to_srgb):
        with pytest.raises(InputError, match=r"values is .*; use an array of float64 or float32"):
            curve(values)  # type: ignore[arg-type]
