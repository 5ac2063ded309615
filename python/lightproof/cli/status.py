"""What a command leaves behind as its exit status."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lightproof.verdict import Outcome

ERROR_STATUS = 1
"""Something went wrong, said in one line. Wrong usage is 2, as everywhere."""

OUTCOME_STATUS: Mapping[Outcome, int] = MappingProxyType(
    {
        Outcome.VERIFIED: 0,
        Outcome.NOT_VERIFIED: 10,
        Outcome.INCONCLUSIVE: 11,
        Outcome.DECLINED: 12,
    }
)
"""How a session ended, for scripts."""
