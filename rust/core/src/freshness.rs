//! Evidence that the light on the face follows *this* challenge and no other.
//!
//! **Theorem.** Let the true challenge and `K` decoys be drawn independently from the same generator, let the video be
//! made without knowledge of the true one, and let `score(video, challenge)` be any function. Then the probability that
//! the true challenge scores strictly higher than every decoy is at most `1 / (K + 1)`.
//!
//! *Proof.* Given the video, the `K + 1` challenges are exchangeable, hence so are their scores; each is the strict
//! maximum with the same probability, and at most one of them is. ∎ Nothing is assumed of noise, camera or attacker.
//! Ties count against the person. What the score is decides only how often a living person is accepted.
//!
//! **Score.** The face's light relative to the reference, as two colour differences and luma ([`FEATURES`]), whitened in
//! time (first order) with drift and motion projected out, is compared with the challenge's light: the rig's calibrated
//! mixing of the primaries and one non-negative gain per channel are all the freedom a challenge has, so an anti-phase
//! response scores nothing. The score is the sum of squares that the best gains explain, in units of the noise, at the
//! rig's calibrated latency, or at the best of a few where the rig was never calibrated.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::sync::atomic::{self, AtomicUsize};

use fearless_simd::{Level, dispatch};
use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use crate::challenge::{self, CODES, DECOYS_PER_STREAM, Decoys, ILLUMINATIONS};
use crate::linear::{non_negative_gains, orthonormal, project_out, whiten};
use crate::response::FEATURES;
use crate::timeline::Timeline;

/// First-order correlation assumed of the face's mean light between frames (found by trying, design, physics 4).
const RHO: f64 = 0.95;
/// Decoys scored together: 16 single-precision lanes fill two AVX2 or four NEON registers.
const LANES: usize = 16;
/// A challenge whose energy is less than this part of an average one's scores as if it had this much.
///
/// It is part of the score's definition, the same for the true challenge and for decoys, so the theorem holds. It makes
/// sixteen look-ups enough to know that a decoy cannot reach the true challenge's score; only the few that could are
/// scored in full. With 16 dwells the smallest eigenvalue of the energy is about (1 − √(3/16))² = 0.32 of the average
/// (Marchenko & Pastur 1967), so a true challenge is hardly ever held down.
const LEAST_ENERGY: f64 = 0.25;
/// Decoys scored in full for a histogram, whatever K is.
const HISTOGRAM: usize = 1 << 14;
/// Decoys drawn at a time, so that memory stays flat whatever K is.
const BATCH: usize = 4096;
/// Deviation from median absolute deviation, for a normal distribution: 1 / Φ⁻¹(3/4).
const MAD_TO_SIGMA: f64 = 1.4826;

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
    /// Returns `None` where there are too few frames to tell anything (fewer than twice the nuisances plus eight) or a
    /// value is not finite.
    #[must_use]
    pub fn new<const N: usize>(
        features: &[[f64; 3]],
        nuisance: &[[f64; N]],
        exposures_s: &[(f64, f64)],
        mixing: [[f64; 3]; 3],
    ) -> Option<Self> {
        let frames = features.len();
        let finite = features.iter().flatten().chain(nuisance.iter().flatten()).all(|v| v.is_finite());
        if frames < 2 * N + 8 || nuisance.len() != frames || exposures_s.len() != frames || !finite {
            return None;
        }
        let features = DMatrix::from_fn(frames, 3, |t, f| features[t][f]);
        let nuisance = DMatrix::from_fn(frames, N, |t, k| nuisance[t][k]);
        let basis = orthonormal(&whiten(&nuisance, RHO));
        let mut whitened = whiten(&features, RHO);
        project_out(&mut whitened, &basis);
        let sigma = std::array::from_fn(|f| robust_sigma(whitened.column(f).iter().copied()));
        let mixing = Matrix3::from_fn(|i, j| mixing[i][j]);
        let neutral = mixing * Vector3::from(challenge::neutral());
        Some(Self { features, basis, whitened, sigma, exposures_s: exposures_s.to_vec(), mixing, neutral })
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

    /// Slope of the face's relative light on the screen's mean light in the camera's three channels, at least 0, if light
    /// takes `latency_s`, with the score it explains. The response to full white follows by [`response_strength`].
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

    /// What *any* sequence of colours with the challenge's timing explains: score, degrees of freedom, and the total.
    ///
    /// It does not depend on which challenge was played, so it tells a face that follows another code (much is
    /// explained, but not by this challenge) from one that follows none (nothing to see).
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
    #[must_use]
    pub fn scorer(&self, timeline: &Timeline, latencies_s: &[f64]) -> Scorer {
        let colours: [Vector3<f64>; CODES as usize] = std::array::from_fn(|code| self.mean_light(code as u8));
        let coupling = self.coupling();
        let evidence = self.channel_evidence();
        let lags = latencies_s
            .iter()
            .map(|&latency_s| Lag::new(&self.shares(timeline, latency_s), &evidence, &coupling, &colours))
            .collect();
        Scorer {
            colours: colours.map(|colour| colour.map(|channel| channel as f32).into()),
            coupling: PAIRS.map(|pair| coupling[pair] as f32),
            lags,
            level: Level::new(),
        }
    }
}

/// Response to a full white screen (light of the screen ÷ ambient light) per channel, from slopes of relative light.
///
/// The reference is taken under the neutral light n: d[(1 + κ l) / (1 + κ n)] / dl = κ / (1 + κ n), hence
/// κ = g / (1 − g n).
#[must_use]
pub fn response_strength(gains: [f64; 3], mixing: [[f64; 3]; 3]) -> [f64; 3] {
    let mixing = Matrix3::from_fn(|i, j| mixing[i][j]);
    let neutral = mixing * Vector3::from(challenge::neutral());
    let white = mixing * Vector3::from_element(1.0);
    std::array::from_fn(|c| gains[c] * white[c] / (1.0 - gains[c] * neutral[c]).max(0.05))
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

/// The six pairs of channels of a symmetric 3 × 3 matrix: rr gg bb rg rb gb.
const PAIRS: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];

/// One latency's tables.
#[derive(Debug, Clone)]
struct Lag {
    /// What each dwell adds to the evidence of each channel, per unit of light in it.
    evidence: [[f32; 3]; ILLUMINATIONS],
    /// Triangular square root of the dwells' cross-products: a challenge's energy is the square of it times the light.
    factor: [[f32; ILLUMINATIONS]; ILLUMINATIONS],
    /// What each code in each dwell adds to the evidence, in units of an average challenge's energy and over
    /// [`LEAST_ENERGY`]: the square of the sum over the dwells is the ceiling. 16 kB: it stays in the first cache.
    ceiling: Box<[[Ceiling; CODES_PADDED]; ILLUMINATIONS]>,
}

/// Three numbers padded to four, one SIMD register.
type Ceiling = [f32; 4];

/// [`CODES`] rounded up to a power of two: the remainder of a code is the code, and no look-up checks its bounds.
const CODES_PADDED: usize = (CODES as usize).next_power_of_two();

impl Lag {
    fn new(
        shares: &DMatrix<f64>,
        channel_evidence: &DMatrix<f64>,
        coupling: &Matrix3<f64>,
        colours: &[Vector3<f64>; CODES as usize],
    ) -> Self {
        let evidence = shares.transpose() * channel_evidence;
        let triangular = shares.clone().qr().r();
        let scale = ceiling_scale(shares, coupling, colours);
        let ceiling = |dwell: usize, code: usize| -> Ceiling {
            let light = colours.get(code).copied().unwrap_or_default();
            let b = Vector3::from_fn(|c, _| evidence[(dwell, c)] * light[c]);
            let scaled = scale * b;
            [scaled[0] as f32, scaled[1] as f32, scaled[2] as f32, 0.0]
        };
        Self {
            evidence: std::array::from_fn(|k| std::array::from_fn(|c| evidence[(k, c)] as f32)),
            factor: std::array::from_fn(|i| {
                std::array::from_fn(|j| {
                    if j >= i && i < triangular.nrows() { triangular[(i, j)] as f32 } else { 0.0 }
                })
            }),
            ceiling: Box::new(std::array::from_fn(|dwell| std::array::from_fn(|code| ceiling(dwell, code)))),
        }
    }

    /// What the score of a challenge cannot exceed: sixteen look-ups.
    #[inline(always)]
    fn ceiling(&self, codes: &[u8]) -> f32 {
        let mut sum = [0.0_f32; 4];
        for (table, &code) in self.ceiling.iter().zip(codes) {
            for (total, value) in sum.iter_mut().zip(&table[usize::from(code) % CODES_PADDED]) {
                *total += value;
            }
        }
        sum.iter().map(|v| v * v).sum()
    }
}

/// Matrix that turns evidence per channel into units of the energy of an average challenge, over [`LEAST_ENERGY`].
///
/// The average over independent dwells with colours of mean μ and covariance C is `tr(S) C + ΣS μμᵀ`, coupled through
/// the features; its inverse Cholesky factor makes the square of the result the score of a challenge of that energy.
fn ceiling_scale(
    shares: &DMatrix<f64>,
    coupling: &Matrix3<f64>,
    colours: &[Vector3<f64>; CODES as usize],
) -> Matrix3<f64> {
    let count = f64::from(CODES);
    let mean = colours.iter().sum::<Vector3<f64>>() / count;
    let second = colours.iter().map(|c| c * c.transpose()).sum::<Matrix3<f64>>() / count;
    let own: f64 = shares.norm_squared();
    let all: f64 = shares.column_sum().norm_squared();
    let average = (second - mean * mean.transpose()) * own + mean * mean.transpose() * all;
    let energy = average.component_mul(coupling);
    let ridge = Matrix3::identity() * (1e-9 * energy.trace()).max(f64::MIN_POSITIVE);
    let factor = (energy + ridge).cholesky().and_then(|c| c.l().try_inverse());
    factor.unwrap_or_else(Matrix3::zeros) / LEAST_ENERGY.sqrt()
}

/// Scores challenges against one session's light, 16 at a time.
#[derive(Debug, Clone)]
pub struct Scorer {
    colours: [[f32; 3]; CODES as usize],
    coupling: [f32; 6],
    lags: Vec<Lag>,
    /// The widest vectors that this processor has.
    level: Level,
}

type Lanes = [f32; LANES];

impl Scorer {
    /// Scores every challenge in `codes` (16 codes each) into `scores`: what the best gains explain at the best latency,
    /// but no more than the ceiling of an ordinary challenge (see `LEAST_ENERGY`).
    ///
    /// # Panics
    /// If `codes` does not hold 16 codes for each place in `scores`, or one is not below 60.
    pub fn score(&self, codes: &[u8], scores: &mut [f32]) {
        assert_eq!(codes.len(), scores.len() * ILLUMINATIONS, "16 codes for each score");
        dispatch!(self.level, _ => self.score_all(codes, scores));
    }

    #[inline(always)]
    fn score_all(&self, codes: &[u8], scores: &mut [f32]) {
        let mut padded = [0_u8; LANES * ILLUMINATIONS];
        for (codes, scores) in codes.chunks(LANES * ILLUMINATIONS).zip(scores.chunks_mut(LANES)) {
            let mut lanes = [0.0; LANES];
            if codes.len() == padded.len() {
                self.score_lanes(codes, &mut lanes);
            } else {
                padded[..codes.len()].copy_from_slice(codes);
                self.score_lanes(&padded, &mut lanes);
            }
            scores.copy_from_slice(&lanes[..scores.len()]);
        }
    }

    #[inline(always)]
    fn score_lanes(&self, codes: &[u8], best: &mut Lanes) {
        let mut light = [[[0.0_f32; LANES]; 3]; ILLUMINATIONS];
        for (dwell, channels) in light.iter_mut().enumerate() {
            for lane in 0..LANES {
                let colour = &self.colours[codes[lane * ILLUMINATIONS + dwell] as usize];
                for c in 0..3 {
                    channels[c][lane] = colour[c];
                }
            }
        }
        best.fill(f32::NEG_INFINITY);
        for lag in &self.lags {
            let mut evidence = [[0.0_f32; LANES]; 3];
            let mut energy = [[0.0_f32; LANES]; 6];
            for (i, factor) in lag.factor.iter().enumerate() {
                let mut row = [[0.0_f32; LANES]; 3];
                for (f, channels) in factor[i..].iter().zip(&light[i..]) {
                    for c in 0..3 {
                        add_scaled(&mut row[c], *f, &channels[c]);
                    }
                }
                for (sum, &(c, d)) in energy.iter_mut().zip(&PAIRS) {
                    for lane in 0..LANES {
                        sum[lane] += row[c][lane] * row[d][lane];
                    }
                }
                for c in 0..3 {
                    add_scaled(&mut evidence[c], lag.evidence[i][c], &light[i][c]);
                }
            }
            for (sum, &k) in energy.iter_mut().zip(&self.coupling) {
                for value in sum.iter_mut() {
                    *value *= k;
                }
            }
            for lane in 0..LANES {
                let score = best_gains_score(evidence.map(|e| e[lane]), energy.map(|e| e[lane]));
                let ceiling = lag.ceiling(&codes[lane * ILLUMINATIONS..][..ILLUMINATIONS]);
                best[lane] = best[lane].max(score.min(ceiling));
            }
        }
    }

    /// Counts, among `count` decoys drawn from `seed`, those that score at least as high as `challenge`: ties count
    /// against the person.
    #[must_use]
    pub fn rank(&self, challenge: &[u8; ILLUMINATIONS], seed: &[u8; 32], count: usize) -> Rank {
        self.rank_on(NonZeroUsize::MIN, challenge, seed, count)
    }

    /// [`Scorer::rank`] shared out to threads: the same decoys, hence the same rank, however many there are.
    #[must_use]
    pub fn rank_on(
        &self,
        threads: NonZeroUsize,
        challenge: &[u8; ILLUMINATIONS],
        seed: &[u8; 32],
        count: usize,
    ) -> Rank {
        let mut own = [0.0];
        self.score(challenge, &mut own);
        let own = own[0];
        let streams = count.div_ceil(DECOYS_PER_STREAM);
        let (next, at_least) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut room = Room::new();
            loop {
                let stream = next.fetch_add(1, atomic::Ordering::Relaxed);
                if stream >= streams {
                    break;
                }
                let decoys = Decoys::skip_streams(seed, stream as u64);
                let left = (count - stream * DECOYS_PER_STREAM).min(DECOYS_PER_STREAM);
                at_least.fetch_add(self.rivals(decoys, left, own, &mut room), atomic::Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.get().min(streams) {
                scope.spawn(work);
            }
            work();
        });
        Rank { score: own, rank: at_least.into_inner() + 1, decoys: count }
    }

    /// Counts those of the next `left` decoys that score at least `own`.
    fn rivals(&self, mut decoys: Decoys, mut left: usize, own: f32, room: &mut Room) -> usize {
        let mut at_least = 0;
        while left > 0 {
            let batch = left.min(BATCH);
            let codes = &mut room.codes[..batch * ILLUMINATIONS];
            decoys.fill(codes);
            room.rivals.clear();
            dispatch!(self.level, _ => self.sort_out(codes, own, &mut room.rivals));
            let scores = &mut room.scores[..room.rivals.len() / ILLUMINATIONS];
            self.score(&room.rivals, scores);
            at_least +=
                scores.iter().filter(|&&score| score.partial_cmp(&own).is_none_or(Ordering::is_ge)).count();
            left -= batch;
        }
        at_least
    }

    /// Appends to `rivals` the challenges whose ceilings reach `own`.
    #[inline(always)]
    fn sort_out(&self, codes: &[u8], own: f32, rivals: &mut Vec<u8>) {
        for decoy in codes.chunks_exact(ILLUMINATIONS) {
            // Written so that a number that is not one (light that was not finite) makes a rival, never a pass.
            if !self.lags.iter().all(|lag| lag.ceiling(decoy) < own) {
                rivals.extend_from_slice(decoy);
            }
        }
    }

    /// Scores of the first decoys of `seed`, at most 2¹⁴ of `count`: enough for a histogram.
    #[must_use]
    pub fn decoy_scores(&self, seed: &[u8; 32], count: usize) -> Vec<f32> {
        let count = count.min(HISTOGRAM);
        let mut codes = vec![0_u8; count * ILLUMINATIONS];
        challenge::fill_decoys(seed, &mut codes);
        let mut scores = vec![0.0; count];
        self.score(&codes, &mut scores);
        scores
    }
}

/// Memory for one batch of decoys.
struct Room {
    codes: Vec<u8>,
    /// Those whose ceiling reaches the true challenge's score.
    rivals: Vec<u8>,
    scores: Vec<f32>,
}

impl Room {
    fn new() -> Self {
        Self {
            codes: vec![0; BATCH * ILLUMINATIONS],
            rivals: Vec::with_capacity(BATCH * ILLUMINATIONS),
            scores: vec![0.0; BATCH],
        }
    }
}

/// Where the true challenge came among its decoys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rank {
    /// Score of the true challenge.
    pub score: f32,
    /// 1 if it beat every decoy strictly.
    pub rank: usize,
    /// Number of decoys K.
    pub decoys: usize,
}

impl Rank {
    /// Probability of a rank this good for a video made without knowing the challenge: rank / (K + 1), exactly.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        self.rank as f64 / (self.decoys as f64 + 1.0)
    }
}

#[inline(always)]
fn add_scaled(sum: &mut Lanes, factor: f32, values: &Lanes) {
    for lane in 0..LANES {
        sum[lane] += factor * values[lane];
    }
}

/// Maximum of 2 g·b − gᵀ G g over g ≥ 0, G given as rr gg bb rg rb gb: the best feasible of the octant's seven faces.
/// Where that is at g = 0, a number below 0 that tells how far all channels are from answering.
#[inline(always)]
fn best_gains_score(b: [f32; 3], energy: [f32; 6]) -> f32 {
    let [rr, gg, bb, rg, rb, gb] = energy;
    let one = |b: f32, e: f32| if b > 0.0 && e > 0.0 { b * b / e } else { 0.0 };
    let two = |b0: f32, b1: f32, e0: f32, e1: f32, e01: f32| {
        let det = e0 * e1 - e01 * e01;
        let (g0, g1) = (b0 * e1 - b1 * e01, b1 * e0 - b0 * e01);
        if det > 1e-6 * e0 * e1 && g0 >= 0.0 && g1 >= 0.0 { (g0 * b0 + g1 * b1) / det } else { 0.0 }
    };
    let cofactors = [
        gg * bb - gb * gb,
        rb * gb - rg * bb,
        rg * gb - rb * gg,
        rr * bb - rb * rb,
        rg * rb - rr * gb,
        rr * gg - rg * rg,
    ];
    let det = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2];
    let g = [
        cofactors[0] * b[0] + cofactors[1] * b[1] + cofactors[2] * b[2],
        cofactors[1] * b[0] + cofactors[3] * b[1] + cofactors[4] * b[2],
        cofactors[2] * b[0] + cofactors[4] * b[1] + cofactors[5] * b[2],
    ];
    let feasible = det > 1e-6 * rr * gg * bb && g.iter().all(|&g| g >= 0.0);
    let three = if feasible { (g[0] * b[0] + g[1] * b[1] + g[2] * b[2]) / det } else { 0.0 };
    let best = one(b[0], rr)
        .max(one(b[1], gg))
        .max(one(b[2], bb))
        .max(two(b[0], b[1], rr, gg, rg))
        .max(two(b[0], b[2], rr, bb, rb))
        .max(two(b[1], b[2], gg, bb, gb))
        .max(three);
    if best > 0.0 {
        return best;
    }
    // Every channel answers in the opposite sense. How decidedly keeps the scores apart, so that ranks stay uniform.
    let against = |b: f32, e: f32| if e > 0.0 { b / e.sqrt() } else { 0.0 };
    against(b[0], rr).max(against(b[1], gg)).max(against(b[2], bb)).min(0.0)
}

fn robust_sigma(values: impl Iterator<Item = f64>) -> f64 {
    let mut magnitudes: Vec<f64> = values.map(f64::abs).collect();
    magnitudes.sort_by(f64::total_cmp);
    let median = magnitudes.get(magnitudes.len() / 2).copied().unwrap_or(0.0);
    let root_mean_square = DVector::from_vec(magnitudes).norm();
    (MAD_TO_SIGMA * median).max(1e-3 * root_mean_square).max(1e-9)
}
