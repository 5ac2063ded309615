//! The frame path at the size of the product: 1280 × 720 pixels, a face of about 300 pixels, 48 × 40 cells.

#![allow(missing_docs)] // criterion's macro makes a public function

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lightproof_core::frame::{FrameView, Layout, PixelFormat, Strided, YuvMatrix, YuvRange};
use lightproof_core::sampler::{Sampler, Transform};

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
const ROWS: usize = 48;
const COLUMNS: usize = 40;

/// 300 pixels from top to bottom, rolled by five degrees.
fn face() -> Transform {
    let (sine, cosine) = 5.0_f64.to_radians().sin_cos();
    let cell_px = 300.0 / ROWS as f64;
    [[cell_px * cosine, -cell_px * sine, 500.0], [cell_px * sine, cell_px * cosine, 200.0]]
}

fn sample(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sample");
    for (name, format, stride, rows) in [
        ("yuv420", PixelFormat::Yuv420, WIDTH, HEIGHT / 2 * 3),
        ("nv12", PixelFormat::Nv12, WIDTH, HEIGHT / 2 * 3),
        ("rgb888", PixelFormat::Rgb888, 3 * WIDTH, HEIGHT),
    ] {
        let bytes: Vec<u8> = (0..stride * rows).map(|index| (index * 7919 % 251) as u8).collect();
        let layout =
            Layout { width: WIDTH, height: HEIGHT, format, matrix: YuvMatrix::Bt601, range: YuvRange::Full };
        let frame = FrameView::new(Strided::new(&bytes, stride), layout).expect("the layout is valid");
        let mut sampler = Sampler::new(ROWS, COLUMNS).expect("the grid is valid");
        let mut cells = vec![0.0; ROWS * COLUMNS * 3];
        group.bench_function(name, |bencher| {
            bencher.iter(|| sampler.sample(black_box(&frame), black_box(&face()), &mut cells));
        });
    }
    group.finish();
}

criterion_group!(benches, sample);
criterion_main!(benches);
