//! Nothing is allocated per frame, and a number of allocations that does not depend on it per ranking.
//!
//! The library forbids `unsafe`; an allocator cannot be written without it, so this test has the only two.

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::cell::Cell;

use lightproof_core::challenge::{Challenge, ILLUMINATIONS, Mode};
use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
use lightproof_core::freshness::FaceLight;
use lightproof_core::response::{FEATURES, PictureRegression, Registration, ResponseRegression};
use lightproof_core::sampler::{Sampler, Transform};
use lightproof_core::timeline::Timeline;

thread_local! {
    /// Allocations of this thread, so that tests beside this one do not count.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator; counting touches a thread-local number without a
// destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, memory: Memory) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocates; growing a buffer counts, since it allocates anew.
fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
const ROWS: usize = 48;
const COLUMNS: usize = 40;
const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// A face of 300 pixels that moves and turns a little from frame to frame.
fn face(frame: usize) -> Transform {
    let (sine, cosine) = (frame as f64).to_radians().sin_cos();
    let cell_px = 300.0 / ROWS as f64;
    [[cell_px * cosine, -cell_px * sine, 500.0 + frame as f64], [cell_px * sine, cell_px * cosine, 200.0]]
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0_u8; 100]))), 1);
}

#[test]
fn a_frame_is_sampled_and_taken_in_without_allocating() {
    let challenge = Challenge::generate(&[1; 32], Mode::Standard);
    for (format, stride, rows) in [
        (PixelFormat::Yuv420, WIDTH, HEIGHT / 2 * 3),
        (PixelFormat::Nv12, WIDTH, HEIGHT / 2 * 3),
        (PixelFormat::Rgb888, 3 * WIDTH, HEIGHT),
        (PixelFormat::Bgr888, 3 * WIDTH, HEIGHT),
    ] {
        let bytes: Vec<u8> = (0..stride * rows).map(|index| (index * 7919 % 251) as u8).collect();
        let layout =
            Layout { width: WIDTH, height: HEIGHT, format, matrix: YuvMatrix::Bt601, range: YuvRange::Full };
        let mut sampler = Sampler::new(ROWS, COLUMNS).expect("the grid is valid");
        let mut cells = vec![0.0; ROWS * COLUMNS * 3];
        let mut response = ResponseRegression::new(
            &[true; ROWS * COLUMNS],
            &vec![0.2; ROWS * COLUMNS * 3],
            ROWS,
            COLUMNS,
            IDENTITY,
            128,
        )
        .expect("sizes agree");
        let mut take = |k: usize| {
            let frame = FrameView::new(Strided::new(&bytes, stride), layout).expect("the layout is valid");
            sampler.sample(&frame, &face(k), &mut cells).expect("the face is in the picture");
            let light = challenge.linear(k % ILLUMINATIONS);
            response.push(&cells, light, k as f64 / 50.0 - 1.0).expect("sizes agree");
        };
        take(0); // tables and the first moment are made once
        assert_eq!(allocations(|| (1..100).for_each(&mut take)), 0, "{format:?}");
    }
}

#[test]
fn a_picture_is_lit_without_allocating() {
    let challenge = Challenge::generate(&[1; 32], Mode::Standard);
    let mut lit = PictureRegression::new(&[true; 112 * 112], IDENTITY).expect("there is a face");
    let pixels: Vec<u8> = (0..112 * 112 * 3).map(|index| (index * 7919 % 251) as u8).collect();
    let mut take = |k: usize| {
        let light = challenge.linear(k % ILLUMINATIONS);
        lit.push(&pixels, light, k as f64 / 50.0 - 1.0, &Registration::default()).expect("sizes agree");
    };
    take(0); // the table of light is made once
    assert_eq!(allocations(|| (1..100).for_each(&mut take)), 0);
}

#[test]
fn ranking_allocates_as_often_for_a_thousand_decoys_as_for_a_quarter_of_a_million() {
    let challenge = Challenge::generate(&[1; 32], Mode::Standard);
    let mut timeline = Timeline::new(&challenge);
    challenge.steps().for_each(|step| timeline.flip(step.start_s).expect("steps are in order"));
    let exposures: Vec<(f64, f64)> =
        (0..96).map(|t| (f64::from(t) / 30.0, f64::from(t) / 30.0 + 0.015)).collect();
    let features: Vec<[f64; 3]> = exposures
        .iter()
        .map(|&(start_s, end_s)| {
            let light = timeline.light(start_s, end_s, 0.0);
            let log: [f64; 3] = std::array::from_fn(|c| 0.02 * light[c][c] + 1e-3 * (start_s * 50.0).sin());
            FEATURES.map(|weights| (0..3).map(|c| weights[c] * log[c]).sum())
        })
        .collect();
    let face = FaceLight::new(&features, &[[1.0]; 96], &exposures, IDENTITY);
    let face = face.expect("the series are of one length").expect("96 frames are enough");
    let scorer = face.scorer(&timeline, &[0.0, 0.02]).expect("there are latencies");
    let mut wrong = *challenge.codes();
    wrong.rotate_left(5); // a middling score
    let ranking = |decoys: usize| {
        allocations(|| {
            std::hint::black_box(scorer.rank(&wrong, &[2; 32], decoys).expect("few are asked"));
        })
    };
    // A table for each number of each half, at both latencies.
    let few = ranking(1 << 10);
    assert!(few <= 400, "{few} allocations");
    assert_eq!(ranking(1 << 18), few);
}
