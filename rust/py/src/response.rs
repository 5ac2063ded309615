//! `ResponseRegression`, `Registration` and `ResponseMaps`.

#![allow(clippy::needless_pass_by_value)] // PyO3 hands arrays over by value

use lightproof_core::Error;
use lightproof_core::freshness::FaceLight;
use lightproof_core::response::{
    BANDS, MAX_FRAMES, MAX_REGISTRATION_RESIDUAL, Registration, ResponseMaps, ResponseRegression,
};
use numpy::{IntoPyArray, PyArray2, PyArray3, PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3};
use pyo3::prelude::*;

use crate::arrays;
use crate::errors;
use crate::freshness::PyFaceLight;
use crate::shared::Shared;

/// The camera's linear RGB answer (rows) to the screen's linear red, green and blue (columns).
pub(crate) type Mixing = [[f64; 3]; 3];

#[pyclass(name = "Registration", module = "lightproof._core", frozen)]
pub(crate) struct PyRegistration(pub(crate) Registration);

#[pymethods]
impl PyRegistration {
    #[getter]
    fn x(&self) -> f64 {
        self.0.x
    }

    #[getter]
    fn y(&self) -> f64 {
        self.0.y
    }

    #[getter]
    fn turn(&self) -> f64 {
        self.0.turn
    }

    #[getter]
    fn scale(&self) -> f64 {
        self.0.scale
    }

    #[getter]
    fn residual(&self) -> f64 {
        self.0.residual
    }

    fn __repr__(&self) -> String {
        let Registration { x, y, turn, scale, residual } = self.0;
        format!("Registration(x={x:?}, y={y:?}, turn={turn:?}, scale={scale:?}, residual={residual:?})")
    }
}

#[pyclass(name = "ResponseRegression", module = "lightproof._core", frozen)]
struct PyResponseRegression {
    inner: Shared<ResponseRegression>,
    rows: usize,
    columns: usize,
}

#[pymethods]
impl PyResponseRegression {
    #[new]
    #[pyo3(signature = (mask, neutral_cells, mixing, *, capacity = 512))]
    fn new(
        py: Python<'_>,
        mask: PyReadonlyArray2<'_, bool>,
        neutral_cells: PyReadonlyArray3<'_, f32>,
        mixing: Mixing,
        capacity: usize,
    ) -> PyResult<Self> {
        let (rows, columns) = mask.as_array().dim();
        let mask = arrays::values(py, "mask", &mask, &[rows, columns])?;
        let neutral_cells = arrays::values(py, "neutral_cells", &neutral_cells, &[rows, columns, 3])?;
        let inner = ResponseRegression::new(mask, neutral_cells, rows, columns, mixing, capacity)
            .map_err(|error| errors::raise(py, &error))?;
        Ok(Self { inner: Shared::new(inner), rows, columns })
    }

    #[getter]
    fn frames(&self, py: Python<'_>) -> usize {
        self.inner.with(py, |regression| regression.frames())
    }

    fn push(
        &self,
        py: Python<'_>,
        cells: PyReadonlyArray3<'_, f32>,
        light: [[f64; 3]; 4],
        u: f64,
    ) -> PyResult<PyRegistration> {
        let cells = arrays::values(py, "cells", &cells, &[self.rows, self.columns, 3])?;
        self.inner
            .with(py, |regression| regression.push(cells, &light, u))
            .map(PyRegistration)
            .map_err(|error| errors::raise(py, &error))
    }

    fn solve(&self, py: Python<'_>, gains: [f64; 3]) -> Option<PyResponseMaps> {
        let inner = self.inner.with(py, |regression| regression.solve(gains))?;
        Some(PyResponseMaps { inner, rows: self.rows, columns: self.columns })
    }

    fn copy(&self, py: Python<'_>) -> Self {
        let inner = self.inner.with(py, |regression| regression.clone());
        Self { inner: Shared::new(inner), rows: self.rows, columns: self.columns }
    }

    fn forget(&self, py: Python<'_>) {
        self.inner.with(py, ResponseRegression::forget);
    }

    #[getter]
    fn series<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        self.rows(py, ResponseRegression::series)
    }

    #[getter]
    fn across<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        self.rows(py, ResponseRegression::across)
    }

    #[getter]
    fn down<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        self.rows(py, ResponseRegression::down)
    }

    fn face_light(
        &self,
        py: Python<'_>,
        exposures_s: &Bound<'_, PyAny>,
        mixing: Mixing,
    ) -> PyResult<Option<PyFaceLight>> {
        let exposures_s: Vec<(f64, f64)> = arrays::entries("exposures_s", exposures_s, MAX_FRAMES)?;
        self.inner
            .with(py, |regression| {
                FaceLight::new(regression.series(), regression.nuisance(), &exposures_s, mixing)?
                    .map(|light| light.with_halves(regression.across(), regression.down()))
                    .transpose()
            })
            .map(|light| light.map(PyFaceLight))
            .map_err(|error| errors::raise(py, &error))
    }

    fn band_lights(
        &self,
        py: Python<'_>,
        exposures_s: &Bound<'_, PyAny>,
        mixing: Mixing,
    ) -> PyResult<Vec<PyFaceLight>> {
        let exposures_s: Vec<[(f64, f64); BANDS]> = arrays::entries("exposures_s", exposures_s, MAX_FRAMES)?;
        self.inner
            .with(py, |regression| {
                let nuisance = regression.nuisance();
                let light = |(band, series): (usize, &[[f64; 3]])| {
                    let exposures_s: Vec<_> = exposures_s.iter().map(|frame| frame[band]).collect();
                    FaceLight::new(series, nuisance, &exposures_s, mixing).transpose()
                };
                regression
                    .bands()
                    .filter_map(light)
                    .map(|light| light.map(PyFaceLight))
                    .collect::<Result<_, Error>>()
            })
            .map_err(|error| errors::raise(py, &error))
    }
}

impl PyResponseRegression {
    fn rows<'py>(
        &self,
        py: Python<'py>,
        series: fn(&ResponseRegression) -> &[[f64; 3]],
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let flat = self.inner.with(py, |regression| series(regression).as_flattened().to_vec());
        let rows = flat.len() / 3;
        flat.into_pyarray(py).reshape([rows, 3])
    }
}

#[pyclass(name = "ResponseMaps", module = "lightproof._core", frozen)]
pub(crate) struct PyResponseMaps {
    pub(crate) inner: ResponseMaps,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

#[pymethods]
impl PyResponseMaps {
    #[getter]
    fn estimates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        self.stacked(py, &self.inner.estimates)
    }

    #[getter]
    fn variances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        self.stacked(py, &self.inner.variances)
    }

    #[getter]
    fn rho(&self) -> (f64, f64, f64) {
        self.inner.rho.into()
    }
}

impl PyResponseMaps {
    fn stacked<'py>(&self, py: Python<'py>, maps: &[Vec<f32>; 3]) -> PyResult<Bound<'py, PyArray3<f32>>> {
        maps.concat().into_pyarray(py).reshape([3, self.rows, self.columns])
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("BANDS", BANDS)?;
    module.add("MAX_REGISTRATION_RESIDUAL", MAX_REGISTRATION_RESIDUAL)?;
    module.add_class::<PyRegistration>()?;
    module.add_class::<PyResponseRegression>()?;
    module.add_class::<PyResponseMaps>()
}
