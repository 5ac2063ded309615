//! Small dense linear algebra on top of `nalgebra`: what the regressions of one session need and nothing
//! else.

use nalgebra::{DMatrix, DVector};

/// Added to the diagonal of a normal matrix, relative to its mean, so that a regressor that never moved (a
/// perfectly still head) cannot make it singular. Small against the 10⁻³ relative accuracy that any estimate
/// here can have.
pub(crate) const RIDGE: f64 = 1e-9;

/// A column of which less than this part is left beside the others is one of them, but for rounding.
const MIN_REST: f64 = 1e-9;

/// Inverts a symmetric positive semi-definite matrix after adding `RIDGE` to its diagonal.
///
/// Returns `None` where the matrix holds a value that is not finite.
pub(crate) fn invert_normal(normal: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = normal.nrows();
    let ridge = RIDGE * (normal.trace() / n as f64).max(f64::MIN_POSITIVE);
    let scale = DVector::from_fn(n, |i, _| 1.0 / (normal[(i, i)] + ridge).sqrt());
    let scaled = DMatrix::from_fn(n, n, |i, j| {
        scale[i] * scale[j] * normal[(i, j)] + if i == j { RIDGE } else { 0.0 }
    });
    let inverse = scaled.cholesky()?.inverse();
    Some(DMatrix::from_fn(n, n, |i, j| inverse[(i, j)] * scale[i] * scale[j]))
}

/// Returns an orthonormal basis of the columns of `columns`, leaving out directions that are (nearly) in the
/// others.
pub(crate) fn orthonormal(columns: &DMatrix<f64>) -> DMatrix<f64> {
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
        if rest > MIN_REST * length && rest > 0.0 {
            basis.push(v / rest);
        }
    }
    if basis.is_empty() { DMatrix::zeros(columns.nrows(), 0) } else { DMatrix::from_columns(&basis) }
}

/// Removes from every column of `data` what lies in the span of the orthonormal `basis`.
pub(crate) fn project_out(data: &mut DMatrix<f64>, basis: &DMatrix<f64>) {
    let along = basis.transpose() * &*data;
    data.gemm(-1.0, basis, &along, 1.0);
}

/// Whitens the columns of `data` in time as a first-order autoregression: row t becomes x(t) − ρ x(t−1); one
/// row less.
pub(crate) fn whiten(data: &DMatrix<f64>, rho: f64) -> DMatrix<f64> {
    DMatrix::from_fn(data.nrows().saturating_sub(1), data.ncols(), |t, k| {
        data[(t + 1, k)] - rho * data[(t, k)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
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
