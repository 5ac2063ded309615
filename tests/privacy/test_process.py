"""While a session runs, its process keeps its memory to itself; afterwards it is as it was."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

from lightproof.privacy.process import private_process

if sys.platform != "linux":
    pytest.skip("only Linux has all of it", allow_module_level=True)

import resource

PR_GET_DUMPABLE = 3
SIZE = 5000
"""Bytes of a block: not of the small ones that glibc passes over."""

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]


def left_in_freed_memory() -> int:
    """Return how many bytes of a block are as they were after it was freed."""
    block, guard = libc.malloc(SIZE), libc.malloc(SIZE)  # the guard keeps the heap from shrinking
    ctypes.memset(block, 0x41, SIZE)
    libc.free(block)
    left = ctypes.string_at(block, SIZE).count(b"A")
    libc.free(guard)
    return left


def dumpable() -> int:
    """Return whether other processes of the user may read this one's memory."""
    return int(libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))


def test_freed_memory_is_overwritten_during_a_session_and_only_then() -> None:
    with private_process() as protection:
        if not protection.wipes_freed:
            pytest.skip("this C library is not glibc")
        assert left_in_freed_memory() < SIZE // 100
    assert left_in_freed_memory() > SIZE // 2


def test_no_core_is_dumped_and_nobody_reads_the_memory_during_a_session() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE), dumpable()
    with private_process() as protection:
        assert protection.no_core_dump
        assert protection.unreadable
        assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
        assert dumpable() == 0
    assert (resource.getrlimit(resource.RLIMIT_CORE), dumpable()) == before


def test_sessions_beside_each_other_are_protected_until_the_last_one_ends() -> None:
    first, second = private_process(), private_process()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert dumpable() == 0
    second.__exit__(None, None, None)
    assert dumpable() == 1


def test_what_was_set_comes_back_after_an_error() -> None:
    with pytest.raises(KeyboardInterrupt), private_process():
        raise KeyboardInterrupt
    assert dumpable() == 1


def test_memory_is_locked_where_no_limit_could_make_it_fail() -> None:
    with private_process() as protection:
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        locked_kib = next(int(line.split()[1]) for line in status if line.startswith("VmLck"))
        assert (locked_kib > 0) == protection.not_swapped
