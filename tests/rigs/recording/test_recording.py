"""Recordings come back bit for bit, or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lightproof.errors import (
    FrameError,
    InputError,
    LightproofError,
    MissingExtraError,
    RecordingError,
    RigError,
    SessionInterrupted,
)
from lightproof.rigs.protocol import (
    Calibration,
    Frame,
    Geometry,
    PixelFormat,
    Rig,
    RigDescription,
    RigOptions,
)
from lightproof.rigs.recording.rig import RecordingRig, open_rig
from lightproof.rigs.recording.video import packed_pixels
from lightproof.rigs.recording.writer import RecordingWriter
from tests.rigs.tiny_rig import TinyRig

pytest.importorskip("av", reason="recordings need the extra [record]")

FORMATS: tuple[PixelFormat, ...] = ("rgb888", "bgr888", "yuv420", "nv12")


def light(number: int) -> NDArray[np.uint8]:
    return np.arange(12, dtype=np.uint8).reshape(4, 3) + np.uint8(number)


def play(rig: Rig, flips: int = 3) -> list[object]:
    """Run a small session on an open rig and return everything that the rig answered."""
    answers: list[object] = []
    rig.say("hold still")
    for frame in rig.frames(rig.now_s() + 0.2):
        answers.append(copied(frame))
        if len(answers) == 2:
            break
    start_s = rig.now_s() + 0.1
    for number in range(flips):
        answers.append(rig.show(light(number), at_s=start_s + 0.2 * number))
        for frame in rig.frames(start_s + 0.2 * number + 0.19):
            answers.extend([copied(frame), rig.now_s()])
    answers.append(rig.now_s())
    return answers


def copied(frame: Frame) -> tuple[object, ...]:
    stamps = (frame.sensor_time_s, frame.exposure_s, frame.readout_s, frame.metadata)
    return packed_pixels(frame).tobytes(), frame.pixel_format, frame.width, frame.height, *stamps


def record(rig: Rig, directory: Path, session: Callable[[RecordingWriter], object] = play) -> object:
    with RecordingWriter(rig, directory) as recorder:
        return session(recorder)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Return a recording of three illuminations."""
    with RecordingWriter(TinyRig(), tmp_path / "session") as recorder:
        recorder.note("nonce", "00ff")
        play(recorder)
    return tmp_path / "session"


def replay(directory: Path) -> list[object]:
    with RecordingRig(directory) as rig:
        return play(rig)


@given(
    pixel_format=st.sampled_from(FORMATS),
    half_width=st.integers(1, 20),
    half_height=st.integers(1, 20),
    padding=st.integers(0, 4),
    drop_probability=st.sampled_from([0.0, 0.4, 1.0]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_recording_of_any_format_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory,
    pixel_format: PixelFormat,
    half_width: int,
    half_height: int,
    padding: int,
    drop_probability: float,
    seed: int,
) -> None:
    directory = tmp_path_factory.mktemp("recordings") / "session"
    rig = TinyRig(pixel_format, half_width * 2, half_height * 2, padding * 2, drop_probability, seed)
    with RecordingWriter(rig, directory) as recorder:
        recorder.note("seed", [seed, "ä", None, 0.1])
        seen = play(recorder)
    again = RecordingRig(directory)
    with again:
        assert play(again) == seen
    assert again.context == {"seed": [seed, "ä", None, 0.1]}
    assert again.description.kind == "recording"
    assert again.description.calibration == rig.description.calibration
    assert again.description.geometry == rig.description.geometry


def test_an_odd_sized_rgb_frame_is_recorded_without_loss(tmp_path: Path) -> None:
    with RecordingWriter(TinyRig("rgb888", 33, 17, padding=3), tmp_path / "session") as recorder:
        seen = play(recorder)
    assert replay(tmp_path / "session") == seen


def test_a_recording_can_be_played_twice_in_one_process(recorded: Path) -> None:
    rig = RecordingRig(recorded)
    with rig:
        first = play(rig)
    with rig:
        assert play(rig) == first


def test_a_frame_that_the_session_overwrites_is_still_recorded(tmp_path: Path) -> None:
    with RecordingWriter(TinyRig(), tmp_path / "session") as recorder:
        seen = []
        for frame in recorder.frames(recorder.now_s() + 0.5):
            seen.append(frame.image.copy())
            frame.image.fill(0)
    with RecordingRig(tmp_path / "session") as rig:
        again = [frame.image for frame in rig.frames(rig.now_s() + 0.5)]
    assert len(seen) > 10
    assert np.array_equal(seen, again)


def test_the_rig_that_is_recorded_is_opened_shown_and_closed(tmp_path: Path) -> None:
    rig = TinyRig()
    recorder = RecordingWriter(rig, tmp_path / "session")
    assert isinstance(recorder, Rig)
    assert recorder.description == rig.description
    with recorder:
        play(recorder)
    assert (rig.entered, rig.left, rig.said) == (1, 1, ["hold still"])


def test_only_the_owner_can_read_a_recording(recorded: Path) -> None:
    assert stat.S_IMODE(recorded.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in recorded.iterdir()} == {
        "session.json": 0o600,
        "frames.mkv": 0o600,
    }


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SessionInterrupted])
def test_nothing_remains_of_a_session_that_broke_off(tmp_path: Path, error: type[BaseException]) -> None:
    def broken_off(recorder: RecordingWriter) -> None:
        play(recorder)
        raise error

    rig = TinyRig()
    with pytest.raises(error):
        record(rig, tmp_path / "session", broken_off)
    assert list(tmp_path.iterdir()) == []
    assert rig.left == 1


def test_nothing_stands_under_the_name_before_the_session_is_over(tmp_path: Path) -> None:
    with RecordingWriter(TinyRig(), tmp_path / "session") as recorder:
        play(recorder)
        assert not (tmp_path / "session").exists()
        (draft,) = tmp_path.iterdir()
        assert stat.S_IMODE(draft.stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["session"]


def test_a_directory_that_holds_something_is_never_written_to(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("mine")
    rig = TinyRig()
    with pytest.raises(RecordingError, match="not an empty directory"), RecordingWriter(rig, tmp_path):
        pass
    assert rig.entered == 0
    assert [path.name for path in tmp_path.iterdir()] == ["diary"]


def test_an_empty_directory_is_filled(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    with RecordingWriter(TinyRig(), tmp_path / "session") as recorder:
        seen = play(recorder)
    assert replay(tmp_path / "session") == seen


def test_a_place_that_cannot_be_written_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(RecordingError, match=r"file/session cannot be written"),
        RecordingWriter(TinyRig(), tmp_path / "file" / "session"),
    ):
        pass


def test_a_rig_that_does_not_open_leaves_nothing_behind(tmp_path: Path) -> None:
    class Broken(TinyRig):
        def __enter__(self) -> Broken:
            raise RigError("no")

    with pytest.raises(RigError), RecordingWriter(Broken(), tmp_path / "session"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_is_entered_again_is_refused_and_goes_on(tmp_path: Path) -> None:
    rig = TinyRig()
    with RecordingWriter(rig, tmp_path / "session") as recorder:
        recorder.note("nonce", "00ff")
        seen = play(recorder, flips=1)
        with pytest.raises(RigError, match="session is open already; enter it once"), recorder:
            pass
        seen += [recorder.show(light(1)), recorder.now_s()]
    assert (rig.entered, rig.left) == (1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["session"]
    with RecordingRig(tmp_path / "session") as again:
        assert [*play(again, flips=1), again.show(light(1)), again.now_s()] == seen
        assert again.context == {"nonce": "00ff"}


def test_a_session_that_enters_an_open_recording_leaves_nothing_behind(tmp_path: Path) -> None:
    def verify_in(recorder: RecordingWriter) -> None:
        with recorder:
            play(recorder)

    rig = TinyRig()
    with pytest.raises(RigError, match="open already"):
        record(rig, tmp_path / "session", verify_in)
    assert (rig.entered, rig.left) == (1, 1)
    assert list(tmp_path.iterdir()) == []


class NumpyRig(TinyRig):
    """A rig that measures in NumPy, as a third party's may."""

    @property
    def description(self) -> RigDescription:
        return RigDescription(
            "numpy",
            "other",
            Geometry((np.float64(0.3), np.float32(0.25)), (np.float64(0.0), 0.1, 0.0), np.float64(900.5)),  # type: ignore[arg-type]
            Calibration(np.float64(0.05), tuple(tuple(row) for row in np.eye(3))),  # type: ignore[arg-type]
            np.float64(30.0),
            np.int64(60),  # type: ignore[arg-type]
        )

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        return np.float64(super().show(illumination, at_s))


def test_a_rig_that_measures_in_numpy_is_recorded(tmp_path: Path) -> None:
    rig = NumpyRig()
    with RecordingWriter(rig, tmp_path / "session") as recorder:
        seen = play(recorder)
    again = RecordingRig(tmp_path / "session")
    with again:
        assert play(again) == seen
    assert again.description == dataclasses.replace(rig.description, kind="recording")
    assert type(again.description.calibration.latency_s) is float


@pytest.mark.parametrize("latency_s", [np.zeros(2), float("nan"), b"soon", "soon", True, object()])
def test_a_rig_whose_words_cannot_be_written_is_to_be_mended(tmp_path: Path, latency_s: Any) -> None:
    class Odd(TinyRig):
        @property
        def description(self) -> RigDescription:
            return dataclasses.replace(super().description, calibration=Calibration(latency_s))

    with pytest.raises(
        RecordingError,
        match=r"(a number that is not finite|what the rig says of itself cannot be written .*); mend the rig",
    ):
        record(Odd(), tmp_path / "session")
    assert list(tmp_path.iterdir()) == []


def test_a_session_without_a_frame_is_a_recording(tmp_path: Path) -> None:
    with RecordingWriter(TinyRig(), tmp_path / "session") as recorder:
        flip_s = recorder.show(light(0))
    with RecordingRig(tmp_path / "session") as rig:
        assert rig.show(light(0)) == flip_s
        assert list(rig.frames(flip_s + 1)) == []


def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    def fill(recorder: RecordingWriter) -> None:
        play(recorder)
        (draft,) = tmp_path.iterdir()
        (draft / "session.json").mkdir()  # where the file should go

    with pytest.raises(RecordingError, match="cannot be completed"):
        record(TinyRig(), tmp_path / "session", fill)
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_in_mid_session_is_refused(tmp_path: Path) -> None:
    rig = TinyRig()

    def grow(recorder: RecordingWriter) -> None:
        for _ in recorder.frames(recorder.now_s() + 1):
            rig.size = (10, 6)

    with pytest.raises(FrameError, match="10x6 rgb888 came after frames of 8x6"):
        record(rig, tmp_path / "session", grow)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (Frame(np.zeros((6, 8, 3), np.uint8), "rgb888", 9, 6, 0, 0, 0), "shape"),
        (Frame(np.zeros((6, 8, 3), np.float32), "rgb888", 8, 6, 0, 0, 0), "float32"),
        (Frame(np.zeros((9, 6), np.uint8), "nv12", 8, 6, 0, 0, 0), "stride"),
        (Frame(np.zeros((9, 9), np.uint8), "yuv420", 8, 6, 0, 0, 0), "even stride"),
        (Frame(np.zeros((9, 8), np.uint8), "yuv420", 7, 6, 0, 0, 0), "odd side"),
        (Frame(np.zeros((6, 8), np.uint8), "grey", 8, 6, 0, 0, 0), "known format"),  # type: ignore[arg-type]
    ],
)
def test_a_malformed_frame_is_refused_by_name(frame: Frame, complaint: str) -> None:
    with pytest.raises(FrameError, match=complaint):
        packed_pixels(frame)


def test_a_note_that_is_no_json_is_refused_by_name(tmp_path: Path) -> None:
    recorder = RecordingWriter(TinyRig(), tmp_path / "session")
    with pytest.raises(InputError, match="note 'seed'"):
        recorder.note("seed", b"\0")
    with pytest.raises(InputError, match="note 'rate'"):
        recorder.note("rate", float("nan"))


def test_another_challenge_cannot_be_played_on_a_recording(recorded: Path) -> None:
    with RecordingRig(recorded) as rig, pytest.raises(RecordingError, match="another challenge"):
        rig.show(light(7))


def test_a_session_that_goes_on_after_the_recording_is_refused(recorded: Path) -> None:
    with RecordingRig(recorded) as rig:
        play(rig)
        with pytest.raises(RecordingError, match="ends after 3 illuminations"):
            rig.show(light(3))


def test_time_still_passes_after_the_end_of_a_recording(recorded: Path) -> None:
    with RecordingRig(recorded) as rig:
        play(rig)
        end_s = rig.now_s()
        assert list(rig.frames(end_s + 5)) == []
        assert rig.now_s() == end_s + 5


def test_a_session_that_asks_otherwise_gets_every_frame_after_its_own_flip(recorded: Path) -> None:
    with RecordingRig(recorded) as rig:
        waiting = [frame.sensor_time_s for frame in rig.frames(np.inf)]
        flip_s = rig.show(light(0))
        first = [frame.sensor_time_s for frame in rig.frames(np.inf)]
        assert rig.show(light(1)) > flip_s  # no look at the frames in between
        rig.show(light(2))
        last = [frame.sensor_time_s for frame in rig.frames(np.inf)]
    assert len(waiting) == 2
    assert min(first) > flip_s - 0.03
    assert min(last) > max(first)


def test_a_closed_recording_yields_nothing(recorded: Path) -> None:
    with pytest.raises(RigError, match="context manager"):
        RecordingRig(recorded).show(light(0))


def test_the_recording_rig_opens_by_options_and_needs_a_directory(recorded: Path) -> None:
    assert open_rig(RigOptions(recording=recorded)).description.name == "tiny"
    assert open_rig(RigOptions(subject=recorded)).description.name == "tiny"
    with pytest.raises(RecordingError, match="needs a recording"):
        open_rig(RigOptions())


def test_a_recording_has_no_settings(recorded: Path) -> None:
    with pytest.raises(InputError, match="setting 'response' is unknown"):
        open_rig(RigOptions(recording=recorded, settings={"response": "0.1"}))


def test_without_pyav_a_recording_names_the_extra(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"lightproof\[record\]"):
        replay(recorded)
    with pytest.raises(MissingExtraError, match=r"lightproof\[record\]"):
        record(TinyRig(), tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["session"]


def test_a_directory_without_a_recording_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"session\.json \(No such file or directory\)"):
        RecordingRig(tmp_path)


def test_a_session_file_cut_at_any_byte_is_refused(recorded: Path) -> None:
    path = recorded / "session.json"
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(RecordingError):
            RecordingRig(recorded)


def test_a_video_cut_short_is_refused_before_a_frame_is_played(recorded: Path) -> None:
    os.truncate(recorded / "frames.mkv", (recorded / "frames.mkv").stat().st_size - 1)
    with pytest.raises(RecordingError, match=r"frames\.mkv is not the video"):
        RecordingRig(recorded)


def test_a_missing_video_is_refused_by_name(recorded: Path) -> None:
    (recorded / "frames.mkv").unlink()
    with pytest.raises(RecordingError, match=r"frames\.mkv \(No such file or directory\)"):
        RecordingRig(recorded)


def test_a_video_cut_at_any_byte_is_refused_even_if_its_digest_was_forged(recorded: Path) -> None:
    whole = (recorded / "frames.mkv").read_bytes()
    complete = replay(recorded)
    refused = 0
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        forge_video(recorded, whole[:length])
        try:
            # What follows the last frame, an index, may be lost without a loss.
            assert replay(recorded) == complete
        except RecordingError:
            refused += 1
    assert refused > 50


def test_a_damaged_picture_is_never_played_even_if_the_digest_was_forged(recorded: Path) -> None:
    whole = (recorded / "frames.mkv").read_bytes()
    complete = replay(recorded)
    refused = 0
    for offset in range(0, len(whole), max(1, len(whole) // 120)):
        forge_video(recorded, whole[:offset] + bytes([whole[offset] ^ 0x10]) + whole[offset + 1 :])
        try:
            assert replay(recorded) == complete
        except RecordingError:
            refused += 1
    assert refused > 80


def test_more_pictures_than_stamps_are_refused(recorded: Path) -> None:
    document = json.loads((recorded / "session.json").read_text())
    stamps = [number for number, event in enumerate(document["events"]) if event["event"] == "frame"]
    del document["events"][stamps[-1]]
    (recorded / "session.json").write_text(json.dumps(document))
    with pytest.raises(RecordingError, match="more pictures than the"):
        replay(recorded)


def test_fewer_pictures_than_stamps_are_refused(recorded: Path) -> None:
    document = json.loads((recorded / "session.json").read_text())
    document["events"].append(next(event for event in document["events"] if event["event"] == "frame"))
    document["events"][-1] = document["events"][-1] | {"clock_s": 1e6}
    (recorded / "session.json").write_text(json.dumps(document))
    with RecordingRig(recorded) as rig:
        for number in range(3):
            rig.show(light(number))
        with pytest.raises(RecordingError, match="fewer pictures than the"):
            list(rig.frames(np.inf))


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (_set("version", to=2), "format must be"),
        (lambda document: document.pop("version"), r"session\.json lacks version"),
        (lambda document: document["events"][0].pop("clock_s"), r"events\[0\] lacks clock_s"),
        (_set("context", to=[]), "context must be an object"),
        (_set("events", to={}), "events must be a list"),
        (_set("events", 0, to=5), r"events\[0\] is not a JSON object"),
        (_set("events", 0, "event", to="dance"), "event must be one of"),
        (_set("events", 0, "clock_s", to=1e9), "clock goes back"),
        (_set("events", 0, "clock_s", to=True), "clock_s must be a finite number"),
        (_set("events", 0, "clock_s", to=10**400), "clock_s must be a finite number"),
        (_set("description", "kind", to="toaster"), "kind must be one of"),
        (_set("description", "geometry", "screen_m", to=[1]), "screen_m must be a list of 2 numbers"),
        (_set("description", "calibration", "mixing", to=[1, 2, 3]), "mixing must be a list of 3 numbers"),
        (_set("description", "calibration", "mixing", to=[[1, 0, 0]]), "mixing must be a list of 3 numbers"),
        (_set("description", "refresh_hz", to=-1), "refresh_hz must be a number from 1 to 1000"),
        (_set("description", "refresh_hz", to=0), "refresh_hz must be a number from 1 to 1000"),
        (_set("description", "refresh_hz", to=1e300), "refresh_hz must be a number from 1 to 1000"),
        (_set("description", "frame_rate_hz", to=1e9), "frame_rate_hz must be a number from 0 to 1000"),
        (_set("video", to=None), "video must be an object"),
        (_set("video", "width", to=10**9), "width must be a whole number"),
        (_set("video", "width", to=6), "holds no FFV1 video of 6x6"),
        (_set("video", "pixel_format", to="nv12"), "holds a picture of"),
        (_set("video", "pixel_format", to="cmyk"), "pixel_format must be one of"),
        (_set("video", "sha256", to="00"), "64 hexadecimal digits"),
    ],
)
def test_an_inconsistent_session_file_is_refused_by_name(
    recorded: Path, change: Callable[[Any], None], complaint: str
) -> None:
    document = json.loads((recorded / "session.json").read_text())
    change(document)
    (recorded / "session.json").write_text(json.dumps(document))
    with pytest.raises(RecordingError, match=complaint):
        replay(recorded)


def test_no_key_of_a_session_file_may_be_missing_but_what_older_recordings_lack(recorded: Path) -> None:
    whole = json.loads((recorded / "session.json").read_text())
    del whole["events"][next(i for i, event in enumerate(whole["events"]) if event["event"] == "frame") + 1 :]
    (recorded / "session.json").write_text(json.dumps(whole))
    RecordingRig(recorded)
    keys = {path for path in places(whole) if isinstance(path[-1], str) and path[0] != "context"}
    accepted = set()
    for path in keys:
        document = json.loads(json.dumps(whole))
        _remove(document, path)
        (recorded / "session.json").write_text(json.dumps(document))
        if complaint := _complaint(recorded):
            assert f"lacks {path[-1]};" in complaint, path
        else:
            accepted.add(path)
    assert {path[-1] for path in accepted} == {
        *("yuv_matrix", "yuv_range"),
        *("arrived_s", "spread_s", "delivery_s", "delivery_spread_s"),
    }


@given(content=st.binary(max_size=200) | st.text(max_size=50).map(str.encode) | st.just(b"[" * 100_000))
@settings(max_examples=50, deadline=None)
def test_no_bytes_crash_the_loader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    directory = tmp_path_factory.mktemp("noise")
    (directory / "session.json").write_bytes(content)
    with pytest.raises(RecordingError):
        RecordingRig(directory)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_no_change_of_a_session_file_crashes_the_loader(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("changed") / "session"
    with RecordingWriter(TinyRig(), directory) as recorder:
        play(recorder, flips=1)
    document = json.loads((directory / "session.json").read_text())
    path = data.draw(st.sampled_from(list(places(document))))
    _set(*path, to=data.draw(JSON))(document)
    (directory / "session.json").write_text(json.dumps(document))
    with contextlib.suppress(LightproofError), RecordingRig(directory) as rig:
        play(rig, flips=1)


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def _complaint(directory: Path) -> str:
    try:
        RecordingRig(directory)
    except RecordingError as error:
        return str(error)
    return ""


def _remove(document: Any, path: tuple[str | int, ...]) -> None:
    for key in path[:-1]:
        document = document[key]
    del document[path[-1]]


def forge_video(directory: Path, content: bytes) -> None:
    (directory / "frames.mkv").write_bytes(content)
    document = json.loads((directory / "session.json").read_text())
    document["video"]["sha256"] = hashlib.sha256(content).hexdigest()
    (directory / "session.json").write_text(json.dumps(document))
