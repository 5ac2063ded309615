"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from lightproof.face.networks import FaceNetworks, load_networks

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of development data beside the checkout, or skip: a user does not have it."""
    if not SHARED.is_dir():
        pytest.skip("needs the development data in ../shared, which is not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def networks() -> FaceNetworks:
    """Return the shipped networks, loaded once in a process: use does not change them."""
    return load_networks()
