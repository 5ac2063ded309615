//! A grid laid on a picture: which pixels it reaches, and what lies at the centre of a cell.

use std::ops::Range;

use super::kernel::MIN_CLIPPED;
use super::{MAX_CELL_PX, MIN_CELL_PX, Quality, Transform};
use crate::Error;
use crate::frame::{FrameView, Rows};

/// A translation beyond this many pixels leads out of every picture: sixty times the largest frame.
pub(super) const MAX_OFFSET_PX: f64 = 1e6;
/// The sine of the angle between the grid's axes, 6°, below which the map is as good as singular.
const MIN_SINE: f64 = 0.1;
/// A cell's tent reaches this far beyond the edges of the grid, in cells.
const REACH: f64 = 0.5;

/// A grid laid on a picture. Ring coordinates count cells from the centres of the ring around the grid: the
/// first cell of the grid has its centre at (1, 1), and a pixel at (a, b) lies between the cells floor(a) and
/// floor(a) + 1.
pub(super) struct Grid {
    pub(super) rows: usize,
    pub(super) columns: usize,
    transform: Transform,
    /// From pixels (x, y, 1) to ring coordinates.
    pub(super) inverse: Transform,
    /// How many pixels of a row it takes to cross a cell along each axis.
    pub(super) per_cell: [f64; 2],
    /// The area of a cell in pixels.
    pub(super) cell_px: f64,
    /// The narrowest width of a cell in pixels.
    narrowest_px: f64,
}

impl Grid {
    pub(super) fn new(transform: &Transform, rows: usize, columns: usize) -> Result<Self, Error> {
        let refuse = |why| Err(Error::Transform { why, min: MIN_CELL_PX, max: MAX_CELL_PX });
        let [[xu, xv, x0], [yu, yv, y0]] = *transform;
        if !transform.as_flattened().iter().all(|value| value.is_finite()) {
            return refuse("has an entry that is not finite");
        }
        if x0.abs().max(y0.abs()) > MAX_OFFSET_PX {
            return refuse("moves the grid more than a million pixels away");
        }
        let (column_px, row_px) = (xu.hypot(yu), xv.hypot(yv));
        if ![column_px, row_px].iter().all(|side_px| (MIN_CELL_PX..=MAX_CELL_PX).contains(side_px)) {
            return refuse("makes cells that are too small or too large");
        }
        let determinant = xu * yv - xv * yu;
        if determinant.abs() < MIN_SINE * column_px * row_px {
            return refuse("is singular or nearly so");
        }
        let (ux, uy, vx, vy) = (yv / determinant, -xv / determinant, -yu / determinant, xu / determinant);
        Ok(Self {
            rows,
            columns,
            transform: *transform,
            inverse: [[ux, uy, 0.5 - ux * x0 - uy * y0], [vx, vy, 0.5 - vx * x0 - vy * y0]],
            per_cell: [ux.recip(), vx.recip()],
            cell_px: determinant.abs(),
            narrowest_px: determinant.abs() / column_px.max(row_px),
        })
    }

    /// Whether some cell might hold no pixel.
    pub(super) fn is_finer_than_pixels(&self) -> bool {
        self.narrowest_px < 1.0
    }

    /// The pixel at a place of the grid.
    fn pixel(&self, u: f64, v: f64) -> [f64; 2] {
        self.transform.map(|[along_u, along_v, offset]| along_u * u + along_v * v + offset)
    }

    /// The rows of pixels that the grid reaches: half a cell beyond its edges.
    pub(super) fn pixel_rows(&self, height: usize) -> Range<usize> {
        let (right, bottom) = (self.columns as f64 + REACH, self.rows as f64 + REACH);
        let corners = [(-REACH, -REACH), (right, -REACH), (-REACH, bottom), (right, bottom)]
            .map(|(u, v)| self.pixel(u, v)[1]);
        let top = corners.into_iter().fold(f64::INFINITY, f64::min);
        let end = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
        whole_between(top, end, height)
    }

    /// The pixels of one row that the grid reaches.
    pub(super) fn pixels_of_row(&self, y: usize, width: usize) -> Range<usize> {
        let (mut first, mut last) = (f64::NEG_INFINITY, f64::INFINITY);
        for ([slope, per_row, offset], cells) in self.inverse.into_iter().zip([self.columns, self.rows]) {
            let origin = per_row * y as f64 + offset;
            let end = cells as f64 + 1.0;
            if slope == 0.0 {
                if !(0.0 < origin && origin < end) {
                    return 0..0;
                }
            } else {
                let (from, to) = (-origin / slope, (end - origin) / slope);
                first = first.max(from.min(to));
                last = last.min(from.max(to));
            }
        }
        whole_between(first, last, width)
    }

    /// Interpolates the picture at the centre of every cell.
    pub(super) fn look_up<R: Rows>(
        &self,
        frame: &FrameView<R>,
        mut put: impl FnMut(usize, [f64; 3]),
    ) -> Quality {
        let (mut outside, mut clipped) = (0, 0);
        let last = [frame.width(), frame.height()].map(|side| side as f64 - 1.0);
        for index in 0..self.rows * self.columns {
            let centre = self.pixel((index % self.columns) as f64 + 0.5, (index / self.columns) as f64 + 0.5);
            // A picture ends half a pixel beyond the centres of its last pixels.
            if (0..2).any(|axis| !(-0.5..=last[axis] + 0.5).contains(&centre[axis])) {
                outside += 1;
                put(index, [0.0; 3]);
                continue;
            }
            let [x, y] = [0, 1].map(|axis| centre[axis].clamp(0.0, last[axis]));
            let nearest = frame.srgb(x.round() as usize, y.round() as usize);
            clipped += usize::from(nearest.iter().any(|&level| level >= MIN_CLIPPED));
            put(index, interpolate(frame, x, y));
        }
        let cells = (self.rows * self.columns) as f32;
        let inside = cells - outside as f32;
        Quality {
            clipped: if inside > 0.0 { clipped as f32 / inside } else { 0.0 },
            outside: outside as f32 / cells,
        }
    }
}

/// The whole numbers strictly between two numbers, and below `end`.
fn whole_between(low: f64, high: f64, end: usize) -> Range<usize> {
    // The casts saturate at 0 and at the largest number.
    let first = if low < 0.0 { 0 } else { (low as usize).saturating_add(1) };
    first.min(end)..(high.ceil() as usize).min(end).max(first.min(end))
}

fn interpolate<R: Rows>(frame: &FrameView<R>, x: f64, y: f64) -> [f64; 3] {
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(frame.width() - 1), (top + 1).min(frame.height() - 1));
    let (across, down) = (x - left as f64, y - top as f64);
    let corners = [
        (left, top, (1.0 - across) * (1.0 - down)),
        (right, top, across * (1.0 - down)),
        (left, bottom, (1.0 - across) * down),
        (right, bottom, across * down),
    ];
    let mut light = [0.0; 3];
    for (x, y, weight) in corners {
        for (light, pixel) in light.iter_mut().zip(frame.linear(x, y)) {
            *light += weight * f64::from(pixel);
        }
    }
    light
}
