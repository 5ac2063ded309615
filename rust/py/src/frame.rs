//! `Sampler` and `frame_to_srgb`.

use std::sync::{Mutex, PoisonError};

use lightproof_core::frame::{FrameView, Layout, Matrix, PixelFormat, Rows};
use lightproof_core::sampler::Sampler;
use numpy::ndarray::{ArrayView3, Axis};
use numpy::{PyArray3, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors;

/// The rows of an image array; bytes within a row lie side by side.
struct ImageRows<'a>(ArrayView3<'a, u8>);

impl Rows for ImageRows<'_> {
    fn count(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    fn row_bytes(&self) -> usize {
        self.0.len_of(Axis(1)) * self.0.len_of(Axis(2))
    }

    fn row(&self, index: usize) -> &[u8] {
        self.0.index_axis(Axis(0), index).to_slice().expect("strides were checked")
    }
}

/// An image array that cannot be viewed in place is refused, not copied.
fn image_array<'py>(image: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArrayDyn<'py, u8>> {
    let py = image.py();
    let array = image.cast::<PyArrayDyn<u8>>().map_err(|_| {
        let kind = image.get_type().name().map_or_else(|_| "unknown".into(), |name| name.to_string());
        errors::frame(py, format!("image is {kind}, or of another dtype; use a numpy array of uint8"))
    })?;
    array
        .try_readonly()
        .map_err(|error| errors::frame(py, format!("image is being written to ({error}); use a copy")))
}

fn view<'a>(
    py: Python<'_>,
    image: &'a PyReadonlyArrayDyn<'_, u8>,
    layout: Layout,
) -> PyResult<FrameView<ImageRows<'a>>> {
    let Layout { width, height, format, .. } = layout;
    let refuse = |wanted: String| {
        errors::frame(
            py,
            format!("image has shape {:?} and strides {:?}; use {wanted}", image.shape(), image.strides()),
        )
    };
    let rows = match format {
        PixelFormat::Rgb888 | PixelFormat::Bgr888 => {
            if image.shape() != [height, width, 3] {
                return Err(refuse(format!("({height}, {width}, 3) for this frame")));
            }
            image.as_array().into_dimensionality().map_err(|_| refuse("three dimensions".into()))?
        }
        PixelFormat::Yuv420 | PixelFormat::Nv12 => {
            if image.ndim() != 2 || image.shape()[0] != height.saturating_mul(3) / 2 {
                return Err(refuse(format!("({}, stride) for this frame", height.saturating_mul(3) / 2)));
            }
            let rows = image.as_array().insert_axis(Axis(2));
            rows.into_dimensionality().map_err(|_| refuse("two dimensions".into()))?
        }
    };
    if rows.outer_iter().next().is_some_and(|row| row.to_slice().is_none()) {
        return Err(refuse("an array whose rows are contiguous".into()));
    }
    FrameView::new(ImageRows(rows), layout).map_err(|error| errors::raise(py, &error))
}

fn layout(py: Python<'_>, pixel_format: &str, matrix: &str, width: usize, height: usize) -> PyResult<Layout> {
    let named = |error| errors::raise(py, &error);
    let format = PixelFormat::from_name(pixel_format).map_err(named)?;
    Ok(Layout { width, height, format, matrix: Matrix::from_name(matrix).map_err(named)? })
}

#[pyclass(name = "Sampler", module = "lightproof._core", frozen)]
struct PySampler {
    rows: usize,
    columns: usize,
    /// Calls from several threads take turns.
    sampler: Mutex<Sampler>,
}

/// Cells, the clipped share of pixels, the outside share of cells.
type Sampled<'py> = (Bound<'py, PyArray3<f32>>, f32, f32);

#[pymethods]
impl PySampler {
    #[new]
    #[pyo3(signature = (rows = 48, columns = 40))]
    fn new(py: Python<'_>, rows: usize, columns: usize) -> PyResult<Self> {
        let sampler = Sampler::new(rows, columns).map_err(|error| errors::raise(py, &error))?;
        Ok(Self { rows, columns, sampler: Mutex::new(sampler) })
    }

    #[getter]
    fn rows(&self) -> usize {
        self.rows
    }

    #[getter]
    fn columns(&self) -> usize {
        self.columns
    }

    #[pyo3(signature = (image, pixel_format, transform, *, width, height, matrix = "bt601_full"))]
    #[allow(clippy::too_many_arguments)] // a frame is what it is
    fn sample<'py>(
        &self,
        py: Python<'py>,
        image: &Bound<'py, PyAny>,
        pixel_format: &str,
        transform: &Bound<'py, PyAny>,
        width: usize,
        height: usize,
        matrix: &str,
    ) -> PyResult<Sampled<'py>> {
        let transform: [[f64; 3]; 2] = transform.extract().map_err(|_| {
            errors::input(py, "transform is no array of numbers of shape (2, 3); use a similarity".into())
        })?;
        let layout = layout(py, pixel_format, matrix, width, height)?;
        let image = image_array(image)?;
        let frame = view(py, &image, layout)?;
        let array = PyArray3::zeros(py, [self.rows, self.columns, 3], false);
        let mut writable = array.readwrite();
        let cells = writable.as_slice_mut()?;
        let quality = py
            .detach(|| {
                let mut sampler = self.sampler.lock().unwrap_or_else(PoisonError::into_inner);
                sampler.sample(&frame, &transform, cells)
            })
            .map_err(|error| errors::raise(py, &error))?;
        drop(writable);
        Ok((array, quality.clipped, quality.outside))
    }

    fn __repr__(&self) -> String {
        format!("Sampler(rows={}, columns={})", self.rows, self.columns)
    }
}

#[pyfunction]
#[pyo3(signature = (image, pixel_format, *, width, height, matrix = "bt601_full"))]
fn frame_to_srgb<'py>(
    py: Python<'py>,
    image: &Bound<'py, PyAny>,
    pixel_format: &str,
    width: usize,
    height: usize,
    matrix: &str,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let layout = layout(py, pixel_format, matrix, width, height)?;
    let image = image_array(image)?;
    let frame = view(py, &image, layout)?;
    let array = PyArray3::zeros(py, [height, width, 3], false);
    let mut writable = array.readwrite();
    let pixels = writable.as_slice_mut()?;
    py.detach(|| frame.fill_srgb(pixels)).map_err(|error| errors::raise(py, &error))?;
    drop(writable);
    Ok(array)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PySampler>()?;
    module.add_function(wrap_pyfunction!(frame_to_srgb, module)?)
}
