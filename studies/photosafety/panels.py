"""How far a challenge is from the limits of photosafety on screens that are not sRGB.

A panel is given by the spectra of its primaries: ``display_NAME.csv`` with a header and columns of wavelength
in nm, red, green and blue radiance.

The worst case is searched, not drawn: a quadrant can go from any colour of the palette to any other, so no
challenge is worse than one in which both halves of the screen swap two colours all the time, the two being
chosen best; all pairs are tried. Gentle light passes through blends of the two, which on a panel of another
gamma need not lie between them: they are tried as they are shown, in 8 bits.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, get_args

import numpy as np
from numpy.typing import NDArray

from lightproof.challenge import PALETTE_SRGB, Challenge, check_light, check_photosafety
from lightproof.errors import InputError
from lightproof.policy import Mode
from studies import command, tables

Array = NDArray[np.float64]

GAMMAS: Final = ("1.8", "2.0", "2.2", "sRGB", "2.4", "2.6", "managed")
_HEAD: Final = (
    "panel",
    "gamma",
    "luminance",
    "step",
    "contrast",
    "R/(R+G+B)",
    "Δu′v′",
    "a change by",
    "flashes/s",
)

SRGB_TO_XYZ: Final = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""IEC 61966-2-1. A panel's light is brought back to linear sRGB, in which WCAG defines saturated red."""

GENERAL_LIMIT: Final = 0.1
"""WCAG 2.3.1: relative luminance."""
BROADCAST_CONTRAST_LIMIT: Final = 1 / 17
"""ITU-R BT.1702: Michelson contrast, from 160 cd/m² on. Below, 20 cd/m² count, which is the same contrast
at 160 and a higher one before: where this limit is kept, no brightness of the panel makes a flash."""
BROADCAST_CHANGE_CD_M2: Final = 20.0
SATURATION_LIMIT: Final = 0.8
CHROMATICITY_LIMIT: Final = 0.2
REDNESS_LIMIT: Final = 20 / 320
PEAK_CD_M2: Final = 1000.0


def colour_matching(nm: Array) -> Array:
    """Return the CIE 1931 2° colour matching functions x, y, z of colour-science at wavelengths, (3, N)."""
    import colour

    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    return np.stack([np.interp(nm, observer.wavelengths, values) for values in observer.values.T])


@dataclass(frozen=True)
class MeasuredPanel:
    """A screen. ``xyz`` (3, 3): columns are its primaries, scaled so that full white has Y = 1."""

    name: str
    xyz: Array

    @classmethod
    def from_spectra(cls, name: str, nm: Array, radiance: Array) -> MeasuredPanel:
        """Return the panel whose primaries, columns of ``radiance`` (N, 3), were measured at ``nm`` (N,)."""
        weighted = colour_matching(nm)[:, :, None] * radiance[None]
        xyz = np.asarray(np.trapezoid(weighted, nm, axis=1))
        return cls(name, xyz / xyz[1].sum())

    @classmethod
    def load(cls, path: Path) -> MeasuredPanel:
        """Read the panel of a file ``display_NAME.csv``."""
        table = np.loadtxt(path, delimiter=",", skiprows=1)
        return cls.from_spectra(path.stem.removeprefix("display_"), table[:, 0], table[:, 1:4])


SRGB_PANEL: Final = MeasuredPanel("sRGB primaries", SRGB_TO_XYZ / SRGB_TO_XYZ[1].sum())


def _srgb_to_linear(value: Array) -> Array:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def shown(panel: MeasuredPanel, codes: NDArray[np.uint8], gamma: str) -> Array:
    """Return CIE XYZ, white having Y = 1, of 8-bit codes (..., 3) on a panel.

    ``gamma`` is the exponent of the panel, or ``sRGB`` for that curve, or ``managed``: the codes are taken
    for sRGB and brought to the panel's own codes by its primaries and a gamma of 2.2, as colour management
    does, the whole palette darkened until it fits.
    """
    value = codes / 255.0
    if gamma == "managed":
        to_panel = np.linalg.solve(panel.xyz, SRGB_TO_XYZ)
        palette = _srgb_to_linear(np.array(PALETTE_SRGB) / 255.0) @ to_panel.T
        linear = _srgb_to_linear(value) @ to_panel.T / max(1.0, palette.max())
        native = np.round(255 * np.clip(linear, 0, 1) ** (1 / 2.2)) / 255
        return np.asarray(native**2.2 @ panel.xyz.T)
    linear = _srgb_to_linear(value) if gamma == "sRGB" else value ** float(gamma)
    return np.asarray(linear @ panel.xyz.T)


def swap_codes(first: int, second: int) -> list[int]:
    """Return the codes of a challenge whose left and right half keep swapping two colours of the palette."""

    def code(left: int, right: int) -> int:
        return left * 5 + (right if right < left else right - 1)

    return [code(first, second), code(second, first)] * 8


@dataclass(frozen=True)
class Margins:
    """The worst that a swap of two colours does on a panel.

    ``luminance`` is (lowest, highest) of all colours shown and ``step`` the largest change of one quadrant,
    as shares of white; ``contrast`` is the largest Michelson contrast, and ``counts_from_cd_m2`` the peak
    luminance of the panel from which that is a change by BT.1702, infinite if never. ``saturation`` is the
    highest R / (R + G + B) in linear sRGB; ``chromaticity`` and ``redness`` are the largest changes of u′v′
    and of max(0, R - G - B) to or from it. ``flashes_per_s`` are the flashes in the worst second on a panel
    of 1,000 cd/m².
    """

    luminance: tuple[float, float]
    step: float
    contrast: float
    counts_from_cd_m2: float
    saturation: float
    chromaticity: float
    redness: float
    flashes_per_s: int

    @property
    def broken(self) -> list[str]:
        """The definitions by which some swap is a change."""
        red = self.saturation >= SATURATION_LIMIT
        counts = {
            "general": self.step >= GENERAL_LIMIT,
            "BT.1702": self.contrast >= BROADCAST_CONTRAST_LIMIT,
            "red": red and self.redness > REDNESS_LIMIT,
            "red u′v′": red and self.chromaticity > CHROMATICITY_LIMIT,
        }
        return [name for name, is_broken in counts.items() if is_broken]


def _swap(panel: MeasuredPanel, gamma: str, mode: Mode, first: int, second: int) -> Margins:
    """Return what swapping two colours does, from the second dwell on: the first comes from the grey."""
    challenge = Challenge.from_codes(swap_codes(first, second), mode)
    steps = challenge.steps_srgb[len(challenge.steps_srgb) // len(challenge) :, 0]
    xyz = shown(panel, steps, gamma)
    luminance = xyz[:, 1]
    red, green, blue = np.linalg.solve(SRGB_TO_XYZ, xyz.T)
    saturation = red / (red + green + blue)
    reds = saturation >= min(SATURATION_LIMIT, saturation.max())
    uv = np.stack([4 * xyz[:, 0], 9 * xyz[:, 1]], axis=1) / (xyz @ np.array([1.0, 15.0, 3.0]))[:, None]
    redness = np.maximum(0.0, red - green - blue)
    step = float(np.ptp(luminance))
    contrast = step / float(luminance.max() + luminance.min())
    found = Margins(
        luminance=(float(luminance.min()), float(luminance.max())),
        step=step,
        contrast=contrast,
        counts_from_cd_m2=BROADCAST_CHANGE_CD_M2 / step if contrast >= BROADCAST_CONTRAST_LIMIT else np.inf,
        saturation=float(saturation.max()),
        chromaticity=float(np.linalg.norm(uv[reds, None] - uv[None], axis=2).max()),
        redness=float(np.abs(redness[reds, None] - redness[None]).max()),
        flashes_per_s=0,
    )
    # By luminance they are counted, on grey light as bright; a red one is counted with every swap.
    grey = np.clip(np.repeat(luminance, 12).reshape(-1, 4, 3), 0, 1)
    safety = check_light(challenge.steps_start_s[-len(steps) :], grey, challenge.duration_s, PEAK_CD_M2)
    flashes_per_s = max(safety.general.per_s_max, safety.broadcast.per_s_max)
    if {"red", "red u′v′"} & set(found.broken):
        flashes_per_s = max(flashes_per_s, check_photosafety(challenge).colour_change_pairs_per_s_max)
    return replace(found, flashes_per_s=flashes_per_s)


def margins(panel: MeasuredPanel, gamma: str, mode: Mode) -> Margins:
    """Search the worst challenge of this mode for this panel and gamma, each figure on its own."""
    pairs = itertools.permutations(range(len(PALETTE_SRGB)), 2)
    return _worst([_swap(panel, gamma, mode, first, second) for first, second in pairs])


def drawn_flashes(panel: MeasuredPanel, gamma: str, mode: Mode, count: int) -> tuple[int, int]:
    """Return the most luminance flashes in a second of drawn challenges: in a quadrant, and in all together.

    Quadrants whose swings overlap but do not start and end with the same steps count one by one together.
    """
    one = together = 0
    for seed in range(count):
        challenge = Challenge.generate(seed.to_bytes(32, "little"), mode)
        luminance = np.clip(shown(panel, challenge.steps_srgb, gamma)[..., 1], 0, 1)
        whole = [luminance[:, [quadrant] * 4] for quadrant in range(4)]
        *alone, all_four = (
            max(safety.general.per_s_max, safety.broadcast.per_s_max)
            for light in (*whole, luminance)
            for safety in [
                check_light(
                    challenge.steps_start_s, np.stack([light] * 3, axis=-1), challenge.duration_s, PEAK_CD_M2
                )
            ]
        )
        one, together = max(one, *alone), max(together, all_four)
    return one, together


def _worst(found: list[Margins]) -> Margins:
    reds = [swap for swap in found if swap.saturation >= SATURATION_LIMIT] or found
    return Margins(
        luminance=(min(swap.luminance[0] for swap in found), max(swap.luminance[1] for swap in found)),
        step=max(swap.step for swap in found),
        contrast=max(swap.contrast for swap in found),
        counts_from_cd_m2=min(swap.counts_from_cd_m2 for swap in found),
        saturation=max(swap.saturation for swap in found),
        chromaticity=max(swap.chromaticity for swap in reds),
        redness=max(swap.redness for swap in reds),
        flashes_per_s=max(swap.flashes_per_s for swap in found),
    )


def table(panels: list[MeasuredPanel]) -> str:
    """Return the table as Markdown: the worse of both modes, which differ little."""
    return tables.markdown(_HEAD, (_row(*one) for one in itertools.product(panels, GAMMAS)))


def _row(panel: MeasuredPanel, gamma: str) -> tuple[object, ...]:
    by_mode = [margins(panel, gamma, mode) for mode in get_args(Mode)]
    worst = _worst(by_mode)
    from_cd_m2 = f" from {worst.counts_from_cd_m2:.0f} cd/m²"
    broken = [name + from_cd_m2 * (name == "BT.1702") for name in worst.broken]
    return (
        panel.name,
        gamma,
        f"{worst.luminance[0]:.3f}–{worst.luminance[1]:.3f}",
        f"{worst.step:.3f}",
        f"{worst.contrast:.3f}",
        f"{worst.saturation:.3f}",
        f"{worst.chromaticity:.2f}",
        ", ".join(broken) or "none",
        " / ".join(str(found.flashes_per_s) for found in by_mode),
    )


def main(given: Sequence[str] | None = None) -> int:
    """Run the study and return its exit status."""
    parser = command.new_parser("studies.photosafety.panels", __doc__)
    add = parser.add_argument
    add("--spectra", type=Path, required=True, metavar="DIR", help="folder with display_*.csv")
    add(
        "--drawn",
        type=command.at_least(1),
        metavar="COUNT",
        help="print the flashes of this number of drawn challenges instead",
    )
    tables.add_write_option(parser, "photosafety.md", "panels")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    spectra = sorted(arguments.spectra.glob("display_*.csv"))
    if not spectra:
        raise InputError(f"{arguments.spectra} holds no display_*.csv; give another --spectra")
    panels = [SRGB_PANEL, *map(MeasuredPanel.load, spectra)]
    if arguments.drawn is None:
        tables.put(table(panels), "panels", arguments.write, command=arguments.command)
        return
    for panel, gamma, mode in itertools.product(panels, GAMMAS, get_args(Mode)):
        one, together = drawn_flashes(panel, gamma, mode, arguments.drawn)
        print(f"{panel.name}, {gamma}, {mode}: {one} a second in a quadrant, {together} together", flush=True)


if __name__ == "__main__":
    sys.exit(main())
