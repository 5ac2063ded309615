//! Maps the core's error to the classes of `lightproof/errors.py`, which are looked up only when one is
//! raised.

use lightproof_core::{Error, ErrorKind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The exception of `lightproof.errors` that stands for `error`.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error.kind() {
        ErrorKind::Input => "InputError",
        ErrorKind::Nonce => "NonceError",
        ErrorKind::Frame => "FrameError",
        ErrorKind::Clock => "ClockError",
    };
    named(py, class, error.to_string())
}

/// An `InputError` for a value that never reached the core.
pub(crate) fn input(py: Python<'_>, text: String) -> PyErr {
    named(py, "InputError", text)
}

/// A `FrameError` for an image that never reached the core.
pub(crate) fn frame(py: Python<'_>, text: String) -> PyErr {
    named(py, "FrameError", text)
}

fn named(py: Python<'_>, class: &str, text: String) -> PyErr {
    let class = py
        .import("lightproof.errors")
        .and_then(|module| module.getattr(class))
        .and_then(|class| Ok(class.cast_into::<PyType>()?));
    match class {
        Ok(class) => PyErr::from_type(class, text),
        Err(_) => PyValueError::new_err(text),
    }
}
