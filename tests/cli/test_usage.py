"""Errors of whoever calls: what an option was given is wrong usage, what a file turns out to hold is not."""

from __future__ import annotations

import pytest
import typer

from lightproof import cli
from lightproof.cli.usage import wrong_usage
from lightproof.errors import InputError, PictureError, PolicyError, RigError


@pytest.mark.parametrize(
    ("raised", "kinds"),
    [(InputError("x"), ()), (PolicyError("x"), (PolicyError,)), (RigError("x"), (RigError,))],
)
def test_what_an_option_was_given_is_wrong_usage_of_it(
    raised: InputError, kinds: tuple[type[InputError], ...]
) -> None:
    with pytest.raises(typer.BadParameter) as caught, wrong_usage("--set", *kinds):
        raise raised
    assert caught.value.param_hint == "--set"


@pytest.mark.parametrize(("raised", "kinds"), [(PictureError("x"), ()), (InputError("x"), (PolicyError,))])
def test_anything_else_stays_what_it_is(raised: InputError, kinds: tuple[type[InputError], ...]) -> None:
    with pytest.raises(type(raised)), wrong_usage("--set", *kinds):
        raise raised


@pytest.mark.parametrize(
    "arguments", [("--rig", "nonsense"), ("--rig", "simulated", "--set", "nonsense=1"), ("--repeats", "1")]
)
def test_calibrate_refuses_wrong_usage_with_its_status(arguments: tuple[str, ...]) -> None:
    assert cli.main(["calibrate", *arguments]) == 2
