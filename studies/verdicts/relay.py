"""Plays relays that are late by more and more, and prints the table of docs/verdicts.md.

The relay answers what the screen shows with the right light on a synthetic face, so all that tells it from a
person is its delay. Run: .venv/bin/python -m studies.verdicts.relay [number of seeds, 20 if not given]
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np

from lightproof.cores import usable_cores
from lightproof.policy import Policy
from lightproof.request import LOCAL_AUDIENCE, Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.verification import verify

DELAYS_S = (0.0, 0.020, 0.035, 0.050, 0.100)
RESPONSES = (0.15, 0.05)
FIRST_SEED = 900


def relay(delay_s: float, response: float, seed: int) -> tuple[str, tuple[str, ...], float | None]:
    """Return verdict, reasons, and the error of the measured delay in seconds (None without a latency)."""
    settings = {"delay_s": str(delay_s), "response": str(response)}
    rig = open_rig(RigOptions(seed=seed, attack="relay", settings=settings))
    policy = Policy(presence_only=True)
    request = Request("A study", "relays are told by their delay", seed.to_bytes(32), LOCAL_AUDIENCE, policy)
    session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(seed), sign=False))
    reasons = tuple(str(reason) for reason in session.verdict.reasons)
    latency = None if session.evidence is None else session.evidence.latency
    if latency is None or latency.latency_s is None or latency.calibrated_s is None:
        return session.verdict.outcome.value, reasons, None
    return session.verdict.outcome.value, reasons, latency.latency_s - latency.calibrated_s - delay_s


def main() -> None:
    """Print the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(
        "| response | added delay | verified | inconclusive | not verified | reasons | measured − true, sd |"
    )
    print("|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(usable_cores()) as pool:
        for response, delay_s in product(RESPONSES, DELAYS_S):
            tries = range(FIRST_SEED, FIRST_SEED + seeds)
            played = list(pool.map(relay, [delay_s] * seeds, [response] * seeds, tries))
            verdicts = Counter(verdict for verdict, _, _ in played)
            reasons = Counter(reason for _, why, _ in played for reason in why)
            errors_ms = [1000 * error for _, _, error in played if error is not None]
            why = ", ".join(f"`{reason}` {count}" for reason, count in reasons.most_common())
            counts = " | ".join(str(verdicts[name]) for name in ("verified", "inconclusive", "not_verified"))
            spread = f"{np.mean(errors_ms):+.1f}, {np.std(errors_ms):.1f} ms" if errors_ms else "–"
            print(f"| {response:.0%} | {1000 * delay_s:.0f} ms | {counts} | {why} | {spread} |", flush=True)


if __name__ == "__main__":
    main()
