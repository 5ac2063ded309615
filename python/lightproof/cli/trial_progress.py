"""How far an evaluation is, on standard error: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from lightproof.cli.terminal import console, tell

OnProgress: TypeAlias = Callable[[int, int], None]
"""Told how many trials are finished, and of how many."""

_LINES: Final = 10
"""In a log, from nothing to everything."""


@contextmanager
def trial_progress() -> Iterator[OnProgress]:
    """Show a bar while trials run; where there is no terminal, a line at each tenth of them."""
    shown = console(stderr=True)
    if not shown.is_terminal:
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=shown) as bar:
        task = bar.add_task("trials", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines() -> OnProgress:
    told = 0

    def on_progress(done: int, total: int) -> None:
        nonlocal told
        reached = _LINES * done // total
        if reached > told:
            told = reached
            tell(f"trials {done} of {total} ({100 * done // total} %)")

    return on_progress
