"""The wire between vision and gateway: who may be at its ends, and what may go over it."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightproof.appliance.messages import (
    MAX_REQUEST_CHARACTERS,
    Answer,
    Ask,
    Cancel,
    Hello,
    Message,
    NoResult,
    Service,
    State,
    Unanswered,
    Whereabouts,
)
from lightproof.appliance.wire import MAX_MESSAGE_BYTES, Wire
from lightproof.errors import WireClosedError, WireError, WireTimeoutError

ASK_ID = "J0lDMsp7qya34AOB75r3wg"
SECRET = "a-text-that-nobody-may-quote"
SAID = [
    (Service.GATEWAY, Ask(ASK_ID, "e30.e30.c2ln")),
    (Service.GATEWAY, Cancel(ASK_ID)),
    (Service.VISION, Answer(ASK_ID, "e30.e30.c2ln")),
    (Service.VISION, Unanswered(ASK_ID, NoResult.BUSY)),
    (Service.VISION, Whereabouts(State.POSITION)),
]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of one connection, the first for vision."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in pair:
        end.settimeout(5.0)  # a test that fails must not hang
    try:
        yield pair
    finally:
        for end in pair:
            end.close()


def wires(ends: tuple[socket.socket, socket.socket]) -> dict[Service, Wire]:
    """Return both ends of a connection after they have greeted."""
    made: dict[Service, Wire] = {}

    def gateway() -> None:
        made[Service.GATEWAY] = Wire.greet(ends[1], Service.GATEWAY, peer_uid=os.getuid())

    thread = threading.Thread(target=gateway)
    thread.start()
    made[Service.VISION] = Wire.greet(ends[0], Service.VISION, peer_uid=os.getuid())
    thread.join()
    return made


@pytest.mark.parametrize(("service", "message"), SAID, ids=lambda value: type(value).__name__)
def test_what_a_service_says_the_other_hears(
    ends: tuple[socket.socket, socket.socket], service: Service, message: Message
) -> None:
    both = wires(ends)
    hearer = next(wire for name, wire in both.items() if name is not service)
    both[service].send(message)
    assert hearer.receive(timeout_s=5.0) == message


@pytest.mark.parametrize(("service", "message"), SAID, ids=lambda value: type(value).__name__)
def test_a_service_neither_says_nor_hears_its_own_side_of_it(
    ends: tuple[socket.socket, socket.socket], service: Service, message: Message
) -> None:
    both = wires(ends)
    other = next(wire for name, wire in both.items() if name is not service)
    with pytest.raises(WireError, match="may not say"):
        other.send(message)
    ends[1 if service is Service.VISION else 0].send(msgspec.json.encode(message))
    with pytest.raises(WireError, match="no message of its"):
        both[service].receive(timeout_s=5.0)


def test_another_user_is_refused_before_anything_is_said(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    with pytest.raises(WireError, match=f"user {os.getuid()} is at the other end"):
        Wire.greet(ends[0], Service.VISION, peer_uid=os.getuid() + 1)
    assert ends[1].recv(MAX_MESSAGE_BYTES) == b""


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (Hello(Service.GATEWAY, 2), "speaks version 2"),
        (Hello(Service.VISION), "did not say hello as gateway|no message of its"),
        (Cancel(ASK_ID), "did not say hello"),
    ],
    ids=["of another version", "of the same service", "without a hello"],
)
def test_a_peer_is_refused(ends: tuple[socket.socket, socket.socket], first: Message, words: str) -> None:
    ends[1].send(msgspec.json.encode(first))
    with pytest.raises(WireError, match=words):
        Wire.greet(ends[0], Service.VISION, peer_uid=os.getuid())
    assert ends[0].fileno() == -1, "what is refused is closed"


def test_a_silent_peer_and_one_that_went_away_are_told_apart(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    vision = wires(ends)[Service.VISION]
    with pytest.raises(WireTimeoutError, match=r"said nothing for 0\.01 s"):
        vision.receive(timeout_s=0.01)
    ends[1].close()
    with pytest.raises(WireClosedError, match="closed the connection"):
        vision.receive(timeout_s=5.0)
    with pytest.raises(WireClosedError, match="is lost"):
        vision.send(Whereabouts(State.IDLE))


def test_a_peer_that_does_not_read_holds_nobody_up(ends: tuple[socket.socket, socket.socket]) -> None:
    vision = wires(ends)[Service.VISION]
    with pytest.raises(WireTimeoutError):
        vision.receive(timeout_s=0.05)

    def fill() -> None:
        for _ in range(100_000):
            vision.send(Whereabouts(State.IDLE))

    with pytest.raises(WireTimeoutError, match="does not read"):
        fill()


@pytest.mark.parametrize("size", [MAX_MESSAGE_BYTES + 1, 100_000])
def test_too_long_a_message_is_refused(ends: tuple[socket.socket, socket.socket], size: int) -> None:
    vision = wires(ends)[Service.VISION]
    ends[1].send(b'{"type":"cancel","ask_id":"' + b"a" * size)
    with pytest.raises(WireError, match="sent more than"):
        vision.receive(timeout_s=5.0)


@pytest.mark.parametrize(
    "message",
    [
        Ask(ASK_ID, "e30." + "e" * MAX_REQUEST_CHARACTERS + ".c2ln"),
        Ask(ASK_ID, "not a signed request"),
        Ask("short", "e30.e30.c2ln"),
        Ask(ASK_ID, "e30.e30.c2ln\n"),
        Ask(ASK_ID[:-1] + "\n", "e30.e30.c2ln"),
    ],
    ids=["too long", "not signed", "without an id", "with a newline", "with a newline in its id"],
)
def test_a_message_out_of_bounds_is_not_sent(
    ends: tuple[socket.socket, socket.socket], message: Message
) -> None:
    gateway = wires(ends)[Service.GATEWAY]
    with pytest.raises(WireError, match="out of bounds"):
        gateway.send(message)


def test_no_error_quotes_what_was_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    vision = wires(ends)[Service.VISION]
    for content in ({"type": SECRET}, {"type": "cancel", SECRET: 1}, {"type": "cancel", "ask_id": SECRET}):
        ends[1].send(json.dumps(content).encode())
        with pytest.raises(WireError) as caught:
            vision.receive(timeout_s=5.0)
        told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"
        assert SECRET not in told


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=MAX_MESSAGE_BYTES) | st.just(b"[" * MAX_MESSAGE_BYTES))
def test_bytes_that_are_no_message_are_refused_and_nothing_else_happens(content: bytes) -> None:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with left, right:
        right.send(content)
        with pytest.raises(WireError):
            Wire(left, Service.GATEWAY).receive(timeout_s=5.0)
