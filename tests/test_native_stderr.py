"""Compiled libraries write nothing to the standard error of whoever uses Lightproof from Python."""

from __future__ import annotations

import contextlib
import os
import sys

import cv2
import numpy as np
import pytest

from lightproof.errors import PictureError
from lightproof.face.networks import load_networks
from lightproof.native_stderr import quiet_libraries
from lightproof.references.picture import load_picture


def test_loading_the_networks_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    load_networks()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_a_damaged_picture_costs_no_line(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (99, 99, 3), np.uint8)
    content = bytearray(cv2.imencode(kind, noise)[1].tobytes())
    content[len(content) // 2] ^= 99
    with contextlib.suppress(PictureError):
        load_picture(content)
    assert capfd.readouterr().err == ""


def test_lines_of_libraries_are_dropped_and_all_others_come_out(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_libraries():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"Corrupt JPEG data: 3 extraneous bytes before marker 0xd9\n")
        os.write(2, b"[ WARN:0@0.042] global grfmt_png.cpp:793 PNG input buffer is incomplete\n")
        print("a line of Python", file=sys.stderr)
        with quiet_libraries():
            os.write(2, b"a line of somebody else\n")
    print("afterwards", file=sys.stderr)
    assert capfd.readouterr().err == "a line of Python\na line of somebody else\nafterwards\n"


def test_an_error_of_the_body_comes_through_and_standard_error_is_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ZeroDivisionError), quiet_libraries():
        _ = 1 // 0
    os.write(2, b"back\n")
    assert capfd.readouterr().err == "back\n"
