//! A piece of a row of pixels, decoded colour by colour.

use super::yuv::{Coefficients, level};

/// Pixels of one row as 8-bit sRGB, colour by colour, so that the compiler can work on many at once.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(super) colours: [[u8; Self::LENGTH]; 3],
    chroma: [[i16; Self::LENGTH]; 3],
    luma: [i16; Self::LENGTH],
}

impl Span {
    /// How many pixels can be read at once.
    pub(crate) const PIXELS: usize = 512;
    /// One more on either side, where a span starts or ends within a pair.
    const LENGTH: usize = Self::PIXELS + 2;

    pub(crate) fn new() -> Self {
        Self { colours: [[0; Self::LENGTH]; 3], chroma: [[0; Self::LENGTH]; 3], luma: [0; Self::LENGTH] }
    }

    #[inline(always)]
    pub(super) fn unpack(&mut self, packed: &[u8], order: [usize; 3]) {
        let [red, green, blue] = &mut self.colours;
        for (((pixel, red), green), blue) in packed.chunks_exact(3).zip(red).zip(green).zip(blue) {
            (*red, *green, *blue) = (pixel[order[0]], pixel[order[1]], pixel[order[2]]);
        }
    }

    #[inline(always)]
    pub(super) fn convert(
        &mut self,
        coefficients: &Coefficients,
        luma: impl ExactSizeIterator<Item = u8>,
        chroma: impl Iterator<Item = (u8, u8)>,
    ) {
        let [red, green, blue] = &mut self.chroma;
        let pairs = red.chunks_exact_mut(2).zip(green.chunks_exact_mut(2)).zip(blue.chunks_exact_mut(2));
        for (((red, green), blue), (u, v)) in pairs.zip(chroma) {
            let added = coefficients.chroma(u, v);
            red.fill(added[0]);
            green.fill(added[1]);
            blue.fill(added[2]);
        }
        let length = luma.len();
        for (added, luma) in self.luma.iter_mut().zip(luma) {
            *added = coefficients.luma(luma);
        }
        for (colour, chroma) in self.colours.iter_mut().zip(&self.chroma) {
            for ((colour, &luma), &chroma) in colour.iter_mut().zip(&self.luma[..length]).zip(chroma) {
                *colour = level(luma, chroma);
            }
        }
    }
}
