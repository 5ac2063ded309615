//! `lightproof._core`: signature, array view, detach from the interpreter, map the error. Nothing else.
//!
//! Each concept has a file here and a stub of the same name in `python/lightproof/_core`, which holds its
//! documentation. A class `X` of Python is the struct `PyX`.
//!
//! All classes are frozen, so that no call can meet one that is already borrowed, with or without a global
//! lock: what changes sits behind a lock of its own (`shared::Shared`), and threads that share an object
//! take turns.

mod arrays;
mod challenge;
mod colour;
mod errors;
mod frame;
mod freshness;
mod lit_picture;
mod photosafety;
mod relief;
mod response;
mod sampler;
mod shared;
mod timeline;

use std::alloc::System;

use pyo3::prelude::*;
use zeroizing_alloc::ZeroAlloc;

/// What the core frees is overwritten: rows of frames, cells and sums are of a face.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// The compiled core of Lightproof. Its documentation lives in the stubs.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    challenge::register(module)?;
    colour::register(module)?;
    frame::register(module)?;
    freshness::register(module)?;
    lit_picture::register(module)?;
    photosafety::register(module)?;
    relief::register(module)?;
    response::register(module)?;
    sampler::register(module)?;
    timeline::register(module)
}
