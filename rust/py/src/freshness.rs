//! `FaceLight`, `Rank`, `AnyCode` and `response_strength`.

#![allow(clippy::needless_pass_by_value)] // PyO3 hands arrays over by value

use std::num::NonZeroUsize;

use lightproof_core::freshness::{self, AnyCode, FaceLight, MAX_LATENCIES, Rank};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::arrays;
use crate::challenge::key;
use crate::errors;
use crate::response::Mixing;
use crate::timeline::PyTimeline;

#[pyclass(name = "FaceLight", module = "lightproof._core", frozen)]
pub(crate) struct PyFaceLight(pub(crate) FaceLight);

#[pymethods]
impl PyFaceLight {
    #[getter]
    fn frames(&self) -> usize {
        self.0.frames()
    }

    fn gains(&self, py: Python<'_>, timeline: &PyTimeline, latency_s: f64) -> ((f64, f64, f64), f64) {
        let timeline = timeline.snapshot(py);
        let (gains, score) = py.detach(|| self.0.gains(timeline.challenge().codes(), &timeline, latency_s));
        (gains.into(), score)
    }

    fn latency_curve<'py>(
        &self,
        py: Python<'py>,
        timeline: &PyTimeline,
        latencies_s: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let timeline = timeline.snapshot(py);
        let latencies_s = arrays::values(py, "latencies_s", &latencies_s, &[latencies_s.as_array().len()])?;
        let curve = py
            .detach(|| self.0.latency_curve(timeline.challenge().codes(), &timeline, latencies_s))
            .map_err(|error| errors::raise(py, &error))?;
        Ok(curve.into_pyarray(py))
    }

    fn any_code(&self, py: Python<'_>, timeline: &PyTimeline, latency_s: f64) -> PyAnyCode {
        let timeline = timeline.snapshot(py);
        PyAnyCode(py.detach(|| self.0.any_code(&timeline, latency_s)))
    }

    #[pyo3(signature = (timeline, latencies_s, *, decoy_seed, decoys, threads = NonZeroUsize::MIN))]
    fn rank<'py>(
        &self,
        py: Python<'py>,
        timeline: &PyTimeline,
        latencies_s: &Bound<'py, PyAny>,
        decoy_seed: &[u8],
        decoys: usize,
        threads: NonZeroUsize,
    ) -> PyResult<(PyRank, Bound<'py, PyArray1<f32>>)> {
        let latencies_s: Vec<f64> = arrays::entries("latencies_s", latencies_s, MAX_LATENCIES)?;
        let (timeline, seed) = (timeline.snapshot(py), key(py, "decoy_seed", decoy_seed)?);
        let (rank, scores) = py
            .detach(|| {
                let scorer = self.0.scorer(&timeline, &latencies_s)?;
                let rank = scorer.rank_on(threads, timeline.challenge().codes(), &seed, decoys)?;
                Ok((rank, scorer.decoy_scores(&seed, decoys)?))
            })
            .map_err(|error| errors::raise(py, &error))?;
        Ok((PyRank(rank), scores.into_pyarray(py)))
    }
}

#[pyclass(name = "AnyCode", module = "lightproof._core", frozen)]
struct PyAnyCode(AnyCode);

#[pymethods]
impl PyAnyCode {
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

#[pyclass(name = "Rank", module = "lightproof._core", frozen)]
struct PyRank(Rank);

#[pymethods]
impl PyRank {
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

#[pyfunction]
fn response_strength(gains: [f64; 3], mixing: Mixing) -> (f64, f64, f64) {
    freshness::response_strength(gains, mixing).into()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyFaceLight>()?;
    module.add_class::<PyAnyCode>()?;
    module.add_class::<PyRank>()?;
    module.add_function(wrap_pyfunction!(response_strength, module)?)
}
