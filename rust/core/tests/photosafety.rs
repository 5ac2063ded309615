//! Flashes are found by every definition, and a challenge has none.

use lightproof_core::Error;
use lightproof_core::challenge::{Challenge, Mode, NEUTRAL_SRGB, PALETTE_SRGB, Quadrants};
use lightproof_core::colour::{Linear, linear};
use lightproof_core::photosafety::{Flashes, LightStep, Photosafety, check, check_challenge};
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
                    std::array::from_fn(|index: usize| if index % 2 == 0 { first } else { second });
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
fn a_red_that_is_saturated_only_on_the_way_to_its_peak_counts_on_the_way_back_too() {
    // Redness 0, 117.5 with R/(R+G+B) = 0.802, 119.3 with 0.715, 0: all of one luminance.
    let (grey, saturated, peak) = ([0.1879; 3], [0.4873, 0.1177, 0.0023], [0.62, 0.0595, 0.1878]);
    let once = verdict(&alternate(&[grey, saturated, peak, grey], 0.4, 1, &[0, 1, 2, 3]), PEAK_CD_M2);
    assert_eq!((once.general.total, once.broadcast.total), (0, 0));
    assert_eq!((once.red.quadrants, once.red.total), ([1; 4], 1));
    assert!(!once.is_safe());
    // The same 5.5 times a second: in the worst second eleven changes, in one that starts with the grey
    // twelve.
    let often = all_quadrants(&[grey, saturated, peak], 1.0 / 16.5);
    assert!((5..=6).contains(&often.red.per_s_max), "{often:?}");
    assert!(!often.is_safe() && !often.meets_standards());
}

#[test]
fn a_red_flash_does_not_hide_behind_one_before_its_second() {
    // The first light is a change of its own, and what follows within a second is a flash without it.
    let (black, weak, strong) = (BLACK, [0.1, 0.0, 0.0], [0.3, 0.0, 0.0]);
    let steps: Vec<_> = [(0.0, black), (1.0, weak), (5.0, strong), (5.2, black)]
        .map(|(start_s, light)| LightStep { start_s, linear: [light; 4] })
        .into();
    assert_eq!(verdict(&steps, PEAK_CD_M2).red.per_s_max, 1);
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
fn sequences_that_are_not_light_are_refused() {
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

/// Whether the change from one light to another counts as a rise, or as a fall: the definitions, word for
/// word.
type IsChange = fn(from: &Linear, to: &Linear, rises: bool) -> bool;

fn luminance([red, green, blue]: &Linear) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From the darker to the lighter of the two, if the change has the direction that is asked for.
fn in_order(from: f64, to: f64, rises: bool) -> Option<(f64, f64)> {
    let (low, high) = if rises { (from, to) } else { (to, from) };
    (high > low).then_some((low, high))
}

fn is_general(from: &Linear, to: &Linear, rises: bool) -> bool {
    in_order(luminance(from), luminance(to), rises).is_some_and(|(low, high)| high - low >= 0.1 && low < 0.8)
}

fn is_broadcast(from: &Linear, to: &Linear, rises: bool) -> bool {
    in_order(luminance(from) * PEAK_CD_M2, luminance(to) * PEAK_CD_M2, rises).is_some_and(|(low, high)| {
        if low < 160.0 { high - low >= 20.0 } else { high - low >= 1.0 / 17.0 * (high + low) }
    })
}

fn has_saturated_red(from: &Linear, to: &Linear) -> bool {
    [from, to].iter().any(|[red, green, blue]| {
        let sum = red + green + blue;
        sum > 0.0 && *red >= 0.8 * sum
    })
}

fn is_red(from: &Linear, to: &Linear, rises: bool) -> bool {
    let redness = |[red, green, blue]: &Linear| (red - green - blue).max(0.0) * 320.0;
    has_saturated_red(from, to)
        && in_order(redness(from), redness(to), rises).is_some_and(|(low, high)| high - low > 20.0)
}

/// A way in a plane has no direction: every change opposes the one before.
fn is_red_chromaticity(from: &Linear, to: &Linear, _rises: bool) -> bool {
    let uv = |light: &Linear| {
        let [red, green, blue] = if light.iter().sum::<f64>() > 0.0 { *light } else { WHITE };
        let x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
        let y = luminance(&[red, green, blue]);
        let z = 0.0193 * red + 0.1192 * green + 0.9505 * blue;
        let sum = x + 15.0 * y + 3.0 * z;
        [4.0 * x / sum, 9.0 * y / sum]
    };
    let ([u, v], [to_u, to_v]) = (uv(from), uv(to));
    has_saturated_red(from, to) && (to_u - u).hypot(to_v - v) > 0.2
}

/// The plain twin: the most changes in turn of these lights, the first one rising or falling, found by trying
/// every choice of states to start and end each of them.
fn most_in_turn(lights: &[Linear], rises: bool, is_change: IsChange) -> usize {
    let mut most = 0;
    for (from, before) in lights.iter().enumerate() {
        for (to, after) in lights.iter().enumerate().skip(from + 1) {
            if is_change(before, after, rises) {
                most = most.max(1 + most_in_turn(&lights[to..], !rises, is_change));
            }
        }
    }
    most
}

fn most_flashes(lights: &[Linear], is_change: IsChange) -> usize {
    most_in_turn(lights, true, is_change).max(most_in_turn(lights, false, is_change)) / 2
}

/// Holds every count against the twin: in each quadrant exactly, in any second never fewer.
fn compare_with_twin(steps: &[LightStep]) -> Result<(), TestCaseError> {
    let safety = verdict(steps, PEAK_CD_M2);
    let definitions: [(&str, Flashes, IsChange); 4] = [
        ("general", safety.general, is_general),
        ("broadcast", safety.broadcast, is_broadcast),
        ("red", safety.red, is_red),
        ("red chromaticity", safety.red_chromaticity, is_red_chromaticity),
    ];
    for (name, found, is_change) in definitions {
        for quadrant in 0..4 {
            let lights: Vec<Linear> = steps.iter().map(|step| step.linear[quadrant]).collect();
            prop_assert_eq!(found.quadrants[quadrant], most_flashes(&lights, is_change), "{}", name);
            prop_assert!(found.total >= found.quadrants[quadrant] && found.total >= found.per_s_max);
            for first in 1..steps.len() {
                let end_s = steps[first].start_s + 1.0;
                let end = steps.partition_point(|step| step.start_s <= end_s);
                let twin = most_flashes(&lights[first - 1..end], is_change);
                prop_assert!(found.per_s_max >= twin, "{}: {} of {}", name, found.per_s_max, twin);
            }
        }
    }
    Ok(())
}

fn played(lights: &[Quadrants], step_s: f64) -> Vec<LightStep> {
    lights
        .iter()
        .enumerate()
        .map(|(index, &linear)| LightStep { start_s: index as f64 * step_s, linear })
        .collect()
}

/// Any light, greys, and reds on both sides of saturation, which random light hardly ever is.
fn any_light() -> impl Strategy<Value = Linear> {
    prop_oneof![
        prop::array::uniform3(0.0..=1.0),
        (0.0..=1.0).prop_map(|light| [light; 3]),
        (0.0..=1.0, 0.0..=0.4, 0.0..=1.0).prop_map(|(red, rest, green)| [
            red,
            red * rest * green,
            red * rest * (1.0 - green)
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_choice_of_states_finds_other_flashes_on_the_whole_screen(
        lights in prop::collection::vec(any_light(), 1..10), step_s in 0.05..0.4,
    ) {
        let whole: Vec<Quadrants> = lights.iter().map(|&light| [light; 4]).collect();
        compare_with_twin(&played(&whole, step_s))?;
    }

    #[test]
    fn no_choice_of_states_finds_other_flashes_in_a_quadrant(
        lights in prop::collection::vec(prop::array::uniform4(any_light()), 1..8), step_s in 0.05..0.4,
    ) {
        compare_with_twin(&played(&lights, step_s))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

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
