//! The best non-negative gains of a challenge, in double precision for one and in single precision for
//! millions.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use crate::linear::invert_normal;

const CHANNELS: usize = 3;
/// A determinant below this part of the product of its diagonal is rounding, of which single precision has 6
/// × 10⁻⁸ and three products a few times that.
const MIN_DETERMINANT: f32 = 1e-6;

/// The six pairs of channels of a symmetric 3 × 3 matrix: rr gg bb rg rb gb.
pub(super) const PAIRS: [(usize, usize); 6] = [(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)];

/// Maximises 2 g·b − gᵀ G g over g ≥ 0 for three gains; returns the gains and the maximum.
///
/// The maximum lies on one of the eight faces of the octant: each is solved and the best feasible one is
/// taken, which is exact for a positive definite `g` (Lawson & Hanson, *Solving Least Squares Problems*, ch.
/// 23, for three unknowns).
pub(super) fn non_negative_gains(normal: &Matrix3<f64>, b: &Vector3<f64>) -> (Vector3<f64>, f64) {
    let mut best = (Vector3::zeros(), 0.0);
    for face in 1..1_u8 << CHANNELS {
        let free: Vec<usize> = (0..CHANNELS).filter(|c| face >> c & 1 == 1).collect();
        let sub = DMatrix::from_fn(free.len(), free.len(), |i, j| normal[(free[i], free[j])]);
        let rhs = DVector::from_fn(free.len(), |i, _| b[free[i]]);
        let Some(inverse) = invert_normal(&sub) else { continue };
        let g = inverse * &rhs;
        if g.iter().all(|&x| x >= 0.0) {
            let value = g.dot(&rhs);
            if value > best.1 {
                let mut gains = Vector3::zeros();
                for (i, &c) in free.iter().enumerate() {
                    gains[c] = g[i];
                }
                best = (gains, value);
            }
        }
    }
    best
}

/// Maximum of 2 g·b − gᵀ G g over g ≥ 0, G given as rr gg bb rg rb gb: the best feasible of the octant's
/// seven faces, each computed whether it is feasible or not, so that lanes do not part. Where that is at g =
/// 0, a number below 0 that tells how far all channels are from answering.
#[inline(always)]
#[allow(clippy::needless_bitwise_bool)] // a lazy operator is a branch, and lanes would part
pub(super) fn best_gains_score(b: [f32; 3], energy: [f32; 6]) -> f32 {
    let [rr, gg, bb, rg, rb, gb] = energy;
    let two = |b0: f32, b1: f32, e0: f32, e1: f32, e01: f32| {
        let det = e0 * e1 - e01 * e01;
        let (g0, g1) = (b0 * e1 - b1 * e01, b1 * e0 - b0 * e01);
        let feasible = (det > MIN_DETERMINANT * e0 * e1) & (g0 >= 0.0) & (g1 >= 0.0);
        let value = (g0 * b0 + g1 * b1) / det;
        if feasible { value } else { 0.0 }
    };
    let cofactors = [
        gg * bb - gb * gb,
        rb * gb - rg * bb,
        rg * gb - rb * gg,
        rr * bb - rb * rb,
        rg * rb - rr * gb,
        rr * gg - rg * rg,
    ];
    let det = rr * cofactors[0] + rg * cofactors[1] + rb * cofactors[2];
    let g = [
        cofactors[0] * b[0] + cofactors[1] * b[1] + cofactors[2] * b[2],
        cofactors[1] * b[0] + cofactors[3] * b[1] + cofactors[4] * b[2],
        cofactors[2] * b[0] + cofactors[4] * b[1] + cofactors[5] * b[2],
    ];
    let feasible = (det > MIN_DETERMINANT * rr * gg * bb) & (g[0] >= 0.0) & (g[1] >= 0.0) & (g[2] >= 0.0);
    let value = (g[0] * b[0] + g[1] * b[1] + g[2] * b[2]) / det;
    let three = if feasible { value } else { 0.0 };
    let best = one_gain_score(b[0], rr)
        .max(one_gain_score(b[1], gg))
        .max(one_gain_score(b[2], bb))
        .max(two(b[0], b[1], rr, gg, rg))
        .max(two(b[0], b[2], rr, bb, rb))
        .max(two(b[1], b[2], gg, bb, gb))
        .max(three);
    // Every channel answers in the opposite sense. How decidedly keeps the scores apart, so that ranks stay
    // uniform.
    let against = |b: f32, e: f32| {
        let decidedly = b / e.sqrt();
        if e > 0.0 { decidedly } else { 0.0 }
    };
    let opposite = against(b[0], rr).max(against(b[1], gg)).max(against(b[2], bb)).min(0.0);
    if best > 0.0 { best } else { opposite }
}

/// Maximum of 2 g·b − g² e over one gain g ≥ 0.
#[inline(always)]
#[allow(clippy::needless_bitwise_bool)] // as above
pub(super) fn one_gain_score(b: f32, energy: f32) -> f32 {
    let value = b * b / energy;
    if (b > 0.0) & (energy > 0.0) { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn non_negative_gains_beat_every_other_non_negative_choice(
            raw in prop::array::uniform9(-1.0_f64..1.0),
            b in prop::array::uniform3(-1.0_f64..1.0),
            other in prop::array::uniform3(0.0_f64..3.0),
        ) {
            let a = Matrix3::from_row_slice(&raw);
            let normal = a.transpose() * a + Matrix3::identity() * 0.1;
            let b = Vector3::from(b);
            let (gains, value) = non_negative_gains(&normal, &b);
            let other = Vector3::from(other);
            prop_assert!(gains.iter().all(|&g| g >= 0.0));
            prop_assert!(value + 1e-6 >= 2.0 * other.dot(&b) - other.dot(&(normal * other)));
        }

        #[test]
        fn single_precision_finds_the_same_maximum(
            raw in prop::array::uniform9(-1.0_f64..1.0), b in prop::array::uniform3(-1.0_f64..1.0),
        ) {
            let a = Matrix3::from_row_slice(&raw);
            let normal = a.transpose() * a + Matrix3::identity() * 0.1;
            let (_, value) = non_negative_gains(&normal, &Vector3::from(b));
            let fast = best_gains_score(b.map(|b| b as f32), PAIRS.map(|pair| normal[pair] as f32));
            let fast = f64::from(fast).max(0.0);
            prop_assert!((fast - value).abs() <= 1e-3 * (1.0 + value), "{} {}", fast, value);
        }
    }
}
