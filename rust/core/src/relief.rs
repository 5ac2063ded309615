//! Whether the response has the shape of a solid face.
//!
//! The quotients `(T_right − T_left) / ΣT` and `(T_top − T_bottom) / ΣT` cancel the colour of the skin and
//! leave the direction of the surface. What they should be on *this* face is predicted from its own mesh and
//! the rig's geometry; what they are comes from [`crate::response`]. Both quotients are regressed on their
//! prediction, each cell weighted by its own precision, beside a quadratic surface that takes what distance,
//! tilt and a plain bend of paper would give.
//!
//! A prediction is never exact: it knows no shadows, and a mesh is smoother than a face. Under strong light
//! that, and not the camera, is the error, and neighbouring cells share it. So no cell counts for more than
//! `MODEL_SIGMA` allows, and the standard error adds up the residuals of neighbours before it squares them
//! (Conley 1999).
//!
//! A face has relief along both axes, paper bent or folded at most along one: each axis must stand on its
//! own. Glass returns a mirror image of the screen, many times stronger than any shading: that is the misfit.

use nalgebra::{DMatrix, SVector};

use crate::Error;
use crate::linear::invert_normal;
use crate::response::{MIN_CELLS, ResponseMaps};

/// Constant, x, y, xy, x², y².
const SURFACE: usize = 6;
/// Least relative response of a cell, so that a shaded cell cannot blow up the prediction.
const MIN_RELATIVE_RESPONSE: f32 = 0.15;
/// Half-width of the window in which the relative response is averaged, in cells: skin is smooth, noise is
/// not.
const SMOOTHING: usize = 3;
/// What a predicted quotient is off by, however much light there is: heads leave 0.02 to 0.045 unexplained.
const MODEL_SIGMA: f64 = 0.04;
/// Distance in cells at which two residuals are taken to be independent: a cell's tent reaches over its
/// neighbours, and brows, nostrils and lips are two to three cells wide.
const INDEPENDENT_CELLS: f64 = 3.0;

/// How far the response of one axis follows the predicted relief.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Axis {
    /// 0: none of the predicted relief; 1: all of it.
    pub coefficient: f64,
    /// Standard error of the coefficient, with the misfit counted as noise that neighbouring cells share.
    pub sigma: f64,
}

/// Evidence of relief.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliefFit {
    /// Left to right.
    pub across: Axis,
    /// Top to bottom.
    pub down: Axis,
    /// Root mean square of what the prediction and a smooth surface leave unexplained beyond noise, in
    /// quotient units.
    pub misfit: f64,
    /// Cells that took part.
    pub cells: usize,
}

/// Fits the response to the predicted quotients (`rows × columns` each) on the cells where `mask` holds.
///
/// A cell takes part if it has a response and a finite prediction. Returns `None` where fewer than
/// [`MIN_CELLS`] do.
///
/// # Errors
/// [`Error::GridSize`] if sizes disagree, [`Error::Number`] if the grid does not have so many `columns`.
pub fn fit(
    maps: &ResponseMaps,
    mask: &[bool],
    predicted_across: &[f32],
    predicted_down: &[f32],
    columns: usize,
) -> Result<Option<ReliefFit>, Error> {
    let size = maps.estimates[0].len();
    if size.checked_rem(columns) != Some(0) {
        let wanted = "as many columns as the grid has";
        return Err(Error::Number { what: "columns", value: columns as f64, wanted });
    }
    Error::check_size("mask", mask.len(), size)?;
    Error::check_size("predicted_across", predicted_across.len(), size)?;
    Error::check_size("predicted_down", predicted_down.len(), size)?;
    let relative = smooth_relative_response(maps, mask, columns);
    let cells: Vec<usize> = (0..size)
        .filter(|&i| mask[i] && maps.variances.iter().all(|v| v[i].is_finite() && v[i] > 0.0))
        .filter(|&i| predicted_across[i].is_finite() && predicted_down[i].is_finite())
        .collect();
    if cells.len() < MIN_CELLS {
        return Ok(None);
    }
    let rows = size / columns;
    let one = |unknown: usize, predicted: &[f32]| {
        let observed: Vec<Cell> = cells
            .iter()
            .map(|&i| {
                let (estimate, variance) = (maps.estimates[unknown][i], maps.variances[unknown][i]);
                Cell::new(i, [rows, columns], relative[i], predicted[i], estimate, variance)
            })
            .collect();
        axis(&observed, columns)
    };
    let (Some(across), Some(down)) = (one(1, predicted_across), one(2, predicted_down)) else {
        return Ok(None);
    };
    let excess = (across.excess + down.excess).max(0.0);
    let misfit = (excess / (across.weight + down.weight)).sqrt();
    Ok(Some(ReliefFit { across: across.axis, down: down.axis, misfit, cells: cells.len() }))
}

/// Regressors: the prediction and the surface.
const REGRESSORS: usize = 1 + SURFACE;

/// What one cell says of one axis.
struct Cell {
    place: usize,
    regressors: SVector<f64, REGRESSORS>,
    relative: f64,
    value: f64,
    variance: f64,
    weight: f64,
}

impl Cell {
    fn new(
        place: usize,
        [rows, columns]: [usize; 2],
        relative: f32,
        predicted: f32,
        estimate: f32,
        variance: f32,
    ) -> Self {
        let (row, column) = ((place / columns) as f64, (place % columns) as f64);
        let (x, y) = (2.0 * column / columns as f64 - 1.0, 2.0 * row / rows as f64 - 1.0);
        let (relative, variance) = (f64::from(relative), f64::from(variance));
        let predicted = f64::from(predicted.clamp(-1.0, 1.0));
        Self {
            place,
            regressors: SVector::from([predicted, 1.0, x, y, x * y, x * x, y * y]) * relative,
            relative,
            value: f64::from(estimate),
            variance,
            weight: 1.0 / (variance + (MODEL_SIGMA * relative).powi(2)),
        }
    }
}

/// What the regression of one axis found.
struct Fitted {
    axis: Axis,
    /// What is left beyond noise, as a weighted sum of squares.
    excess: f64,
    /// The sum of weights that makes it a mean square in quotient units.
    weight: f64,
}

/// Weighted regression of one axis.
fn axis(cells: &[Cell], columns: usize) -> Option<Fitted> {
    let mut normal = DMatrix::zeros(REGRESSORS, REGRESSORS);
    let mut xy = SVector::<f64, REGRESSORS>::zeros();
    for cell in cells {
        normal.ger(cell.weight, &cell.regressors, &cell.regressors, 1.0);
        xy += cell.regressors * (cell.weight * cell.value);
    }
    let inverse = invert_normal(&normal)?;
    let beta = &inverse * xy;
    let first = inverse.row(0);
    let (mut rest, mut noise, mut weights) = (0.0, 0.0, 0.0);
    let mut pulls = Vec::with_capacity(cells.len());
    for cell in cells {
        let residual = cell.value - cell.regressors.dot(&beta);
        rest += cell.weight * residual * residual;
        noise += cell.weight * cell.variance;
        weights += cell.weight * cell.relative * cell.relative;
        pulls.push((cell.place, (first * cell.regressors)[0] * cell.weight * residual));
    }
    let share_left = 1.0 - REGRESSORS as f64 / cells.len() as f64;
    let independent = inverse[(0, 0)] * (rest / (cells.len() as f64 * share_left)).max(1.0);
    let sigma = independent.max(variance_of_neighbours(&pulls, columns)).sqrt();
    let found = Axis { coefficient: beta[0], sigma };
    let finite = found.coefficient.is_finite() && found.sigma.is_finite();
    finite.then_some(Fitted { axis: found, excess: rest - noise * share_left, weight: weights })
}

/// Variance of a sum of pulls (cell, what it adds to the coefficient's error), if those less than
/// [`INDEPENDENT_CELLS`] apart go together, the less the farther (Conley 1999, section 3).
fn variance_of_neighbours(pulls: &[(usize, f64)], columns: usize) -> f64 {
    let Some(size) = pulls.iter().map(|&(place, _)| place + 1).max() else { return 0.0 };
    let mut map = vec![0.0; size];
    for &(place, pull) in pulls {
        map[place] = pull;
    }
    let reach = INDEPENDENT_CELLS as usize;
    let mut sum = 0.0;
    for &(place, pull) in pulls {
        let (row, column) = (place / columns, place % columns);
        for r in row.saturating_sub(reach)..=row + reach {
            for c in column.saturating_sub(reach)..(column + reach + 1).min(columns) {
                let apart = (r.abs_diff(row) as f64).hypot(c.abs_diff(column) as f64);
                let together = (1.0 - apart / INDEPENDENT_CELLS).max(0.0);
                sum += together * pull * map.get(r * columns + c).copied().unwrap_or(0.0);
            }
        }
    }
    sum
}

/// Precision-weighted mean of the relative response around every cell.
fn smooth_relative_response(maps: &ResponseMaps, mask: &[bool], columns: usize) -> Vec<f32> {
    let (s, variance) = (&maps.estimates[0], &maps.variances[0]);
    let rows = mask.len() / columns;
    let mut smooth = vec![MIN_RELATIVE_RESPONSE; mask.len()];
    for row in 0..rows {
        for column in 0..columns {
            if !mask[row * columns + column] {
                continue;
            }
            let (mut sum, mut weights) = (0.0, 0.0);
            for r in row.saturating_sub(SMOOTHING)..(row + SMOOTHING + 1).min(rows) {
                for c in column.saturating_sub(SMOOTHING)..(column + SMOOTHING + 1).min(columns) {
                    let i = r * columns + c;
                    if mask[i] && variance[i].is_finite() && variance[i] > 0.0 {
                        sum += s[i] / variance[i];
                        weights += 1.0 / variance[i];
                    }
                }
            }
            if weights > 0.0 {
                smooth[row * columns + column] = (sum / weights).max(MIN_RELATIVE_RESPONSE);
            }
        }
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 24;
    const COLUMNS: usize = 20;

    /// Maps whose quotients are `across × a(x, y) + down × b(x, y)` plus a plane, without noise but with its
    /// variance.
    fn maps(across: f32, down: f32) -> (ResponseMaps, Vec<f32>, Vec<f32>) {
        let size = ROWS * COLUMNS;
        let at = |i: usize| ((i % COLUMNS) as f32 * 0.9, (i / COLUMNS) as f32 * 0.7);
        let a: Vec<f32> = (0..size).map(|i| 0.2 * at(i).0.sin()).collect();
        let b: Vec<f32> = (0..size).map(|i| 0.2 * at(i).1.cos()).collect();
        let plane = |i: usize| 0.01 * at(i).0 - 0.02 * at(i).1;
        let maps = ResponseMaps {
            estimates: [
                vec![1.0; size],
                (0..size).map(|i| across * a[i] + plane(i)).collect(),
                (0..size).map(|i| down * b[i] + plane(i)).collect(),
            ],
            variances: std::array::from_fn(|_| vec![1e-4; size]),
            rho: [0.0; 3],
        };
        (maps, a, b)
    }

    #[test]
    fn the_coefficients_of_both_axes_are_found_beside_a_plane() {
        let (maps, a, b) = maps(0.7, 0.4);
        let fit = fit(&maps, &[true; ROWS * COLUMNS], &a, &b, COLUMNS).unwrap().unwrap();
        assert!((fit.across.coefficient - 0.7).abs() < 1e-3 && (fit.down.coefficient - 0.4).abs() < 1e-3);
        assert!(fit.misfit < 1e-3);
    }

    #[test]
    fn a_tilted_sheet_has_no_relief() {
        let (maps, a, b) = maps(0.0, 0.0);
        let fit = fit(&maps, &[true; ROWS * COLUMNS], &a, &b, COLUMNS).unwrap().unwrap();
        assert!(fit.across.coefficient.abs() < 1e-3 && fit.down.coefficient.abs() < 1e-3);
    }

    #[test]
    fn what_is_neither_relief_nor_a_surface_shows_as_misfit() {
        let (mut maps, a, b) = maps(0.5, 0.5);
        for (i, value) in maps.estimates[1].iter_mut().enumerate() {
            *value += if (i / COLUMNS + i % COLUMNS) % 2 == 0 { 0.3 } else { -0.3 };
        }
        assert!(fit(&maps, &[true; ROWS * COLUMNS], &a, &b, COLUMNS).unwrap().unwrap().misfit > 0.1);
    }

    #[test]
    fn weak_evidence_has_a_wide_error_and_not_a_small_coefficient() {
        let (mut maps, a, b) = maps(0.5, 0.5);
        for variance in &mut maps.variances {
            variance.fill(1.0);
        }
        let fit = fit(&maps, &[true; ROWS * COLUMNS], &a, &b, COLUMNS).unwrap().unwrap();
        assert!(fit.across.sigma > 0.2 && (fit.across.coefficient - 0.5).abs() < 1e-3);
    }

    #[test]
    fn an_error_that_neighbours_share_counts_for_more_than_one_of_single_cells() {
        let sigma_with = |error: &dyn Fn(usize) -> f32| {
            let (mut maps, a, b) = maps(0.5, 0.5);
            for (i, value) in maps.estimates[1].iter_mut().enumerate() {
                *value += error(i);
            }
            fit(&maps, &[true; ROWS * COLUMNS], &a, &b, COLUMNS).unwrap().unwrap().across.sigma
        };
        // The same signs, cell by cell and in patches of 3 × 3.
        let sign = |i: usize| if i.wrapping_mul(2_654_435_761) >> 7 & 1 == 0 { 0.1 } else { -0.1 };
        let single = sigma_with(&sign);
        let patches = sigma_with(&|i| sign((i / COLUMNS / 3) * COLUMNS + i % COLUMNS / 3));
        assert!(patches > 1.5 * single, "{patches} in patches, {single} in single cells");
    }

    #[test]
    fn sizes_that_disagree_are_refused() {
        let (maps, a, b) = maps(0.5, 0.5);
        let mask = [true; ROWS * COLUMNS];
        let sizes = |mask: &[bool], a: &[f32], b: &[f32], columns| fit(&maps, mask, a, b, columns);
        for refused in [
            sizes(&mask[1..], &a, &b, COLUMNS),
            sizes(&mask, &a[1..], &b, COLUMNS),
            sizes(&mask, &a, &b[1..], COLUMNS),
        ] {
            assert!(matches!(refused, Err(Error::GridSize { .. })), "{refused:?}");
        }
        for columns in [0, COLUMNS - 1] {
            assert!(matches!(sizes(&mask, &a, &b, columns), Err(Error::Number { what: "columns", .. })));
        }
    }

    #[test]
    fn too_few_cells_are_no_evidence_and_no_error() {
        let (maps, a, b) = maps(0.5, 0.5);
        let mut mask = [false; ROWS * COLUMNS];
        mask[..MIN_CELLS - 1].fill(true);
        assert_eq!(fit(&maps, &mask, &a, &b, COLUMNS), Ok(None));
    }
}
