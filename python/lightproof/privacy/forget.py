"""Forgetting: pictures and embeddings are overwritten in place when a session ends, even badly."""

from __future__ import annotations

from traceback import clear_frames
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class Forgettable(Protocol):
    """Something that holds biometric data and can overwrite all of it."""

    def forget(self) -> None:
        """Overwrite all biometric data held. May be called more than once."""
        ...


Kept = TypeVar("Kept", bound="NDArray[Any] | bytearray | Forgettable")


def overwrite(memory: NDArray[Any] | bytearray) -> None:
    """Fill an array of numbers, or a bytearray, with zeros in place.

    A view overwrites the part of its base that it shows. An array whose memory was locked only by its own
    flag is unlocked first.

    Raises:
        ValueError: the memory cannot be written to (it belongs to immutable bytes, for example), so that the
            caller who believes it forgotten learns that it is not.
    """
    if isinstance(memory, bytearray):
        memory[:] = bytes(len(memory))
        return
    if not memory.flags.writeable:
        try:
            memory.setflags(write=True)
        except ValueError as error:
            raise ValueError(
                "cannot overwrite an array that borrows read-only memory: "
                "hold the data in an array that owns its memory"
            ) from error
    memory.fill(0)


class BiometricScope:
    """A context in which biometric data may be held; leaving it, on any way, overwrites everything kept.

    Example::

        with BiometricScope() as session:
            picture = session.keep(load_picture(path))
            session.drop(picture)                # sooner than the end
        # here every array is zero, also if the body raised
    """

    def __init__(self) -> None:
        self._kept: list[NDArray[Any] | bytearray | Forgettable] = []

    def keep(self, thing: Kept) -> Kept:
        """Register an array, a bytearray or an object with ``forget()``; return it."""
        self._kept.append(thing)
        return thing

    def drop(self, thing: NDArray[Any] | bytearray | Forgettable) -> None:
        """Overwrite one kept thing now and stop keeping it.

        Something that was never kept is overwritten too.
        """
        self._kept = [kept for kept in self._kept if kept is not thing]
        _forget(thing)

    def forget(self) -> None:
        """Overwrite everything kept, newest first; one that fails does not spare the others.

        Raises:
            ExceptionGroup: what failed, after everything else has been overwritten.
        """
        failures: list[Exception] = []
        while self._kept:
            try:
                _forget(self._kept.pop())
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("some biometric data could not be overwritten", failures)

    def __len__(self) -> int:
        return len(self._kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        try:
            self.forget()
        finally:
            _clear_variables(error)


def _clear_variables(error: BaseException | None) -> None:
    """Let go of what the calls that ended held in their variables, which live as long as the error does."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _forget(thing: NDArray[Any] | bytearray | Forgettable) -> None:
    if isinstance(thing, (np.ndarray, bytearray)):
        overwrite(thing)
    else:
        thing.forget()
