"""Whether the hot loops are vectors on x86-64 and on aarch64, by a count of instructions.

It emits the assembly for both, and needs ``rustup target add aarch64-unknown-linux-gnu``.

Counted are the functions that hold the hot loops, with all that was inlined into them: instructions on whole
registers against those that do the same arithmetic on one number. On x86-64 the version for AVX2 is counted,
which `fearless_simd` chooses where the processor has it. Reading the table of the report needs no assembler:
a loop that fell back to one number at a time on one of the two shows as a column that is not there.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lightproof.errors import LightproofError
from studies import command, tables

ROOT = Path(__file__).resolve().parents[1]
_HEAD = ("loop", "x86-64 vectors / single", "aarch64 vectors / single")
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
LOOPS = {
    "colours of a frame": (["vectorize_avx2", "fill_srgb"], ["user7colours"]),
    "sampler": (["vectorize_avx2", "Sampler6sample"], ["user6sample"]),
    "response": (["vectorize_avx2", "ResponseRegression4push"], ["ResponseRegression4push"]),
    "score of decoys": (["vectorize_avx2", "Scorer9score_row"], ["Scorer9score_row"]),
    "ChaCha20": (["chacha20", "avx2", "rng_inner"], ["Codes4fill"]),
}
"""What the symbol of each loop holds on x86-64 and on aarch64: NEON is always there, nothing is chosen."""
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


class VectorsMissingError(LightproofError, RuntimeError):
    """A loop has no vectors where it should, or there is no assembly to look at."""


@dataclass(frozen=True, slots=True)
class InstructionCount:
    """Instructions of one function (all with that name) on whole registers and on one number."""

    packed: int
    single: int


USER = """
//! What the Python module asks of the core, so that what is generic is made.
use lightproof_core::{frame::*, sampler::*};
/// The sampler on rows in one buffer.
pub fn sample(sampler: &mut Sampler, frame: &FrameView<Strided>, face: &Transform, cells: &mut [f32]) {
    sampler.sample(frame, face, cells).unwrap();
}
/// The colours of a frame.
pub fn colours(frame: &FrameView<Strided>, pixels: &mut [u8]) {
    frame.fill_srgb(pixels).unwrap();
}
"""


def emit(target: str, folder: Path) -> str:
    """Return the assembly of the core, and of what it uses, for a target.

    Without optimisation at link time: with it a library is left unvectorised until then.
    """
    user = folder / "user"
    (user / "src").mkdir(parents=True, exist_ok=True)
    (user / "src" / "lib.rs").write_text(USER, encoding="utf-8")
    core = f'lightproof-core = {{ path = "{ROOT / "rust" / "core"}" }}'
    (user / "Cargo.toml").write_text(
        f'[package]\nname = "user"\nedition = "2024"\n[dependencies]\n{core}\n[workspace]\n', encoding="utf-8"
    )
    shutil.copy(ROOT / "Cargo.lock", user / "Cargo.lock")  # the very versions that are shipped
    # The newer mangling of symbols tells for which function a dispatched one was made.
    flags = "--emit=asm,link -C symbol-mangling-version=v0"
    settings = {"CARGO_TARGET_DIR": str(folder / "target"), "RUSTFLAGS": flags}
    settings |= {"CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1"}
    build = ["cargo", "build", "--release", "--quiet", "--target", target]
    done = subprocess.run(build, cwd=user, check=False, env=os.environ | settings)
    if done.returncode:
        raise VectorsMissingError(f"cargo cannot build the core for {target}; rustup target add {target}")
    texts = sorted((folder / "target" / target / "release" / "deps").glob("*.s"))
    return "\n".join(path.read_text(encoding="utf-8") for path in texts)


def count(assembly: str, architecture: str) -> dict[str, InstructionCount]:
    """InstructionCount in each of :data:`LOOPS`."""
    packed: Counter[str] = Counter()
    single: Counter[str] = Counter()
    inside: list[str] = []
    column = list(PACKED).index(architecture)
    for line in assembly.splitlines():
        label = re.match(r"^(_R[A-Za-z0-9_.$]+):", line)
        if label:
            inside = [
                name for name, words in LOOPS.items() if all(word in label[1] for word in words[column])
            ]
        for name in inside:
            packed[name] += bool(PACKED[architecture].match(line))
            single[name] += bool(SINGLE[architecture].match(line))
    return {name: InstructionCount(packed[name], single[name]) for name in LOOPS}


def main(given: Sequence[str] | None = None) -> int:
    """Run the bench and return its exit status: an error's if a loop has no vectors on one architecture."""
    parser = command.new_parser("benches.vectors", __doc__)
    tables.add_write_option(parser, "speed.md", "vectors")
    return command.run(parser, _bench, given)


def _bench(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {target: count(emit(target, Path(folder)), target.split("-")[0]) for target in TARGETS}
    rows = [
        (name, *(f"{found[target][name].packed} / {found[target][name].single}" for target in TARGETS))
        for name in LOOPS
    ]
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout
    tables.put(
        tables.markdown(_HEAD, rows),
        "vectors",
        arguments.write,
        command=arguments.command,
        measured_with=[" ".join(rustc.split()[:2])],
    )
    missing = [name for name in LOOPS if any(found[target][name].packed == 0 for target in TARGETS)]
    if missing:
        raise VectorsMissingError(f"{', '.join(missing)}: no vectors on one of the two architectures")


if __name__ == "__main__":
    sys.exit(main())
