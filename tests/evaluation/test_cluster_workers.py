"""Campaigns on a real Dask scheduler with two workers in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lightproof.evaluation.campaign import Campaign, run_campaign
from lightproof.evaluation.species import find_sources
from lightproof.evaluation.trial_log import kept
from lightproof.evaluation.trials import run_trial
from lightproof.evaluation.workers import cluster as cluster_workers
from lightproof.evaluation.workers.cluster import ClusterNotFoundError, TlsFiles, TlsFilesError, on_cluster
from lightproof.evaluation.workers.in_flight import IN_FLIGHT_PER_WORKER
from lightproof.evaluation.workers.local import WorkersLostError
from lightproof.policy import MIN_DECOYS
from tests.evaluation import evaluation_material as material
from tests.waiting import PATIENCE_S, wait_until

pytest.importorskip("distributed", reason="needs Dask (extra 'cluster')")

ROOT = Path(__file__).parents[2]


@dataclass
class Cluster:
    """A scheduler, its address and its two workers."""

    scheduler: subprocess.Popen[bytes]
    address: str
    workers: list[subprocess.Popen[bytes]]


def _started(*arguments: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path: Path, runs: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers, and end them."""
    place = tmp_path / "scheduler.json"
    scheduler = _started(
        "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(place),
    )  # fmt: skip
    workers: list[subprocess.Popen[bytes]] = []
    try:
        wait_until(lambda: place.exists() and place.read_text().rstrip().endswith("}"))
        address = json.loads(place.read_text())["address"].removeprefix("tcp://")
        for number in range(2):
            workers.append(
                _started(
                    "distributed.cli.dask_worker", f"tcp://{address}", "--no-nanny", "--nthreads", "1",
                    "--no-dashboard", "--local-directory", str(tmp_path / f"worker-{number}"),
                )
            )  # fmt: skip
        _wait_for_both(address)
        yield Cluster(scheduler, address, workers)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _wait_for_both(address: str) -> None:
    import distributed

    connect: Any = distributed.Client  # distributed has no types
    with connect(f"tcp://{address}", timeout=PATIENCE_S, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE_S)


def stored(campaign: Campaign, folder: Path) -> Campaign:
    """Return a campaign whose sources have files to be sent."""
    folder.mkdir()
    sources = []
    for source in campaign.sources:
        path = folder / source.path
        path.write_bytes(source.name.encode())
        sources.append(replace(source, path=path))
    return replace(campaign, sources=tuple(sources))


def test_a_worker_killed_midway_loses_nothing_and_nothing_is_counted_twice(
    tmp_path: Path, cluster: Cluster, runs: Path
) -> None:
    campaign = stored(material.campaign(), tmp_path / "bases")
    killed: list[int] = []

    def kill_one(done: int, total: int) -> None:
        if done == total // 4 and not killed:
            cluster.workers[0].kill()
            killed.append(cluster.workers[0].wait())

    execute = partial(on_cluster, address=cluster.address, run=material.pretend_slowly)
    finished = run_campaign(campaign, tmp_path / "out", execute, kill_one)
    assert killed
    assert cluster.workers[1].poll() is None
    keys = [trial.key for trial in campaign.trials()]
    assert [one.result.key for one in finished] == keys
    lines = (tmp_path / "out" / "trials.jsonl").read_text().splitlines()
    assert len(lines) == len(keys)
    ran = Counter(runs.read_text().splitlines())
    assert set(ran) == set(keys)
    again = sum(ran.values()) - len(keys)
    assert again <= 2 * IN_FLIGHT_PER_WORKER  # only what the killed worker held is run again


def test_a_scheduler_killed_midway_is_told_and_the_results_are_kept(
    tmp_path: Path, cluster: Cluster, runs: Path
) -> None:
    campaign = stored(material.campaign(), tmp_path / "bases")

    def kill(done: int, total: int) -> None:
        if done == 3:
            cluster.scheduler.kill()

    execute = partial(on_cluster, address=cluster.address, run=material.pretend_slowly)
    with pytest.raises(WorkersLostError, match=r"gave up .* run the same command again"):
        run_campaign(campaign, tmp_path / "out", execute, kill)
    assert kept(tmp_path / "out") >= 3


def leaves(value: object) -> Iterator[object]:
    """Yield what an object read from JSON holds, from the outside in."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def test_a_trial_on_a_worker_is_the_trial_here(tmp_path: Path, cluster: Cluster) -> None:
    bases = tmp_path / "bases"
    bases.mkdir()
    campaign = Campaign(find_sources(material.write_bases(bases)), ("0.15",), seed=4, decoys=MIN_DECOYS)
    there = run_campaign(campaign, tmp_path / "out", partial(on_cluster, address=cluster.address))
    for one in there:
        here = run_trial(one.trial)
        assert (here.outcome, here.reasons) == (one.result.outcome, one.result.reasons)
        for value, expected in zip(
            leaves(here.to_json()["evidence"]), leaves(one.result.to_json()["evidence"]), strict=True
        ):  # a linear algebra library rounds as its threads are divided
            assert value == expected or value == pytest.approx(expected, rel=1e-6)


@pytest.fixture
def authority(tmp_path: Path) -> TlsFiles:
    """Make an authority and one certificate of it, for scheduler, worker and client alike."""
    return certified(tmp_path / "authority")


def certified(folder: Path) -> TlsFiles:
    folder.mkdir()
    files = TlsFiles(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)

    def certificate(public: ec.EllipticCurvePublicKey, common_name: str, *, is_ca: bool) -> bytes:
        built = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .sign(ca_key, hashes.SHA256())
        )
        return built.public_bytes(serialization.Encoding.PEM)

    files.authority.write_bytes(certificate(ca_key.public_key(), "tests", is_ca=True))
    files.certificate.write_bytes(certificate(key.public_key(), "127.0.0.1", is_ca=False))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


@pytest.fixture
def encrypted(tmp_path: Path, runs: Path, authority: TlsFiles) -> Iterator[str]:
    """Start a scheduler and a worker that speak TLS alone, and return the scheduler's address."""
    place = tmp_path / "scheduler.json"
    pem = [
        "--tls-ca-file", str(authority.authority), "--tls-cert", str(authority.certificate),
        "--tls-key", str(authority.key),
    ]  # fmt: skip
    scheduler = _started(
        "distributed.cli.dask_scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard",
        "--scheduler-file", str(place), *pem,
    )  # fmt: skip
    processes = [scheduler]
    try:
        wait_until(lambda: place.exists() and place.read_text().rstrip().endswith("}"))
        address = json.loads(place.read_text())["address"]
        assert address.startswith("tls://")
        processes.append(
            _started(
                "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
                "--local-directory", str(tmp_path / "worker"), *pem,
            )
        )  # fmt: skip
        yield address.removeprefix("tls://")
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_with_tls_takes_those_who_hold_a_certificate_of_its_authority_and_nobody_else(
    tmp_path: Path, encrypted: str, authority: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = stored(material.campaign(repeats=1), tmp_path / "bases")
    done = list(on_cluster(campaign.trials(), encrypted, material.pretend, authority))
    assert {result.key for result in done} == {trial.key for trial in campaign.trials()}
    monkeypatch.setattr(cluster_workers, "CONNECT_S", 2)
    for stranger in (certified(tmp_path / "stranger"), None):
        with pytest.raises(ClusterNotFoundError, match="a certificate of its own authority"):
            list(on_cluster(campaign.trials(), encrypted, material.pretend, stranger))


def test_files_that_are_no_certificates_are_named_before_anybody_is_asked(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(TlsFilesError, match=r"empty\.pem.* cannot be set up .*give PEM files"):
        list(on_cluster(material.campaign().trials(), "127.0.0.1:9", tls=TlsFiles(empty, empty, empty)))


def test_an_address_where_nobody_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_workers, "CONNECT_S", 1)
    with pytest.raises(
        ClusterNotFoundError, match=r"no Dask scheduler with workers answers at tcp://127\.0\.0\.1:9"
    ):
        list(on_cluster(material.campaign().trials(), "127.0.0.1:9", material.pretend))
