//! How every cell's light follows the screen: a streaming regression.
//!
//! A cell's linear light is `y = gain(t) · A · (1 + κ·(s m + a h + b v))`: `A` the ambient light it sends back, `κ` the
//! response of the whole face in each colour channel, `m` the mean light of the four quadrants, `h` half of right minus
//! left, `v` half of top minus bottom, all as the camera's channels mix them. Per cell `s` is the relative response,
//! `a / s` and `b / s` are the quotients that show relief (design, physics 5).
//!
//! Light relative to the reference is linear in the code, however strong the response, and in the differences between
//! its channels the common gain cancels: there the code is, and motion is not. (Logarithms cancel the gain as well, but
//! bend the code: at 20 % response the second order of ln(1 + x) shifted the quotients of dimly lit cells by as much
//! as their relief.) Each feature is regressed on drift, on the registration of the face (shift, turn, scale, and the
//! squares of the shift) and on the code. First-order whitening in time is chosen *after* the last frame, because the
//! sums are kept at lag 0 and lag 1: the sum of (x(t) − ρ x(t−1))(y(t) − ρ y(t−1)) is a polynomial in ρ.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f32x8};
use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use crate::Error;
use crate::linear::invert_normal;

/// Red − blue, green − the mean of red and blue, and luminance, of light relative to the reference: two colour differences
/// in which a common gain cancels, and (weights of IEC 61966-2-1) the one sum in which the isoluminant code does. What
/// moved is read from the one and what the screen did from the others, however strong its light is.
pub const FEATURES: [[f64; 3]; 3] = [[1.0, 0.0, -1.0], [-0.5, 1.0, -0.5], [0.2126, 0.7152, 0.0722]];

/// The last of [`FEATURES`] in single precision.
const LUMINANCE: [f32; 3] = [FEATURES[2][0] as f32, FEATURES[2][1] as f32, FEATURES[2][2] as f32];
/// Least linear light that a reference is taken for: under the first step of an 8-bit sRGB code (3.0 × 10⁻⁴).
const DARKEST: f32 = 1e-4;
/// Least light of a cell over the mean of the face, in each channel: what is darker is mostly noise, and relative to
/// itself it would be loud.
const LEAST_RELATIVE_LIGHT: f32 = 0.05;

/// Share of the face's light that may be elsewhere in a frame (see [`Registration::residual`]): a blink in light from one
/// side moved up to 0.10, another head in the same pose at least 0.146. What has more is another picture.
pub const ANOTHER_PICTURE: f64 = 0.125;

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
/// Bands of rows whose mean light is kept apart, because a rolling shutter exposes them one after another: the moments at
/// which they see a flip tell the latency more finely than the frames do.
pub const BANDS: usize = 6;
/// A band with fewer cells of the face says little and noisily.
const LEAST_CELLS_OF_A_BAND: usize = 20;
/// Unknowns of a cell: `s`, `a`, `b`.
const UNKNOWNS: usize = 3;
/// Highest correlation between frames that whitening assumes; at 1 a constant could not be told from the code.
const HIGHEST_RHO: f64 = 0.97;

/// Where the face was against the reference frame, in cells (shift), radians (turn) and parts (scale).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Registration {
    /// Shift to the right, in cells.
    pub x: f64,
    /// Shift downwards, in cells.
    pub y: f64,
    /// Clockwise turn, in radians.
    pub turn: f64,
    /// Relative growth.
    pub scale: f64,
    /// Share of the face's light (luminance) that is elsewhere than registration explains.
    pub residual: f64,
}

/// The response of every cell, relative to the face's, with its variance.
#[derive(Debug, Clone)]
pub struct ResponseMaps {
    /// Per cell `s`, `a`, `b` (rows × columns each, 0 outside the mask).
    pub estimates: [Vec<f32>; 3],
    /// Variances of the estimates (infinite outside the mask).
    pub variances: [Vec<f32>; 3],
    /// Correlation between successive frames that was found in each feature.
    pub rho: [f64; 3],
}

/// Streaming regression of all cells of a face on a challenge. Allocates only when made and when solved.
#[derive(Debug, Clone)]
pub struct Response {
    size: usize,
    members: Vec<u32>,
    reference: [Vec<f32>; 3],
    per_light: [Vec<f32>; 3],
    band_light: [[f64; 3]; BANDS],
    registration: Vec<f32>,
    gradients: Vec<f32>,
    mixing: Matrix3<f64>,
    frames: usize,
    xx0: DMatrix<f64>,
    xx1: DMatrix<f64>,
    xy0: [Vec<f32>; 3],
    xy1: [Vec<f32>; 3],
    yy0: [Vec<f32>; 3],
    yy1: [Vec<f32>; 3],
    first: Option<Box<Moment>>,
    last: Moment,
    now: Moment,
    series: Vec<[f64; 3]>,
    bands: [Vec<[f64; 3]>; BANDS],
    band_of: Vec<u8>,
    nuisance: Vec<[f64; NUISANCE]>,
    /// The widest vectors that this processor has.
    level: Level,
}

#[derive(Debug, Clone)]
struct Moment {
    x: [f64; REGRESSORS],
    y: [Vec<f32>; 3],
}

impl Moment {
    fn new(members: usize) -> Self {
        Self { x: [0.0; REGRESSORS], y: std::array::from_fn(|_| vec![0.0; members]) }
    }
}

impl Response {
    /// Prepares the regression for the masked cells of a `rows` × `columns` grid against a `reference` frame
    /// (rows × columns × 3, linear light), for at most `capacity` frames without allocating.
    ///
    /// `mixing` is the camera's answer (rows) to the screen's red, green and blue (columns).
    ///
    /// # Errors
    /// [`Error::GridSize`] if sizes disagree, [`Error::TooFewCells`] if fewer than 50 cells are kept.
    pub fn new(
        mask: &[bool],
        reference: &[f32],
        rows: usize,
        columns: usize,
        mixing: [[f64; 3]; 3],
        capacity: usize,
    ) -> Result<Self, Error> {
        let size = rows * columns;
        if mask.len() != size || reference.len() != size * 3 {
            return Err(Error::GridSize { mask: mask.len(), reference: reference.len(), cells: size });
        }
        let members: Vec<u32> = (0..size as u32).filter(|&i| mask[i as usize]).collect();
        let n = members.len();
        if n < 50 {
            return Err(Error::TooFewCells { cells: n });
        }
        let band_of: Vec<u8> = members.iter().map(|&i| (i as usize / columns * BANDS / rows) as u8).collect();
        let reference_of: [Vec<f32>; 3] = std::array::from_fn(|channel| {
            members.iter().map(|&i| reference[i as usize * 3 + channel].max(DARKEST)).collect()
        });
        let least_light =
            reference_of.each_ref().map(|light| LEAST_RELATIVE_LIGHT * light.iter().sum::<f32>() / n as f32);
        let per_light = std::array::from_fn(|c| {
            reference_of[c].iter().map(|&light| 1.0 / light.max(least_light[c])).collect()
        });
        let mut band_light = [[0.0; 3]; BANDS];
        for (channel, light) in reference_of.iter().enumerate() {
            for (&band, &value) in band_of.iter().zip(light) {
                band_light[usize::from(band)][channel] += f64::from(value);
            }
        }
        let luma = |i: usize| -> f64 {
            (0..3).map(|c| FEATURES[2][c] * f64::from(reference[i * 3 + c].max(least_light[c]).ln())).sum()
        };
        let gradients = luma_gradients(&members, rows, columns, luma);
        let registration = pseudo_inverse(&gradients, n);
        let sums = || std::array::from_fn(|_| vec![0.0; REGRESSORS * n]);
        let squares = || std::array::from_fn(|_| vec![0.0; n]);
        Ok(Self {
            size,
            reference: reference_of,
            per_light,
            band_light,
            members,
            registration,
            gradients,
            mixing: Matrix3::from_fn(|i, j| mixing[i][j]),
            frames: 0,
            xx0: DMatrix::zeros(REGRESSORS, REGRESSORS),
            xx1: DMatrix::zeros(REGRESSORS, REGRESSORS),
            xy0: sums(),
            xy1: sums(),
            yy0: squares(),
            yy1: squares(),
            first: None,
            last: Moment::new(n),
            now: Moment::new(n),
            series: Vec::with_capacity(capacity),
            bands: std::array::from_fn(|_| Vec::with_capacity(capacity)),
            band_of,
            nuisance: Vec::with_capacity(capacity),
            level: Level::new(),
        })
    }

    /// Number of frames taken in.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Overwrites everything that was measured of the face. What is left can be dropped but not used.
    pub fn forget(&mut self) {
        let (reference, per_light) = (&mut self.reference, &mut self.per_light);
        let sums = [reference, per_light, &mut self.xy0, &mut self.xy1, &mut self.yy0, &mut self.yy1];
        for values in sums.into_iter().flatten() {
            values.fill(0.0);
        }
        for values in [&mut self.registration, &mut self.gradients] {
            values.fill(0.0);
        }
        for series in self.bands.iter_mut().chain([&mut self.series]) {
            series.fill([0.0; 3]);
        }
        for moment in [&mut self.now, &mut self.last].into_iter().chain(self.first.as_deref_mut()) {
            moment.y.iter_mut().for_each(|values| values.fill(0.0));
        }
        self.nuisance.fill([0.0; NUISANCE]);
        self.band_light = [[0.0; 3]; BANDS];
    }

    /// The three [`FEATURES`] of the whole face's light, one row a frame.
    ///
    /// Light is added up before it is related to the reference, so every cell counts by how much light it sends: by its
    /// signal over the variance of its shot noise.
    #[must_use]
    pub fn series(&self) -> &[[f64; 3]] {
        &self.series
    }

    /// The same of each band of rows that holds enough of the face, with the band's number.
    pub fn bands(&self) -> impl Iterator<Item = (usize, &[[f64; 3]])> {
        let enough = |band: &usize| {
            self.band_of.iter().filter(|&&b| usize::from(b) == *band).count() >= LEAST_CELLS_OF_A_BAND
        };
        (0..BANDS).filter(enough).map(|band| (band, self.bands[band].as_slice()))
    }

    /// Drift and motion regressors, one row a frame.
    #[must_use]
    pub fn nuisance(&self) -> &[[f64; NUISANCE]] {
        &self.nuisance
    }

    /// Takes in one frame: its `cells` (rows × columns × 3, linear light), the mean `light` of the screen's quadrants
    /// TL TR BL BR during its exposure (linear sRGB), and its time `u`, scaled so that the session lies in −1…1.
    ///
    /// A frame whose [`Registration::residual`] exceeds [`ANOTHER_PICTURE`] is registered, but not taken in.
    ///
    /// # Errors
    /// [`Error::GridSize`] if `cells` is not the size of the reference; nothing is taken in then.
    pub fn push(&mut self, cells: &[f32], light: &[[f64; 3]; 4], u: f64) -> Result<Registration, Error> {
        if cells.len() != self.size * 3 {
            return Err(Error::GridSize { mask: self.size, reference: cells.len(), cells: self.size });
        }
        Ok(dispatch!(self.level, simd => self.take_in(simd, cells, light, u)))
    }

    /// The work of a frame, made once for each width of vectors that processors have.
    #[inline(always)]
    fn take_in<S: Simd>(&mut self, simd: S, cells: &[f32], light: &[[f64; 3]; 4], u: f64) -> Registration {
        let band_light = self.features(cells);
        let registration = self.register(simd);
        if registration.residual.is_nan() || registration.residual > ANOTHER_PICTURE {
            return registration;
        }
        self.add_to_series(&band_light);
        self.now.x = regressors(u, &registration, light, &self.mixing);
        let mut nuisance = [0.0; NUISANCE];
        nuisance.copy_from_slice(&self.now.x[..NUISANCE]);
        self.nuisance.push(nuisance);
        self.accumulate();
        registration
    }

    /// Sets the features of every cell; returns the light of each band.
    #[inline(always)]
    fn features(&mut self, cells: &[f32]) -> [[f64; 3]; BANDS] {
        let mut light = [[0.0_f64; 3]; BANDS];
        for (k, (&i, &band)) in self.members.iter().zip(&self.band_of).enumerate() {
            let pixel = &cells[i as usize * 3..][..3];
            for (sum, &value) in light[usize::from(band)].iter_mut().zip(pixel) {
                *sum += f64::from(value);
            }
            let [r, g, b]: [f32; 3] =
                std::array::from_fn(|c| (pixel[c] - self.reference[c][k]) * self.per_light[c][k]);
            self.now.y[0][k] = r - b;
            self.now.y[1][k] = g - 0.5 * (r + b);
            self.now.y[2][k] = LUMINANCE[0] * r + LUMINANCE[1] * g + LUMINANCE[2] * b;
        }
        light
    }

    fn add_to_series(&mut self, band_light: &[[f64; 3]; BANDS]) {
        for ((series, light), reference) in self.bands.iter_mut().zip(band_light).zip(&self.band_light) {
            series.push(features_of(light, reference));
        }
        let face =
            |bands: &[[f64; 3]; BANDS]| std::array::from_fn(|c| bands.iter().map(|band| band[c]).sum());
        self.series.push(features_of(&face(band_light), &face(&self.band_light)));
    }

    #[inline(always)]
    fn register<S: Simd>(&self, simd: S) -> Registration {
        let n = self.members.len();
        let luma = &self.now.y[2];
        let fit: [f32; 5] = std::array::from_fn(|k| dot(simd, &self.registration[k * n..][..n], luma));
        // Light that changed counts by how much of it there is: in a shadow a ray more is many times what was there.
        let rows: [&[f32]; 5] = std::array::from_fn(|k| &self.gradients[k * n..][..n]);
        let rest = sum(simd, n, |at| {
            let explained = (0..5).map(|k| lanes(simd, rows[k], at) * fit[k]);
            let unexplained = explained.fold(lanes(simd, luma, at), |rest, part| rest - part);
            lanes(simd, &self.reference[1], at) * unexplained.abs()
        });
        let light: f64 = self.band_light.iter().map(|band| band[1]).sum();
        let [_, x, y, turn, scale] = fit.map(f64::from);
        // A picture that moved right holds, at a cell, what was to its left: the shift is minus the coefficient.
        Registration {
            x: -x,
            y: -y,
            turn: -turn,
            scale: -scale,
            residual: f64::from(rest) / light.max(f64::MIN_POSITIVE),
        }
    }

    #[inline(always)]
    fn accumulate(&mut self) {
        let n = self.members.len();
        let (now, last) = (&self.now, &self.last);
        for i in 0..REGRESSORS {
            for j in 0..REGRESSORS {
                self.xx0[(i, j)] += now.x[i] * now.x[j];
                self.xx1[(i, j)] += now.x[i] * last.x[j] + last.x[i] * now.x[j];
            }
        }
        for f in 0..3 {
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
            self.first = Some(Box::new(self.now.clone()));
        }
        std::mem::swap(&mut self.now, &mut self.last);
        self.frames += 1;
    }

    /// Solves for the response of every cell from the frames so far, given the `gains` of the whole face in the three
    /// channels: the slope of relative light on the screen's mean light (see [`crate::freshness::FaceLight::gains`]).
    ///
    /// Returns `None` with too few frames (fewer than twice the regressors) or where the light never changed.
    #[must_use]
    pub fn solve(&self, gains: [f64; 3]) -> Option<ResponseMaps> {
        if self.frames < 2 * (NUISANCE + UNKNOWNS) || gains.iter().all(|&g| g <= 0.0) {
            return None;
        }
        let n = self.members.len();
        let mut information = vec![Matrix3::<f64>::zeros(); n];
        let mut evidence = vec![Vector3::<f64>::zeros(); n];
        let mut rho = [0.0; 3];
        for (f, weights) in FEATURES.iter().enumerate() {
            let design = design(weights, &gains);
            rho[f] = self.correlation(f, &design)?;
            self.add_information(f, &design, rho[f], &mut information, &mut evidence)?;
        }
        let mut maps = ResponseMaps {
            estimates: std::array::from_fn(|_| vec![0.0; self.size]),
            variances: std::array::from_fn(|_| vec![f32::INFINITY; self.size]),
            rho,
        };
        for (k, &i) in self.members.iter().enumerate() {
            let Some(covariance) = information[k].try_inverse() else { continue };
            let estimate = covariance * evidence[k];
            for u in 0..UNKNOWNS {
                maps.estimates[u][i as usize] = estimate[u] as f32;
                maps.variances[u][i as usize] = covariance[(u, u)].max(0.0) as f32;
            }
        }
        Some(maps)
    }

    /// Correlation of successive residuals of one feature after ordinary least squares, pooled over all cells.
    fn correlation(&self, f: usize, design: &DMatrix<f64>) -> Option<f64> {
        let inverse = invert_normal(&(design.transpose() * &self.xx0 * design))?;
        let lagged = design.transpose() * &self.xx1 * design;
        let p = design.ncols();
        let (mut squares, mut products) = (0.0, 0.0);
        for k in 0..self.members.len() {
            let xy0 = design.transpose() * self.column(&self.xy0[f], k);
            let xy1 = design.transpose() * self.column(&self.xy1[f], k);
            let beta = &inverse * &xy0;
            squares += f64::from(self.yy0[f][k]) - beta.dot(&xy0);
            products += 0.5 * f64::from(self.yy1[f][k]) - beta.dot(&xy1) + 0.5 * beta.dot(&(&lagged * &beta));
        }
        // Fitting p regressors to T frames pulls the residuals' correlation down by about p / T (Marriott & Pope 1954).
        let bias = p as f64 / self.frames as f64 * 0.25;
        (squares > 0.0).then(|| (products / squares + bias).clamp(0.0, HIGHEST_RHO))
    }

    /// Adds what one feature, whitened with `rho`, says of every cell's three unknowns.
    fn add_information(
        &self,
        f: usize,
        design: &DMatrix<f64>,
        rho: f64,
        information: &mut [Matrix3<f64>],
        evidence: &mut [Vector3<f64>],
    ) -> Option<()> {
        let first = self.first.as_ref()?;
        let square = |x: &[f64; REGRESSORS]| DMatrix::from_fn(REGRESSORS, REGRESSORS, |i, j| x[i] * x[j]);
        let normal = (1.0 + rho * rho) * &self.xx0
            - rho * &self.xx1
            - square(&first.x)
            - rho * rho * square(&self.last.x);
        let a = design.transpose() * normal * design;
        let inverse = invert_normal(&a)?;
        let a11 = invert_normal(&a.view((0, 0), (NUISANCE, NUISANCE)).clone_owned())?;
        let carry = a.view((NUISANCE, 0), (UNKNOWNS, NUISANCE)) * a11;
        let schur = a.view((NUISANCE, NUISANCE), (UNKNOWNS, UNKNOWNS))
            - &carry * a.view((0, NUISANCE), (NUISANCE, UNKNOWNS));
        let schur = Matrix3::from_fn(|i, j| schur[(i, j)]);
        let freedom = (self.frames - 1 - design.ncols()) as f64;
        for k in 0..self.members.len() {
            let (y_first, y_last) = (f64::from(first.y[f][k]), f64::from(self.last.y[f][k]));
            let xy = DVector::from_fn(REGRESSORS, |j, _| {
                let n = self.members.len();
                (1.0 + rho * rho) * f64::from(self.xy0[f][j * n + k])
                    - rho * f64::from(self.xy1[f][j * n + k])
                    - first.x[j] * y_first
                    - rho * rho * self.last.x[j] * y_last
            });
            let yy = (1.0 + rho * rho) * f64::from(self.yy0[f][k])
                - rho * f64::from(self.yy1[f][k])
                - y_first * y_first
                - rho * rho * y_last * y_last;
            let b = design.transpose() * xy;
            let variance = ((yy - b.dot(&(&inverse * &b))) / freedom).max(LEAST_VARIANCE);
            let h = b.rows(NUISANCE, UNKNOWNS) - &carry * b.rows(0, NUISANCE);
            information[k] += schur / variance;
            evidence[k] += Vector3::new(h[0], h[1], h[2]) / variance;
        }
        Some(())
    }

    fn column(&self, sums: &[f32], k: usize) -> DVector<f64> {
        let n = self.members.len();
        DVector::from_fn(REGRESSORS, |j, _| f64::from(sums[j * n + k]))
    }
}

/// Least variance of a feature between frames, (10⁻⁴)²: below the rounding of 8 bits averaged over a cell.
const LEAST_VARIANCE: f64 = 1e-8;

/// The three [`FEATURES`] of light relative to a reference; zeros where the reference is dark.
fn features_of(light: &[f64; 3], reference: &[f64; 3]) -> [f64; 3] {
    let relative: [f64; 3] =
        std::array::from_fn(|c| if reference[c] > 0.0 { light[c] / reference[c] - 1.0 } else { 0.0 });
    FEATURES.map(|weights| (0..3).map(|c| weights[c] * relative[c]).sum())
}

/// Maps all regressors to the nuisances and the three unknowns of a cell, given the face's gains and a feature.
fn design(feature: &[f64; 3], gains: &[f64; 3]) -> DMatrix<f64> {
    DMatrix::from_fn(REGRESSORS, NUISANCE + UNKNOWNS, |i, j| {
        if i < NUISANCE || j < NUISANCE {
            return f64::from(u8::from(i == j));
        }
        let (unknown, channel) = ((i - NUISANCE) / 3, (i - NUISANCE) % 3);
        if unknown == j - NUISANCE { feature[channel] * gains[channel] } else { 0.0 }
    })
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

/// How a cell's log luma changes with gain, shift, turn and scale of the face: 5 rows of one value a member.
fn luma_gradients(members: &[u32], rows: usize, columns: usize, luma: impl Fn(usize) -> f64) -> Vec<f32> {
    let n = members.len();
    let mut rows_of = vec![0.0_f32; 5 * n];
    let (middle_y, middle_x) = ((rows - 1) as f64 / 2.0, (columns - 1) as f64 / 2.0);
    for (k, &i) in members.iter().enumerate() {
        let i = i as usize;
        let (row, column) = (i / columns, i % columns);
        let difference =
            |before: usize, after: usize, steps: usize| (luma(after) - luma(before)) / steps.max(1) as f64;
        let (left, right) = (column.saturating_sub(1), (column + 1).min(columns - 1));
        let (up, down) = (row.saturating_sub(1), (row + 1).min(rows - 1));
        let gx = difference(row * columns + left, row * columns + right, right - left);
        let gy = difference(up * columns + column, down * columns + column, down - up);
        let (x, y) = (column as f64 - middle_x, row as f64 - middle_y);
        for (j, value) in [1.0, gx, gy, x * gy - y * gx, x * gx + y * gy].into_iter().enumerate() {
            rows_of[j * n + k] = value as f32;
        }
    }
    rows_of
}

/// Rows of the least-squares solution: their dot product with a luma difference gives the five coefficients.
fn pseudo_inverse(gradients: &[f32], n: usize) -> Vec<f32> {
    let a = DMatrix::from_fn(n, 5, |k, j| f64::from(gradients[j * n + k]));
    let Some(inverse) = invert_normal(&(a.transpose() * &a)) else {
        return vec![0.0; 5 * n];
    };
    let solution = a * inverse;
    (0..5 * n).map(|i| solution[(i % n, i / n)] as f32).collect()
}

#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    sum(simd, a.len().min(b.len()), |at| lanes(simd, a, at) * lanes(simd, b, at))
}

/// The sum of `count` terms of which `terms` makes eight at a time, on every processor: eight running sums do not wait
/// for one another.
#[inline(always)]
fn sum<S: Simd>(simd: S, count: usize, terms: impl Fn(usize) -> f32x8<S>) -> f32 {
    let mut sums = f32x8::splat(simd, 0.0);
    for at in (0..count).step_by(f32x8::<S>::LEN) {
        sums += terms(at);
    }
    sums.iter().sum()
}

/// Eight of the values from `at` on, with zeros where there are no more.
#[inline(always)]
fn lanes<S: Simd>(simd: S, values: &[f32], at: usize) -> f32x8<S> {
    let rest = &values[at..];
    let whole = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0.0; 8];
        padded[..rest.len()].copy_from_slice(rest);
        padded
    });
    f32x8::simd_from(simd, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_of_vectors_comes_to_the_same_bits() {
        let (rows, columns) = (13, 11);
        let cells = |frame: usize| -> Vec<f32> {
            (0..rows * columns * 3).map(|i| 0.1 + ((i * 7919 + frame * 131) % 251) as f32 / 1e4).collect()
        };
        let identity = Matrix3::identity().into();
        let taken_in = |level: Level| {
            let mut response =
                Response::new(&vec![true; rows * columns], &cells(0), rows, columns, identity, 8)
                    .expect("sizes agree");
            response.level = level;
            let at: Vec<Registration> = (1..8)
                .map(|k| response.push(&cells(k), &[[0.3; 3]; 4], 0.1 * k as f64).expect("sizes agree"))
                .collect();
            (at, response.series, response.xy0, response.xy1, response.yy1)
        };
        assert_eq!(taken_in(Level::new()), taken_in(Level::baseline()));
    }
}
