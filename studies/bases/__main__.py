"""Makes light-transport bases.

What is finished is not made again, so the same command goes on where it stopped; no half file is ever left.
One basis takes one core: to use several, start the command once for each species.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightproof.simulation import basis
from studies import command
from studies.bases.errors import OtherBasisError
from studies.bases.heads import HeadModel, load_model
from studies.bases.inputs import HEAD_FILES, HEADS, PHOTOGRAPHS, listed_subjects, photograph_file, verified
from studies.bases.photographs import load_photograph
from studies.bases.recipe import PUBLISHED_SEED, SPECIES, Recipe, draw
from studies.bases.render import RenderSettings, light_transport
from studies.bases.scenes import mitsuba


def main(given: Sequence[str] | None = None) -> int:
    """Make the bases that are asked for and return the exit status."""
    kept = "what is finished is kept, the same command goes on from there"
    return command.run(_parser(), _make, given, if_interrupted=kept)


def _parser() -> argparse.ArgumentParser:
    parser = command.new_parser("studies.bases", __doc__)
    parser.add_argument("--inputs", type=Path, required=True, help="folder of what docs/bases.md lists")
    parser.add_argument("--out", type=Path, required=True, help="folder for SPECIES_NNN.npz")
    parser.add_argument("--species", type=_species, default=SPECIES, help=f"some of {','.join(SPECIES)}")
    parser.add_argument("--subjects", type=_subjects, default=listed_subjects(), help="such as 001,005")
    parser.add_argument("--count", type=command.at_least(1), default=10, help="bases of each species (10)")
    parser.add_argument("--seed", type=int, default=PUBLISHED_SEED, help="what all is drawn from (11)")
    parser.add_argument(
        "--samples", type=command.at_least(1), default=RenderSettings().samples, help="per pixel (64)"
    )
    parser.add_argument(
        "--unlisted-photographs", action="store_true", help="take photographs whatever their checksum"
    )
    return parser


def _species(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    unknown = [name for name in chosen if name not in SPECIES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(SPECIES)}")
    return chosen


def _subjects(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if not all(len(subject) == 3 and subject.isdecimal() for subject in chosen):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of three-digit numbers such as 001,005")
    return chosen


def _make(options: argparse.Namespace) -> None:
    recipes = [
        draw(species, options.subjects, options.seed, index)
        for species in options.species
        for index in range(options.count)
    ]
    files = {photograph_file(recipe.subject) for recipe in recipes}
    if any(recipe.is_head for recipe in recipes):
        files.update(HEAD_FILES)
    checksums = verified(options.inputs, sorted(files), unlisted_photographs=options.unlisted_photographs)
    settings = RenderSettings(options.samples)
    version = mitsuba().__version__
    options.out.mkdir(parents=True, exist_ok=True)
    model = None
    for number, recipe in enumerate(recipes, start=1):
        path = options.out / f"{recipe.species}_{recipe.index:03d}.npz"
        file = photograph_file(recipe.subject)
        meta = _meta(recipe, settings, options.subjects, checksums[file], version)
        if _is_made(path, meta):
            continue
        if recipe.is_head and model is None:
            model = _head_model(options.inputs)
        start_s = time.monotonic()
        photograph = load_photograph(options.inputs / file)
        light_transport(recipe, photograph, model, settings, meta).save(path)
        command.tell(f"{number} of {len(recipes)}: {path} {time.monotonic() - start_s:.0f} s")


def _head_model(inputs: Path) -> HeadModel:
    neutral, *shapes = (inputs / file for file in HEAD_FILES)
    return load_model(neutral, shapes)


def _meta(
    recipe: Recipe, settings: RenderSettings, subjects: Sequence[str], photograph_sha256: str, version: str
) -> dict[str, Any]:
    return {
        **recipe.meta(),
        "drawn_from": list(subjects),
        "camera": "above screen centre",
        "samples": settings.samples,
        "mitsuba": version,
        "head": f"{HEADS.name}, {HEADS.version}, {HEADS.licence}" if recipe.is_head else None,
        "photograph": f"{PHOTOGRAPHS.name}, {PHOTOGRAPHS.licence}",
        "photograph_sha256": photograph_sha256,
    }


def _is_made(path: Path, meta: dict[str, Any]) -> bool:
    """Return whether this very basis is there, whole.

    Raises:
        OtherBasisError: another basis is there under the name.
        BasisError: what is there is damaged.
    """
    if not path.exists():
        return False
    found = {key: value for key, value in basis.load(path).meta.items() if key != "scale"}
    wanted = json.loads(json.dumps(meta))
    if found == wanted:
        return True
    differing = ", ".join(sorted(key for key in found | wanted if found.get(key) != wanted.get(key)))
    raise OtherBasisError(f"{path} was made otherwise ({differing}); name another --out or remove it")


if __name__ == "__main__":
    sys.exit(main())
