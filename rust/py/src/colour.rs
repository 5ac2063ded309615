//! `srgb_to_linear`, `linear_to_srgb`, the table of all codes and the weights of luminance.

use lightproof_core::Error;
use lightproof_core::colour::{self, LUMINANCE, SRGB_TO_LINEAR};
use numpy::{Element, PyArray1, PyArrayDyn, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors;

/// Most values of an array: more than all pictures have that are accepted, 50 megapixels of three.
const MAX_VALUES: usize = 1 << 28;

type Curve = fn(f64) -> f64;

/// Applies a curve of the core to every value of an array of single or double precision.
fn apply<'py>(values: &Bound<'py, PyAny>, curve: Curve) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    if let Ok(values) = values.cast::<PyArrayDyn<f64>>() {
        return apply_to(values, curve, |value| value, |value| value);
    }
    if let Ok(values) = values.cast::<PyArrayDyn<f32>>() {
        return apply_to(values, curve, f64::from, |value| value as f32);
    }
    let kind = values.getattr("dtype").unwrap_or_else(|_| values.get_type().into_any());
    Err(errors::input(
        py,
        format!(
            "values is {kind}; use an array of float64 or float32 from 0 to 1 (of codes: SRGB_TO_LINEAR)"
        ),
    ))
}

fn apply_to<'py, T: Element + Copy>(
    values: &Bound<'py, PyArrayDyn<T>>,
    curve: Curve,
    widen: fn(T) -> f64,
    narrow: fn(f64) -> T,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let values = values
        .try_readonly()
        .map_err(|error| errors::input(py, format!("values is being written to ({error}); use a copy")))?;
    let view = values.as_array();
    Error::check_count("values", view.len(), MAX_VALUES).map_err(|error| errors::raise(py, &error))?;
    let found = py.detach(|| {
        match view.iter().map(|&value| widen(value)).find(|value| !(0.0..=1.0).contains(value)) {
            Some(value) => Err(value),
            None => Ok(view.mapv(|value| narrow(curve(widen(value))))),
        }
    });
    match found {
        Ok(mapped) => Ok(PyArrayDyn::from_owned_array(py, mapped).into_any()),
        Err(value) => Err(errors::input(py, format!("values holds {value}; use numbers from 0 to 1"))),
    }
}

#[pyfunction]
fn srgb_to_linear<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    apply(values, colour::srgb_to_linear)
}

#[pyfunction]
fn linear_to_srgb<'py>(values: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    apply(values, colour::linear_to_srgb)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let table = PyArray1::from_slice(py, SRGB_TO_LINEAR.as_slice());
    table.getattr("flags")?.setattr("writeable", false)?;
    module.add("SRGB_TO_LINEAR", table)?;
    module.add("LUMINANCE", PyTuple::new(py, LUMINANCE)?)?;
    module.add_function(wrap_pyfunction!(srgb_to_linear, module)?)?;
    module.add_function(wrap_pyfunction!(linear_to_srgb, module)?)
}
