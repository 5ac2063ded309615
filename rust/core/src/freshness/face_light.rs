//! The mean light of a face through a session, made ready for being held against challenges.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use super::gains::non_negative_gains;
use super::scorer::{Lag, Lights, Scorer};
use crate::Error;
use crate::challenge::{self, ILLUMINATIONS};
use crate::linear::{orthonormal, project_out, whiten};
use crate::response::{FEATURES, MAX_FRAMES};
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

/// Most latencies that are tried at once: a search in steps of 4 ms over a whole second. Ranking keeps tables
/// for each, which are 2.3 MB for [`MAX_DECOYS`](crate::challenge::MAX_DECOYS).
pub const MAX_LATENCIES: usize = 256;

/// Halves of the screen that a code colours differently: right and left, or top and bottom.
pub(super) const AXES: usize = 2;
/// The two colour differences: in the third of the [`FEATURES`], luminance, an isoluminant code is not.
pub(super) const DIFFERENCES: usize = 2;
/// Which quadrants TL TR BL BR count for and which against, on each axis.
const AXIS_SIGNS: [[f64; 4]; AXES] = [[-1.0, 1.0, -1.0, 1.0], [1.0, 1.0, -1.0, -1.0]];

/// How the light of one half of the face differs from that of the other, through a session.
#[derive(Debug, Clone)]
struct Halves {
    /// Whitened features without drift and motion, in units of their noise.
    whitened: DMatrix<f64>,
    /// One over the noise of each feature.
    per_sigma: [f64; DIFFERENCES],
}

/// The light of the face through a session and when each frame collected it.
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
    /// Of each axis; empty where only the mean is known.
    halves: Vec<Halves>,
    /// Orthonormal basis of the whitened features themselves, which are projected out of the halves.
    own: DMatrix<f64>,
}

impl FaceLight {
    /// Prepares the light of a session: `features` and `nuisance` with a row for each of the exposures.
    ///
    /// Returns `None` where there are too few frames to tell anything (fewer than twice the nuisances plus
    /// eight) or a value is not finite.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there are as many nuisances and exposures as features, [`Error::TooMany`] if
    /// there are more frames than [`MAX_FRAMES`].
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
        Error::check_count("frames", frames, MAX_FRAMES)?;
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
        let (own, halves) = (orthonormal(&whitened), Vec::new());
        Ok(Some(Self { features, basis, whitened, sigma, exposures_s, mixing, neutral, halves, own }))
    }

    /// Adds how the halves of the face differ: the [`FEATURES`] of its right side less its left (`across`),
    /// and of its upper half less the lower (`down`), a row a frame. The mean light of the face tells 15 of
    /// the 60 illuminations apart, these tell all.
    ///
    /// Values that are not finite leave the light as it is.
    ///
    /// # Errors
    /// [`Error::Rows`] unless there are as many rows as frames.
    pub fn with_halves(mut self, across: &[[f64; 3]], down: &[[f64; 3]]) -> Result<Self, Error> {
        let frames = self.frames();
        for (what, rows) in [("across", across), ("down", down)] {
            if rows.len() != frames {
                return Err(Error::Rows { what, count: rows.len(), frames });
            }
        }
        if !across.iter().chain(down).flatten().all(|v| v.is_finite()) {
            return Ok(self);
        }
        // Where the room lights one side more, the screen adds relatively less there: the mean code leaks
        // into the difference. The face's own light says what it looks like.
        self.halves = [across, down]
            .into_iter()
            .map(|rows| {
                let mut whitened = whiten(&DMatrix::from_fn(frames, DIFFERENCES, |t, f| rows[t][f]), RHO);
                project_out(&mut whitened, &self.basis);
                project_out(&mut whitened, &self.own);
                let per_sigma: [f64; DIFFERENCES] =
                    std::array::from_fn(|f| 1.0 / robust_sigma(whitened.column(f).iter().copied()));
                for (f, &scale) in per_sigma.iter().enumerate() {
                    whitened.column_mut(f).scale_mut(scale);
                }
                Halves { whitened, per_sigma }
            })
            .collect();
        Ok(self)
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

    /// What one illumination does to the features of each axis if the halves of the face turned fully to
    /// those of the screen, in units of the noise; zeros where the halves are not known.
    fn halves_light(&self, code: u8) -> HalvesLight {
        let quadrants = challenge::illumination_linear(code);
        let mut light = HalvesLight::default();
        for ((of_axis, halves), signs) in light.iter_mut().zip(&self.halves).zip(&AXIS_SIGNS) {
            let difference: Vector3<f64> =
                quadrants.iter().zip(signs).map(|(&q, &sign)| Vector3::from(q) * (sign / 4.0)).sum();
            let seen = self.mixing * difference;
            *of_axis = std::array::from_fn(|f| {
                (0..3).map(|c| FEATURES[f][c] * seen[c]).sum::<f64>() * halves.per_sigma[f]
            });
        }
        light
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
    ///
    /// # Errors
    /// [`Error::TooMany`] if there are more latencies than [`MAX_LATENCIES`].
    pub fn latency_curve(
        &self,
        codes: &[u8],
        timeline: &Timeline,
        latencies_s: &[f64],
    ) -> Result<Vec<f64>, Error> {
        Error::check_count("latencies_s", latencies_s.len(), MAX_LATENCIES)?;
        Ok(latencies_s.iter().map(|&latency_s| self.gains(codes, timeline, latency_s).1).collect())
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
        Error::check_count("latencies_s", latencies_s.len(), MAX_LATENCIES)?;
        let lights = Lights {
            face: std::array::from_fn(|code| self.mean_light(code as u8)),
            halves: std::array::from_fn(|code| self.halves_light(code as u8)),
        };
        let coupling = self.coupling();
        let evidence = self.channel_evidence();
        let lags = latencies_s
            .iter()
            .map(|&latency_s| {
                let shares = self.shares(timeline, latency_s);
                let mut halves_shares = shares.clone();
                project_out(&mut halves_shares, &self.own);
                let halves =
                    self.halves.iter().map(|halves| halves_shares.transpose() * &halves.whitened).collect();
                let evidence = Evidence { face: shares.transpose() * &evidence, halves };
                Lag::new(&shares, &halves_shares, &evidence, &lights)
            })
            .collect();
        Ok(Scorer::new(&lights, &coupling, lags))
    }
}

/// The colour differences of each axis.
pub(super) type HalvesLight = [[f64; DIFFERENCES]; AXES];

/// What each dwell adds to the evidence, per unit of light in it.
pub(super) struct Evidence {
    /// A row a dwell, a column a channel.
    pub(super) face: DMatrix<f64>,
    /// Of each axis: a row a dwell, a column a feature. Empty where the halves are not known.
    pub(super) halves: Vec<DMatrix<f64>>,
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
