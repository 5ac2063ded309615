"""Runs trials on an existing Dask cluster.

The client alone writes results, under the key of each trial: a worker that is lost has its trials run again
by another, and nothing is counted twice. Bases are sent along; recordings hold faces and are not: they have
to lie under the same path on every worker. Only results come back.
"""

from __future__ import annotations

import dataclasses
import tempfile
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from lightproof.errors import LightproofError, MissingExtraError
from lightproof.evaluation.species import SourceKind
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial
from lightproof.evaluation.workers.in_flight import as_they_come
from lightproof.evaluation.workers.local import WorkersLostError
from lightproof.files import read_regular
from lightproof.simulation.basis import MAX_FILE_BYTES

CONNECT_S: Final = 30
"""How long the scheduler, and a first worker, may take to answer."""


class ClusterNotFoundError(LightproofError, ConnectionError):
    """There is no Dask scheduler at an address, or it has no workers."""


def on_cluster(
    trials: Iterable[Trial], address: str, run: RunTrial = run_trial
) -> Generator[TrialResult, None, None]:
    """Yield the results of trials as they come from the workers of the scheduler at ``HOST:PORT``.

    Raises:
        MissingExtraError: Dask's distributed scheduler is not installed.
        ClusterNotFoundError: no scheduler answers there.
        WorkersLostError: the scheduler is gone, or no worker survived a trial.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("--jobs dask://… needs Dask: pip install 'lightproof[cluster]'") from error
    with _connected(distributed, address) as client:
        executor = client.get_executor(pure=False)  # no two trials are one to the scheduler, whoever uses it

        def submit(trial: Trial) -> Future[TrialResult]:
            content = _content_of(trial)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")  # a basis may have 10 MB
                future: Future[TrialResult] = executor.submit(_run_there, run, trial, content)
                return future

        try:
            yield from as_they_come(trials, submit, lambda: int(sum(client.nthreads().values())))
        except (distributed.KilledWorker, CancelledError, OSError) as error:
            raise WorkersLostError(
                f"the cluster at {address} gave up ({type(error).__name__}); run the same command again "
                "to go on"
            ) from error


def _content_of(trial: Trial) -> bytes | None:
    if trial.source.kind is not SourceKind.BASIS:
        return None
    return bytes(read_regular(trial.source.path, MAX_FILE_BYTES))


@contextmanager
def _connected(distributed: Any, address: str) -> Iterator[Any]:
    with ExitStack() as stack:
        try:
            client = distributed.Client(f"tcp://{address}", timeout=CONNECT_S, set_as_default=False)
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=CONNECT_S)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterNotFoundError(
                f"no Dask scheduler with workers answers at {address}; start one (dask scheduler, dask "
                "worker) and name it"
            ) from error
        yield client


def _run_there(run: RunTrial, trial: Trial, content: bytes | None) -> TrialResult:
    """Run a trial on a worker, which may not have the file of the basis."""
    if content is None:
        return run(trial)
    with tempfile.TemporaryDirectory(prefix="lightproof-") as folder:
        path = Path(folder) / trial.source.path.name
        path.write_bytes(content)
        return run(dataclasses.replace(trial, source=dataclasses.replace(trial.source, path=path)))
