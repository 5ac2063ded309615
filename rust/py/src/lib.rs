//! `lightproof._core`: signature, array view, detach from the interpreter, map the error. Nothing else.

mod challenge;
mod errors;
mod evidence;
mod frame;
mod photosafety;

use pyo3::prelude::*;

/// The compiled core of Lightproof. Its documentation lives in `_core.pyi`.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    challenge::register(module)?;
    evidence::register(module)?;
    frame::register(module)?;
    photosafety::register(module)?;
    Ok(())
}
