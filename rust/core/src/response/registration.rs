//! Where the face was against the picture under neutral light: a linear fit of how luma changes under small
//! motion.

use nalgebra::DMatrix;

use crate::linear::invert_normal;
use crate::vectors::{F32x8, Vector};

/// Terms of a sum that are added side by side.
const LANES: usize = 8;
/// Gain, shift in x and y, turn, scale.
const COEFFICIENTS: usize = 5;

/// Where the face was against the picture under neutral light.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Registration {
    /// Shift to the right, in cells.
    pub x: f64,
    /// Shift downwards, in cells.
    pub y: f64,
    /// Clockwise turn, in radians.
    pub turn: f64,
    /// Relative growth.
    pub scale: f64,
    /// Share of the face's light that is elsewhere than registration explains.
    pub residual: f64,
}

/// Registers frames against one picture.
#[derive(Debug, Clone)]
pub(super) struct Registrar {
    /// How each cell's luma changes with each coefficient; one row of all cells a coefficient.
    gradients: Vec<f32>,
    /// Rows of the least-squares solution: their dot product with a luma difference gives the coefficients.
    solution: Vec<f32>,
}

impl Registrar {
    /// Prepares the `members` of a grid of which `log_luma` gives the logarithm of luma in any cell, a finite
    /// number.
    pub(super) fn new(members: &[u32], rows: usize, columns: usize, log_luma: impl Fn(usize) -> f64) -> Self {
        let gradients = luma_gradients(members, rows, columns, log_luma);
        Self { solution: pseudo_inverse(&gradients, members.len()), gradients }
    }

    /// Registers a frame, given each cell's change of `luma` relative to the picture. `weights` says how much
    /// light of the picture each cell holds, `light` how much they all do.
    #[inline(always)]
    pub(super) fn register(&self, luma: &[f32], weights: &[f32], light: f64) -> Registration {
        let n = luma.len();
        let fit: [f32; COEFFICIENTS] = std::array::from_fn(|k| dot(&self.solution[k * n..][..n], luma));
        // Light that changed counts by how much of it there is: in a shadow a ray more is many times what was
        // there.
        let rows: [&[f32]; COEFFICIENTS] = std::array::from_fn(|k| &self.gradients[k * n..][..n]);
        let rest = sum(n, |at| {
            let explained = (0..COEFFICIENTS).map(|k| lanes(rows[k], at) * fit[k]);
            let unexplained = explained.fold(lanes(luma, at), |rest, part| rest - part);
            lanes(weights, at) * unexplained.abs()
        });
        let [_, x, y, turn, scale] = fit.map(f64::from);
        // A picture that moved right holds, at a cell, what was to its left: the shift is minus the
        // coefficient.
        Registration {
            x: -x,
            y: -y,
            turn: -turn,
            scale: -scale,
            residual: f64::from(rest) / light.max(f64::MIN_POSITIVE),
        }
    }

    /// Overwrites what it holds of the face.
    pub(super) fn forget(&mut self) {
        self.gradients.fill(0.0);
        self.solution.fill(0.0);
    }
}

/// How a cell's log luma changes with gain, shift, turn and scale of the face: a row a coefficient, a value a
/// member.
fn luma_gradients(members: &[u32], rows: usize, columns: usize, log_luma: impl Fn(usize) -> f64) -> Vec<f32> {
    let n = members.len();
    let mut gradients = vec![0.0_f32; COEFFICIENTS * n];
    let (middle_y, middle_x) = ((rows - 1) as f64 / 2.0, (columns - 1) as f64 / 2.0);
    for (k, &i) in members.iter().enumerate() {
        let i = i as usize;
        let (row, column) = (i / columns, i % columns);
        let difference = |before: usize, after: usize, steps: usize| {
            (log_luma(after) - log_luma(before)) / steps.max(1) as f64
        };
        let (left, right) = (column.saturating_sub(1), (column + 1).min(columns - 1));
        let (up, down) = (row.saturating_sub(1), (row + 1).min(rows - 1));
        let gx = difference(row * columns + left, row * columns + right, right - left);
        let gy = difference(up * columns + column, down * columns + column, down - up);
        let (x, y) = (column as f64 - middle_x, row as f64 - middle_y);
        let values: [f64; COEFFICIENTS] = [1.0, gx, gy, x * gy - y * gx, x * gx + y * gy];
        for (j, value) in values.into_iter().enumerate() {
            gradients[j * n + k] = value as f32;
        }
    }
    gradients
}

fn pseudo_inverse(gradients: &[f32], n: usize) -> Vec<f32> {
    let a = DMatrix::from_fn(n, COEFFICIENTS, |k, j| f64::from(gradients[j * n + k]));
    // The gradients are finite and the ridge is a million times their rounding.
    let inverse =
        invert_normal(&(a.transpose() * &a)).expect("a normal matrix with its ridge can be inverted");
    let solution = a * inverse;
    (0..COEFFICIENTS * n).map(|i| solution[(i % n, i / n)] as f32).collect()
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    sum(a.len().min(b.len()), |at| lanes(a, at) * lanes(b, at))
}

/// The sum of `count` terms of which `terms` makes eight at a time, on every processor: eight running sums do
/// not wait for one another.
#[inline(always)]
fn sum(count: usize, terms: impl Fn(usize) -> F32x8) -> f32 {
    let mut sums = F32x8::splat(0.0);
    for at in (0..count).step_by(LANES) {
        sums += terms(at);
    }
    sums.0.iter().sum()
}

/// Eight of the values from `at` on, with zeros where there are no more.
#[inline(always)]
fn lanes(values: &[f32], at: usize) -> F32x8 {
    let rest = &values[at..];
    let whole = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0.0; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        padded
    });
    Vector(whole)
}
