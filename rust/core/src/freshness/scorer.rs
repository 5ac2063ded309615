//! Scores of millions of challenges: tables per session, sixteen challenges at a time, and only those in full
//! that could win.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::sync::atomic::{self, AtomicUsize};

use nalgebra::{DMatrix, Matrix3, Vector3};

use super::gains::{PAIRS, best_gains_score};
use crate::challenge::{self, CODES, DECOYS_PER_STREAM, Decoys, ILLUMINATIONS};
use crate::linear::RIDGE;
use crate::vectors::{Level, dispatch};

/// Decoys scored together: 16 single-precision lanes fill two AVX2 or four NEON registers.
const LANES: usize = 16;
/// A challenge whose energy is less than this part of an average one's scores as if it had this much.
///
/// It is part of the score's definition, the same for the true challenge and for decoys, so the theorem
/// holds. It makes sixteen look-ups enough to know that a decoy cannot reach the true challenge's score; only
/// the few that could are scored in full. With 16 dwells the smallest eigenvalue of the energy is about (1 −
/// √(3/16))² = 0.32 of the average (Marchenko & Pastur 1967), so a true challenge is hardly ever held down.
const MIN_ENERGY: f64 = 0.25;
/// Decoys scored in full for a histogram, whatever K is.
const MAX_HISTOGRAM_DECOYS: usize = 1 << 14;
/// Decoys drawn at a time, so that memory stays flat whatever K is.
const BATCH: usize = 4096;

/// One latency's tables.
#[derive(Debug, Clone)]
pub(super) struct Lag {
    /// What each dwell adds to the evidence of each channel, per unit of light in it.
    evidence: [[f32; 3]; ILLUMINATIONS],
    /// Triangular square root of the dwells' cross-products: a challenge's energy is the square of it times
    /// the light.
    factor: [[f32; ILLUMINATIONS]; ILLUMINATIONS],
    /// What each code in each dwell adds to the evidence, in units of an average challenge's energy and over
    /// [`MIN_ENERGY`]: the square of the sum over the dwells is the ceiling. 16 kB: it stays in the first
    /// cache.
    ceiling: Box<[[Ceiling; CODES_PADDED]; ILLUMINATIONS]>,
}

/// Three numbers padded to four, one SIMD register.
type Ceiling = [f32; 4];

/// [`CODES`] rounded up to a power of two: the remainder of a code is the code, and no look-up checks its
/// bounds.
const CODES_PADDED: usize = (CODES as usize).next_power_of_two();

impl Lag {
    pub(super) fn new(
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

/// Matrix that turns evidence per channel into units of the energy of an average challenge, over
/// [`MIN_ENERGY`].
///
/// The average over independent dwells with colours of mean μ and covariance C is `tr(S) C + ΣS μμᵀ`, coupled
/// through the features; its inverse Cholesky factor makes the square of the result the score of a challenge
/// of that energy.
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
    let ridge = Matrix3::identity() * (RIDGE * energy.trace()).max(f64::MIN_POSITIVE);
    let factor = (energy + ridge).cholesky().and_then(|c| c.l().try_inverse());
    factor.unwrap_or_else(Matrix3::zeros) / MIN_ENERGY.sqrt()
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
    pub(super) fn new(
        colours: &[Vector3<f64>; CODES as usize],
        coupling: &Matrix3<f64>,
        lags: Vec<Lag>,
    ) -> Self {
        Self {
            colours: colours.map(|colour| colour.map(|channel| channel as f32).into()),
            coupling: PAIRS.map(|pair| coupling[pair] as f32),
            lags,
            level: Level::new(),
        }
    }

    /// Scores every challenge in `codes` (16 codes each) into `scores`: what the best gains explain at the
    /// best latency, but no more than the ceiling of an ordinary challenge (see `MIN_ENERGY`).
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

    /// Counts, among `count` decoys drawn from `seed`, those that score at least as high as `challenge`: ties
    /// count against the person.
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
            let mut scratch = Scratch::new();
            loop {
                let stream = next.fetch_add(1, atomic::Ordering::Relaxed);
                if stream >= streams {
                    break;
                }
                let decoys = Decoys::skip_streams(seed, stream as u64);
                let left = (count - stream * DECOYS_PER_STREAM).min(DECOYS_PER_STREAM);
                at_least.fetch_add(self.rivals(decoys, left, own, &mut scratch), atomic::Ordering::Relaxed);
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
    fn rivals(&self, mut decoys: Decoys, mut left: usize, own: f32, scratch: &mut Scratch) -> usize {
        let mut at_least = 0;
        while left > 0 {
            let batch = left.min(BATCH);
            let codes = &mut scratch.codes[..batch * ILLUMINATIONS];
            decoys.fill(codes);
            scratch.rivals.clear();
            dispatch!(self.level, _ => self.prefilter(codes, own, &mut scratch.rivals));
            let scores = &mut scratch.scores[..scratch.rivals.len() / ILLUMINATIONS];
            self.score(&scratch.rivals, scores);
            at_least +=
                scores.iter().filter(|&&score| score.partial_cmp(&own).is_none_or(Ordering::is_ge)).count();
            left -= batch;
        }
        at_least
    }

    /// Appends to `rivals` the challenges whose ceilings reach `own`.
    #[inline(always)]
    fn prefilter(&self, codes: &[u8], own: f32, rivals: &mut Vec<u8>) {
        for decoy in codes.chunks_exact(ILLUMINATIONS) {
            // Written so that a number that is not one (light that was not finite) makes a rival, never a
            // pass.
            if !self.lags.iter().all(|lag| lag.ceiling(decoy) < own) {
                rivals.extend_from_slice(decoy);
            }
        }
    }

    /// Scores of the first decoys of `seed`, at most 2¹⁴ of `count`: enough for a histogram.
    #[must_use]
    pub fn decoy_scores(&self, seed: &[u8; 32], count: usize) -> Vec<f32> {
        let count = count.min(MAX_HISTOGRAM_DECOYS);
        let mut codes = vec![0_u8; count * ILLUMINATIONS];
        challenge::fill_decoys(seed, &mut codes);
        let mut scores = vec![0.0; count];
        self.score(&codes, &mut scores);
        scores
    }
}

/// Memory for one batch of decoys.
struct Scratch {
    codes: Vec<u8>,
    /// Those whose ceiling reaches the true challenge's score.
    rivals: Vec<u8>,
    scores: Vec<f32>,
}

impl Scratch {
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
    /// Probability of a rank this good for a video made without knowing the challenge: rank / (K + 1),
    /// exactly.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::{Challenge, Mode};
    use crate::freshness::FaceLight;
    use crate::timeline::Timeline;
    use crate::vectors::assert_same_at_every_level;

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        let challenge = Challenge::generate(&[1; 32], Mode::Standard);
        let mut timeline = Timeline::new(&challenge);
        challenge.steps().for_each(|step| timeline.flip(step.start_s).expect("steps are in order"));
        let exposures_s: Vec<(f64, f64)> =
            (0..96).map(|t| (f64::from(t) / 30.0, f64::from(t) / 30.0 + 0.015)).collect();
        let features: Vec<[f64; 3]> = exposures_s
            .iter()
            .map(|&(start_s, end_s)| {
                let light = timeline.light(start_s, end_s, 0.0);
                std::array::from_fn(|f| 0.01 * light[f][f] + 1e-3 * (start_s * (50.0 + f as f64)).sin())
            })
            .collect();
        let identity = Matrix3::identity().into();
        let face = FaceLight::new(&features, &[[1.0]; 96], &exposures_s, identity);
        let face = face.expect("the series are of one length").expect("96 frames are enough");
        let scorer = face.scorer(&timeline, &[0.0, 0.02]).expect("there are latencies");
        let mut wrong = *challenge.codes();
        wrong.rotate_left(5); // a middling score: many decoys are scored in full
        assert_same_at_every_level(|level| {
            let scorer = Scorer { level, ..scorer.clone() };
            let scores = scorer.decoy_scores(&[2; 32], 1000);
            (
                scores.into_iter().map(f32::to_bits).collect::<Vec<u32>>(),
                scorer.rank(&wrong, &[3; 32], 10_000),
            )
        });
    }
}
