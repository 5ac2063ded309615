"""Requests: nonces, audiences and words that can be shown."""

from __future__ import annotations

import pytest

from lightproof.errors import InputError, NonceError
from lightproof.request import Request, nonce_from_hex


def _request(**changes: object) -> Request:
    values: dict[str, object] = {
        "requester": "The front desk",
        "purpose": "you can go in",
        "nonce": bytes(range(32)),
        "audience": "https://example.org/verify",
    }
    return Request(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [16, 32, 64])
def test_a_nonce_of_sixteen_to_sixty_four_bytes_is_taken(length: int) -> None:
    nonce = bytes(range(length))
    assert nonce_from_hex(nonce.hex()) == nonce
    assert nonce_from_hex(nonce.hex().upper()) == nonce


@pytest.mark.parametrize("length", [0, 1, 15, 65])
def test_a_nonce_of_another_length_is_refused_with_the_length(length: int) -> None:
    with pytest.raises(NonceError, match=f"{length} bytes; give 16 to 64"):
        nonce_from_hex("00" * length)
    with pytest.raises(NonceError, match=f"{length} bytes"):
        _request(nonce=bytes(length))


@pytest.mark.parametrize("text", ["0" * 17, "zz" * 8, "00 11 22 33 44 55 66 77", "0x" + "00" * 8, "٠" * 16])
def test_a_nonce_that_is_no_hexadecimal_is_refused(text: str) -> None:
    with pytest.raises(NonceError, match="not hexadecimal"):
        nonce_from_hex(text)


@pytest.mark.parametrize(
    "nonce", [bytes(32), b"\xff" * 16, b"\x01\x02" * 16, bytes(range(7)) * 4, bytes(57) + bytes(range(7))]
)
def test_a_nonce_that_nobody_drew_is_refused(nonce: bytes) -> None:
    with pytest.raises(NonceError, match="different bytes, so it was not drawn at random"):
        nonce_from_hex(nonce.hex())
    with pytest.raises(NonceError):
        _request(nonce=nonce)


def test_fresh_requests_have_thirty_two_random_bytes() -> None:
    nonces = {Request.fresh().nonce for _ in range(20)}
    assert len(nonces) == 20
    assert {len(nonce) for nonce in nonces} == {32}


@pytest.mark.parametrize(
    "audience", ["", "example.org", "https://a b", "https://a\n", 'x:"', "x:é", ":x", "x:"]
)
def test_an_audience_that_is_no_uri_is_refused(audience: str) -> None:
    with pytest.raises(InputError, match="is not a URI"):
        _request(audience=audience)


@pytest.mark.parametrize(("nonce_bytes", "most"), [(32, 80), (64, 37)])
def test_an_audience_is_as_long_as_the_nonce_leaves_room_for(nonce_bytes: int, most: int) -> None:
    assert _request(nonce=bytes(range(nonce_bytes)), audience="x:" + "a" * (most - 2))
    with pytest.raises(InputError, match=f"at most {most} bytes"):
        _request(nonce=bytes(range(nonce_bytes)), audience="x:" + "a" * (most - 1))


@pytest.mark.parametrize("name", ["requester", "purpose", "other_way"])
@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "\x1b[2Jgone", "back\u202ewards", "x" * 400])
def test_words_that_could_mislead_the_person_are_refused(name: str, text: str) -> None:
    with pytest.raises(InputError, match="cannot be shown"):
        _request(**{name: text})


def test_spaces_in_words_become_plain_ones() -> None:
    request = _request(requester="株式会社\u3000佐藤", purpose=" you\u00a0can go  in ")
    assert (request.requester, request.purpose) == ("株式会社 佐藤", "you can go in")


def test_the_nonce_does_not_show_in_the_repr() -> None:
    assert "nonce" not in repr(_request())
