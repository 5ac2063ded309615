"""What workers send is the result of a trial that they were given, or it is refused by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from lightproof.evaluation.trials import TrialResult
from lightproof.evaluation.workers.arrivals import MAX_RESULT_BYTES, WorkerResultError, arrived
from tests.evaluation import evaluation_material as material


def sent() -> dict[str, Any]:
    return material.pretend(material.campaign().trials()[0]).to_json()


def test_a_result_arrives_as_it_was() -> None:
    result = material.pretend(material.campaign().trials()[0])
    assert arrived(result.to_json(), {result.key}) == result


def test_a_result_without_its_figures_arrives() -> None:
    values = sent() | {"score": None, "light_s": None, "decision_s": None, "evidence": {}}
    assert arrived(values, {values["key"]}).evidence == {}


def figure(part: str, name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda values: values | {"evidence": {part: {name: value}}}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: None,
        lambda values: [values],
        lambda values: values | {"outcome": "excellent"},
        lambda values: values | {"more": 1},
        lambda values: {name: value for name, value in values.items() if name != "score"},
        lambda values: values | {"score": {"value": "3", "others_pass": True, "needed": 2.0}},
        lambda values: values | {"light_s": float("nan")},
        lambda values: values | {"reasons": "flat_light"},
        lambda values: values | {"error": "x" * MAX_RESULT_BYTES},
        lambda values: values | {"error": object()},
        lambda values: values | {"key": "another"},
        figure("latency", "latency_s", "0.01"),
        figure("latency", "calibrated_s", [0.01]),
        figure("latency", "unheard_of", 0.01),
        figure("aura", "colour", 3.0),
    ],
)  # fmt: skip
def test_anything_else_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    values = sent()
    with pytest.raises(WorkerResultError, match="a worker sent what is no result of a trial"):
        arrived(spoil(values), {values["key"]})


def test_results_are_sent_as_nothing_but_numbers_and_texts() -> None:
    def plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(type(name) is str and plain(part) for name, part in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or type(value) in (str, int, float, bool)

    assert plain(sent())
    assert {part.name for part in dataclasses.fields(TrialResult)} == sent().keys()
