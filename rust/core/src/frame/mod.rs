//! A camera's frame, viewed in place and decoded to linear light.
//!
//! A frame is rows of bytes, however they lie in memory ([`Rows`]). Packed formats have one row for each row
//! of pixels, YUYV two bytes a pixel. 4:2:0 formats have `height` rows of luma and then `height / 2` rows of
//! chroma: NV12 keeps U and V of one chroma row side by side in one row; planar YUV420 (I420) keeps first all
//! of U, then all of V, two chroma rows in one row, each starting at half of it. That is what libcamera and
//! V4L2 deliver as an array of `height * 3 / 2` rows.
//!
//! ```
//! use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
//!
//! // Two by two pixels of mid grey with a stride of four bytes.
//! let bytes = [128; 12];
//! let (matrix, range) = (YuvMatrix::Bt601, YuvRange::Full);
//! let layout = Layout { width: 2, height: 2, format: PixelFormat::Yuv420, matrix, range };
//! let frame = FrameView::new(Strided::new(&bytes, 4), layout)?;
//! assert_eq!(frame.srgb(0, 0), [128, 128, 128]);
//! assert!((frame.linear(1, 1)[0] - 0.2159).abs() < 1e-4);
//! # Ok::<(), lightproof_core::Error>(())
//! ```

mod format;
mod span;
mod yuv;

use std::ops::Range;

use crate::Error;
use crate::colour::SRGB_TO_LINEAR_F32;
use crate::vectors::{Level, dispatch};
pub use format::{Layout, PixelFormat, YuvMatrix, YuvRange};
pub(crate) use span::Span;
use yuv::{Coefficients, level};

/// The longest side of a frame in pixels: the largest sensors of phones and Raspberry Pi cameras have 9,248.
pub const MAX_SIDE_PX: usize = 16_384;

/// Rows of bytes of equal length, however they lie in memory.
pub trait Rows: Sync {
    /// How many rows there are.
    fn count(&self) -> usize;
    /// How many bytes each row has.
    fn row_bytes(&self) -> usize;
    /// One row, [`Rows::row_bytes`] long.
    fn row(&self, index: usize) -> &[u8];
}

/// Rows in one buffer, each `stride` bytes after the one before. A last row that is cut short is not counted.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl<'a> Strided<'a> {
    /// Views `bytes` as rows of `stride` bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }
}

impl Rows for Strided<'_> {
    fn count(&self) -> usize {
        self.bytes.len().checked_div(self.stride).unwrap_or(0)
    }

    fn row_bytes(&self) -> usize {
        self.stride
    }

    fn row(&self, index: usize) -> &[u8] {
        &self.bytes[index * self.stride..][..self.stride]
    }
}

/// A frame that was checked: every pixel inside its size can be read.
#[derive(Clone, Debug)]
pub struct FrameView<R> {
    rows: R,
    layout: Layout,
    coefficients: Coefficients,
}

impl<R: Rows> FrameView<R> {
    /// Views `rows` as a frame.
    ///
    /// # Errors
    /// [`Error::FrameSize`] for no pixels or too many, [`Error::FrameOdd`] for an odd side along which pixels
    /// share chroma, [`Error::FrameStride`] if a row is too short for the width, or odd for planar chroma,
    /// and [`Error::FrameBuffer`] if there are too few rows.
    pub fn new(rows: R, layout: Layout) -> Result<Self, Error> {
        let Layout { width, height, format, matrix, range } = layout;
        if !(1..=MAX_SIDE_PX).contains(&width) || !(1..=MAX_SIDE_PX).contains(&height) {
            return Err(Error::FrameSize { width, height, max: MAX_SIDE_PX });
        }
        let odd = (format.shares_chroma() && width % 2 != 0) || (format.is_420() && height % 2 != 0);
        if odd {
            return Err(Error::FrameOdd { width, height });
        }
        let (stride, row) = (rows.row_bytes(), format.row_bytes(width));
        if stride < row {
            return Err(Error::FrameStride { stride, row, wanted: "at least the length of a row" });
        }
        if format == PixelFormat::Yuv420 && stride % 2 != 0 {
            return Err(Error::FrameStride { stride, row, wanted: "an even number" });
        }
        let wanted = if format.is_420() { height / 2 * 3 } else { height };
        if rows.count() < wanted {
            return Err(Error::FrameBuffer { rows: rows.count(), wanted });
        }
        Ok(Self { rows, layout, coefficients: Coefficients::new(matrix, range) })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layout.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.layout.height
    }

    /// The 8-bit sRGB colour of one pixel. Chroma is not interpolated: it holds for its 2 × 2 pixels.
    ///
    /// # Panics
    /// If the pixel is outside the frame.
    #[must_use]
    pub fn srgb(&self, x: usize, y: usize) -> [u8; 3] {
        let row = &self.rows.row(y)[..self.row_end()];
        match self.layout.format {
            PixelFormat::Rgb888 => [row[3 * x], row[3 * x + 1], row[3 * x + 2]],
            PixelFormat::Bgr888 => [row[3 * x + 2], row[3 * x + 1], row[3 * x]],
            PixelFormat::Yuv420 => {
                let (u, v) = self.planar_chroma(y / 2);
                self.coefficients
                    .chroma(u[x / 2], v[x / 2])
                    .map(|chroma| level(self.coefficients.luma(row[x]), chroma))
            }
            PixelFormat::Yuyv => {
                let pair = &row[x / 2 * 4..][..4];
                self.coefficients
                    .chroma(pair[1], pair[3])
                    .map(|chroma| level(self.coefficients.luma(pair[x % 2 * 2]), chroma))
            }
            PixelFormat::Nv12 => {
                let uv = &self.interleaved_chroma(y / 2)[x / 2 * 2..];
                self.coefficients
                    .chroma(uv[0], uv[1])
                    .map(|chroma| level(self.coefficients.luma(row[x]), chroma))
            }
        }
    }

    /// The linear light of one pixel, 0 to 1.
    ///
    /// # Panics
    /// If the pixel is outside the frame.
    #[must_use]
    pub fn linear(&self, x: usize, y: usize) -> [f32; 3] {
        self.srgb(x, y).map(|coded| SRGB_TO_LINEAR_F32[usize::from(coded)])
    }

    /// Fills `pixels` with the 8-bit sRGB colours of the whole frame, row by row.
    ///
    /// # Errors
    /// [`Error::Count`] unless there is room for exactly width × height × 3 bytes.
    pub fn fill_srgb(&self, pixels: &mut [u8]) -> Result<(), Error> {
        self.fill_srgb_at(Level::new(), pixels)
    }

    fn fill_srgb_at(&self, level: Level, pixels: &mut [u8]) -> Result<(), Error> {
        let Layout { width, height, .. } = self.layout;
        if pixels.len() != width * height * 3 {
            return Err(Error::Count { what: "pixels", count: pixels.len(), wanted: "width x height x 3" });
        }
        dispatch!(level, _ => self.decode(pixels));
        Ok(())
    }

    #[inline(always)]
    fn decode(&self, pixels: &mut [u8]) {
        let mut span = Span::new();
        for (y, row) in pixels.chunks_exact_mut(3 * self.width()).enumerate() {
            match self.layout.format {
                PixelFormat::Rgb888 => row.copy_from_slice(&self.rows.row(y)[..self.row_end()]),
                PixelFormat::Bgr888 => swap(row, &self.rows.row(y)[..self.row_end()]),
                PixelFormat::Yuv420 | PixelFormat::Nv12 | PixelFormat::Yuyv => {
                    self.decode_row(y, row, &mut span);
                }
            }
        }
    }

    #[inline(always)]
    fn decode_row(&self, y: usize, row: &mut [u8], span: &mut Span) {
        for (piece, out) in row.chunks_mut(3 * Span::PIXELS).enumerate() {
            let start = piece * Span::PIXELS;
            let [red, green, blue] = self.read(y, start..start + out.len() / 3, span);
            for (((pixel, &red), &green), &blue) in out.chunks_exact_mut(3).zip(red).zip(green).zip(blue) {
                pixel.copy_from_slice(&[red, green, blue]);
            }
        }
    }

    /// Reads pixels of one row; `pixels` is inside the row and not longer than [`Span::PIXELS`].
    #[inline(always)]
    pub(crate) fn read<'s>(&self, y: usize, pixels: Range<usize>, span: &'s mut Span) -> [&'s [u8]; 3] {
        let row = self.rows.row(y);
        let length = pixels.len();
        // Chroma comes in pairs of pixels, so these are read from an even pixel to an even pixel.
        let even = pixels.start / 2 * 2..pixels.end.next_multiple_of(2);
        let chroma = even.start / 2..even.end / 2;
        match self.layout.format {
            PixelFormat::Rgb888 => span.unpack(&row[3 * pixels.start..3 * pixels.end], [0, 1, 2]),
            PixelFormat::Bgr888 => span.unpack(&row[3 * pixels.start..3 * pixels.end], [2, 1, 0]),
            PixelFormat::Yuv420 => {
                let (u, v) = self.planar_chroma(y / 2);
                let pairs = u[chroma.clone()].iter().zip(&v[chroma]).map(|(&u, &v)| (u, v));
                span.convert(&self.coefficients, row[even].iter().copied(), pairs);
            }
            PixelFormat::Yuyv => {
                let row = &row[2 * even.start..2 * even.end];
                let pairs = row.chunks_exact(4).map(|pair| (pair[1], pair[3]));
                span.convert(&self.coefficients, row.chunks_exact(2).map(|pixel| pixel[0]), pairs);
            }
            PixelFormat::Nv12 => {
                let pairs =
                    self.interleaved_chroma(y / 2)[even.clone()].chunks_exact(2).map(|uv| (uv[0], uv[1]));
                span.convert(&self.coefficients, row[even].iter().copied(), pairs);
            }
        }
        let first = if self.layout.format.shares_chroma() { pixels.start % 2 } else { 0 };
        span.colours.each_ref().map(|colour| &colour[first..first + length])
    }

    fn row_end(&self) -> usize {
        self.layout.format.row_bytes(self.layout.width)
    }

    #[inline(always)]
    fn planar_chroma(&self, row: usize) -> (&[u8], &[u8]) {
        let half = self.rows.row_bytes() / 2;
        let plane = |row: usize| {
            &self.rows.row(self.layout.height + row / 2)[row % 2 * half..][..self.layout.width / 2]
        };
        (plane(row), plane(self.layout.height / 2 + row))
    }

    #[inline(always)]
    fn interleaved_chroma(&self, row: usize) -> &[u8] {
        &self.rows.row(self.layout.height + row)[..self.layout.width]
    }
}

/// Turns a row of blue, green, red into one of red, green, blue.
#[inline(always)]
fn swap(pixels: &mut [u8], row: &[u8]) {
    for (pixel, bgr) in pixels.chunks_exact_mut(3).zip(row.chunks_exact(3)) {
        pixel.copy_from_slice(&[bgr[2], bgr[1], bgr[0]]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::assert_same_at_every_level;

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        // Wider than a piece, so that rows are put together.
        let (width, height) = (Span::PIXELS + 70, 12);
        let bytes: Vec<u8> = (0..width * height * 3).map(|index| (index * 7919 % 251) as u8).collect();
        let planes = [PixelFormat::Yuv420, PixelFormat::Nv12];
        for format in planes.into_iter().chain([PixelFormat::Rgb888, PixelFormat::Bgr888, PixelFormat::Yuyv])
        {
            let (matrix, range) = (YuvMatrix::Bt709, YuvRange::Limited);
            let stride = format.row_bytes(width);
            let layout = Layout { width, height, format, matrix, range };
            let frame = FrameView::new(Strided::new(&bytes, stride), layout).expect("the layout is valid");
            assert_same_at_every_level(|level| {
                let mut pixels = vec![0; 3 * width * height];
                frame.fill_srgb_at(level, &mut pixels).expect("the size is right");
                pixels
            });
        }
    }
}
