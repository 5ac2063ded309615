"""The wire between vision and gateway: one Unix socket that carries whole messages and knows its peer.

``SOCK_SEQPACKET`` (unix(7), socket(2)) keeps the boundaries of messages, so that nothing has to be framed,
and the kernel says which user is at the other end (``SO_PEERCRED``). To get round it somebody would connect
as another user, send what is no message, more than fits or the other side's messages, or speak another
version: each ends the connection with an error that does not quote what was sent.
"""

from __future__ import annotations

import socket
import struct
from types import TracebackType
from typing import Final, Self

import msgspec

from lightproof.appliance.messages import FROM, WIRE_VERSION, Hello, Message, Service
from lightproof.errors import WireClosedError, WireError, WireTimeoutError

MAX_MESSAGE_BYTES: Final = 8192
"""Twice the longest request: nothing that may be said is longer."""

_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid of struct ucred, unix(7)
_DECODER: Final = msgspec.json.Decoder(Message)


class Wire:
    """One end of a connection between the two services; both have said who they are.

    Used as a context manager. It is for one thread.

    Example::

        with Wire.greet(connection, Service.GATEWAY, peer_uid=vision_uid) as wire:
            wire.send(Ask(ask_id, request))
            answer = wire.receive(timeout_s=60.0)
    """

    def __init__(self, connection: socket.socket, peer: Service) -> None:
        """Take over a connection whose sides have greeted; :meth:`greet` is how one is made."""
        self._connection = connection
        self._peer = peer

    @classmethod
    def greet(
        cls, connection: socket.socket, service: Service, *, peer_uid: int, timeout_s: float = 5.0
    ) -> Self:
        """Say hello as a service, hear the other one's, and return the wire. What is refused is closed.

        Args:
            connection: a connected Unix socket of type ``SOCK_SEQPACKET``; the wire closes it.
            service: which one speaks here.
            peer_uid: user id that the other one must run under.
            timeout_s: how long its hello may take.

        Raises:
            WireError: the peer runs as another user, is the same service, speaks another version, or did not
                say hello first.
            WireClosedError, WireTimeoutError: it went away, or said nothing in time.
        """
        peer = _other(service)
        wire = cls(connection, peer)
        try:
            _require_peer(connection, peer, peer_uid)
            wire._send(Hello(service))
            hello = wire.receive(timeout_s)
            if not isinstance(hello, Hello) or hello.service is not peer:
                raise WireError(f"the peer did not say hello as {peer}; connect {service} to {peer} only")
            if hello.version != WIRE_VERSION:
                raise WireError(
                    f"{peer} speaks version {hello.version} of the messages and {service} {WIRE_VERSION}; "
                    "install both from one package and restart both"
                )
        except BaseException:
            connection.close()
            raise
        return wire

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._connection.close()

    def send(self, message: Message) -> None:
        """Send one message.

        Raises:
            WireError: it is none that this service may say, or a field of it is out of bounds.
            WireClosedError: the peer is gone.
            WireTimeoutError: the peer does not read.
        """
        if type(message) not in FROM[_other(self._peer)]:
            raise WireError(f"{_other(self._peer)} may not say {type(message).__name__}; see its messages")
        self._send(message)

    def receive(self, timeout_s: float) -> Message:
        """Return the next message of the peer.

        Raises:
            WireError: it is too long, no message, or none that this peer may say. The connection is of no
                further use: close it.
            WireClosedError: the peer is gone.
            WireTimeoutError: nothing came for ``timeout_s`` seconds.
        """
        self._connection.settimeout(timeout_s)
        try:
            content, _, flags, _ = self._connection.recvmsg(MAX_MESSAGE_BYTES)
        except TimeoutError as error:
            raise WireTimeoutError(
                f"{self._peer} said nothing for {timeout_s:g} s; is it running?"
            ) from error
        except OSError as error:
            raise self._closed(error) from error
        if flags & socket.MSG_TRUNC:
            raise WireError(f"{self._peer} sent more than {MAX_MESSAGE_BYTES} bytes, which is no message")
        if not content:
            raise WireClosedError(f"{self._peer} closed the connection; connect again once it runs")
        # What msgspec complains of may quote what was sent, and that came from outside: nothing is passed on.
        message: Message | None
        try:
            message = _DECODER.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            message = None
        if message is None or type(message) not in FROM[self._peer]:
            raise WireError(f"{self._peer} sent {len(content)} bytes that are no message of its; restart it")
        return message

    def _send(self, message: Message) -> None:
        content = msgspec.json.encode(message)
        try:  # the bounds of the fields hold where a message is read: read it, as the peer will
            _DECODER.decode(content)
        except msgspec.MsgspecError:
            raise WireError(f"a field of {type(message).__name__} is out of bounds; see its type") from None
        try:
            self._connection.send(content, socket.MSG_NOSIGNAL)
        except TimeoutError as error:
            raise WireTimeoutError(f"{self._peer} does not read; is it running?") from error
        except OSError as error:
            raise self._closed(error) from error

    def _closed(self, error: OSError) -> WireClosedError:
        return WireClosedError(
            f"the connection to {self._peer} is lost ({error.strerror or error}); connect again once it runs"
        )


def _other(service: Service) -> Service:
    return Service.VISION if service is Service.GATEWAY else Service.GATEWAY


def _require_peer(connection: socket.socket, peer: Service, uid: int) -> None:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, found, _ = _CREDENTIALS.unpack(credentials)
    if found != uid:
        raise WireError(f"user {found} is at the other end and not {peer}'s, {uid}; mend who may connect")
