"""Ranking among decoys against NumPy: the same score of the same challenges.

NumPy works in chunks, in single precision.
"""

from __future__ import annotations

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
CHUNK = 1 << 14
"""Decoys that NumPy works on at a time: its intermediate results stay in the second cache."""
RHO = 0.95
FEATURES = np.array([[1, 0, -1], [-0.5, 1, -0.5], _core.LUMINANCE])
FRAMES_HZ, EXPOSURE_S = 30.0, 0.015
MIN_ENERGY = 0.25


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
    """The scorer once more, in NumPy.

    It takes the whitened light and shares as given: these are made once a session.
    """

    def __init__(self, whitened: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        """Prepare the tables from whitened features (T, 3) and whitened shares (T, 16)."""
        magnitudes = np.abs(whitened)
        median = np.sort(magnitudes, axis=0)[len(whitened) // 2]
        root_mean_square = np.linalg.norm(whitened, axis=0)
        sigma = np.maximum(np.maximum(1.4826 * median, 1e-3 * root_mean_square), 1e-9)
        self.coupling = np.einsum("fc,fd,f->cd", FEATURES, FEATURES, sigma**-2)
        self.evidence = (shares.T @ (whitened @ (FEATURES / sigma[:, None] ** 2))).astype(np.float32)
        self.factor = np.asarray(np.linalg.qr(shares)[1], np.float32)
        colours = np.array([_core.Challenge.from_codes([c] * 16).linear[0].mean(axis=0) for c in range(60)])
        colours -= _core.NEUTRAL_LINEAR
        self.colours = colours.astype(np.float32)
        mean, second = colours.mean(axis=0), colours.T @ colours / len(colours)
        square = np.outer(mean, mean)
        energy = (
            (second - square) * np.sum(shares**2) + square * np.sum(shares.sum(axis=0) ** 2)
        ) * self.coupling
        scale = np.linalg.inv(np.linalg.cholesky(energy)) / np.sqrt(MIN_ENERGY)
        terms = self.evidence[:, None, :] * colours[None]
        self.ceiling = (terms @ scale.T).astype(np.float32)

    def ceilings(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the scores of challenges (n, 16) cannot exceed: sixteen look-ups."""
        total = self.ceiling[0][codes[:, 0]]
        for dwell in range(1, 16):
            total += self.ceiling[dwell][codes[:, dwell]]
        return np.asarray(np.einsum("nc,nc->n", total, total))

    def scores(self, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the scores of challenges (n, 16) in full, no more than their ceilings."""
        light = self.colours[codes]
        b = np.einsum("kc,nkc->nc", self.evidence, light)
        rows = np.matmul(self.factor, light)
        energy = np.matmul(rows.transpose(0, 2, 1), rows) * self.coupling.astype(np.float32)
        best = np.zeros(len(codes), np.float32)
        for face in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
            sub, rhs = energy[:, face][:, :, face], b[:, face]
            gains = np.linalg.solve(sub + 1e-12 * np.eye(len(face), dtype=np.float32), rhs[..., None])[..., 0]
            value = np.where((gains >= 0).all(axis=1), (gains * rhs).sum(axis=1), 0)
            best = np.maximum(best, value)
        return np.minimum(best, self.ceilings(codes))

    def rank(
        self, challenge: NDArray[np.uint8], decoys: Iterator[NDArray[np.uint8]], *, ceilings: bool
    ) -> int:
        """Return one more than the number of decoys that score as high.

        With ceilings, only the decoys that could score as high are scored.
        """
        own = self.scores(challenge[None])[0]
        at_least = 0
        for codes in decoys:
            rivals = codes[self.ceilings(codes) >= own] if ceilings else codes
            if len(rivals):
                at_least += int(np.count_nonzero(self.scores(rivals) >= own))
        return 1 + at_least


def decoys(count: int) -> Iterator[NDArray[np.uint8]]:
    """Draw the very same decoys as the core, in chunks: OpenSSL's ChaCha20, rejection in NumPy."""
    per_stream, left = 1 << 16, count
    stream = 1
    while left > 0:
        key_stream = Cipher(ChaCha20(DECOY_SEED, struct.pack("<QQ", 0, stream)), None).encryptor()
        drawn = np.empty(0, np.uint8)
        of_stream = min(left, per_stream)
        for start in range(0, of_stream, CHUNK):
            wanted = min(CHUNK, of_stream - start) * 16
            while len(drawn) < wanted:
                block = np.frombuffer(key_stream.update(bytes(CHUNK * 17)), np.uint8)
                drawn = np.concatenate([drawn, block[block < 240] % 60])
            yield drawn[:wanted].reshape(-1, 16)
            drawn = drawn[wanted:]
        left -= of_stream
        stream += 1


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
    part = 1 << 18
    _, scores = session.face.rank(session.timeline, [0.0], decoy_seed=DECOY_SEED, decoys=part)
    codes = _core.decoy_codes(DECOY_SEED, len(scores))
    correlation = float(np.corrcoef(scores[scores > 0], twin.scores(codes)[scores > 0])[0, 1])
    assert correlation > 0.98, correlation
    challenge = np.asarray(session.challenge.codes)
    assert np.array_equal(np.concatenate(list(decoys(part))), _core.decoy_codes(DECOY_SEED, part))
    rival = np.roll(challenge, 5)
    few = list(decoys(1 << 14))
    assert twin.rank(rival, iter(few), ceilings=True) == twin.rank(rival, iter(few), ceilings=False)
    core_s, look_s, numpy_s = clock.best_s(
        lambda: session.rank((1 << 20) - 1),
        lambda: session.rank((1 << 22) - 1),
        lambda: twin.rank(challenge, decoys(part), ceilings=True),
        seconds=seconds,
    )
    fewer = 1 << 16
    full_s = clock.best_s(lambda: twin.rank(challenge, decoys(fewer), ceilings=False), seconds=0.1)[0]
    copy_s = clock.copy_s(16 << 20)
    return Freshness(
        core_s, look_s, (1 << 20) / part * numpy_s, (1 << 20) / fewer * full_s, copy_s, correlation
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
