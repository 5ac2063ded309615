//! How long a challenge takes to be held against its decoys.
#![allow(missing_docs)] // criterion_group! makes a public function

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lightproof_core::challenge::{Challenge, ILLUMINATIONS, Mode};
use lightproof_core::freshness::FaceLight;
use lightproof_core::response::FEATURES;
use lightproof_core::timeline::Timeline;

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// A face that follows the challenge at 5 %, with the noise of a slowly moving head.
fn session() -> (Timeline, FaceLight) {
    let challenge = Challenge::generate(&[1; 32], Mode::Standard);
    let mut timeline = Timeline::new(&challenge);
    for step in challenge.steps() {
        timeline.flip(step.start_s).expect("steps are in order");
    }
    let exposures: Vec<(f64, f64)> =
        (0..96).map(|t| (f64::from(t) / 30.0, f64::from(t) / 30.0 + 0.015)).collect();
    let features: Vec<[f64; 3]> = exposures
        .iter()
        .enumerate()
        .map(|(t, &(start_s, end_s))| {
            let light = timeline.light(start_s, end_s, 0.0);
            let log: [f64; 3] = std::array::from_fn(|c| {
                let mean = light.iter().map(|quadrant| quadrant[c]).sum::<f64>() / 4.0;
                (1.0 + 0.05 * mean).ln()
                    + 0.01 * (t as f64 * 0.1).sin()
                    + 3e-4 * (t as f64 * (7.1 + c as f64)).sin()
            });
            FEATURES.map(|weights| (0..3).map(|c| weights[c] * log[c]).sum())
        })
        .collect();
    let face = FaceLight::new(&features, &vec![[1.0]; 96], &exposures, IDENTITY);
    (timeline, face.expect("the series are of one length").expect("96 frames are enough"))
}

fn decoys(c: &mut Criterion) {
    let (timeline, face) = session();
    let codes: [u8; ILLUMINATIONS] = *timeline.challenge().codes();
    let mut group = c.benchmark_group("rank");
    group.sample_size(10);
    for exponent in [10, 16, 20, 22] {
        for latencies_s in [&[0.0][..], &[-0.02, 0.0, 0.02][..]] {
            let name = format!("{} latencies", latencies_s.len());
            group.bench_with_input(
                BenchmarkId::new(name, format!("2^{exponent}")),
                &exponent,
                |b, &exponent| {
                    let scorer = face.scorer(&timeline, latencies_s).expect("there are latencies");
                    b.iter(|| black_box(scorer.rank(&codes, &[2; 32], 1 << exponent)));
                },
            );
        }
    }
    group.finish();
}

criterion_group!(benches, decoys);
criterion_main!(benches);
