"""What a report says of one part of the evidence.

Its finding, a sentence, and every number beside what is asked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from lightproof.verdict import Finding, ReasonCode

NOT_MEASURED: Final = "–"
"""What stands in the place of a figure that could not be measured."""

_NBSP: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class EvidenceFigure:
    """One number as text; ``wanted`` is what a pass asks for, empty where the number only informs."""

    name: str
    value: str
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceSummary:
    """One part of the evidence in words; ``finding`` is None where it was not looked for."""

    name: str
    finding: Finding | None
    headline: str
    reasons: tuple[ReasonCode, ...] = ()
    figures: tuple[EvidenceFigure, ...] = ()


def with_error(value: str, error: str) -> str:
    """Return a value and its standard error, or the value alone where the error is not known."""
    return value if NOT_MEASURED in (value, error) else f"{value} ± {error}"


def percent(ratio: float | None) -> str:
    """Return a ratio in per cent with one decimal."""
    if ratio is None or not math.isfinite(ratio):
        return NOT_MEASURED
    return f"{100 * ratio:.1f}{_NBSP}%"


def number(value: float | None, digits: int) -> str:
    """Return a number with so many decimals."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    return f"{value:,.{digits}f}".replace("-", "−")


def milliseconds(value_s: float | None) -> str:
    """Return a time in milliseconds with one decimal."""
    if value_s is None or not math.isfinite(value_s):
        return NOT_MEASURED
    return f"{1000 * value_s:.1f}{_NBSP}ms".replace("-", "−")


def power_of_ten(probability: float) -> str:
    """Return a small probability as 9.5 × 10⁻⁷, a large one as it is."""
    if not 0 < probability < 0.001:
        return f"{probability:.3g}"
    mantissa, exponent = f"{probability:.1e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1.0" else f"{mantissa}{_NBSP}×{_NBSP}10{raised}"
