"""A session in a process of its own that notes what passes through it, ends in some way, and waits.

Its memory is then read from outside (:mod:`tests.privacy.memory_of_a_process`). Of every eighth frame it
writes some bytes to a file: of the rig's memory, of the picture, of the cells and of the mesh. They go there
straight from where they lie, so that noting them leaves no copy.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.consent import Consent
from lightproof.policy import MIN_DECOYS, Policy
from lightproof.presence.reader import FaceReader, FaceSample
from lightproof.request import Request
from lightproof.rigs.protocol import Frame, PixelFormat, Rig, RigDescription, RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verification import verify

CANARY_BYTES = 32
EVERY_FRAMES = 8
ENDS = ("result", "exception", "ctrl_c", "terminated")
ENDS_AT_FRAME = 32
"""After the position step, while the light plays."""
SEED = 11


class CodedRig:
    """A rig whose frames are coded in another format, as those of other cameras are."""

    def __init__(self, rig: Rig, pixel_format: PixelFormat) -> None:
        self._rig, self._format = rig, pixel_format

    @property
    def description(self) -> RigDescription:
        return self._rig.description

    def __enter__(self) -> Self:
        self._rig.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._rig.__exit__(kind, error, traceback)

    def now_s(self) -> float:
        return self._rig.now_s()

    def show(self, illumination: NDArray[np.uint8], at_s: float | None = None) -> float:
        return self._rig.show(illumination, at_s)

    def frames(self, until_s: float) -> Iterator[Frame]:
        for frame in self._rig.frames(until_s):
            image = coded(frame.image, self._format)
            if image is not frame.image:
                frame.image.fill(0)
            yield replace(frame, image=image, pixel_format=self._format)

    def say(self, message: str) -> None:
        self._rig.say(message)


def coded(rgb: NDArray[np.uint8], pixel_format: PixelFormat) -> NDArray[np.uint8]:
    """Return an RGB picture in a format; 4:2:0 is OpenCV's, of limited range."""
    if pixel_format == "rgb888":
        return rgb
    if pixel_format == "bgr888":
        return np.ascontiguousarray(rgb[..., ::-1])
    planar = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8)
    if pixel_format == "yuv420":
        return planar
    height, width = rgb.shape[:2]
    chroma = planar[height:].reshape(2, -1)
    planar[height:] = np.ascontiguousarray(chroma.T).reshape(height // 2, width)
    return planar


class Noting:
    """Reads as the reader does, notes canaries, and ends the session where it is asked to."""

    def __init__(self, file: int, ends: str) -> None:
        self._file, self._ends = file, ends
        self._read = FaceReader.read
        self._frames = 0

    def read(self, reader: FaceReader, frame: Frame) -> FaceSample:
        sample = self._read(reader, frame)
        self._frames += 1
        if self._frames % EVERY_FRAMES == 0:
            for name, array in (
                ("frame", frame.image),
                ("picture", sample.rgb),
                ("cells", sample.cells),
                ("mesh", np.zeros(0) if sample.face is None else sample.face.points),
            ):
                self._note(f"{name} {self._frames}", array)
        if self._frames == ENDS_AT_FRAME:
            if self._ends == "exception":
                raise RuntimeError("the camera's driver failed")
            if self._ends == "ctrl_c":
                os.kill(os.getpid(), signal.SIGINT)
            if self._ends == "terminated":
                os.kill(os.getpid(), signal.SIGTERM)
        return sample

    def _note(self, name: str, array: NDArray[Any]) -> None:
        memory = array.reshape(-1).view(np.uint8).data
        middle = len(memory) // 2 & ~0xF
        if len(memory) >= middle + CANARY_BYTES > CANARY_BYTES:
            os.writev(self._file, [f"{name:32}".encode("ascii"), memory[middle : middle + CANARY_BYTES]])


def read_into_own_memory(path: Path) -> bytearray:
    """Return the content of a file in memory that can be overwritten."""
    content = bytearray(path.stat().st_size)
    with path.open("rb", buffering=0) as file:
        file.readinto(content)
    return content


def leave(*_: object) -> None:
    """End the process in order, as services do when they are told to stop."""
    raise SystemExit(143)


def leave_everything_as_it_is(patch: pytest.MonkeyPatch) -> None:
    """Switch off all overwriting, to show that the test notices."""
    from lightproof import calibration, verification
    from lightproof.face.runtime import Network
    from lightproof.presence import reader
    from lightproof.privacy import forget

    patch.setattr(reader, "overwrite", lambda _: None)
    patch.setattr(forget, "overwrite", lambda _: None)
    patch.setattr(Network, "forget", lambda _: None)
    for module in (verification, calibration):
        patch.setattr(module, "private_process", nullcontext)


def main() -> None:
    """Run the session and wait until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("canaries", type=Path)
    parser.add_argument("--format", choices=get_args(PixelFormat), default="rgb888")
    parser.add_argument("--ends", choices=ENDS, default="result")
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--unwiped", action="store_true")
    arguments = parser.parse_args()
    patch = pytest.MonkeyPatch()
    if arguments.unwiped:
        leave_everything_as_it_is(patch)
    file = os.open(arguments.canaries, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    noting = Noting(file, arguments.ends)
    patch.setattr(FaceReader, "read", lambda reader, frame: noting.read(reader, frame))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, leave)
    rig = CodedRig(open_rig(RigOptions(seed=SEED, settings={"response": "0.1"})), arguments.format)
    options = SessionOptions(sign=False, entropy=Entropy.from_seed(SEED), ask=lambda _: Consent.GIVEN)
    drawn = Request.fresh(policy=Policy(decoys=MIN_DECOYS))
    request = replace(drawn, nonce=hashlib.sha256(b"canaries").digest())
    ended: object
    try:
        ended = verify(rig, request, reference=read_into_own_memory(arguments.reference), options=options)
        print(ended.verdict.outcome, flush=True)
    except (RuntimeError, KeyboardInterrupt, SystemExit) as error:
        ended = error  # whoever logs it keeps it, and its traceback
        print(type(error).__name__, flush=True)
    sys.stdin.read()
    del ended


if __name__ == "__main__":
    main()
