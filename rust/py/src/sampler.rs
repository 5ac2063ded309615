//! `Sampler`.

use lightproof_core::sampler::Sampler;
use numpy::{PyArray3, PyArrayMethods};
use pyo3::prelude::*;

use crate::errors;
use crate::frame::{image_array, layout, view};
use crate::shared::Shared;

#[pyclass(name = "Sampler", module = "lightproof._core", frozen)]
struct PySampler {
    rows: usize,
    columns: usize,
    inner: Shared<Sampler>,
}

/// Cells, the clipped share of pixels, the outside share of cells.
type Sampled<'py> = (Bound<'py, PyArray3<f32>>, f32, f32);

#[pymethods]
impl PySampler {
    #[new]
    #[pyo3(signature = (rows = 48, columns = 40))]
    fn new(py: Python<'_>, rows: usize, columns: usize) -> PyResult<Self> {
        let sampler = Sampler::new(rows, columns).map_err(|error| errors::raise(py, &error))?;
        Ok(Self { rows, columns, inner: Shared::new(sampler) })
    }

    #[getter]
    fn rows(&self) -> usize {
        self.rows
    }

    #[getter]
    fn columns(&self) -> usize {
        self.columns
    }

    #[pyo3(signature = (
        image, pixel_format, transform, *, width, height, yuv_matrix = "bt601", yuv_range = "full"
    ))]
    #[allow(clippy::too_many_arguments)] // a frame is what it is
    fn sample<'py>(
        &self,
        py: Python<'py>,
        image: &Bound<'py, PyAny>,
        pixel_format: &str,
        transform: &Bound<'py, PyAny>,
        width: usize,
        height: usize,
        yuv_matrix: &str,
        yuv_range: &str,
    ) -> PyResult<Sampled<'py>> {
        let transform: [[f64; 3]; 2] = transform.extract().map_err(|_| {
            errors::input(py, "transform is not an array of numbers of shape (2, 3); use a similarity".into())
        })?;
        let layout = layout(py, pixel_format, [yuv_matrix, yuv_range], [width, height])?;
        let image = image_array(image)?;
        let frame = view(py, &image, layout)?;
        let array = PyArray3::zeros(py, [self.rows, self.columns, 3], false);
        let mut writable = array.readwrite();
        let cells = writable.as_slice_mut()?;
        let quality = self
            .inner
            .with(py, |sampler| sampler.sample(&frame, &transform, cells))
            .map_err(|error| errors::raise(py, &error))?;
        drop(writable);
        Ok((array, quality.clipped, quality.outside))
    }

    fn __repr__(&self) -> String {
        format!("Sampler(rows={}, columns={})", self.rows, self.columns)
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySampler>()
}
