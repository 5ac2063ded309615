"""Which errors are the caller's own: what an option was given cannot be used, and nothing was touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from lightproof.cli.terminal import plain
from lightproof.errors import InputError, LightproofError


@contextmanager
def wrong_usage(option: str, *kinds: type[LightproofError]) -> Iterator[None]:
    """Turn errors of the body into wrong usage of an option.

    Args:
        option: what was given, such as ``--set``.
        kinds: these and what inherits from them; if none, :class:`InputError` itself, and not what inherits
            from it: a file that turns out damaged is no wrong usage.

    Raises:
        typer.BadParameter: such an error was raised.
    """
    try:
        yield
    except LightproofError as error:
        if isinstance(error, kinds) if kinds else type(error) is InputError:
            raise typer.BadParameter(plain(str(error)), param_hint=option) from error
        raise
