//! Any sequence of light: consistent counts, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lightproof_core::photosafety::{LightStep, check};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    steps: Vec<(u8, [[u8; 3]; 4])>,
    wild: Option<(f64, f64, f64)>,
    end_s: f64,
    peak_cd_m2: f64,
}

fuzz_target!(|input: Input| {
    let mut now_s = 0.0;
    let mut steps: Vec<LightStep> = input
        .steps
        .iter()
        .take(2000)
        .map(|(wait, light)| {
            now_s += f64::from(*wait) / 100.0;
            LightStep {
                start_s: now_s,
                linear: light.map(|colour| colour.map(|level| f64::from(level) / 255.0)),
            }
        })
        .collect();
    let end_s = if input.end_s.is_finite() { now_s + input.end_s.abs().min(1e9) } else { input.end_s };
    if let (Some((start_s, light, place)), false) = (input.wild, steps.is_empty()) {
        let index = (place.abs() % steps.len() as f64) as usize;
        steps[index].start_s += start_s;
        steps[index].linear[0][0] = light;
    }
    if let Ok(safety) = check(&steps, end_s, input.peak_cd_m2) {
        for flashes in [safety.general, safety.broadcast, safety.red, safety.red_chromaticity] {
            assert!(flashes.per_s_max <= flashes.total && flashes.total <= 2 * steps.len());
            assert!(flashes.quadrants.iter().all(|&count| count <= flashes.total));
        }
        assert!(safety.colour_change_pairs_per_s_max <= steps.len() / 2);
        assert!(safety.meets_standards() || !safety.is_safe());
    }
});
