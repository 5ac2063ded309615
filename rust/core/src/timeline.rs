//! When which illumination was on the screen, and what share of each a frame's exposure saw.

use crate::Error;
use crate::challenge::{Challenge, ILLUMINATIONS, Step, neutral};

/// What the screen really showed: the steps of a challenge with the times of their flips.
///
/// Between two flips the screen holds one illumination, or in gentle mode a blend of two; what is left of the
/// weight is the neutral light that is shown before the first illumination.
#[derive(Debug, Clone)]
pub struct Timeline {
    challenge: Challenge,
    steps: Vec<Step>,
    starts_s: Vec<f64>,
}

impl Timeline {
    /// Starts the timeline of a challenge of which nothing has been shown yet.
    #[must_use]
    pub fn new(challenge: &Challenge) -> Self {
        let steps: Vec<Step> = challenge.steps().collect();
        Self { challenge: challenge.clone(), starts_s: Vec::with_capacity(steps.len()), steps }
    }

    /// The challenge that is played.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Number of steps that were shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.starts_s.len()
    }

    /// Notes that the screen flipped to the next step at `flip_s`.
    ///
    /// # Errors
    /// [`Error::Flip`] if the time is not finite, not later than the flip before, or if all steps were shown.
    pub fn flip(&mut self, flip_s: f64) -> Result<(), Error> {
        let before_s = self.starts_s.last().copied().unwrap_or(f64::NEG_INFINITY);
        if !flip_s.is_finite() || flip_s <= before_s || self.shown() == self.steps.len() {
            return Err(Error::Flip { flip_s, before_s, shown: self.shown(), steps: self.steps.len() });
        }
        self.starts_s.push(flip_s);
        Ok(())
    }

    /// Times of the flips so far, in seconds.
    #[must_use]
    pub fn flips_s(&self) -> &[f64] {
        &self.starts_s
    }

    /// Time of the first flip in seconds, if there was one.
    #[must_use]
    pub fn first_flip_s(&self) -> Option<f64> {
        self.starts_s.first().copied()
    }

    /// Writes the share of each illumination in the light that an exposure from `start_s` to `end_s` saw, if
    /// light needs `latency_s` from a flip to the frame. Shares add up to at most 1; the rest was neutral.
    pub fn shares(&self, start_s: f64, end_s: f64, latency_s: f64, shares: &mut [f64; ILLUMINATIONS]) {
        shares.fill(0.0);
        let (start_s, end_s) = (start_s - latency_s, end_s - latency_s);
        let length_s = (end_s - start_s).max(f64::MIN_POSITIVE);
        let first = self.starts_s.partition_point(|&s| s <= start_s).saturating_sub(1);
        for (k, &step_start_s) in self.starts_s.iter().enumerate().skip(first) {
            if step_start_s >= end_s {
                break;
            }
            let step_end_s = self.starts_s.get(k + 1).copied().unwrap_or(f64::INFINITY);
            let overlap_s = end_s.min(step_end_s) - start_s.max(step_start_s);
            if overlap_s > 0.0 {
                let part = overlap_s / length_s;
                let Step { illumination, weight, .. } = self.steps[k];
                shares[illumination] += part * weight;
                if illumination > 0 {
                    shares[illumination - 1] += part * (1.0 - weight);
                }
            }
        }
    }

    /// Mean linear light of the quadrants TL TR BL BR that an exposure saw, if light needs `latency_s`.
    #[must_use]
    pub fn light(&self, start_s: f64, end_s: f64, latency_s: f64) -> [[f64; 3]; 4] {
        let mut shares = [0.0; ILLUMINATIONS];
        self.shares(start_s, end_s, latency_s, &mut shares);
        let rest = 1.0 - shares.iter().sum::<f64>();
        let mut light = [neutral().map(|channel| channel * rest); 4];
        for (k, share) in shares.into_iter().enumerate().filter(|&(_, share)| share > 0.0) {
            for (sum, colour) in light.iter_mut().zip(self.challenge.linear(k)) {
                for (channel, value) in sum.iter_mut().zip(colour) {
                    *channel += share * value;
                }
            }
        }
        light
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Mode;

    fn two_dwells() -> Timeline {
        let mut timeline = Timeline::new(&Challenge::generate(&[1; 32], Mode::Standard));
        timeline.flip(1.0).unwrap();
        timeline.flip(1.2).unwrap();
        timeline
    }

    #[test]
    fn an_exposure_across_a_flip_sees_both_illuminations_in_proportion() {
        let mut shares = [0.0; ILLUMINATIONS];
        two_dwells().shares(1.19, 1.23, 0.0, &mut shares);
        assert!((shares[0] - 0.25).abs() < 1e-9 && (shares[1] - 0.75).abs() < 1e-9);
    }

    #[test]
    fn latency_moves_the_light_later() {
        let mut shares = [0.0; ILLUMINATIONS];
        two_dwells().shares(1.21, 1.23, 0.05, &mut shares);
        assert!((shares[0] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn before_the_first_flip_there_is_only_neutral_light() {
        let light = two_dwells().light(0.5, 0.6, 0.0);
        assert_eq!(light, [neutral(); 4]);
    }

    #[test]
    fn a_screen_that_keeps_time_shows_what_the_challenge_promises() {
        for mode in [Mode::Standard, Mode::Gentle] {
            let challenge = Challenge::generate(&[2; 32], mode);
            let mut timeline = Timeline::new(&challenge);
            for step in challenge.steps() {
                timeline.flip(10.0 + step.start_s).unwrap();
            }
            for k in 0..60 {
                let (start_s, end_s) = (0.05 * f64::from(k), 0.05 * f64::from(k) + 0.03);
                let promised = challenge.at(start_s, end_s).unwrap();
                let shown = timeline.light(10.0 + start_s, 10.0 + end_s, 0.0);
                for (a, b) in promised.iter().flatten().zip(shown.iter().flatten()) {
                    assert!((a - b).abs() < 1e-6, "{mode:?} {k}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn a_flip_that_goes_back_in_time_is_refused() {
        let mut timeline = two_dwells();
        assert!(timeline.flip(1.2).is_err());
        assert!(timeline.flip(f64::NAN).is_err());
        assert_eq!(timeline.shown(), 2);
    }
}
