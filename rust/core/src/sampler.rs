//! The sampler: the aligned face becomes a small grid of cells, each the mean linear light of its part of the
//! picture.
//!
//! A similarity maps the grid onto the picture. Every pixel that the grid reaches is shared out to the four
//! cells around it, with the weights of bilinear interpolation; a cell is the weighted mean of its pixels. So
//! a cell averages over its area and a half beyond, and moves smoothly when the face moves by a part of a
//! pixel, which a grid of point samples or of hard-edged boxes does not.
//!
//! ```
//! use lightproof_core::frame::{FrameView, Layout, Matrix, PixelFormat, Strided};
//! use lightproof_core::sampler::Sampler;
//!
//! let bytes = [188; 3 * 64 * 64];
//! let layout = Layout { width: 64, height: 64, format: PixelFormat::Rgb888, matrix: Matrix::default() };
//! let frame = FrameView::new(Strided::new(&bytes, 3 * 64), layout)?;
//!
//! let mut sampler = Sampler::new(6, 5)?;
//! let mut cells = [0.0; 6 * 5 * 3];
//! let quality = sampler.sample(&frame, &[[8.0, 0.0, 10.0], [0.0, 8.0, 5.0]], &mut cells)?;
//! assert!((cells[0] - 0.5029).abs() < 1e-4);
//! assert_eq!((quality.clipped, quality.outside), (0.0, 0.0));
//! # Ok::<(), lightproof_core::Error>(())
//! ```

use std::cmp::Ordering;

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x4, f32x8, i32x4};

use crate::Error;
use crate::frame::{FrameView, LINEAR, Rows, Span};

/// Rows x and y of an affine map from grid coordinates (column u, row v, 1) to pixels; whole pixels are pixel
/// centres.
pub type Transform = [[f64; 3]; 2];

/// The most cells along one side of a grid.
pub const SIDE_MAX_CELLS: usize = 256;
/// The smallest and the largest side of a cell, in pixels.
pub const CELL_PX: [f64; 2] = [0.05, 256.0];

/// A translation beyond this many pixels is no place in any picture.
const FAR_PX: f64 = 1e6;
/// The sine of the angle between the grid's axes below which the map is as good as singular.
const SINE_MIN: f64 = 0.1;
/// From this value on a channel may be clipped: 255, and 254 since cameras' noise and rounding shift it by
/// one.
const CLIPPED: u8 = 254;
/// A cell is outside if less than this part of its weight lies in the picture.
const OUTSIDE_COVERAGE: f64 = 0.5;
/// With less than this part a cell is no measurement at all, and 0.
const LEAST_COVERAGE: f64 = 1.0 / 16.0;

/// Red, green, blue and the weight.
type Lanes = [f32; 4];
/// The same of a few pixels in units of 1 / [`LIGHT`]: adding integers takes one cycle where floats take three or four,
/// and a running sum waits for the one before.
type Counts = [i32; 4];
/// Full light: just below 2²², so that the eleven darkest levels of sRGB, which are multiples of 1 / (255 · 12.92), are
/// whole numbers; of all others rounding changes less than 4 · 10⁻⁵.
const LIGHT: f32 = 255.0 * 12.92 * 1273.0;
/// The most pixels of one run: its third sum, 12 · 13 · 14 / 6 pixels of full light, is below 2³¹.
const RUN_PX: usize = 12;

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
    tables: Box<[[Counts; 256]; 3]>,
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
        let mut tables = Box::new([[[0; 4]; 256]; 3]);
        for (channel, table) in tables.iter_mut().enumerate() {
            for (lanes, light) in table.iter_mut().zip(LINEAR.iter()) {
                lanes[channel] = (light * LIGHT).round() as i32;
                lanes[3] = i32::from(channel == 0);
            }
        }
        let sums = vec![[0.0; 4]; (rows + 2) * (columns + 2)];
        Ok(Self { rows, columns, sums, tables, span: Box::new(Span::new()), level: Level::new() })
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
        let clipped = dispatch!(self.level, simd => self.splat(simd, frame, &grid));
        let mut outside = 0;
        let ring_rows = self.sums.chunks_exact(self.columns + 2).skip(1);
        for (row, sums) in cells.chunks_exact_mut(3 * self.columns).zip(ring_rows) {
            for (cell, &[red, green, blue, weight]) in row.chunks_exact_mut(3).zip(&sums[1..]) {
                let coverage = f64::from(weight) / grid.cell_px;
                outside += usize::from(coverage < OUTSIDE_COVERAGE);
                let scale = if coverage < LEAST_COVERAGE { 0.0 } else { (weight * LIGHT).recip() };
                cell.copy_from_slice(&[red * scale, green * scale, blue * scale]);
            }
        }
        Ok(Quality { clipped, outside: outside as f32 / (self.rows * self.columns) as f32 })
    }

    /// Shares all pixels that the grid reaches out to their cells and returns the share of them that is
    /// clipped.
    #[inline(always)]
    fn splat<S: Simd, R: Rows>(&mut self, simd: S, frame: &FrameView<R>, grid: &Grid) -> f32 {
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
                splat_piece(simd, &mut self.sums, &self.tables, grid, y, piece.start, colours);
            }
        }
        if pixels == 0 { 0.0 } else { clipped as f32 / pixels as f32 }
    }
}

/// Shares the pixels of a piece of a row out to their cells.
///
/// The pixels are taken in runs between the same four cells. Along a run the bilinear weights are polynomials
/// of the second degree in the pixel's place, so three running sums, without a multiplication, hold all that
/// the four cells need: see [`Run`].
#[inline(always)]
fn splat_piece<S: Simd>(
    simd: S,
    sums: &mut [Lanes],
    tables: &[[Counts; 256]; 3],
    grid: &Grid,
    y: usize,
    start: usize,
    colours: [&[u8]; 3],
) {
    let end = colours[0].len();
    let stride = grid.columns + 2;
    let [mut column, mut row] = [0, 1].map(|axis| Crossing::new(grid, axis, y, start));
    let share_out = ShareOut::new(simd, [column.slope as f32, row.slope as f32]);
    let usual = ((column.step >> 32) as usize).clamp(1, RUN_PX - 1);
    let mut x = 0;
    while x < end {
        let (upper, lower) = sums[row.cell * stride..].split_at_mut(stride);
        let lower = &mut lower[..stride];
        let row_end = end.min(row.next);
        while x < row_end {
            let stop = row_end.min(column.next).min(x + RUN_PX);
            // Along an edge between cells rounding may put the crossing far behind: take it, and stay.
            if x < stop {
                let run = Run::sum(simd, tables, colours.map(|colour| &colour[x..stop]), usual);
                let place = [column.part(stop), row.part(stop)];
                share_out.add(&run, place, [&mut upper[column.cell..], &mut lower[column.cell..]]);
                x = stop;
            }
            if x >= column.next {
                column.cross();
            }
        }
        if x >= row.next {
            row.cross();
        }
    }
}

/// Running sums over a run of pixels p of which the last has t = 1, the one before t = 2, and so on.
struct Run<S: Simd> {
    /// Σ p
    sum: i32x4<S>,
    /// Σ t p
    first: i32x4<S>,
    /// Σ t (t + 1) / 2 p
    second: i32x4<S>,
}

impl<S: Simd> Run<S> {
    /// Sums the pixels of a run, at least one. Across a cell go `usual` pixels or one more: taking that one, the first,
    /// with a mask and not with a branch spares a wrong guess of the processor in every third cell or so.
    #[inline(always)]
    fn sum(simd: S, tables: &[[Counts; 256]; 3], colours: [&[u8]; 3], usual: usize) -> Self {
        let is_longer = colours[0].len() == usual + 1;
        let mask = i32x4::splat(simd, -i32::from(is_longer));
        let pixel = pixel(simd, tables, colours.map(|colour| colour[0])) & mask;
        let mut run = Self { sum: pixel, first: pixel, second: pixel };
        let [red, green, blue] = colours.map(|colour| &colour[usize::from(is_longer)..]);
        for ((&red, &green), &blue) in red.iter().zip(green).zip(blue) {
            run.sum += self::pixel(simd, tables, [red, green, blue]);
            run.first += run.sum;
            run.second += run.first;
        }
        run
    }
}

#[inline(always)]
fn pixel<S: Simd>(simd: S, tables: &[[Counts; 256]; 3], [red, green, blue]: [u8; 3]) -> i32x4<S> {
    let light = |channel: usize, level: u8| i32x4::simd_from(simd, tables[channel][usize::from(level)]);
    light(0, red) + light(1, green) + light(2, blue)
}

/// How runs of one row of pixels are shared out. Two cells lie side by side in memory, so the left one and the right
/// one are worked on as one vector.
struct ShareOut<S: Simd> {
    /// A pixel at the part u of the way gives the left cell 1 − u and the right one u: `base` + `slant` u.
    base: f32x8<S>,
    slant: f32x8<S>,
    /// What the weights of the two lose from pixel to pixel.
    across: f32x8<S>,
    /// What the weight of the lower cells gains from pixel to pixel.
    down: f32,
}

impl<S: Simd> ShareOut<S> {
    /// For rows of pixels along which the place between the cells changes by (`du`, `dv`) from pixel to pixel.
    #[inline(always)]
    fn new(simd: S, [du, dv]: [f32; 2]) -> Self {
        let sides = |left, right| f32x4::splat(simd, left).combine(f32x4::splat(simd, right));
        Self { base: sides(1.0, 0.0), slant: sides(-1.0, 1.0), across: sides(-du, du), down: dv }
    }

    /// Adds a run to its four cells: the first two of the upper and the lower row. (`u`, `v`) is the place between
    /// the cells one pixel after the run.
    #[inline(always)]
    fn add(&self, run: &Run<S>, [u, v]: [f32; 2], rows: [&mut [Lanes]; 2]) {
        let [Some(upper), Some(lower)] = rows.map(|row| row.as_flattened_mut().first_chunk_mut::<8>()) else {
            return;
        };
        let [sum, first, second] = [run.sum, run.first, run.second].map(|counts| {
            let counts: f32x4<S> = counts.to_float();
            counts.combine(counts)
        });
        // A pixel lies at (u - t du, v - t dv). With w its weight left or right, these are Σ w p and Σ t w p, for which
        // Σ t² p is needed; then what of Σ w p is below.
        let weight = self.base + self.slant * u;
        let square = second + second - first;
        let all = weight * sum - self.across * first;
        let tilted = weight * first - self.across * square;
        let below = all * v - tilted * self.down;
        let simd = below.token();
        (f32x8::simd_from(simd, *upper) + (all - below)).store_array(upper);
        (f32x8::simd_from(simd, *lower) + below).store_array(lower);
    }
}

/// Where a piece of a row of pixels crosses from one cell to the next along one axis of the grid.
struct Crossing {
    /// Where the first pixel is, seen from the cell, in cells.
    place: f64,
    /// The way from pixel to pixel, in cells.
    slope: f64,
    /// How far it is from one edge between cells to the next, in 2⁻³² pixels: whole numbers, since the next edge is known
    /// only after this one.
    step: i64,
    /// Where the next edge is, in 2⁻³² pixels after the first.
    edge: i64,
    /// The cell in which the pixels are now, and the one in which they stay.
    cell: usize,
    last: usize,
    /// The first pixel in the next cell. It may be one off by rounding: the weights are continuous there.
    next: usize,
}

impl Crossing {
    #[inline(always)]
    fn new(grid: &Grid, axis: usize, y: usize, start: usize) -> Self {
        let [slope, per_row, offset] = grid.inverse[axis];
        let ring_last = [grid.columns, grid.rows][axis];
        let place = per_row * y as f64 + offset + slope * start as f64;
        let cell = (place.max(0.0) as usize).min(ring_last);
        let place = place - cell as f64;
        let last = match slope.partial_cmp(&0.0) {
            Some(Ordering::Greater) => ring_last,
            Some(Ordering::Less) => 0,
            _ => cell,
        };
        let ahead = if slope > 0.0 { 1.0 - place } else { -place };
        // Along the axis there is no next edge in any picture; two steps to beyond it do not overflow.
        let fixed =
            |pixels: f64| (pixels.clamp(-FAR_PX, FAR_PX) * f64::from(1 << 16) * f64::from(1 << 16)) as i64;
        let (step, edge) = (fixed(grid.per_cell[axis].abs()), fixed(ahead * grid.per_cell[axis]));
        let mut crossing = Self { place, slope, step, edge, cell, last, next: 0 };
        crossing.find_next();
        crossing
    }

    /// The place between this cell and the next, 0 to 1.
    #[inline(always)]
    fn part(&self, x: usize) -> f32 {
        (self.place + self.slope * f64::from(x as u16)) as f32
    }

    #[inline(always)]
    fn cross(&mut self) {
        if self.slope > 0.0 {
            self.cell += 1;
            self.place -= 1.0;
        } else {
            self.cell -= 1;
            self.place += 1.0;
        }
        self.edge += self.step;
        self.find_next();
    }

    #[inline(always)]
    fn find_next(&mut self) {
        // A row that reaches the ring's last cell has no next crossing.
        self.next = if self.cell == self.last { usize::MAX } else { (self.edge.max(0) >> 32) as usize + 1 };
    }
}

/// A grid laid on a picture. Ring coordinates count cells from the centres of the ring around the grid: the
/// first cell of the grid has its centre at (1, 1), and a pixel at (a, b) lies between the cells floor(a) and
/// floor(a) + 1.
struct Grid {
    rows: usize,
    columns: usize,
    transform: Transform,
    /// From pixels (x, y, 1) to ring coordinates.
    inverse: Transform,
    /// How many pixels of a row it takes to cross a cell along each axis.
    per_cell: [f64; 2],
    /// The area of a cell in pixels.
    cell_px: f64,
    /// The narrowest width of a cell in pixels.
    narrowest_px: f64,
}

impl Grid {
    fn new(transform: &Transform, rows: usize, columns: usize) -> Result<Self, Error> {
        let refuse = |why| Err(Error::Transform { why, min: CELL_PX[0], max: CELL_PX[1] });
        let [[xu, xv, x0], [yu, yv, y0]] = *transform;
        if !transform.as_flattened().iter().all(|value| value.is_finite()) {
            return refuse("has an entry that is not finite");
        }
        if x0.abs().max(y0.abs()) > FAR_PX {
            return refuse("moves the grid more than a million pixels away");
        }
        let (column_px, row_px) = (xu.hypot(yu), xv.hypot(yv));
        if ![column_px, row_px].iter().all(|side_px| (CELL_PX[0]..=CELL_PX[1]).contains(side_px)) {
            return refuse("makes cells that are too small or too large");
        }
        let determinant = xu * yv - xv * yu;
        if determinant.abs() < SINE_MIN * column_px * row_px {
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
    fn is_finer_than_pixels(&self) -> bool {
        self.narrowest_px < 1.0
    }

    /// The pixel at a place of the grid.
    fn pixel(&self, u: f64, v: f64) -> [f64; 2] {
        self.transform.map(|[along_u, along_v, offset]| along_u * u + along_v * v + offset)
    }

    /// The rows of pixels that the grid reaches: half a cell beyond its edges.
    fn pixel_rows(&self, height: usize) -> std::ops::Range<usize> {
        let (right, bottom) = (self.columns as f64 + 0.5, self.rows as f64 + 0.5);
        let corners =
            [(-0.5, -0.5), (right, -0.5), (-0.5, bottom), (right, bottom)].map(|(u, v)| self.pixel(u, v)[1]);
        let top = corners.into_iter().fold(f64::INFINITY, f64::min);
        let end = corners.into_iter().fold(f64::NEG_INFINITY, f64::max);
        whole_between(top, end, height)
    }

    /// The pixels of one row that the grid reaches.
    fn pixels_of_row(&self, y: usize, width: usize) -> std::ops::Range<usize> {
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
    fn look_up<R: Rows>(&self, frame: &FrameView<R>, mut put: impl FnMut(usize, [f64; 3])) -> Quality {
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
            clipped += usize::from(nearest.iter().any(|&level| level >= CLIPPED));
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
fn whole_between(low: f64, high: f64, end: usize) -> std::ops::Range<usize> {
    // The casts saturate at 0 and at the largest number.
    let first = if low < 0.0 { 0 } else { (low as usize).saturating_add(1) };
    first.min(end)..(high.ceil() as usize).min(end).max(first.min(end))
}

#[inline(always)]
fn count_clipped([red, green, blue]: [&[u8]; 3]) -> usize {
    // A byte can count 255 pixels, and the compiler counts sixteen bytes at once.
    let pieces = red.chunks(255).zip(green.chunks(255)).zip(blue.chunks(255));
    let count = |((red, green), blue): ((&[u8], &[u8]), &[u8])| {
        let pixels = red.iter().zip(green).zip(blue);
        pixels.map(|((&red, &green), &blue)| u8::from(red.max(green).max(blue) >= CLIPPED)).sum::<u8>()
    };
    pieces.map(count).map(usize::from).sum()
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

fn check_grid(rows: usize, columns: usize) -> Result<(), Error> {
    if (1..=SIDE_MAX_CELLS).contains(&rows) && (1..=SIDE_MAX_CELLS).contains(&columns) {
        return Ok(());
    }
    Err(Error::Grid { rows, columns, max: SIDE_MAX_CELLS })
}

/// [`Sampler::sample`] as one would write it down: slow, in double precision, a pixel at a time. The two
/// agree to 10⁻⁴ of a cell's light.
///
/// # Errors
/// As [`Sampler::new`] and [`Sampler::sample`].
pub fn reference_sample<R: Rows>(
    frame: &FrameView<R>,
    transform: &Transform,
    rows: usize,
    columns: usize,
) -> Result<(Vec<[f64; 3]>, Quality), Error> {
    check_grid(rows, columns)?;
    let grid = Grid::new(transform, rows, columns)?;
    let mut cells = vec![[0.0; 3]; rows * columns];
    if grid.is_finer_than_pixels() {
        let quality = grid.look_up(frame, |index, light| cells[index] = light);
        return Ok((cells, quality));
    }
    let mut weights = vec![0.0; rows * columns];
    let (mut pixels, mut clipped) = (0, 0);
    for y in 0..frame.height() {
        for x in 0..frame.width() {
            let [a, b] = grid
                .inverse
                .map(|[along_x, along_y, offset]| along_x * x as f64 + along_y * y as f64 + offset);
            if !(a > 0.0 && a < columns as f64 + 1.0 && b > 0.0 && b < rows as f64 + 1.0) {
                continue;
            }
            pixels += 1;
            clipped += usize::from(frame.srgb(x, y).iter().any(|&level| level >= CLIPPED));
            for row in 0..rows {
                for column in 0..columns {
                    let tent = |place: f64, cell: usize| (1.0 - (place - (cell as f64 + 1.0)).abs()).max(0.0);
                    let weight = tent(a, column) * tent(b, row);
                    weights[row * columns + column] += weight;
                    for (sum, light) in cells[row * columns + column].iter_mut().zip(frame.linear(x, y)) {
                        *sum += weight * f64::from(light);
                    }
                }
            }
        }
    }
    let mut outside = 0;
    for (cell, weight) in cells.iter_mut().zip(weights) {
        let coverage = weight / grid.cell_px;
        outside += usize::from(coverage < OUTSIDE_COVERAGE);
        *cell = cell.map(|sum| if coverage < LEAST_COVERAGE { 0.0 } else { sum / weight });
    }
    let clipped = if pixels == 0 { 0.0 } else { clipped as f32 / pixels as f32 };
    Ok((cells, Quality { clipped, outside: outside as f32 / (rows * columns) as f32 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Layout, Matrix, PixelFormat, Strided};

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        let bytes: Vec<u8> = (0..160 * 180_usize).map(|index| (index * 7919 % 251) as u8).collect();
        for format in [PixelFormat::Yuv420, PixelFormat::Nv12] {
            let layout = Layout { width: 160, height: 120, format, matrix: Matrix::Bt601Full };
            let frame = FrameView::new(Strided::new(&bytes, 160), layout).expect("the layout is valid");
            let cells_of = |level: Level| {
                let mut sampler = Sampler { level, ..Sampler::new(12, 10).expect("the grid is valid") };
                let mut cells = [0.0_f32; 12 * 10 * 3];
                let face = [[7.9, -1.1, 30.0], [1.1, 7.9, 8.0]];
                sampler.sample(&frame, &face, &mut cells).expect("the face is in the picture");
                cells.map(f32::to_bits)
            };
            assert_eq!(cells_of(Level::new()), cells_of(Level::baseline()));
        }
    }
}
