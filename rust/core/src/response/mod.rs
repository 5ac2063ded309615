//! How every cell's light follows the screen: a streaming regression.
//!
//! A cell's linear light is `y = gain(t) · A · (1 + κ·(s m + a h + b v))`: `A` the ambient light it sends
//! back, `κ` the response of the whole face in each colour channel, `m` the mean light of the four quadrants,
//! `h` half of right minus left, `v` half of top minus bottom, all as the camera's channels mix them. Per
//! cell `s` is the relative response, `a / s` and `b / s` are the quotients that show relief
//! (docs/architecture.md, physics 5).
//!
//! Light relative to the picture under neutral light is linear in the code, however strong the response, and
//! in the differences between its channels the common gain cancels: there the code is, and motion is not.
//! (Logarithms cancel the gain as well, but bend the code: at 20 % response the second order of ln(1 + x)
//! shifted the quotients of dimly lit cells by as much as their relief.) Each feature is regressed on drift,
//! on the registration of the face (shift, turn, scale, and the squares of the shift) and on the code.
//! First-order whitening in time is chosen *after* the last frame, because the sums are kept at lag 0 and lag
//! 1: the sum of (x(t) − ρ x(t−1))(y(t) − ρ y(t−1)) is a polynomial in ρ.

mod lit_picture;
mod registration;
mod solve;
mod sums;

use nalgebra::{Matrix3, Vector3};

use crate::Error;
use crate::colour::LUMINANCE;
use crate::sampler::check_grid;
use crate::vectors::{Level, dispatch};
pub use lit_picture::{LitSlopes, MAX_PICTURE_PIXELS, PictureRegression};
use registration::Registrar;
pub use registration::Registration;
pub use solve::ResponseMaps;
use sums::{Moment, Sums};

/// Red − blue, green − the mean of red and blue, and luminance, of light relative to the neutral picture: two
/// colour differences in which a common gain cancels, and the one sum in which the isoluminant code does.
/// What moved is read from the one and what the screen did from the others, however strong its light is.
pub const FEATURES: [[f64; 3]; 3] = [[1.0, 0.0, -1.0], [-0.5, 1.0, -0.5], LUMINANCE];

/// The last of [`FEATURES`], and its number.
const LUMA: usize = 2;
const LUMINANCE_F32: [f32; 3] = [LUMINANCE[0] as f32, LUMINANCE[1] as f32, LUMINANCE[2] as f32];
/// Least linear light that the neutral picture is taken for: under the first step of an 8-bit sRGB code (3.0
/// × 10⁻⁴).
const MIN_LIGHT: f32 = 1e-4;
/// Least light of a cell over the mean of the face, in each channel: what is darker is mostly noise, and
/// relative to itself it would be loud.
const MIN_RELATIVE_LIGHT: f32 = 0.05;
/// The channel whose light says how much of the face is in a cell: green is most of luminance, and its noise
/// is least.
const GREEN: usize = 1;

/// Share of the face's light that may be elsewhere in a frame (see [`Registration::residual`]): a blink in
/// light from one side moved up to 0.10, and whoever speaks or turns moves more from where the session began
/// without being anybody else. What has more says nothing of the response; whose face it is, is asked of
/// embeddings and not of this number, which another head in the same pose exceeds by 0.146 and more.
pub const MAX_REGISTRATION_RESIDUAL: f64 = 0.30;
/// Fewest cells that are evidence of a face: seven for each of the seven coefficients of a relief, and one
/// more.
pub const MIN_CELLS: usize = 50;

/// Most frames of one session: four and a half minutes of 240 a second, where 6.4 s of light is the longest.
/// What is kept of a frame has 304 bytes, 20 MB for all.
pub const MAX_FRAMES: usize = 1 << 16;

/// Drift is a cubic in time: a person who settles, a lamp that warms up. A code of ≥ 8 dwells is not a cubic.
const DRIFT: usize = 4;
/// Shift in x and y, turn, scale.
const MOTION: usize = 4;
/// x², y², xy of the shift: the second order of a picture's change under motion.
const MOTION_SQUARES: usize = 3;
/// Regressors that are not the code.
pub const NUISANCE: usize = DRIFT + MOTION + MOTION_SQUARES;
/// Mean, right − left, top − bottom, each in three channels.
const CODE: usize = 9;
const REGRESSORS: usize = NUISANCE + CODE;
/// Bands of rows whose mean light is kept apart, because a rolling shutter exposes them one after another:
/// the moments at which they see a flip tell the latency more finely than the frames do.
pub const BANDS: usize = 6;
/// A band with fewer cells of the face says little and noisily.
const MIN_CELLS_OF_A_BAND: usize = 20;
/// The sides of the picture: the left, which is to the person's right, and the right.
const SIDES: usize = 2;
/// Bands of each of the upper and the lower half.
const HALF: usize = BANDS / 2;

/// Light of each part of the face: bands from the top, sides from the left of the picture.
type Parts = [[[f64; 3]; SIDES]; BANDS];

/// Streaming regression of all cells of a face on a challenge. Allocates only when made and when solved.
#[derive(Debug, Clone)]
pub struct ResponseRegression {
    /// Cells of the grid.
    size: usize,
    /// The cells of the face, by their places in the grid.
    members: Vec<u32>,
    /// Band and side of each member, as `band * SIDES + side`.
    part_of: Vec<u8>,
    /// Light of each member under the neutral light, and one over it.
    neutral: [Vec<f32>; 3],
    per_light: [Vec<f32>; 3],
    neutral_parts: Parts,
    mixing: Matrix3<f64>,
    registrar: Registrar,
    sums: Sums,
    now: Moment,
    series: Vec<[f64; 3]>,
    bands: [Vec<[f64; 3]>; BANDS],
    across: Vec<[f64; 3]>,
    down: Vec<[f64; 3]>,
    nuisance: Vec<[f64; NUISANCE]>,
    level: Level,
}

impl ResponseRegression {
    /// Prepares the regression for the masked cells of a `rows` × `columns` grid against `neutral_cells`, the
    /// picture under the neutral light (rows × columns × 3, linear light), for at most `capacity` frames
    /// without allocating.
    ///
    /// `mixing` is the camera's answer (rows) to the screen's red, green and blue (columns).
    ///
    /// # Errors
    /// [`Error::Grid`] unless both sides are 1 to 256 cells, [`Error::TooMany`] if `capacity` is more than
    /// [`MAX_FRAMES`], [`Error::GridSize`] if sizes disagree, [`Error::TooFewCells`] if fewer than
    /// [`MIN_CELLS`] are kept, [`Error::Number`] if light is not finite.
    pub fn new(
        mask: &[bool],
        neutral_cells: &[f32],
        rows: usize,
        columns: usize,
        mixing: [[f64; 3]; 3],
        capacity: usize,
    ) -> Result<Self, Error> {
        check_grid(rows, columns)?;
        Error::check_count("frames of capacity", capacity, MAX_FRAMES)?;
        let size = rows * columns;
        Error::check_size("mask", mask.len(), size)?;
        Error::check_size("neutral_cells", neutral_cells.len(), 3 * size)?;
        if let Some(&value) = neutral_cells.iter().find(|light| !light.is_finite()) {
            return Err(Error::Number {
                what: "neutral_cells",
                value: f64::from(value),
                wanted: "finite linear light",
            });
        }
        let members: Vec<u32> = (0..size as u32).filter(|&i| mask[i as usize]).collect();
        let n = members.len();
        if n < MIN_CELLS {
            return Err(Error::TooFewCells { cells: n, min: MIN_CELLS });
        }
        let part = |i: usize| (i / columns * BANDS / rows) * SIDES + i % columns * SIDES / columns;
        let part_of: Vec<u8> = members.iter().map(|&i| part(i as usize) as u8).collect();
        let neutral: [Vec<f32>; 3] = std::array::from_fn(|channel| {
            members.iter().map(|&i| neutral_cells[i as usize * 3 + channel].max(MIN_LIGHT)).collect()
        });
        let min_light =
            neutral.each_ref().map(|light| MIN_RELATIVE_LIGHT * light.iter().sum::<f32>() / n as f32);
        let per_light =
            std::array::from_fn(|c| neutral[c].iter().map(|&light| 1.0 / light.max(min_light[c])).collect());
        let mut neutral_parts = Parts::default();
        for (channel, light) in neutral.iter().enumerate() {
            for (&part, &value) in part_of.iter().zip(light) {
                neutral_parts.as_flattened_mut()[usize::from(part)][channel] += f64::from(value);
            }
        }
        let log_luma = |i: usize| -> f64 {
            let log = |c: usize| f64::from(neutral_cells[i * 3 + c].max(min_light[c]).ln());
            (0..3).map(|c| FEATURES[LUMA][c] * log(c)).sum()
        };
        Ok(Self {
            size,
            registrar: Registrar::new(&members, rows, columns, log_luma),
            members,
            part_of,
            neutral,
            per_light,
            neutral_parts,
            mixing: Matrix3::from_fn(|i, j| mixing[i][j]),
            sums: Sums::new(n),
            now: Moment::new(n),
            series: Vec::with_capacity(capacity),
            bands: std::array::from_fn(|_| Vec::with_capacity(capacity)),
            across: Vec::with_capacity(capacity),
            down: Vec::with_capacity(capacity),
            nuisance: Vec::with_capacity(capacity),
            level: Level::new(),
        })
    }

    /// Number of frames taken in.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.sums.frames
    }

    /// Overwrites everything that was measured of the face. What is left can be dropped but not used.
    pub fn forget(&mut self) {
        for values in self.neutral.iter_mut().chain(&mut self.per_light).chain(&mut self.now.y) {
            values.fill(0.0);
        }
        for series in self.bands.iter_mut().chain([&mut self.series, &mut self.across, &mut self.down]) {
            series.fill([0.0; 3]);
        }
        self.registrar.forget();
        self.sums.forget();
        self.nuisance.fill([0.0; NUISANCE]);
        self.neutral_parts = Parts::default();
    }

    /// The three [`FEATURES`] of the whole face's light, one row a frame.
    ///
    /// Light is added up before it is related to the neutral picture, so every cell counts by how much light
    /// it sends: by its signal over the variance of its shot noise.
    #[must_use]
    pub fn series(&self) -> &[[f64; 3]] {
        &self.series
    }

    /// The same of the side of the face that turns to the screen's right, less that of the other side, one
    /// row a frame. Right is the person's: a camera's picture has it on its left.
    #[must_use]
    pub fn across(&self) -> &[[f64; 3]] {
        &self.across
    }

    /// The same of the upper half of the face less the lower, one row a frame.
    #[must_use]
    pub fn down(&self) -> &[[f64; 3]] {
        &self.down
    }

    /// The same of each band of rows that holds enough of the face, with the band's number.
    pub fn bands(&self) -> impl Iterator<Item = (usize, &[[f64; 3]])> {
        let enough = |band: &usize| {
            let cells = self.part_of.iter().filter(|&&part| usize::from(part) / SIDES == *band).count();
            cells >= MIN_CELLS_OF_A_BAND
        };
        (0..BANDS).filter(enough).map(|band| (band, self.bands[band].as_slice()))
    }

    /// Drift and motion regressors, one row a frame.
    #[must_use]
    pub fn nuisance(&self) -> &[[f64; NUISANCE]] {
        &self.nuisance
    }

    /// Takes in one frame: its `cells` (rows × columns × 3, linear light), the mean `light` of the screen's
    /// quadrants TL TR BL BR during its exposure (linear sRGB), and its time `u`, scaled so that the session
    /// lies in −1…1.
    ///
    /// A frame whose [`Registration::residual`] exceeds [`MAX_REGISTRATION_RESIDUAL`], or is not a number, is
    /// registered, but not taken in.
    ///
    /// # Errors
    /// [`Error::GridSize`] if `cells` has another size than the grid, [`Error::TooMany`] after
    /// [`MAX_FRAMES`]; nothing is taken in then.
    pub fn push(&mut self, cells: &[f32], light: &[[f64; 3]; 4], u: f64) -> Result<Registration, Error> {
        Error::check_count("frames", self.frames() + 1, MAX_FRAMES)?;
        Error::check_size("cells", cells.len(), 3 * self.size)?;
        Ok(dispatch!(self.level, _ => self.take_in(cells, light, u)))
    }

    /// The work of a frame, made once for each width of vectors that processors have.
    #[inline(always)]
    fn take_in(&mut self, cells: &[f32], light: &[[f64; 3]; 4], u: f64) -> Registration {
        let parts = self.features(cells);
        let of_face = self.neutral_parts.as_flattened().iter().map(|part| part[GREEN]).sum();
        let registration = self.registrar.register(&self.now.y[LUMA], &self.neutral[GREEN], of_face);
        if registration.residual.is_nan() || registration.residual > MAX_REGISTRATION_RESIDUAL {
            return registration;
        }
        self.add_to_series(&parts);
        self.now.x = regressors(u, &registration, light, &self.mixing);
        let mut nuisance = [0.0; NUISANCE];
        nuisance.copy_from_slice(&self.now.x[..NUISANCE]);
        self.nuisance.push(nuisance);
        self.sums.add(&mut self.now);
        registration
    }

    /// Sets the features of every cell; returns the light of each part of the face.
    #[inline(always)]
    fn features(&mut self, cells: &[f32]) -> Parts {
        let mut parts = Parts::default();
        for (k, (&i, &part)) in self.members.iter().zip(&self.part_of).enumerate() {
            let pixel = &cells[i as usize * 3..][..3];
            for (sum, &value) in parts.as_flattened_mut()[usize::from(part)].iter_mut().zip(pixel) {
                *sum += f64::from(value);
            }
            let [r, g, b]: [f32; 3] =
                std::array::from_fn(|c| (pixel[c] - self.neutral[c][k]) * self.per_light[c][k]);
            self.now.y[0][k] = r - b;
            self.now.y[1][k] = g - 0.5 * (r + b);
            self.now.y[LUMA][k] = LUMINANCE_F32[0] * r + LUMINANCE_F32[1] * g + LUMINANCE_F32[2] * b;
        }
        parts
    }

    fn add_to_series(&mut self, parts: &Parts) {
        let neutral = &self.neutral_parts;
        for (band, series) in self.bands.iter_mut().enumerate() {
            series.push(features_of(parts, neutral, |b, _| b == band));
        }
        let of = |part: fn(usize, usize) -> bool| features_of(parts, neutral, part);
        let less = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|f| a[f] - b[f]);
        self.series.push(of(|_, _| true));
        self.across.push(less(of(|_, side| side == 0), of(|_, side| side != 0)));
        self.down.push(less(of(|band, _| band < HALF), of(|band, _| band >= HALF)));
    }
}

/// The three [`FEATURES`] of the light of some parts relative to theirs under the neutral light; zeros where
/// the latter is dark.
fn features_of(parts: &Parts, neutral: &Parts, taken: impl Fn(usize, usize) -> bool) -> [f64; 3] {
    let (mut light, mut before) = ([0.0; 3], [0.0; 3]);
    for band in 0..BANDS {
        for side in (0..SIDES).filter(|&side| taken(band, side)) {
            for c in 0..3 {
                light[c] += parts[band][side][c];
                before[c] += neutral[band][side][c];
            }
        }
    }
    let relative: [f64; 3] =
        std::array::from_fn(|c| if before[c] > 0.0 { light[c] / before[c] - 1.0 } else { 0.0 });
    FEATURES.map(|weights| (0..3).map(|c| weights[c] * relative[c]).sum())
}

fn regressors(u: f64, at: &Registration, light: &[[f64; 3]; 4], mixing: &Matrix3<f64>) -> [f64; REGRESSORS] {
    let mut x = [0.0; REGRESSORS];
    x[..NUISANCE].copy_from_slice(&[
        1.0,
        u,
        u * u,
        u * u * u,
        at.x,
        at.y,
        at.turn,
        at.scale,
        at.x * at.x,
        at.y * at.y,
        at.x * at.y,
    ]);
    let [tl, tr, bl, br] = light.map(|colour| mixing * Vector3::from(colour));
    let mean = (tl + tr + bl + br) / 4.0;
    let across = (tr + br - tl - bl) / 4.0;
    let down = (tl + tr - bl - br) / 4.0;
    for c in 0..3 {
        x[NUISANCE + c] = mean[c];
        x[NUISANCE + 3 + c] = across[c];
        x[NUISANCE + 6 + c] = down[c];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::assert_same_at_every_level;

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        let (rows, columns) = (13, 11);
        let cells = |frame: usize| -> Vec<f32> {
            (0..rows * columns * 3).map(|i| 0.1 + ((i * 7919 + frame * 131) % 251) as f32 / 1e4).collect()
        };
        let identity = Matrix3::identity().into();
        assert_same_at_every_level(|level| {
            let mut response =
                ResponseRegression::new(&vec![true; rows * columns], &cells(0), rows, columns, identity, 8)
                    .expect("sizes agree");
            response.level = level;
            let at: Vec<Registration> = (1..8)
                .map(|k| response.push(&cells(k), &[[0.3; 3]; 4], 0.1 * k as f64).expect("sizes agree"))
                .collect();
            assert_eq!(response.frames(), 7, "all frames must be taken in");
            (at, response.series, response.bands, response.across, response.down, response.sums)
        });
    }
}
