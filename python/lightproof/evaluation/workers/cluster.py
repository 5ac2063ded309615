"""Runs trials on an existing Dask cluster.

The client alone writes results, under the key of each trial: a worker that is lost has its trials run again
by another, and nothing is counted twice. Bases are sent along; recordings hold faces and are not: they have
to lie under the same path on every worker. Results come back as numbers and texts, and each is checked.

Dask trusts everybody who takes part: whoever reaches a scheduler can run code on its workers, and the client
unpickles what scheduler and workers send, which can run code here. Checking results keeps mistakes out, not
an attacker who is one of them. With TLS only holders of a certificate of the cluster's authority take part.
"""

from __future__ import annotations

import dataclasses
import ssl
import tempfile
import warnings
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lightproof.errors import InputError, LightproofError, MissingExtraError
from lightproof.evaluation.species import SourceKind
from lightproof.evaluation.trials import RunTrial, Trial, TrialResult, run_trial
from lightproof.evaluation.workers.arrivals import arrived
from lightproof.evaluation.workers.in_flight import as_they_come
from lightproof.evaluation.workers.local import WorkersLostError
from lightproof.files import read_regular
from lightproof.simulation.basis import MAX_FILE_BYTES

CONNECT_S: Final = 30
"""How long the scheduler, and a first worker, may take to answer."""


class ClusterNotFoundError(LightproofError, ConnectionError):
    """There is no Dask scheduler at an address, or it has no workers."""


class TlsFilesError(InputError):
    """The files for TLS to a scheduler are missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What this client shows to a scheduler and what it asks of it, as PEM files.

    Attributes:
        authority: certificate of the authority that signed those of scheduler and workers.
        certificate: this client's own, signed by the same authority.
        key: the private key of ``certificate``, without a password.
    """

    authority: Path
    certificate: Path
    key: Path


def on_cluster(
    trials: Iterable[Trial], address: str, run: RunTrial = run_trial, tls: TlsFiles | None = None
) -> Generator[TrialResult, None, None]:
    """Yield the results of trials as they come from the workers of the scheduler at ``HOST:PORT``.

    Without ``tls`` everything is sent in the clear, and nobody has to show who they are.

    Raises:
        MissingExtraError: Dask's distributed scheduler is not installed.
        TlsFilesError: the files for TLS cannot be used.
        ClusterNotFoundError: no scheduler answers there, or it does not accept the certificate.
        WorkerResultError: a worker sent something that is not the result of its trial.
        WorkersLostError: the scheduler is gone, or no worker survived a trial.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("--jobs dask://… needs Dask: pip install 'lightproof[cluster]'") from error
    with _connected(distributed, address, tls) as client:
        awaited: set[str] = set()
        executor = client.get_executor(pure=False)  # no two trials are one to the scheduler, whoever uses it

        def submit(trial: Trial) -> Future[dict[str, Any]]:
            awaited.add(trial.key)
            content = _content_of(trial)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")  # a basis may have 10 MB
                future: Future[dict[str, Any]] = executor.submit(_run_there, run, trial, content)
                return future

        try:
            for values in as_they_come(trials, submit, lambda: int(sum(client.nthreads().values()))):
                result = arrived(values, awaited)
                awaited.remove(result.key)
                yield result
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
def _connected(distributed: Any, address: str, tls: TlsFiles | None) -> Iterator[Any]:
    scheme, security = ("tcp", None) if tls is None else ("tls", _security(distributed, tls))
    with ExitStack() as stack:
        try:
            client = distributed.Client(
                f"{scheme}://{address}", timeout=CONNECT_S, set_as_default=False, security=security
            )
            stack.enter_context(client)
            client.wait_for_workers(1, timeout=CONNECT_S)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterNotFoundError(
                f"no Dask scheduler with workers answers at {scheme}://{address}; start one (dask scheduler, "
                "dask worker) and name it; one with TLS is named tls://HOST:PORT and asks for a certificate "
                "of its own authority"
            ) from error
        yield client


def _security(distributed: Any, tls: TlsFiles) -> Any:
    """Return Dask's settings for TLS; the files are tried here, where a mistake in them has a name."""
    try:
        ssl.create_default_context(cafile=tls.authority).load_cert_chain(
            tls.certificate, tls.key, password=lambda: ""
        )
    except OSError as error:  # an SSLError is one
        raise TlsFilesError(
            f"TLS with {tls.authority}, {tls.certificate} and {tls.key} cannot be set up "
            f"({error.strerror or error}); give PEM files: the authority's certificate, this client's own "
            "and its key without a password"
        ) from error
    return distributed.Security(
        require_encryption=True,
        tls_ca_file=str(tls.authority),
        tls_client_cert=str(tls.certificate),
        tls_client_key=str(tls.key),
    )


def _run_there(run: RunTrial, trial: Trial, content: bytes | None) -> dict[str, Any]:
    """Run a trial on a worker, which may not have the file of the basis, and return its result as JSON."""
    if content is None:
        return run(trial).to_json()
    with tempfile.TemporaryDirectory(prefix="lightproof-") as folder:
        path = Path(folder) / trial.source.path.name
        path.write_bytes(content)
        return run(dataclasses.replace(trial, source=dataclasses.replace(trial.source, path=path))).to_json()
