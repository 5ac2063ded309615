//! Codes drawn from a key stream, and the decoys that a challenge is held against.

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::{CODES, ILLUMINATIONS};

/// The largest multiple of [`CODES`] below 256: bytes from here on are rejected, so that every code is
/// equally likely.
const ACCEPTED_BYTES: u8 = 240;
/// The first `ChaCha20` stream that decoys are drawn from; a challenge uses stream 0.
const DECOY_STREAM: u64 = 1;
/// How many decoys are drawn from each stream, so that several threads can draw the same decoys as one.
pub const DECOYS_PER_STREAM: usize = 1 << 16;
/// Key stream drawn at a time: sixteen `ChaCha20` blocks of 64 bytes.
const CODE_BLOCK: usize = 16 * 64;

/// Fills `codes` with the codes of decoys, one challenge of [`ILLUMINATIONS`] after another, drawn like a
/// challenge but from stream 1 of `seed`, and [`DECOYS_PER_STREAM`] from each stream that follows. `seed`
/// must not be the seed of a challenge that they are held against.
///
/// ```
/// let mut codes = vec![0; 1000 * lightproof_core::challenge::ILLUMINATIONS];
/// lightproof_core::challenge::fill_decoys(&[9; 32], &mut codes);
/// assert!(codes.iter().all(|&code| code < 60));
/// ```
pub fn fill_decoys(seed: &[u8; 32], codes: &mut [u8]) {
    Decoys::new(seed).fill(codes);
}

/// A stream of decoys, so that any number of them can be drawn batch by batch in flat memory; the decoys are
/// the same however they are batched.
#[derive(Debug)]
pub struct Decoys {
    codes: Codes,
    stream: u64,
    /// Codes that are still to be drawn from this stream.
    left: usize,
}

impl Decoys {
    /// Starts the decoys of a seed, which must not be the seed of a challenge that they are held against.
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        Self::skip_streams(seed, 0)
    }

    /// Starts after the decoys of the first `streams` streams, [`DECOYS_PER_STREAM`] each.
    #[must_use]
    pub fn skip_streams(seed: &[u8; 32], streams: u64) -> Self {
        let stream = DECOY_STREAM + streams;
        let mut random = ChaCha20Rng::from_seed(*seed);
        random.set_stream(stream);
        Self { codes: Codes::new(random), stream, left: DECOYS_PER_STREAM * ILLUMINATIONS }
    }

    /// Fills `codes` with the next decoys, one challenge of [`ILLUMINATIONS`] codes after another.
    pub fn fill(&mut self, codes: &mut [u8]) {
        let mut rest = codes;
        while !rest.is_empty() {
            if self.left == 0 {
                *self = Self::skip_streams(&self.codes.random.get_seed(), self.stream + 1 - DECOY_STREAM);
            }
            let (now, later) = rest.split_at_mut(self.left.min(rest.len()));
            self.codes.fill(now);
            self.left -= now.len();
            rest = later;
        }
    }
}

/// Codes drawn from a key stream by rejection, a block of bytes at a time.
#[derive(Debug)]
pub(super) struct Codes {
    random: ChaCha20Rng,
    accepted: [u8; CODE_BLOCK],
    next: usize,
    count: usize,
}

impl Codes {
    pub(super) fn new(random: ChaCha20Rng) -> Self {
        Self { random, accepted: [0; CODE_BLOCK], next: 0, count: 0 }
    }

    pub(super) fn fill(&mut self, codes: &mut [u8]) {
        let mut filled = 0;
        while filled < codes.len() {
            if self.next == self.count {
                self.draw();
            }
            let taken = (self.count - self.next).min(codes.len() - filled);
            codes[filled..filled + taken].copy_from_slice(&self.accepted[self.next..self.next + taken]);
            self.next += taken;
            filled += taken;
        }
    }

    fn draw(&mut self) {
        let mut block = [0; CODE_BLOCK];
        self.random.fill_bytes(&mut block);
        let codes = block.map(|byte| byte % CODES);
        let mut count = 0;
        for (byte, code) in block.into_iter().zip(codes) {
            // Written always, kept only if accepted: no branch to mispredict. The remainder spares a check of
            // bounds.
            self.accepted[count % CODE_BLOCK] = code;
            count += usize::from(byte < ACCEPTED_BYTES);
        }
        (self.next, self.count) = (0, count);
    }
}
