"""Whatever text or bytes a loader gets, it takes them or says in one typed error why not."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lightproof.device import KEY_FILE, load_or_create_device_key
from lightproof.errors import DeviceKeyError, InputError, NonceError, PolicyError
from lightproof.expectations import ANY, Expectations
from lightproof.jwks import load_jwks
from lightproof.policy import Policy
from lightproof.request import Request, nonce_from_hex
from lightproof.result import verify_result
from lightproof.single_use import SingleUseStore

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
policy_key = st.sampled_from(
    ["mode", "presence_only", "fmr", "decoys", "min_response", "latency_tolerance_s", "result_validity_s"]
)


@given(text=st.text(max_size=300))
@example(text="a=" + "{a=" * 3000)
@example(text="decoys = " + "9" * 5000)
@example(text="a = 1979-05-27")
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with contextlib.suppress(PolicyError):
        assert len(Policy.loads(text).sha256()) == 32


@given(values=st.dictionaries(policy_key | st.text(max_size=8), json_value, max_size=4))
def test_any_mapping_is_a_policy_or_a_policy_error(values: dict[str, object]) -> None:
    with contextlib.suppress(PolicyError):
        policy = Policy.from_mapping(values)
        assert Policy.from_mapping(json.loads(policy.canonical())) == policy


@same_folder
@given(content=st.binary(max_size=300))
def test_any_file_is_a_policy_or_a_policy_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with contextlib.suppress(PolicyError):
        Policy.load(path)


@given(text=st.text(max_size=200) | st.binary(max_size=80).map(bytes.hex))
def test_any_text_is_a_nonce_or_a_nonce_error(text: str) -> None:
    with contextlib.suppress(NonceError):
        assert nonce_from_hex(text).hex() == text.lower()


@given(nonce=st.binary(min_size=16, max_size=64).filter(lambda nonce: len(set(nonce)) >= 8))
def test_every_nonce_comes_back_from_its_hexadecimal_form(nonce: bytes) -> None:
    assert nonce_from_hex(nonce.hex()) == nonce


@given(requester=st.text(max_size=130), purpose=st.text(max_size=130), audience=st.text(max_size=130))
def test_any_words_make_a_request_that_can_be_shown_or_an_input_error(
    requester: str, purpose: str, audience: str
) -> None:
    with contextlib.suppress(InputError):
        request = Request(requester, purpose, bytes(range(16)), audience)
        assert (request.requester + request.purpose + request.audience).isprintable()


@same_folder
@given(content=st.binary(max_size=200) | json_value.map(lambda value: json.dumps(value).encode()))
def test_any_file_is_a_jwk_set_or_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        assert isinstance(load_jwks(path)["keys"], list)


@given(keys=st.lists(json_value | st.fixed_dictionaries(dict.fromkeys(("kty", "crv", "x", "y"), json_value))))
def test_any_keys_in_a_jwk_set_are_passed_over_without_a_crash(keys: list[object]) -> None:
    header = (
        "eyJhbGciOiJFUzI1NiIsInR5cCI6ImVhdCtqd3QiLCJraWQiOiJ4In0"  # {"alg":"ES256","typ":"eat+jwt","kid":"x"}
    )
    anything = Expectations(
        rigs={"pi"}, presence_only=False, policies=ANY, models=ANY, software=ANY, latency_classes=ANY
    )
    with pytest.raises(InputError):
        verify_result(
            f"{header}.e30.AAAA", {"keys": keys}, bytes(range(16)), "x:y", anything, SingleUseStore(None)
        )


@same_folder
@given(content=st.binary(max_size=300) | json_value.map(lambda value: json.dumps(value).encode()))
def test_any_key_file_is_refused_and_never_overwritten(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(DeviceKeyError):
        load_or_create_device_key(folder)
    assert path.read_bytes() == content
