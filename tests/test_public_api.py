"""What ``import lightproof`` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import lightproof


def test_every_public_name_loads_and_is_listed() -> None:
    names: list[str] = vars(lightproof)["__all__"]  # of the lazy loader, so no type checker knows it
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(lightproof, name)
        assert name in dir(lightproof)
    assert issubclass(lightproof.LightproofError, Exception)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, lightproof; lightproof.__version__;"
        "heavy = {'numpy', 'cv2', 'joserfc', 'typer', 'lightproof._core'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="attribute magic"):
        getattr(lightproof, "magic")  # noqa: B009


def test_anyone_can_judge_a_challenge() -> None:
    challenge = lightproof.Challenge.generate(bytes(32), mode="standard")
    assert challenge.dwell_s >= 1 / 6
    assert challenge.srgb.dtype == np.uint8
    assert challenge.srgb.shape == challenge.linear.shape == (len(challenge), 4, 3)
    np.testing.assert_allclose(challenge.at(0.0, challenge.dwell_s), challenge.linear[0])
