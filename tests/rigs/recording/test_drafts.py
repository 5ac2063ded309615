"""A recording whose process was killed is deleted by the next one, and by doctor: it shows a face."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lightproof import cli
from lightproof.errors import RecordingError
from lightproof.rigs.recording.drafts import NOTES_FOLDER, delete_drafts_left_behind, make_draft

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no process is killed by a signal there")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LIGHTPROOF_HOME", str(folder))
    return folder


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """Return the draft of a recording that was killed in the middle."""
    pytest.importorskip("av", reason="recordings are written with PyAV (extra 'record')")
    program = """
        import os, signal, sys
        from pathlib import Path
        from lightproof.rigs.recording import RecordingWriter
        from tests.rigs.tiny_rig import TinyRig
        with RecordingWriter(TinyRig(), Path(sys.argv[1]) / "session") as recorder:
            for number, frame in enumerate(recorder.frames(until_s=1e9)):
                if number == 3:
                    os.kill(os.getpid(), signal.SIGKILL)
    """
    folder = tmp_path / "recordings"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), folder],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    (draft,) = folder.iterdir()
    assert draft.name.startswith(".session.")
    return draft


def test_the_next_recording_deletes_it_wherever_it_is(left: Path, tmp_path: Path) -> None:
    draft = make_draft(tmp_path / "elsewhere" / "session")
    assert not left.exists()
    assert stat.S_IMODE(draft.folder.stat().st_mode) == 0o700
    draft.delete()


def test_doctor_deletes_it_and_says_so(left: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["doctor"])
    assert not left.exists()
    assert left.name in capsys.readouterr().out
    cli.main(["doctor"])
    assert "none was left unfinished" in capsys.readouterr().out


def test_a_recording_that_goes_on_is_left_alone_and_its_end_leaves_no_note(
    home: Path, tmp_path: Path
) -> None:
    draft = make_draft(tmp_path / "session")
    assert delete_drafts_left_behind() == []
    assert draft.folder.is_dir()
    draft.delete()
    assert not draft.folder.exists()
    assert list((home / NOTES_FOLDER).iterdir()) == []


def test_a_note_that_was_meddled_with_deletes_nothing(home: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary.partial"
    diary.mkdir()
    (home / NOTES_FOLDER).mkdir(parents=True)
    (home / NOTES_FOLDER / "0123456789abcdef.txt").write_bytes(os.fsencode(diary))
    assert delete_drafts_left_behind() == []
    assert diary.is_dir()


def test_without_a_place_for_notes_nothing_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(RecordingError, match="cannot be written"):
        make_draft(tmp_path / "session")
    assert not (tmp_path / "session").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
