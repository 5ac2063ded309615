//! Changes of one quantity, and how many of them fall into a second.

use std::cmp::Ordering;

use super::{Flashes, LightStep};

/// A window is one second and this much, so that rounding never hides a change that is exactly one second
/// away.
pub(super) const WINDOW_S: f64 = 1.0 + 1e-9;

/// A change that begins with the step shown at `first_s` and is complete with the step shown at `last_s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) first_s: f64,
    pub(super) last_s: f64,
}

/// Counts pairs of changes; the changes of one quadrant oppose each other in turn.
pub(super) fn flashes(quadrants: &[Vec<Change>; 4]) -> Flashes {
    let mut together: Vec<Change> = quadrants.concat();
    together
        .sort_by(|a, b| (a.first_s, a.last_s).partial_cmp(&(b.first_s, b.last_s)).expect("times are finite"));
    together.dedup();
    Flashes {
        quadrants: quadrants.each_ref().map(|changes| changes.len() / 2),
        total: together.len() / 2,
        per_s_max: most_in_a_second(&together) / 2,
    }
}

/// The most changes that touch one closed window of a second. It is enough to try the windows that start when
/// a change is complete: any other can be moved on to the next of these without losing a change.
pub(super) fn most_in_a_second(changes: &[Change]) -> usize {
    let sorted = |time_s: fn(&Change) -> f64| {
        let mut times_s: Vec<f64> = changes.iter().map(time_s).collect();
        times_s.sort_by(f64::total_cmp);
        times_s
    };
    let (firsts_s, lasts_s) = (sorted(|change| change.first_s), sorted(|change| change.last_s));
    let touching = |from_s: f64| {
        let over_before = lasts_s.partition_point(|&last_s| last_s < from_s);
        let begun = firsts_s.partition_point(|&first_s| first_s <= from_s + WINDOW_S);
        begun - over_before
    };
    lasts_s.iter().map(|&last_s| touching(last_s)).max().unwrap_or(0)
}

/// A high or a low: its value and the first and the last state that has it.
#[derive(Clone, Copy)]
struct Extreme {
    value: f64,
    first: usize,
    last: usize,
}

impl Extreme {
    fn at(value: f64, now: usize) -> Self {
        Self { value, first: now, last: now }
    }

    /// Takes a state in; `order` is `Greater` for a high and `Less` for a low.
    fn extend(&mut self, value: f64, now: usize, order: Ordering) {
        match value.total_cmp(&self.value) {
            Ordering::Equal => self.last = now,
            found if found == order => *self = Self::at(value, now),
            _ => {}
        }
    }
}

/// Finds the opposing changes of one quantity: the swings between its highs and lows that are large enough to
/// count. Smaller wiggles on the way do not end a swing, so a flash cannot hide behind them. Where a larger
/// difference is always a change too, no choice of states makes more changes than these, in any second.
pub(super) fn swings(
    steps: &[LightStep],
    value: impl Fn(&LightStep) -> f64,
    is_change: impl Fn(f64, f64) -> bool,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut finish = |start: usize, end: usize| {
        changes.push(Change { first_s: steps[start + 1].start_s, last_s: steps[end].start_s });
    };
    let mut low = Extreme::at(value(&steps[0]), 0);
    let mut high = low;
    // The state from which the swing started, and whether it rises; none before the first swing.
    let mut swing: Option<(usize, bool)> = None;
    for (now, step) in steps.iter().enumerate().skip(1) {
        let value = value(step);
        low.extend(value, now, Ordering::Less);
        high.extend(value, now, Ordering::Greater);
        let rises = match swing {
            Some((_, rising)) => !rising,
            None => value >= high.value,
        };
        let turn = if rises { low } else { high };
        let (darker, lighter) = if rises { (low.value, value) } else { (value, high.value) };
        if is_change(darker, lighter) {
            if let Some((start, _)) = swing {
                finish(start, turn.first);
            }
            swing = Some((turn.last, rises));
            (low, high) = (Extreme::at(value, now), Extreme::at(value, now));
        }
    }
    if let Some((start, rising)) = swing {
        finish(start, if rising { high.first } else { low.first });
    }
    changes
}

/// The most changes in turn, the first one rising or falling: every change is complete as early as it can be,
/// so no other choice is ahead of it after any number of changes.
pub(super) fn changes_in_turn(
    steps: &[LightStep],
    mut rises: bool,
    is_change: impl Fn(usize, usize, bool) -> bool,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut since = 0;
    for now in 1..steps.len() {
        // The latest state that is far enough away: the change takes no longer than from there to here.
        if let Some(from) = (since..now).rev().find(|&from| is_change(from, now, rises)) {
            changes.push(Change { first_s: steps[from + 1].start_s, last_s: steps[now].start_s });
            (since, rises) = (now, !rises);
        }
    }
    changes
}
