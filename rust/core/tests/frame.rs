//! Frames are read as their format says, whatever their stride, and refused by name if they cannot be.

#![allow(clippy::float_cmp, clippy::cast_lossless)] // levels of eight bits are exact

use lightproof_core::Error;
use lightproof_core::colour::code_to_linear;
use lightproof_core::frame::{FrameView, Layout, MAX_SIDE_PX, PixelFormat, Strided, YuvMatrix, YuvRange};
use proptest::prelude::*;

const CODINGS: [Coding; 4] = [
    (YuvMatrix::Bt601, YuvRange::Full),
    (YuvMatrix::Bt601, YuvRange::Limited),
    (YuvMatrix::Bt709, YuvRange::Full),
    (YuvMatrix::Bt709, YuvRange::Limited),
];

type Coding = (YuvMatrix, YuvRange);

fn layout(width: usize, height: usize, format: PixelFormat) -> Layout {
    Layout { width, height, format, matrix: YuvMatrix::Bt601, range: YuvRange::Full }
}

/// The definition of the standards in floating point.
fn exact((matrix, range): Coding, [y, u, v]: [u8; 3]) -> [f64; 3] {
    let (red, blue) = match matrix {
        YuvMatrix::Bt601 => (0.299, 0.114),
        YuvMatrix::Bt709 => (0.2126, 0.0722),
    };
    let (luma, chroma) = match range {
        YuvRange::Full => (f64::from(y), 1.0),
        YuvRange::Limited => ((f64::from(y) - 16.0) * 255.0 / 219.0, 255.0 / 224.0),
    };
    let (u, v) = ((f64::from(u) - 128.0) * chroma, (f64::from(v) - 128.0) * chroma);
    let (r, b) = (luma + 2.0 * (1.0 - red) * v, luma + 2.0 * (1.0 - blue) * u);
    let g = (luma - red * r - blue * b) / (1.0 - red - blue);
    [r, g, b].map(|level| level.clamp(0.0, 255.0))
}

#[test]
fn every_luma_and_chroma_is_within_a_level_of_the_standard() {
    for (matrix, range) in CODINGS {
        let mut equal = 0;
        for y in (0..=255).step_by(3) {
            for u in (0..=255).step_by(5) {
                for v in 0..=255 {
                    let bytes = [y, y, y, y, u, v];
                    let layout = Layout { matrix, range, ..layout(2, 2, PixelFormat::Nv12) };
                    let frame = FrameView::new(Strided::new(&bytes, 2), layout).expect("the frame is valid");
                    for (found, exact) in frame.srgb(0, 0).iter().zip(exact((matrix, range), [y, u, v])) {
                        assert!((f64::from(*found) - exact).abs() < 0.7, "{matrix:?} {range:?} {y} {u} {v}");
                        equal += usize::from(f64::from(*found) == exact.round());
                    }
                }
            }
        }
        assert!(equal as f64 > 0.9 * (86 * 52 * 256 * 3) as f64, "{matrix:?} {range:?}: {equal}");
    }
}

#[test]
fn linear_light_is_that_of_srgb() {
    assert_eq!((code_to_linear(0), code_to_linear(255)), (0.0, 1.0));
    // IEC 61966-2-1: 188 is half of the light to within a level, and the curve has no jump at its joint.
    assert!((code_to_linear(188) - 0.5).abs() < 0.005);
    assert!((0..255).all(|level| code_to_linear(level) < code_to_linear(level + 1)));
    let bytes = [10, 100, 200];
    let frame =
        FrameView::new(Strided::new(&bytes, 3), layout(1, 1, PixelFormat::Rgb888)).expect("it is valid");
    for (light, level) in frame.linear(0, 0).into_iter().zip(bytes) {
        assert!((f64::from(light) - code_to_linear(level)).abs() < 1e-7);
    }
}

#[test]
fn bgr_is_rgb_the_other_way_round() {
    let bytes = [1, 2, 3, 4, 5, 6];
    let read = |format| {
        FrameView::new(Strided::new(&bytes, 6), layout(2, 1, format)).expect("it is valid").srgb(1, 0)
    };
    assert_eq!((read(PixelFormat::Rgb888), read(PixelFormat::Bgr888)), ([4, 5, 6], [6, 5, 4]));
}

#[test]
fn frames_that_cannot_be_read_are_refused_by_name() {
    let bytes = vec![0; 64 * 64 * 3];
    let open = |stride, layout| FrameView::new(Strided::new(&bytes, stride), layout).map(|_| ());
    let refused = |stride, layout| open(stride, layout).expect_err("it must be refused");
    for (width, height) in [(0, 4), (4, 0), (MAX_SIDE_PX + 1, 4), (usize::MAX, usize::MAX)] {
        assert!(matches!(refused(12, layout(width, height, PixelFormat::Rgb888)), Error::FrameSize { .. }));
    }
    for (width, height) in [(5, 4), (4, 5)] {
        for format in [PixelFormat::Yuv420, PixelFormat::Nv12] {
            assert_eq!(refused(8, layout(width, height, format)), Error::FrameOdd { width, height });
        }
        assert!(open(15, layout(width, height, PixelFormat::Rgb888)).is_ok());
    }
    // Only pixels of one row share the chroma of YUYV.
    assert_eq!(refused(10, layout(5, 4, PixelFormat::Yuyv)), Error::FrameOdd { width: 5, height: 4 });
    assert!(open(8, layout(4, 5, PixelFormat::Yuyv)).is_ok());
    assert!(matches!(
        refused(19, layout(10, 4, PixelFormat::Yuyv)),
        Error::FrameStride { stride: 19, row: 20, .. }
    ));
    assert!(matches!(
        refused(29, layout(10, 4, PixelFormat::Rgb888)),
        Error::FrameStride { stride: 29, row: 30, .. }
    ));
    assert!(matches!(
        refused(9, layout(10, 4, PixelFormat::Yuv420)),
        Error::FrameStride { stride: 9, row: 10, .. }
    ));
    assert!(matches!(refused(0, layout(10, 4, PixelFormat::Yuv420)), Error::FrameStride { stride: 0, .. }));
    assert!(matches!(
        refused(11, layout(10, 4, PixelFormat::Yuv420)),
        Error::FrameStride { wanted: "an even number", .. }
    ));
    assert!(open(11, layout(10, 4, PixelFormat::Nv12)).is_ok());
    assert_eq!(
        refused(64, layout(64, 200, PixelFormat::Yuv420)),
        Error::FrameBuffer { rows: 192, wanted: 300 }
    );
    assert!(matches!(
        refused(192, layout(64, 65, PixelFormat::Bgr888)),
        Error::FrameBuffer { rows: 64, wanted: 65 }
    ));
}

#[test]
fn two_pixels_of_yuyv_share_their_chroma_and_no_luma() {
    let bytes = [10, 90, 200, 160, 50, 128, 60, 128];
    let frame =
        FrameView::new(Strided::new(&bytes, 4), layout(2, 2, PixelFormat::Yuyv)).expect("it is valid");
    let mut picture = [0; 12];
    frame.fill_srgb(&mut picture).expect("the size is right");
    for (index, yuv) in
        [[10, 90, 160], [200, 90, 160], [50, 128, 128], [60, 128, 128]].into_iter().enumerate()
    {
        let found = &picture[3 * index..][..3];
        assert_eq!(found, frame.srgb(index % 2, index / 2));
        for (&level, exact) in found.iter().zip(exact(CODINGS[0], yuv)) {
            assert!((f64::from(level) - exact).abs() < 0.7, "pixel {index}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn planar_and_interleaved_chroma_hold_the_same_picture(
        half_width in 1_usize..12, half_height in 1_usize..12, padding in 0_usize..5, seed: u64,
    ) {
        let (width, height) = (2 * half_width, 2 * half_height);
        let stride = width + 2 * padding;
        let byte = |plane: u64, x: usize, y: usize| {
            let place = seed ^ (plane << 40) ^ ((x as u64) << 20) ^ y as u64;
            place.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0]
        };
        let mut planar = vec![0; stride * height / 2 * 3];
        let mut interleaved = planar.clone();
        for y in 0..height {
            for x in 0..width {
                planar[y * stride + x] = byte(0, x, y);
                interleaved[y * stride + x] = byte(0, x, y);
            }
        }
        for y in 0..half_height {
            for x in 0..half_width {
                let chroma = stride * height;
                planar[chroma + y * stride / 2 + x] = byte(1, x, y);
                planar[chroma + (half_height + y) * stride / 2 + x] = byte(2, x, y);
                interleaved[chroma + y * stride + 2 * x] = byte(1, x, y);
                interleaved[chroma + y * stride + 2 * x + 1] = byte(2, x, y);
            }
        }
        let open = |bytes, format| {
            FrameView::new(Strided::new(bytes, stride), layout(width, height, format)).unwrap()
        };
        let planar = open(&planar, PixelFormat::Yuv420);
        let interleaved = open(&interleaved, PixelFormat::Nv12);
        let mut picture = vec![0; width * height * 3];
        planar.fill_srgb(&mut picture).unwrap();
        for (pixel, index) in picture.chunks_exact(3).zip(0..) {
            let (x, y) = (index % width, index / width);
            prop_assert_eq!(pixel, planar.srgb(x, y));
            prop_assert_eq!(pixel, interleaved.srgb(x, y));
            let exact = exact(CODINGS[0], [byte(0, x, y), byte(1, x / 2, y / 2), byte(2, x / 2, y / 2)]);
            for (&level, exact) in pixel.iter().zip(exact) {
                prop_assert!((f64::from(level) - exact).abs() < 0.7);
            }
        }
    }
}
