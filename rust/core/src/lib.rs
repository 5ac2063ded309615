//! The pure computation of Lightproof.
//!
//! A person looks at a screen that plays a one-off code of light. This crate makes the code, checks that it
//! is safe to look at, and reads it back off the face. It does no I/O, has no clock, holds no `unsafe`, and
//! allocates nothing per frame.
//!
//! One session runs through it in this order:
//!
//! 1. [`challenge`]: a seed becomes a sequence of illuminations.
//! 2. [`photosafety`]: the sequence is checked against the limits for flashes and for red, not assumed to
//!    hold them.
//! 3. [`frame`]: a camera's bytes are viewed in place and decoded to linear light.
//! 4. [`sampler`]: the aligned face becomes a small grid of cells.
//! 5. [`timeline`]: which light was on the screen while a frame was exposed.
//! 6. [`response`]: how every cell's light follows the screen, by streaming regression.
//! 7. [`freshness`]: the rank of the true challenge among decoys, and the latency.
//! 8. [`relief`]: whether the response has the shape of a solid face.
//!
//! [`colour`] holds what they all know of sRGB and luminance, `vectors` the one pattern of their hot loops,
//! and `linear` the little algebra that they need.
#![forbid(unsafe_code)]

pub mod challenge;
pub mod colour;
mod error;
pub mod frame;
pub mod freshness;
mod linear;
pub mod photosafety;
pub mod relief;
pub mod response;
pub mod sampler;
pub mod timeline;
mod vectors;

pub use error::{Error, ErrorKind};
