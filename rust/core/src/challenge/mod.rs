//! The challenge: a one-off sequence of illuminations drawn from a cryptographic seed.
//!
//! Every illumination splits the screen in two halves and gives them two different colours of equal
//! luminance, so the light changes its colour but not its brightness. There are 60 of them, all equally
//! likely, each independent of the others: nobody who does not hold the seed can foresee one.
//!
//! ```
//! use lightproof_core::challenge::{Challenge, Mode, derive_seed};
//!
//! let seed = derive_seed(b"relying party's nonce", &[7; 32])?;
//! let challenge = Challenge::generate(&seed, Mode::Standard);
//! assert_eq!(challenge.len(), 16);
//! assert!((challenge.duration_s() - 3.2).abs() < 1e-12);
//!
//! // Half a frame of the first illumination and half of the second.
//! let light = challenge.at(0.19, 0.21)?;
//! let (first, second) = (challenge.linear(0), challenge.linear(1));
//! assert!((light[0][0] - (first[0][0] + second[0][0]) / 2.0).abs() < 1e-9);
//! # Ok::<(), lightproof_core::Error>(())
//! ```

mod decoys;

use chacha20::ChaCha20Rng;
use hkdf::Hkdf;
use rand_core::SeedableRng;
use sha2::Sha256;

use crate::Error;
use crate::colour::{Linear, Srgb, linear, linear_to_code};
use decoys::Codes;
pub use decoys::fill_decoys;

/// The linear light of the four quadrants, top left, top right, bottom left, bottom right as the person sees
/// them.
pub type Quadrants = [Linear; 4];

/// The six isoluminant colours; relative luminance 0.334 to 0.337 (sRGB, IEC 61966-2-1). None is a saturated
/// red.
pub const PALETTE_SRGB: [Srgb; 6] =
    [[255, 110, 110], [255, 75, 255], [0, 163, 255], [0, 182, 0], [203, 147, 0], [157, 157, 157]];
/// The grey of the palette: all quadrants show it before and after a challenge.
pub const NEUTRAL_SRGB: Srgb = [157, 157, 157];
/// How many illuminations a challenge has: 3.2 s of light, the longest that a session may take.
pub const ILLUMINATIONS: usize = 16;
/// How many different illuminations there are: two splits, six colours for one half, five for the other.
pub const CODES: u8 = 60;

/// The most decoys that are drawn, or that one ranking asks: 2²⁴. A policy asks for less than 2²⁰, and a
/// session that looks six times for six times as many.
pub const MAX_DECOYS: usize = 1 << 24;

const SEED_INFO: &[u8] = b"lightproof challenge v1";
/// Gentle light moves from one colour to the next in six steps of 1/30 s: 0.2 s.
const EDGE_STEPS: usize = 6;
/// Two times closer than this are one: a step that starts at `k * 0.2` must be found there in spite of
/// rounding.
const SAME_TIME_S: f64 = 1e-9;

/// How fast the light changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A hard change every 0.2 s.
    #[default]
    Standard,
    /// A soft change every 0.4 s, 0.2 s long.
    Gentle,
}

impl Mode {
    /// The mode of this name.
    ///
    /// # Errors
    /// [`Error::UnknownName`] unless the name is `standard` or `gentle`.
    pub fn from_name(name: &str) -> Result<Self, Error> {
        match name {
            "standard" => Ok(Self::Standard),
            "gentle" => Ok(Self::Gentle),
            _ => Err(Error::UnknownName { what: "mode", value: name.into(), known: "standard, gentle" }),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Gentle => "gentle",
        }
    }

    /// How long one illumination stays, in seconds.
    #[must_use]
    pub fn dwell_s(self) -> f64 {
        match self {
            Self::Standard => 0.2,
            Self::Gentle => 0.4,
        }
    }

    /// How long the change at the start of a dwell takes, in seconds.
    #[must_use]
    pub fn edge_s(self) -> f64 {
        match self {
            Self::Standard => 0.0,
            Self::Gentle => 0.2,
        }
    }

    fn edge_steps(self) -> usize {
        match self {
            Self::Standard => 0,
            Self::Gentle => EDGE_STEPS,
        }
    }
}

/// What the screen shows from `start_s` until the next step: a blend of one illumination with the one before
/// it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When it starts, in seconds since the challenge started.
    pub start_s: f64,
    /// The illumination that the light moves to.
    pub illumination: usize,
    /// How far it has moved there, 0 to 1, in linear light. The rest is the illumination before, or the
    /// neutral grey.
    pub weight: f64,
}

impl Step {
    /// How much of each illumination it shows. The rest, if any, is the neutral grey.
    #[must_use]
    pub fn weights(&self) -> [f64; ILLUMINATIONS] {
        let mut weights = [0.0; ILLUMINATIONS];
        weights[self.illumination] = self.weight;
        if let Some(before) = self.illumination.checked_sub(1) {
            weights[before] = 1.0 - self.weight;
        }
        weights
    }
}

/// A one-off sequence of illuminations.
#[derive(Clone, Debug, PartialEq)]
pub struct Challenge {
    mode: Mode,
    codes: [u8; ILLUMINATIONS],
    linear: [Quadrants; ILLUMINATIONS],
}

impl Challenge {
    /// Draws a challenge. Each code is a byte of the `ChaCha20` key stream of `seed` (RFC 8439 block
    /// function, 64-bit counter and stream, both from 0), bytes of 240 and more being skipped, modulo 60.
    #[must_use]
    pub fn generate(seed: &[u8; 32], mode: Mode) -> Self {
        let mut codes = [0; ILLUMINATIONS];
        Codes::new(ChaCha20Rng::from_seed(*seed)).fill(&mut codes);
        Self::assemble(codes, mode)
    }

    /// The challenge that shows these codes.
    ///
    /// # Errors
    /// [`Error::Count`] unless there are 16, [`Error::Code`] if one is 60 or more.
    pub fn from_codes(codes: &[u8], mode: Mode) -> Result<Self, Error> {
        let codes: [u8; ILLUMINATIONS] =
            codes.try_into().map_err(|_| Error::Count { what: "codes", count: codes.len(), wanted: "16" })?;
        match codes.iter().position(|&code| code >= CODES) {
            Some(index) => Err(Error::Code { index, code: codes[index] }),
            None => Ok(Self::assemble(codes, mode)),
        }
    }

    fn assemble(codes: [u8; ILLUMINATIONS], mode: Mode) -> Self {
        Self { mode, codes, linear: codes.map(|code| quadrants(code).map(linear)) }
    }

    /// How fast the light changes.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many illuminations it has.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // a challenge is never empty
    pub fn len(&self) -> usize {
        ILLUMINATIONS
    }

    /// How long all illuminations take together, in seconds.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        ILLUMINATIONS as f64 * self.mode.dwell_s()
    }

    /// The code of each illumination, 0 to 59: `split * 30 + a * 5 + (b if b < a else b - 1)`.
    #[must_use]
    pub fn codes(&self) -> &[u8; ILLUMINATIONS] {
        &self.codes
    }

    /// The 8-bit sRGB colours of one illumination's quadrants.
    ///
    /// # Panics
    /// If `illumination` is not below [`Challenge::len`].
    #[must_use]
    pub fn srgb(&self, illumination: usize) -> [Srgb; 4] {
        quadrants(self.codes[illumination])
    }

    /// The linear light of one illumination's quadrants.
    ///
    /// # Panics
    /// If `illumination` is not below [`Challenge::len`].
    #[must_use]
    pub fn linear(&self, illumination: usize) -> &Quadrants {
        &self.linear[illumination]
    }

    /// How the challenge is played: what to show when. In standard mode one step an illumination; in gentle
    /// mode seven, of which six, 1/30 s apart, move the light by a smoothstep that is sampled at the middle
    /// of each.
    #[must_use]
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = Step> + ExactSizeIterator + use<> {
        let (dwell_s, edge_s, edge_steps) = (self.mode.dwell_s(), self.mode.edge_s(), self.mode.edge_steps());
        (0..ILLUMINATIONS * (edge_steps + 1)).map(move |index| {
            let (illumination, step) = (index / (edge_steps + 1), index % (edge_steps + 1));
            let parts = edge_steps.max(1) as f64;
            Step {
                start_s: illumination as f64 * dwell_s + step as f64 / parts * edge_s,
                illumination,
                weight: if step == edge_steps { 1.0 } else { smoothstep((step as f64 + 0.5) / parts) },
            }
        })
    }

    /// The linear light of one step.
    #[must_use]
    pub fn step_linear(&self, step: &Step) -> Quadrants {
        let to = &self.linear[step.illumination];
        if step.weight >= 1.0 {
            return *to;
        }
        let neutral = [neutral(); 4];
        let from = step.illumination.checked_sub(1).map_or(&neutral, |before| &self.linear[before]);
        zip(from, to, |from, to| from + (to - from) * step.weight)
    }

    /// The 8-bit sRGB colours that a screen shows during one step: its linear light, rounded.
    #[must_use]
    pub fn step_srgb(&self, step: &Step) -> [Srgb; 4] {
        self.step_linear(step).map(|colour| colour.map(linear_to_code))
    }

    /// The mean linear light from `start_s` to `end_s`, in seconds since the challenge started: the integral
    /// over the steps, exactly. Before 0 the light is neutral, after the end it is the last illumination. If
    /// the two are equal it is the light of that instant.
    ///
    /// # Errors
    /// [`Error::Interval`] if a time is not finite or the end is before the start.
    pub fn at(&self, start_s: f64, end_s: f64) -> Result<Quadrants, Error> {
        if !(start_s.is_finite() && end_s.is_finite() && start_s <= end_s) {
            return Err(Error::Interval { start_s, end_s });
        }
        if end_s - start_s < SAME_TIME_S {
            return Ok(self.instant(start_s));
        }
        let mut sum = [[0.0; 3]; 4];
        let mut seconds = 0.0;
        let mut add = |light: &Quadrants, from_s: f64, to_s: f64| {
            let overlap_s = to_s.min(end_s) - from_s.max(start_s);
            if overlap_s > 0.0 {
                sum = zip(&sum, light, |sum, light| sum + light * overlap_s);
                seconds += overlap_s;
            }
        };
        add(&[neutral(); 4], f64::NEG_INFINITY, 0.0);
        let mut steps = self.steps().peekable();
        while let Some(step) = steps.next() {
            let next_s = steps.peek().map_or(f64::INFINITY, |next| next.start_s);
            if next_s > start_s && step.start_s < end_s {
                add(&self.step_linear(&step), step.start_s, next_s);
            }
        }
        Ok(sum.map(|colour| colour.map(|channel| channel / seconds)))
    }

    fn instant(&self, time_s: f64) -> Quadrants {
        let step = self.steps().rev().find(|step| step.start_s <= time_s + SAME_TIME_S);
        step.map_or([neutral(); 4], |step| self.step_linear(&step))
    }
}

/// The seed of a challenge, so that neither side chooses it alone: HKDF-SHA256 (RFC 5869) of the device's own
/// randomness with the relying party's nonce as salt.
///
/// # Errors
/// [`Error::NonceLength`] unless the nonce is 8 to 64 bytes long (EAT, RFC 9711, section 4.1).
#[allow(clippy::missing_panics_doc)] // it cannot: the length is a constant
pub fn derive_seed(nonce: &[u8], device_random: &[u8; 32]) -> Result<[u8; 32], Error> {
    if !(8..=64).contains(&nonce.len()) {
        return Err(Error::NonceLength { length: nonce.len() });
    }
    let mut seed = [0; 32];
    Hkdf::<Sha256>::new(Some(nonce), device_random)
        .expand(SEED_INFO, &mut seed)
        .expect("32 bytes are below HKDF-SHA256's limit of 8160");
    Ok(seed)
}

/// The linear light of the quadrants TL TR BL BR under one code.
///
/// # Panics
/// If `code` is not below [`CODES`].
#[must_use]
pub fn illumination_linear(code: u8) -> Quadrants {
    assert!(code < CODES, "code {code} is not below {CODES}");
    quadrants(code).map(linear)
}

/// The colours of a code's quadrants. Split 0 is left and right, split 1 top and bottom.
fn quadrants(code: u8) -> [Srgb; 4] {
    let (split, pair) = (code / 30, code % 30);
    let (first, rest) = (pair / 5, pair % 5);
    let second = if rest < first { rest } else { rest + 1 };
    let (a, b) = (PALETTE_SRGB[usize::from(first)], PALETTE_SRGB[usize::from(second)]);
    if split == 0 { [a, b, a, b] } else { [a, a, b, b] }
}

/// The linear light of [`NEUTRAL_SRGB`].
#[must_use]
pub fn neutral() -> Linear {
    linear(NEUTRAL_SRGB)
}

fn smoothstep(part: f64) -> f64 {
    part * part * (3.0 - 2.0 * part)
}

fn zip(a: &Quadrants, b: &Quadrants, f: impl Fn(f64, f64) -> f64) -> Quadrants {
    std::array::from_fn(|quadrant| {
        std::array::from_fn(|channel| f(a[quadrant][channel], b[quadrant][channel]))
    })
}
