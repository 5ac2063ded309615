"""Attacks on the seed: a device that wants to choose its light, and somebody who wants to see it twice."""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lightproof import seed as seed_module
from lightproof.challenge import derive_seed
from lightproof.consent import Consent
from lightproof.device import DeviceKey, load_or_create_device_key
from lightproof.errors import InputError, NonceError
from lightproof.expectations import ANY, Expectations
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.result import (
    Refusal,
    ResultRefusedError,
    SessionResult,
    VerifiedResult,
    sign_result,
    verify_result,
)
from lightproof.rigs.latency_class import LatencyClass
from lightproof.seed import device_random_of, proven_challenge_sha256, require_unplayed, take_nonce
from lightproof.session import Entropy, Session, SessionOptions
from lightproof.single_use import SingleUseStore
from lightproof.verdict import Outcome, Verdict
from lightproof.verification import verify
from tests.presence.placed_faces import simulated
from tests.rigs.tiny_rig import TinyRig

NONCE = bytes(range(32))
PRESENCE = Policy(presence_only=True, decoys=MIN_DECOYS)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Request, DeviceKey]:
    """Return a signed session on the simulated rig, its request and the key that signed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIGHTPROOF_HOME", str(tmp_path_factory.mktemp("home")))
        request = Request.fresh(policy=PRESENCE)
        key = load_or_create_device_key(rig="simulated")
        return verify(simulated(), request, options=SessionOptions(key=key)), request, key


def accepted(token: str | None, request: Request, key: DeviceKey, proof: str) -> VerifiedResult:
    assert token is not None
    expected = Expectations(
        rigs=key.rigs, presence_only=True, policies=ANY, models=ANY, software=ANY, latency_classes=ANY
    )
    arguments = (token, key.jwks(), request.nonce, request.audience, expected, SingleUseStore(None))
    return verify_result(*arguments, challenge_proof=proof)


def test_a_relying_party_can_check_that_nobody_chose_the_light(
    session: tuple[Session, Request, DeviceKey],
) -> None:
    held, request, key = session
    assert held.challenge_proof is not None
    assert accepted(held.token, request, key, held.challenge_proof).hashes["challenge"]
    device_random, _ = device_random_of(key, request.nonce)
    assert held.challenge_sha256 == hashlib.sha256(derive_seed(request.nonce, device_random)).digest()


def test_a_device_that_draws_until_it_likes_the_light_is_found_out(
    session: tuple[Session, Request, DeviceKey],
) -> None:
    """Before, nothing was disclosed, and three of sixteen illuminations were ground in nine seconds."""
    held, request, key = session
    assert held.challenge_proof is not None
    liked = hashlib.sha256(derive_seed(request.nonce, secrets.token_bytes(32))).digest()
    result = _result(request, challenge_sha256=liked)
    for proof in (held.challenge_proof, "A" * 108, "", "é" * 108, held.challenge_proof[:-1]):
        with pytest.raises(ResultRefusedError) as refused:
            accepted(sign_result(result, key), request, key, proof)
        assert refused.value.refusal is Refusal.WRONG_CHALLENGE


def test_a_key_has_one_light_for_a_nonce_and_not_one_for_each_signature_of_it() -> None:
    """ECDSA signs the same message in as many ways as one likes; a device could choose among them."""
    key = load_or_create_device_key()
    private = key.private.private_key
    assert private is not None
    assert private.sign(NONCE, ec.ECDSA(hashes.SHA256())) != private.sign(NONCE, ec.ECDSA(hashes.SHA256()))
    assert len({device_random_of(key, NONCE) for _ in range(5)}) == 1
    assert device_random_of(key, NONCE) != device_random_of(load_or_create_device_key(rig="other"), NONCE)


def test_a_proof_is_spelled_in_one_way() -> None:
    key = load_or_create_device_key()
    _, proof = device_random_of(key, NONCE)
    assert proven_challenge_sha256(key.private, NONCE, proof) is not None
    for other in (proof + "=", proof + "\n", " " + proof[1:], proof.replace("A", "+")[:107] + "/"):
        assert proven_challenge_sha256(key.private, NONCE, other) is None


@pytest.mark.parametrize("kind", ["desktop", "other"])
def test_nobody_chooses_the_chance_of_a_session_that_is_signed(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lightproof.verification.kind_of", lambda rig: kind)
    options = SessionOptions(entropy=Entropy.from_seed(1), ask=lambda notice: Consent.DECLINED)
    with pytest.raises(InputError, match="nobody may choose the chance"):
        verify(TinyRig(), Request.fresh(policy=PRESENCE), options=options)
    unsigned = dataclasses.replace(options, sign=False)
    declined = verify(TinyRig(), Request.fresh(policy=PRESENCE), options=unsigned)
    assert declined.verdict.outcome is Outcome.DECLINED


def test_the_light_of_a_nonce_is_not_played_again_for_whoever_filmed_it(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """Ask, watch the light, make a video under it, and ask again with the same nonce."""
    monkeypatch.setattr("lightproof.verification.kind_of", lambda rig: "other")
    request = Request("The door", "you can go in", NONCE, "https://example.org/door", PRESENCE)
    asked: list[object] = []

    def go_on(notice: object) -> Consent:
        asked.append(notice)
        return Consent.GIVEN

    first = verify(simulated(), request, options=SessionOptions(ask=go_on))
    assert first.challenge is not None
    with pytest.raises(NonceError, match="played the light of this nonce before"):
        verify(simulated(), request, options=SessionOptions(ask=go_on))
    assert len(asked) == 1
    stored = (home / seed_module.NONCES_FILE).read_bytes()
    assert NONCE not in stored


def test_a_nonce_whose_light_was_never_played_can_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lightproof.verification.kind_of", lambda rig: "other")
    request = Request("The door", "you can go in", NONCE, "https://example.org/door", PRESENCE)
    for _ in range(2):
        session = verify(TinyRig(), request, options=SessionOptions(ask=lambda notice: Consent.DECLINED))
        assert session.challenge_proof is None


def test_of_two_sessions_that_start_together_one_plays() -> None:
    require_unplayed(NONCE)
    require_unplayed(NONCE)
    take_nonce(NONCE)
    with pytest.raises(NonceError):
        take_nonce(NONCE)
    with pytest.raises(NonceError):
        require_unplayed(NONCE)


def _result(request: Request, *, challenge_sha256: bytes) -> SessionResult:
    return SessionResult(
        verdict=Verdict(Outcome.VERIFIED),
        nonce=request.nonce,
        audience=request.audience,
        rig="simulated",
        presence_only=True,
        latency_class=LatencyClass.DIRECT,
        policy_sha256=bytes(32),
        models_sha256=bytes(32),
        software_sha256=bytes(32),
        challenge_sha256=challenge_sha256,
        issued_at=int(time.time()),
    )
