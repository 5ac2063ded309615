"""A real X server without a monitor whose pixels can be read: Xvfb keeps its frame buffer in a file."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

SIZE = (640, 480)
_END_TIMEOUT_S = 60


@dataclass(frozen=True)
class VirtualScreen:
    """A running X server: its ``DISPLAY`` and the file of its frame buffer."""

    display: str
    buffer: Path

    def pixels(self) -> NDArray[np.uint8]:
        """Return what the screen shows now as RGB, shape (height, width, 3)."""
        raw = np.fromfile(self.buffer, np.uint8)
        header = raw[:100].view(">u4")  # XWDFile.h, file version 7: big-endian words
        start = int(header[0] + header[19] * 12)  # header_size, ncolors
        width, height, stride = int(header[4]), int(header[5]), int(header[12])
        rows = raw[start : start + stride * height].reshape(height, stride)
        return rows[:, : width * 4].reshape(height, width, 4)[..., 2::-1]


@contextmanager
def virtual_screen(directory: Path) -> Iterator[VirtualScreen]:
    """Start Xvfb on a free display; skip the test where it is absent, fail where CI wants it."""
    if shutil.which("Xvfb") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Xvfb is not installed; apt-get install xvfb")
        pytest.skip("Xvfb is not installed")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp",
         "-fbdir", str(directory), "-noreset"],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write_end)
    try:
        with open(read_end, encoding="ascii") as answer:
            number = answer.readline().strip()
        if not number:
            pytest.fail("Xvfb did not start")
        yield VirtualScreen(f":{number}", directory / "Xvfb_screen0")
    finally:
        server.terminate()
        server.wait(_END_TIMEOUT_S)
