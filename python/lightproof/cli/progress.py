"""What the person at the terminal sees while a session runs; all of it goes to standard error."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType, TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from lightproof.cli.terminal import console as quiet_console
from lightproof.session import Step
from lightproof.verdict import REASONS, ReasonCode

LABELS: Mapping[Step, str] = MappingProxyType(
    {
        Step.REQUEST: "drawing the challenge",
        Step.CONSENT: "asking for consent",
        Step.REFERENCE: "reading the reference",
        Step.POSITION: "looking for the face",
        Step.CHALLENGE: "playing the light, hold still",
        Step.EVIDENCE: "reading the light on the face",
        Step.MATCH: "comparing the faces",
        Step.VERDICT: "deciding",
        Step.RESULT: "signing the result",
        Step.FORGET: "forgetting",
    }
)


class Progress:
    """Names the step that is going on in one changing line. Only on a terminal: logs hold what matters.

    Example::

        with Progress() as progress:
            verify(..., on_step=progress.step, on_hint=progress.hint)
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or quiet_console(stderr=True)
        self._status: Status | None = None
        self._hint: ReasonCode | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        self._stop()

    def step(self, step: Step) -> None:
        """Name a step that begins.

        Nothing moves while consent is asked for: the question has the terminal.
        """
        self._hint = None
        if step is Step.CONSENT:
            self._stop()
        else:
            self.show(f"{step}: {LABELS[step]}")

    def show(self, line: str) -> None:
        """Show one line in place of the last one."""
        if self._status is None:
            # Shows nothing where there is no terminal. The usual spinner turns in characters beyond ASCII.
            spinner = "dots" if self._console.encoding.startswith("utf") else "line"
            self._status = self._console.status(Text(line), spinner=spinner)
            self._status.start()
        else:
            self._status.update(Text(line))

    def hint(self, code: ReasonCode) -> None:
        """Say what to do to get into position; the same advice is not repeated."""
        if code is not self._hint:
            self._hint = code
            self._console.print(REASONS[code].remedy)

    def _stop(self) -> None:
        status, self._status = self._status, None
        if status is not None:
            status.stop()


@contextmanager
def unwinding_when_asked_to_end() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end the session by unwinding it, so that it still forgets and tidies up.

    Raises:
        KeyboardInterrupt: one of the signals came.
    """
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    # Windows has no SIGHUP.
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What is ignored, as Ctrl-C in the background of a shell script and SIGHUP under nohup, stays ignored.
    heeded = [number for number in signals if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, signal.default_int_handler) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
