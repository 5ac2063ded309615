//! The mean light of a face through a session, made ready for being held against challenges.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use super::gains::non_negative_gains;
use super::scorer::{Lag, Scorer};
use crate::Error;
use crate::challenge::{self, CODES, ILLUMINATIONS};
use crate::linear::{orthonormal, project_out, whiten};
use crate::response::FEATURES;
use crate::timeline::Timeline;

/// First-order correlation assumed of the face's mean light between frames (found by trying;
/// docs/architecture.md, physics 4).
const RHO: f64 = 0.95;
/// Fewest frames: two for each nuisance that is projected out, and eight that are left for the code.
const MIN_FRAMES_PER_NUISANCE: usize = 2;
const MIN_SPARE_FRAMES: usize = 8;
/// Deviation from median absolute deviation, for a normal distribution: 1 / Φ⁻¹(3/4).
const MAD_TO_SIGMA: f64 = 1.4826;
/// Least noise over the length of the series, for light that hardly ever changes: its median says nothing.
const MIN_SIGMA_OF_LENGTH: f64 = 1e-3;
/// Least noise of light that never changes: below every rounding, and not 0.
const MIN_SIGMA: f64 = 1e-9;

/// The mean light of the face through a session and when each frame collected it.
#[derive(Debug, Clone)]
pub struct FaceLight {
    /// The three [`FEATURES`] (columns), a row a frame.
    features: DMatrix<f64>,
    /// Orthonormal basis of the whitened drift and motion.
    basis: DMatrix<f64>,
    /// Whitened features without drift and motion.
    whitened: DMatrix<f64>,
    /// Noise of each whitened feature.
    sigma: [f64; 3],
    exposures_s: Vec<(f64, f64)>,
    mixing: Matrix3<f64>,
    neutral: Vector3<f64>,
}

impl FaceLight {
    /// Prepares the light of a session: `features` and `nuisance` with a row for each of the exposures.
    ///
    /// Returns `None` where there are too few frames to tell anything (fewer than twice the nuisances plus
    /// eight) or a value is not finite.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there are as many nuisances and exposures as features.
    pub fn new<const N: usize>(
        features: &[[f64; 3]],
        nuisance: &[[f64; N]],
        exposures_s: &[(f64, f64)],
        mixing: [[f64; 3]; 3],
    ) -> Result<Option<Self>, Error> {
        let frames = features.len();
        let counts = [("nuisance", nuisance.len()), ("exposures_s", exposures_s.len())];
        if let Some(&(what, count)) = counts.iter().find(|&&(_, count)| count != frames) {
            return Err(Error::Rows { what, count, frames });
        }
        let finite = features.iter().flatten().chain(nuisance.iter().flatten()).all(|v| v.is_finite());
        if frames < MIN_FRAMES_PER_NUISANCE * N + MIN_SPARE_FRAMES || !finite {
            return Ok(None);
        }
        let features = DMatrix::from_fn(frames, 3, |t, f| features[t][f]);
        let nuisance = DMatrix::from_fn(frames, N, |t, k| nuisance[t][k]);
        let basis = orthonormal(&whiten(&nuisance, RHO));
        let mut whitened = whiten(&features, RHO);
        project_out(&mut whitened, &basis);
        let sigma = std::array::from_fn(|f| robust_sigma(whitened.column(f).iter().copied()));
        let mixing = Matrix3::from_fn(|i, j| mixing[i][j]);
        let neutral = mixing * Vector3::from(challenge::neutral());
        let exposures_s = exposures_s.to_vec();
        Ok(Some(Self { features, basis, whitened, sigma, exposures_s, mixing, neutral }))
    }

    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.features.nrows()
    }

    /// Whitened shares of every illumination in every frame, without drift and motion, for one latency.
    fn shares(&self, timeline: &Timeline, latency_s: f64) -> DMatrix<f64> {
        let mut row = [0.0; ILLUMINATIONS];
        let mut shares = DMatrix::zeros(self.frames(), ILLUMINATIONS);
        for (t, &(start_s, end_s)) in self.exposures_s.iter().enumerate() {
            timeline.shares(start_s, end_s, latency_s, &mut row);
            for (k, &share) in row.iter().enumerate() {
                shares[(t, k)] = share;
            }
        }
        let mut whitened = whiten(&shares, RHO);
        project_out(&mut whitened, &self.basis);
        whitened
    }

    /// Sum over the features of `weights / sigma²` times the whitened feature, per channel.
    fn channel_evidence(&self) -> DMatrix<f64> {
        let weights = DMatrix::from_fn(3, 3, |f, c| FEATURES[f][c] / self.sigma[f].powi(2));
        &self.whitened * weights
    }

    /// How the channels' light couples through the features: `Σ_f D_fc D_fd / σ_f²`.
    fn coupling(&self) -> Matrix3<f64> {
        Matrix3::from_fn(|c, d| (0..3).map(|f| FEATURES[f][c] * FEATURES[f][d] / self.sigma[f].powi(2)).sum())
    }

    /// Mean light of one illumination as the camera's channels see it, relative to the neutral light.
    fn mean_light(&self, code: u8) -> Vector3<f64> {
        let quadrants = challenge::illumination_linear(code);
        let mean = quadrants.iter().map(|&q| Vector3::from(q)).sum::<Vector3<f64>>() / 4.0;
        self.mixing * mean - self.neutral
    }

    fn normal(&self, codes: &[u8], shares: &DMatrix<f64>) -> (Matrix3<f64>, Vector3<f64>) {
        let light = DMatrix::from_fn(codes.len(), 3, |k, c| self.mean_light(codes[k])[c]);
        let predicted = shares * light;
        let cross = predicted.transpose() * &predicted;
        let evidence = predicted.transpose() * self.channel_evidence();
        let coupling = self.coupling();
        let normal = Matrix3::from_fn(|c, d| cross[(c, d)] * coupling[(c, d)]);
        (normal, Vector3::from_fn(|c, _| evidence[(c, c)]))
    }

    /// Slope of the face's relative light on the screen's mean light in the camera's three channels, at least
    /// 0, if light takes `latency_s`, with the score it explains. The response to full white follows by
    /// [`response_strength`](super::response_strength).
    #[must_use]
    pub fn gains(&self, codes: &[u8], timeline: &Timeline, latency_s: f64) -> ([f64; 3], f64) {
        let (normal, b) = self.normal(codes, &self.shares(timeline, latency_s));
        let (gains, score) = non_negative_gains(&normal, &b);
        (gains.into(), score)
    }

    /// Score of one challenge at each of `latencies_s`: the latency curve of a session.
    #[must_use]
    pub fn latency_curve(&self, codes: &[u8], timeline: &Timeline, latencies_s: &[f64]) -> Vec<f64> {
        latencies_s.iter().map(|&latency_s| self.gains(codes, timeline, latency_s).1).collect()
    }

    /// What *any* sequence of colours with the challenge's timing explains: score, degrees of freedom, and
    /// the total.
    ///
    /// It does not depend on which challenge was played, so it tells a face that follows another code (much
    /// is explained, but not by this challenge) from one that follows none (nothing to see).
    #[must_use]
    pub fn any_code(&self, timeline: &Timeline, latency_s: f64) -> AnyCode {
        let basis = orthonormal(&self.shares(timeline, latency_s));
        let along = basis.transpose() * &self.whitened;
        let per_feature = |m: &DMatrix<f64>| -> f64 {
            (0..2).map(|f| m.column(f).norm_squared() / self.sigma[f].powi(2)).sum()
        };
        AnyCode {
            explained: per_feature(&along),
            total: per_feature(&self.whitened),
            freedom: 2 * basis.ncols(),
            total_freedom: 2 * (self.whitened.nrows() - self.basis.ncols()),
        }
    }

    /// Prepares to score challenges at each of `latencies_s`.
    ///
    /// # Errors
    /// [`Error::Count`] without a latency: of no score nothing could be said, but every challenge would come
    /// first.
    pub fn scorer(&self, timeline: &Timeline, latencies_s: &[f64]) -> Result<Scorer, Error> {
        if latencies_s.is_empty() {
            return Err(Error::Count { what: "latencies_s", count: 0, wanted: "at least one latency" });
        }
        let colours: [Vector3<f64>; CODES as usize] = std::array::from_fn(|code| self.mean_light(code as u8));
        let coupling = self.coupling();
        let evidence = self.channel_evidence();
        let lags = latencies_s
            .iter()
            .map(|&latency_s| Lag::new(&self.shares(timeline, latency_s), &evidence, &coupling, &colours))
            .collect();
        Ok(Scorer::new(&colours, &coupling, lags))
    }
}

/// What free colours in the challenge's rhythm explain of the two colour differences, in units of the noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnyCode {
    /// Sum of squares explained.
    pub explained: f64,
    /// Sum of squares in all.
    pub total: f64,
    /// Free parameters.
    pub freedom: usize,
    /// Degrees of freedom of the total.
    pub total_freedom: usize,
}

/// Standard deviation of noise of which a part may be something else: from the median of its size.
fn robust_sigma(values: impl Iterator<Item = f64>) -> f64 {
    let mut magnitudes: Vec<f64> = values.map(f64::abs).collect();
    magnitudes.sort_by(f64::total_cmp);
    let median = magnitudes.get(magnitudes.len() / 2).copied().unwrap_or(0.0);
    let length = DVector::from_vec(magnitudes).norm();
    (MAD_TO_SIGMA * median).max(MIN_SIGMA_OF_LENGTH * length).max(MIN_SIGMA)
}
