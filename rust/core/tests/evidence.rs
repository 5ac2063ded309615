//! The evidence on light that is made here: what was put in is found, and nothing else.

use std::num::NonZeroUsize;

use lightproof_core::Error;
use lightproof_core::challenge::{Challenge, ILLUMINATIONS, Mode, fill_decoys, neutral};
use lightproof_core::freshness::{FaceLight, response_strength};
use lightproof_core::response::{FEATURES, MAX_REGISTRATION_RESIDUAL, ResponseRegression};
use lightproof_core::timeline::Timeline;
use proptest::prelude::*;

const FRAME_S: f64 = 1.0 / 30.0;
const EXPOSURE_S: f64 = 0.015;
const MIXING: [[f64; 3]; 3] = [[1.0, 0.06, 0.01], [0.05, 1.0, 0.06], [0.01, 0.08, 1.0]];
/// One nuisance: a constant.
const CONSTANT: [f64; 1] = [1.0];

/// A small linear congruential generator (Knuth, MMIX): tests need repeatable numbers, not good ones.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn played(challenge: &Challenge) -> Timeline {
    let mut timeline = Timeline::new(challenge);
    for step in challenge.steps() {
        timeline.flip(step.start_s).unwrap();
    }
    timeline
}

fn exposures(frames: usize) -> Vec<(f64, f64)> {
    (0..frames).map(|t| (t as f64 * FRAME_S, t as f64 * FRAME_S + EXPOSURE_S)).collect()
}

/// Features of a face with this response to the light of `timeline`, delayed by `latency_s`.
fn face(timeline: &Timeline, response: f64, latency_s: f64, noise: f64, seed: u64) -> Vec<[f64; 3]> {
    let mut random = Noise(seed);
    let mut drift = 0.0;
    exposures(96)
        .iter()
        .map(|&(start_s, end_s)| {
            let light = timeline.light(start_s, end_s, latency_s);
            drift += noise * random.normal();
            let relative: [f64; 3] = std::array::from_fn(|c| {
                let mixed: f64 = (0..3)
                    .map(|d| MIXING[c][d] * light.iter().map(|quadrant| quadrant[d]).sum::<f64>() / 4.0)
                    .sum();
                let under_neutral = 1.0 + response * (0..3).map(|d| MIXING[c][d] * neutral()[d]).sum::<f64>();
                (1.0 + response * mixed) / under_neutral * (1.0 + drift) - 1.0 + 0.2 * noise * random.normal()
            });
            FEATURES.map(|weights| (0..3).map(|c| weights[c] * relative[c]).sum())
        })
        .collect()
}

fn light(features: &[[f64; 3]]) -> FaceLight {
    FaceLight::new(features, &vec![CONSTANT; features.len()], &exposures(features.len()), MIXING)
        .unwrap()
        .unwrap()
}

#[test]
fn a_face_that_follows_the_challenge_beats_every_decoy() {
    let challenge = Challenge::generate(&[3; 32], Mode::Standard);
    let timeline = played(&challenge);
    let face = light(&face(&timeline, 0.1, 0.0, 0.005, 1));
    let rank = face
        .scorer(&timeline, &[-0.02, 0.0, 0.02])
        .unwrap()
        .rank(challenge.codes(), &[4; 32], 20_000)
        .unwrap();
    assert_eq!(rank.rank, 1);
    assert!((rank.p_value() - 1.0 / (rank.decoys as f64 + 1.0)).abs() < 1e-12);
}

#[test]
fn a_face_that_follows_the_complement_of_the_challenge_scores_nothing() {
    let challenge = Challenge::generate(&[3; 32], Mode::Standard);
    let timeline = played(&challenge);
    let mut features = face(&timeline, 0.1, 0.0, 0.0005, 1);
    for value in features.iter_mut().flatten() {
        *value = -*value;
    }
    let (gains, score) = light(&features).gains(challenge.codes(), &timeline, 0.0);
    let straight = light(&face(&timeline, 0.1, 0.0, 0.0005, 1)).gains(challenge.codes(), &timeline, 0.0).1;
    assert!(score < 0.01 * straight, "anti-phase {score}, in phase {straight}, gains {gains:?}");
}

#[test]
fn light_that_knows_nothing_of_the_challenge_ranks_anywhere_with_equal_chance() {
    const DECOYS: usize = 99;
    const SESSIONS: u32 = 600;
    let mut tenths = [0_u32; 10];
    for session in 0..SESSIONS {
        let seed = |kind: u8| {
            let mut seed = [kind; 32];
            seed[..4].copy_from_slice(&session.to_le_bytes());
            seed
        };
        let shown = played(&Challenge::generate(&seed(1), Mode::Standard));
        let asked = Challenge::generate(&seed(2), Mode::Standard);
        let face = light(&face(&shown, 0.2, 0.0, 0.005, u64::from(session)));
        let rank =
            face.scorer(&played(&asked), &[0.0]).unwrap().rank(asked.codes(), &seed(3), DECOYS).unwrap();
        tenths[(rank.rank - 1) * 10 / (DECOYS + 1)] += 1;
    }
    // χ² with 9 degrees of freedom exceeds 27.9 with probability 0.001.
    let expected = f64::from(SESSIONS) / 10.0;
    let chi_square: f64 = tenths.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
    assert!(chi_square < 27.9, "{tenths:?}");
}

#[test]
fn light_without_any_change_ties_with_all_and_is_never_first() {
    let challenge = Challenge::generate(&[5; 32], Mode::Standard);
    let timeline = played(&challenge);
    let face = light(&vec![[0.0; 3]; 96]);
    let rank = face.scorer(&timeline, &[0.0]).unwrap().rank(challenge.codes(), &[6; 32], 100).unwrap();
    assert_eq!(rank.rank, rank.decoys + 1);
}

#[test]
fn the_latency_curve_peaks_where_the_light_came() {
    let challenge = Challenge::generate(&[7; 32], Mode::Standard);
    let timeline = played(&challenge);
    let face = light(&face(&timeline, 0.1, 0.08, 0.002, 2));
    let latencies_s: Vec<f64> = (0..60).map(|k| 0.004 * f64::from(k)).collect();
    let curve = face.latency_curve(challenge.codes(), &timeline, &latencies_s).unwrap();
    let best = (0..curve.len()).max_by(|&a, &b| curve[a].total_cmp(&curve[b])).unwrap();
    assert!((latencies_s[best] - 0.08).abs() < 0.009, "{}", latencies_s[best]);
}

#[test]
fn the_strength_of_the_response_is_the_one_that_was_put_in() {
    let challenge = Challenge::generate(&[8; 32], Mode::Standard);
    let timeline = played(&challenge);
    for response in [0.03, 0.1, 0.2] {
        let face = light(&face(&timeline, response, 0.0, 0.0002, 3));
        let strength = response_strength(face.gains(challenge.codes(), &timeline, 0.0).0, MIXING);
        let white: [f64; 3] = MIXING.map(|row| row.iter().sum::<f64>());
        for c in 0..3 {
            let expected = response * white[c];
            assert!((strength[c] / expected - 1.0).abs() < 0.03, "{strength:?} for {expected}");
        }
    }
}

#[test]
fn too_few_frames_or_broken_numbers_are_no_evidence() {
    assert!(FaceLight::new(&[[0.0; 3]; 4], &[CONSTANT; 4], &exposures(4), MIXING).unwrap().is_none());
    let mut features = vec![[0.1; 3]; 96];
    features[7][1] = f64::NAN;
    assert!(FaceLight::new(&features, &vec![CONSTANT; 96], &exposures(96), MIXING).unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The tables score a challenge as the plain regression does.
    #[test]
    fn the_fast_score_is_the_plain_score(
        seed in any::<[u8; 32]>(), response in 0.01_f64..0.3, noise in 1e-4_f64..1e-2,
    ) {
        let timeline = played(&Challenge::generate(&seed, Mode::Standard));
        let face = light(&face(&timeline, response, 0.0, noise, u64::from(seed[0])));
        let latencies_s = [-0.02, 0.0, 0.02];
        let mut mixed = [*timeline.challenge().codes(); 21];
        fill_decoys(&seed, &mut mixed[1..]);
        let scorer = face.scorer(&timeline, &latencies_s).unwrap();
        for codes in &mixed {
            let curve = face.latency_curve(codes, &timeline, &latencies_s).unwrap();
            let plain = curve.into_iter().fold(0.0, f64::max);
            let fast = f64::from(scorer.score(codes)).max(0.0);
            // A ten-thousandth of an average challenge's energy is added, and single precision is one.
            prop_assert!((fast - plain).abs() <= 0.01 * plain + 1.0, "fast {fast}, plain {plain}");
        }
    }
}

/// Every mix of the even dwells of one drawn challenge with the odd ones of another: tables change no rank.
#[test]
fn the_rank_is_that_of_scoring_every_mix_in_full() {
    for session in 0..10_u8 {
        let timeline = played(&Challenge::generate(&[session; 32], Mode::Standard));
        let response = if session % 2 == 0 { 0.004 } else { 0.05 };
        let face = light(&face(&timeline, response, 0.0, 0.01, u64::from(session)));
        let scorer = face.scorer(&timeline, &[-0.02, 0.0, 0.02]).unwrap();
        let codes = *timeline.challenge().codes();
        let mut mixed = [codes; 41];
        fill_decoys(&[77; 32], &mut mixed[1..]);
        let own = scorer.score(&codes);
        let mix = |even: usize, odd: usize| -> [u8; ILLUMINATIONS] {
            std::array::from_fn(|k| if k % 2 == 0 { mixed[even][k] } else { mixed[odd][k] })
        };
        let all = (0..41).flat_map(|even| (0..41).map(move |odd| (even, odd)));
        let at_least = all
            .filter(|&at| at != (0, 0))
            .filter(|&(even, odd)| scorer.score(&mix(even, odd)) >= own)
            .count();
        let rank = scorer.rank(&codes, &[77; 32], 1600).unwrap();
        assert_eq!((rank.rank, rank.decoys), (at_least + 1, 41 * 41 - 1));
    }
}

#[test]
fn at_least_as_many_decoys_are_asked_as_were_wanted() {
    let timeline = played(&Challenge::generate(&[40; 32], Mode::Standard));
    let scorer = light(&face(&timeline, 0.01, 0.0, 0.01, 40)).scorer(&timeline, &[0.0]).unwrap();
    for wanted in [0, 1, 2, 3, 4, 99, 1023, 1024, 6000] {
        let asked = scorer.rank(timeline.challenge().codes(), &[41; 32], wanted).unwrap().decoys;
        assert!(asked >= wanted && asked <= wanted + 2 * wanted.isqrt(), "{asked} for {wanted}");
    }
}

#[test]
fn the_rank_is_the_same_on_any_number_of_threads() {
    let timeline = played(&Challenge::generate(&[41; 32], Mode::Standard));
    let face = light(&face(&timeline, 0.003, 0.0, 0.01, 41));
    let scorer = face.scorer(&timeline, &[0.0]).unwrap();
    let codes = *timeline.challenge().codes();
    let ranks = [1, 2, 3].map(|threads| {
        scorer.rank_on(NonZeroUsize::new(threads).unwrap(), &codes, &[42; 32], 150_000).unwrap().rank
    });
    assert!(ranks[0] > 1, "a rank of 1 would show nothing");
    assert_eq!(ranks, [ranks[0]; 3]);
}

/// The features of one half less those of the other, if the halves turn a little to those of the screen.
fn halves(timeline: &Timeline, gain: f64, seed: u64) -> [Vec<[f64; 3]>; 2] {
    let mut random = Noise(seed);
    [[-0.25, 0.25, -0.25, 0.25], [0.25, 0.25, -0.25, -0.25]].map(|signs| {
        exposures(96)
            .iter()
            .map(|&(start_s, end_s)| {
                let light = timeline.light(start_s, end_s, 0.0);
                let seen: [f64; 3] = std::array::from_fn(|c| {
                    (0..4).map(|q| signs[q] * light[q][c]).sum::<f64>() * gain + 1e-4 * random.normal()
                });
                FEATURES.map(|weights| (0..3).map(|c| weights[c] * seen[c]).sum())
            })
            .collect()
    })
}

/// The mean of both halves does not tell which of them has which colour.
#[test]
fn the_halves_of_the_face_tell_apart_what_its_mean_light_cannot() {
    let challenge = Challenge::generate(&[43; 32], Mode::Standard);
    let timeline = played(&challenge);
    let features = face(&timeline, 0.1, 0.0, 0.001, 43);
    let swapped = challenge.codes().map(|code| {
        let (split, first, rest) = (code / 30, code % 30 / 5, code % 5);
        let second = if rest < first { rest } else { rest + 1 };
        split * 30 + second * 5 + if first < second { first } else { first - 1 }
    });
    let mean = light(&features).scorer(&timeline, &[0.0]).unwrap();
    let (own, other) = (mean.score(challenge.codes()), mean.score(&swapped));
    assert!((own - other).abs() < 0.01 * own, "{own} {other}");
    let [across, down] = halves(&timeline, 0.01, 44);
    let scorer = light(&features).with_halves(&across, &down).unwrap().scorer(&timeline, &[0.0]).unwrap();
    assert!(scorer.score(challenge.codes()) > 1.1 * scorer.score(&swapped));
}

/// Where the room lights one half more, the screen adds less to it: that is not a code of the halves.
#[test]
fn mean_light_that_leaks_into_the_halves_is_no_evidence() {
    let challenge = Challenge::generate(&[45; 32], Mode::Standard);
    let timeline = played(&challenge);
    let features = face(&timeline, 0.1, 0.0, 0.001, 45);
    let without = light(&features).scorer(&timeline, &[0.0]).unwrap().score(challenge.codes());
    let leak: Vec<[f64; 3]> = features.iter().map(|row| row.map(|value| 0.5 * value)).collect();
    let scorer = light(&features).with_halves(&leak, &leak).unwrap().scorer(&timeline, &[0.0]).unwrap();
    let with = scorer.score(challenge.codes());
    assert!((with - without).abs() < 0.02 * without, "{with} {without}");
}

#[test]
fn halves_of_another_number_of_frames_are_refused() {
    let timeline = played(&Challenge::generate(&[46; 32], Mode::Standard));
    let rows = vec![[0.0; 3]; 96];
    let face = || light(&face(&timeline, 0.1, 0.0, 0.001, 46));
    assert!(face().with_halves(&rows[1..], &rows).is_err());
    assert!(face().with_halves(&rows, &rows[1..]).is_err());
    assert!(face().with_halves(&rows, &vec![[f64::NAN; 3]; 96]).is_ok(), "they are left out");
}

const ROWS: usize = 12;
const COLUMNS: usize = 10;

/// Cells of a face whose left half answers the right quadrants less than the left ones, and the other way
/// round.
fn across(cell: usize) -> f64 {
    if cell % COLUMNS < COLUMNS / 2 { -0.3 } else { 0.3 }
}

/// The quotients `a / s` and `b / s` found in the cells of [`across`], each with its own `relative` response,
/// under slow changes of the gain.
fn quotients(seed: u8, strength: f64, relative: impl Fn(usize) -> f64) -> Vec<[f64; 2]> {
    let challenge = Challenge::generate(&[seed; 32], Mode::Standard);
    let timeline = played(&challenge);
    let mut random = Noise(5);
    let albedo: Vec<[f64; 3]> =
        (0..ROWS * COLUMNS).map(|_| std::array::from_fn(|_| 0.1 + 0.1 * random.uniform())).collect();
    let picture = |light: [[f64; 3]; 4]| -> Vec<f64> {
        let mixed = light.map(|q| MIXING.map(|row| row[0] * q[0] + row[1] * q[1] + row[2] * q[2]));
        (0..ROWS * COLUMNS * 3)
            .map(|i| {
                let (cell, c) = (i / 3, i % 3);
                let mean: f64 = mixed.iter().map(|q| q[c]).sum::<f64>() / 4.0;
                let side = (mixed[1][c] + mixed[3][c] - mixed[0][c] - mixed[2][c]) / 4.0;
                albedo[cell][c] * (1.0 + strength * relative(cell) * (mean + across(cell) * side))
            })
            .collect()
    };
    let neutral_cells: Vec<f32> = picture([neutral(); 4]).into_iter().map(|v| v as f32).collect();
    let mut response =
        ResponseRegression::new(&[true; ROWS * COLUMNS], &neutral_cells, ROWS, COLUMNS, MIXING, 128).unwrap();
    let mut gain = 1.0;
    for (t, (start_s, end_s)) in exposures(96).into_iter().enumerate() {
        gain += 0.002 * random.normal();
        let light = timeline.light(start_s, end_s, 0.0);
        let cells: Vec<f32> =
            picture(light).iter().map(|v| (gain * v * (1.0 + 0.001 * random.normal())) as f32).collect();
        response.push(&cells, &light, t as f64 / 48.0 - 1.0).unwrap();
    }
    let face =
        FaceLight::new(response.series(), response.nuisance(), &exposures(96), MIXING).unwrap().unwrap();
    let maps = response.solve(face.gains(challenge.codes(), &timeline, 0.0).0).unwrap();
    let [s, a, b] = maps.estimates;
    (0..ROWS * COLUMNS).map(|k| [f64::from(a[k] / s[k]), f64::from(b[k] / s[k])]).collect()
}

#[test]
fn the_response_of_every_cell_is_found_under_motion_of_the_gain() {
    for (cell, [a, b]) in quotients(9, 0.1, |_| 1.0).into_iter().enumerate() {
        assert!((a - across(cell)).abs() < 0.15 && b.abs() < 0.15, "cell {cell}: {a} across, {b} down");
    }
}

/// A cell that the room hardly lights answers the screen several times as strongly as the face. Nothing of
/// that may look like a direction of the surface: not in one challenge, whatever its colours happen to be.
#[test]
fn a_dimly_lit_cell_has_the_quotients_of_any_other_under_a_strong_response() {
    for seed in 0..12 {
        let relative = |cell: usize| if cell % 7 == 0 { 2.5 } else { 0.8 };
        for (cell, [a, b]) in quotients(seed, 0.2, relative).into_iter().enumerate() {
            assert!(
                (a - across(cell)).abs() < 0.06 && b.abs() < 0.06,
                "seed {seed}, cell {cell}: {a} across, {b} down"
            );
        }
    }
}

#[test]
fn a_picture_of_something_else_is_told_and_not_taken_in() {
    let pattern = |k: usize| 0.1 + 0.3 * ((k * 7919) % 101) as f32 / 101.0;
    let neutral_cells: Vec<f32> = (0..64 * 3).map(|i| pattern(i / 3)).collect();
    let mut response = ResponseRegression::new(&[true; 64], &neutral_cells, 8, 8, MIXING, 16).unwrap();
    let brighter: Vec<f32> = neutral_cells.iter().map(|v| 1.3 * v).collect();
    let other: Vec<f32> = (0..64 * 3).map(|i| pattern(i / 3 + 31)).collect();
    let broken = vec![f32::NAN; 64 * 3];
    for (cells, frames) in [(&neutral_cells, 1), (&other, 1), (&brighter, 2), (&broken, 2)] {
        let residual = response.push(cells, &[[0.3; 3]; 4], 0.0).unwrap().residual;
        assert_eq!(
            residual <= MAX_REGISTRATION_RESIDUAL,
            cells == &neutral_cells || cells == &brighter,
            "{residual}"
        );
        assert_eq!((response.frames(), response.series().len()), (frames, frames));
    }
}

#[test]
fn what_does_not_fit_the_grid_is_refused_and_not_taken_in() {
    let new =
        |mask: &[bool], neutral_cells: &[f32]| ResponseRegression::new(mask, neutral_cells, 8, 8, MIXING, 16);
    let mut response = new(&[true; 64], &[0.5; 192]).unwrap();
    assert!(matches!(
        response.push(&[0.5; 191], &[[0.3; 3]; 4], 0.0),
        Err(Error::GridSize { what: "cells", .. })
    ));
    assert_eq!(response.frames(), 0);
    let refused = |mask: &[bool], neutral_cells: &[f32]| new(mask, neutral_cells).unwrap_err();
    assert!(matches!(refused(&[true; 64], &[0.5; 191]), Error::GridSize { what: "neutral_cells", .. }));
    assert!(matches!(refused(&[true; 63], &[0.5; 192]), Error::GridSize { what: "mask", .. }));
    assert!(matches!(refused(&[false; 64], &[0.5; 192]), Error::TooFewCells { cells: 0, .. }));
    assert!(matches!(refused(&[true; 64], &[f32::NAN; 192]), Error::Number { what: "neutral_cells", .. }));
}

#[test]
fn series_of_different_lengths_are_refused_and_not_taken_for_too_few_frames() {
    let (features, nuisance, exposures_s) = (vec![[0.0; 3]; 96], vec![CONSTANT; 96], exposures(96));
    let short = FaceLight::new(&features, &nuisance[1..], &exposures_s, MIXING);
    assert!(matches!(short, Err(Error::Rows { what: "nuisance", count: 95, frames: 96 })));
    let short = FaceLight::new(&features, &nuisance, &exposures_s[1..], MIXING);
    assert!(matches!(short, Err(Error::Rows { what: "exposures_s", count: 95, frames: 96 })));
}

#[test]
fn a_challenge_cannot_come_first_for_want_of_a_latency_to_score_it_at() {
    let timeline = played(&Challenge::generate(&[3; 32], Mode::Standard));
    let refused = light(&face(&timeline, 0.1, 0.0, 0.005, 1)).scorer(&timeline, &[]);
    assert!(matches!(refused, Err(Error::Count { what: "latencies_s", count: 0, .. })));
}
