//! What is kept of all frames: sums of products, of a frame with itself (lag 0) and with the one before (lag
//! 1).

use nalgebra::DMatrix;

use super::REGRESSORS;

/// One frame: its regressors, and the features of every member.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moment {
    pub(super) x: [f64; REGRESSORS],
    pub(super) y: [Vec<f32>; 3],
}

impl Moment {
    pub(super) fn new(members: usize) -> Self {
        Self { x: [0.0; REGRESSORS], y: std::array::from_fn(|_| vec![0.0; members]) }
    }

    fn forget(&mut self) {
        self.y.iter_mut().for_each(|values| values.fill(0.0));
    }
}

/// Sums over the frames. Products of a regressor and a feature hold one row of all members a regressor.
///
/// At lag 1 both orders are added, x(t) y(t−1) + x(t−1) y(t), so that the sums under any whitening are
/// polynomials in them: (x(t) − ρ x(t−1))(y(t) − ρ y(t−1)) adds up to (1 + ρ²) lag 0 − ρ lag 1, less what the
/// ends lack.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sums {
    pub(super) frames: usize,
    pub(super) xx0: DMatrix<f64>,
    pub(super) xx1: DMatrix<f64>,
    pub(super) xy0: [Vec<f32>; 3],
    pub(super) xy1: [Vec<f32>; 3],
    pub(super) yy0: [Vec<f32>; 3],
    pub(super) yy1: [Vec<f32>; 3],
    pub(super) first: Option<Box<Moment>>,
    pub(super) last: Moment,
}

impl Sums {
    pub(super) fn new(members: usize) -> Self {
        let products = || std::array::from_fn(|_| vec![0.0; REGRESSORS * members]);
        let squares = || std::array::from_fn(|_| vec![0.0; members]);
        Self {
            frames: 0,
            xx0: DMatrix::zeros(REGRESSORS, REGRESSORS),
            xx1: DMatrix::zeros(REGRESSORS, REGRESSORS),
            xy0: products(),
            xy1: products(),
            yy0: squares(),
            yy1: squares(),
            first: None,
            last: Moment::new(members),
        }
    }

    /// Adds a frame and leaves the one before in its place, to be written over.
    #[inline(always)]
    pub(super) fn add(&mut self, now: &mut Moment) {
        let last = &self.last;
        for i in 0..REGRESSORS {
            for j in 0..REGRESSORS {
                self.xx0[(i, j)] += now.x[i] * now.x[j];
                self.xx1[(i, j)] += now.x[i] * last.x[j] + last.x[i] * now.x[j];
            }
        }
        for f in 0..3 {
            let n = now.y[f].len();
            for j in 0..REGRESSORS {
                let (x, before) = (now.x[j] as f32, last.x[j] as f32);
                let at0 = &mut self.xy0[f][j * n..][..n];
                let at1 = &mut self.xy1[f][j * n..][..n];
                for (((s0, s1), &y), &y_before) in at0.iter_mut().zip(at1).zip(&now.y[f]).zip(&last.y[f]) {
                    *s0 += x * y;
                    *s1 += x * y_before + before * y;
                }
            }
            let squares = self.yy0[f].iter_mut().zip(&mut self.yy1[f]);
            for (((s0, s1), &y), &y_before) in squares.zip(&now.y[f]).zip(&last.y[f]) {
                *s0 += y * y;
                *s1 += 2.0 * y * y_before;
            }
        }
        if self.first.is_none() {
            self.first = Some(Box::new(now.clone()));
        }
        std::mem::swap(now, &mut self.last);
        self.frames += 1;
    }

    /// Overwrites what was measured of the face.
    pub(super) fn forget(&mut self) {
        let sums = [&mut self.xy0, &mut self.xy1, &mut self.yy0, &mut self.yy1];
        for values in sums.into_iter().flatten() {
            values.fill(0.0);
        }
        self.last.forget();
        if let Some(first) = &mut self.first {
            first.forget();
        }
    }
}
