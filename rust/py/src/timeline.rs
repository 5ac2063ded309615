//! `Timeline`.

use lightproof_core::timeline::Timeline;
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::challenge::PyChallenge;
use crate::errors;
use crate::shared::Shared;

#[pyclass(name = "Timeline", module = "lightproof._core", frozen)]
pub(crate) struct PyTimeline(Shared<Timeline>);

impl PyTimeline {
    /// What was shown so far, so that long work holds up no flip.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> Timeline {
        self.0.with(py, |timeline| timeline.clone())
    }
}

#[pymethods]
impl PyTimeline {
    #[new]
    fn new(challenge: &PyChallenge) -> Self {
        Self(Shared::new(Timeline::new(&challenge.inner)))
    }

    fn flip(&self, py: Python<'_>, flip_s: f64) -> PyResult<()> {
        self.0.with(py, |timeline| timeline.flip(flip_s)).map_err(|error| errors::raise(py, &error))
    }

    fn copy(&self, py: Python<'_>) -> Self {
        Self(Shared::new(self.snapshot(py)))
    }

    #[getter]
    fn shown(&self, py: Python<'_>) -> usize {
        self.0.with(py, |timeline| timeline.shown())
    }

    #[getter]
    fn flips_s(&self, py: Python<'_>) -> Vec<f64> {
        self.0.with(py, |timeline| timeline.flips_s().to_vec())
    }

    #[getter]
    fn first_flip_s(&self, py: Python<'_>) -> Option<f64> {
        self.0.with(py, |timeline| timeline.first_flip_s())
    }

    fn light<'py>(
        &self,
        py: Python<'py>,
        start_s: f64,
        end_s: f64,
        latency_s: f64,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let light = self.0.with(py, |timeline| timeline.light(start_s, end_s, latency_s));
        Ok(PyArray2::from_vec2(py, &light.map(Vec::from))?)
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyTimeline>()
}
