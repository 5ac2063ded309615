"""Holds bases against others of the same name: as pictures, and through whole sessions of the product."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from lightproof.errors import InputError
from lightproof.policy import Policy
from lightproof.rigs.protocol import RigOptions
from lightproof.rigs.simulated import open_rig
from lightproof.session import Entropy, SessionOptions
from lightproof.simulation.basis import LightTransport, LinearImage, load
from lightproof.verification import verify
from studies import command, tables
from studies.requests import request_of

_HEAD: Final = (
    "basis",
    "correlation",
    "radiance",
    "across",
    "down",
    "response",
    "published ends",
    "generated ends",
)
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
        request = request_of("a basis made again", seed, policy)
        session = verify(rig, request, options=SessionOptions(entropy=Entropy.from_seed(seed), sign=False))
        verdicts.append(", ".join([session.verdict.outcome.value, *map(str, session.verdict.reasons)]))
        evidence = session.evidence
        if evidence is not None and evidence.relief is not None and evidence.response is not None:
            measured.append((evidence.relief.across, evidence.relief.down, evidence.response.strength))
    across, down, strength = np.median(np.array(measured or [(None, None, np.nan)], dtype=np.float64), axis=0)
    return Sessions(tuple(verdicts), float(across), float(down), float(strength))


def row(published: Path, generated: Path, seeds: Sequence[int], response: float) -> tuple[object, ...]:
    """Return the row of a basis: published / generated."""
    correlation, ratio = likeness(load(published), load(generated))
    one, other = (sessions(path, seeds, response) for path in (published, generated))
    return (
        generated.stem.replace("_", " "),
        f"{correlation:.3f}",
        f"{ratio:.2f}",
        f"{one.across:+.2f} / {other.across:+.2f}".replace("-", "−"),
        f"{one.down:+.2f} / {other.down:+.2f}".replace("-", "−"),
        f"{100 * one.response:.1f} / {100 * other.response:.1f} %",
        _told(one.verdicts),
        _told(other.verdicts),
    )


def _told(verdicts: Sequence[str]) -> str:
    """Return how sessions ended: their reasons, or the outcome where there is none."""
    told = set()
    for verdict in verdicts:
        outcome, *reasons = verdict.split(", ")
        told.add(", ".join(f"`{reason}`" for reason in reasons) or outcome)
    return "; ".join(sorted(told))


def main(given: Sequence[str] | None = None) -> int:
    """Run the comparison and return its exit status."""
    parser = command.new_parser("studies.bases.compare", __doc__)
    add = parser.add_argument
    add("--published", type=Path, required=True, metavar="DIR")
    add("--generated", type=Path, required=True, metavar="DIR")
    add("--seeds", type=command.at_least(1), default=3, metavar="COUNT", help="sessions with each basis (3)")
    add("--response", type=float, default=0.10, help="the screen's light over the room's (0.10)")
    tables.add_write_option(parser, "bases.md", "generated")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    found = sorted(arguments.generated.glob("*.npz"))
    if not found:
        raise InputError(f"{arguments.generated} holds no *.npz; give another --generated")
    rows = []
    for generated in found:
        published = arguments.published / generated.name
        rows.append(row(published, generated, range(1, arguments.seeds + 1), arguments.response))
        command.tell(" ".join(map(str, rows[-1])))
    tables.put(
        tables.markdown(_HEAD, rows),
        "generated",
        arguments.write,
        command=arguments.command,
        measured_with=sorted({f"Mitsuba {load(path).meta.get('mitsuba', 'unknown')}" for path in found}),
    )


if __name__ == "__main__":
    sys.exit(main())
