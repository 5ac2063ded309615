"""Places that the command line names for files: they are tried before anything is done for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from lightproof.cli.terminal import plain
from lightproof.files import require_writable


def require_place(path: Path, option: str) -> None:
    """Refuse a place where no file can be made.

    Raises:
        typer.BadParameter: its folder is missing or cannot be written to, or it is a folder itself;
            ``option`` named it.
    """
    with _refused(path, option):
        require_writable(path)


def require_new_folder(path: Path, option: str) -> None:
    """Refuse a folder that holds something, or that could not be made.

    Raises:
        typer.BadParameter: so it is; ``option`` named it.
    """
    with _refused(path, option):
        if path.exists() and any(path.iterdir()):
            raise typer.BadParameter(plain(f"{path} is not empty; name a new folder"), param_hint=option)
        parents = path.absolute().parents
        require_writable(next(parent for parent in parents if parent.exists()) / path.name)


@contextmanager
def _refused(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise typer.BadParameter(
            plain(f"{path} cannot be written: {error.strerror or error}; choose another place"),
            param_hint=option,
        ) from error
