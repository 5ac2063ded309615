//! How pixels are shared out to cells: integer sums along runs of pixels, and few multiplications.

use std::cmp::Ordering;

use super::grid::{Grid, MAX_OFFSET_PX};
use crate::colour::SRGB_TO_LINEAR_F32;
use crate::vectors::{F32x4, F32x8, I32x4, Vector};

/// Red, green, blue and the weight.
pub(super) type Lanes = [f32; 4];
/// The same of a few pixels in units of 1 / [`LIGHT`]: adding integers takes one cycle where floats take
/// three or four, and a running sum waits for the one before.
pub(super) type Counts = [i32; 4];
/// Full light: just below 2²², so that the eleven darkest levels of sRGB, which are multiples of 1 / (255 ·
/// 12.92), are whole numbers; of all others rounding changes less than 4 · 10⁻⁵.
pub(super) const LIGHT: f32 = 255.0 * 12.92 * 1273.0;
/// The most pixels of one run: its third sum, 12 · 13 · 14 / 6 pixels of full light, is below 2³¹.
const MAX_RUN_PX: usize = 12;
/// From this value on a channel may be clipped: 255, and 254 since cameras' noise and rounding shift it by
/// one.
pub(super) const MIN_CLIPPED: u8 = 254;
/// Where a number in units of 2⁻³² has its whole part.
const FRACTION_BITS: u32 = 32;

/// The linear light of each 8-bit red, green and blue.
pub(super) type Tables = [[Counts; 256]; 3];

/// Makes the tables: each channel has its own lane, and red counts the pixel.
pub(super) fn tables() -> Box<Tables> {
    let mut tables = Box::new([[[0; 4]; 256]; 3]);
    for (channel, table) in tables.iter_mut().enumerate() {
        for (lanes, light) in table.iter_mut().zip(SRGB_TO_LINEAR_F32.iter()) {
            lanes[channel] = (light * LIGHT).round() as i32;
            lanes[3] = i32::from(channel == 0);
        }
    }
    tables
}

/// Shares the pixels of a piece of a row out to their cells.
///
/// The pixels are taken in runs between the same four cells. Along a run the bilinear weights are polynomials
/// of the second degree in the pixel's place, so three running sums, without a multiplication, hold all that
/// the four cells need: see [`Run`].
#[inline(always)]
pub(super) fn splat_piece(
    sums: &mut [Lanes],
    tables: &Tables,
    grid: &Grid,
    y: usize,
    start: usize,
    colours: [&[u8]; 3],
) {
    let end = colours[0].len();
    let stride = grid.columns + 2;
    let [mut column, mut row] = [0, 1].map(|axis| Crossing::new(grid, axis, y, start));
    let share_out = ShareOut::new([column.slope as f32, row.slope as f32]);
    let usual = ((column.step >> FRACTION_BITS) as usize).clamp(1, MAX_RUN_PX - 1);
    let mut x = 0;
    while x < end {
        let (upper, lower) = sums[row.cell * stride..].split_at_mut(stride);
        let lower = &mut lower[..stride];
        let row_end = end.min(row.next);
        while x < row_end {
            let stop = row_end.min(column.next).min(x + MAX_RUN_PX);
            // Along an edge between cells rounding may put the crossing far behind: take it, and stay.
            if x < stop {
                let run = Run::sum(tables, colours.map(|colour| &colour[x..stop]), usual);
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
struct Run {
    /// Σ p
    sum: I32x4,
    /// Σ t p
    first: I32x4,
    /// Σ t (t + 1) / 2 p
    second: I32x4,
}

impl Run {
    /// Sums the pixels of a run, at least one. Across a cell go `usual` pixels or one more: taking that one,
    /// the first, with a mask and not with a branch spares a wrong guess of the processor in every third cell
    /// or so.
    #[inline(always)]
    fn sum(tables: &Tables, colours: [&[u8]; 3], usual: usize) -> Self {
        let is_longer = colours[0].len() == usual + 1;
        let mask = I32x4::splat(-i32::from(is_longer));
        let pixel = pixel(tables, colours.map(|colour| colour[0])) & mask;
        let mut run = Self { sum: pixel, first: pixel, second: pixel };
        let [red, green, blue] = colours.map(|colour| &colour[usize::from(is_longer)..]);
        for ((&red, &green), &blue) in red.iter().zip(green).zip(blue) {
            run.sum += self::pixel(tables, [red, green, blue]);
            run.first += run.sum;
            run.second += run.first;
        }
        run
    }
}

#[inline(always)]
fn pixel(tables: &Tables, [red, green, blue]: [u8; 3]) -> I32x4 {
    let light = |channel: usize, level: u8| Vector(tables[channel][usize::from(level)]);
    light(0, red) + light(1, green) + light(2, blue)
}

/// How runs of one row of pixels are shared out. Two cells lie side by side in memory, so the left one and
/// the right one are worked on as one vector.
struct ShareOut {
    /// A pixel at the part u of the way gives the left cell 1 − u and the right one u: `base` + `slant` u.
    base: F32x8,
    slant: F32x8,
    /// What the weights of the two lose from pixel to pixel.
    across: F32x8,
    /// What the weight of the lower cells gains from pixel to pixel.
    down: f32,
}

impl ShareOut {
    /// For rows of pixels along which the place between the cells changes by (`du`, `dv`) from pixel to
    /// pixel.
    #[inline(always)]
    fn new([du, dv]: [f32; 2]) -> Self {
        let sides = |left, right| F32x4::splat(left).combine(F32x4::splat(right));
        Self { base: sides(1.0, 0.0), slant: sides(-1.0, 1.0), across: sides(-du, du), down: dv }
    }

    /// Adds a run to its four cells: the first two of the upper and the lower row. (`u`, `v`) is the place
    /// between the cells one pixel after the run.
    #[inline(always)]
    fn add(&self, run: &Run, [u, v]: [f32; 2], rows: [&mut [Lanes]; 2]) {
        let [Some(upper), Some(lower)] = rows.map(|row| row.as_flattened_mut().first_chunk_mut::<8>()) else {
            return;
        };
        let [sum, first, second] = [run.sum, run.first, run.second].map(|counts| {
            let counts: F32x4 = counts.to_float();
            counts.combine(counts)
        });
        // A pixel lies at (u - t du, v - t dv). With w its weight left or right, these are Σ w p and Σ t w p,
        // for which Σ t² p is needed; then what of Σ w p is below.
        let weight = self.base + self.slant * u;
        let square = second + second - first;
        let all = weight * sum - self.across * first;
        let tilted = weight * first - self.across * square;
        let below = all * v - tilted * self.down;
        *upper = (Vector(*upper) + (all - below)).0;
        *lower = (Vector(*lower) + below).0;
    }
}

/// Where a piece of a row of pixels crosses from one cell to the next along one axis of the grid.
struct Crossing {
    /// Where the first pixel is, seen from the cell, in cells.
    place: f64,
    /// The way from pixel to pixel, in cells.
    slope: f64,
    /// How far it is from one edge between cells to the next, in 2⁻³² pixels: whole numbers, since the next
    /// edge is known only after this one.
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
        let unit = (1_u64 << FRACTION_BITS) as f64;
        let fixed = |pixels: f64| (pixels.clamp(-MAX_OFFSET_PX, MAX_OFFSET_PX) * unit) as i64;
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
        self.next = if self.cell == self.last {
            usize::MAX
        } else {
            (self.edge.max(0) >> FRACTION_BITS) as usize + 1
        };
    }
}

#[inline(always)]
pub(super) fn count_clipped([red, green, blue]: [&[u8]; 3]) -> usize {
    // A byte can count so many pixels, and the compiler counts sixteen bytes at once.
    const PIECE: usize = u8::MAX as usize;
    let pieces = red.chunks(PIECE).zip(green.chunks(PIECE)).zip(blue.chunks(PIECE));
    let count = |((red, green), blue): ((&[u8], &[u8]), &[u8])| {
        let pixels = red.iter().zip(green).zip(blue);
        pixels.map(|((&red, &green), &blue)| u8::from(red.max(green).max(blue) >= MIN_CLIPPED)).sum::<u8>()
    };
    pieces.map(count).map(usize::from).sum()
}
