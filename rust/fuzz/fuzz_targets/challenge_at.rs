//! Any seed, nonce, codes and interval: light inside its range, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lightproof_core::challenge::{Challenge, Mode, derive_seed};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input<'a> {
    nonce: &'a [u8],
    device_random: [u8; 32],
    codes: &'a [u8],
    is_gentle: bool,
    start_s: f64,
    end_s: f64,
}

fuzz_target!(|input: Input<'_>| {
    let seed = derive_seed(input.nonce, &input.device_random).unwrap_or(input.device_random);
    let mode = if input.is_gentle { Mode::Gentle } else { Mode::Standard };
    let drawn = Challenge::generate(&seed, mode);
    let challenge = Challenge::from_codes(input.codes, mode).unwrap_or(drawn);
    match challenge.at(input.start_s, input.end_s) {
        Ok(light) => {
            assert!(input.start_s <= input.end_s);
            assert!(
                light.as_flattened().iter().all(|light| (-1e-9..=1.0 + 1e-9).contains(light)),
                "{light:?}"
            );
        }
        Err(_) => {
            assert!(!(input.start_s.is_finite() && input.end_s.is_finite() && input.start_s <= input.end_s))
        }
    }
});
