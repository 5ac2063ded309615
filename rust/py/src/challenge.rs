//! `Challenge`, `derive_seed`, `decoy_codes` and the palette.

use lightproof_core::Error;
use lightproof_core::challenge::{
    self as core, ILLUMINATIONS, MAX_DECOYS, Mode, NEUTRAL_SRGB, PALETTE_SRGB, Quadrants,
};
use lightproof_core::colour::{self, Linear, Srgb};
use numpy::{Element, PyArray1, PyArray2, PyArray3, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::errors;

#[pyclass(name = "Challenge", module = "lightproof._core", frozen, eq)]
#[derive(PartialEq)]
pub(crate) struct PyChallenge {
    pub(crate) inner: core::Challenge,
}

#[pymethods]
impl PyChallenge {
    #[staticmethod]
    #[pyo3(signature = (seed, mode = "standard"))]
    fn generate(py: Python<'_>, seed: &[u8], mode: &str) -> PyResult<Self> {
        let mode = Mode::from_name(mode).map_err(|error| errors::raise(py, &error))?;
        Ok(Self { inner: core::Challenge::generate(&key(py, "seed", seed)?, mode) })
    }

    #[staticmethod]
    #[pyo3(signature = (codes, mode = "standard"))]
    fn from_codes(py: Python<'_>, codes: &Bound<'_, PyAny>, mode: &str) -> PyResult<Self> {
        let count = codes.len()?;
        if count != ILLUMINATIONS {
            return Err(errors::raise(py, &Error::Count { what: "codes", count, wanted: "16" }));
        }
        let codes: Vec<u8> = codes.extract()?;
        Mode::from_name(mode)
            .and_then(|mode| core::Challenge::from_codes(&codes, mode))
            .map(|inner| Self { inner })
            .map_err(|error| errors::raise(py, &error))
    }

    #[getter]
    fn mode(&self) -> &'static str {
        self.inner.mode().name()
    }

    #[getter]
    fn dwell_s(&self) -> f64 {
        self.inner.mode().dwell_s()
    }

    #[getter]
    fn edge_s(&self) -> f64 {
        self.inner.mode().edge_s()
    }

    #[getter]
    fn duration_s(&self) -> f64 {
        self.inner.duration_s()
    }

    #[getter]
    fn codes<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_slice(py, self.inner.codes())
    }

    #[getter]
    fn srgb<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<u8>>> {
        cube(py, (0..self.inner.len()).map(|illumination| self.inner.srgb(illumination)))
    }

    #[getter]
    fn linear<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<f64>>> {
        cube(py, (0..self.inner.len()).map(|illumination| *self.inner.linear(illumination)))
    }

    #[getter]
    fn steps_start_s<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_iter(py, self.inner.steps().map(|step| step.start_s))
    }

    #[getter]
    fn steps_weights<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let rows: Vec<_> = self.inner.steps().map(|step| step.weights()).collect();
        PyArray1::from_slice(py, rows.as_flattened()).reshape([rows.len(), ILLUMINATIONS])
    }

    #[getter]
    fn steps_srgb<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray3<u8>>> {
        cube(py, self.inner.steps().map(|step| self.inner.step_srgb(&step)))
    }

    fn at<'py>(&self, py: Python<'py>, t0_s: f64, t1_s: f64) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let light = self.inner.at(t0_s, t1_s).map_err(|error| errors::raise(py, &error))?;
        PyArray1::from_slice(py, light.as_flattened()).reshape([4, 3])
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    /// Without the codes: whoever reads the log could foresee it.
    fn __repr__(&self) -> String {
        format!("<Challenge: {} illuminations, {}>", self.inner.len(), self.inner.mode().name())
    }
}

#[pyfunction]
fn derive_seed<'py>(py: Python<'py>, nonce: &[u8], device_random: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let seed = core::derive_seed(nonce, &key(py, "device_random", device_random)?);
    Ok(PyBytes::new(py, &seed.map_err(|error| errors::raise(py, &error))?))
}

#[pyfunction]
fn decoy_codes<'py>(py: Python<'py>, seed: &[u8], count: usize) -> PyResult<Bound<'py, PyArray2<u8>>> {
    Error::check_count("decoys", count, MAX_DECOYS).map_err(|error| errors::raise(py, &error))?;
    let seed = key(py, "seed", seed)?;
    let codes = py.detach(|| {
        let mut codes = vec![[0; ILLUMINATIONS]; count];
        core::fill_decoys(&seed, &mut codes);
        codes.into_flattened()
    });
    PyArray1::from_vec(py, codes).reshape([count, ILLUMINATIONS])
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add_class::<PyChallenge>()?;
    module.add_function(wrap_pyfunction!(derive_seed, module)?)?;
    module.add_function(wrap_pyfunction!(decoy_codes, module)?)?;
    let tuple = |colour: Srgb| PyTuple::new(py, colour);
    let light = |colour: Linear| PyTuple::new(py, colour);
    let palette = PALETTE_SRGB.map(tuple).into_iter().collect::<PyResult<Vec<_>>>()?;
    let linear =
        PALETTE_SRGB.map(|colour| light(colour::linear(colour))).into_iter().collect::<PyResult<Vec<_>>>()?;
    module.add("PALETTE_SRGB", PyTuple::new(py, palette)?)?;
    module.add("PALETTE_LINEAR", PyTuple::new(py, linear)?)?;
    module.add("NEUTRAL_SRGB", tuple(NEUTRAL_SRGB)?)?;
    module.add("NEUTRAL_LINEAR", light(core::neutral())?)
}

pub(crate) fn key(py: Python<'_>, what: &str, bytes: &[u8]) -> PyResult<[u8; 32]> {
    bytes
        .try_into()
        .map_err(|_| errors::input(py, format!("{what} is {} bytes long; use 32 random bytes", bytes.len())))
}

/// Stacks quadrants of colours into an array of shape (n, 4, 3).
fn cube<T: Element + Copy>(
    py: Python<'_>,
    quadrants: impl Iterator<Item = [[T; 3]; 4]>,
) -> PyResult<Bound<'_, PyArray3<T>>> {
    let all: Vec<[[T; 3]; 4]> = quadrants.collect();
    PyArray1::from_slice(py, all.as_flattened().as_flattened()).reshape([all.len(), 4, 3])
}

/// The quadrants of an array row of twelve numbers.
pub(crate) fn quadrants(numbers: &[f64]) -> Quadrants {
    std::array::from_fn(|quadrant| std::array::from_fn(|channel| numbers[3 * quadrant + channel]))
}
