//! Luma and chroma to red, green and blue, in arithmetic on 16 bits.

use super::format::{YuvMatrix, YuvRange};
use crate::colour::LUMINANCE;

/// A factor in units of 1/32 level for arithmetic on 16 bits, of which SSE2 and NEON do eight at once:
/// `whole` units and `part` / 128 of one. Values are -128 to 255 and factors -0.9 to 2.12, so no product and
/// no sum of a luma and a chroma overflows; what is cut off is below a tenth of a level.
#[derive(Clone, Copy, Debug)]
struct Factor {
    whole: i16,
    part: i16,
}

/// Steps of a full-range channel, of limited luma (16 to 235) and of limited chroma (16 to 240).
const LEVELS: f64 = 255.0;
const LIMITED_LUMA_LEVELS: f64 = 219.0;
const LIMITED_CHROMA_LEVELS: f64 = 224.0;
/// The level of chroma that grey has.
const NO_CHROMA: i16 = 128;

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
pub(super) struct Coefficients {
    black: i16,
    luma: Factor,
    red_v: Factor,
    green_u: Factor,
    green_v: Factor,
    blue_u: Factor,
}

impl Coefficients {
    pub(super) fn new(matrix: YuvMatrix, range: YuvRange) -> Self {
        let [red, green, blue] = match matrix {
            YuvMatrix::Bt601 => [0.299, 1.0 - 0.299 - 0.114, 0.114],
            YuvMatrix::Bt709 => [LUMINANCE[0], 1.0 - LUMINANCE[0] - LUMINANCE[2], LUMINANCE[2]],
        };
        let (black, luma, chroma) = match range {
            YuvRange::Full => (0, 1.0, 1.0),
            YuvRange::Limited => (16, LEVELS / LIMITED_LUMA_LEVELS, LEVELS / LIMITED_CHROMA_LEVELS),
        };
        Self {
            black,
            luma: Factor::new(luma),
            red_v: Factor::new(2.0 * (1.0 - red) * chroma),
            green_u: Factor::new(-2.0 * (1.0 - blue) * blue / green * chroma),
            green_v: Factor::new(-2.0 * (1.0 - red) * red / green * chroma),
            blue_u: Factor::new(2.0 * (1.0 - blue) * chroma),
        }
    }

    #[inline(always)]
    pub(super) fn luma(&self, luma: u8) -> i16 {
        self.luma.times(i16::from(luma) - self.black)
    }

    /// What chroma adds to red, green and blue.
    #[inline(always)]
    pub(super) fn chroma(&self, u: u8, v: u8) -> [i16; 3] {
        let (u, v) = (i16::from(u) - NO_CHROMA, i16::from(v) - NO_CHROMA);
        [self.red_v.times(v), self.green_u.times(u) + self.green_v.times(v), self.blue_u.times(u)]
    }
}

/// The 8-bit colour that luma and chroma add up to.
#[inline(always)]
pub(super) fn level(luma: i16, chroma: i16) -> u8 {
    ((luma + chroma + HALF_LEVEL) >> LEVEL_BITS).clamp(0, 255) as u8
}
