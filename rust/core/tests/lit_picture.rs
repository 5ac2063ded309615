//! The picture that the code lights holds what the screen lit, and nothing of what else is in the frames.

use lightproof_core::Error;
use lightproof_core::challenge::{Challenge, Mode};
use lightproof_core::colour::linear_to_srgb;
use lightproof_core::response::{LitSlopes, PictureRegression, Registration};
use lightproof_core::timeline::Timeline;
use proptest::prelude::*;

const IDENTITY: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
const PIXELS: usize = 200;
const FRAMES: usize = 66;

/// What the scene sends back: of the room's light, and of the screen's.
struct Scene<'a> {
    room: &'a dyn Fn(usize) -> f64,
    screen: &'a dyn Fn(usize) -> f64,
    gain: &'a dyn Fn(usize) -> f64,
}

/// The slopes after a challenge, seen by a camera of eight bits with a noise of about 1 %.
fn seen(seed: u8, scene: &Scene<'_>) -> LitSlopes {
    let challenge = Challenge::generate(&[seed; 32], Mode::Standard);
    let mut timeline = Timeline::new(&challenge);
    challenge.steps().for_each(|step| timeline.flip(step.start_s).expect("steps are in order"));
    let mut lit = PictureRegression::new(&[true; PIXELS], IDENTITY).expect("there is a face");
    let mut noise = u32::from(seed) + 1;
    for frame in 0..FRAMES {
        let at_s = frame as f64 / 30.0;
        let light = timeline.light(at_s, at_s + 0.03, 0.0);
        let pixels: Vec<u8> = (0..3 * PIXELS)
            .map(|i| {
                let (pixel, channel) = (i / 3, i % 3);
                let mean = light.iter().map(|quadrant| quadrant[channel]).sum::<f64>() / 4.0;
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = 1.0 + 0.01 * (f64::from(noise >> 8) / f64::from(1_u32 << 23) - 1.0);
                let sent = (scene.room)(pixel) + mean * (scene.screen)(pixel);
                (255.0 * linear_to_srgb((sent * (scene.gain)(frame) * grain).clamp(0.0, 1.0))).round() as u8
            })
            .collect();
        let u = 2.0 * frame as f64 / FRAMES as f64 - 1.0;
        lit.push(&pixels, &light, u, &Registration::default()).expect("sizes agree");
    }
    assert_eq!(lit.frames(), FRAMES);
    lit.solve().expect("the light changed in every channel")
}

fn texture(pixel: usize) -> f64 {
    0.3 + 0.2 * ((pixel * 7919 % 101) as f64 / 100.0)
}

fn correlation(slopes: &[f32], truth: &dyn Fn(usize) -> f64) -> f64 {
    let of_red: Vec<(f64, f64)> =
        slopes.chunks_exact(3).enumerate().map(|(k, pixel)| (f64::from(pixel[0]), truth(k))).collect();
    let n = of_red.len() as f64;
    let (a, b) = of_red.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in of_red {
        xx += (x - a).powi(2);
        yy += (y - b).powi(2);
        xy += (x - a) * (y - b);
    }
    xy / (xx * yy).sqrt()
}

#[test]
fn what_the_screen_lights_is_in_the_picture_with_its_strength() {
    let scene = Scene { room: &|_| 0.2, screen: &|k| 0.3 * texture(k), gain: &|_| 1.0 };
    let LitSlopes { slopes, variances } = seen(1, &scene);
    assert!(correlation(&slopes, &texture) > 0.9);
    let errors = slopes.iter().zip(&variances).enumerate().map(|(i, (&slope, &variance))| {
        (f64::from(slope) - 0.3 * texture(i / 3)).abs() / f64::from(variance).sqrt()
    });
    let large = errors.filter(|&z| z > 2.0).count();
    assert!(large < 3 * PIXELS / 10, "{large} of {} slopes are off by two errors", 3 * PIXELS);
}

#[test]
fn what_has_its_own_light_is_not_in_the_picture() {
    let scene = Scene { room: &texture, screen: &|k| 0.1 + 0.05 * (k % 3) as f64, gain: &|_| 1.0 };
    assert!(correlation(&seen(2, &scene).slopes, &texture).abs() < 0.3);
}

#[test]
fn frames_of_something_else_or_too_few_make_no_picture() {
    let mut lit = PictureRegression::new(&[true; PIXELS], IDENTITY).expect("there is a face");
    let light = [[0.2; 3]; 4];
    let wrong = lit.push(&[0; 3], &light, 0.0, &Registration::default());
    assert!(matches!(wrong, Err(Error::GridSize { .. })));
    assert_eq!(lit.frames(), 0);
    assert!(lit.solve().is_none());
    assert!(matches!(PictureRegression::new(&[false; PIXELS], IDENTITY), Err(Error::TooFewCells { .. })));
}

#[test]
fn a_forgotten_picture_holds_no_face() {
    let mut lit = PictureRegression::new(&[true; PIXELS], IDENTITY).expect("there is a face");
    lit.push(&[200; 3 * PIXELS], &[[0.2; 3]; 4], 0.0, &Registration::default()).expect("sizes agree");
    let held = format!("{lit:?}");
    lit.forget();
    let left = format!("{lit:?}");
    assert!(held.contains("0.577"), "200 is 0.577 of full light, and is held until it is forgotten");
    assert!(!left.contains("0.577"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// A camera that changes its gain, or a lamp that fades, changes every pixel alike.
    #[test]
    fn the_gain_of_camera_and_room_is_not_in_the_picture(seed in 0_u8..200, swing in 0.0_f64..0.3) {
        let gain = |frame: usize| 1.0 + swing * (frame as f64 / 9.0).sin();
        let scene = Scene { room: &|_| 0.2, screen: &|k| 0.3 * texture(k), gain: &gain };
        prop_assert!(correlation(&seen(seed, &scene).slopes, &texture) > 0.85);
    }
}
