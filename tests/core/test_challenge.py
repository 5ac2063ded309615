"""The challenge in Python: what it holds, what it is drawn from, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lightproof.challenge import (
    NEUTRAL_LINEAR,
    NEUTRAL_SRGB,
    PALETTE_LINEAR,
    PALETTE_SRGB,
    Challenge,
    decoy_codes,
    derive_seed,
)
from lightproof.errors import InputError, LightproofError, NonceError
from lightproof.policy import Mode

SEED = bytes(range(32))


def key_stream_codes(seed: bytes, stream: int, count: int) -> np.ndarray:
    """Draw codes with another implementation of ChaCha20."""
    start = bytes(8) + stream.to_bytes(8, "little")
    cipher = Cipher(algorithms.ChaCha20(seed, start), mode=None).encryptor()
    stream_bytes = np.frombuffer(cipher.update(bytes(2 * count + 1024)), np.uint8)
    return (stream_bytes[stream_bytes < 240] % 60)[:count]


def test_another_chacha20_draws_the_same_codes() -> None:
    assert Challenge.generate(SEED).codes.tolist() == key_stream_codes(SEED, 0, 16).tolist()


def test_another_chacha20_draws_the_same_decoys_from_stream_1() -> None:
    decoys = decoy_codes(SEED, 1000)
    assert decoys.dtype == np.uint8
    assert decoys.shape == (1000, 16)
    np.testing.assert_array_equal(decoys.ravel(), key_stream_codes(SEED, 1, 16_000))


def test_another_hkdf_derives_the_same_seed() -> None:
    nonce = b"a nonce of the relying party"
    expected = HKDF(SHA256(), 32, salt=nonce, info=b"lightproof challenge v1").derive(SEED)
    assert derive_seed(nonce, SEED) == expected


@pytest.mark.parametrize(
    ("mode", "dwell_s", "edge_s", "steps"), [("standard", 0.2, 0, 16), ("gentle", 0.4, 0.2, 112)]
)
def test_a_challenge_has_the_times_of_its_mode(mode: Mode, dwell_s: float, edge_s: float, steps: int) -> None:
    challenge = Challenge.generate(SEED, mode=mode)
    assert (challenge.mode, challenge.dwell_s, challenge.edge_s) == (mode, dwell_s, edge_s)
    assert len(challenge) == 16
    assert challenge.duration_s == pytest.approx(16 * dwell_s)
    assert challenge.steps_start_s.shape == (steps,)
    assert challenge.steps_srgb.shape == (steps, 4, 3)
    assert challenge.steps_weights.shape == (steps, 16)
    assert challenge.steps_start_s[0] == 0
    np.testing.assert_allclose(challenge.steps_start_s[:: steps // 16], np.arange(16) * dwell_s, atol=1e-12)


def test_arrays_have_the_shapes_and_types_that_are_promised() -> None:
    challenge = Challenge.generate(SEED)
    assert (challenge.codes.dtype.name, challenge.codes.shape) == ("uint8", (16,))
    assert (challenge.srgb.dtype.name, challenge.srgb.shape) == ("uint8", (16, 4, 3))
    assert (challenge.linear.dtype.name, challenge.linear.shape) == ("float64", (16, 4, 3))
    assert challenge.at(0, 1).dtype == np.float64
    assert challenge.steps_srgb.dtype == np.uint8


def test_standard_steps_are_the_illuminations() -> None:
    challenge = Challenge.generate(SEED)
    np.testing.assert_array_equal(challenge.steps_weights, np.eye(16))
    np.testing.assert_array_equal(challenge.steps_srgb, challenge.srgb)


def test_gentle_steps_blend_the_illuminations_in_linear_light() -> None:
    challenge = Challenge.generate(SEED, "gentle")
    weights = challenge.steps_weights
    neutral = np.broadcast_to(NEUTRAL_LINEAR, (4, 3))
    blend = np.tensordot(weights, challenge.linear, 1) + (1 - weights.sum(1))[:, None, None] * neutral
    middles_s = challenge.steps_start_s + 1 / 60
    shown = np.array([challenge.at(t_s, t_s) for t_s in middles_s])
    np.testing.assert_allclose(shown, blend, atol=1e-12)
    part = (np.arange(6) + 0.5) / 6
    np.testing.assert_allclose(weights[:6, 0], part * part * (3 - 2 * part))
    # The steps lie evenly around the smoothstep: over the whole edge the light is half of either.
    np.testing.assert_allclose(challenge.at(0, 0.2), (neutral + challenge.linear[0]) / 2, atol=1e-12)


def test_a_code_names_its_split_and_its_colours() -> None:
    left_right = Challenge.from_codes([0 * 30 + 2 * 5 + 0] * 16).srgb[0]
    top_bottom = Challenge.from_codes([1 * 30 + 2 * 5 + 4] * 16).srgb[0]
    a, first, last = PALETTE_SRGB[2], PALETTE_SRGB[0], PALETTE_SRGB[5]
    assert left_right.tolist() == [list(colour) for colour in (a, first, a, first)]
    assert top_bottom.tolist() == [list(colour) for colour in (a, a, last, last)]


def test_the_palette_is_the_same_in_both_codings() -> None:
    coded = np.array([*PALETTE_SRGB, NEUTRAL_SRGB]) / 255
    expected = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose([*PALETTE_LINEAR, NEUTRAL_LINEAR], expected, rtol=1e-12)


def test_a_challenge_does_not_tell_its_codes_when_it_is_printed() -> None:
    first, second = Challenge.generate(SEED), Challenge.generate(bytes(32))
    assert repr(first) == repr(second) == "<Challenge: 16 illuminations, standard>"
    assert first != second


def test_challenges_of_the_same_codes_are_equal() -> None:
    challenge = Challenge.generate(SEED)
    assert challenge == Challenge.from_codes(challenge.codes)
    assert challenge != Challenge.from_codes(challenge.codes, mode="gentle")


@pytest.mark.parametrize("length", [0, 7, 65, 1000])
def test_a_nonce_of_the_wrong_length_is_refused_with_its_length(length: int) -> None:
    with pytest.raises(NonceError, match=rf"{length} bytes long; use 8 to 64"):
        derive_seed(bytes(length), SEED)


@pytest.mark.parametrize(
    "refused",
    [
        lambda: Challenge.generate(bytes(31)),
        lambda: Challenge.generate(SEED, mode="strobe"),  # type: ignore[arg-type]  # what is refused
        lambda: Challenge.from_codes([0] * 15),
        lambda: Challenge.from_codes([60] * 16),
        lambda: derive_seed(bytes(16), bytes(16)),
        lambda: decoy_codes(bytes(5), 1),
        lambda: decoy_codes(SEED, 2**24 + 1),
        lambda: Challenge.generate(SEED).at(1.0, 0.5),
        lambda: Challenge.generate(SEED).at(float("nan"), 0.5),
    ],
)
def test_values_that_cannot_be_used_are_refused_as_input(refused: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=r"; use ") as caught:
        refused()
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LightproofError)


def test_no_decoys_are_no_rows() -> None:
    assert decoy_codes(SEED, 0).shape == (0, 16)
