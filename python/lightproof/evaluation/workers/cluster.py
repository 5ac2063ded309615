"""Runs trials on an existing Dask cluster.

The client alone writes results, under the key of each trial: a worker that is lost has its trials run again
by another, and nothing is counted twice. Bases are sent along; recordings hold faces and are not: they have
to lie under the same path on every worker. Only results come back.
"""

from __future__ import annotations

import dataclasses
import secrets
import tempfile
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

from lightproof.errors import LightproofError, MissingExtraError
from lightproof.evaluation.species import SourceKind
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial
from lightproof.evaluation.workers.local import IN_FLIGHT_PER_WORKER, WorkersLostError

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
        try:
            yield from _results(client, distributed.as_completed, trials, run)
        except (distributed.KilledWorker, CancelledError, OSError) as error:
            raise WorkersLostError(
                f"the cluster at {address} gave up ({type(error).__name__}); run the same command again "
                "to go on"
            ) from error


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


def _results(client: Any, as_completed: Any, trials: Iterable[Trial], run: RunTrial) -> Iterator[TrialResult]:
    campaign = secrets.token_hex(8)  # others use the scheduler too, perhaps with trials of the same name

    def submitted(number: int, trial: Trial) -> Any:
        content = trial.source.path.read_bytes() if trial.source.kind is SourceKind.BASIS else None
        key = f"lightproof-{campaign}-{number}"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")  # a basis may well have 10 MB
            return client.submit(_run_there, run, trial, content, key=key)

    def wanted() -> int:
        """Return how many more trials to hand out: workers come and go."""
        threads = int(sum(client.nthreads().values()))
        return max(IN_FLIGHT_PER_WORKER * threads - int(waiting.count()), 0)

    rest = enumerate(trials)
    waiting = as_completed(loop=client.loop)
    waiting.update([submitted(number, trial) for number, trial in islice(rest, wanted() or 1)])
    for future in waiting:
        waiting.update([submitted(number, trial) for number, trial in islice(rest, wanted())])
        yield future.result()


def _run_there(run: RunTrial, trial: Trial, content: bytes | None) -> TrialResult:
    """Run a trial on a worker, which may not have the file of the basis."""
    if content is None:
        return run(trial)
    with tempfile.TemporaryDirectory(prefix="lightproof-") as folder:
        path = Path(folder) / trial.source.path.name
        path.write_bytes(content)
        return run(dataclasses.replace(trial, source=dataclasses.replace(trial.source, path=path)))
