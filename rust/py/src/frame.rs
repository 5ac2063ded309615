//! Images of frames, and `frame_to_srgb`.

use lightproof_core::frame::{FrameView, Layout, PixelFormat, Rows, YuvMatrix, YuvRange};
use numpy::ndarray::{ArrayView3, Axis};
use numpy::{PyArray3, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors;

/// The rows of an image array; bytes within a row lie side by side.
pub(crate) struct ImageRows<'a>(ArrayView3<'a, u8>);

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
pub(crate) fn image_array<'py>(image: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArrayDyn<'py, u8>> {
    let py = image.py();
    let array = image.cast::<PyArrayDyn<u8>>().map_err(|_| {
        let kind = image.get_type().name().map_or_else(|_| "unknown".into(), |name| name.to_string());
        errors::frame(py, format!("image is {kind}, or of another dtype; use a numpy array of uint8"))
    })?;
    array
        .try_readonly()
        .map_err(|error| errors::frame(py, format!("image is being written to ({error}); use a copy")))
}

pub(crate) fn view<'a>(
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
        PixelFormat::Yuyv => {
            if image.shape() != [height, width, 2] {
                return Err(refuse(format!("({height}, {width}, 2) for this frame")));
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

/// The layout of a frame by the names that its keyword arguments give.
pub(crate) fn layout(
    py: Python<'_>,
    pixel_format: &str,
    [yuv_matrix, yuv_range]: [&str; 2],
    [width, height]: [usize; 2],
) -> PyResult<Layout> {
    let named = |error| errors::raise(py, &error);
    let format = PixelFormat::from_name(pixel_format).map_err(named)?;
    let matrix = YuvMatrix::from_name(yuv_matrix).map_err(named)?;
    let range = YuvRange::from_name(yuv_range).map_err(named)?;
    Ok(Layout { width, height, format, matrix, range })
}

/// The caller's array for a picture of this size, or a new one.
fn picture<'py>(
    py: Python<'py>,
    out: Option<&Bound<'py, PyAny>>,
    [height, width]: [usize; 2],
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let Some(out) = out else { return Ok(PyArray3::zeros(py, [height, width, 3], false)) };
    let wanted = || format!("use a C-contiguous array of uint8 of shape ({height}, {width}, 3)");
    let array = out
        .cast::<PyArray3<u8>>()
        .map_err(|_| errors::input(py, format!("out is not a picture of three dimensions; {}", wanted())))?;
    if array.shape() != [height, width, 3] || !array.is_c_contiguous() {
        let (shape, strides) = (array.shape(), array.strides());
        return Err(errors::input(
            py,
            format!("out has shape {shape:?} and strides {strides:?}; {}", wanted()),
        ));
    }
    Ok(array.clone())
}

#[pyfunction]
#[pyo3(signature = (
    image, pixel_format, *, width, height, yuv_matrix = "bt601", yuv_range = "full", out = None
))]
#[allow(clippy::too_many_arguments)] // a frame is what it is
fn frame_to_srgb<'py>(
    py: Python<'py>,
    image: &Bound<'py, PyAny>,
    pixel_format: &str,
    width: usize,
    height: usize,
    yuv_matrix: &str,
    yuv_range: &str,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyArray3<u8>>> {
    let layout = layout(py, pixel_format, [yuv_matrix, yuv_range], [width, height])?;
    let image = image_array(image)?;
    let frame = view(py, &image, layout)?;
    let array = picture(py, out, [height, width])?;
    let mut writable = array.try_readwrite().map_err(|error| {
        errors::input(py, format!("out cannot be written to ({error}); use a writeable array of its own"))
    })?;
    let pixels = writable.as_slice_mut()?;
    py.detach(|| frame.fill_srgb(pixels)).map_err(|error| errors::raise(py, &error))?;
    drop(writable);
    Ok(array)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(frame_to_srgb, module)?)
}
