//! The picture that the code itself lights: how every pixel of the aligned face follows the screen.
//!
//! Whoever controls the rest of a picture does not control what the code does to it: what follows the code is
//! the surface in front of the screen, and nothing else. A pixel's linear light, over the gain of the whole
//! face, is regressed on the mean light of the screen in its channel, beside what [`super`] calls nuisances
//! and the light's two differences. The slope is a picture of what the screen lit. The code leaves luminance
//! alone, so the luma of the face is the gain of camera and room.
//!
//! Ordinary least squares: whitening in time with 0.5 or 0.8 gave pictures that were further from the face,
//! for a pixel's noise is the camera's and new in every frame.

use nalgebra::{DMatrix, Matrix3, SMatrix, SVector};

use super::{NUISANCE, Registration, regressors};
use crate::Error;
use crate::colour::{LUMINANCE, SRGB_TO_LINEAR_F32};
use crate::linear::invert_normal;
use crate::vectors::{Level, dispatch};

/// Mean light, right − left, top − bottom of one channel.
const CODE: usize = 3;
const REGRESSORS: usize = NUISANCE + CODE;
/// The regressor whose slope is the picture.
const MEAN_LIGHT: usize = NUISANCE;
/// With fewer than two frames for each regressor, what is left over says little of the noise.
const MIN_FRAMES: usize = 2 * REGRESSORS;
/// Part of the mean light's squares that has to be left beside the other regressors: a light that is one of
/// them tells nothing.
const MIN_LEFT: f64 = 1e-6;
/// Least mean light of the face, under the first step of an 8-bit sRGB code: nothing is divided by less.
const MIN_LUMA: f64 = 1e-4;

/// Most pixels of the aligned face: 512 × 512, four and a half times the side that networks compare. What is
/// kept of a pixel has 204 bytes, 53 MB for all.
pub const MAX_PICTURE_PIXELS: usize = 1 << 18;

/// Streaming regression of the pixels of an aligned face on a challenge. Allocates only when made and when
/// solved.
#[derive(Debug, Clone)]
pub struct PictureRegression {
    /// The pixels whose luma is the gain of the whole face.
    face: Vec<u32>,
    mixing: Matrix3<f64>,
    frames: usize,
    first_luma: f64,
    /// Light of the first frame, which is taken from all others: sums of what is left lose no digits.
    first: [Vec<f32>; 3],
    now: [Vec<f32>; 3],
    xx: [SMatrix<f64, REGRESSORS, REGRESSORS>; 3],
    /// One row of all pixels a regressor.
    xy: [Vec<f32>; 3],
    yy: [Vec<f32>; 3],
    level: Level,
}

/// What the screen lit, with its noise; both hold red, green and blue of each pixel, one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct LitSlopes {
    /// Linear light per linear light of the screen.
    pub slopes: Vec<f32>,
    /// Variances of the slopes.
    pub variances: Vec<f32>,
}

impl PictureRegression {
    /// Prepares the regression of a picture of which `face` says which pixels show the face.
    ///
    /// `mixing` is the camera's answer (rows) to the screen's red, green and blue (columns).
    ///
    /// # Errors
    /// [`Error::TooFewCells`] if no pixel shows the face, [`Error::TooMany`] if there are more than
    /// [`MAX_PICTURE_PIXELS`].
    pub fn new(face: &[bool], mixing: [[f64; 3]; 3]) -> Result<Self, Error> {
        let size = face.len();
        Error::check_count("pixels of the picture", size, MAX_PICTURE_PIXELS)?;
        let face: Vec<u32> = (0..size as u32).filter(|&i| face[i as usize]).collect();
        if face.is_empty() {
            return Err(Error::TooFewCells { cells: 0, min: 1 });
        }
        let plane = || std::array::from_fn(|_| vec![0.0; size]);
        Ok(Self {
            face,
            mixing: Matrix3::from_fn(|i, j| mixing[i][j]),
            frames: 0,
            first_luma: 0.0,
            first: plane(),
            now: plane(),
            xx: [SMatrix::zeros(); 3],
            xy: std::array::from_fn(|_| vec![0.0; REGRESSORS * size]),
            yy: plane(),
            level: Level::new(),
        })
    }

    /// Number of frames taken in.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Takes in the aligned face of one frame: `pixels` is 8-bit sRGB, three values each; `light` and `u` are
    /// those of [`super::ResponseRegression::push`], `at` is what it returned.
    ///
    /// # Errors
    /// [`Error::GridSize`] if `pixels` has another size than the face; nothing is taken in then.
    pub fn push(
        &mut self,
        pixels: &[u8],
        light: &[[f64; 3]; 4],
        u: f64,
        at: &Registration,
    ) -> Result<(), Error> {
        Error::check_size("pixels", pixels.len(), 3 * self.yy[0].len())?;
        let all = regressors(u, at, light, &self.mixing);
        dispatch!(self.level, _ => self.take_in(pixels, &all));
        Ok(())
    }

    #[inline(always)]
    fn take_in(&mut self, pixels: &[u8], all: &[f64; super::REGRESSORS]) {
        let linear: &[f32; 256] = &SRGB_TO_LINEAR_F32;
        let luma_of = |&i: &u32| -> f64 {
            let pixel = &pixels[3 * i as usize..][..3];
            (0..3).map(|c| LUMINANCE[c] * f64::from(linear[usize::from(pixel[c])])).sum()
        };
        let luma = (self.face.iter().map(luma_of).sum::<f64>() / self.face.len() as f64).max(MIN_LUMA);
        if self.frames == 0 {
            self.first_luma = luma;
        }
        let per_gain = (self.first_luma / luma) as f32;
        for (k, pixel) in pixels.chunks_exact(3).enumerate() {
            for c in 0..3 {
                self.now[c][k] = per_gain * linear[usize::from(pixel[c])];
            }
        }
        if self.frames == 0 {
            for (first, now) in self.first.iter_mut().zip(&self.now) {
                first.copy_from_slice(now);
            }
        }
        for c in 0..3 {
            for (now, &first) in self.now[c].iter_mut().zip(&self.first[c]) {
                *now -= first;
            }
            let x = of_channel(all, c);
            self.xx[c] += x * x.transpose();
            let n = self.now[c].len();
            for (j, &value) in x.iter().enumerate() {
                let value = value as f32;
                for (sum, &y) in self.xy[c][j * n..][..n].iter_mut().zip(&self.now[c]) {
                    *sum += value * y;
                }
            }
            for (sum, &y) in self.yy[c].iter_mut().zip(&self.now[c]) {
                *sum += y * y;
            }
        }
        self.frames += 1;
    }

    /// Solves for what the screen lit, from the frames so far; `None` with fewer than twice as many frames as
    /// regressors, or where the light never changed.
    #[must_use]
    pub fn solve(&self) -> Option<LitSlopes> {
        if self.frames < MIN_FRAMES {
            return None;
        }
        let n = self.yy[0].len();
        let freedom = (self.frames - REGRESSORS) as f64;
        let mut found = LitSlopes { slopes: vec![0.0; 3 * n], variances: vec![0.0; 3 * n] };
        for c in 0..3 {
            let normal = DMatrix::from_column_slice(REGRESSORS, REGRESSORS, self.xx[c].as_slice());
            let inverse =
                SMatrix::<f64, REGRESSORS, REGRESSORS>::from_column_slice(invert_normal(&normal)?.as_slice());
            // One over what is left of the mean light beside all else: none where the light never changed.
            let left = 1.0 / inverse[(MEAN_LIGHT, MEAN_LIGHT)];
            if left <= MIN_LEFT * self.xx[c][(MEAN_LIGHT, MEAN_LIGHT)] {
                return None;
            }
            for k in 0..n {
                let xy = SVector::<f64, REGRESSORS>::from_fn(|j, _| f64::from(self.xy[c][j * n + k]));
                let beta = inverse * xy;
                let rest = (f64::from(self.yy[c][k]) - beta.dot(&xy)).max(0.0);
                found.slopes[3 * k + c] = beta[MEAN_LIGHT] as f32;
                found.variances[3 * k + c] = (rest / freedom / left) as f32;
            }
        }
        Some(found)
    }

    /// Overwrites everything that was measured of the face. What is left can be dropped but not used.
    pub fn forget(&mut self) {
        let planes = [&mut self.first, &mut self.now, &mut self.xy, &mut self.yy];
        planes.into_iter().flatten().for_each(|values| values.fill(0.0));
        self.first_luma = 0.0;
    }
}

fn of_channel(all: &[f64; super::REGRESSORS], channel: usize) -> SVector<f64, REGRESSORS> {
    SVector::from_fn(|j, _| if j < NUISANCE { all[j] } else { all[NUISANCE + 3 * (j - NUISANCE) + channel] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::assert_same_at_every_level;

    const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    /// A code that jumps from frame to frame and keeps its luminance.
    fn light(frame: usize) -> [[f64; 3]; 4] {
        std::array::from_fn(|q| {
            let red = ((frame * 7919 + q * 131) % 17) as f64 / 170.0;
            let blue = ((frame * 104_729 + q * 37) % 13) as f64 / 130.0;
            let green = 0.3 - (LUMINANCE[0] * red + LUMINANCE[2] * blue) / LUMINANCE[1];
            [0.3 + red, green, 0.3 + blue]
        })
    }

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        assert_same_at_every_level(|level| {
            let mut lit = PictureRegression::new(&[true; 37], IDENTITY).expect("there is a face");
            lit.level = level;
            for k in 0..40 {
                let pixels: Vec<u8> = (0..37 * 3).map(|i| (60 + (i * 7919 + k * 131) % 97) as u8).collect();
                let u = k as f64 / 40.0;
                lit.push(&pixels, &light(k), u, &Registration::default()).expect("sizes agree");
            }
            lit.solve().expect("there are enough frames")
        });
    }

    #[test]
    fn a_light_that_never_changed_lights_no_picture() {
        let mut lit = PictureRegression::new(&[true; 9], IDENTITY).expect("there is a face");
        for k in 0..40 {
            let u = f64::from(k) / 40.0;
            lit.push(&[100; 27], &light(0), u, &Registration::default()).expect("sizes agree");
        }
        assert_eq!(lit.solve(), None);
    }
}
