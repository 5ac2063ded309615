//! The fast sampler agrees with its plain twin, moves smoothly, and refuses what cannot be sampled.

#![allow(clippy::float_cmp)] // shares of nothing and of everything are exact

use std::f64::consts::{FRAC_PI_2, PI};

use lightproof_core::Error;
use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
use lightproof_core::sampler::{Quality, Sampler, Transform, plain_sample};
use proptest::prelude::*;

fn similarity(cell_px: f64, angle: f64, x: f64, y: f64) -> Transform {
    let (sine, cosine) = angle.sin_cos();
    [[cell_px * cosine, -cell_px * sine, x], [cell_px * sine, cell_px * cosine, y]]
}

/// Bytes that look like noise, the same for the same seed.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let scramble = |index: u64| {
        (index ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d)
    };
    (0..length as u64).map(|index| scramble(index).to_be_bytes()[1]).collect()
}

fn layout(width: usize, height: usize, format: PixelFormat) -> Layout {
    Layout { width, height, format, matrix: YuvMatrix::Bt601, range: YuvRange::Full }
}

fn frame(bytes: &[u8], layout: Layout) -> FrameView<Strided<'_>> {
    let packed = matches!(layout.format, PixelFormat::Rgb888 | PixelFormat::Bgr888);
    FrameView::new(Strided::new(bytes, if packed { 3 * layout.width } else { layout.width }), layout)
        .expect("the frame is valid")
}

fn sample(
    frame: &FrameView<Strided<'_>>,
    transform: &Transform,
    rows: usize,
    columns: usize,
) -> (Vec<f32>, Quality) {
    let mut cells = vec![f32::NAN; rows * columns * 3];
    let mut sampler = Sampler::new(rows, columns).expect("the grid is valid");
    let quality = sampler.sample(frame, transform, &mut cells).expect("the transform is valid");
    (cells, quality)
}

fn formats() -> impl Strategy<Value = PixelFormat> {
    prop_oneof![
        Just(PixelFormat::Rgb888),
        Just(PixelFormat::Bgr888),
        Just(PixelFormat::Yuv420),
        Just(PixelFormat::Nv12),
    ]
}

/// Any turn, and those at which rows of pixels lie along rows of cells, all but or exactly.
fn angles() -> impl Strategy<Value = f64> {
    prop_oneof![-3.2..3.2, -1e-15..1e-15, Just(0.0), Just(FRAC_PI_2), Just(PI)]
}

#[test]
fn a_cell_is_the_tent_weighted_mean_of_its_pixels() {
    // One white pixel right between two cells in u and at the centre of one in v.
    let mut bytes = vec![0; 3 * 40 * 40];
    bytes[3 * (22 * 40 + 16)..][..3].fill(255);
    let (cells, quality) =
        sample(&frame(&bytes, layout(40, 40, PixelFormat::Rgb888)), &similarity(4.0, 0.0, 4.0, 4.0), 8, 8);
    // u = (16 - 4) / 4 = 3, v = 4.5: half of the tent for the columns 2 and 3 of row 4, and a cell weighs 16
    // pixels.
    for (index, cell) in cells.chunks_exact(3).enumerate() {
        let expected = if index == 4 * 8 + 2 || index == 4 * 8 + 3 { 0.5 / 16.0 } else { 0.0 };
        assert!((cell[0] - expected).abs() < 1e-6, "cell {index}: {cell:?}");
    }
    // The grid reaches 36 x 36 pixels, of which those on the rim have no weight.
    assert!((quality.clipped - 1.0 / (35.0 * 35.0)).abs() < 1e-6);
}

#[test]
fn cells_outside_the_picture_are_zero_and_counted() {
    let bytes = vec![200; 3 * 40 * 40];
    let frame = frame(&bytes, layout(40, 40, PixelFormat::Rgb888));
    let (cells, quality) = sample(&frame, &similarity(4.0, 0.0, -17.5, 4.0), 8, 8);
    assert!((quality.outside - 0.5).abs() < 1e-6, "{quality:?}");
    assert!(cells.chunks_exact(24).all(|row| row[..9].iter().all(|&light| light == 0.0)));
    assert!(cells.chunks_exact(24).all(|row| row[12..].iter().all(|&light| (light - 0.577_58).abs() < 1e-4)));
    let (cells, quality) = sample(&frame, &similarity(4.0, 0.0, 5000.0, -3000.0), 8, 8);
    assert_eq!(quality, Quality { clipped: 0.0, outside: 1.0 });
    assert!(cells.iter().all(|&light| light == 0.0));
}

#[test]
fn a_cell_is_outside_when_less_than_half_of_it_is_in_the_picture() {
    let bytes = vec![200; 3 * 40 * 40];
    let frame = frame(&bytes, layout(40, 40, PixelFormat::Rgb888));
    // The picture begins at -0.5: a pixel to the right and a pixel to the left of the first column's centres.
    let outside = |x| sample(&frame, &similarity(8.0, 0.0, x, 4.0), 4, 4).1.outside;
    assert!((outside(-5.5) - 0.25).abs() < 1e-6 && outside(-3.5) == 0.0);
}

#[test]
fn a_pixel_is_clipped_from_254_on() {
    for (level, clipped) in [(253, 0.0), (254, 1.0), (255, 1.0)] {
        for cell_px in [0.5, 4.0] {
            let bytes = [10, 20, level].repeat(40 * 40);
            let frame = frame(&bytes, layout(40, 40, PixelFormat::Rgb888));
            assert_eq!(
                sample(&frame, &similarity(cell_px, 0.1, 10.0, 8.0), 4, 4).1.clipped,
                clipped,
                "{level}"
            );
        }
    }
}

#[test]
fn tiny_faces_still_have_a_light_in_every_cell() {
    let bytes = noise(3 * 40 * 40, 1).iter().map(|byte| byte / 2 + 100).collect::<Vec<_>>();
    let frame = frame(&bytes, layout(40, 40, PixelFormat::Rgb888));
    for cell_px in [0.06, 0.3, 0.71, 0.99, 1.0, 1.01, 1.3] {
        let (cells, quality) = sample(&frame, &similarity(cell_px, 0.6, 15.0, 4.0), 12, 10);
        assert_eq!(quality.outside, 0.0);
        assert!(cells.iter().all(|&light| (0.12..0.8).contains(&light)), "{cell_px}");
    }
}

#[test]
fn transforms_that_cannot_be_used_are_refused() {
    let bytes = [0; 3 * 16 * 16];
    let frame = frame(&bytes, layout(16, 16, PixelFormat::Rgb888));
    let mut sampler = Sampler::new(4, 4).expect("the grid is valid");
    let mut cells = [0.0; 4 * 4 * 3];
    for transform in [
        [[f64::NAN, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [[1.0, 0.0, f64::INFINITY], [0.0, 1.0, 0.0]],
        [[0.0; 3]; 2],
        [[2.0, 4.0, 0.0], [1.0, 2.0, 0.0]],
        similarity(0.01, 0.0, 0.0, 0.0),
        similarity(300.0, 0.0, 0.0, 0.0),
        similarity(f64::MAX, 0.0, 0.0, 0.0),
        similarity(2.0, 0.0, 1e9, 0.0),
    ] {
        let refused = sampler.sample(&frame, &transform, &mut cells).expect_err("it must be refused");
        assert!(matches!(refused, Error::Transform { .. }), "{transform:?}");
        assert_eq!(Err(refused), plain_sample(&frame, &transform, 4, 4));
    }
}

#[test]
fn grids_without_cells_and_memory_of_the_wrong_size_are_refused() {
    for (rows, columns) in [(0, 4), (4, 0), (257, 4), (4, usize::MAX)] {
        assert!(matches!(Sampler::new(rows, columns), Err(Error::Grid { .. })));
    }
    let bytes = [0; 3 * 16 * 16];
    let frame = frame(&bytes, layout(16, 16, PixelFormat::Rgb888));
    let refused = Sampler::new(4, 4).expect("the grid is valid").sample(
        &frame,
        &similarity(2.0, 0.0, 1.0, 1.0),
        &mut [0.0; 5],
    );
    assert!(matches!(refused, Err(Error::Count { count: 5, .. })));
}

#[test]
fn a_row_of_pixels_all_but_along_an_edge_between_cells_is_sampled() {
    let bytes = noise(3 * 40 * 40, 9);
    let frame = frame(&bytes, layout(40, 40, PixelFormat::Rgb888));
    for tilt in [0.0, 1e-9, 1e-15, 3e-17, 1e-100, f64::MIN_POSITIVE, f64::MIN_POSITIVE / 4.0] {
        for (down, right) in [(tilt, -tilt), (-tilt, tilt), (tilt, tilt), (-tilt, -tilt)] {
            for place in [10.0, 10.5, 12.0, 13.0] {
                let transform = [[4.0, down, place], [right, 4.0, place]];
                let (fast, _) = sample(&frame, &transform, 4, 4);
                let (plain, _) = plain_sample(&frame, &transform, 4, 4).expect("the transform is valid");
                for (fast, plain) in fast.iter().zip(plain.as_flattened()) {
                    assert!((f64::from(*fast) - plain).abs() < 1e-4 * plain, "{transform:?}");
                }
            }
        }
    }
}

#[test]
fn a_span_longer_than_one_piece_is_sampled_whole() {
    let (width, height) = (1300, 8);
    let bytes = noise(width * height / 2 * 3, 4);
    let frame = frame(&bytes, layout(width, height, PixelFormat::Yuv420));
    let transform = [[80.0, 0.0, 4.5], [0.0, 8.0, -0.5]];
    let (fast, _) = sample(&frame, &transform, 1, 16);
    let (plain, _) = plain_sample(&frame, &transform, 1, 16).expect("the transform is valid");
    assert!(
        fast.iter()
            .zip(plain.as_flattened())
            .all(|(fast, plain)| (f64::from(*fast) - plain).abs() < 1e-4 * plain)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_fast_sampler_agrees_with_its_twin(
        format in formats(), half_width in 4_usize..40, half_height in 4_usize..40, seed: u64,
        (rows, columns) in (1_usize..9, 1_usize..9), cell_px in 0.5..12.0, angle in angles(),
        (x, y) in (-20.0..90.0, -20.0..90.0),
    ) {
        let (width, height) = (2 * half_width, 2 * half_height);
        let bytes = noise(width * height * 3, seed);
        let frame = frame(&bytes, layout(width, height, format));
        let transform = similarity(cell_px, angle, x, y);
        let (fast, quality) = sample(&frame, &transform, rows, columns);
        let (plain, expected) = plain_sample(&frame, &transform, rows, columns).unwrap();
        // A cell at the very limit of its least weight may be measured by one and not by the other.
        let both = fast.iter().zip(plain.as_flattened());
        prop_assert!(both.filter(|&(&fast, &plain)| (fast == 0.0) != (plain == 0.0)).count() <= 6);
        for (&fast, &plain) in fast.iter().zip(plain.as_flattened()) {
            if fast != 0.0 && plain != 0.0 {
                prop_assert!((f64::from(fast) - plain).abs() <= 1e-4 * plain.abs(), "{fast} {plain}");
            }
        }
        // Pixels on the very rim of the reach may be counted by one and not by the other.
        prop_assert!((quality.clipped - expected.clipped).abs() < 0.02);
        prop_assert!((quality.outside - expected.outside).abs() <= 2.5 / (rows * columns) as f32);
    }

    #[test]
    fn a_picture_of_one_colour_has_cells_of_that_colour(
        level: u8, cell_px in 0.1..12.0, angle in -3.2..3.2, (x, y) in (30.0..34.0, 30.0..34.0),
    ) {
        let bytes = vec![level; 3 * 64 * 64];
        let frame = frame(&bytes, layout(64, 64, PixelFormat::Rgb888));
        let (cells, quality) = sample(&frame, &similarity(cell_px, angle, x, y), 2, 2);
        let light = frame.linear(0, 0)[0];
        prop_assert!(cells.iter().all(|&cell| (cell - light).abs() <= 4e-5 * light));
        prop_assert_eq!(quality, Quality { clipped: if level >= 254 { 1.0 } else { 0.0 }, outside: 0.0 });
    }

    #[test]
    fn small_motion_makes_small_changes(
        seed: u64, cell_px in 2.0..8.0, angle in -3.2..3.2, (dx, dy) in (-0.1_f64..0.1, -0.1_f64..0.1),
    ) {
        let bytes = noise(3 * 64 * 64, seed);
        let frame = frame(&bytes, layout(64, 64, PixelFormat::Rgb888));
        let at = |x, y| sample(&frame, &similarity(cell_px, angle, 32.0 + x, 32.0 + y), 3, 3).0;
        let (still, moved) = (at(0.0, 0.0), at(dx, dy));
        // The weights of a cell change by at most 4 d / s of their sum when it moves by d pixels.
        let limit = 6.0 * (dx.abs() + dy.abs()) / cell_px + 1e-5;
        for (still, moved) in still.iter().zip(&moved) {
            prop_assert!(f64::from((still - moved).abs()) <= limit);
        }
    }
}
