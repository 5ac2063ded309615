//! The one error type of the crate. Every text names the thing, its value and the remedy.

/// What kind of input was refused; bindings map it to the exception that their callers expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A value that cannot be used.
    Input,
    /// A nonce of the wrong length.
    Nonce,
    /// A frame of the wrong size, stride or format.
    Frame,
    /// A time that contradicts the times before it.
    Clock,
}

/// An input that was refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A nonce is shorter or longer than RFC 9711 allows.
    #[error("nonce is {length} bytes long; use 8 to 64 bytes (RFC 9711, section 4.1)")]
    NonceLength {
        /// Its length in bytes.
        length: usize,
    },
    /// A name is not one of those that are known.
    #[error("{what} is {value:?}; use one of {known}")]
    UnknownName {
        /// What is named.
        what: &'static str,
        /// The name that was given.
        value: String,
        /// The names that are known.
        known: &'static str,
    },
    /// A flip cannot follow the flips before it.
    #[error(
        "flip {shown} of {steps} at {flip_s} s cannot follow one at {before_s} s; \
         is the rig's clock monotonic?"
    )]
    Flip {
        /// The time of the flip, in seconds.
        flip_s: f64,
        /// The time of the flip before, in seconds.
        before_s: f64,
        /// Flips so far.
        shown: usize,
        /// Steps of the challenge.
        steps: usize,
    },
    /// An array and the grid do not agree.
    #[error("{what} has {count} values; use {wanted}, as the grid has")]
    GridSize {
        /// The array.
        what: &'static str,
        /// How many values it has.
        count: usize,
        /// How many the grid has.
        wanted: usize,
    },
    /// A series has another number of entries than there are frames.
    #[error("{what} has {count} entries; use {frames}, one for each frame")]
    Rows {
        /// The series.
        what: &'static str,
        /// How many entries it has.
        count: usize,
        /// How many frames there are.
        frames: usize,
    },
    /// The mask keeps too few cells of the face.
    #[error("mask keeps {cells} cells; at least {min} are needed: is the whole face in the picture?")]
    TooFewCells {
        /// Cells that are kept.
        cells: usize,
        /// How many are needed.
        min: usize,
    },
    /// A code is not one of the sixty illuminations.
    #[error("code {index} is {code}; use 0 to 59")]
    Code {
        /// Its place in the sequence.
        index: usize,
        /// Its value.
        code: u8,
    },
    /// A sequence has the wrong number of entries.
    #[error("{what} has {count} entries; use {wanted}")]
    Count {
        /// The sequence.
        what: &'static str,
        /// How many entries it has.
        count: usize,
        /// How many it should have.
        wanted: &'static str,
    },
    /// More are asked for than memory or time is set aside for.
    #[error("{what} are {count}; use at most {max}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A number is not finite or outside its range.
    #[error("{what} is {value}; use {wanted}")]
    Number {
        /// The number's name.
        what: &'static str,
        /// Its value.
        value: f64,
        /// Which numbers can be used.
        wanted: &'static str,
    },
    /// An interval of time ends before it starts, or a bound is not finite.
    #[error("interval is {start_s} s to {end_s} s; use finite times with the end not before the start")]
    Interval {
        /// Its start in seconds.
        start_s: f64,
        /// Its end in seconds.
        end_s: f64,
    },
    /// The steps of a light sequence are not in the order of time.
    #[error(
        "step {index} starts at {start_s} s, after {before_s} s; \
         use strictly rising start times before the end"
    )]
    StepOrder {
        /// The step that is out of order.
        index: usize,
        /// When it starts.
        start_s: f64,
        /// When the step before it starts.
        before_s: f64,
    },
    /// A frame has no pixels, or more than a camera has.
    #[error("frame is {width} x {height} pixels; use 1 to {max} in each direction")]
    FrameSize {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// The largest side in pixels.
        max: usize,
    },
    /// A frame has an odd side along which pixels share their chroma, which then has no whole size.
    #[error("frame is {width} x {height} pixels, which share chroma in pairs; use even sides")]
    FrameOdd {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
    /// The distance between two rows is shorter than a row, or odd where chroma rows are half as long.
    #[error("stride is {stride} bytes; use {wanted} for rows of {row} bytes")]
    FrameStride {
        /// Bytes from one row to the next.
        stride: usize,
        /// Bytes that a row holds.
        row: usize,
        /// Which strides can be used.
        wanted: &'static str,
    },
    /// The bytes end before the frame does.
    #[error("frame has {rows} rows of bytes; use at least {wanted} for this height and format")]
    FrameBuffer {
        /// Whole rows that are there.
        rows: usize,
        /// Rows that the frame needs.
        wanted: usize,
    },
    /// A grid has no cells or too many.
    #[error("grid is {rows} x {columns} cells; use 1 to {max} in each direction")]
    Grid {
        /// Rows of cells.
        rows: usize,
        /// Columns of cells.
        columns: usize,
        /// The most cells along one side.
        max: usize,
    },
    /// The similarity from the grid to the picture cannot be used.
    #[error("transform {why}; use a finite similarity with {min} to {max} pixels a cell, near the picture")]
    Transform {
        /// What is wrong with it.
        why: &'static str,
        /// The fewest pixels along a cell's side.
        min: f64,
        /// The most pixels along a cell's side.
        max: f64,
    },
}

impl Error {
    /// Refuses an array that has another size than the grid.
    pub(crate) fn check_size(what: &'static str, count: usize, wanted: usize) -> Result<(), Self> {
        if count == wanted { Ok(()) } else { Err(Self::GridSize { what, count, wanted }) }
    }

    /// Refuses more than there may be.
    ///
    /// # Errors
    /// [`Error::TooMany`] if `count` is more than `max`.
    pub fn check_count(what: &'static str, count: usize, max: usize) -> Result<(), Self> {
        if count <= max { Ok(()) } else { Err(Self::TooMany { what, count, max }) }
    }

    /// The kind of input that was refused.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NonceLength { .. } => ErrorKind::Nonce,
            Self::Flip { .. } => ErrorKind::Clock,
            Self::FrameSize { .. }
            | Self::FrameOdd { .. }
            | Self::FrameStride { .. }
            | Self::FrameBuffer { .. } => ErrorKind::Frame,
            _ => ErrorKind::Input,
        }
    }
}
