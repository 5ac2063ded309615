"""What the two services of an appliance can say to each other; everything else cannot be said.

Vision has the camera and no network, the gateway the network and no camera. Whatever leaves the device goes
through these messages, so their types are the proof that no face does: each field is a word of a closed
list, a whole number within bounds, or a text of a stated pattern and length. There is no field for bytes, for
a list or for a fraction, so none for a picture, an embedding or a score. (Whoever has taken over vision can
still spell something out in a token; what these types bound is what an honest vision can let slip.)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

WIRE_VERSION: Final = 1
"""Both sides must speak the same one: they come in one package, so another one is a mistake of installing."""

MAX_REQUEST_CHARACTERS: Final = 4096
"""A signed request: names, purpose and other way (600 characters of up to four bytes, 3.2 kB in base64url),
nonce, policy and signature."""

MAX_RESULT_CHARACTERS: Final = 1000
"""A signed result (:data:`~lightproof.result.MAX_TOKEN_BYTES`)."""

_JWS: Final = (
    r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z"  # RFC 7515 section 7.1; $ would take a last newline
)

AskId: TypeAlias = Annotated[str, Meta(min_length=22, max_length=22, pattern=r"^[A-Za-z0-9_-]+\Z")]
"""128 random bits in base64url: an answer names the question that it is for."""
SignedRequest: TypeAlias = Annotated[str, Meta(max_length=MAX_REQUEST_CHARACTERS, pattern=_JWS)]
SignedResult: TypeAlias = Annotated[str, Meta(max_length=MAX_RESULT_CHARACTERS, pattern=_JWS)]
Version: TypeAlias = Annotated[int, Meta(ge=1, le=65535)]


class Service(StrEnum):
    """Who speaks."""

    VISION = "vision"
    GATEWAY = "gateway"


class State(StrEnum):
    """Where vision is in a session."""

    IDLE = "idle"
    REQUEST = "request"
    CONSENT = "consent"
    REFERENCE = "reference"
    POSITION = "position"
    CHALLENGE = "challenge"
    RESULT = "result"


class NoResult(StrEnum):
    """Why a question has no signed result."""

    BUSY = "busy"
    REQUEST_REFUSED = "request_refused"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    DEVICE_FAULT = "device_fault"


class Hello(Struct, frozen=True, forbid_unknown_fields=True, tag="hello"):
    """The first message of each side: who it is, and which version of these messages it speaks."""

    service: Service
    version: Version = WIRE_VERSION


class Ask(Struct, frozen=True, forbid_unknown_fields=True, tag="ask"):
    """Gateway to vision: run a session for this signed request of a relying party, a compact JWS."""

    ask_id: AskId
    request: SignedRequest


class Cancel(Struct, frozen=True, forbid_unknown_fields=True, tag="cancel"):
    """Gateway to vision: nobody waits for this answer any more."""

    ask_id: AskId


class Answer(Struct, frozen=True, forbid_unknown_fields=True, tag="answer"):
    """Vision to gateway: the signed result, whatever its outcome."""

    ask_id: AskId
    token: SignedResult


class Unanswered(Struct, frozen=True, forbid_unknown_fields=True, tag="unanswered"):
    """Vision to gateway: there is no result, and why."""

    ask_id: AskId
    why: NoResult


class Whereabouts(Struct, frozen=True, forbid_unknown_fields=True, tag="status"):
    """Vision to gateway: where it is now."""

    state: State


Message: TypeAlias = Hello | Ask | Cancel | Answer | Unanswered | Whereabouts

FROM: Final[dict[Service, tuple[type[Message], ...]]] = {
    Service.GATEWAY: (Hello, Ask, Cancel),
    Service.VISION: (Hello, Answer, Unanswered, Whereabouts),
}
"""Service -> what it may say; from the other one the same message is an error."""
