"""What is for a single use is taken once, by whoever asks first, and stays taken."""

from __future__ import annotations

import multiprocessing
import stat
import threading
from pathlib import Path

import pytest

from lightproof.errors import SingleUseError
from lightproof.single_use import KEPT_AFTER_END_S, SingleUseStore
from tests.waiting import PATIENCE_S

NOW_S = 1_790_000_000


def test_a_name_is_taken_once_and_stays_taken_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store"
    first = SingleUseStore(path)
    assert not first.holds("a")
    assert first.take("a", until_s=NOW_S + 120, now_s=NOW_S)
    assert not first.take("a", until_s=NOW_S + 120, now_s=NOW_S)
    assert first.take("b", until_s=None, now_s=NOW_S)
    first.close()
    again = SingleUseStore(path)
    assert again.holds("a")
    assert not again.take("a", until_s=NOW_S + 120, now_s=NOW_S)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_name_is_kept_for_a_day_after_its_end_and_one_without_an_end_for_ever() -> None:
    store = SingleUseStore(None)
    store.take("a", until_s=NOW_S, now_s=NOW_S)
    store.take("b", until_s=None, now_s=NOW_S)
    assert not store.take("a", until_s=NOW_S, now_s=NOW_S + KEPT_AFTER_END_S)
    assert store.take("a", until_s=NOW_S, now_s=NOW_S + KEPT_AFTER_END_S + 1)
    assert not store.take("b", until_s=None, now_s=NOW_S * 100)


def _take(path: Path, gate: multiprocessing.synchronize.Barrier, won: multiprocessing.Queue[bool]) -> None:
    store = SingleUseStore(path)
    gate.wait()
    won.put(store.take("the token", until_s=NOW_S + 120, now_s=NOW_S))


def test_of_processes_that_ask_together_one_gets_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    gate, won = context.Barrier(3), context.Queue()
    processes = [context.Process(target=_take, args=(tmp_path / "store", gate, won)) for _ in range(3)]
    for process in processes:
        process.start()
    assert sum(won.get(timeout=PATIENCE_S) for _ in processes) == 1
    for process in processes:
        process.join()


def test_of_threads_that_ask_together_one_gets_it(tmp_path: Path) -> None:
    store, won = SingleUseStore(tmp_path / "store"), list[bool]()
    threads = [
        threading.Thread(target=lambda: won.append(store.take("x", until_s=None, now_s=NOW_S)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(won) == 1


def test_a_store_that_cannot_be_used_accepts_nothing(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path, tmp_path / "absent" / "store", tmp_path / "text", tmp_path / "link"):
        with pytest.raises(SingleUseError, match="nothing is accepted without it"):
            SingleUseStore(path)
    store = SingleUseStore(tmp_path / "store")
    store.close()
    with pytest.raises(SingleUseError):
        store.take("a", until_s=None, now_s=NOW_S)


@pytest.mark.parametrize("name", ["", "x" * 129])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(SingleUseError):
        SingleUseStore(None).take(name, until_s=None, now_s=NOW_S)
