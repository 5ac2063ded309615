"""The signed result: closed claims, at most 1 kB, and no way to bend it."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import jwt as pyjwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from lightproof import result as result_module
from lightproof.device import DeviceKey
from lightproof.errors import InputError, NonceError, ResultError
from lightproof.expectations import ANY, Expectations
from lightproof.jwks import load_jwks
from lightproof.request import MAX_AUDIENCE_AND_NONCE_BYTES
from lightproof.result import (
    CLAIMS,
    EAT_PROFILE,
    MAX_TOKEN_BYTES,
    Refusal,
    ResultRefusedError,
    VerifiedResult,
    hash_text,
    sign_result,
    software_sha256,
    verify_result,
)
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import RigKind
from lightproof.single_use import SingleUseStore
from lightproof.verdict import Outcome, ReasonCode, Verdict
from tests.sample_result import AUDIENCE, NONCE, NOW, RESULT

KEY = DeviceKey(ECKey.generate_key("P-256"), bytes(range(32)))
OTHER_KEY = DeviceKey(ECKey.generate_key("P-256"), bytes(32))
TOKEN = sign_result(RESULT, KEY)
ANYTHING = Expectations(
    rigs=frozenset(get_args(RigKind)),
    presence_only=False,
    policies=ANY,
    models=ANY,
    software=ANY,
    latency_classes=ANY,
)
WHENEVER: Any = {"verify_exp": False, "verify_iat": False}
DOCUMENT = Path(__file__).parents[1] / "docs" / "result.md"
SIGNATURE = base64.urlsafe_b64decode(TOKEN.rpartition(".")[2] + "==")
HASH = "A" * 32
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


CHECKER: dict[str, Any] = {
    "nonce": NONCE,
    "expected": {
        name: {hash_text(getattr(RESULT, f"{name}_sha256"))} for name in ("policy", "models", "software")
    },
    "take_once": lambda token_id, until: True,
}
"""What the documented lines for another library find around them."""


def _key_for(rig: RigKind) -> DeviceKey:
    """Return a key that signs for this kind of rig alone."""
    return DeviceKey(OTHER_KEY.private, bytes(32), frozenset({rig}))


def _accepted(token: str, **changes: Any) -> VerifiedResult:
    arguments: dict[str, Any] = {"jwks": KEY.jwks(), "nonce": NONCE, "audience": AUDIENCE, "now": NOW}
    arguments |= {"expected": ANYTHING, "store": SingleUseStore(None)} | changes
    return verify_result(token, **arguments)


def _refusal(token: str, **changes: Any) -> Refusal:
    with pytest.raises(ResultRefusedError) as refused:
        _accepted(token, **changes)
    assert isinstance(refused.value, ResultError)
    return refused.value.refusal


def _header(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))  # type: ignore[no-any-return]


def _claims(token: str) -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))  # type: ignore[no-any-return]


def _signed(claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
    return jwt.encode(dict(header or _header(TOKEN)), dict(claims), KEY.private, algorithms=["ES256"])


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_signed_result_verifies_and_says_what_went_in() -> None:
    verified = _accepted(TOKEN)
    assert verified.verdict == RESULT.verdict
    assert (verified.rig, verified.presence_only, verified.audience) == ("desktop", False, AUDIENCE)
    assert verified.latency_class is LatencyClass.DIRECT
    assert (verified.issued_at, verified.expires_at) == (NOW, NOW + 120)
    assert verified.subject == KEY.subject_for(AUDIENCE)
    assert verified.kid == KEY.kid
    assert verified.hashes["policy"] == base64.urlsafe_b64encode(RESULT.policy_sha256[:24]).decode()


def test_an_unmodified_third_party_library_verifies_it() -> None:
    signing_key = pyjwt.PyJWKSet.from_dict(KEY.jwks())[_header(TOKEN)["kid"]]
    claims = pyjwt.decode(TOKEN, signing_key, algorithms=["ES256"], audience=AUDIENCE, options=WHENEVER)
    assert claims["outcome"] == "verified"
    assert base64.urlsafe_b64decode(claims["eat_nonce"] + "=") == NONCE


def test_the_third_party_library_refuses_it_for_another_audience_and_after_it_expired() -> None:
    signing_key = pyjwt.PyJWKSet.from_dict(KEY.jwks())[KEY.kid]
    with pytest.raises(pyjwt.InvalidAudienceError):
        pyjwt.decode(
            TOKEN, signing_key, algorithms=["ES256"], audience="https://other.example", options=WHENEVER
        )
    old = sign_result(dataclasses.replace(RESULT, issued_at=1_600_000_000), KEY)
    with pytest.raises(pyjwt.ExpiredSignatureError):
        pyjwt.decode(old, signing_key, algorithms=["ES256"], audience=AUDIENCE)


def test_the_claim_set_is_closed_and_documented() -> None:
    assert set(_claims(TOKEN)) == CLAIMS
    table = DOCUMENT.read_text(encoding="utf-8").split("## Claims")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE))
    assert documented == CLAIMS


def test_the_documented_lines_for_another_library_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lines,) = re.findall(
        r"```python\n(import base64, json, jwt\n.*?)```", DOCUMENT.read_text(), flags=re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    Path("device.jwks.json").write_text(json.dumps(KEY.jwks()))
    fresh = dataclasses.replace(RESULT, issued_at=int(time.time()))
    exec(lines, CHECKER | {"token": sign_result(fresh, KEY)})
    ahead = dataclasses.replace(fresh, issued_at=int(time.time()) + 4)
    exec(lines, CHECKER | {"token": sign_result(ahead, KEY)})
    far_ahead = dataclasses.replace(fresh, issued_at=int(time.time()) + 60)
    with pytest.raises(pyjwt.ImmatureSignatureError):
        exec(lines, CHECKER | {"token": sign_result(far_ahead, KEY)})
    somebody = dataclasses.replace(fresh, presence_only=True)
    with pytest.raises(AssertionError):
        exec(lines, CHECKER | {"token": sign_result(somebody, KEY)})
    buffered = dataclasses.replace(fresh, latency_class=LatencyClass.BUFFERED)
    with pytest.raises(AssertionError):
        exec(lines, CHECKER | {"token": sign_result(buffered, KEY)})
    simulated = dataclasses.replace(fresh, rig="simulated")
    with pytest.raises(KeyError):
        exec(lines, CHECKER | {"token": sign_result(simulated, _key_for("simulated"))})


def test_the_token_has_room_for_no_picture_embedding_or_score() -> None:
    claims = _claims(TOKEN)
    assert all(type(claims[name]) is int for name in ("iat", "exp"))
    others = {name: value for name, value in claims.items() if name not in ("iat", "exp")}
    numbers = [value for value in others.values() if isinstance(value, int | float) and value is not False]
    assert numbers == []
    assert set(claims["hashes"]) == {"policy", "models", "challenge", "software"}
    assert max(len(text) for text in claims["hashes"].values()) == 32


def test_every_token_has_an_id_of_its_own() -> None:
    ids = {_claims(sign_result(RESULT, KEY))["jti"] for _ in range(20)}
    assert len(ids) == 20
    assert {len(base64.urlsafe_b64decode(token_id + "==")) for token_id in ids} == {16}


def test_a_session_without_a_challenge_has_no_hash_of_one() -> None:
    declined = dataclasses.replace(
        RESULT, verdict=Verdict(Outcome.DECLINED, (ReasonCode.CONSENT_DECLINED,)), challenge_sha256=None
    )
    verified = _accepted(sign_result(declined, KEY))
    assert verified.verdict.outcome is Outcome.DECLINED
    assert "challenge" not in verified.hashes


def test_a_session_without_evidence_names_no_class_of_latency_and_is_heard_whichever_is_expected() -> None:
    """Whoever says no, or whose session never began, is not taken for a relay; none of it is a yes."""
    declined = dataclasses.replace(
        RESULT,
        verdict=Verdict(Outcome.DECLINED, (ReasonCode.CONSENT_DECLINED,)),
        challenge_sha256=None,
        latency_class=None,
    )
    token = sign_result(declined, KEY)
    assert "latency" not in _claims(token)
    verified = _accepted(token, expected=dataclasses.replace(ANYTHING, latency_classes={"direct"}))
    assert verified.verdict.outcome is Outcome.DECLINED
    assert verified.latency_class is None


def test_verified_without_a_class_of_latency_is_refused_even_where_any_is_accepted() -> None:
    token = sign_result(dataclasses.replace(RESULT, latency_class=None), KEY)
    assert _refusal(token) is Refusal.MALFORMED
    direct = dataclasses.replace(ANYTHING, latency_classes={"direct"})
    assert _refusal(token, expected=direct) is Refusal.MALFORMED


@pytest.mark.parametrize("nonce_bytes", [32, 64])
def test_the_longest_result_fits_into_one_kilobyte(nonce_bytes: int) -> None:
    codes = sorted(set(ReasonCode) - {ReasonCode.CONSENT_DECLINED}, key=len, reverse=True)
    room = MAX_AUDIENCE_AND_NONCE_BYTES - -(-nonce_bytes * 8 // 6)
    longest = dataclasses.replace(
        RESULT,
        verdict=Verdict(Outcome.INCONCLUSIVE, tuple(codes)),
        nonce=bytes(range(nonce_bytes)),
        audience="x:" + "a" * (room - 2),
        rig="simulated",
        latency_class=max(LatencyClass, key=len),
    )
    token = sign_result(longest, _key_for("simulated"))
    assert len(token) <= MAX_TOKEN_BYTES <= 1000
    assert _claims(token)["reasons"] == [codes[0]]


def test_the_reasons_of_a_session_in_which_everything_failed_all_fit() -> None:
    codes = ("stale_light", "late_light", "flat_light", "scene_cut", "face_mismatch")
    reasons = tuple(map(ReasonCode, codes))
    failed = dataclasses.replace(RESULT, verdict=Verdict(Outcome.NOT_VERIFIED, reasons), rig="simulated")
    key = _key_for("simulated")
    token = sign_result(failed, key)
    assert _accepted(token, jwks=key.jwks()).verdict.reasons == reasons


def test_an_audience_that_does_not_fit_is_refused_and_so_is_a_long_life() -> None:
    with pytest.raises(InputError, match="200 bytes does not fit"):
        sign_result(dataclasses.replace(RESULT, audience="x:" + "a" * 198), KEY)
    with pytest.raises(InputError, match="121 s is outside 1 to 120 s"):
        sign_result(dataclasses.replace(RESULT, validity_s=121), KEY)


@pytest.mark.parametrize("rig", get_args(RigKind))
def test_a_rig_on_which_nobody_sat_is_recognisable(rig: RigKind) -> None:
    key = _key_for(rig)
    token = sign_result(dataclasses.replace(RESULT, rig=rig), key)
    verified = _accepted(token, jwks=key.jwks())
    assert verified.rig == rig
    assert verified.a_person_was_there == (rig not in ("simulated", "recording"))


@pytest.mark.parametrize("rig", ["simulated", "recording", "other"])
def test_no_key_in_the_set_speaks_for_a_rig_that_it_does_not_name(rig: RigKind) -> None:
    """Whoever holds one of the other keys of a device writes no results of its own rigs, and the reverse."""
    stranger = _key_for(rig)
    public = {"keys": [*KEY.jwks()["keys"], *stranger.jwks()["keys"]]}
    as_of_the_house = sign_result(RESULT, dataclasses.replace(stranger, rigs=KEY.rigs))
    assert _refusal(as_of_the_house, jwks=public) is Refusal.WRONG_KEY
    as_of_the_other = sign_result(
        dataclasses.replace(RESULT, rig=rig), dataclasses.replace(KEY, rigs=frozenset({rig}))
    )
    assert _refusal(as_of_the_other, jwks=public) is Refusal.WRONG_KEY


@pytest.mark.parametrize("named", [None, "desktop", [], ["toaster"], [{}]])
def test_a_key_that_names_no_rigs_speaks_for_those_of_the_house_and_one_that_names_none_for_none(
    named: object,
) -> None:
    (entry,) = KEY.jwks()["keys"]
    plain: dict[str, Any] = {name: value for name, value in entry.items() if name != "lightproof_rigs"}
    assert _accepted(TOKEN, jwks={"keys": [plain]}).rig == "desktop"
    assert _refusal(TOKEN, jwks={"keys": [plain | {"lightproof_rigs": named}]}) is Refusal.WRONG_KEY
    simulated = sign_result(
        dataclasses.replace(RESULT, rig="simulated"), dataclasses.replace(KEY, rigs=frozenset({"simulated"}))
    )
    assert _refusal(simulated, jwks={"keys": [plain]}) is Refusal.WRONG_KEY


@given(position=st.integers(0, len(TOKEN) - 1), other=st.sampled_from(BASE64URL + ".=+/ \n\0é"))
def test_any_changed_character_is_refused(position: int, other: str) -> None:
    changed = TOKEN[:position] + other + TOKEN[position + 1 :]
    if changed != TOKEN:
        assert _refusal(changed) in Refusal


def test_each_other_spelling_of_the_same_signature_is_refused() -> None:
    signature = TOKEN.rpartition(".")[2]
    spellings = [signature[:-1] + last for last in BASE64URL]
    same = [text for text in spellings if base64.urlsafe_b64decode(text + "==") == SIGNATURE]
    assert len(same) == 16
    for text in same:
        if text != signature:
            assert _refusal(TOKEN.replace(signature, text)) is Refusal.MALFORMED


@given(cut=st.integers(0, len(TOKEN) - 1))
def test_a_token_cut_short_is_refused(cut: int) -> None:
    assert _refusal(TOKEN[:cut]) in Refusal


@given(text=st.text(max_size=1200))
def test_any_text_is_refused(text: str) -> None:
    assert _refusal(text) in Refusal


@given(parts=st.lists(st.binary(max_size=200), min_size=3, max_size=3))
def test_any_three_parts_are_refused(parts: list[bytes]) -> None:
    assert (
        _refusal(".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)) in Refusal
    )


@given(
    algorithm=st.sampled_from(
        ["none", "None", "HS256", "HS512", "RS256", "ES384", "ES512", "EdDSA", "es256", ""]
    )
    | st.none()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=8)
)
def test_another_algorithm_in_the_header_is_refused(algorithm: object) -> None:
    _, payload, signature = TOKEN.split(".")
    for seal in (signature, ""):
        token = f"{_encoded(_header(TOKEN) | {'alg': algorithm})}.{payload}.{seal}"
        if algorithm != "ES256":
            assert _refusal(token) is Refusal.ALGORITHM


def test_a_token_sealed_with_the_public_key_as_a_secret_is_refused() -> None:
    secret = OctKey.import_key(json.dumps(KEY.jwks()["keys"][0]))
    forged = jwt.encode(_header(TOKEN) | {"alg": "HS256"}, _claims(TOKEN), secret, algorithms=["HS256"])
    assert _refusal(forged) is Refusal.ALGORITHM
    shared = {"keys": [secret.as_dict(private=True) | {"kid": KEY.kid}]}
    for token in (forged, TOKEN):
        with pytest.raises(InputError, match="holds a private key"):
            _accepted(token, jwks=shared)


def test_a_token_of_a_device_that_nobody_knows_is_refused() -> None:
    assert _refusal(TOKEN, jwks=OTHER_KEY.jwks()) is Refusal.UNKNOWN_KEY
    assert _refusal(TOKEN, jwks={"keys": []}) is Refusal.UNKNOWN_KEY
    assert (
        _refusal(TOKEN, jwks={"keys": [{}, {"kty": "EC", "crv": "P-256", "x": "!", "y": 1}]})
        is Refusal.UNKNOWN_KEY
    )


def test_a_key_under_a_borrowed_id_is_not_used() -> None:
    borrowed = {"keys": [OTHER_KEY.jwks()["keys"][0] | {"kid": KEY.kid}]}
    forged = jwt.encode(_header(TOKEN), _claims(TOKEN), OTHER_KEY.private, algorithms=["ES256"])
    assert _refusal(forged, jwks=borrowed) is Refusal.UNKNOWN_KEY
    assert _refusal(forged) is Refusal.SIGNATURE


def test_the_right_key_is_found_among_others() -> None:
    both = {"keys": [*OTHER_KEY.jwks()["keys"], *KEY.jwks()["keys"]]}
    assert _accepted(TOKEN, jwks=both).kid == KEY.kid


@pytest.mark.parametrize(
    "header", [{"typ": "JWT"}, {"crit": ["x"], "x": 1}, {"jwk": {}}, {"jku": "https://x"}, {"b64": False}]
)
def test_another_header_is_refused(header: dict[str, Any]) -> None:
    _, payload, signature = TOKEN.split(".")
    assert _refusal(f"{_encoded(_header(TOKEN) | header)}.{payload}.{signature}") is Refusal.MALFORMED


def test_a_token_for_another_request_audience_or_time_is_refused_by_cause() -> None:
    assert _refusal(TOKEN, nonce=bytes(range(1, 33))) is Refusal.WRONG_NONCE
    assert _refusal(TOKEN, nonce=NONCE[:31]) is Refusal.WRONG_NONCE
    assert _refusal(TOKEN, audience="https://example.org/verify/") is Refusal.WRONG_AUDIENCE
    assert _refusal(TOKEN, now=NOW + 120) is Refusal.EXPIRED
    assert _refusal(TOKEN, now=NOW - 6) is Refusal.NOT_YET_VALID
    assert _refusal("x" * 1001) is Refusal.TOO_LONG


def test_a_token_holds_to_its_last_second_and_for_a_clock_a_little_behind() -> None:
    assert _accepted(TOKEN, now=NOW + 119.9)
    assert _accepted(TOKEN, now=NOW - 4.9)


@pytest.mark.parametrize("claim", ["score", "nbf", "iss", "picture", "embedding"])
def test_a_signed_claim_that_is_not_in_the_set_is_refused_by_name(claim: str) -> None:
    with pytest.raises(ResultRefusedError, match=claim) as refused:
        _accepted(_signed(_claims(TOKEN) | {claim: 1}))
    assert refused.value.refusal is Refusal.UNKNOWN_CLAIM


@pytest.mark.parametrize("claim", sorted(CLAIMS))
def test_a_signed_token_that_lacks_a_claim_is_refused(claim: str) -> None:
    rest = {name: value for name, value in _claims(TOKEN).items() if name != claim}
    assert _refusal(_signed(rest)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    "change",
    [
        {"eat_profile": "tag:other"},
        {"eat_nonce": 7},
        {"aud": [AUDIENCE]},
        {"eat_nonce": ""},
        {"aud": ""},
        {"aud": "https://example.org/\nverified"},
        {"sub": None},
        {"sub": ""},
        {"sub": "\x1b[2J" + "A" * 18},
        {"jti": 1},
        {"jti": ""},
        {"jti": "A" * 21 + "\n"},
        {"iat": True},
        {"iat": float(NOW)},
        {"iat": 10**20, "exp": 10**20 + 60},
        {"iat": -60, "exp": 60},
        {"exp": NOW},
        {"exp": NOW + 121},
        {"outcome": "accepted"},
        {"outcome": []},
        {"reasons": ["too_dark"]},
        {"reasons": "none"},
        {"outcome": "inconclusive"},
        {"outcome": "inconclusive", "reasons": ["bad_hair"]},
        {"outcome": "inconclusive", "reasons": [["too_dark"]]},
        {"rig": "hologram"},
        {"rig": ["pi"]},
        {"presence_only": 0},
        {"latency": "instant"},
        {"latency": ""},
        {"latency": None},
        {"latency": ["direct"]},
        {"latency": {}},
        {"latency": 0.03},
        {"hashes": []},
        {"hashes": {"policy": "x"}},
        {"hashes": {"policy": HASH, "models": HASH, "software": 1, "challenge": HASH}},
        {"hashes": {"policy": HASH, "models": HASH, "software": "x", "challenge": HASH}},
        {"hashes": {"policy": HASH, "models": HASH, "software": HASH, "challenge": HASH, "face": HASH}},
        {"hashes": {"policy": HASH, "models": HASH, "software": HASH}},
    ],
)
def test_a_signed_token_that_does_not_keep_to_the_profile_is_refused(change: dict[str, Any]) -> None:
    assert _refusal(_signed(_claims(TOKEN) | change)) is Refusal.MALFORMED


def test_a_signed_payload_that_is_no_object_is_refused() -> None:
    from joserfc import jws

    token = jws.serialize_compact(_header(TOKEN), b"[1]", KEY.private, algorithms=["ES256"])
    assert _refusal(token) in (Refusal.SIGNATURE, Refusal.MALFORMED)


def test_the_profile_is_the_documented_one() -> None:
    assert _claims(TOKEN)["eat_profile"] == EAT_PROFILE == "tag:lightproof,2026:result:2"


def test_nothing_played_is_no_verification() -> None:
    assert _refusal(sign_result(dataclasses.replace(RESULT, challenge_sha256=None), KEY)) is Refusal.MALFORMED


# What a relying party expects


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"rigs": {"pi"}}, Refusal.UNEXPECTED_RIG),
        ({"rigs": {"simulated", "other", "recording"}}, Refusal.UNEXPECTED_RIG),
        ({"presence_only": True}, Refusal.UNEXPECTED_PRESENCE_ONLY),
        ({"policies": {HASH}}, Refusal.UNEXPECTED_POLICY),
        ({"models": {HASH}}, Refusal.UNEXPECTED_MODELS),
        ({"software": [HASH, "B" * 32]}, Refusal.UNEXPECTED_SOFTWARE),
        ({"latency_classes": {"buffered", "unknown"}}, Refusal.UNEXPECTED_LATENCY),
    ],
)
def test_a_well_signed_token_that_is_not_what_was_expected_is_refused_by_name(
    change: dict[str, Any], refusal: Refusal
) -> None:
    assert _refusal(TOKEN, expected=dataclasses.replace(ANYTHING, **change)) is refusal


def test_a_session_without_a_photo_is_refused_where_one_was_to_be_compared() -> None:
    token = sign_result(dataclasses.replace(RESULT, presence_only=True), KEY)
    assert _refusal(token) is Refusal.UNEXPECTED_PRESENCE_ONLY
    assert _accepted(token, expected=dataclasses.replace(ANYTHING, presence_only=True)).presence_only


@pytest.mark.parametrize("named", LatencyClass)
@pytest.mark.parametrize("outcome", [Outcome.VERIFIED, Outcome.NOT_VERIFIED])
def test_a_class_of_latency_is_accepted_where_it_was_named_and_nowhere_else(
    named: LatencyClass, outcome: Outcome
) -> None:
    reasons = () if outcome is Outcome.VERIFIED else (ReasonCode.FLAT_LIGHT,)
    token = sign_result(
        dataclasses.replace(RESULT, latency_class=named, verdict=Verdict(outcome, reasons)), KEY
    )
    for accepted in LatencyClass:
        expected = dataclasses.replace(ANYTHING, latency_classes={str(accepted)})
        if accepted is named:
            assert _accepted(token, expected=expected).latency_class is named
        else:
            assert _refusal(token, expected=expected) is Refusal.UNEXPECTED_LATENCY


def test_a_refused_class_of_latency_is_named_with_those_that_are_accepted() -> None:
    token = sign_result(dataclasses.replace(RESULT, latency_class=LatencyClass.UNKNOWN), KEY)
    expected = dataclasses.replace(ANYTHING, latency_classes={LatencyClass.DIRECT, LatencyClass.BUFFERED})
    with pytest.raises(ResultRefusedError, match="latency is unknown, not buffered or direct"):
        _accepted(token, expected=expected)


def test_what_was_expected_is_accepted() -> None:
    expected = Expectations(
        rigs={"pi", "desktop"},
        presence_only=False,
        policies={HASH, hash_text(RESULT.policy_sha256)},
        models=[hash_text(RESULT.models_sha256)],
        software=(hash_text(RESULT.software_sha256),),
        latency_classes=("direct",),
    )
    assert _accepted(TOKEN, expected=expected).verdict.outcome is Outcome.VERIFIED


def test_nothing_is_expected_by_default() -> None:
    fields = dataclasses.fields(Expectations)
    assert all(field.default is field.default_factory is dataclasses.MISSING for field in fields)


@pytest.mark.parametrize(
    "change",
    [
        {"rigs": set()},
        {"rigs": "desktop"},
        {"rigs": {"toaster"}},
        {"presence_only": None},
        {"policies": set()},
        {"policies": HASH},
        {"models": {"*"}},
        {"models": None},
        {"software": {b"x" * 32}},
        {"latency_classes": set()},
        {"latency_classes": "direct"},
        {"latency_classes": {"instant"}},
        {"latency_classes": {"direct", None}},
        {"latency_classes": None},
        {"latency_classes": True},
    ],
)
def test_expectations_that_would_accept_nothing_or_by_mistake_everything_are_an_error(
    change: dict[str, Any],
) -> None:
    with pytest.raises(InputError):
        dataclasses.replace(ANYTHING, **change)


def test_a_token_is_taken_once_and_only_when_all_else_holds() -> None:
    store = SingleUseStore(None)
    assert _refusal(TOKEN, store=store, audience="https://other.example") is Refusal.WRONG_AUDIENCE
    assert _refusal(TOKEN, store=store, expected=dataclasses.replace(ANYTHING, rigs={"pi"}))
    assert _accepted(TOKEN, store=store)
    assert _refusal(TOKEN, store=store) is Refusal.USED_BEFORE
    assert _accepted(sign_result(RESULT, KEY), store=store)


@pytest.mark.parametrize(
    "change",
    [
        {"token": TOKEN.encode()},
        {"token": None},
        {"nonce": NONCE.hex()},
        {"nonce": b"x"},
        {"nonce": bytes(32)},
        {"audience": None},
        {"now": math.nan},
        {"now": math.inf},
        {"now": "1790000000"},
        {"now": True},
        {"expected": None},
        {"store": {}},
        {"jwks": None},
        {"jwks": {}},
        {"jwks": {"keys": {}}},
        {"jwks": {"keys": [7]}},
        {"jwks": {"keys": [KEY.private.as_dict(private=True)]}},
        {"jwks": {"keys": [*KEY.jwks()["keys"], {"kty": "oct", "k": "c2VjcmV0"}]}},
    ],
)
def test_an_argument_that_is_not_what_it_has_to_be_is_an_input_error(change: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        _accepted(**({"token": TOKEN} | change))
    assert not isinstance(refused.value, ResultRefusedError)
    assert str(KEY.private.as_dict(private=True)["d"]) not in str(refused.value)


def test_a_nonce_that_was_not_drawn_is_a_nonce_error() -> None:
    with pytest.raises(NonceError):
        _accepted(TOKEN, nonce=b"\x01")


# JWK sets


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "ES384"},
        {"key_ops": ["deriveBits"]},
        {"key_ops": "verify"},
        {"crv": "secp256k1"},
        {"x": "A" * 43},
        {"x": "AAAA"},
        {"y": None},
    ],
)
def test_a_key_for_another_use_or_that_is_none_is_never_tried(change: dict[str, Any]) -> None:
    (entry,) = KEY.jwks()["keys"]
    assert _refusal(TOKEN, jwks={"keys": [entry | change]}) is Refusal.UNKNOWN_KEY


def test_a_fleet_of_thousands_has_room_in_one_set(tmp_path: Path) -> None:
    (entry,) = OTHER_KEY.jwks()["keys"]
    # Coordinates that nobody has checked: only the key that signed is looked at.
    fleet = [entry | {"x": f"{number:043d}"} for number in range(20_000)]
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"keys": fleet + KEY.jwks()["keys"]}))
    assert _accepted(TOKEN, jwks=load_jwks(path)).kid == KEY.kid


def test_a_set_that_is_too_large_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lightproof.jwks.MAX_JWKS_BYTES", 100)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(KEY.jwks()))
    with pytest.raises(InputError, match="larger than 100 bytes"):
        load_jwks(path)


def test_a_jwk_set_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    for content in ("", "[]", "{}", '{"keys": 1}', '{"keys": [1]}', "[" * 5000, "\udcff"):
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        with pytest.raises(InputError, match="lightproof device jwks"):
            load_jwks(path)
    with pytest.raises(InputError, match="cannot be read"):
        load_jwks(tmp_path / "absent")
    path.write_text(json.dumps(KEY.jwks()))
    assert load_jwks(path) == KEY.jwks()


def test_the_software_hash_names_the_code() -> None:
    assert len(software_sha256()) == 32
    assert software_sha256() == software_sha256()
    assert Path(result_module.__file__).suffix == ".py"
