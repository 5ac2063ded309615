"""Fixtures that every test may use, and what marks a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lightproof.face.networks import FaceNetworks
from tests.face import face_pictures

SHARED = Path(__file__).resolve().parents[2] / "shared"

MARKED_BY = {"shared": "data", "x_server": "display", "browser": "display"}
"""Fixture -> the marker of every test that asks for it."""

# A slow or busy machine is no failure, and the same code gives the same outcome; the fuzz targets look for
# inputs that nobody has tried.
settings.register_profile(
    "lightproof", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lightproof")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they ask for."""
    for item in items:
        for fixture, marker in MARKED_BY.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)


@pytest.fixture(scope="session", autouse=True)
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test away from the keys and notes of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIGHTPROOF_HOME", str(tmp_path_factory.mktemp("state") / "home"))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of development data beside the checkout, or skip: a user does not have it."""
    if not SHARED.is_dir():
        pytest.skip("needs the development data in ../shared, which is not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def networks() -> FaceNetworks:
    """Return the shipped networks, loaded once in a process: use does not change them."""
    return face_pictures.networks()


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a head and a flat print as bases; nobody writes there."""
    from tests.evaluation import evaluation_material

    return evaluation_material.write_bases(tmp_path_factory.mktemp("bases"))
