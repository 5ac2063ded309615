"""Hold bases against others of the same name: as pictures, and through whole sessions of the product.

Prints a table for docs/bases.md: python -m studies.bases.compare --published DIR --generated DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.policy import Policy
from lightproof.request import LOCAL_AUDIENCE, Request
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.basis import LightTransport, LinearImage, load
from lightproof.verification import verify

_BLUR_PX: Final = 3.0
"""Pictures are compared at about the size of a cell of the product's grid, where the paths' noise is gone."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """How sessions with one basis ended, and the median of what they measured of its relief and response."""

    verdicts: tuple[str, ...]
    across: float
    down: float
    response: float


def likeness(published: LightTransport, generated: LightTransport) -> tuple[float, float]:
    """Return how alike the pictures are under all lights.

    The first is the correlation of all pictures together, each brought to a mean of 1; the second the ratio
    of mean radiance, generated over published, of the light for which it is farthest from 1.
    """
    pairs = list(zip(published.quadrants, generated.quadrants, strict=True))
    pairs += [(published.ambient[name], generated.ambient[name]) for name in sorted(published.ambient)]
    # The published files cut off the brightest of 10,000 values of each light; the same is done here.
    pairs = [(one, np.minimum(other, one.max())) for one, other in pairs]
    ratios = [float(other.mean() / one.mean()) for one, other in pairs]
    one, other = (
        np.concatenate([_smooth(pair[side] / pair[side].mean()).ravel() for pair in pairs]) for side in (0, 1)
    )
    return float(np.corrcoef(one, other)[0, 1]), max(ratios, key=lambda ratio: abs(np.log(ratio)))


def _smooth(picture: LinearImage) -> NDArray[np.float32]:
    return cv2.GaussianBlur(picture, (0, 0), _BLUR_PX).astype(np.float32)


def sessions(path: Path, seeds: Sequence[int], response: float) -> Sessions:
    """Play presence-only sessions with a basis."""
    verdicts: list[str] = []
    measured: list[tuple[float | None, float | None, float]] = []
    for seed in seeds:
        rig = open_rig(RigOptions(seed=seed, subject=path, settings={"response": str(response)}))
        policy = Policy(presence_only=True)
        request = Request("A study", "a basis made again", seed.to_bytes(32), LOCAL_AUDIENCE, policy)
        session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(seed), sign=False))
        verdicts.append(", ".join([session.verdict.outcome.value, *map(str, session.verdict.reasons)]))
        evidence = session.evidence
        if evidence is not None and evidence.relief is not None and evidence.response is not None:
            measured.append((evidence.relief.across, evidence.relief.down, evidence.response.strength))
    across, down, strength = np.median(np.array(measured or [(None, None, np.nan)], dtype=np.float64), axis=0)
    return Sessions(tuple(verdicts), float(across), float(down), float(strength))


def _row(published: Path, generated: Path, seeds: Sequence[int], response: float) -> str:
    correlation, ratio = likeness(load(published), load(generated))
    one, other = (sessions(path, seeds, response) for path in (published, generated))
    cells = [
        generated.stem.replace("_", " "),
        f"{correlation:.3f}",
        f"{ratio:.2f}",
        f"{one.across:+.2f} / {other.across:+.2f}",
        f"{one.down:+.2f} / {other.down:+.2f}",
        f"{100 * one.response:.1f} / {100 * other.response:.1f} %",
        "; ".join(sorted({*one.verdicts})),
        "; ".join(sorted({*other.verdicts})),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table: published / generated."""
    parser = argparse.ArgumentParser(prog="python -m studies.bases.compare", description=__doc__)
    parser.add_argument("--published", type=Path, required=True)
    parser.add_argument("--generated", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3, help="sessions with each basis (3)")
    parser.add_argument("--response", type=float, default=0.10, help="the screen's light over the room's")
    options = parser.parse_args()
    print("| basis | correlation | radiance | across | down | response | published ends | generated ends |")
    print("|---|---|---|---|---|---|---|---|")
    for generated in sorted(options.generated.glob("*.npz")):
        published = options.published / generated.name
        print(_row(published, generated, range(1, options.seeds + 1), options.response), flush=True)


if __name__ == "__main__":
    main()
