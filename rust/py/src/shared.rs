//! What the objects of Python share between threads.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

/// Something that changes, behind a lock. Whoever waits for it is detached from the interpreter, so that the
/// thread which holds it can always go on.
pub(crate) struct Shared<T>(Mutex<T>);

impl<T: Send> Shared<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self(Mutex::new(inner))
    }

    /// Does `work` on it, detached from the interpreter.
    pub(crate) fn with<R: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut T) -> R + Send) -> R {
        // A panic in the core is a fault of its own; what it left behind can still be overwritten.
        py.detach(|| work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
