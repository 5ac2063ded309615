//! The mean light of faces, prints and forgeries that were filmed without knowing the challenge they are held
//! against.

use std::f64::consts::TAU;

use lightproof_core::challenge::{self, Challenge, Mode, Quadrants};
use lightproof_core::colour::{self, Linear};
use lightproof_core::freshness::{FaceLight, Scorer};
use lightproof_core::response::{FEATURES, NUISANCE};
use lightproof_core::timeline::Timeline;

const MIXING: [[f64; 3]; 3] = [[1.0, 0.06, 0.01], [0.05, 1.0, 0.06], [0.01, 0.08, 1.0]];
const FRAME_RATES_HZ: [f64; 3] = [15.0, 30.0, 60.0];
const EXPOSURE_S: f64 = 0.015;
/// Standard deviation of a frame's time about the regular one.
const JITTER_S: f64 = 0.0003;
/// How much more the right half answers the right half of the screen than the left one does, over the answer
/// to all of it, and the same of the upper half: found on path-traced heads.
const TURNED: [f64; 2] = [0.14, 0.05];
/// How much less the screen adds where the room lights a half more, over the whole face's answer.
const LEAK: [f64; 2] = [-0.15, -0.3];
/// A rig that was calibrated knows its latency; one that was not is searched as in `presence/judgement.py`.
const LATENCY_S: f64 = 0.05;
const CALIBRATED_S: [f64; 1] = [LATENCY_S];
const SEARCH_S: [f64; 6] = [0.0, 0.04, 0.08, 0.12, 0.16, 0.20];
/// Memory of slow changes: a corner at 0.7 Hz.
const MEMORY_S: f64 = 1.0 / (TAU * 0.7);
/// How far the gain follows a shift of the face to one side: what motion regressors are there to take out.
const SHIFT_TO_GAIN: f64 = 0.5;

/// What lights the face in the video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shows {
    /// The grey of before the challenge, throughout.
    Neutral,
    /// The mean of all six colours: the best guess for every dwell.
    MeanColour,
    /// Another challenge from the same generator, so that some dwells agree by chance.
    Challenge,
    /// Two other challenges at half the light each: twice as many dwells agree by half.
    TwoChallenges,
    /// Another challenge, half a dwell late.
    HalfADwellLate,
    /// The six colours in turn, a dwell each.
    Cycle,
    /// One colour in one dwell, grey in all others: everything on one guess.
    OneDwell,
}

/// A kind of video.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    shows: Shows,
    /// Light of a full white screen over ambient light.
    response: f64,
    /// Standard deviations, relative to the light: white noise a channel, slow gain, slow colour.
    white: f64,
    gain: f64,
    colour: f64,
    /// Amplitude and frequency in the frames of what is periodic: mains flicker, a hand's tremor.
    flicker: f64,
    flicker_hz: f64,
    /// Relative size of what hits one frame in ten: scores with robust noise could trust the rest too much.
    spikes: f64,
    mode: Mode,
}

const FACE: Kind = Kind {
    name: "another challenge, 5 %",
    shows: Shows::Challenge,
    response: 0.05,
    white: 3e-4,
    gain: 0.02,
    colour: 0.002,
    flicker: 0.003,
    flicker_hz: 10.0,
    spikes: 0.0,
    mode: Mode::Standard,
};

/// All kinds; the study scores each equally often.
pub const KINDS: [Kind; 18] = [
    Kind { name: "another challenge, 0.3 %", response: 0.003, ..FACE },
    Kind { name: "another challenge, 1 %", response: 0.01, ..FACE },
    FACE,
    Kind { name: "another challenge, 30 %", response: 0.3, ..FACE },
    Kind { name: "gentle mode, another challenge, 5 %", mode: Mode::Gentle, ..FACE },
    Kind { name: "strong noise (5 %)", white: 0.05, ..FACE },
    Kind { name: "hardly any noise", white: 1e-7, gain: 0.0, colour: 0.0, flicker: 0.0, ..FACE },
    Kind { name: "strong motion (gain 20 %)", gain: 0.2, colour: 0.02, ..FACE },
    Kind { name: "mains flicker (10 %)", flicker: 0.1, ..FACE },
    Kind {
        name: "a print in a trembling hand",
        response: 0.1,
        gain: 0.05,
        flicker: 0.02,
        flicker_hz: 4.5,
        ..FACE
    },
    Kind { name: "no light, noise only", shows: Shows::Neutral, ..FACE },
    Kind { name: "bursts in one frame of ten", spikes: 0.05, ..FACE },
    Kind { name: "forged: mean of all colours, 30 %", shows: Shows::MeanColour, response: 0.3, ..FACE },
    Kind { name: "forged: the colours in turn, 30 %", shows: Shows::Cycle, response: 0.3, ..FACE },
    Kind { name: "forged: two challenges blended, 30 %", shows: Shows::TwoChallenges, response: 0.3, ..FACE },
    Kind {
        name: "forged: all on one dwell, 100 %",
        shows: Shows::OneDwell,
        response: 1.0,
        white: 1e-6,
        ..FACE
    },
    Kind {
        name: "another challenge, half a dwell late",
        shows: Shows::HalfADwellLate,
        response: 0.1,
        ..FACE
    },
    Kind {
        name: "without noise, an exact copy of another",
        white: 0.0,
        gain: 0.0,
        colour: 0.0,
        flicker: 0.0,
        ..FACE
    },
];

/// An ordinary face at 5 % response.
#[must_use]
pub fn ordinary() -> Kind {
    FACE
}

/// `SplitMix64` (Steele, Lea & Flood 2014): the same numbers on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal with mean 0 and standard deviation 1 (Box & Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.uniform() * bound as f64) as usize
    }
}

/// 32 bytes for one purpose and one turn: nothing is drawn twice from one seed.
#[must_use]
pub fn seed(purpose: u8, turn: u64) -> [u8; 32] {
    let mut seed = [purpose; 32];
    seed[..8].copy_from_slice(&turn.to_le_bytes());
    seed
}

/// A video's mean light over the face, with what a session knows of its frames.
pub struct Video {
    features: Vec<[f64; 3]>,
    across: Vec<[f64; 3]>,
    down: Vec<[f64; 3]>,
    nuisance: Vec<[f64; NUISANCE]>,
    exposures_s: Vec<(f64, f64)>,
    /// Only its rhythm is used: whose codes it holds does not matter to a score.
    rhythm: Timeline,
    latencies_s: &'static [f64],
    dwell_s: f64,
}

impl Video {
    /// Films this kind for the `turn`th time, at one of three frame rates, on a rig that is calibrated or
    /// not.
    #[must_use]
    pub fn film(kind: &Kind, turn: u64) -> Self {
        Self::of(kind, &[other(kind.mode, 1, turn), other(kind.mode, 2, turn)], turn)
    }

    /// Films this kind under given challenges.
    #[must_use]
    pub fn of(kind: &Kind, shown: &[Challenge; 2], turn: u64) -> Self {
        let mut random = Random::new(turn.wrapping_mul(0x5851_f42d_4c95_7f2d));
        let rate_hz = FRAME_RATES_HZ[random.below(3)];
        let latencies_s: &[f64] = if random.below(2) == 0 { &CALIBRATED_S } else { &SEARCH_S };
        let timelines = shown.each_ref().map(played);
        let duration_s = shown[0].duration_s();
        let frames = (duration_s * rate_hz) as usize;
        let keep = (-1.0 / (rate_hz * MEMORY_S)).exp();
        let fresh = (1.0 - keep * keep).sqrt();
        let mut slow: [f64; 8] = std::array::from_fn(|_| random.normal());
        let (phase, guess) = (TAU * random.uniform(), (random.below(9), random.below(6)));
        let offset_s = LATENCY_S + random.uniform() / rate_hz;
        let mut video = Self {
            features: Vec::with_capacity(frames),
            across: Vec::with_capacity(frames),
            down: Vec::with_capacity(frames),
            nuisance: Vec::with_capacity(frames),
            exposures_s: Vec::with_capacity(frames),
            rhythm: played(&shown[0]),
            latencies_s,
            dwell_s: kind.mode.dwell_s(),
        };
        for t in 0..frames {
            let start_s = offset_s + t as f64 / rate_hz + JITTER_S * random.normal().clamp(-3.0, 3.0);
            let end_s = start_s + EXPOSURE_S;
            let quadrants = light_of(kind, &timelines, guess, start_s, end_s);
            let light = mixed(mean(&quadrants));
            for state in &mut slow {
                *state = keep * *state + fresh * random.normal();
            }
            let [common, red, green, blue, x, y, turned, grown] = slow;
            let spike = if random.below(10) == 0 { kind.spikes * random.normal() } else { 0.0 };
            let flicker = kind.flicker * (TAU * kind.flicker_hz * start_s + phase).sin();
            let own = [red, green, blue].map(|drift| kind.colour * drift);
            let log: [f64; 3] = std::array::from_fn(|c| {
                let light = (1.0 + flicker + kind.response * light[c]).max(1e-3).ln();
                let gain = kind.gain * (common + SHIFT_TO_GAIN * x) + own[c];
                light + gain + if c == 0 { spike } else { 0.0 } + kind.white * random.normal()
            });
            let u = 2.0 * t as f64 / frames as f64 - 1.0;
            video.features.push(features(log));
            let [tl, tr, bl, br] = quadrants;
            let across = mixed(std::array::from_fn(|c| (tr[c] + br[c] - tl[c] - bl[c]) / 4.0));
            let down = mixed(std::array::from_fn(|c| (tl[c] + tr[c] - bl[c] - br[c]) / 4.0));
            for (series, difference, turned, leak) in
                [(&mut video.across, across, TURNED[0], LEAK[0]), (&mut video.down, down, TURNED[1], LEAK[1])]
            {
                series.push(features(std::array::from_fn(|c| {
                    let answer = turned * difference[c] + leak * light[c];
                    kind.response * answer + 0.2 * (kind.gain * x + own[c]) + kind.white * random.normal()
                })));
            }
            video.nuisance.push([1.0, u, u * u, u * u * u, x, y, turned, grown, x * x, y * y, x * y]);
            video.exposures_s.push((start_s, end_s));
        }
        video
    }

    /// Light without any change, to the last bit: a still picture fed in place of the camera's.
    #[must_use]
    pub fn still(features: [f64; 3]) -> Self {
        let frames = 96;
        let mut video = Self::film(&FACE, 0);
        let start = |t: usize| LATENCY_S + t as f64 / 30.0;
        for series in [&mut video.features, &mut video.across, &mut video.down] {
            *series = vec![features; frames];
        }
        video.nuisance = vec![[1.0; NUISANCE]; frames];
        video.exposures_s = (0..frames).map(|t| (start(t), start(t) + EXPOSURE_S)).collect();
        video
    }

    /// Prepares to score challenges after this many dwells; `None` where the frames are too few for evidence.
    #[must_use]
    pub fn scorer(&self, dwells: usize) -> Option<Scorer> {
        let last_s = LATENCY_S + dwells as f64 * self.dwell_s;
        let frames = self.exposures_s.partition_point(|&(_, end_s)| end_s <= last_s);
        let face = FaceLight::new(
            &self.features[..frames],
            &self.nuisance[..frames],
            &self.exposures_s[..frames],
            MIXING,
        )
        .expect("the series are of one length")?
        .with_halves(&self.across[..frames], &self.down[..frames])
        .expect("the series are of one length");
        Some(face.scorer(&self.rhythm, self.latencies_s).expect("there are latencies"))
    }
}

fn other(mode: Mode, purpose: u8, turn: u64) -> Challenge {
    Challenge::generate(&seed(purpose, turn), mode)
}

fn played(challenge: &Challenge) -> Timeline {
    let mut timeline = Timeline::new(challenge);
    for step in challenge.steps() {
        timeline.flip(step.start_s).unwrap();
    }
    timeline
}

fn features(log: [f64; 3]) -> [f64; 3] {
    FEATURES.map(|weights| (0..3).map(|c| weights[c] * log[c]).sum())
}

fn light_of(
    kind: &Kind,
    shown: &[Timeline; 2],
    guess: (usize, usize),
    start_s: f64,
    end_s: f64,
) -> Quadrants {
    let colour = |index: usize| colour::linear(challenge::PALETTE_SRGB[index]);
    let dwell = ((start_s - LATENCY_S) / kind.mode.dwell_s()).max(0.0) as usize;
    let of = |timeline: &Timeline, latency_s: f64| timeline.light(start_s, end_s, latency_s);
    match kind.shows {
        Shows::MeanColour => [mean(&std::array::from_fn::<_, 6, _>(colour)); 4],
        Shows::Challenge => of(&shown[0], LATENCY_S),
        Shows::TwoChallenges => {
            let both = [of(&shown[0], LATENCY_S), of(&shown[1], LATENCY_S)];
            std::array::from_fn(|quadrant| mean(&both.map(|light| light[quadrant])))
        }
        Shows::HalfADwellLate => of(&shown[0], LATENCY_S + 0.5 * kind.mode.dwell_s()),
        Shows::Cycle => [colour(dwell % 6); 4],
        Shows::OneDwell if dwell == guess.0 => [colour(guess.1); 4],
        Shows::Neutral | Shows::OneDwell => [challenge::neutral(); 4],
    }
}

fn mean<const N: usize>(colours: &[Linear; N]) -> Linear {
    std::array::from_fn(|c| colours.iter().map(|colour| colour[c]).sum::<f64>() / N as f64)
}

fn mixed(light: Linear) -> Linear {
    MIXING.map(|row| (0..3).map(|d| row[d] * light[d]).sum())
}
