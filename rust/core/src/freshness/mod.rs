//! Evidence that the light on the face follows *this* challenge and no other.
//!
//! **Theorem.** Let the true challenge and `K` decoys be drawn independently from the same generator, let the
//! video be made without knowledge of the true one, and let `score(video, challenge)` be any function. Then
//! the probability that the true challenge scores strictly higher than every decoy is at most `1 / (K + 1)`.
//!
//! *Proof.* Given the video, the `K + 1` challenges are exchangeable, hence so are their scores; each is the
//! strict maximum with the same probability, and at most one of them is. ∎ Nothing is assumed of noise,
//! camera or attacker. Ties count against the person. What the score is decides only how often a living
//! person is accepted.
//!
//! **Score.** The face's light relative to that under the neutral light, as two colour differences and luma
//! ([`FEATURES`](crate::response::FEATURES)), whitened in time (first order) with drift and motion projected
//! out, is compared with the challenge's light: the rig's calibrated mixing of the primaries and one
//! non-negative gain per channel are all the freedom a challenge has, so an anti-phase response scores
//! nothing. The score is the sum of squares that the best gains explain, in units of the noise, at the rig's
//! calibrated latency, or at the best of a few where the rig was never calibrated.

mod face_light;
mod gains;
mod scorer;

use nalgebra::{Matrix3, Vector3};

use crate::challenge;
pub use face_light::{AnyCode, FaceLight, MAX_LATENCIES};
pub use scorer::{Rank, Scorer};

/// Least share of the ambient light in the light under neutral, 1 − g n: gains that leave less are noise, and
/// the response is at most twenty times what they say.
const MIN_AMBIENT: f64 = 0.05;

/// Response to a full white screen (light of the screen ÷ ambient light) per channel, from slopes of relative
/// light.
///
/// Relative light is relative to the neutral light n: d[(1 + κ l) / (1 + κ n)] / dl = κ / (1 + κ n), hence
/// κ = g / (1 − g n).
#[must_use]
pub fn response_strength(gains: [f64; 3], mixing: [[f64; 3]; 3]) -> [f64; 3] {
    let mixing = Matrix3::from_fn(|i, j| mixing[i][j]);
    let neutral = mixing * Vector3::from(challenge::neutral());
    let white = mixing * Vector3::from_element(1.0);
    std::array::from_fn(|c| gains[c] * white[c] / (1.0 - gains[c] * neutral[c]).max(MIN_AMBIENT))
}
