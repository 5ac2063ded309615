"""Ranking among decoys against NumPy: the same score of the same challenges.

NumPy works in single precision.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

from benches import clock
from lightproof import _core

DECOY_SEED = b"\x02" * 32
RHO = 0.95
FEATURES = np.array([[1, 0, -1], [-0.5, 1, -0.5], _core.LUMINANCE])
FRAMES_HZ, EXPOSURE_S = 30.0, 0.015
ADDED_ENERGY = 1e-4


class MadeUpSession:
    """The light of a face that follows its challenge at 5 %, with a slow sway and noise.

    There are 96 frames by default.
    """

    def __init__(self, frames: int = 96) -> None:
        """Play the challenge and film it."""
        self.challenge = _core.Challenge.generate(b"\x01" * 32)
        self.timeline = _core.Timeline(self.challenge)
        for start_s in self.challenge.steps_start_s.tolist():
            self.timeline.flip(start_s)
        starts_s = np.arange(frames) * (3.2 / frames)
        self.exposures_s = [(start_s, start_s + EXPOSURE_S) for start_s in starts_s.tolist()]
        rng = np.random.default_rng(3)
        side = 8
        self.response = _core.ResponseRegression(
            np.ones((side, side), bool), np.full((side, side, 3), 0.2, np.float32), np.eye(3).tolist()
        )
        for k, (start_s, end_s) in enumerate(self.exposures_s):
            light = self.timeline.light(start_s, end_s, 0.0)
            level = 0.2 * (1 + 0.05 * light.mean(axis=0)) * np.exp(0.01 * np.sin(0.1 * k))
            cells = level * np.exp(rng.normal(0, 2e-3, (side, side, 3)))
            self.response.push(cells.astype(np.float32), light.tolist(), 2 * k / frames - 1)
        face = self.response.face_light(self.exposures_s, np.eye(3).tolist())
        assert face is not None
        self.face = face

    def rank(self, decoys: int, threads: int = 1) -> _core.Rank:
        """Rank the challenge as a calibrated rig does: at one latency."""
        return self.face.rank(self.timeline, [0.0], decoy_seed=DECOY_SEED, decoys=decoys, threads=threads)[0]


class Twin:
    """The scorer once more, in NumPy, for a face of whose halves nothing is known.

    It takes the whitened light and shares as given: these are made once a session.
    """

    def __init__(self, whitened: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        """Prepare the tables from whitened features (T, 3) and whitened shares (T, 16)."""
        magnitudes = np.abs(whitened)
        median = np.sort(magnitudes, axis=0)[len(whitened) // 2]
        root_mean_square = np.linalg.norm(whitened, axis=0)
        sigma = np.maximum(np.maximum(1.4826 * median, 1e-3 * root_mean_square), 1e-9)
        self.coupling = np.einsum("fc,fd,f->cd", FEATURES, FEATURES, sigma**-2).astype(np.float32)
        self.evidence = (shares.T @ (whitened @ (FEATURES / sigma[:, None] ** 2))).astype(np.float32)
        self.gram = (shares.T @ shares).astype(np.float32)
        colours = np.array([_core.Challenge.from_codes([c] * 16).linear[0].mean(axis=0) for c in range(60)])
        colours -= _core.NEUTRAL_LINEAR
        self.colours = colours.astype(np.float32)
        self.added = np.diag(ADDED_ENERGY * np.sum(shares**2) * (colours**2).mean(axis=0)).astype(np.float32)

    def scores(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the scores of challenges (n, 16), each computed on its own."""
        light = self.colours[codes]
        b = np.einsum("kc,nkc->nc", self.evidence, light)
        seen = np.matmul(self.gram, light)
        return self._best_gains(b, np.matmul(light.transpose(0, 2, 1), seen))

    def mixed(self, drawn: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
        """Yield the scores of one even half with all odd ones, for all rows of (n, 16) codes."""
        even, odd = self._halves(drawn, 0), self._halves(drawn, 1)
        for b, energy, light in zip(even.evidence, even.energy, even.light, strict=True):
            crossing = np.matmul(light.T, odd.coupled)
            yield self._best_gains(
                b + odd.evidence, energy + odd.energy + crossing + crossing.transpose(0, 2, 1)
            )

    def rank(self, challenge: NDArray[np.uint8], drawn: NDArray[np.uint8], *, mixed: bool) -> int:
        """Return one more than the number of decoys that score as high.

        The decoys are all mixes of the drawn challenges and this one, with the same tables as the core or,
        not ``mixed``, the drawn ones, each on its own.
        """
        own = self.scores(challenge[None])[0]
        if not mixed:
            return 1 + int(np.count_nonzero(self.scores(drawn) >= own))
        rows = self.mixed(np.concatenate([challenge[None], drawn]))
        return sum(int(np.count_nonzero(row >= own * (1 - 1e-6))) for row in rows)

    def _halves(self, drawn: NDArray[np.uint8], first: int) -> Halves:
        light = self.colours[drawn]
        own, other = light[:, first::2], light[:, 1::2]
        gram = self.gram[first::2, first::2]
        energy = np.matmul(own.transpose(0, 2, 1), np.matmul(gram, own))
        evidence = np.einsum("kc,nkc->nc", self.evidence[first::2], own)
        return Halves(evidence, energy, own, np.matmul(self.gram[0::2, 1::2], other))

    def _best_gains(self, evidence: NDArray[np.float32], energy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the best non-negative gains explain: evidence (n, 3), energy (n, 3, 3)."""
        energy = (energy + self.added) * self.coupling
        best = np.zeros(len(evidence), np.float32)
        for face in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
            sub, rhs = energy[:, face][:, :, face], evidence[:, face]
            gains = np.linalg.solve(sub + 1e-12 * np.eye(len(face), dtype=np.float32), rhs[..., None])[..., 0]
            value = np.where((gains >= 0).all(axis=1), (gains * rhs).sum(axis=1), 0)
            best = np.maximum(best, value)
        return best


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Tables of the halves of n challenges: evidence (n, 3), energy (n, 3, 3), light (n, 8, 3).

    ``coupled`` is what the even dwells see of the odd ones' light, (n, 8, 3).
    """

    evidence: NDArray[np.float32]
    energy: NDArray[np.float32]
    light: NDArray[np.float32]
    coupled: NDArray[np.float32]


def drawn_for(decoys: int) -> NDArray[np.uint8]:
    """Draw the very same challenges as the core: OpenSSL's ChaCha20, rejection in NumPy."""
    wanted = math.isqrt(decoys) * 16
    key_stream = Cipher(ChaCha20(DECOY_SEED, struct.pack("<QQ", 0, 1)), None).encryptor()
    block = np.frombuffer(key_stream.update(bytes(2 * wanted + 1024)), np.uint8)
    return np.asarray((block[block < 240] % 60)[:wanted].reshape(-1, 16))


def whitened(session: MadeUpSession) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the features and the shares as the core whitens them, computed from the session once more.

    Drift and motion are projected out in the core; here they come from the response's own nuisances, which a
    face of noise
    alone makes nearly cubic, so a cubic is projected out and scores are compared with one another only.
    """
    series = np.asarray(session.response.series)
    frames = len(series)
    flips_s = np.append(session.challenge.steps_start_s, np.inf)
    shares = np.zeros((frames, 16))
    for t, (start_s, end_s) in enumerate(session.exposures_s):
        seen = np.minimum(end_s, flips_s[1:]) - np.maximum(start_s, flips_s[:-1])
        shares[t] = np.maximum(seen, 0) / (end_s - start_s)
    u = 2 * np.arange(frames) / frames - 1
    drift = np.stack([u**k for k in range(4)], axis=1)

    def whiten(data: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(data[1:] - RHO * data[:-1])

    basis = np.linalg.qr(whiten(drift))[0]

    def rest(data: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(whiten(data) - basis @ (basis.T @ whiten(data)))

    return rest(series), rest(shares)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds of a ranking by the core and by NumPy, and how well their scores correlate.

    The core ranks among 2²⁰ and among 2²² decoys, NumPy among 2²⁰.
    """

    core_s: float
    core_look_s: float
    numpy_s: float
    numpy_full_s: float
    copy_s: float
    correlation: float


def measure(seconds: float = 2.0) -> Freshness:
    """Measure; the twin is run on fewer decoys and its time multiplied: it is proportional.

    Raises:
        AssertionError: core and twin score the same decoys differently, or rank the challenge differently.
    """
    session = MadeUpSession()
    twin = Twin(*whitened(session))
    challenge = np.asarray(session.challenge.codes)
    part = (1 << 16) - 1
    drawn = drawn_for(part)
    assert np.array_equal(drawn, _core.decoy_codes(DECOY_SEED, len(drawn)))
    few = drawn_for((1 << 10) - 1)
    rows = np.concatenate(list(twin.mixed(few)))
    mixes = np.repeat(few[:, None], len(few), axis=1)
    mixes[:, :, 1::2] = few[None, :, 1::2]
    assert np.allclose(rows, twin.scores(mixes.reshape(-1, 16)), rtol=1e-2, atol=1e-2 * float(rows.max()))
    _, scores = session.face.rank(session.timeline, [0.0], decoy_seed=DECOY_SEED, decoys=len(few) ** 2)
    diagonals = (np.arange(len(scores)) % len(few)) * len(few)
    diagonals += (np.arange(len(scores)) % len(few) + np.arange(len(scores)) // len(few)) % len(few)
    correlation = float(np.corrcoef(scores[scores > 0], rows[diagonals][scores > 0])[0, 1])
    assert correlation > 0.98, correlation
    core_s, look_s, numpy_s = clock.best_s(
        lambda: session.rank((1 << 20) - 1),
        lambda: session.rank((1 << 22) - 1),
        lambda: twin.rank(challenge, drawn, mixed=True),
        seconds=seconds,
    )
    fewer = _core.decoy_codes(DECOY_SEED, 1 << 14)
    full_s = clock.best_s(lambda: twin.rank(challenge, fewer, mixed=False), seconds=0.1)[0]
    copy_s = clock.copy_s(16 << 20)
    return Freshness(
        core_s,
        look_s,
        (1 << 20) / (part + 1) * numpy_s,
        (1 << 20) / len(fewer) * full_s,
        copy_s,
        correlation,
    )


def rank_s(exponent: int, seconds: float = 0.3) -> float:
    """Return the seconds of a ranking among 2 to the power of ``exponent`` decoys."""
    session = MadeUpSession()
    return clock.best_s(lambda: session.rank((1 << exponent) - 1), seconds=seconds)[0]


def latency_curve_s(frames: int, seconds: float = 0.2) -> float:
    """Return the seconds of the latency curve (110 latencies) after this number of frames."""
    session = MadeUpSession(frames)
    latencies_s = np.arange(-0.120, 0.320, 0.004)
    return clock.best_s(lambda: session.face.latency_curve(session.timeline, latencies_s), seconds=seconds)[0]
