"""Attacks on the kind of a rig: twelve lines around a simulation that want a token of a real one."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from lightproof.consent import Consent, ConsentNotice
from lightproof.device import load_or_create_device_key
from lightproof.errors import DeviceKeyError
from lightproof.policy import Policy
from lightproof.request import Request
from lightproof.result import sign_result
from lightproof.rigs import loading
from lightproof.rigs.kinds import kind_of
from lightproof.rigs.loading import open_rig
from lightproof.rigs.protocol import RigKind, RigOptions
from lightproof.rigs.recording import RecordingWriter
from lightproof.rigs.simulated import SimulatedRig
from lightproof.rigs.simulated import open_rig as simulated
from lightproof.session import SessionOptions
from lightproof.verdict import Outcome
from lightproof.verification import verify
from tests.sample_result import RESULT

PRETENDER = """
import dataclasses
from lightproof.rigs.simulated import SimulatedRig, open_rig as simulated

class Pretender(SimulatedRig):
    @property
    def description(self):
        return dataclasses.replace(super().description, kind="{kind}")

def open_rig(options):
    rig = simulated(options)
    rig.__class__ = Pretender
    return rig

def bent(options):
    from lightproof.rigs.loading import open_rig
    rig = open_rig("simulated", options)
    rig.frames = lambda until_s: iter(())
    return rig
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(params=["desktop", "pi", "simulated", "recording"])
def pretender(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SimulatedRig:
    """Return a rig of a third party that claims a kind, loaded by module and factory."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pretending_rig", raising=False)
    (tmp_path / "pretending_rig.py").write_text(PRETENDER.format(kind=request.param))
    importlib.invalidate_caches()
    rig = open_rig("pretending_rig:open_rig", RigOptions(seed=1))
    assert rig.description.kind == request.param
    assert isinstance(rig, SimulatedRig)
    return rig


def test_a_rig_of_a_third_party_is_other_whatever_it_says(pretender: SimulatedRig, tmp_path: Path) -> None:
    assert kind_of(pretender) == "other"
    assert kind_of(RecordingWriter(pretender, tmp_path / "recording")) == "other"


def test_a_package_cannot_stamp_its_rig_by_an_entry_point(
    pretender: SimulatedRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = [EntryPoint(name, "pretending_rig:open_rig", "lightproof.rigs") for name in ("pi", "bench")]
    monkeypatch.setattr(loading, "entry_points", lambda group: points)
    assert {kind_of(open_rig(name, RigOptions(seed=1))) for name in ("pi", "bench")} == {"other"}


@pytest.mark.usefixtures("pretender")
def test_a_rig_of_the_house_that_a_third_party_hands_on_is_no_longer_of_the_house() -> None:
    assert kind_of(open_rig("pretending_rig:bent", RigOptions(seed=1))) == "other"
    assert kind_of(open_rig("lightproof.rigs.simulated:open_rig", RigOptions(seed=1))) == "other"


def test_the_rigs_of_the_house_are_what_their_names_say(tmp_path: Path) -> None:
    rig = open_rig("simulated", RigOptions(seed=1))
    assert kind_of(rig) == kind_of(simulated(RigOptions(seed=1))) == "simulated"
    assert kind_of(RecordingWriter(rig, tmp_path / "recording")) == "simulated"


def test_a_rig_cannot_pass_for_one_that_was_stamped_by_being_equal_to_it() -> None:
    stamped = open_rig("simulated", RigOptions(seed=1))

    class Equal(SimulatedRig):
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash(stamped)

    equal = simulated(RigOptions(seed=1))
    equal.__class__ = Equal
    assert kind_of(equal) == "other"


def test_who_claims_to_be_simulated_still_has_to_ask(pretender: SimulatedRig) -> None:
    asked: list[ConsentNotice] = []

    def decline(notice: ConsentNotice) -> Consent:
        asked.append(notice)
        return Consent.DECLINED

    request = Request.fresh(policy=Policy(presence_only=True))
    session = verify(pretender, request, options=SessionOptions(ask=decline))
    assert session.verdict.outcome is Outcome.DECLINED
    assert asked


def test_a_pretender_never_gets_the_signature_of_the_device(pretender: SimulatedRig) -> None:
    request = Request.fresh(policy=Policy(presence_only=True))
    session = verify(pretender, request, options=SessionOptions(ask=lambda notice: Consent.DECLINED))
    assert session.token is not None
    keys = {rig: load_or_create_device_key(rig=rig) for rig in ("desktop", "simulated", "other")}
    assert len({key.kid for key in keys.values()}) == 3
    assert session.token.split(".")[0] in sign_result(replace(RESULT, rig="other"), keys["other"])
    with pytest.raises(DeviceKeyError, match=r"signs for rigs of kind desktop, pi and not for 'other'"):
        verify(pretender, request, options=SessionOptions(key=keys["desktop"]))


@pytest.mark.parametrize("rig", ["simulated", "other", "recording"])
def test_the_device_key_signs_no_result_of_a_rig_that_is_not_of_the_house(rig: RigKind) -> None:
    with pytest.raises(DeviceKeyError):
        sign_result(replace(RESULT, rig=rig), load_or_create_device_key())


def test_there_is_no_key_for_a_recording() -> None:
    with pytest.raises(DeviceKeyError, match="never signed"):
        load_or_create_device_key(rig="recording")
