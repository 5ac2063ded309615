//! Any bytes with any layout, grid and transform: cells inside their range, or a typed error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
use lightproof_core::sampler::{Sampler, Transform};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input<'a> {
    transform: Transform,
    rows: u8,
    columns: u8,
    width: u16,
    height: u16,
    stride: u16,
    format: u8,
    is_bt709: bool,
    is_limited: bool,
    /// Brings the numbers into a range in which something is sampled.
    is_tame: bool,
    /// Makes the turn of a tame grid tiny, by a power of two, and its place whole.
    tilt: Option<u8>,
    bytes: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let [mut width, mut height, mut stride] = [input.width, input.height, input.stride].map(usize::from);
    let mut transform = input.transform;
    if input.is_tame {
        (width, height) = (2 * (width % 32 + 1), 2 * (height % 8 + 1));
        stride = 3 * width + stride % 8 * 2;
        transform = transform.map(|[u, v, offset]| [u % 20.0, v % 20.0, offset % 64.0]);
        if let Some(tilt) = input.tilt {
            let [[_, down, x], [right, _, y]] = &mut transform;
            (*down, *right) =
                (*down * 2.0_f64.powi(-4 * i32::from(tilt)), *right * 2.0_f64.powi(-4 * i32::from(tilt)));
            (*x, *y) = (x.round(), y.round());
        }
    }
    let layout = Layout {
        width,
        height,
        format: [PixelFormat::Rgb888, PixelFormat::Bgr888, PixelFormat::Yuv420, PixelFormat::Nv12]
            [usize::from(input.format % 4)],
        matrix: if input.is_bt709 { YuvMatrix::Bt709 } else { YuvMatrix::Bt601 },
        range: if input.is_limited { YuvRange::Limited } else { YuvRange::Full },
    };
    let Ok(frame) = FrameView::new(Strided::new(input.bytes, stride), layout) else { return };
    let (rows, columns) = (usize::from(input.rows), usize::from(input.columns));
    let Ok(mut sampler) = Sampler::new(rows, columns) else { return };
    let mut cells = vec![f32::NAN; rows * columns * 3];
    if let Ok(quality) = sampler.sample(&frame, &transform, &mut cells) {
        assert!(cells.iter().all(|light| (-1e-3..=1.0 + 1e-3).contains(light)), "{transform:?}");
        assert!(
            (0.0..=1.0).contains(&quality.clipped) && (0.0..=1.0).contains(&quality.outside),
            "{quality:?}"
        );
    }
});
