"""Whether the hot loops are vectors on x86-64 and on aarch64: emits the core's assembly for both and counts
instructions.

    python benches/vectors.py            needs: rustup target add aarch64-unknown-linux-gnu

Counted are the functions that hold the hot loops, with all that was inlined into them: instructions on whole
registers
against those that do the same arithmetic on one number. Reading the table of the report needs no assembler:
a loop that
fell back to one number at a time on one of the two shows as a column that is not there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
LOOPS = {
    "share out to cells": ("sampler", "splat_piece"),
    "clipped pixels": ("sampler", "count_clipped"),
    "response": ("response", "Response4push"),
    "score of decoys": ("freshness", "score_lanes"),
    "ceiling of decoys": ("freshness", "rank_on", "closure"),
}
PACKED = {
    "x86_64": re.compile(
        r"^\s+v?(?:add|sub|mul|fmadd\w*)ps\s|^\s+v?p(?:add|sub|mull|mulh|xor|sra|srl|sll)\w*\s"
    ),
    "aarch64": re.compile(
        r"^\s+(?:f?add|f?sub|f?mul|fml[as]|ml[as]|eor|[su]shr|shl|[su]shll?|sri)\s+v\d+\.\d+[bhsd]"
    ),
}
SINGLE = {
    "x86_64": re.compile(r"^\s+v?(?:add|sub|mul|fmadd\w*)ss\s"),
    "aarch64": re.compile(r"^\s+f(?:add|sub|mul|madd|msub)\s+s\d+"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """Instructions of one function (all with that name) on whole registers and on one number."""

    packed: int
    single: int


def emit(target: str, folder: Path) -> str:
    """Return the assembly of the core for a target.

    Without optimisation at link time: with it the library is left unvectorised until then. What is generic
    over the frame's rows (the conversion to colours) is made where it is used and is not in it.
    """
    command = ["cargo", "rustc", "--release", "--quiet", "-p", "lightproof-core", "--lib"]
    command += ["--target", target, "--", "--emit", "asm"]
    settings = {"CARGO_TARGET_DIR": str(folder), "CARGO_PROFILE_RELEASE_LTO": "off"}
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | settings)
    texts = sorted((folder / target / "release" / "deps").glob("*.s"))
    return "\n".join(path.read_text(encoding="utf-8") for path in texts)


def count(assembly: str, architecture: str) -> dict[str, Count]:
    """Count in each of :data:`LOOPS`."""
    packed: Counter[str] = Counter()
    single: Counter[str] = Counter()
    inside: list[str] = []
    for line in assembly.splitlines():
        label = re.match(r"^(_ZN15lightproof_core[A-Za-z0-9_.$]+):", line)
        if label:
            inside = [name for name, words in LOOPS.items() if all(word in label[1] for word in words)]
        for name in inside:
            packed[name] += bool(PACKED[architecture].match(line))
            single[name] += bool(SINGLE[architecture].match(line))
    return {name: Count(packed[name], single[name]) for name in LOOPS}


def main() -> int:
    """Print the table; 1 if a loop has no vectors on one of the two."""
    missing = 0
    with tempfile.TemporaryDirectory() as folder:
        found = {target: count(emit(target, Path(folder)), target.split("-")[0]) for target in TARGETS}
    print(f"{'loop':22}" + "".join(f"{target.split('-')[0]:>10} packed / single" for target in TARGETS))
    for name in LOOPS:
        counts = [found[target][name] for target in TARGETS]
        missing += any(one.packed == 0 for one in counts)
        print(f"{name:22}" + "".join(f"{one.packed:>17} / {one.single:<6}" for one in counts))
    return int(missing > 0)


if __name__ == "__main__":
    sys.exit(main())
