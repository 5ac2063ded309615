//! `check_photosafety`, `check_light` and what they return.

use lightproof_core::Error;
use lightproof_core::photosafety::{Flashes, LightStep, MAX_STEPS, Photosafety, check, check_challenge};
use numpy::{AllowTypeChange, PyArrayLike1, PyArrayLike3};
use pyo3::prelude::*;

use crate::challenge::{PyChallenge, quadrants};
use crate::errors;

const QUADRANTS: usize = 4;
const CHANNELS: usize = 3;

#[pyclass(name = "Flashes", module = "lightproof._core", frozen, eq)]
#[derive(PartialEq)]
struct PyFlashes(Flashes);

#[pymethods]
impl PyFlashes {
    #[getter]
    fn quadrants(&self) -> (usize, usize, usize, usize) {
        self.0.quadrants.into()
    }

    #[getter]
    fn total(&self) -> usize {
        self.0.total
    }

    #[getter]
    fn per_s_max(&self) -> usize {
        self.0.per_s_max
    }

    fn __repr__(&self) -> String {
        let Flashes { quadrants, total, per_s_max } = self.0;
        format!("Flashes(quadrants={quadrants:?}, total={total}, per_s_max={per_s_max})")
    }
}

#[pyclass(name = "Photosafety", module = "lightproof._core", frozen, eq)]
#[derive(PartialEq)]
struct PyPhotosafety(Photosafety);

#[pymethods]
impl PyPhotosafety {
    #[getter]
    fn general(&self) -> PyFlashes {
        PyFlashes(self.0.general)
    }

    #[getter]
    fn broadcast(&self) -> PyFlashes {
        PyFlashes(self.0.broadcast)
    }

    #[getter]
    fn red(&self) -> PyFlashes {
        PyFlashes(self.0.red)
    }

    #[getter]
    fn red_chromaticity(&self) -> PyFlashes {
        PyFlashes(self.0.red_chromaticity)
    }

    #[getter]
    fn colour_change_pairs_per_s_max(&self) -> usize {
        self.0.colour_change_pairs_per_s_max
    }

    fn is_safe(&self) -> bool {
        self.0.is_safe()
    }

    fn meets_standards(&self) -> bool {
        self.0.meets_standards()
    }

    fn __repr__(&self) -> String {
        let word = if self.0.is_safe() { "safe" } else { "not safe" };
        format!(
            "<Photosafety: {word}, {} pairs of colour changes in the worst second>",
            self.colour_change_pairs_per_s_max()
        )
    }
}

#[pyfunction]
#[pyo3(signature = (challenge, peak_cd_m2 = 500.0))]
fn check_photosafety(py: Python<'_>, challenge: &PyChallenge, peak_cd_m2: f64) -> PyResult<PyPhotosafety> {
    py.detach(|| check_challenge(&challenge.inner, peak_cd_m2))
        .map(PyPhotosafety)
        .map_err(|error| errors::raise(py, &error))
}

#[pyfunction]
#[pyo3(signature = (starts_s, linear, end_s, peak_cd_m2 = 500.0))]
#[allow(clippy::needless_pass_by_value)] // PyO3 extracts arguments by value
fn check_light(
    py: Python<'_>,
    starts_s: PyArrayLike1<'_, f64, AllowTypeChange>,
    linear: PyArrayLike3<'_, f64, AllowTypeChange>,
    end_s: f64,
    peak_cd_m2: f64,
) -> PyResult<PyPhotosafety> {
    let (starts_s, linear) = (starts_s.as_array(), linear.as_array());
    if linear.shape() != [starts_s.len(), QUADRANTS, CHANNELS] {
        let text = format!(
            "linear has shape {:?}; use ({}, 4, 3), one for each start",
            linear.shape(),
            starts_s.len()
        );
        return Err(errors::input(py, text));
    }
    // Before they are copied: a view can say that it has any number of steps.
    Error::check_count("steps of light", starts_s.len(), MAX_STEPS)
        .map_err(|error| errors::raise(py, &error))?;
    let numbers: Vec<f64> = linear.iter().copied().collect();
    let steps: Vec<LightStep> = starts_s
        .iter()
        .zip(numbers.chunks_exact(QUADRANTS * CHANNELS))
        .map(|(&start_s, numbers)| LightStep { start_s, linear: quadrants(numbers) })
        .collect();
    py.detach(|| check(&steps, end_s, peak_cd_m2))
        .map(PyPhotosafety)
        .map_err(|error| errors::raise(py, &error))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyFlashes>()?;
    module.add_class::<PyPhotosafety>()?;
    module.add_function(wrap_pyfunction!(check_photosafety, module)?)?;
    module.add_function(wrap_pyfunction!(check_light, module)?)
}
