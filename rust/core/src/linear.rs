//! Small dense linear algebra on top of `nalgebra`: what the regressions of one session need and nothing else.

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

/// Added to the diagonal of a normal matrix, relative to its mean, so that a regressor that never moved (a perfectly
/// still head) cannot make it singular. Small against the 10⁻³ relative accuracy that any estimate here can have.
const RIDGE: f64 = 1e-9;

/// Inverts a symmetric positive semi-definite matrix after adding `RIDGE` to its diagonal.
///
/// Returns `None` where the matrix holds a value that is not finite.
#[must_use]
pub fn invert_normal(normal: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = normal.nrows();
    let ridge = RIDGE * (normal.trace() / n as f64).max(f64::MIN_POSITIVE);
    let scale = DVector::from_fn(n, |i, _| 1.0 / (normal[(i, i)] + ridge).sqrt());
    let scaled = DMatrix::from_fn(n, n, |i, j| {
        scale[i] * scale[j] * normal[(i, j)] + if i == j { RIDGE } else { 0.0 }
    });
    let inverse = scaled.cholesky()?.inverse();
    Some(DMatrix::from_fn(n, n, |i, j| inverse[(i, j)] * scale[i] * scale[j]))
}

/// Returns an orthonormal basis of the columns of `columns`, leaving out directions that are (nearly) in the others.
#[must_use]
pub fn orthonormal(columns: &DMatrix<f64>) -> DMatrix<f64> {
    let mut basis: Vec<DVector<f64>> = Vec::with_capacity(columns.ncols());
    for column in columns.column_iter() {
        let length = column.norm();
        let mut v = column.clone_owned();
        // Twice is enough (Kahan; Giraud & Langou 2005): the second pass removes what rounding left.
        for _ in 0..2 {
            for b in &basis {
                let along = b.dot(&v);
                v.axpy(-along, b, 1.0);
            }
        }
        let rest = v.norm();
        if rest > 1e-9 * length && rest > 0.0 {
            basis.push(v / rest);
        }
    }
    if basis.is_empty() { DMatrix::zeros(columns.nrows(), 0) } else { DMatrix::from_columns(&basis) }
}

/// Removes from every column of `data` what lies in the span of the orthonormal `basis`.
pub fn project_out(data: &mut DMatrix<f64>, basis: &DMatrix<f64>) {
    let along = basis.transpose() * &*data;
    data.gemm(-1.0, basis, &along, 1.0);
}

/// Whitens the columns of `data` in time as a first-order autoregression: row t becomes x(t) − ρ x(t−1); one row less.
#[must_use]
pub fn whiten(data: &DMatrix<f64>, rho: f64) -> DMatrix<f64> {
    DMatrix::from_fn(data.nrows().saturating_sub(1), data.ncols(), |t, k| {
        data[(t + 1, k)] - rho * data[(t, k)]
    })
}

/// Maximises 2 g·b − gᵀ G g over g ≥ 0 for three gains; returns the gains and the maximum.
///
/// The maximum lies on one of the eight faces of the octant: each is solved and the best feasible one is taken, which
/// is exact for a positive definite `g` (Lawson & Hanson, *Solving Least Squares Problems*, ch. 23, for three unknowns).
#[must_use]
pub fn non_negative_gains(normal: &Matrix3<f64>, b: &Vector3<f64>) -> (Vector3<f64>, f64) {
    let mut best = (Vector3::zeros(), 0.0);
    for face in 1_u8..8 {
        let free: Vec<usize> = (0..3).filter(|c| face >> c & 1 == 1).collect();
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
        fn what_is_projected_out_is_gone(raw in prop::collection::vec(-1.0_f64..1.0, 40)) {
            let columns = DMatrix::from_row_slice(20, 2, &raw);
            let basis = orthonormal(&columns);
            let mut data = columns.clone();
            project_out(&mut data, &basis);
            prop_assert!(data.norm() < 1e-9);
        }
    }

    #[test]
    fn a_column_that_never_moved_does_not_break_the_inverse() {
        let mut normal = DMatrix::identity(3, 3);
        normal[(2, 2)] = 0.0;
        assert!(invert_normal(&normal).is_some());
    }
}
