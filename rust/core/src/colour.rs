//! Colour: the transfer function of sRGB in both directions, and luminance.
//!
//! Light is linear and relative to full red, green or blue; its sRGB coding is what screens and files hold.
//! Both are 0 to 1 here, or 0 to 255 where a name says *code*. All numbers are those of IEC 61966-2-1.
//!
//! ```
//! use lightproof_core::colour::{code_to_linear, linear_to_srgb, srgb_to_linear};
//!
//! assert!((srgb_to_linear(0.5) - 0.2140).abs() < 1e-4);
//! assert!((linear_to_srgb(0.2140) - 0.5).abs() < 1e-4);
//! assert!((code_to_linear(188) - 0.5029).abs() < 1e-4);
//! ```

use std::sync::LazyLock;

/// A colour of the screen as 8-bit sRGB: red, green, blue.
pub type Srgb = [u8; 3];
/// A colour in linear light, 1 being the screen's full red, green or blue.
pub type Linear = [f64; 3];

/// Luminance of the linear primaries relative to white: the second row of sRGB to XYZ. BT.709 has the same
/// primaries and white, hence the same weights.
pub const LUMINANCE: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// How many values eight bits have.
const CODES: usize = 256;
/// The code of full light.
const MAX_CODE: f64 = 255.0;
/// Up to this coded value, and up to this light, the curve is straight.
const MAX_STRAIGHT_SRGB: f64 = 0.040_45;
const MAX_STRAIGHT_LINEAR: f64 = 0.003_130_8;
/// Slope of the coded value along the straight part.
const STRAIGHT_SLOPE: f64 = 12.92;
/// Above it the curve is a power, scaled and shifted so that the two meet.
const EXPONENT: f64 = 2.4;
const OFFSET: f64 = 0.055;

/// [`code_to_linear`] of every code.
pub static SRGB_TO_LINEAR: LazyLock<[f64; CODES]> =
    LazyLock::new(|| std::array::from_fn(|code| code_to_linear(code as u8)));

/// The same in single precision: what frames are decoded with.
pub(crate) static SRGB_TO_LINEAR_F32: LazyLock<[f32; CODES]> =
    LazyLock::new(|| SRGB_TO_LINEAR.map(|light| light as f32));

/// The linear light of a coded value; both are 0 to 1.
#[must_use]
pub fn srgb_to_linear(srgb: f64) -> f64 {
    if srgb <= MAX_STRAIGHT_SRGB {
        srgb / STRAIGHT_SLOPE
    } else {
        ((srgb + OFFSET) / (1.0 + OFFSET)).powf(EXPONENT)
    }
}

/// The coded value of linear light; both are 0 to 1.
#[must_use]
pub fn linear_to_srgb(light: f64) -> f64 {
    if light <= MAX_STRAIGHT_LINEAR {
        light * STRAIGHT_SLOPE
    } else {
        (1.0 + OFFSET) * light.powf(1.0 / EXPONENT) - OFFSET
    }
}

/// The linear light of an 8-bit code, 0 to 1.
#[must_use]
pub fn code_to_linear(code: u8) -> f64 {
    srgb_to_linear(f64::from(code) / MAX_CODE)
}

/// The 8-bit code nearest to linear light; light outside 0 to 1 has the code of black or of full light.
#[must_use]
pub fn linear_to_code(light: f64) -> u8 {
    (linear_to_srgb(light).clamp(0.0, 1.0) * MAX_CODE).round() as u8
}

/// The linear light of an 8-bit colour.
#[must_use]
pub fn linear(colour: Srgb) -> Linear {
    colour.map(code_to_linear)
}

/// Luminance of linear light relative to white (also the relative luminance of WCAG 2.x), 0 to 1.
#[must_use]
pub fn relative_luminance([red, green, blue]: &Linear) -> f64 {
    LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_leads_from_black_to_full_light_without_a_jump() {
        assert!(srgb_to_linear(0.0).abs() < 1e-15 && (srgb_to_linear(1.0) - 1.0).abs() < 1e-15);
        let gap = |curve: fn(f64) -> f64, at: f64| curve(at + 1e-12) - curve(at);
        // The standard's constants are rounded: the two parts meet to within 2 · 10⁻⁷.
        assert!(gap(srgb_to_linear, MAX_STRAIGHT_SRGB).abs() < 2e-7);
        assert!(gap(linear_to_srgb, MAX_STRAIGHT_LINEAR).abs() < 2e-7);
    }

    #[test]
    fn each_direction_undoes_the_other() {
        for code in 0..=u8::MAX {
            assert_eq!(linear_to_code(code_to_linear(code)), code);
        }
        for step in 0..=1000 {
            let srgb = f64::from(step) / 1000.0;
            assert!((linear_to_srgb(srgb_to_linear(srgb)) - srgb).abs() < 1e-6, "{srgb}");
        }
    }

    #[test]
    fn half_of_the_light_has_the_code_of_the_standard() {
        // IEC 61966-2-1: 188 is the nearest code.
        assert_eq!(linear_to_code(0.5), 188);
        assert!((relative_luminance(&[1.0; 3]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn light_that_no_code_has_is_cut_off() {
        assert_eq!([-0.1, 1.1, f64::INFINITY].map(linear_to_code), [0, 255, 255]);
    }
}
