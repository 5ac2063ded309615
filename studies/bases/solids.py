"""Makes bases of the attacks that are not flat, and of the heads they imitate, from portrait photographs.

Unlike the path-traced bases these heads have the depth of the product's own mesh, so their relief is what the
prediction expects: that flatters people and attackers alike, and is the worst case for whoever has to tell an
attack. ``lightproof evaluate --bases OUT`` plays them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from lightproof.errors import InputError
from lightproof.references.picture import load_picture
from lightproof.simulation import subject
from lightproof.simulation.attacks import Attack
from lightproof.simulation.basis import LightTransport, LinearImage
from lightproof.simulation.conditions import Conditions
from studies import command

ATTACKS: Final = tuple(attack for attack in Attack if attack.is_solid)
WEARER_AFTER: Final = 7
"""A mask is worn by the person so many photographs on."""
_SHRINK: Final = 2
"""Pictures are kept at half the camera's scale: a cell is 7 pixels, and files are a quarter."""


def photographs(folder: Path) -> list[Path]:
    """Return the photographs ``NNN_neutral.jpg`` of a folder.

    Raises:
        InputError: there are none.
    """
    found = sorted(folder.glob("[0-9][0-9][0-9]_neutral.jpg"))
    if not found:
        raise InputError(f"{folder} holds no photograph NNN_neutral.jpg")
    return found


def basis_of(path: Path, wearer: Path, attack: Attack | None) -> LightTransport:
    """Return the basis of the person on a photograph, or of an attack with it."""
    conditions, rng = Conditions(), np.random.default_rng(0)
    shown = subject.from_picture(
        load_picture(path), attack, conditions, rng, wearer=load_picture(wearer)
    ).transport
    screen_cm = [100 * conditions.screen_width_m, 100 * conditions.screen_height_m]
    named = {"subject": path.name[:3], "screen_cm": screen_cm}
    top_left, top_right, bottom_left, bottom_right = map(_smaller, shown.quadrants)
    return replace(
        shown,
        quadrants=(top_left, top_right, bottom_left, bottom_right),
        ambient={name: _smaller(image) for name, image in shown.ambient.items()},
        emission=None if shown.emission is None else _smaller(shown.emission),
        meta={**shown.meta, **named},
    )


def _smaller(image: LinearImage) -> LinearImage:
    height, width = image.shape[:2]
    size = (width // _SHRINK, height // _SHRINK)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def main(given: Sequence[str] | None = None) -> int:
    """Make the bases and return the exit status."""
    parser = command.new_parser("studies.bases.solids", __doc__)
    parser.add_argument("faces", type=Path, help="folder of photographs NNN_neutral.jpg")
    parser.add_argument("--out", type=Path, required=True, help="folder for SPECIES_NNN.npz")
    parser.add_argument("--people", type=command.at_least(1), default=None, help="the first so many (all)")
    return command.run(parser, _make, given, if_interrupted="what is finished is kept")


def _make(options: argparse.Namespace) -> None:
    paths = photographs(options.faces)
    options.out.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths[: options.people]):
        for attack in (None, *ATTACKS):
            made = basis_of(path, paths[(number + WEARER_AFTER) % len(paths)], attack)
            file = options.out / f"{made.species}_{path.name[:3]}.npz"
            made.save(file)
            command.tell(f"{file}")


if __name__ == "__main__":
    sys.exit(main())
