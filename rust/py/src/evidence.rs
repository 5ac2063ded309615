//! Timeline, response, freshness and relief.

#![allow(clippy::needless_pass_by_value)] // PyO3 hands arrays over by value

use std::num::NonZeroUsize;

use lightproof_core::{freshness, relief, response, timeline};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArray3,
};
use pyo3::prelude::*;

use crate::challenge::Challenge;
use crate::errors::{input, raise};

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("BANDS", response::BANDS)?;
    module.add("ANOTHER_PICTURE", response::ANOTHER_PICTURE)?;
    module.add_class::<Timeline>()?;
    module.add_class::<Response>()?;
    module.add_class::<ResponseMaps>()?;
    module.add_class::<FaceLight>()?;
    module.add_class::<AnyCode>()?;
    module.add_class::<Rank>()?;
    module.add_class::<ReliefFit>()?;
    module.add_function(wrap_pyfunction!(fit_relief, module)?)?;
    module.add_function(wrap_pyfunction!(response_strength, module)?)
}

type Mixing = [[f64; 3]; 3];

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core")]
pub(crate) struct Timeline(timeline::Timeline);

#[pymethods]
impl Timeline {
    #[new]
    fn new(challenge: &Challenge) -> Self {
        Self(timeline::Timeline::new(&challenge.inner))
    }

    fn flip(&mut self, py: Python<'_>, flip_s: f64) -> PyResult<()> {
        self.0.flip(flip_s).map_err(|error| raise(py, &error))
    }

    fn copy(&self) -> Self {
        Self(self.0.clone())
    }

    #[getter]
    fn shown(&self) -> usize {
        self.0.shown()
    }

    #[getter]
    fn first_flip_s(&self) -> Option<f64> {
        self.0.first_flip_s()
    }

    fn light<'py>(
        &self,
        py: Python<'py>,
        start_s: f64,
        end_s: f64,
        latency_s: f64,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let light = self.0.light(start_s, end_s, latency_s);
        Ok(PyArray2::from_vec2(py, &light.map(Vec::from))?)
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core")]
pub(crate) struct Response {
    inner: response::Response,
    rows: usize,
    columns: usize,
}

#[pymethods]
impl Response {
    #[new]
    #[pyo3(signature = (mask, reference, mixing, *, capacity = 512))]
    fn new(
        py: Python<'_>,
        mask: PyReadonlyArray2<'_, bool>,
        reference: PyReadonlyArray3<'_, f32>,
        mixing: Mixing,
        capacity: usize,
    ) -> PyResult<Self> {
        let (rows, columns) = (mask.as_array().nrows(), mask.as_array().ncols());
        let inner =
            response::Response::new(mask.as_slice()?, reference.as_slice()?, rows, columns, mixing, capacity)
                .map_err(|error| raise(py, &error))?;
        Ok(Self { inner, rows, columns })
    }

    #[getter]
    fn frames(&self) -> usize {
        self.inner.frames()
    }

    fn push(
        &mut self,
        py: Python<'_>,
        cells: PyReadonlyArray3<'_, f32>,
        light: [[f64; 3]; 4],
        u: f64,
    ) -> PyResult<(f64, f64, f64, f64, f64)> {
        let cells = cells.as_slice()?;
        let inner = &mut self.inner;
        py.detach(|| inner.push(cells, &light, u))
            .map(|r| (r.x, r.y, r.turn, r.scale, r.residual))
            .map_err(|error| raise(py, &error))
    }

    fn solve(&self, py: Python<'_>, gains: [f64; 3]) -> Option<ResponseMaps> {
        let inner = py.detach(|| self.inner.solve(gains))?;
        Some(ResponseMaps { inner, rows: self.rows, columns: self.columns })
    }

    fn copy(&self) -> Self {
        Self { inner: self.inner.clone(), rows: self.rows, columns: self.columns }
    }

    fn forget(&mut self) {
        self.inner.forget();
    }

    #[getter]
    fn series<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let rows: Vec<Vec<f64>> = self.inner.series().iter().map(|row| row.to_vec()).collect();
        Ok(PyArray2::from_vec2(py, &rows)?)
    }

    fn band_lights(
        &self,
        py: Python<'_>,
        exposures_s: Vec<[(f64, f64); response::BANDS]>,
        mixing: Mixing,
    ) -> Vec<FaceLight> {
        py.detach(|| {
            let nuisance = self.inner.nuisance();
            let light = |(band, series): (usize, &[[f64; 3]])| {
                let exposures_s: Vec<_> = exposures_s.iter().map(|frame| frame[band]).collect();
                freshness::FaceLight::new(series, nuisance, &exposures_s, mixing).map(FaceLight)
            };
            self.inner.bands().filter_map(light).collect()
        })
    }

    fn face_light(&self, py: Python<'_>, exposures_s: Vec<(f64, f64)>, mixing: Mixing) -> Option<FaceLight> {
        py.detach(|| {
            freshness::FaceLight::new(self.inner.series(), self.inner.nuisance(), &exposures_s, mixing)
        })
        .map(FaceLight)
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core", frozen)]
pub(crate) struct ResponseMaps {
    inner: response::ResponseMaps,
    rows: usize,
    columns: usize,
}

#[pymethods]
impl ResponseMaps {
    #[getter]
    fn estimates<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        self.stacked(py, &self.inner.estimates)
    }

    #[getter]
    fn variances<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f32>>> {
        self.stacked(py, &self.inner.variances)
    }

    #[getter]
    fn rho(&self) -> [f64; 3] {
        self.inner.rho
    }
}

impl ResponseMaps {
    fn stacked<'py>(&self, py: Python<'py>, maps: &[Vec<f32>; 3]) -> PyResult<Bound<'py, PyArray3<f32>>> {
        let flat = maps.concat().into_pyarray(py);
        numpy::PyArrayMethods::reshape(&flat, [3, self.rows, self.columns])
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core", frozen)]
pub(crate) struct FaceLight(freshness::FaceLight);

#[pymethods]
impl FaceLight {
    #[getter]
    fn frames(&self) -> usize {
        self.0.frames()
    }

    fn gains(&self, timeline: &Timeline, latency_s: f64) -> ([f64; 3], f64) {
        self.0.gains(timeline.0.challenge().codes(), &timeline.0, latency_s)
    }

    fn latency_curve<'py>(
        &self,
        py: Python<'py>,
        timeline: &Timeline,
        latencies_s: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let latencies_s = latencies_s.as_slice()?;
        let curve =
            py.detach(|| self.0.latency_curve(timeline.0.challenge().codes(), &timeline.0, latencies_s));
        Ok(curve.into_pyarray(py))
    }

    fn any_code(&self, timeline: &Timeline, latency_s: f64) -> AnyCode {
        AnyCode(self.0.any_code(&timeline.0, latency_s))
    }

    #[pyo3(signature = (timeline, latencies_s, *, decoy_seed, decoys, threads = NonZeroUsize::MIN))]
    fn rank<'py>(
        &self,
        py: Python<'py>,
        timeline: &Timeline,
        latencies_s: Vec<f64>,
        decoy_seed: &[u8],
        decoys: usize,
        threads: NonZeroUsize,
    ) -> PyResult<(Rank, Bound<'py, PyArray1<f32>>)> {
        let seed: [u8; 32] = decoy_seed
            .try_into()
            .map_err(|_| input(py, format!("decoy seed is {} bytes long; use 32 bytes", decoy_seed.len())))?;
        let (rank, scores) = py.detach(|| {
            let scorer = self.0.scorer(&timeline.0, &latencies_s);
            let rank = scorer.rank_on(threads, timeline.0.challenge().codes(), &seed, decoys);
            (rank, scorer.decoy_scores(&seed, decoys))
        });
        Ok((Rank(rank), scores.into_pyarray(py)))
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core", frozen)]
pub(crate) struct AnyCode(freshness::AnyCode);

#[pymethods]
impl AnyCode {
    #[getter]
    fn explained(&self) -> f64 {
        self.0.explained
    }

    #[getter]
    fn total(&self) -> f64 {
        self.0.total
    }

    #[getter]
    fn freedom(&self) -> usize {
        self.0.freedom
    }

    #[getter]
    fn total_freedom(&self) -> usize {
        self.0.total_freedom
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core", frozen)]
pub(crate) struct Rank(freshness::Rank);

#[pymethods]
impl Rank {
    #[getter]
    fn rank(&self) -> usize {
        self.0.rank
    }

    #[getter]
    fn decoys(&self) -> usize {
        self.0.decoys
    }

    #[getter]
    fn score(&self) -> f32 {
        self.0.score
    }

    #[getter]
    fn p_value(&self) -> f64 {
        self.0.p_value()
    }
}

/// See `_core.pyi`.
#[pyclass(module = "lightproof._core", frozen)]
pub(crate) struct ReliefFit(relief::ReliefFit);

#[pymethods]
impl ReliefFit {
    #[getter]
    fn across(&self) -> (f64, f64) {
        (self.0.across.coefficient, self.0.across.sigma)
    }

    #[getter]
    fn down(&self) -> (f64, f64) {
        (self.0.down.coefficient, self.0.down.sigma)
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
    maps: &ResponseMaps,
    mask: PyReadonlyArray2<'_, bool>,
    predicted_across: PyReadonlyArray2<'_, f32>,
    predicted_down: PyReadonlyArray2<'_, f32>,
) -> PyResult<Option<ReliefFit>> {
    let (mask, across, down) = (mask.as_slice()?, predicted_across.as_slice()?, predicted_down.as_slice()?);
    Ok(py.detach(|| relief::fit(&maps.inner, mask, across, down, maps.columns)).map(ReliefFit))
}

#[pyfunction]
fn response_strength(gains: [f64; 3], mixing: Mixing) -> [f64; 3] {
    freshness::response_strength(gains, mixing)
}
