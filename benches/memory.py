"""Memory of whole sessions in one process: the most it takes, and whether it grows.

The rig of the product is a camera; here it is a recording of one simulated session, made by another process,
so that what the simulator takes is not counted. ``--simulated`` runs fresh simulated sessions in this process
instead.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lightproof.face.networks import FaceNetworks, load_networks
from lightproof.policy import Policy
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.session import Entropy, SessionOptions, recorded_entropy
from lightproof.verification import verify
from studies import command

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident set in MiB: before any session, after each, and the most ever."""

    before_mib: float
    after_mib: tuple[float, ...]
    peak_mib: float

    def growth_mib(self, warm_up: int) -> float:
        """Return by how much the second half after the warm-up lies above the first, mean to mean."""
        rest = self.after_mib[warm_up:]
        half = len(rest) // 2
        return sum(rest[half:]) / (len(rest) - half) - sum(rest[:half]) / half


def resident_mib() -> float:
    """Return how much memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / MIB


def _peak_mib() -> float:
    # Not ru_maxrss: what a larger process starts begins with the larger one's peak (getrusage(2)).
    status = Path("/proc/self/status").read_text()
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert peak is not None, "Linux tells the peak of every process"
    return float(peak[1]) / 1024


def record(path: Path, seed: int) -> None:
    """Record one simulated session, frames and all; run it in a process of its own."""
    from lightproof.rigs.recording import RecordingWriter
    from lightproof.rigs.simulated import open_rig

    rig = RecordingWriter(open_rig(RigOptions(seed=seed)), path)
    verify(
        rig,
        Request.fresh(policy=Policy(presence_only=True)),
        options=SessionOptions(entropy=Entropy.from_seed(seed), sign=False),
    )


def _options(networks: FaceNetworks, entropy: Entropy) -> SessionOptions:
    return SessionOptions(networks=networks, entropy=entropy, sign=False)


def _simulated(networks: FaceNetworks, seed: int) -> None:
    from lightproof.rigs.simulated import open_rig

    request = Request.fresh(policy=Policy(presence_only=True))
    rig = open_rig(RigOptions(seed=seed))
    verify(rig, request, options=_options(networks, Entropy.from_seed(seed)))


def _recorded(networks: FaceNetworks, path: Path) -> None:
    from lightproof.rigs.recording import open_rig

    rig = open_rig(RigOptions(subject=path))
    nonce, entropy = recorded_entropy(dict(rig.context))
    request = replace(Request.fresh(policy=Policy(presence_only=True)), nonce=nonce)
    verify(rig, request, options=_options(networks, entropy))


def run(sessions: int, *, simulated: bool, every: int = 0) -> Memory:
    """Run sessions one after the other, note what the process holds after each, and tell it ``every`` few."""
    networks = load_networks()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "session"
        if not simulated:
            context = multiprocessing.get_context("spawn")
            writer = context.Process(target=record, args=(path, 1))
            writer.start()
            writer.join()
        before_mib, after_mib = resident_mib(), []
        for k in range(sessions):
            if simulated:
                _simulated(networks, k)
            else:
                _recorded(networks, path)
            gc.collect()
            after_mib.append(resident_mib())
            if every and (k + 1) % every == 0:
                command.tell(f"{time.strftime('%H:%M:%S')} {k + 1} sessions: {after_mib[-1]:.1f} MiB")
    return Memory(before_mib, tuple(after_mib), _peak_mib())


def main(given: Sequence[str] | None = None) -> int:
    """Run the bench and return its exit status."""
    parser = command.new_parser("benches.memory", __doc__)
    add = parser.add_argument
    add("--sessions", type=command.at_least(4), default=20, metavar="COUNT", help="one after the other (20)")
    add("--simulated", action="store_true", help="fresh simulated sessions in this process")
    return command.run(parser, _bench, given)


def _bench(arguments: argparse.Namespace) -> None:
    memory = run(arguments.sessions, simulated=arguments.simulated, every=max(1, arguments.sessions // 20))
    print(
        f"before {memory.before_mib:.1f} MiB, after the first {memory.after_mib[0]:.1f}, after the last "
        f"{memory.after_mib[-1]:.1f}, growth {memory.growth_mib(min(3, arguments.sessions // 3)):+.2f}, "
        f"peak {memory.peak_mib:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
