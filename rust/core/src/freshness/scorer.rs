//! Scores of millions of challenges: every mix of a few thousand, from tables of their halves.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{self, AtomicUsize};

use nalgebra::{DMatrix, Matrix3, Vector3};

use super::face_light::{AXES, DIFFERENCES, Evidence, HalvesLight};
use super::gains::{PAIRS, best_gains_score, one_gain_score};
use crate::Error;
use crate::challenge::{CODES, ILLUMINATIONS, MAX_DECOYS, fill_decoys};
use crate::vectors::{Level, dispatch};

/// Numbers that say what a dwell's light does: to the face's three channels, then to the colour differences
/// of each axis of its halves.
const LIGHTS: usize = OF_FACE + AXES * DIFFERENCES;
const OF_FACE: usize = 3;
/// What is explained is asked of the whole face's three channels and of each axis.
const EVIDENCE: usize = OF_FACE + AXES;
/// Energies: of the face's six [`PAIRS`] of channels, and of each axis.
const ENERGIES: usize = PAIRS.len() + AXES;
/// Dwells of a half of a challenge: those with even numbers, or those with odd ones.
const HALF: usize = ILLUMINATIONS / 2;
/// Most threads of one ranking; more than machines have cores would only wait for one another.
const MAX_THREADS: usize = 256;
/// Share of an average challenge's energy that is added to every one's, so that a challenge of nearly one
/// colour, whose energy is rounding, has no score. It is part of the score's definition, the same for the
/// true challenge and for decoys.
const ADDED_ENERGY: f64 = 1e-4;
/// Odd halves that an even one is mixed with at a time: their sums stay in the first cache.
const BLOCK: usize = 256;
/// Most decoys whose scores are given for a histogram.
const MAX_HISTOGRAM_DECOYS: usize = 1 << 14;

type Codes = [u8; ILLUMINATIONS];

/// What the score of every challenge is made from, at one latency.
#[derive(Debug, Clone)]
pub(super) struct Lag {
    /// What each code adds to the evidence in each dwell.
    evidence: Vec<[[f32; EVIDENCE]; CODES as usize]>,
    /// Cross-products of the dwells, in the whole face and in its halves.
    gram: Gram,
    halves_gram: Gram,
    /// Added to every challenge's energies.
    added: [f32; ENERGIES],
}

type Gram = [[f32; ILLUMINATIONS]; ILLUMINATIONS];

impl Lag {
    pub(super) fn new(
        shares: &DMatrix<f64>,
        halves_shares: &DMatrix<f64>,
        evidence: &Evidence,
        lights: &Lights,
    ) -> Self {
        let of_code = |dwell: usize, code: usize| -> [f32; EVIDENCE] {
            std::array::from_fn(|k| {
                if k < OF_FACE {
                    return (evidence.face[(dwell, k)] * lights.face[code][k]) as f32;
                }
                let axis = k - OF_FACE;
                let of_axis = evidence.halves.get(axis);
                let light = &lights.halves[code][axis];
                of_axis.map_or(0.0, |of| (0..DIFFERENCES).map(|f| of[(dwell, f)] * light[f]).sum::<f64>())
                    as f32
            })
        };
        Self {
            evidence: (0..ILLUMINATIONS)
                .map(|dwell| std::array::from_fn(|code| of_code(dwell, code)))
                .collect(),
            gram: gram(shares),
            halves_gram: gram(halves_shares),
            added: added_energy(shares, halves_shares, lights),
        }
    }
}

/// Light of each code.
pub(super) struct Lights {
    pub(super) face: [Vector3<f64>; CODES as usize],
    pub(super) halves: [HalvesLight; CODES as usize],
}

fn gram(shares: &DMatrix<f64>) -> Gram {
    let products = shares.transpose() * shares;
    std::array::from_fn(|i| std::array::from_fn(|j| products[(i, j)] as f32))
}

/// [`ADDED_ENERGY`] of the mean of the energies that a challenge of independent codes has.
fn added_energy(shares: &DMatrix<f64>, halves_shares: &DMatrix<f64>, lights: &Lights) -> [f32; ENERGIES] {
    let count = f64::from(CODES);
    let own = shares.norm_squared() / count;
    let halves_own = halves_shares.norm_squared() / count;
    std::array::from_fn(|k| {
        let mean = match PAIRS.get(k) {
            Some(&(c, d)) if c == d => own * lights.face.iter().map(|light| light[c] * light[c]).sum::<f64>(),
            Some(_) => 0.0,
            None => {
                let axis = k - PAIRS.len();
                halves_own * lights.halves.iter().flat_map(|light| light[axis]).map(|z| z * z).sum::<f64>()
            }
        };
        (ADDED_ENERGY * mean) as f32
    })
}

/// Scores challenges against one session's light.
#[derive(Debug, Clone)]
pub struct Scorer {
    /// What each code's light does.
    lights: [[f32; LIGHTS]; CODES as usize],
    coupling: [f32; PAIRS.len()],
    lags: Vec<Lag>,
    /// The widest vectors that this processor has.
    level: Level,
}

impl Scorer {
    pub(super) fn new(lights: &Lights, coupling: &Matrix3<f64>, lags: Vec<Lag>) -> Self {
        let of_code = |code: usize| -> [f32; LIGHTS] {
            std::array::from_fn(|k| {
                let of_halves = lights.halves[code].as_flattened();
                if k < OF_FACE { lights.face[code][k] as f32 } else { of_halves[k - OF_FACE] as f32 }
            })
        };
        Self {
            lights: std::array::from_fn(of_code),
            coupling: PAIRS.map(|pair| coupling[pair] as f32),
            lags,
            level: Level::new(),
        }
    }

    /// Score of a challenge: what the best gains of the whole face, and the best gain of each axis of its
    /// halves, explain at the best latency, in units of the noise's variance.
    ///
    /// # Panics
    /// If a code is not below 60.
    #[must_use]
    pub fn score(&self, codes: &Codes) -> f32 {
        let mut score = [0.0];
        self.score_row(&self.mixes(&[*codes]), 0, 0..1, &mut score);
        score[0]
    }

    /// Counts, among at least `count` decoys drawn from `seed`, those that score at least as high as
    /// `challenge`: ties count against the person.
    ///
    /// ⌊√`count`⌋ challenges are drawn. Every mix of the even dwells of one and the odd
    /// dwells of another, `challenge` being one of them, is a decoy. Dwells are independent and alike, so for
    /// light that knows nothing of `challenge` every mix is as likely the best as it is.
    ///
    /// # Errors
    /// [`Error::TooMany`] if `count` is more than [`MAX_DECOYS`].
    pub fn rank(&self, challenge: &Codes, seed: &[u8; 32], count: usize) -> Result<Rank, Error> {
        self.rank_on(NonZeroUsize::MIN, challenge, seed, count)
    }

    /// [`Scorer::rank`] shared out to threads, at most 256: the same decoys, hence the same rank, however
    /// many there are.
    ///
    /// # Errors
    /// Those of [`Scorer::rank`].
    pub fn rank_on(
        &self,
        threads: NonZeroUsize,
        challenge: &Codes,
        seed: &[u8; 32],
        count: usize,
    ) -> Result<Rank, Error> {
        Error::check_count("decoys", count, MAX_DECOYS)?;
        let mixed = challenge_and_drawn(challenge, seed, count);
        let (mixes, own) = (self.mixes(&mixed), self.score(challenge));
        let (next, at_least) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut scores = vec![0.0; mixed.len()];
            loop {
                let row = next.fetch_add(1, atomic::Ordering::Relaxed);
                if row >= mixed.len() {
                    break;
                }
                self.score_row(&mixes, row, 0..mixed.len(), &mut scores);
                // The first of the first row is the challenge itself. What is not a number (light that was
                // not finite) counts as a rival, never as a pass.
                let rivals = &scores[usize::from(row == 0)..];
                let count = rivals.iter().filter(|&&score| !is_less(score, own)).count();
                at_least.fetch_add(count, atomic::Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.get().min(mixed.len()).min(MAX_THREADS) {
                scope.spawn(work);
            }
            work();
        });
        Ok(Rank { score: own, rank: at_least.into_inner() + 1, decoys: mixed.len() * mixed.len() - 1 })
    }

    /// Scores of some of the decoys, at most 2¹⁴ of `count`: enough for a histogram.
    ///
    /// # Errors
    /// [`Error::TooMany`] if `count` is more than [`MAX_DECOYS`].
    pub fn decoy_scores(&self, seed: &[u8; 32], count: usize) -> Result<Vec<f32>, Error> {
        Error::check_count("decoys", count, MAX_DECOYS)?;
        let mut drawn = vec![[0; ILLUMINATIONS]; drawn_for(count)];
        fill_decoys(seed, &mut drawn);
        let mixes = self.mixes(&drawn);
        let n = drawn.len();
        // Along diagonals, so that no half counts much more often than another.
        Ok((0..count.min(MAX_HISTOGRAM_DECOYS).min(n * n))
            .map(|k| {
                let (row, column) = (k % n, (k % n + k / n) % n);
                let mut score = [0.0];
                self.score_row(&mixes, row, column..column + 1, &mut score);
                score[0]
            })
            .collect())
    }

    fn mixes(&self, mixed: &[Codes]) -> Vec<Mixes> {
        self.lags.iter().map(|lag| Mixes::new(lag, &self.lights, mixed)).collect()
    }

    /// Sets the scores of one even half with some of the odd ones.
    fn score_row(&self, mixes: &[Mixes], row: usize, columns: Range<usize>, scores: &mut [f32]) {
        dispatch!(self.level, _ => self.score_row_at_level(mixes, row, columns, scores));
    }

    #[inline(always)]
    fn score_row_at_level(&self, mixes: &[Mixes], row: usize, columns: Range<usize>, scores: &mut [f32]) {
        scores.fill(f32::NEG_INFINITY);
        let mut sums = Sums::default();
        for (block, scores) in scores.chunks_mut(BLOCK).enumerate() {
            for of_lag in mixes {
                sums.add_up(of_lag, row, columns.start + block * BLOCK, scores.len());
                sums.explained(&self.coupling, scores);
            }
        }
    }
}

fn is_less(score: f32, own: f32) -> bool {
    score.partial_cmp(&own) == Some(Ordering::Less)
}

/// How many challenges n are drawn so that all mixes with one more, (n + 1)², are more than `count`.
fn drawn_for(count: usize) -> usize {
    count.isqrt()
}

fn challenge_and_drawn(challenge: &Codes, seed: &[u8; 32], count: usize) -> Vec<Codes> {
    let mut mixed = vec![*challenge; 1 + drawn_for(count)];
    fill_decoys(seed, &mut mixed[1..]);
    mixed
}

/// Tables of the halves of some challenges, at one latency.
///
/// Evidence adds up over the dwells. Energy is a sum over pairs of dwells: over those within either half,
/// which are the halves' own, and those between them, for which the light of an even dwell is multiplied with
/// that of all odd ones as the even one sees it.
struct Mixes {
    even: Vec<EvenHalf>,
    odd: OddHalves,
}

struct EvenHalf {
    evidence: [f32; EVIDENCE],
    /// With [`Lag::added`].
    energy: [f32; ENERGIES],
    lights: [[f32; LIGHTS]; HALF],
}

/// A row of all halves for each number.
struct OddHalves {
    evidence: [Vec<f32>; EVIDENCE],
    energy: [Vec<f32>; ENERGIES],
    /// For each even dwell that was seen, twice what it sees of the odd dwells' light.
    coupled: Vec<[Vec<f32>; LIGHTS]>,
}

impl Mixes {
    fn new(lag: &Lag, lights: &[[f32; LIGHTS]; CODES as usize], mixed: &[Codes]) -> Self {
        let seen = (0..ILLUMINATIONS).rposition(|k| lag.gram[k][k] > 0.0).map_or(0, |k| k + 1);
        let half = |first: usize| (first..seen).step_by(2);
        let light = |codes: &Codes, dwell: usize| lights[usize::from(codes[dwell])];
        let evidence = |codes: &Codes, first: usize| -> [f32; EVIDENCE] {
            let of =
                |k: usize| half(first).map(|dwell| lag.evidence[dwell][usize::from(codes[dwell])][k]).sum();
            std::array::from_fn(of)
        };
        let energy = |codes: &Codes, first: usize| -> [f32; ENERGIES] {
            let mut energy = [0.0; ENERGIES];
            for (i, j) in half(first).flat_map(|i| half(first).map(move |j| (i, j))) {
                let of_pair = products(&light(codes, i), &light(codes, j));
                for (k, (sum, value)) in energy.iter_mut().zip(of_pair).enumerate() {
                    *sum += value * if k < PAIRS.len() { lag.gram[i][j] } else { lag.halves_gram[i][j] };
                }
            }
            energy
        };
        let coupled = |codes: &Codes, dwell: usize, k: usize| -> f32 {
            let gram = if k < OF_FACE { &lag.gram[dwell] } else { &lag.halves_gram[dwell] };
            half(1).map(|other| 2.0 * gram[other] * light(codes, other)[k]).sum()
        };
        let even = mixed.iter().map(|codes| {
            let own = energy(codes, 0);
            EvenHalf {
                evidence: evidence(codes, 0),
                energy: std::array::from_fn(|k| own[k] + lag.added[k]),
                lights: std::array::from_fn(|k| light(codes, 2 * k)),
            }
        });
        let (odd_evidence, odd_energy): (Vec<_>, Vec<_>) =
            mixed.iter().map(|codes| (evidence(codes, 1), energy(codes, 1))).unzip();
        Self {
            even: even.collect(),
            odd: OddHalves {
                evidence: std::array::from_fn(|k| odd_evidence.iter().map(|half| half[k]).collect()),
                energy: std::array::from_fn(|k| odd_energy.iter().map(|half| half[k]).collect()),
                coupled: half(0)
                    .map(|dwell| {
                        std::array::from_fn(|k| mixed.iter().map(|codes| coupled(codes, dwell, k)).collect())
                    })
                    .collect(),
            },
        }
    }
}

/// Products of two lights: of the [`PAIRS`] of channels, either way round, and over each axis.
fn products(a: &[f32; LIGHTS], b: &[f32; LIGHTS]) -> [f32; ENERGIES] {
    std::array::from_fn(|k| {
        if let Some(&(c, d)) = PAIRS.get(k) {
            return 0.5 * (a[c] * b[d] + a[d] * b[c]);
        }
        let first = OF_FACE + (k - PAIRS.len()) * DIFFERENCES;
        (first..first + DIFFERENCES).map(|f| a[f] * b[f]).sum()
    })
}

type OfBlock = [f32; BLOCK];

/// Evidence and energy of a block of mixes.
struct Sums {
    evidence: [OfBlock; EVIDENCE],
    energy: [OfBlock; ENERGIES],
}

impl Default for Sums {
    fn default() -> Self {
        Self { evidence: [[0.0; BLOCK]; EVIDENCE], energy: [[0.0; BLOCK]; ENERGIES] }
    }
}

impl Sums {
    /// Sets the sums of an even half with `count` odd ones from `first` on.
    #[inline(always)]
    fn add_up(&mut self, mixes: &Mixes, row: usize, first: usize, count: usize) {
        let (even, odd, columns) = (&mixes.even[row], &mixes.odd, first..first + count);
        for ((sums, &of_even), of_odd) in self.evidence.iter_mut().zip(&even.evidence).zip(&odd.evidence) {
            for (sum, value) in sums.iter_mut().zip(&of_odd[columns.clone()]) {
                *sum = of_even + value;
            }
        }
        for ((sums, &of_even), of_odd) in self.energy.iter_mut().zip(&even.energy).zip(&odd.energy) {
            for (sum, value) in sums.iter_mut().zip(&of_odd[columns.clone()]) {
                *sum = of_even + value;
            }
        }
        let (of_face, of_axes) = self.energy.split_at_mut(PAIRS.len());
        for (light, coupled) in even.lights.iter().zip(&odd.coupled) {
            let seen = |k: usize| &coupled[k][columns.clone()];
            for (sums, &(c, d)) in of_face.iter_mut().zip(&PAIRS) {
                let (of_c, of_d) = (0.5 * light[c], 0.5 * light[d]);
                for ((sum, at_c), at_d) in sums.iter_mut().zip(seen(c)).zip(seen(d)) {
                    *sum += of_c * at_d + of_d * at_c;
                }
            }
            for (axis, sums) in of_axes.iter_mut().enumerate() {
                let k = OF_FACE + axis * DIFFERENCES;
                for ((sum, red), green) in sums.iter_mut().zip(seen(k)).zip(seen(k + 1)) {
                    *sum += light[k] * red + light[k + 1] * green;
                }
            }
        }
    }

    /// Raises each score to what the block's best gains explain.
    #[inline(always)]
    fn explained(&self, coupling: &[f32; PAIRS.len()], scores: &mut [f32]) {
        let [red, green, blue, across, down] = &self.evidence;
        let [rr, gg, bb, rg, rb, gb, across_energy, down_energy] = &self.energy;
        let [k_rr, k_gg, k_bb, k_rg, k_rb, k_gb] = *coupling;
        let count = scores.len().min(BLOCK);
        for (i, best) in scores[..count].iter_mut().enumerate() {
            let energy = [rr[i] * k_rr, gg[i] * k_gg, bb[i] * k_bb, rg[i] * k_rg, rb[i] * k_rb, gb[i] * k_gb];
            let face = best_gains_score([red[i], green[i], blue[i]], energy);
            let halves =
                one_gain_score(across[i], across_energy[i]) + one_gain_score(down[i], down_energy[i]);
            *best = best.max(face + halves);
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
        let face = face.with_halves(&features, &features).expect("as many rows as frames");
        let scorer = face.scorer(&timeline, &[0.0, 0.02]).expect("there are latencies");
        let mut wrong = *challenge.codes();
        wrong.rotate_left(5); // a middling score
        assert_same_at_every_level(|level| {
            let scorer = Scorer { level, ..scorer.clone() };
            let scores = scorer.decoy_scores(&[2; 32], 1000);
            (
                scores.expect("few are asked").into_iter().map(f32::to_bits).collect::<Vec<u32>>(),
                scorer.rank(&wrong, &[3; 32], 10_000),
            )
        });
    }
}
