//! Flashes are found by every definition, and a challenge has none.

use lightproof_core::Error;
use lightproof_core::challenge::{Challenge, Linear, Mode, NEUTRAL_SRGB, PALETTE_SRGB, linear};
use lightproof_core::photosafety::{LightStep, Photosafety, check, check_challenge};
use proptest::prelude::*;

const PEAK_CD_M2: f64 = 500.0;
const BLACK: Linear = [0.0; 3];
const WHITE: Linear = [1.0; 3];
const RED: Linear = [1.0, 0.0, 0.0];

/// The colours one after another, `times` over, each for `step_s`, on the quadrants that are named.
fn alternate(colours: &[Linear], step_s: f64, times: usize, quadrants: &[usize]) -> Vec<LightStep> {
    (0..times * colours.len())
        .map(|index| {
            let mut light = [colours[0]; 4];
            for &quadrant in quadrants {
                light[quadrant] = colours[index % colours.len()];
            }
            LightStep { start_s: index as f64 * step_s, linear: light }
        })
        .collect()
}

fn verdict(steps: &[LightStep], peak_cd_m2: f64) -> Photosafety {
    let end_s = steps.last().expect("there are steps").start_s + 1.0;
    check(steps, end_s, peak_cd_m2).expect("the sequence is valid")
}

fn all_quadrants(colours: &[Linear], step_s: f64) -> Photosafety {
    verdict(&alternate(colours, step_s, 10, &[0, 1, 2, 3]), PEAK_CD_M2)
}

fn check_seeds(count: u64, mode: Mode, most_pairs: usize) {
    for number in 0..count {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let safety =
            check_challenge(&Challenge::generate(&seed, mode), PEAK_CD_M2).expect("the peak is valid");
        assert!(safety.is_safe() && safety.meets_standards(), "seed {number}: {safety:?}");
        assert!(safety.colour_change_pairs_per_s_max <= most_pairs, "seed {number}: {safety:?}");
    }
}

#[test]
fn ten_thousand_challenges_have_no_flash_and_few_changes_a_second() {
    check_seeds(5_000, Mode::Standard, 3);
    check_seeds(5_000, Mode::Gentle, 2);
}

#[test]
#[ignore = "exhaustive: a million challenges take a minute; run with `make photosafety`"]
fn a_million_standard_challenges_have_no_flash_and_at_most_three_pairs_of_changes_a_second() {
    check_seeds(1_000_000, Mode::Standard, 3);
}

#[test]
#[ignore = "exhaustive: a million challenges take some minutes; run with `make photosafety`"]
fn a_million_gentle_challenges_have_no_flash_and_at_most_two_pairs_of_changes_a_second() {
    check_seeds(1_000_000, Mode::Gentle, 2);
}

#[test]
fn every_pair_of_illuminations_is_safe_in_turn() {
    for mode in [Mode::Standard, Mode::Gentle] {
        for first in 0..60 {
            for second in 0..60 {
                let codes: [u8; 16] =
                    std::array::from_fn(|index| if index % 2 == 0 { first } else { second });
                let challenge = Challenge::from_codes(&codes, mode).expect("the codes are valid");
                // 4,000 cd/m² is brighter than any screen that one sits in front of.
                let safety = check_challenge(&challenge, 4000.0).expect("the peak is valid");
                assert!(safety.is_safe(), "{first} and {second}: {safety:?}");
            }
        }
    }
}

#[test]
fn a_screen_that_shows_each_step_with_its_next_refresh_is_as_safe() {
    for refresh_hz in [50.0, 59.94, 60.0, 75.0, 90.0, 120.0, 144.0] {
        for (mode, most_pairs) in [(Mode::Standard, 3), (Mode::Gentle, 2)] {
            let challenge = Challenge::from_codes(&[0, 7].repeat(8), mode).expect("the codes are valid");
            let steps: Vec<_> = challenge
                .steps()
                .map(|step| LightStep {
                    start_s: (step.start_s * refresh_hz - 1e-6).ceil() / refresh_hz,
                    linear: challenge.step_srgb(&step).map(linear),
                })
                .collect();
            let safety = verdict(&steps, PEAK_CD_M2);
            assert!(safety.is_safe(), "{mode:?} at {refresh_hz} Hz: {safety:?}");
            assert!(safety.colour_change_pairs_per_s_max <= most_pairs);
        }
    }
}

#[test]
fn gentle_mode_changes_more_slowly() {
    let pairs = |mode| {
        let challenge = Challenge::from_codes(&[0, 7].repeat(8), mode).expect("the codes are valid");
        check_challenge(&challenge, PEAK_CD_M2).expect("the peak is valid").colour_change_pairs_per_s_max
    };
    assert_eq!((pairs(Mode::Standard), pairs(Mode::Gentle)), (3, 2));
}

#[test]
fn five_hertz_of_black_and_white_is_a_flash() {
    let safety = all_quadrants(&[BLACK, WHITE], 0.1);
    assert!(!safety.is_safe() && !safety.meets_standards());
    // Ten times black and white: nineteen changes; eleven of them in one closed second.
    assert_eq!(safety.general.quadrants, [9; 4]);
    assert_eq!((safety.general.total, safety.general.per_s_max), (9, 5));
    assert_eq!(safety.broadcast, safety.general);
    assert_eq!((safety.red.total, safety.red_chromaticity.total), (0, 0));
    assert_eq!(safety.colour_change_pairs_per_s_max, 5);
}

#[test]
fn one_quadrant_is_enough() {
    for quadrant in 0..4 {
        let safety = verdict(&alternate(&[BLACK, WHITE], 0.1, 10, &[quadrant]), PEAK_CD_M2);
        let mut expected = [0; 4];
        expected[quadrant] = 9;
        assert_eq!(safety.general.quadrants, expected);
        assert!(!safety.meets_standards());
    }
}

#[test]
fn quadrants_that_flash_in_turn_count_together() {
    // Each quadrant flashes once in 0.8 s: alone it is allowed, all of them are not.
    let steps: Vec<_> = (0..16)
        .map(|index| {
            let mut light = [BLACK; 4];
            if index % 2 == 1 {
                light[index / 2 % 4] = WHITE;
            }
            LightStep { start_s: 0.1 * index as f64, linear: light }
        })
        .collect();
    let safety = verdict(&steps, PEAK_CD_M2);
    assert!(safety.general.quadrants.iter().all(|&flashes| flashes <= 2));
    assert!(safety.general.per_s_max > 3);
}

#[test]
fn three_flashes_a_second_meet_the_standards_but_are_not_shown() {
    let steps = alternate(&[BLACK, WHITE], 1.01 / 6.0, 3, &[0, 1, 2, 3]);
    let safety = verdict(&steps, PEAK_CD_M2);
    assert!(safety.meets_standards() && !safety.is_safe());
}

#[test]
fn saturated_red_is_a_flash_at_any_luminance() {
    // Red against the grey of the same luminance, and against a blue.
    for other in [[0.2126; 3], [0.0, 0.1981, 1.0]] {
        let safety = all_quadrants(&[RED, other], 0.1);
        assert_eq!(safety.general.total, 0);
        assert!(safety.red.per_s_max > 3 && safety.red_chromaticity.per_s_max > 3, "{safety:?}");
        assert!(!safety.is_safe() && !safety.meets_standards());
    }
}

#[test]
fn a_dark_saturated_red_counts_by_the_newer_definition_only() {
    // (R - G - B) x 320 is 16: too weak for WCAG 2.1, while u'v' knows no strength.
    let safety = all_quadrants(&[[0.05, 0.0, 0.0], [0.0106; 3]], 0.1);
    assert_eq!(safety.red.total, 0);
    assert!(safety.red_chromaticity.total > 0);
}

#[test]
fn reds_that_are_not_saturated_do_not_count() {
    let orange = [0.79, 0.16, 0.05];
    let safety = all_quadrants(&[orange, [0.0, 0.2824, 1.0]], 0.1);
    assert_eq!((safety.red.total, safety.red_chromaticity.total), (0, 0));
}

#[test]
fn limits_are_where_the_standards_put_them() {
    let grey = |light: f64| [light; 3];
    let general = |dark: f64, light: f64| all_quadrants(&[grey(dark), grey(light)], 0.1).general.total > 0;
    assert!(general(0.3, 0.401) && !general(0.3, 0.399));
    assert!(general(0.799, 0.9) && !general(0.801, 1.0));
    let broadcast = |dark: f64, light: f64| {
        all_quadrants(&[grey(dark / PEAK_CD_M2), grey(light / PEAK_CD_M2)], 0.1).broadcast.total > 0
    };
    assert!(broadcast(100.0, 120.1) && !broadcast(100.0, 119.9));
    assert!(broadcast(159.0, 179.1) && !broadcast(159.0, 178.9));
    assert!(broadcast(320.0, 360.1) && !broadcast(320.0, 359.9));
}

#[test]
fn a_brighter_screen_makes_a_flash_of_the_same_picture() {
    let steps = alternate(&[[0.3; 3], [0.35; 3]], 0.1, 10, &[0, 1, 2, 3]);
    assert_eq!(verdict(&steps, 300.0).broadcast.total, 0);
    assert!(verdict(&steps, 500.0).broadcast.total > 0);
}

#[test]
fn a_flash_does_not_hide_behind_small_wiggles() {
    let levels = [0.0, 0.06, 0.03, 0.09, 0.06, 0.12, 0.09, 0.15, 0.12, 0.06, 0.09, 0.0];
    let steps: Vec<_> = (0..3)
        .flat_map(|_| levels)
        .enumerate()
        .map(|(index, level)| LightStep { start_s: 0.01 * index as f64, linear: [[level; 3]; 4] })
        .collect();
    assert_eq!(verdict(&steps, 100.0).general.quadrants, [3; 4]);
}

#[test]
fn light_that_stands_still_between_two_changes_keeps_them_apart() {
    let levels = [vec![0.0; 3], vec![1.0; 20], vec![0.0; 3]].concat();
    let steps: Vec<_> = levels
        .iter()
        .enumerate()
        .map(|(index, &level)| LightStep { start_s: 0.1 * index as f64, linear: [[level; 3]; 4] })
        .collect();
    let general = verdict(&steps, PEAK_CD_M2).general;
    assert_eq!((general.total, general.per_s_max), (1, 0));
}

#[test]
fn a_gradual_change_is_one_change() {
    let ramp = |from: f64, to: f64, part: i32| from + (to - from) * f64::from(part) / 6.0;
    let mut levels: Vec<f64> = (0..=6).map(|part| ramp(0.1, 0.4, part)).collect();
    levels.extend((1..=6).map(|part| ramp(0.4, 0.1, part)));
    let steps: Vec<_> = levels
        .iter()
        .enumerate()
        .map(|(index, &level)| LightStep { start_s: index as f64 / 30.0, linear: [[level; 3]; 4] })
        .collect();
    let safety = verdict(&steps, PEAK_CD_M2);
    assert_eq!((safety.general.total, safety.colour_change_pairs_per_s_max), (1, 1));
}

#[test]
fn a_fast_change_of_isoluminant_colours_is_not_safe() {
    let colours = [linear(PALETTE_SRGB[0]), linear(PALETTE_SRGB[2])];
    let safety = all_quadrants(&colours, 0.1);
    assert_eq!(safety.general.total, 0);
    assert!(!safety.is_safe());
    assert!(all_quadrants(&colours, 0.2).is_safe());
}

#[test]
fn light_that_does_not_change_is_safe() {
    let safety = all_quadrants(&[linear(NEUTRAL_SRGB)], 0.1);
    assert_eq!(safety, Photosafety::default());
}

#[test]
fn sequences_that_are_none_are_refused() {
    let step = |start_s, light| LightStep { start_s, linear: [[light; 3]; 4] };
    let refused =
        |steps: &[LightStep], end_s, peak| check(steps, end_s, peak).expect_err("it must be refused");
    assert!(matches!(refused(&[], 1.0, 500.0), Error::Count { count: 0, .. }));
    assert!(matches!(
        refused(&[step(0.0, 0.5), step(0.0, 0.5)], 1.0, 500.0),
        Error::StepOrder { index: 1, .. }
    ));
    assert!(matches!(refused(&[step(0.0, 0.5)], 0.0, 500.0), Error::StepOrder { index: 1, .. }));
    assert!(matches!(refused(&[step(0.0, 1.1)], 1.0, 500.0), Error::Number { what: "light", .. }));
    assert!(matches!(refused(&[step(0.0, f64::NAN)], 1.0, 500.0), Error::Number { what: "light", .. }));
    assert!(matches!(refused(&[step(f64::NAN, 0.5)], 1.0, 500.0), Error::Number { what: "time", .. }));
    for peak in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(refused(&[step(0.0, 0.5)], 1.0, peak), Error::Number { what: "peak_cd_m2", .. }));
    }
}

/// The most opposing changes that can be picked from a sequence of levels, by trying every choice: the plain
/// twin.
fn longest_alternation(levels: &[f64]) -> usize {
    // best[k][up]: the most changes that end at level k with a rise (1) or a fall (0).
    let mut best = vec![[0; 2]; levels.len()];
    for now in 0..levels.len() {
        for before in 0..now {
            let (low, high) = (levels[before].min(levels[now]), levels[before].max(levels[now]));
            if high - low >= 0.1 && low < 0.8 {
                let up = usize::from(levels[now] > levels[before]);
                best[now][up] = best[now][up].max(best[before][1 - up] + 1);
            }
        }
    }
    best.into_iter().flatten().max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_choice_of_levels_finds_more_flashes(levels in prop::collection::vec(0.0..=1.0, 1..40)) {
        let steps: Vec<_> = levels
            .iter()
            .enumerate()
            .map(|(index, &level)| LightStep { start_s: index as f64, linear: [[level; 3]; 4] })
            .collect();
        prop_assert_eq!(verdict(&steps, PEAK_CD_M2).general.quadrants, [longest_alternation(&levels) / 2; 4]);
    }

    #[test]
    fn the_worst_second_is_never_worse_than_the_whole(
        colours in prop::collection::vec(prop::array::uniform3(0.0..=1.0), 1..60), step_s in 0.01..0.5,
    ) {
        let steps = alternate(&colours, step_s, 1, &[1, 2]);
        let safety = verdict(&steps, PEAK_CD_M2);
        for flashes in [safety.general, safety.broadcast, safety.red, safety.red_chromaticity] {
            prop_assert!(flashes.per_s_max <= flashes.total);
            prop_assert!(flashes.quadrants.iter().all(|&count| count <= flashes.total));
        }
    }
}
