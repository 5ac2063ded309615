//! `PictureRegression`.

#![allow(clippy::needless_pass_by_value)] // PyO3 hands arrays over by value

use lightproof_core::response::PictureRegression;
use numpy::{IntoPyArray, PyArray3, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::arrays;
use crate::errors;
use crate::response::{Mixing, PyRegistration};
use crate::shared::Shared;

/// Slopes and variances, each rows × columns × 3.
type Slopes<'py> = (Bound<'py, PyArray3<f32>>, Bound<'py, PyArray3<f32>>);

#[pyclass(name = "PictureRegression", module = "lightproof._core", frozen)]
struct PyPictureRegression {
    inner: Shared<PictureRegression>,
    rows: usize,
    columns: usize,
}

#[pymethods]
impl PyPictureRegression {
    #[new]
    fn new(py: Python<'_>, face: PyReadonlyArray2<'_, bool>, mixing: Mixing) -> PyResult<Self> {
        let (rows, columns) = face.as_array().dim();
        let face = arrays::values(py, "face", &face, &[rows, columns])?;
        let inner = PictureRegression::new(face, mixing).map_err(|error| errors::raise(py, &error))?;
        Ok(Self { inner: Shared::new(inner), rows, columns })
    }

    #[getter]
    fn frames(&self, py: Python<'_>) -> usize {
        self.inner.with(py, |lit| lit.frames())
    }

    fn push(
        &self,
        py: Python<'_>,
        pixels: PyReadonlyArray3<'_, u8>,
        light: [[f64; 3]; 4],
        u: f64,
        registration: &PyRegistration,
    ) -> PyResult<()> {
        let pixels = arrays::values(py, "pixels", &pixels, &[self.rows, self.columns, 3])?;
        self.inner
            .with(py, |lit| lit.push(pixels, &light, u, &registration.0))
            .map_err(|error| errors::raise(py, &error))
    }

    fn solve<'py>(&self, py: Python<'py>) -> PyResult<Option<Slopes<'py>>> {
        let Some(found) = self.inner.with(py, |lit| lit.solve()) else { return Ok(None) };
        let shaped = |values: Vec<f32>| values.into_pyarray(py).reshape([self.rows, self.columns, 3]);
        Ok(Some((shaped(found.slopes)?, shaped(found.variances)?)))
    }

    fn copy(&self, py: Python<'_>) -> Self {
        let inner = self.inner.with(py, |lit| lit.clone());
        Self { inner: Shared::new(inner), rows: self.rows, columns: self.columns }
    }

    fn forget(&self, py: Python<'_>) {
        self.inner.with(py, PictureRegression::forget);
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyPictureRegression>()
}
