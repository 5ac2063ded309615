//! The challenge is what its seed says, shows what it promises, and cannot be foreseen.

use lightproof_core::Error;
use lightproof_core::challenge::{
    CODES, Challenge, ILLUMINATIONS, Mode, PALETTE_SRGB, Quadrants, derive_seed, fill_decoys, neutral,
};
use lightproof_core::colour::{linear, relative_luminance};
use proptest::prelude::*;

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Standard), Just(Mode::Gentle)]
}

fn challenges() -> impl Strategy<Value = Challenge> {
    (any::<[u8; 32]>(), modes()).prop_map(|(seed, mode)| Challenge::generate(&seed, mode))
}

fn close(a: &Quadrants, b: &Quadrants, tolerance: f64) -> bool {
    a.as_flattened().iter().zip(b.as_flattened()).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[test]
fn codes_are_the_accepted_bytes_of_the_chacha20_key_stream() {
    // RFC 8439, appendix A.1, test vector 1: the key stream of the all-zero key. None of its first bytes is
    // 240 or more.
    let stream = [
        0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28, 0xbd,
    ];
    let expected: Vec<u8> = stream.iter().filter(|&&byte| byte < 240).map(|byte| byte % 60).collect();
    assert_eq!(Challenge::generate(&[0; 32], Mode::Standard).codes()[..], expected[..]);
}

#[test]
fn decoys_come_from_another_stream_than_challenges() {
    let mut decoy = [[0; ILLUMINATIONS]];
    fill_decoys(&[3; 32], &mut decoy);
    assert_ne!(&decoy[0], Challenge::generate(&[3; 32], Mode::Standard).codes());
}

#[test]
fn every_code_is_equally_likely_at_every_place() {
    let mut codes = vec![[0; ILLUMINATIONS]; 60_000];
    fill_decoys(&[5; 32], &mut codes);
    for place in 0..ILLUMINATIONS {
        let mut counts = [0_u32; CODES as usize];
        for codes in &codes {
            counts[usize::from(codes[place])] += 1;
        }
        let chi_squared: f64 = counts.iter().map(|&count| (f64::from(count) - 1000.0).powi(2) / 1000.0).sum();
        // 59 degrees of freedom: above 120 with a probability of 4e-6.
        assert!(chi_squared < 120.0, "place {place}: {chi_squared}");
    }
}

#[test]
fn the_first_decoys_are_the_same_however_many_follow() {
    let (mut few, mut many) = ([[0; ILLUMINATIONS]; 3], [[0; ILLUMINATIONS]; 300]);
    fill_decoys(&[8; 32], &mut few);
    fill_decoys(&[8; 32], &mut many);
    assert_eq!(few, many[..3]);
    assert!(many.iter().all(|codes| Challenge::from_codes(codes, Mode::Standard).is_ok()));
}

#[test]
fn colours_of_the_palette_have_the_same_luminance_and_none_is_a_saturated_red() {
    for colour in PALETTE_SRGB.map(linear) {
        assert!((0.334..0.3375).contains(&relative_luminance(&colour)), "{colour:?}");
        assert!(colour[0] / colour.iter().sum::<f64>() < 0.77, "{colour:?}");
    }
}

#[test]
fn a_code_names_its_split_and_its_two_colours() {
    for code in 0..CODES {
        let challenge =
            Challenge::from_codes(&[code; ILLUMINATIONS], Mode::Standard).expect("the codes are valid");
        let [top_left, top_right, bottom_left, bottom_right] = challenge.srgb(0);
        let (a, b) = (top_left, bottom_right);
        let index =
            |colour| PALETTE_SRGB.iter().position(|&known| known == colour).expect("it is in the palette");
        let (first, second) = (index(a), index(b));
        let split = usize::from(top_left == top_right);
        assert_eq!((top_right, bottom_left), if split == 0 { (b, a) } else { (a, b) });
        let rest = if second < first { second } else { second - 1 };
        assert_eq!(usize::from(code), split * 30 + first * 5 + rest);
    }
}

#[test]
fn seeds_need_both_the_nonce_and_the_device() {
    let seed = derive_seed(&[1; 32], &[2; 32]).expect("the nonce is valid");
    assert_ne!(seed, derive_seed(&[3; 32], &[2; 32]).expect("the nonce is valid"));
    assert_ne!(seed, derive_seed(&[1; 32], &[4; 32]).expect("the nonce is valid"));
}

#[test]
fn nonces_outside_the_length_of_the_standard_are_refused() {
    for length in [0, 7, 65, 1000] {
        assert_eq!(derive_seed(&vec![0; length], &[0; 32]), Err(Error::NonceLength { length }));
    }
    for length in [8, 64] {
        assert!(derive_seed(&vec![0; length], &[0; 32]).is_ok());
    }
}

#[test]
fn codes_that_are_not_a_challenge_are_refused() {
    assert!(matches!(Challenge::from_codes(&[0; 15], Mode::Standard), Err(Error::Count { count: 15, .. })));
    let mut codes = [0; ILLUMINATIONS];
    codes[3] = 60;
    assert_eq!(Challenge::from_codes(&codes, Mode::Standard), Err(Error::Code { index: 3, code: 60 }));
}

#[test]
fn times_that_are_not_an_interval_are_refused() {
    let challenge = Challenge::generate(&[0; 32], Mode::Standard);
    for (start_s, end_s) in [(1.0, 0.9), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        assert!(matches!(challenge.at(start_s, end_s), Err(Error::Interval { .. })));
    }
}

#[test]
fn gentle_light_moves_by_a_smoothstep_sampled_at_the_middle_of_each_step() {
    let weights: Vec<_> =
        Challenge::generate(&[0; 32], Mode::Gentle).steps().take(7).map(|step| step.weight).collect();
    for (step, weight) in weights[..6].iter().enumerate() {
        let part = (step as f64 + 0.5) / 6.0;
        assert!((weight - (3.0 * part.powi(2) - 2.0 * part.powi(3))).abs() < 1e-12);
    }
    assert_eq!(weights[6].to_bits(), 1.0_f64.to_bits());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_seed_gives_the_same_challenge_every_time(seed: [u8; 32], mode in modes()) {
        prop_assert_eq!(Challenge::generate(&seed, mode), Challenge::generate(&seed, mode));
    }

    #[test]
    fn light_is_neutral_before_and_the_last_illumination_after(
        challenge in challenges(), s in 0.001_f64..100.0,
    ) {
        prop_assert!(close(&challenge.at(-s, 0.0).unwrap(), &[neutral(); 4], 1e-12));
        let end_s = challenge.duration_s();
        let after = challenge.at(end_s, end_s + s).unwrap();
        prop_assert!(close(&after, challenge.linear(15), 1e-12));
    }

    #[test]
    fn light_late_in_a_dwell_is_its_illumination(challenge in challenges(), index in 0..ILLUMINATIONS) {
        let (start_s, dwell_s) = (index as f64 * challenge.mode().dwell_s(), challenge.mode().dwell_s());
        let light = challenge.at(start_s + 0.5 * dwell_s, start_s + 0.9 * dwell_s).unwrap();
        prop_assert!(close(&light, challenge.linear(index), 1e-9));
        let instant = challenge.at(start_s + 0.75 * dwell_s, start_s + 0.75 * dwell_s).unwrap();
        prop_assert!(close(&instant, challenge.linear(index), 1e-12));
    }

    #[test]
    fn means_of_two_adjacent_intervals_add_up(
        challenge in challenges(), start_s in -1.0_f64..7.0, first_s in 1e-3_f64..2.0,
        second_s in 1e-3_f64..2.0,
    ) {
        let (middle_s, end_s) = (start_s + first_s, start_s + first_s + second_s);
        let first = challenge.at(start_s, middle_s).unwrap();
        let second = challenge.at(middle_s, end_s).unwrap();
        let whole = challenge.at(start_s, end_s).unwrap();
        for quadrant in 0..4 {
            for channel in 0..3 {
                let sum = (first[quadrant][channel] * first_s + second[quadrant][channel] * second_s)
                    / (first_s + second_s);
                prop_assert!((whole[quadrant][channel] - sum).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_mean_is_what_many_instants_average_to(
        challenge in challenges(), start_s in -0.5_f64..6.5, length_s in 0.01_f64..1.0,
    ) {
        let whole = challenge.at(start_s, start_s + length_s).unwrap();
        let mut sum = [[0.0; 3]; 4];
        let instants = 4000;
        for k in 0..instants {
            let time_s = start_s + length_s * (f64::from(k) + 0.5) / f64::from(instants);
            let light = challenge.at(time_s, time_s).unwrap();
            for (sum, light) in sum.as_flattened_mut().iter_mut().zip(light.as_flattened()) {
                *sum += light / f64::from(instants);
            }
        }
        // Each of at most nine edges in a second is found to one four-thousandth of the interval.
        prop_assert!(close(&whole, &sum, 36.0 / f64::from(instants)));
    }

    #[test]
    fn luminance_never_changes(challenge in challenges(), start_s in -1.0..8.0, length_s in 0.0..1.0) {
        for colour in challenge.at(start_s, start_s + length_s).unwrap() {
            prop_assert!((0.334..0.3375).contains(&relative_luminance(&colour)));
        }
    }

    #[test]
    fn steps_are_in_order_and_blend_to_the_whole(challenge in challenges()) {
        let steps: Vec<_> = challenge.steps().collect();
        prop_assert_eq!(steps.len(), if challenge.mode() == Mode::Standard { 16 } else { 112 });
        prop_assert!(steps.windows(2).all(|pair| pair[0].start_s < pair[1].start_s));
        for step in steps {
            let weights = step.weights();
            let grey = 1.0 - weights.iter().sum::<f64>();
            let mut blend = [neutral(); 4].map(|colour| colour.map(|channel| channel * grey));
            for (weight, illumination) in weights.iter().zip(0..) {
                let light = challenge.linear(illumination);
                for (blend, light) in blend.as_flattened_mut().iter_mut().zip(light.as_flattened()) {
                    *blend += weight * light;
                }
            }
            prop_assert!(close(&challenge.step_linear(&step), &blend, 1e-12));
            // Half an 8-bit level is at most 0.0045 in linear light.
            prop_assert!(close(&challenge.step_srgb(&step).map(linear), &blend, 0.0046));
        }
    }
}
