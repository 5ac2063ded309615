//! From the sums of all frames to the response of every cell: generalised least squares, feature by feature.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use super::sums::Sums;
use super::{FEATURES, NUISANCE, REGRESSORS, ResponseRegression};
use crate::linear::invert_normal;

/// Unknowns of a cell: `s`, `a`, `b`.
const UNKNOWNS: usize = 3;
/// Regressors of a cell, once the gains of the whole face are given.
const FITTED: usize = NUISANCE + UNKNOWNS;
/// With fewer than two frames for each of them, what is left over says little of the noise.
const MIN_FRAMES: usize = 2 * FITTED;
/// Highest correlation between frames that whitening assumes; at 1 a constant could not be told from the
/// code.
const MAX_RHO: f64 = 0.97;
/// Least variance of a feature between frames, (10⁻⁴)²: below the rounding of 8 bits averaged over a cell.
const MIN_VARIANCE: f64 = 1e-8;
/// Fitting a regressor that is as smooth as drift to T frames pulls the residuals' correlation down by about
/// 1 / T, one that jumps from frame to frame by nothing (Marriott & Pope 1954). Taken as smooth is a quarter
/// of all that are fitted: four of fourteen are drift.
const SMOOTH_SHARE: f64 = 0.25;

/// The response of every cell, relative to the face's, with its variance.
#[derive(Debug, Clone)]
pub struct ResponseMaps {
    /// Per cell `s`, `a`, `b` (rows × columns each, 0 outside the mask).
    pub estimates: [Vec<f32>; 3],
    /// Variances of the estimates (infinite outside the mask).
    pub variances: [Vec<f32>; 3],
    /// Correlation between successive frames that was found in each feature.
    pub rho: [f64; 3],
}

impl ResponseRegression {
    /// Solves for the response of every cell from the frames so far, given the `gains` of the whole face in
    /// the three channels: the slope of relative light on the screen's mean light (see
    /// [`crate::freshness::FaceLight::gains`]).
    ///
    /// Returns `None` with too few frames (fewer than twice the regressors) or where the light never changed.
    #[must_use]
    pub fn solve(&self, gains: [f64; 3]) -> Option<ResponseMaps> {
        if self.frames() < MIN_FRAMES || gains.iter().all(|&g| g <= 0.0) {
            return None;
        }
        let n = self.members.len();
        let mut information = vec![Matrix3::<f64>::zeros(); n];
        let mut evidence = vec![Vector3::<f64>::zeros(); n];
        let mut rho = [0.0; 3];
        for (f, weights) in FEATURES.iter().enumerate() {
            let design = design(weights, &gains);
            rho[f] = correlation(&self.sums, f, &design)?;
            add_information(&self.sums, f, &design, rho[f], &mut information, &mut evidence)?;
        }
        let mut maps = ResponseMaps {
            estimates: std::array::from_fn(|_| vec![0.0; self.size]),
            variances: std::array::from_fn(|_| vec![f32::INFINITY; self.size]),
            rho,
        };
        for (k, &i) in self.members.iter().enumerate() {
            let Some(covariance) = information[k].try_inverse() else { continue };
            let estimate = covariance * evidence[k];
            for u in 0..UNKNOWNS {
                maps.estimates[u][i as usize] = estimate[u] as f32;
                maps.variances[u][i as usize] = covariance[(u, u)].max(0.0) as f32;
            }
        }
        Some(maps)
    }
}

/// Correlation of successive residuals of one feature after ordinary least squares, pooled over all cells.
fn correlation(sums: &Sums, f: usize, design: &DMatrix<f64>) -> Option<f64> {
    let inverse = invert_normal(&(design.transpose() * &sums.xx0 * design))?;
    let lagged = design.transpose() * &sums.xx1 * design;
    let (mut squares, mut products) = (0.0, 0.0);
    for k in 0..sums.yy0[f].len() {
        let xy0 = design.transpose() * column(sums, &sums.xy0[f], k);
        let xy1 = design.transpose() * column(sums, &sums.xy1[f], k);
        let beta = &inverse * &xy0;
        squares += f64::from(sums.yy0[f][k]) - beta.dot(&xy0);
        products += 0.5 * f64::from(sums.yy1[f][k]) - beta.dot(&xy1) + 0.5 * beta.dot(&(&lagged * &beta));
    }
    let bias = design.ncols() as f64 / sums.frames as f64 * SMOOTH_SHARE;
    (squares > 0.0).then(|| (products / squares + bias).clamp(0.0, MAX_RHO))
}

/// Adds what one feature, whitened with `rho`, says of every cell's three unknowns.
fn add_information(
    sums: &Sums,
    f: usize,
    design: &DMatrix<f64>,
    rho: f64,
    information: &mut [Matrix3<f64>],
    evidence: &mut [Vector3<f64>],
) -> Option<()> {
    let (first, last) = (sums.first.as_ref()?, &sums.last);
    let square = |x: &[f64; REGRESSORS]| DMatrix::from_fn(REGRESSORS, REGRESSORS, |i, j| x[i] * x[j]);
    let normal =
        (1.0 + rho * rho) * &sums.xx0 - rho * &sums.xx1 - square(&first.x) - rho * rho * square(&last.x);
    let a = design.transpose() * normal * design;
    let inverse = invert_normal(&a)?;
    let a11 = invert_normal(&a.view((0, 0), (NUISANCE, NUISANCE)).clone_owned())?;
    let carry = a.view((NUISANCE, 0), (UNKNOWNS, NUISANCE)) * a11;
    let schur = a.view((NUISANCE, NUISANCE), (UNKNOWNS, UNKNOWNS))
        - &carry * a.view((0, NUISANCE), (NUISANCE, UNKNOWNS));
    let schur = Matrix3::from_fn(|i, j| schur[(i, j)]);
    let freedom = (sums.frames - 1 - design.ncols()) as f64;
    let n = information.len();
    for k in 0..n {
        let (y_first, y_last) = (f64::from(first.y[f][k]), f64::from(last.y[f][k]));
        let xy = DVector::from_fn(REGRESSORS, |j, _| {
            (1.0 + rho * rho) * f64::from(sums.xy0[f][j * n + k])
                - rho * f64::from(sums.xy1[f][j * n + k])
                - first.x[j] * y_first
                - rho * rho * last.x[j] * y_last
        });
        let yy = (1.0 + rho * rho) * f64::from(sums.yy0[f][k])
            - rho * f64::from(sums.yy1[f][k])
            - y_first * y_first
            - rho * rho * y_last * y_last;
        let b = design.transpose() * xy;
        let variance = ((yy - b.dot(&(&inverse * &b))) / freedom).max(MIN_VARIANCE);
        let h = b.rows(NUISANCE, UNKNOWNS) - &carry * b.rows(0, NUISANCE);
        information[k] += schur / variance;
        evidence[k] += Vector3::new(h[0], h[1], h[2]) / variance;
    }
    Some(())
}

/// One cell's products with all regressors.
fn column(sums: &Sums, products: &[f32], k: usize) -> DVector<f64> {
    let n = sums.yy0[0].len();
    DVector::from_fn(REGRESSORS, |j, _| f64::from(products[j * n + k]))
}

/// Maps all regressors to the nuisances and the three unknowns of a cell, given the face's gains and a
/// feature.
fn design(feature: &[f64; 3], gains: &[f64; 3]) -> DMatrix<f64> {
    DMatrix::from_fn(REGRESSORS, FITTED, |i, j| {
        if i < NUISANCE || j < NUISANCE {
            return f64::from(u8::from(i == j));
        }
        let (unknown, channel) = ((i - NUISANCE) / 3, (i - NUISANCE) % 3);
        if unknown == j - NUISANCE { feature[channel] * gains[channel] } else { 0.0 }
    })
}
