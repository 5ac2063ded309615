"""Lightproof: face verification in which the video never leaves the room.

Everything public is named here and loads when it is first used, so that ``import lightproof`` costs nothing.

Example::

    from pathlib import Path
    import lightproof

    session = lightproof.verify(
        lightproof.open_rig("desktop", lightproof.RigOptions()),
        lightproof.Request.fresh(purpose="you can enter"),
        lightproof.load_networks(),
        ask=lightproof.ask_in_words,
        reference=Path("id.jpg"),
        key=lightproof.load_or_create_device_key(),
    )
    print(session.verdict.outcome, session.token)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lightproof.challenge import Challenge
    from lightproof.consent import Consent, ask_in_words, consent_of_simulated_subject
    from lightproof.device import DeviceKey, load_or_create_device_key
    from lightproof.errors import LightproofError
    from lightproof.face.manifest import load_manifest
    from lightproof.face.networks import FaceNetworks, load_networks
    from lightproof.policy import Policy
    from lightproof.request import Request
    from lightproof.result import verify_result
    from lightproof.rigs.loading import open_rig
    from lightproof.rigs.protocol import Rig, RigOptions
    from lightproof.verdict import REASONS, Finding, Outcome, ReasonCode, Verdict
    from lightproof.verification import Entropy, Session, Step, verify

    __version__: str

__all__ = [
    "REASONS",
    "Challenge",
    "Consent",
    "DeviceKey",
    "Entropy",
    "FaceNetworks",
    "Finding",
    "LightproofError",
    "Outcome",
    "Policy",
    "ReasonCode",
    "Request",
    "Rig",
    "RigOptions",
    "Session",
    "Step",
    "Verdict",
    "__version__",
    "ask_in_words",
    "consent_of_simulated_subject",
    "load_manifest",
    "load_networks",
    "load_or_create_device_key",
    "open_rig",
    "verify",
    "verify_result",
]

_HOMES: Final = {
    "Challenge": "challenge",
    "Consent": "consent",
    "DeviceKey": "device",
    "Entropy": "verification",
    "FaceNetworks": "face.networks",
    "Finding": "verdict",
    "LightproofError": "errors",
    "Outcome": "verdict",
    "Policy": "policy",
    "REASONS": "verdict",
    "ReasonCode": "verdict",
    "Request": "request",
    "Rig": "rigs.protocol",
    "RigOptions": "rigs.protocol",
    "Session": "verification",
    "Step": "verification",
    "Verdict": "verdict",
    "ask_in_words": "consent",
    "consent_of_simulated_subject": "consent",
    "load_manifest": "face.manifest",
    "load_networks": "face.networks",
    "load_or_create_device_key": "device",
    "open_rig": "rigs.loading",
    "verify": "verification",
    "verify_result": "result",
}
"""Public name -> module in which it lives."""


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        value: object = version("lightproof")
    elif name in _HOMES:
        value = getattr(importlib.import_module(f"lightproof.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'lightproof' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
