"""The front door: what it refuses before anything happens, and what it does where nothing is said."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from lightproof.consent import Consent, ConsentNotice
from lightproof.device import DeviceKey, load_or_create_device_key
from lightproof.errors import InputError, PictureError, RigNotFoundError
from lightproof.expectations import ANY, Expectations
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.request import Request
from lightproof.result import VerifiedResult, verify_result
from lightproof.rigs.protocol import Calibration, Frame, RigDescription, RigOptions
from lightproof.rigs.recording.rig import open_rig as open_recording
from lightproof.rigs.recording.writer import RecordingWriter
from lightproof.session import Session, SessionOptions, Step
from lightproof.single_use import SingleUseStore
from lightproof.verdict import REASONS, Outcome, ReasonCode
from lightproof.verification import verify
from tests.presence.placed_faces import simulated
from tests.rigs.tiny_rig import TinyRig

PRESENCE_ONLY = Policy(presence_only=True, decoys=MIN_DECOYS)


class ShutRig(TinyRig):
    """A rig that nobody may open."""

    def __enter__(self) -> Self:
        raise AssertionError("the rig was opened")

    def frames(self, until_s: float) -> Iterator[Frame]:
        raise AssertionError("the camera was read")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty state directory; nobody is at the terminal."""
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path / "home"


def ask_nobody(_: ConsentNotice, /) -> Consent:
    raise AssertionError("somebody was asked")


def decline(_: ConsentNotice, /) -> Consent:
    return Consent.DECLINED


def presence_only() -> Request:
    return Request.fresh(policy=PRESENCE_ONLY)


# Before anything happens


def test_a_rig_that_was_never_calibrated_says_so_before_anybody_is_asked() -> None:
    class Uncalibrated(ShutRig):
        @property
        def description(self) -> RigDescription:
            return replace(super().description, calibration=Calibration())

    session = verify(Uncalibrated(), presence_only(), options=SessionOptions(ask=ask_nobody, sign=False))
    assert session.verdict.outcome is Outcome.INCONCLUSIVE
    assert session.verdict.reasons == (ReasonCode.RIG_NOT_CALIBRATED,)
    assert "lightproof calibrate" in REASONS[ReasonCode.RIG_NOT_CALIBRATED].remedy


def test_without_a_reference_nobody_is_asked_and_no_key_is_made(home: Path) -> None:
    with pytest.raises(InputError, match="give reference=, a picture of the person's ID document"):
        verify(ShutRig(), options=SessionOptions(ask=ask_nobody))
    assert not home.exists()


def test_a_reference_that_the_policy_does_not_compare_is_refused(home: Path) -> None:
    with pytest.raises(InputError, match="presence_only and compares no reference; leave it out"):
        verify(ShutRig(), presence_only(), reference=b"jpeg", options=SessionOptions(ask=ask_nobody))
    assert not home.exists()


def test_a_rig_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(RigNotFoundError, match="hologram"):
        verify("hologram", presence_only(), options=SessionOptions(ask=ask_nobody))


def verified(token: str, key: DeviceKey, request: Request) -> VerifiedResult:
    """Return what a token says to whoever accepts everything that its key may sign."""
    expected = Expectations(
        rigs=key.rigs, presence_only=True, policies=ANY, models=ANY, software=ANY, latency_classes=ANY
    )
    return verify_result(token, key.jwks(), request.nonce, request.audience, expected, SingleUseStore(None))


# Where nothing is said


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Request, list[Step]]]:
    """Return a session on the simulated rig of which only its steps were asked for, and this device's key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIGHTPROOF_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(sys, "stdin", io.StringIO())
        request, steps = presence_only(), list[Step]()
        session = verify(simulated(), request, options=SessionOptions(on_step=steps.append))
        key = load_or_create_device_key(rig="simulated")
        assert session.token is not None
        result = verified(session.token, key, request)
        assert result.verdict == session.verdict
        yield session, request, steps


def test_nobody_is_asked_where_nobody_is_lit(plain: tuple[Session, Request, list[Step]]) -> None:
    """At the terminal there is nobody, which would decline."""
    assert plain[0].verdict.outcome is Outcome.VERIFIED


def test_the_result_is_signed_by_this_device(plain: tuple[Session, Request, list[Step]]) -> None:
    assert plain[0].token is not None
    assert plain[0].token.count(".") == 2


def test_no_figures_are_kept_for_a_report_that_nobody_wants(
    plain: tuple[Session, Request, list[Step]],
) -> None:
    assert plain[0].evidence is not None
    assert plain[0].trace is None


def test_the_steps_are_told_in_their_order(plain: tuple[Session, Request, list[Step]]) -> None:
    # Forgetting is timed, and begins when the context of everything kept ends.
    assert plain[2] == [step for step in Step if step is not Step.FORGET]
    assert plain[0].timings.keys() == {step.value for step in Step} | {"light"}


def test_a_person_before_a_real_rig_is_asked_at_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    session = verify(ShutRig(), presence_only(), options=SessionOptions(sign=False))
    assert session.verdict.outcome is Outcome.DECLINED
    assert "Verify another way" in capsys.readouterr().out


# What may be said


def test_a_session_that_is_not_to_be_signed_has_no_token_and_makes_no_key(home: Path) -> None:
    session = verify(ShutRig(), presence_only(), options=SessionOptions(ask=decline, sign=False))
    assert session.verdict.outcome is Outcome.DECLINED
    assert session.token is None
    assert not home.exists()
    assert verify(ShutRig(), presence_only(), options=SessionOptions(ask=decline)).token is not None
    assert home.exists()


def test_a_key_that_is_given_signs_and_no_other_is_made(home: Path, tmp_path: Path) -> None:
    key = load_or_create_device_key(rig="other")
    for file in home.iterdir():
        file.unlink()
    home.rmdir()
    request = presence_only()
    session = verify(ShutRig(), request, options=SessionOptions(ask=decline, key=key))
    assert session.token is not None
    assert verified(session.token, key, request).verdict == session.verdict
    assert not home.exists()


def test_a_recording_is_never_signed_even_if_that_is_asked_for(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="recordings are written with PyAV (extra 'record')")
    with RecordingWriter(TinyRig(), tmp_path / "recording") as recorder:
        list(recorder.frames(recorder.now_s() + 0.2))
    recording = open_recording(RigOptions(recording=tmp_path / "recording"))
    key = load_or_create_device_key()
    session = verify(recording, presence_only(), options=SessionOptions(ask=decline, key=key, sign=True))
    assert session.verdict.outcome is Outcome.DECLINED
    assert session.token is None


@pytest.mark.parametrize(
    ("recorded", "reported", "told"),
    [
        (False, False, "Nothing of your face is kept"),
        (True, False, "a recording of your face"),
        (False, True, "a report with maps measured from your face"),
    ],
)
def test_the_person_is_told_what_is_kept(recorded: bool, reported: bool, told: str, tmp_path: Path) -> None:
    """A recording is told of by the rig that makes it: nobody has to remember to say so."""
    notices: list[ConsentNotice] = []

    def listen(notice: ConsentNotice, /) -> Consent:
        notices.append(notice)
        return Consent.DECLINED

    rig = RecordingWriter(ShutRig(), tmp_path / "recording") if recorded else ShutRig()
    options = SessionOptions(ask=listen, sign=False, keep_trace=reported)
    verify(rig, presence_only(), options=options)
    assert told in notices[0].kept


@pytest.mark.parametrize("rig", [5, None, object()])
def test_what_is_not_a_rig_is_refused_by_name(rig: Any) -> None:
    with pytest.raises(InputError, match="is not a rig"):
        verify(rig, presence_only())


def test_a_reference_that_is_not_there_is_known_before_anything_is_opened_or_made(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match=r"absent\.jpg"):
        verify(ShutRig(), reference=tmp_path / "absent.jpg")
    assert not home.exists()


def test_a_result_that_is_signed_by_a_clock_that_is_behind_says_so_and_stands(home: Path) -> None:
    key = replace(load_or_create_device_key(rig="other"), made_s=time.time() + 86_400)
    session = verify(ShutRig(), presence_only(), options=SessionOptions(ask=decline, key=key))
    assert session.token is not None
    assert [mishap.partition(":")[0] for mishap in session.mishaps] == ["this device's clock is behind"]
    unsigned = verify(ShutRig(), presence_only(), options=SessionOptions(ask=decline, sign=False))
    assert unsigned.mishaps == ()
