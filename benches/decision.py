"""From the last frame to the verdict, embedding included: what a person waits for when the light has ended.

The sessions are simulated, with a reference. The look that ends the light runs beside it while one more
dwell plays; what it takes longer than that dwell counts. The last session plays to its end, as one does that
is never clear enough: there everything is judged after the last frame.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import cv2

from lightproof import verification
from lightproof.challenge import Challenge
from lightproof.face.networks import load_networks
from lightproof.presence.judgement import Judgement, judge_if_enough
from lightproof.request import Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.subject import sample_person
from lightproof.verification import verify

STEPS = ("evidence", "match", "verdict", "result")


@dataclass(frozen=True, slots=True)
class Decision:
    """Seconds by the clock and of processor time: a dwell, the look, the steps after it, and all.

    The processor time is that of all threads.
    """

    outcome: str
    dwell_s: float
    look_s: float
    look_processor_s: float
    steps_s: dict[str, float]

    @property
    def total_s(self) -> float:
        """Return the time from the end of the light to the result by the clock."""
        return max(0.0, self.look_s - self.dwell_s) + sum(self.steps_s.values())


def measure(sessions: int = 4) -> list[Decision]:
    """Run sessions of the sample portrait with itself as reference, the last one to the end of the light."""
    networks, dwell_s = load_networks(), Challenge.generate(bytes(32)).dwell_s
    found = []
    with TemporaryDirectory() as folder:
        reference = Path(folder) / "reference.png"
        cv2.imwrite(str(reference), cv2.cvtColor(sample_person(), cv2.COLOR_RGB2BGR))
        for seed in range(1, sessions + 1):
            looks: list[tuple[float, float]] = []

            def look(
                *arguments: object,
                looks: list[tuple[float, float]] = looks,
                to_the_end: bool = seed == sessions,
            ) -> Judgement | None:
                wall_s, processor_s = time.perf_counter(), time.process_time()
                if to_the_end:
                    return None
                judged = judge_if_enough(*arguments)  # type: ignore[arg-type]
                if judged is not None:
                    looks.append((time.perf_counter() - wall_s, time.process_time() - processor_s))
                return judged

            with patch.object(verification, "judge_if_enough", look):
                session = verify(
                    open_rig(RigOptions(seed=seed)),
                    Request.fresh(),
                    reference=reference,
                    options=SessionOptions(networks=networks, entropy=Entropy.from_seed(seed), sign=False),
                )
            look_s, look_processor_s = looks[-1] if looks else (0.0, 0.0)
            steps = {name: session.timings.get(name, 0.0) for name in STEPS}
            ended = "when clear" if looks else "after 16 dwells"
            found.append(
                Decision(f"{session.verdict.outcome.value} {ended}", dwell_s, look_s, look_processor_s, steps)
            )
    return found
