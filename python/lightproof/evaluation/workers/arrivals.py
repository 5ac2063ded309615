"""Results of trials as they arrive from machines of others: plain numbers and texts, each checked."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, get_type_hints

import msgspec

from lightproof.errors import InputError
from lightproof.evaluation.trials import TrialResult
from lightproof.presence.evidence import PresenceEvidence

MAX_RESULT_BYTES: Final = 256 * 1024
"""A result has 3 kB."""


class WorkerResultError(InputError):
    """A worker sent something that is not the result of a trial that was handed out."""


def arrived(values: object, awaited: Collection[str]) -> TrialResult:
    """Return the result of a trial that a worker sent as JSON values.

    The evidence holds no figures but those of this software, each of its own type, or null.

    Args:
        values: what was sent.
        awaited: keys of the trials that workers have.

    Raises:
        WorkerResultError: it is something else, or the result of another trial.
    """
    try:
        text = json.dumps(values, allow_nan=False)
        if len(text) > MAX_RESULT_BYTES:
            raise ValueError(f"{len(text)} bytes, where {MAX_RESULT_BYTES} are the most")
        result = TrialResult.from_json(json.loads(text))
        _require_figures(result.evidence)
        if result.key not in awaited:
            raise ValueError(f"no worker has a trial {result.key[:80]!r}")
    except (TypeError, ValueError, RecursionError) as error:
        raise WorkerResultError(
            f"a worker sent what is no result of a trial ({error}); install the same wheel on every worker, "
            "and let nobody else into the cluster"
        ) from error
    return result


def _require_figures(evidence: Mapping[str, Mapping[str, Any]]) -> None:
    parts = get_type_hints(PresenceEvidence)
    for part, figures in evidence.items():
        kinds = get_type_hints(parts[part]) if part in parts else {}
        if not figures.keys() <= kinds.keys():
            raise ValueError(f"evidence {part[:80]!r} does not have the figures {', '.join(figures)[:160]}")
        for name, figure in figures.items():
            msgspec.convert(figure, kinds[name] | None)
