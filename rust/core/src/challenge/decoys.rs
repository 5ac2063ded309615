//! Codes drawn from a key stream, and the challenges that decoys are mixed from.

use chacha20::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::{CODES, ILLUMINATIONS};

/// The largest multiple of [`CODES`] below 256: bytes from here on are rejected, so that every code is
/// equally likely.
const ACCEPTED_BYTES: u8 = 240;
/// The `ChaCha20` stream that decoys are drawn from; a challenge uses stream 0.
const DECOY_STREAM: u64 = 1;
/// Key stream drawn at a time: sixteen `ChaCha20` blocks of 64 bytes.
const CODE_BLOCK: usize = 16 * 64;

/// Fills `codes` with challenges of [`ILLUMINATIONS`] codes, one after another, drawn like a challenge but
/// from stream 1 of `seed`. They, and what is mixed from them, are decoys of any challenge that `seed` is not
/// the seed of.
///
/// ```
/// let mut codes = vec![[0; lightproof_core::challenge::ILLUMINATIONS]; 1000];
/// lightproof_core::challenge::fill_decoys(&[9; 32], &mut codes);
/// assert!(codes.as_flattened().iter().all(|&code| code < 60));
/// ```
pub fn fill_decoys(seed: &[u8; 32], codes: &mut [[u8; ILLUMINATIONS]]) {
    let mut random = ChaCha20Rng::from_seed(*seed);
    random.set_stream(DECOY_STREAM);
    Codes::new(random).fill(codes.as_flattened_mut());
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
        for code in codes {
            if self.next == self.count {
                self.draw();
            }
            *code = self.accepted[self.next];
            self.next += 1;
        }
    }

    fn draw(&mut self) {
        let mut block = [0; CODE_BLOCK];
        self.random.fill_bytes(&mut block);
        (self.next, self.count) = (0, 0);
        for byte in block.into_iter().filter(|&byte| byte < ACCEPTED_BYTES) {
            self.accepted[self.count] = byte % CODES;
            self.count += 1;
        }
    }
}
