//! A camera's frame, viewed in place and decoded to linear light.
//!
//! A frame is rows of bytes, however they lie in memory ([`Rows`]). Packed formats have one row for each row
//! of pixels. 4:2:0 formats have `height` rows of luma and then `height / 2` rows of chroma: NV12 keeps U and
//! V of one chroma row side by side in one row; planar YUV420 (I420) keeps first all of U, then all of V, two
//! chroma rows in one row, each starting at half of it. That is what libcamera and V4L2 deliver as an array
//! of `height * 3 / 2` rows.
//!
//! ```
//! use lightproof_core::frame::{FrameView, Layout, Matrix, PixelFormat, Strided};
//!
//! // Two by two pixels of mid grey with a stride of four bytes.
//! let bytes = [128; 12];
//! let layout = Layout { width: 2, height: 2, format: PixelFormat::Yuv420, matrix: Matrix::Bt601Full };
//! let frame = FrameView::new(Strided::new(&bytes, 4), layout)?;
//! assert_eq!(frame.srgb(0, 0), [128, 128, 128]);
//! assert!((frame.linear(1, 1)[0] - 0.2159).abs() < 1e-4);
//! # Ok::<(), lightproof_core::Error>(())
//! ```

use std::ops::Range;
use std::sync::LazyLock;

use crate::Error;

/// The longest side of a frame in pixels: the largest sensors of phones and Raspberry Pi cameras have 9,248.
pub const SIDE_MAX_PX: usize = 16_384;

/// How the bytes of a frame are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// Red, green, blue of every pixel.
    Rgb888,
    /// Blue, green, red of every pixel.
    Bgr888,
    /// All luma, then all U, then all V, chroma at half the width and half the height (I420).
    Yuv420,
    /// All luma, then U and V of every 2 × 2 pixels in turn.
    Nv12,
}

impl PixelFormat {
    /// The format of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `rgb888`, `bgr888`, `yuv420` or `nv12`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "rgb888" => Ok(Self::Rgb888),
            "bgr888" => Ok(Self::Bgr888),
            "yuv420" => Ok(Self::Yuv420),
            "nv12" => Ok(Self::Nv12),
            _ => Err(Error::UnknownName {
                what: "pixel_format",
                value: name.into(),
                known: "rgb888, bgr888, yuv420, nv12",
            }),
        }
    }

    fn is_packed(self) -> bool {
        matches!(self, Self::Rgb888 | Self::Bgr888)
    }
}

/// How luma and chroma make red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601 with full range, as in JPEG (JFIF) and sYCC (IEC 61966-2-1, annex G).
    #[default]
    Bt601Full,
    /// ITU-R BT.601 with luma 16 to 235 and chroma 16 to 240.
    Bt601Limited,
    /// ITU-R BT.709 with luma 16 to 235 and chroma 16 to 240.
    Bt709Limited,
}

impl Matrix {
    /// The matrix of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `bt601_full`, `bt601_limited` or `bt709_limited`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "bt601_full" => Ok(Self::Bt601Full),
            "bt601_limited" => Ok(Self::Bt601Limited),
            "bt709_limited" => Ok(Self::Bt709Limited),
            _ => Err(Error::UnknownName {
                what: "matrix",
                value: name.into(),
                known: "bt601_full, bt601_limited, bt709_limited",
            }),
        }
    }

    fn coefficients(self) -> Coefficients {
        // The weights of red and of blue in luma; limited range spans 219 levels of luma and 224 of chroma.
        let (red, blue, is_full) = match self {
            Self::Bt601Full => (0.299, 0.114, true),
            Self::Bt601Limited => (0.299, 0.114, false),
            Self::Bt709Limited => (0.2126, 0.0722, false),
        };
        let (luma, black, chroma) = if is_full { (1.0, 0, 1.0) } else { (255.0 / 219.0, 16, 255.0 / 224.0) };
        let green = 1.0 - red - blue;
        Coefficients {
            black,
            luma: Factor::new(luma),
            red_v: Factor::new(2.0 * (1.0 - red) * chroma),
            green_u: Factor::new(-2.0 * (1.0 - blue) * blue / green * chroma),
            green_v: Factor::new(-2.0 * (1.0 - red) * red / green * chroma),
            blue_u: Factor::new(2.0 * (1.0 - blue) * chroma),
        }
    }
}

/// A factor in units of 1/32 level for arithmetic on 16 bits, of which SSE2 and NEON do eight at once:
/// `whole` units and `part` / 128 of one. Values are -128 to 255 and factors -0.9 to 2.12, so no product and
/// no sum of a luma and a chroma overflows; what is cut off is below a tenth of a level.
#[derive(Clone, Copy, Debug)]
struct Factor {
    whole: i16,
    part: i16,
}

const LEVEL_BITS: i16 = 5;
const HALF_LEVEL: i16 = 1 << (LEVEL_BITS - 1);
const PART_BITS: i16 = 7;

impl Factor {
    fn new(factor: f64) -> Self {
        let units = (factor * f64::from(1 << (LEVEL_BITS + PART_BITS))).round() as i16;
        Self { whole: units >> PART_BITS, part: units & ((1 << PART_BITS) - 1) }
    }

    #[inline(always)]
    fn times(self, value: i16) -> i16 {
        self.whole * value + ((self.part * value) >> PART_BITS)
    }
}

/// The factors of colour = luma × (Y − black) + chroma × (U or V − 128).
#[derive(Clone, Copy, Debug)]
struct Coefficients {
    black: i16,
    luma: Factor,
    red_v: Factor,
    green_u: Factor,
    green_v: Factor,
    blue_u: Factor,
}

impl Coefficients {
    #[inline(always)]
    fn luma(&self, luma: u8) -> i16 {
        self.luma.times(i16::from(luma) - self.black)
    }

    /// What chroma adds to red, green and blue.
    #[inline(always)]
    fn chroma(&self, u: u8, v: u8) -> [i16; 3] {
        let (u, v) = (i16::from(u) - 128, i16::from(v) - 128);
        [self.red_v.times(v), self.green_u.times(u) + self.green_v.times(v), self.blue_u.times(u)]
    }
}

/// The 8-bit colour that luma and chroma add up to.
#[inline(always)]
fn level(luma: i16, chroma: i16) -> u8 {
    ((luma + chroma + HALF_LEVEL) >> LEVEL_BITS).clamp(0, 255) as u8
}

/// Rows of bytes of equal length, however they lie in memory.
pub trait Rows: Sync {
    /// How many rows there are.
    fn count(&self) -> usize;
    /// How many bytes each row has.
    fn row_bytes(&self) -> usize;
    /// One row, [`Rows::row_bytes`] long.
    fn row(&self, index: usize) -> &[u8];
}

/// Rows in one buffer, each `stride` bytes after the one before. A last row that is cut short is not counted.
#[derive(Clone, Copy, Debug)]
pub struct Strided<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl<'a> Strided<'a> {
    /// Views `bytes` as rows of `stride` bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }
}

impl Rows for Strided<'_> {
    fn count(&self) -> usize {
        self.bytes.len().checked_div(self.stride).unwrap_or(0)
    }

    fn row_bytes(&self) -> usize {
        self.stride
    }

    fn row(&self, index: usize) -> &[u8] {
        &self.bytes[index * self.stride..][..self.stride]
    }
}

/// The size and the format of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// How the bytes are laid out.
    pub format: PixelFormat,
    /// How luma and chroma make colours; packed formats have none.
    pub matrix: Matrix,
}

/// A frame that was checked: every pixel inside its size can be read.
#[derive(Clone, Debug)]
pub struct FrameView<R> {
    rows: R,
    layout: Layout,
    coefficients: Coefficients,
}

impl<R: Rows> FrameView<R> {
    /// Views `rows` as a frame.
    ///
    /// # Errors
    /// [`Error::FrameSize`] for no pixels or too many, [`Error::FrameOdd`] for an odd side of a 4:2:0 frame,
    /// [`Error::FrameStride`] if a row is too short for the width, or odd for planar chroma, and
    /// [`Error::FrameBuffer`] if there are too few rows.
    pub fn new(rows: R, layout: Layout) -> Result<Self, Error> {
        let Layout { width, height, format, matrix } = layout;
        if !(1..=SIDE_MAX_PX).contains(&width) || !(1..=SIDE_MAX_PX).contains(&height) {
            return Err(Error::FrameSize { width, height, max: SIDE_MAX_PX });
        }
        let packed = format.is_packed();
        if !packed && (width % 2 != 0 || height % 2 != 0) {
            return Err(Error::FrameOdd { width, height });
        }
        let (stride, row) = (rows.row_bytes(), if packed { 3 * width } else { width });
        if stride < row {
            return Err(Error::FrameStride { stride, row, wanted: "at least the length of a row" });
        }
        if format == PixelFormat::Yuv420 && stride % 2 != 0 {
            return Err(Error::FrameStride { stride, row, wanted: "an even number" });
        }
        let wanted = if packed { height } else { height / 2 * 3 };
        if rows.count() < wanted {
            return Err(Error::FrameBuffer { rows: rows.count(), wanted });
        }
        Ok(Self { rows, layout, coefficients: matrix.coefficients() })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> usize {
        self.layout.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> usize {
        self.layout.height
    }

    /// The 8-bit sRGB colour of one pixel. Chroma is not interpolated: it holds for its 2 × 2 pixels.
    ///
    /// # Panics
    /// If the pixel is outside the frame.
    #[must_use]
    pub fn srgb(&self, x: usize, y: usize) -> [u8; 3] {
        let row = &self.rows.row(y)[..self.row_end()];
        match self.layout.format {
            PixelFormat::Rgb888 => [row[3 * x], row[3 * x + 1], row[3 * x + 2]],
            PixelFormat::Bgr888 => [row[3 * x + 2], row[3 * x + 1], row[3 * x]],
            PixelFormat::Yuv420 => {
                let (u, v) = self.planar_chroma(y / 2);
                self.coefficients
                    .chroma(u[x / 2], v[x / 2])
                    .map(|chroma| level(self.coefficients.luma(row[x]), chroma))
            }
            PixelFormat::Nv12 => {
                let uv = &self.interleaved_chroma(y / 2)[x / 2 * 2..];
                self.coefficients
                    .chroma(uv[0], uv[1])
                    .map(|chroma| level(self.coefficients.luma(row[x]), chroma))
            }
        }
    }

    /// The linear light of one pixel, 0 to 1.
    ///
    /// # Panics
    /// If the pixel is outside the frame.
    #[must_use]
    pub fn linear(&self, x: usize, y: usize) -> [f32; 3] {
        self.srgb(x, y).map(|coded| LINEAR[usize::from(coded)])
    }

    /// Fills `pixels` with the 8-bit sRGB colours of the whole frame, row by row.
    ///
    /// # Errors
    /// [`Error::Count`] unless there is room for exactly width × height × 3 bytes.
    pub fn fill_srgb(&self, pixels: &mut [u8]) -> Result<(), Error> {
        let Layout { width, height, .. } = self.layout;
        if pixels.len() != width * height * 3 {
            return Err(Error::Count { what: "pixels", count: pixels.len(), wanted: "width x height x 3" });
        }
        let mut span = Span::new();
        for (y, row) in pixels.chunks_exact_mut(3 * width).enumerate() {
            for (piece, out) in row.chunks_mut(3 * Span::PIXELS).enumerate() {
                let start = piece * Span::PIXELS;
                let [red, green, blue] = self.read(y, start..start + out.len() / 3, &mut span);
                for (((pixel, &red), &green), &blue) in out.chunks_exact_mut(3).zip(red).zip(green).zip(blue)
                {
                    pixel.copy_from_slice(&[red, green, blue]);
                }
            }
        }
        Ok(())
    }

    /// Reads pixels of one row; `pixels` is inside the row and not longer than [`Span::PIXELS`].
    #[inline(always)]
    pub(crate) fn read<'s>(&self, y: usize, pixels: Range<usize>, span: &'s mut Span) -> [&'s [u8]; 3] {
        let row = self.rows.row(y);
        let length = pixels.len();
        // Chroma comes in pairs of pixels, so these are read from an even pixel to an even pixel.
        let even = pixels.start / 2 * 2..pixels.end.next_multiple_of(2);
        let chroma = even.start / 2..even.end / 2;
        match self.layout.format {
            PixelFormat::Rgb888 => span.unpack(&row[3 * pixels.start..3 * pixels.end], [0, 1, 2]),
            PixelFormat::Bgr888 => span.unpack(&row[3 * pixels.start..3 * pixels.end], [2, 1, 0]),
            PixelFormat::Yuv420 => {
                let (u, v) = self.planar_chroma(y / 2);
                let pairs = u[chroma.clone()].iter().zip(&v[chroma]).map(|(&u, &v)| (u, v));
                span.convert(&self.coefficients, &row[even], pairs);
            }
            PixelFormat::Nv12 => {
                let pairs =
                    self.interleaved_chroma(y / 2)[even.clone()].chunks_exact(2).map(|uv| (uv[0], uv[1]));
                span.convert(&self.coefficients, &row[even], pairs);
            }
        }
        let first = if self.layout.format.is_packed() { 0 } else { pixels.start % 2 };
        span.colours.each_ref().map(|colour| &colour[first..first + length])
    }

    fn row_end(&self) -> usize {
        if self.layout.format.is_packed() { 3 * self.layout.width } else { self.layout.width }
    }

    #[inline(always)]
    fn planar_chroma(&self, row: usize) -> (&[u8], &[u8]) {
        let half = self.rows.row_bytes() / 2;
        let plane = |row: usize| {
            &self.rows.row(self.layout.height + row / 2)[row % 2 * half..][..self.layout.width / 2]
        };
        (plane(row), plane(self.layout.height / 2 + row))
    }

    #[inline(always)]
    fn interleaved_chroma(&self, row: usize) -> &[u8] {
        &self.rows.row(self.layout.height + row)[..self.layout.width]
    }
}

/// Pixels of one row as 8-bit sRGB, colour by colour, so that the compiler can work on many at once.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    colours: [[u8; Self::ROOM]; 3],
    chroma: [[i16; Self::ROOM]; 3],
    luma: [i16; Self::ROOM],
}

impl Span {
    /// How many pixels can be read at once.
    pub(crate) const PIXELS: usize = 512;
    /// One more on either side, where a span starts or ends within a pair.
    const ROOM: usize = Self::PIXELS + 2;

    pub(crate) fn new() -> Self {
        Self { colours: [[0; Self::ROOM]; 3], chroma: [[0; Self::ROOM]; 3], luma: [0; Self::ROOM] }
    }

    #[inline(always)]
    fn unpack(&mut self, packed: &[u8], order: [usize; 3]) {
        let [red, green, blue] = &mut self.colours;
        for (((pixel, red), green), blue) in packed.chunks_exact(3).zip(red).zip(green).zip(blue) {
            (*red, *green, *blue) = (pixel[order[0]], pixel[order[1]], pixel[order[2]]);
        }
    }

    #[inline(always)]
    fn convert(&mut self, coefficients: &Coefficients, luma: &[u8], chroma: impl Iterator<Item = (u8, u8)>) {
        let [red, green, blue] = &mut self.chroma;
        let pairs = red.chunks_exact_mut(2).zip(green.chunks_exact_mut(2)).zip(blue.chunks_exact_mut(2));
        for (((red, green), blue), (u, v)) in pairs.zip(chroma) {
            let added = coefficients.chroma(u, v);
            red.fill(added[0]);
            green.fill(added[1]);
            blue.fill(added[2]);
        }
        for (added, &luma) in self.luma.iter_mut().zip(luma) {
            *added = coefficients.luma(luma);
        }
        for (colour, chroma) in self.colours.iter_mut().zip(&self.chroma) {
            for ((colour, &luma), &chroma) in colour.iter_mut().zip(&self.luma[..luma.len()]).zip(chroma) {
                *colour = level(luma, chroma);
            }
        }
    }
}

/// The linear light of an 8-bit sRGB value, 0 to 1 (IEC 61966-2-1).
#[must_use]
pub fn srgb_to_linear(coded: u8) -> f64 {
    let coded = f64::from(coded) / 255.0;
    if coded <= 0.040_45 { coded / 12.92 } else { ((coded + 0.055) / 1.055).powf(2.4) }
}

/// [`srgb_to_linear`] of every 8-bit value.
pub(crate) static LINEAR: LazyLock<[f32; 256]> =
    LazyLock::new(|| std::array::from_fn(|coded| srgb_to_linear(coded as u8) as f32));
