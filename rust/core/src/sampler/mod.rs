//! The sampler: the aligned face becomes a small grid of cells, each the mean linear light of its part of the
//! picture.
//!
//! A similarity maps the grid onto the picture. Every pixel that the grid reaches is shared out to the four
//! cells around it, with the weights of bilinear interpolation; a cell is the weighted mean of its pixels. So
//! a cell averages over its area and a half beyond, and moves smoothly when the face moves by a part of a
//! pixel, which a grid of point samples or of hard-edged boxes does not.
//!
//! ```
//! use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
//! use lightproof_core::sampler::Sampler;
//!
//! let bytes = [188; 3 * 64 * 64];
//! let (matrix, range) = (YuvMatrix::default(), YuvRange::default());
//! let layout = Layout { width: 64, height: 64, format: PixelFormat::Rgb888, matrix, range };
//! let frame = FrameView::new(Strided::new(&bytes, 3 * 64), layout)?;
//!
//! let mut sampler = Sampler::new(6, 5)?;
//! let mut cells = [0.0; 6 * 5 * 3];
//! let quality = sampler.sample(&frame, &[[8.0, 0.0, 10.0], [0.0, 8.0, 5.0]], &mut cells)?;
//! assert!((cells[0] - 0.5029).abs() < 1e-4);
//! assert_eq!((quality.clipped, quality.outside), (0.0, 0.0));
//! # Ok::<(), lightproof_core::Error>(())
//! ```

mod grid;
mod kernel;
mod plain;

use crate::Error;
use crate::frame::{FrameView, Rows, Span};
use crate::vectors::{Level, dispatch};
use grid::Grid;
use kernel::{LIGHT, Lanes, Tables, count_clipped, splat_piece, tables};
pub use plain::plain_sample;

/// Rows x and y of an affine map from grid coordinates (column u, row v, 1) to pixels; whole pixels are pixel
/// centres.
pub type Transform = [[f64; 3]; 2];

/// The most cells along one side of a grid.
pub const MAX_SIDE_CELLS: usize = 256;
/// The smallest side of a cell, in pixels.
pub const MIN_CELL_PX: f64 = 0.05;
/// The largest side of a cell, in pixels.
pub const MAX_CELL_PX: f64 = 256.0;

/// A cell is outside if less than this part of its weight lies in the picture.
const MIN_INSIDE_COVERAGE: f64 = 0.5;
/// With less than this part a cell is not measured, and 0.
const MIN_COVERAGE: f64 = 1.0 / 16.0;

/// How far a sampled grid can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// The share of the face's pixels of which any channel is 254 or more.
    pub clipped: f32,
    /// The share of cells of which less than half is in the picture. A cell with less than 1/16 is 0.
    pub outside: f32,
}

/// Samples grids of one size. All its memory is taken when it is made.
#[derive(Clone, Debug)]
pub struct Sampler {
    rows: usize,
    columns: usize,
    /// Sums over the pixels of every cell, with a ring of cells around the grid that catches what falls
    /// outside.
    sums: Vec<Lanes>,
    /// The linear light of each 8-bit red, green and blue, in its own lane; red counts the pixel.
    tables: Box<Tables>,
    span: Box<Span>,
    /// The widest vectors that this processor has.
    level: Level,
}

impl Sampler {
    /// Makes a sampler of grids of this size.
    ///
    /// # Errors
    /// [`Error::Grid`] unless both sides are 1 to 256 cells.
    pub fn new(rows: usize, columns: usize) -> Result<Self, Error> {
        check_grid(rows, columns)?;
        let sums = vec![[0.0; 4]; (rows + 2) * (columns + 2)];
        Ok(Self { rows, columns, sums, tables: tables(), span: Box::new(Span::new()), level: Level::new() })
    }

    /// How many rows of cells a grid has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns of cells a grid has.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Fills `cells`, row by row from the top left, with mean linear red, green and blue, 0 to 1.
    ///
    /// Where a cell is smaller than a pixel the picture is interpolated at the cell's centre instead.
    ///
    /// # Errors
    /// [`Error::Transform`] if the map cannot be used, [`Error::Count`] if `cells` has another size than the
    /// grid.
    pub fn sample<R: Rows>(
        &mut self,
        frame: &FrameView<R>,
        transform: &Transform,
        cells: &mut [f32],
    ) -> Result<Quality, Error> {
        if cells.len() != self.rows * self.columns * 3 {
            return Err(Error::Count { what: "cells", count: cells.len(), wanted: "rows x columns x 3" });
        }
        let grid = Grid::new(transform, self.rows, self.columns)?;
        if grid.is_finer_than_pixels() {
            let put = |index: usize, light: [f64; 3]| {
                cells[3 * index..][..3].copy_from_slice(&light.map(|light| light as f32));
            };
            return Ok(grid.look_up(frame, put));
        }
        let clipped = dispatch!(self.level, _ => self.splat(frame, &grid));
        let mut outside = 0;
        let ring_rows = self.sums.chunks_exact(self.columns + 2).skip(1);
        for (row, sums) in cells.chunks_exact_mut(3 * self.columns).zip(ring_rows) {
            for (cell, &[red, green, blue, weight]) in row.chunks_exact_mut(3).zip(&sums[1..]) {
                let coverage = f64::from(weight) / grid.cell_px;
                outside += usize::from(coverage < MIN_INSIDE_COVERAGE);
                let scale = if coverage < MIN_COVERAGE { 0.0 } else { (weight * LIGHT).recip() };
                cell.copy_from_slice(&[red * scale, green * scale, blue * scale]);
            }
        }
        Ok(Quality { clipped, outside: outside as f32 / (self.rows * self.columns) as f32 })
    }

    /// Shares all pixels that the grid reaches out to their cells and returns the share of them that is
    /// clipped.
    #[inline(always)]
    fn splat<R: Rows>(&mut self, frame: &FrameView<R>, grid: &Grid) -> f32 {
        self.sums.fill([0.0; 4]);
        let (mut pixels, mut clipped) = (0, 0);
        for y in grid.pixel_rows(frame.height()) {
            let mut pieces = grid.pixels_of_row(y, frame.width());
            while !pieces.is_empty() {
                let piece = pieces.start..pieces.end.min(pieces.start + Span::PIXELS);
                pieces.start = piece.end;
                let colours = frame.read(y, piece.clone(), &mut self.span);
                pixels += piece.len();
                clipped += count_clipped(colours);
                splat_piece(&mut self.sums, &self.tables, grid, y, piece.start, colours);
            }
        }
        if pixels == 0 { 0.0 } else { clipped as f32 / pixels as f32 }
    }
}

/// Refuses a grid without cells, or with more than a face is ever divided into.
pub(crate) fn check_grid(rows: usize, columns: usize) -> Result<(), Error> {
    if (1..=MAX_SIDE_CELLS).contains(&rows) && (1..=MAX_SIDE_CELLS).contains(&columns) {
        return Ok(());
    }
    Err(Error::Grid { rows, columns, max: MAX_SIDE_CELLS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
    use crate::vectors::assert_same_at_every_level;

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        let (width, height) = (160, 120);
        let bytes: Vec<u8> = (0..width * height * 3).map(|index| (index * 7919 % 251) as u8).collect();
        for format in [PixelFormat::Rgb888, PixelFormat::Bgr888, PixelFormat::Yuv420, PixelFormat::Nv12] {
            let stride = format.row_bytes(width);
            let (matrix, range) = (YuvMatrix::Bt601, YuvRange::Full);
            let layout = Layout { width, height, format, matrix, range };
            let frame = FrameView::new(Strided::new(&bytes, stride), layout).expect("the layout is valid");
            assert_same_at_every_level(|level| {
                let mut sampler = Sampler { level, ..Sampler::new(12, 10).expect("the grid is valid") };
                let mut cells = [0.0_f32; 12 * 10 * 3];
                let face = [[7.9, -1.1, 30.0], [1.1, 7.9, 8.0]];
                let quality = sampler.sample(&frame, &face, &mut cells).expect("the face is in the picture");
                (cells.map(f32::to_bits), quality)
            });
        }
    }
}
