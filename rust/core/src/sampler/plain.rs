//! The sampler as one would write it down: what the fast one is held against.

use super::grid::Grid;
use super::kernel::MIN_CLIPPED;
use super::{MIN_COVERAGE, MIN_INSIDE_COVERAGE, Quality, Transform, check_grid};
use crate::Error;
use crate::frame::{FrameView, Rows};

/// [`Sampler::sample`](super::Sampler::sample) slowly, in double precision, a pixel at a time. The two agree
/// to 10⁻⁴ of a cell's light.
///
/// # Errors
/// As [`Sampler::new`](super::Sampler::new) and [`Sampler::sample`](super::Sampler::sample).
pub fn plain_sample<R: Rows>(
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
            clipped += usize::from(frame.srgb(x, y).iter().any(|&level| level >= MIN_CLIPPED));
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
        outside += usize::from(coverage < MIN_INSIDE_COVERAGE);
        *cell = cell.map(|sum| if coverage < MIN_COVERAGE { 0.0 } else { sum / weight });
    }
    let clipped = if pixels == 0 { 0.0 } else { clipped as f32 / pixels as f32 };
    Ok((cells, Quality { clipped, outside: outside as f32 / (rows * columns) as f32 }))
}
