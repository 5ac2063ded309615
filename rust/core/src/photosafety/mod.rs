//! Whether a sequence of light is safe to look at: flashes, red flashes and changes of colour, counted and
//! not assumed.
//!
//! A flash is a pair of opposing changes. A change leads from one state of a quadrant to a later one, next to
//! it in time or not. Four definitions of a change are counted side by side:
//!
//! * **general** (WCAG 2.3.1): relative luminance by 0.1 or more of the maximum, the darker state below 0.8;
//! * **broadcast** (ITU-R BT.1702): luminance by 20 cd/m² or more, the darker state below 160 cd/m²; above
//!   that a Michelson contrast of 1/17 or more;
//! * **red** (WCAG 2.0 and 2.1): `max(0, R − G − B) × 320` by more than 20 with a saturated red, R/(R+G+B) ≥
//!   0.8 in linear light, at either end;
//! * **red chromaticity** (WCAG 2.2): CIE 1976 u′v′ by more than 0.2 with a saturated red at either end.
//!
//! What is counted is the largest number of changes, each starting no earlier than the one before is
//! complete, that can be chosen from all pairs of states: a rise and a fall in turn, and of u′v′, where a way
//! has no direction, any two. Half of it are the flashes. A fall need not start from the very state in which
//! the rise ended: WCAG 2.0 asks each of the two changes for a saturated red, not both for the same one. So a
//! red that is saturated on the way to a peak only counts on the way there and on the way back.
//!
//! A quadrant is a quarter of the screen, the area from which the standards count, so every quadrant counts;
//! changes of different quadrants at different times count together, which no standard exceeds. Besides,
//! *any* change of colour is counted, however small: alternating colours trouble some people too.
//!
//! Where a standard leaves room in time, the stricter reading is taken: a window of one second is closed at
//! both ends, and a gradual change lies in every window that it touches. Where WCAG 2.2 asks "one transition"
//! of a pair for a saturated red, both are asked, as WCAG 2.0 does.
//!
//! ```
//! use lightproof_core::challenge::{Challenge, Mode};
//! use lightproof_core::photosafety::{LightStep, check, check_challenge};
//!
//! let safety = check_challenge(&Challenge::generate(&[1; 32], Mode::Standard), 500.0)?;
//! assert!(safety.is_safe());
//!
//! // Black and white, ten changes a second.
//! let strobe: Vec<_> = (0..20)
//!     .map(|k| LightStep { start_s: 0.1 * f64::from(k), linear: [[f64::from(k % 2); 3]; 4] })
//!     .collect();
//! assert!(!check(&strobe, 2.0, 500.0)?.meets_standards());
//! # Ok::<(), lightproof_core::Error>(())
//! ```

mod changes;

use crate::Error;
use crate::challenge::{Challenge, Quadrants, neutral};
use crate::colour::{Linear, linear, relative_luminance};
use changes::{Change, WINDOW_S, changes_in_turn, flashes, most_in_a_second, swings};

/// WCAG 2.3.1 and ITU-R BT.1702 both allow three flashes in any one second.
pub const MAX_FLASHES_PER_S: usize = 3;

/// WCAG 2.3.1: a change of a tenth of the maximum relative luminance.
const GENERAL_CHANGE: f64 = 0.1;
/// WCAG 2.3.1: only where the darker state is below this relative luminance.
const GENERAL_DARKER: f64 = 0.8;
/// ITU-R BT.1702: a change of this luminance, where the darker state is below [`BROADCAST_DARKER_CD_M2`].
const BROADCAST_CHANGE_CD_M2: f64 = 20.0;
/// ITU-R BT.1702: from here on contrast counts, not difference.
const BROADCAST_DARKER_CD_M2: f64 = 160.0;
/// ITU-R BT.1702: Michelson contrast (Lmax − Lmin) / (Lmax + Lmin); at 160 cd/m² it is the same 20 cd/m².
const BROADCAST_CONTRAST: f64 = 1.0 / 17.0;
/// WCAG 2.x: the share of red, R/(R+G+B) in linear light, from which it is saturated.
const SATURATED_RED: f64 = 0.8;
/// WCAG 2.0 and 2.1: a change of `max(0, R − G − B) × 320` by more than this.
const RED_CHANGE: f64 = 20.0;
const RED_SCALE: f64 = 320.0;
/// WCAG 2.2: a change by more than this in the CIE 1976 u′v′ diagram.
const RED_CHROMATICITY_CHANGE: f64 = 0.2;
/// Steps closer than this may be one gradual change of colour: gentle light moves every 1/30 s, and a step
/// may have to wait for the next refresh of the screen, at the slowest 50 Hz.
const GRADUAL_STEP_S: f64 = 1.0 / 30.0 + 1.0 / 50.0;
/// Most steps of light that are checked: gentle light has 112, a minute at 60 Hz 3,600. From every state all
/// before it may have to be looked at.
pub const MAX_STEPS: usize = 4096;
/// Most steps that may start within one second: a screen of 240 Hz that changes at every refresh. Every
/// second is counted on its own, from every state to every other.
pub const MAX_STEPS_PER_S: usize = 256;

/// What the screen shows from `start_s` until the next step or the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LightStep {
    /// When it starts, in seconds.
    pub start_s: f64,
    /// Linear light of the quadrants relative to the screen's full sRGB primaries, 0 to 1.
    pub linear: Quadrants,
}

/// Flashes by one definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flashes {
    /// In each quadrant on its own: top left, top right, bottom left, bottom right.
    pub quadrants: [usize; 4],
    /// In all quadrants together.
    pub total: usize,
    /// In all quadrants together within the worst second.
    pub per_s_max: usize,
}

/// What a sequence of light does to those who look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Photosafety {
    /// Flashes by WCAG 2.3.1.
    pub general: Flashes,
    /// Flashes by ITU-R BT.1702.
    pub broadcast: Flashes,
    /// Red flashes by WCAG 2.0 and 2.1.
    pub red: Flashes,
    /// Red flashes by WCAG 2.2.
    pub red_chromaticity: Flashes,
    /// Pairs of changes of any colour, however small, in any quadrant, within the worst second.
    pub colour_change_pairs_per_s_max: usize,
}

impl Photosafety {
    /// Whether this project may show it: no flash by any definition, and three pairs of changes of any colour
    /// or fewer in every second. Stricter than the standards.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.definitions().iter().all(|flashes| flashes.total == 0)
            && self.colour_change_pairs_per_s_max <= MAX_FLASHES_PER_S
    }

    /// Whether the standards allow it: three flashes or fewer by every definition in every second.
    #[must_use]
    pub fn meets_standards(&self) -> bool {
        self.definitions().iter().all(|flashes| flashes.per_s_max <= MAX_FLASHES_PER_S)
    }

    fn definitions(&self) -> [Flashes; 4] {
        [self.general, self.broadcast, self.red, self.red_chromaticity]
    }
}

/// Checks a challenge as a screen shows it, from the neutral grey before to the neutral grey after.
///
/// # Errors
/// [`Error::Number`] unless `peak_cd_m2`, the luminance of full white in cd/m², is positive and finite.
pub fn check_challenge(challenge: &Challenge, peak_cd_m2: f64) -> Result<Photosafety, Error> {
    let grey = [neutral(); 4];
    let mut steps = Vec::with_capacity(challenge.steps().len() + 2);
    steps.push(LightStep { start_s: -1.0, linear: grey });
    steps.extend(
        challenge
            .steps()
            .map(|step| LightStep { start_s: step.start_s, linear: challenge.step_srgb(&step).map(linear) }),
    );
    steps.push(LightStep { start_s: challenge.duration_s(), linear: grey });
    check(&steps, challenge.duration_s() + 1.0, peak_cd_m2)
}

/// Checks any sequence of light, shown until `end_s`, on a screen whose full white has `peak_cd_m2`.
///
/// # Errors
/// [`Error::Count`] without a step, [`Error::TooMany`] if there are more than [`MAX_STEPS`], or more than
/// [`MAX_STEPS_PER_S`] start within a second, [`Error::StepOrder`] if the times do not rise,
/// [`Error::Number`] if a time, a light or the peak is not a finite number in its range.
pub fn check(steps: &[LightStep], end_s: f64, peak_cd_m2: f64) -> Result<Photosafety, Error> {
    validate(steps, end_s, peak_cd_m2)?;
    let changes = |find: &dyn Fn(usize) -> Vec<Change>| flashes(&std::array::from_fn(find));
    let luminance = |step: &LightStep, quadrant: usize| relative_luminance(&step.linear[quadrant]);
    Ok(Photosafety {
        general: changes(&|quadrant| {
            swings(
                steps,
                |step| luminance(step, quadrant),
                |low, high| high - low >= GENERAL_CHANGE && low < GENERAL_DARKER,
            )
        }),
        broadcast: changes(&|quadrant| {
            swings(steps, |step| luminance(step, quadrant) * peak_cd_m2, is_broadcast_change)
        }),
        red: red_flashes(steps),
        red_chromaticity: changes(&|quadrant| red_chromaticity_changes(steps, quadrant)),
        colour_change_pairs_per_s_max: most_in_a_second(&colour_changes(steps)) / 2,
    })
}

fn validate(steps: &[LightStep], end_s: f64, peak_cd_m2: f64) -> Result<(), Error> {
    if steps.is_empty() {
        return Err(Error::Count { what: "light sequence", count: 0, wanted: "at least one step" });
    }
    Error::check_count("steps of light", steps.len(), MAX_STEPS)?;
    if !(peak_cd_m2.is_finite() && peak_cd_m2 > 0.0) {
        return Err(Error::Number { what: "peak_cd_m2", value: peak_cd_m2, wanted: "a positive luminance" });
    }
    let times = steps.iter().map(|step| step.start_s).chain([end_s]);
    if let Some(value) = times.clone().find(|time_s| !time_s.is_finite()) {
        return Err(Error::Number { what: "time", value, wanted: "finite seconds" });
    }
    let mut pairs = times.clone().zip(times.skip(1)).enumerate();
    if let Some((index, (before_s, start_s))) = pairs.find(|(_, (before_s, start_s))| start_s <= before_s) {
        return Err(Error::StepOrder { index: index + 1, start_s, before_s });
    }
    let mut seconds = steps.windows(MAX_STEPS_PER_S + 1);
    if seconds.any(|steps| steps[MAX_STEPS_PER_S].start_s - steps[0].start_s < 1.0) {
        Error::check_count("steps of light within a second", MAX_STEPS_PER_S + 1, MAX_STEPS_PER_S)?;
    }
    let mut lights = steps.iter().flat_map(|step| step.linear.as_flattened()).copied();
    match lights.find(|light| !(0.0..=1.0).contains(light)) {
        Some(value) => Err(Error::Number { what: "light", value, wanted: "linear light from 0 to 1" }),
        None => Ok(()),
    }
}

fn is_broadcast_change(low: f64, high: f64) -> bool {
    if low < BROADCAST_DARKER_CD_M2 {
        high - low >= BROADCAST_CHANGE_CD_M2
    } else {
        high - low >= BROADCAST_CONTRAST * (high + low)
    }
}

/// Counts red flashes by WCAG 2.0 and 2.1. Which states make the most changes depends on where the counting
/// starts, so every closed second is counted on its own as well, as if it were all that is shown.
fn red_flashes(steps: &[LightStep]) -> Flashes {
    let count = |part: &[LightStep]| flashes(&std::array::from_fn(|quadrant| red_changes(part, quadrant)));
    let mut found = count(steps);
    if found == Flashes::default() {
        return found;
    }
    for first in 1..steps.len() {
        let end = steps.partition_point(|step| step.start_s <= steps[first].start_s + WINDOW_S);
        found.per_s_max = found.per_s_max.max(count(&steps[first - 1..end]).total);
    }
    found.total = found.total.max(found.per_s_max);
    found
}

/// Finds the changes of redness with a saturated red at either end.
fn red_changes(steps: &[LightStep], quadrant: usize) -> Vec<Change> {
    let colour = |state: usize| &steps[state].linear[quadrant];
    if !steps.iter().any(|step| is_saturated_red(&step.linear[quadrant])) {
        return Vec::new();
    }
    let is_change = |from: usize, to: usize, rises: bool| {
        let rise = redness(colour(to)) - redness(colour(from));
        (if rises { rise } else { -rise }) > RED_CHANGE
            && (is_saturated_red(colour(from)) || is_saturated_red(colour(to)))
    };
    let [rise_first, fall_first] = [true, false].map(|rises| changes_in_turn(steps, rises, is_change));
    if rise_first.len() >= fall_first.len() { rise_first } else { fall_first }
}

/// Finds the changes of chromaticity with a saturated red at either end.
fn red_chromaticity_changes(steps: &[LightStep], quadrant: usize) -> Vec<Change> {
    let states: Vec<([f64; 2], bool)> = steps
        .iter()
        .map(|step| (chromaticity(&step.linear[quadrant]), is_saturated_red(&step.linear[quadrant])))
        .collect();
    changes_in_turn(steps, true, |from, to, _| {
        let ([from_u, from_v], [to_u, to_v]) = (states[from].0, states[to].0);
        (states[from].1 || states[to].1) && (to_u - from_u).hypot(to_v - from_v) > RED_CHROMATICITY_CHANGE
    })
}

/// Finds the changes of any colour in any quadrant. Steps that follow each other within [`GRADUAL_STEP_S`]
/// are one gradual change as long as no quadrant turns back towards the colour from which the change started.
fn colour_changes(steps: &[LightStep]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut origin = steps[0].linear;
    for pair in steps.windows(2) {
        let (from, to, start_s) = (&pair[0].linear, &pair[1].linear, pair[1].start_s);
        if from == to {
            continue;
        }
        let goes_on = (0..4).all(|quadrant| !turns_back(&origin[quadrant], &from[quadrant], &to[quadrant]));
        match changes.last_mut() {
            Some(last) if goes_on && start_s - last.last_s <= GRADUAL_STEP_S => last.last_s = start_s,
            _ => {
                changes.push(Change { first_s: start_s, last_s: start_s });
                origin = *from;
            }
        }
    }
    changes
}

/// Whether the way from `from` to `to` leads back towards `origin`.
fn turns_back(origin: &Linear, from: &Linear, to: &Linear) -> bool {
    (0..3).map(|channel| (to[channel] - from[channel]) * (to[channel] - origin[channel])).sum::<f64>() < 0.0
}

fn redness([red, green, blue]: &Linear) -> f64 {
    (red - green - blue).max(0.0) * RED_SCALE
}

fn is_saturated_red([red, green, blue]: &Linear) -> bool {
    let sum = red + green + blue;
    sum > 0.0 && *red >= SATURATED_RED * sum
}

/// CIE 1976 u′v′ of linear sRGB (IEC 61966-2-1 primaries). Black has none and is given that of white.
fn chromaticity(colour: &Linear) -> [f64; 2] {
    let &[red, green, blue] = if colour.iter().sum::<f64>() > 0.0 { colour } else { &[1.0; 3] };
    let x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
    let y = relative_luminance(&[red, green, blue]);
    let z = 0.0193 * red + 0.1192 * green + 0.9505 * blue;
    let sum = x + 15.0 * y + 3.0 * z;
    [4.0 * x / sum, 9.0 * y / sum]
}
