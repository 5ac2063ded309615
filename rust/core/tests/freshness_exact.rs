//! Freshness accepts a wrong challenge as often as its theorem says: no more often, and not much less.
//!
//! Given a video, its challenge and the decoys are drawn independently, so whether the challenge comes first
//! is a fresh draw for every challenge and every set of decoys, also if many are held against one video. That
//! is why a binomial test over all of them is exact.
//!
//! The tests that are ignored are the full study (docs/freshness.md): `make study-freshness`.

mod wrong_videos;

use std::time::Instant;

use lightproof_core::challenge::{CODES, Challenge, ILLUMINATIONS, Mode};
use lightproof_core::freshness::Scorer;
use wrong_videos::{KINDS, Kind, Random, Video, ordinary, seed};

/// Dwells after which the evidence is looked at, as in `presence/cues/freshness.py`.
const LOOKS: [usize; 6] = [6, 7, 8, 10, 12, 16];
/// Decoys where the theorem's rate is to be seen: one in 1,024.
const FEW: usize = (1 << 10) - 1;
/// Decoys of the default policy.
const ALL: usize = (1 << 20) - 1;
/// Challenges held against one video.
const PER_VIDEO: usize = 20;
/// Error of each test, on each side where it has two.
const ALPHA: f64 = 0.01;

const SHOWN: u8 = 3;
const DECOYS: u8 = 4;

/// Decoys at each look, so that all looks together err no more often than one among `decoys` (union bound).
fn decoys_at_a_look(decoys: usize) -> usize {
    ((LOOKS.len() * (decoys + 1) - 1).isqrt() + 1).pow(2) - 1
}

fn challenge(turn: u64) -> [u8; ILLUMINATIONS] {
    *Challenge::generate(&seed(SHOWN, turn), Mode::Standard).codes()
}

/// Whether the challenge beats all decoys of the seed.
///
/// A few decoys are asked first, and more only if it beat those: they are mixes of the first challenges of
/// the same stream, so a challenge that does not beat them does not beat all, and nothing is decided
/// otherwise than by ranking at once.
fn comes_first(scorer: &Scorer, codes: &[u8; ILLUMINATIONS], seed: &[u8; 32], decoys: usize) -> bool {
    let mut few = 1 << 6;
    while few < decoys {
        if scorer.rank(codes, seed, few).unwrap().rank > 1 {
            return false;
        }
        few <<= 5;
    }
    scorer.rank(codes, seed, decoys).unwrap().rank == 1
}

/// How many scorings of wrong challenges of one kind there were, and how many of them were accepted.
struct Count {
    kind: &'static str,
    scorings: u64,
    accepted: u64,
}

fn total(counts: &[Count]) -> (u64, u64) {
    (counts.iter().map(|c| c.scorings).sum(), counts.iter().map(|c| c.accepted).sum())
}

/// Holds [`PER_VIDEO`] wrong challenges against each of many videos of each kind, about `scorings` in all.
///
/// `accepts` is given the scorers after each of `looks` (without those at which there were too few frames).
fn count(scorings: usize, looks: &[usize], accepts: impl Fn(&[Scorer], u64) -> bool) -> Vec<Count> {
    let videos = scorings.div_ceil(KINDS.len() * PER_VIDEO);
    let of_kind = |(index, kind): (usize, &Kind)| {
        let mut accepted = 0;
        for turn in (index * videos..(index + 1) * videos).map(|turn| turn as u64) {
            let video = Video::film(kind, turn);
            let scorers: Vec<Scorer> = looks.iter().filter_map(|&dwells| video.scorer(dwells)).collect();
            let held = turn * PER_VIDEO as u64..(turn + 1) * PER_VIDEO as u64;
            accepted += held.filter(|&held| accepts(&scorers, held)).count() as u64;
        }
        Count { kind: kind.name, scorings: (videos * PER_VIDEO) as u64, accepted }
    };
    KINDS.iter().enumerate().map(of_kind).collect()
}

/// Probabilities of at most and of at least `k` successes of `n`, summed from none up.
fn tails(n: u64, p: f64, k: u64) -> (f64, f64) {
    let mut log = n as f64 * (-p).ln_1p();
    let (mut below, mut at) = (0.0, log.exp());
    for i in 0..k {
        below += log.exp();
        log += ((n - i) as f64 / (i + 1) as f64 * p / (1.0 - p)).ln();
        at = log.exp();
    }
    (below + at, 1.0 - below)
}

/// Probability of a count as far from what is expected, on either side (twice the smaller tail).
fn two_sided(n: u64, p: f64, k: u64) -> f64 {
    let (at_most, at_least) = tails(n, p, k);
    (2.0 * at_most.min(at_least)).min(1.0)
}

/// Largest difference of an empirical distribution of p-values from the uniform one, times √n.
fn kolmogorov_smirnov(mut p_values: Vec<f64>) -> f64 {
    p_values.sort_by(f64::total_cmp);
    let n = p_values.len() as f64;
    let distance = |(i, p): (usize, &f64)| (p - i as f64 / n).max((i + 1) as f64 / n - p);
    p_values.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

/// Probability of √n D being as large if the values are uniform (Kolmogorov 1933, the limit).
fn kolmogorov_p(x: f64) -> f64 {
    let term = |j: i32| f64::from(1 - 2 * ((j + 1) % 2)) * (-2.0 * f64::from(j * j) * x * x).exp();
    (2.0 * (1..=100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// Prints the count and, for each kind, the probability that `test` gives it.
fn report(what: &str, counts: &[Count], p: f64, since: Instant, test: impl Fn(u64, f64, u64) -> f64) {
    let (scorings, accepted) = total(counts);
    let took = since.elapsed();
    println!("\n{what}: {accepted} of {scorings}, the theorem allows {:.1}", scorings as f64 * p);
    println!("binomial test: p = {:.3}; {took:.0?}", test(scorings, p, accepted));
    for Count { kind, scorings, accepted } in counts {
        println!("| {kind} | {scorings} | {accepted} | {:.2} |", test(*scorings, p, *accepted));
    }
}

fn rate(decoys: usize) -> f64 {
    1.0 / (decoys as f64 + 1.0)
}

/// One look at the whole light among few decoys: the rate is the theorem's, neither more nor less.
fn one_look(scorings: usize) {
    let since = Instant::now();
    let counts = count(scorings, &[ILLUMINATIONS], |scorers, turn| {
        comes_first(&scorers[0], &challenge(turn), &seed(DECOYS, turn), FEW)
    });
    report("one look among 1,023 decoys", &counts, rate(FEW), since, two_sided);
    let (scorings, accepted) = total(&counts);
    assert!(two_sided(scorings, rate(FEW), accepted) > ALPHA, "{accepted} of {scorings}");
}

/// The whole rule: a session passes at any of the looks, among as many times more decoys. Returns the
/// count.
fn all_looks(scorings: usize, decoys: usize) -> (u64, u64) {
    let since = Instant::now();
    let counts = count(scorings, &LOOKS, |scorers, turn| {
        let (codes, seed) = (challenge(turn), seed(DECOYS, turn));
        scorers.iter().any(|scorer| comes_first(scorer, &codes, &seed, decoys_at_a_look(decoys)))
    });
    let too_many = |n, p, k| tails(n, p, k).1;
    report(&format!("any look, policy of {decoys} decoys"), &counts, rate(decoys), since, too_many);
    let (scorings, accepted) = total(&counts);
    assert!(too_many(scorings, rate(decoys), accepted) > ALPHA, "{accepted} of {scorings}");
    (scorings, accepted)
}

/// p-values of `sessions` different videos of all kinds, each held against one wrong challenge.
///
/// A rank is a step of 1 / (K + 1): the p-value is spread evenly over its step, so that it is uniform on 0…1
/// if all ranks are equally likely.
fn uniform_p_values(sessions: u64) {
    let since = Instant::now();
    let mut random = Random::new(7);
    let p_value = |turn: u64| {
        let video = Video::film(&KINDS[turn as usize % KINDS.len()], turn);
        let rank =
            video.scorer(ILLUMINATIONS).unwrap().rank(&challenge(turn), &seed(DECOYS, turn), FEW).unwrap();
        rank.p_value() - random.uniform() * rate(FEW)
    };
    let statistic = kolmogorov_smirnov((0..sessions).map(p_value).collect());
    let p = kolmogorov_p(statistic);
    println!("\n{sessions} sessions: √n D = {statistic:.3}, p = {p:.3}; {:.0?}", since.elapsed());
    assert!(p > ALPHA, "√n D = {statistic}");
}

/// A challenge of which exactly `agreeing` dwells are those of `shown`: what luck gives an attacker.
fn lucky(shown: &[u8; ILLUMINATIONS], agreeing: usize, random: &mut Random) -> [u8; ILLUMINATIONS] {
    let mut left = agreeing;
    std::array::from_fn(|dwell| {
        let agrees = random.below(ILLUMINATIONS - dwell) < left;
        left -= usize::from(agrees);
        loop {
            let code = random.below(usize::from(CODES)) as u8;
            if (code == shown[dwell]) == agrees {
                return code;
            }
        }
    })
}

/// Luck is in the bound: shares of dwells that agree by chance, times how often such a challenge is accepted,
/// add up.
fn luck(scorings: u64) {
    let since = Instant::now();
    let mut random = Random::new(11);
    let chance = 1.0 / f64::from(CODES);
    let (mut sum, mut variance) = (0.0, 0.0);
    for agreeing in 0..=ILLUMINATIONS {
        let mut accepted = 0;
        for turn in 0..scorings {
            let shown = Challenge::generate(&seed(5, turn), Mode::Standard);
            let scorer =
                Video::of(&ordinary(), &[shown.clone(), shown.clone()], turn).scorer(ILLUMINATIONS).unwrap();
            let codes = lucky(shown.codes(), agreeing, &mut random);
            accepted += u64::from(comes_first(&scorer, &codes, &seed(6, turn), FEW));
        }
        let ways: f64 = (0..agreeing).map(|i| (ILLUMINATIONS - i) as f64 / (i + 1) as f64).product();
        let differing = (ILLUMINATIONS - agreeing) as f64;
        let share = ways * chance.powf(agreeing as f64) * (1.0 - chance).powf(differing);
        let part = accepted as f64 / scorings as f64;
        sum += share * part;
        variance += share * share * part.max(1.0 / scorings as f64) / scorings as f64;
        println!("| {agreeing} | {share:.3e} | {accepted} of {scorings} | {:.1} |", 1e6 * share * part);
    }
    let (expected, sigma) = (rate(FEW), variance.sqrt());
    println!(
        "per million: {:.0} ± {:.0}, theorem {:.0}; {:.0?}",
        1e6 * sum,
        1e6 * sigma,
        1e6 * expected,
        since.elapsed()
    );
    assert!((sum - expected).abs() < 3.0 * sigma, "{sum} ± {sigma}");
}

#[test]
fn a_wrong_challenge_comes_first_of_1024_as_often_as_the_theorem_says() {
    one_look(100_000);
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn a_million_wrong_challenges_come_first_of_1024_as_often_as_the_theorem_says() {
    one_look(1_000_000);
}

#[test]
fn all_looks_together_accept_no_more_wrong_challenges_than_the_policy_allows() {
    all_looks(10_000, FEW);
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn all_looks_accept_no_more_of_a_million_wrong_challenges_than_the_policy_allows() {
    all_looks(1_000_000, FEW);
}

#[test]
fn no_wrong_challenge_passes_all_decoys_of_the_default_policy() {
    let (scorings, accepted) = all_looks(500, ALL);
    assert_eq!(accepted, 0, "of {scorings}");
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn none_of_ten_thousand_wrong_challenges_passes_all_decoys_of_the_default_policy() {
    let (scorings, accepted) = all_looks(10_000, ALL);
    assert_eq!(accepted, 0, "of {scorings}");
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn hardly_one_of_a_million_wrong_challenges_passes_all_decoys_of_the_default_policy() {
    all_looks(1_000_000, ALL);
}

#[test]
fn p_values_of_wrong_challenges_are_uniform() {
    uniform_p_values(2_000);
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn p_values_of_ten_thousand_wrong_challenges_are_uniform() {
    uniform_p_values(10_000);
}

#[test]
#[ignore = "the full study: make study-freshness"]
fn challenges_that_agree_by_luck_are_within_the_bound() {
    luck(20_000);
}

/// The theorem's one condition, broken: whoever knew half of the challenge is found out by the binomial test.
#[test]
fn a_video_made_with_half_of_the_challenge_known_comes_first_far_too_often() {
    let mut random = Random::new(13);
    let scorings = 500;
    let accepted = (0..scorings).filter(|&turn| {
        let shown = Challenge::generate(&seed(5, turn), Mode::Standard);
        let video = Video::of(&ordinary(), &[shown.clone(), shown.clone()], turn);
        let codes = lucky(shown.codes(), ILLUMINATIONS / 2, &mut random);
        comes_first(&video.scorer(ILLUMINATIONS).unwrap(), &codes, &seed(6, turn), FEW)
    });
    let accepted = accepted.count() as u64;
    assert!(two_sided(scorings, rate(FEW), accepted) < 1e-6, "{accepted} of {scorings}");
}

/// Light that gives no evidence at all ties with every decoy, and ties count against the person.
#[test]
fn light_of_zeros_never_comes_first() {
    let still = Video::still([0.0; 3]);
    for dwells in LOOKS {
        let scorer = still.scorer(dwells).unwrap();
        for turn in 0..200 {
            let rank = scorer.rank(&challenge(turn), &seed(DECOYS, turn), FEW).unwrap();
            assert_eq!(rank.rank, FEW + 1);
        }
    }
}

/// Of any other constant light the projection leaves rounding errors: scores without meaning, which the bound
/// covers.
#[test]
fn constant_light_comes_first_no_more_often_than_the_theorem_says() {
    let scorer = Video::still([0.1, -0.2, 0.3]).scorer(ILLUMINATIONS).unwrap();
    let scorings = 5_000;
    let accepted = (0..scorings)
        .filter(|&turn| comes_first(&scorer, &challenge(turn), &seed(DECOYS, turn), FEW))
        .count();
    assert!(tails(scorings, rate(FEW), accepted as u64).1 > ALPHA, "{accepted} of {scorings}");
}

#[test]
fn a_challenge_that_does_not_beat_a_few_decoys_does_not_beat_all() {
    let scorer = Video::film(&ordinary(), 1).scorer(ILLUMINATIONS).unwrap();
    for turn in 0..400 {
        let (codes, seed) = (challenge(turn), seed(DECOYS, turn));
        let at_once = scorer.rank(&codes, &seed, 255).unwrap().rank == 1;
        assert_eq!(comes_first(&scorer, &codes, &seed, 255), at_once, "challenge {turn}");
    }
}

#[test]
fn the_binomial_test_knows_too_many_from_too_few() {
    let n = 100_000;
    assert!(two_sided(n, rate(FEW), 98) > 0.9);
    assert!(two_sided(n, rate(FEW), 70) < ALPHA && two_sided(n, rate(FEW), 128) < ALPHA);
    let (at_most, at_least) = tails(10, 0.5, 5);
    assert!((at_most - 638.0 / 1024.0).abs() < 1e-12 && (at_least - 638.0 / 1024.0).abs() < 1e-12);
    // The 1 % point of Kolmogorov's distribution is 1.628.
    assert!((kolmogorov_p(1.628) - 0.01).abs() < 1e-4);
}
