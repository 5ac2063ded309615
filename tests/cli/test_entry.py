"""Ctrl-C before anything has begun is quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S, hear_ctrl_c

SLOW = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
for _ in range(10**9):
    pass
"""
"""A module that is interrupted while it loads."""


def started(folder: Path, *code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)])}
    return subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        env=environment,
        preexec_fn=hear_ctrl_c,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_an_interrupt_while_modules_load_ends_with_130_and_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text(SLOW)
    done = started(tmp_path, "import sys", "from lightproof.entry import main", "sys.exit(main())")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_of_a_session_unwinds_it_even_while_a_module_loads(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    done = started(
        tmp_path,
        "from lightproof import cli",
        "from lightproof.cli.progress import unwinding_when_asked_to_end",
        "from lightproof.entry import main",
        "def session():",
        "    with unwinding_when_asked_to_end():",
        "        try:",
        "            import slow",
        "        except KeyboardInterrupt:",
        "            print('tidied up')",
        "    return 1",
        "cli.main = session",
        "raise SystemExit(main())",
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "tidied up\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to ignore")
def test_an_interrupt_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    done = started(
        tmp_path,
        "import signal",
        "signal.signal(signal.SIGINT, signal.SIG_IGN)",
        "from lightproof import cli",
        "from lightproof.entry import main",
        "cli.main = lambda: 0 if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else 1",
        "raise SystemExit(main())",
    )
    assert done.returncode == 0


def test_an_interrupt_before_any_command_has_begun_ends_with_130_and_without_a_word(tmp_path: Path) -> None:
    done = started(
        tmp_path,
        "import os, signal",
        "from lightproof import cli",
        "from lightproof.entry import main",
        "cli.main = lambda: os.kill(os.getpid(), signal.SIGINT) or 0",
        "raise SystemExit(main())",
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
