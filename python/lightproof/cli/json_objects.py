"""What the commands print with ``--json``, as types: their schemas in ``docs/schemas`` are made from them.

``lightproof doctor`` and ``lightproof version`` print plain dictionaries: they have to work where packages
are missing.
"""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from lightproof.cli.doctor import Status
from lightproof.presence.cues.continuity import CameraHold
from lightproof.result import Refusal
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.protocol import Mixing, RigKind
from lightproof.session import Step
from lightproof.validation import encode_numpy
from lightproof.verdict import Finding, Outcome, ReasonCode

Reasons: TypeAlias = Annotated[
    tuple[ReasonCode, ...], Meta(description="why it is not a pass", extra_json_schema={"uniqueItems": True})
]
Share: TypeAlias = Annotated[float, Meta(ge=0)]
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Thumbprint: TypeAlias = Annotated[
    str, Meta(pattern="^[A-Za-z0-9_-]{43}$", description="RFC 7638 SHA-256 thumbprint of a key")
]
Identifier: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{22}$")]
Hash: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{32}$", description="SHA-256/192 in base64url")]
Versions: TypeAlias = Annotated[
    dict[str, str], Meta(extra_json_schema={"required": ["lightproof", "python"]})
]
"""Distribution -> installed version."""


def json_text(value: object) -> str:
    """Return an object that a command prints as JSON text; its numbers may be NumPy's.

    Raises:
        TypeError: something in it is not a JSON value.
        ValueError: a number in it is not finite.
    """
    return json.dumps(msgspec.to_builtins(value, enc_hook=encode_numpy), indent=2, allow_nan=False)


class _Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One part of the evidence."""

    verdict: Finding
    reasons: Reasons


class FreshnessObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the light follows this challenge and no other."""

    rank: Annotated[int, Meta(ge=1, description="1 if the true challenge beat every decoy")]
    decoys: Annotated[int, Meta(ge=0, description="challenges that it was compared with")]
    p_value: Annotated[
        float | None,
        Meta(
            description="looks * rank / (decoys + 1), at most 1: exact bound for a video made without "
            "knowing the challenge"
        ),
    ]
    looks: Annotated[int, Meta(ge=1, description="how many times the light may have been looked at")]
    score: Annotated[float | None, Meta(description="what the challenge explains, in units of the noise")]
    any_code: Annotated[
        float | None,
        Meta(description="what the best sequence of colours with the same rhythm explains"),
    ]


class LatencyObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the light came back as fast as this rig's own."""

    latency_s: Annotated[float | None, Meta(description="measured, s")]
    sigma_s: Annotated[float | None, Meta(description="its standard error, s")]
    calibrated_s: Annotated[float | None, Meta(description="the rig's, s")]
    tolerance_s: Annotated[float, Meta(gt=0, description="how far the measured may be from the rig's, s")]
    latency_class: Annotated[LatencyClass, Meta(description="how late the rig's own light is")]


class RegionObject(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Relief of one part of the face."""

    region: Literal["brow", "nose", "cheeks", "chin"]
    coefficient: Annotated[float | None, Meta(description="coefficient on its predicted relief")]
    sigma: Annotated[float | None, Meta(description="its standard error")]


class ReliefObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the light fell as on a solid face."""

    across: Annotated[
        float | None, Meta(description="coefficient on the predicted relief from left to right")
    ]
    across_sigma: Annotated[float | None, Meta(description="its standard error")]
    down: Annotated[float | None, Meta(description="coefficient from top to bottom")]
    down_sigma: Annotated[float | None, Meta(description="its standard error")]
    misfit: Annotated[float | None, Meta(description="what no solid face explains, in quotient units")]
    regions: Annotated[
        tuple[RegionObject, ...], Meta(description="parts of the face that had cells enough, from the top")
    ]


class ReflectanceObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the screen's light came back by the same surface as the room's."""

    slope: Annotated[
        float | None, Meta(description="of the response's texture on the picture's: 1 skin, 0 own light")
    ]
    sigma: Annotated[float | None, Meta(description="its standard error")]


class ResponseObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the screen's light can be seen on the face."""

    strength: Annotated[float | None, Meta(description="light of a full white screen over ambient light")]
    sigma: Annotated[float | None, Meta(description="its standard error")]
    channels: Annotated[
        tuple[float | None, float | None, float | None],
        Meta(description="the same in the camera's red, green and blue"),
    ]


class ContinuityObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether one face was seen without a break by a camera that held still."""

    frames: Annotated[int, Meta(ge=0, description="frames that came")]
    lost: Annotated[float | None, Meta(description="share of frames without the face")]
    dropped: Annotated[float | None, Meta(description="share of frames that never came")]
    motion: Annotated[float | None, Meta(description="largest motion, in eye distances")]
    camera: Annotated[CameraHold, Meta(description="how the camera held its exposure and colours")]
    gain_change: Annotated[
        float | None,
        Meta(description="drift of the background's brightness, null where it could not be seen"),
    ]
    colour_change: Annotated[float | None, Meta(description="drift of the background's colour")]


class IdentityObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether all frames drawn by lot show one person."""

    frames: Annotated[int, Meta(ge=0, description="frames that were compared, each with every other")]
    unusable: Annotated[int, Meta(ge=0, description="frames that were drawn and could not be compared")]
    lowest: Annotated[float | None, Meta(description="lowest cosine of two of them")]
    threshold: Annotated[float | None, Meta(description="least cosine at which two show one person")]


class LitFaceObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the face that the camera shows is the face that the screen lights."""

    cosine: Annotated[float | None, Meta(description="cosine of the lit picture and the frames")]


class MatchObject(_Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the face is that of the reference."""

    score: Annotated[
        float | None, Meta(description="comparison score, a cosine; null if nothing could be compared")
    ]
    threshold: Annotated[float | None, Meta(description="least score of a match")]
    fmr: Annotated[float | None, Meta(description="false match rate of the threshold")]
    frames: Annotated[int, Meta(ge=0, description="frames that were compared")]


class EvidenceObject(Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured, null where the session did not come to it; never part of the result."""

    freshness: FreshnessObject | None
    latency: LatencyObject | None
    relief: ReliefObject | None
    reflectance: ReflectanceObject | None
    response: ResponseObject | None
    continuity: ContinuityObject | None
    identity: IdentityObject | None
    lit_face: LitFaceObject | None
    match: MatchObject | None


Timings: TypeAlias = Annotated[
    dict[str, Share],
    Meta(
        description="seconds: step of the session -> how long it took, and light -> how long the challenge "
        "played",
        extra_json_schema={"propertyNames": {"enum": [*map(str, Step), "light"]}},
    ),
]


class SessionObject(Struct, frozen=True):
    """One session. Local: only the token may leave the device."""

    verdict: Outcome
    reasons: Reasons
    evidence: EvidenceObject
    token: Annotated[
        Annotated[str, Meta(max_length=1000)] | None,
        Meta(description="the signed result, null if none was signed"),
    ]
    jwks_thumbprint: Annotated[
        Thumbprint | None,
        Meta(
            description="of the key that signs, the kid of `lightproof device jwks`; null for a replayed "
            "recording, which is never signed"
        ),
    ]
    challenge_proof: Annotated[
        Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{108}$")] | None,
        Meta(description="proof that nobody chose the light; null if none was played or signed"),
    ]
    timings: Timings
    versions: Versions
    rig: Annotated[
        RigKind,
        Meta(description="the kind of the rig; simulated and recording mean that nobody was there"),
    ]


SESSION_RULES: Final = {
    "allOf": [
        {
            "if": {"properties": {"verdict": {"const": "verified"}}},
            "then": {"properties": {"reasons": {"maxItems": 0}}},
            "else": {"properties": {"reasons": {"minItems": 1}}},
        }
    ]
}
"""What a type cannot say of a session: it is verified or has reasons."""


class CaseObject(Struct, frozen=True):
    """How one session of the demo ended."""

    case: Annotated[
        str,
        Meta(
            pattern="^[a-z]+(_[a-z]+)*$",
            examples=["bona_fide", "print", "screen_replay", "replay_recording", "other_person"],
        ),
    ]
    verdict: Outcome
    reasons: Reasons


class CheckObject(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that was looked at."""

    name: Annotated[str, Meta(min_length=1, description="what was looked at")]
    status: Status
    message: Annotated[str, Meta(min_length=1, description="what was found")]
    remedy: Annotated[Text | None, Meta(description="what to do; null if all is well")]


_REMEDY_UNLESS_OK: Final = {
    "if": {"properties": {"status": {"const": "ok"}}},
    "then": {"properties": {"remedy": {"type": "null"}}},
    "else": {"properties": {"remedy": {"type": "string"}}},
}


class DoctorObject(Struct, frozen=True, forbid_unknown_fields=True):
    """What a session needs and what is there."""

    ok: Annotated[bool, Meta(description="true if no check is a problem: a simulated session can run")]
    checks: Annotated[
        tuple[Annotated[CheckObject, Meta(extra_json_schema=_REMEDY_UNLESS_OK)], ...], Meta(min_length=1)
    ]


class CalibrationObject(Struct, frozen=True, forbid_unknown_fields=True):
    """What was measured on a rig."""

    rig: Annotated[str, Meta(description="name of the rig")]
    latency_s: Annotated[float, Meta(description="median latency, s")]
    spread_s: Annotated[float, Meta(ge=0, description="standard deviation of the latencies, s")]
    latencies_s: Annotated[
        tuple[float, ...], Meta(min_length=3, description="latency of each challenge that was clear, s")
    ]
    mixing: Annotated[
        Mixing,
        Meta(
            description="the camera's linear RGB (rows) to the screen's (columns); the identity if it was "
            "not clear"
        ),
    ]
    mixing_sigma: Annotated[
        float | None,
        Meta(description="largest standard error of its colours; null if the mixing was not clear"),
    ]
    stored: Annotated[
        str | None, Meta(description="file in which it is kept; null for a rig that brings its own")
    ]


Coordinate: TypeAlias = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]


class PublicKeyObject(Struct, frozen=True, forbid_unknown_fields=True):
    """A public key (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    kid: Thumbprint
    use: Literal["sig"]
    alg: Literal["ES256"]
    lightproof_rigs: Annotated[
        tuple[RigKind, ...], Meta(min_length=1, description="kinds of rig whose results it signs")
    ]


class KeySetObject(Struct, frozen=True, forbid_unknown_fields=True):
    """The public keys of this device."""

    keys: Annotated[tuple[PublicKeyObject, ...], Meta(min_length=1)]


class HashesObject(Struct, frozen=True, forbid_unknown_fields=True):
    """What the session was held with."""

    policy: Hash
    models: Hash
    software: Hash
    challenge: Hash | UnsetType = UNSET


class OwnHashesObject(Struct, frozen=True, forbid_unknown_fields=True):
    """The hashes that results of this installation carry."""

    policy: Hash
    models: Hash
    software: Hash


class ResultObject(Struct, frozen=True, forbid_unknown_fields=True):
    """What a token says."""

    valid: Annotated[bool, Meta(extra_json_schema={"const": True})]
    outcome: Outcome
    reasons: Reasons
    rig: RigKind
    a_person_was_there: Annotated[
        bool, Meta(description="false if the rig says of itself that it is simulated or a recording")
    ]
    presence_only: Annotated[bool, Meta(description="true if no photo was asked for and none compared")]
    latency_class: Annotated[
        LatencyClass | None,
        Meta(description="how late the rig's own light is; null if the session ended without evidence"),
    ]
    subject: Annotated[Identifier, Meta(description="pairwise subject of device and audience")]
    audience: str
    token_id: Annotated[Identifier, Meta(description="for use once")]
    issued_at: Annotated[int, Meta(description="seconds since the epoch")]
    expires_at: Annotated[int, Meta(description="seconds since the epoch")]
    hashes: HashesObject
    kid: Thumbprint


class RefusedObject(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a token is not accepted."""

    valid: Annotated[bool, Meta(extra_json_schema={"const": False})]
    refusal: Refusal
    error: Annotated[str, Meta(description="one line for a person")]
