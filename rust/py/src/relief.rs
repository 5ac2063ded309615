//! `fit_relief` and what it returns.

#![allow(clippy::needless_pass_by_value)] // PyO3 hands arrays over by value

use lightproof_core::relief::{self, Axis, ReliefFit};
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

use crate::arrays;
use crate::errors;
use crate::response::PyResponseMaps;

#[pyclass(name = "ReliefAxis", module = "lightproof._core", frozen)]
struct PyReliefAxis(Axis);

#[pymethods]
impl PyReliefAxis {
    #[getter]
    fn coefficient(&self) -> f64 {
        self.0.coefficient
    }

    #[getter]
    fn sigma(&self) -> f64 {
        self.0.sigma
    }
}

#[pyclass(name = "ReliefFit", module = "lightproof._core", frozen)]
struct PyReliefFit(ReliefFit);

#[pymethods]
impl PyReliefFit {
    #[getter]
    fn across(&self) -> PyReliefAxis {
        PyReliefAxis(self.0.across)
    }

    #[getter]
    fn down(&self) -> PyReliefAxis {
        PyReliefAxis(self.0.down)
    }

    #[getter]
    fn misfit(&self) -> f64 {
        self.0.misfit
    }

    #[getter]
    fn cells(&self) -> usize {
        self.0.cells
    }
}

#[pyfunction]
fn fit_relief(
    py: Python<'_>,
    maps: &PyResponseMaps,
    mask: PyReadonlyArray2<'_, bool>,
    predicted_across: PyReadonlyArray2<'_, f32>,
    predicted_down: PyReadonlyArray2<'_, f32>,
) -> PyResult<Option<PyReliefFit>> {
    let shape = [maps.rows, maps.columns];
    let mask = arrays::values(py, "mask", &mask, &shape)?;
    let across = arrays::values(py, "predicted_across", &predicted_across, &shape)?;
    let down = arrays::values(py, "predicted_down", &predicted_down, &shape)?;
    py.detach(|| relief::fit(&maps.inner, mask, across, down, maps.columns))
        .map(|fit| fit.map(PyReliefFit))
        .map_err(|error| errors::raise(py, &error))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyReliefAxis>()?;
    module.add_class::<PyReliefFit>()?;
    module.add_function(wrap_pyfunction!(fit_relief, module)?)
}
