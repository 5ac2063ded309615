//! Sizes that no session has are refused by name, value and limit, before memory or time is spent on them.

use lightproof_core::Error;
use lightproof_core::challenge::{Challenge, MAX_DECOYS, Mode};
use lightproof_core::freshness::{FaceLight, MAX_LATENCIES, Scorer};
use lightproof_core::photosafety::{LightStep, MAX_STEPS, MAX_STEPS_PER_S, check};
use lightproof_core::response::{MAX_FRAMES, MAX_PICTURE_PIXELS, PictureRegression, ResponseRegression};
use lightproof_core::timeline::Timeline;

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const SIDE: usize = 8;

fn regression(rows: usize, columns: usize, capacity: usize) -> Result<ResponseRegression, Error> {
    let cells: Vec<f32> = (0..rows * columns * 3).map(|i| 0.2 + 0.1 * (i as f32).sin()).collect();
    ResponseRegression::new(&vec![true; rows * columns], &cells, rows, columns, IDENTITY, capacity)
}

fn too_many(error: Error) -> (&'static str, usize, usize) {
    match error {
        Error::TooMany { what, count, max } => (what, count, max),
        other => panic!("{other}"),
    }
}

fn face_light(frames: usize) -> Result<Option<FaceLight>, Error> {
    let features: Vec<[f64; 3]> =
        (0..frames).map(|t| [0, 1, 2].map(|f| (t * (f + 1)) as f64).map(f64::sin)).collect();
    let exposures_s: Vec<(f64, f64)> =
        (0..frames).map(|t| (t as f64 / 30.0, t as f64 / 30.0 + 0.01)).collect();
    FaceLight::new(&features, &vec![[1.0]; frames], &exposures_s, IDENTITY)
}

fn timeline() -> Timeline {
    Timeline::new(&Challenge::generate(&[1; 32], Mode::Standard))
}

fn scorer(latencies: usize) -> Result<Scorer, Error> {
    face_light(96).unwrap().expect("96 frames are enough").scorer(&timeline(), &vec![0.0; latencies])
}

#[test]
fn frames_are_taken_in_up_to_the_limit_and_no_further() {
    let mut response = regression(SIDE, SIDE, MAX_FRAMES).unwrap();
    let cells: Vec<f32> = (0..SIDE * SIDE * 3).map(|i| 0.2 + 0.1 * (i as f32).sin()).collect();
    for _ in 0..MAX_FRAMES {
        response.push(&cells, &[[0.3; 3]; 4], 0.0).unwrap();
    }
    assert_eq!(response.frames(), MAX_FRAMES);
    let refused = response.push(&cells, &[[0.3; 3]; 4], 0.0).unwrap_err();
    assert_eq!(too_many(refused), ("frames", MAX_FRAMES + 1, MAX_FRAMES));
    assert_eq!(response.frames(), MAX_FRAMES);
}

#[test]
fn memory_is_set_aside_for_no_more_than_a_face_and_a_session_have() {
    let refused = |capacity| too_many(regression(SIDE, SIDE, capacity).unwrap_err());
    for capacity in [MAX_FRAMES + 1, 1 << 31, usize::MAX] {
        assert_eq!(refused(capacity), ("frames of capacity", capacity, MAX_FRAMES));
    }
    assert!(regression(256, 256, 1).is_ok());
    assert!(matches!(regression(257, SIDE, 1), Err(Error::Grid { rows: 257, max: 256, .. })));
    let overflowing = ResponseRegression::new(&[], &[], usize::MAX, 2, IDENTITY, 1);
    assert!(matches!(overflowing, Err(Error::Grid { rows: usize::MAX, .. })));
    let picture = |pixels: usize| PictureRegression::new(&vec![true; pixels], IDENTITY);
    assert!(picture(MAX_PICTURE_PIXELS).is_ok());
    let (_, count, max) = too_many(picture(MAX_PICTURE_PIXELS + 1).unwrap_err());
    assert_eq!((count, max), (MAX_PICTURE_PIXELS + 1, MAX_PICTURE_PIXELS));
    assert_eq!(too_many(face_light(MAX_FRAMES + 1).unwrap_err()), ("frames", MAX_FRAMES + 1, MAX_FRAMES));
}

#[test]
fn no_more_decoys_and_latencies_are_asked_than_a_search_has() {
    let (few, codes) = (scorer(1).unwrap(), [0; 16]);
    for decoys in [MAX_DECOYS + 1, 1 << 40, usize::MAX] {
        let told = ("decoys", decoys, MAX_DECOYS);
        assert_eq!(too_many(few.rank(&codes, &[2; 32], decoys).unwrap_err()), told);
        assert_eq!(too_many(few.decoy_scores(&[2; 32], decoys).unwrap_err()), told);
    }
    assert_eq!(few.decoy_scores(&[2; 32], MAX_DECOYS).unwrap().len(), 1 << 14);
    assert!(scorer(MAX_LATENCIES).is_ok());
    let told = ("latencies_s", MAX_LATENCIES + 1, MAX_LATENCIES);
    assert_eq!(too_many(scorer(MAX_LATENCIES + 1).unwrap_err()), told);
    let face = face_light(96).unwrap().expect("96 frames are enough");
    let curve = face.latency_curve(&codes, &timeline(), &vec![0.0; MAX_LATENCIES + 1]);
    assert_eq!(too_many(curve.unwrap_err()), told);
}

#[test]
fn no_more_light_is_checked_than_can_be_counted() {
    let check = |count: usize, rate_hz: f64| {
        let step = |k: usize| LightStep { start_s: k as f64 / rate_hz, linear: [[0.5; 3]; 4] };
        check(&(0..count).map(step).collect::<Vec<_>>(), count as f64 / rate_hz, 500.0)
    };
    assert!(check(MAX_STEPS, 240.0).is_ok());
    assert_eq!(
        too_many(check(MAX_STEPS + 1, 60.0).unwrap_err()),
        ("steps of light", MAX_STEPS + 1, MAX_STEPS)
    );
    assert_eq!(too_many(check(200_000, 1e6).unwrap_err()), ("steps of light", 200_000, MAX_STEPS));
    assert!(check(MAX_STEPS_PER_S, 1e6).is_ok());
    let (_, count, max) = too_many(check(MAX_STEPS_PER_S + 1, 1e6).unwrap_err());
    assert_eq!((count, max), (MAX_STEPS_PER_S + 1, MAX_STEPS_PER_S));
}

#[test]
fn what_is_too_many_is_said_with_the_limit() {
    let text = scorer(1).unwrap().rank(&[0; 16], &[2; 32], 1 << 40).unwrap_err().to_string();
    assert_eq!(text, "decoys are 1099511627776; use at most 16777216");
}
