"""BiometricScope: what was kept is zero afterwards, however the session ended."""

from __future__ import annotations

from traceback import walk_tb

import numpy as np
import pytest

from lightproof.privacy.forget import BiometricScope, overwrite


def test_an_array_is_overwritten_in_place_also_where_it_is_a_view() -> None:
    base = np.arange(12, dtype=np.float32).reshape(3, 4) + 1
    overwrite(base[:, ::2])
    assert not base[:, ::2].any()
    assert base[:, 1::2].all()


def test_a_locked_array_is_unlocked_and_a_bytearray_emptied_of_meaning() -> None:
    locked = np.ones(4)
    locked.setflags(write=False)
    overwrite(locked)
    assert not locked.any()
    memory = bytearray(b"face")
    overwrite(memory)
    assert memory == bytearray(4)


def test_memory_that_cannot_be_overwritten_is_an_error_and_not_a_silent_trace() -> None:
    with pytest.raises(ValueError, match="read-only memory"):
        overwrite(np.frombuffer(b"face", np.uint8))


def test_everything_kept_is_overwritten_at_the_end() -> None:
    with BiometricScope() as session:
        one = session.keep(np.ones(3))
        two = session.keep(bytearray(b"x"))
        assert len(session) == 2
    assert not one.any()
    assert two == bytearray(1)


def test_everything_kept_is_overwritten_when_the_session_raises() -> None:
    kept = np.ones(3)

    def interrupted_session() -> None:
        with BiometricScope() as session:
            session.keep(kept)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_session()
    assert not kept.any()


def test_one_that_fails_does_not_spare_the_others_and_is_reported() -> None:
    class Stubborn:
        def forget(self) -> None:
            raise RuntimeError("no")

    first, last = np.ones(2), np.ones(2)
    session = BiometricScope()
    session.keep(first)
    session.keep(Stubborn())
    session.keep(last)
    with pytest.raises(ExceptionGroup, match="could not be overwritten"):
        session.forget()
    assert not first.any()
    assert not last.any()
    assert len(session) == 0


def test_dropping_overwrites_at_once() -> None:
    with BiometricScope() as session:
        frame = session.keep(np.ones(3))
        session.drop(frame)
        assert not frame.any()
        assert len(session) == 0


def test_what_an_error_holds_of_the_calls_that_ended_is_let_go() -> None:
    def session() -> None:
        crop = np.ones(3)
        raise RuntimeError(str(crop.shape))

    try:
        with BiometricScope():
            session()
    except RuntimeError as error:
        ended = [frame.f_locals for frame, _ in walk_tb(error.__traceback__)][-1]
        assert not ended
