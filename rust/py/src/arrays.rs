//! Arrays of Python as the core wants them: viewed in place, or refused by name.

use lightproof_core::Error;
use numpy::ndarray::Dimension;
use numpy::{Element, PyReadonlyArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors;

/// The entries of a sequence, which is measured before memory is set aside for them: `range(2**40)` is one.
pub(crate) fn entries<'py, T>(
    what: &'static str,
    sequence: &Bound<'py, PyAny>,
    max: usize,
) -> PyResult<Vec<T>>
where
    Vec<T>: FromPyObjectOwned<'py>,
{
    Error::check_count(what, sequence.len()?, max).map_err(|error| errors::raise(sequence.py(), &error))?;
    sequence.extract().map_err(Into::into)
}

/// The values of an array of exactly this shape.
pub(crate) fn values<'a, T: Element, D: Dimension>(
    py: Python<'_>,
    what: &str,
    array: &'a PyReadonlyArray<'_, T, D>,
    shape: &[usize],
) -> PyResult<&'a [T]> {
    if array.shape() != shape {
        return Err(errors::input(py, format!("{what} has shape {:?}; use {shape:?}", array.shape())));
    }
    array.as_slice().map_err(|_| {
        errors::input(py, format!("{what} is not C-contiguous; use numpy.ascontiguousarray({what})"))
    })
}
