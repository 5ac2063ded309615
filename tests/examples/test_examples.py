"""What newcomers copy does what it says."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

import lightproof
from lightproof.device import load_or_create_device_key
from lightproof.result import Refusal, ResultRefusedError, SessionResult, hash_text, sign_result
from lightproof.rigs.latency_class import LatencyClass
from lightproof.rigs.simulated import SimulatedRig
from lightproof.session import Entropy

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def example(name: str) -> ModuleType:
    """Return an example as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines_of_the_readme() -> str:
    """Return the Python of the README."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the key of the test's device out of the state of whoever runs it."""
    monkeypatch.setenv("LIGHTPROOF_HOME", str(tmp_path / "home"))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Return the simulated person's own portrait, as the file that the README names."""
    from lightproof.simulation.subject import sample_person

    path = tmp_path / "my-id.jpg"
    cv2.imwrite(str(path), np.ascontiguousarray(sample_person()[..., ::-1]))
    return path


@pytest.fixture
def simulated_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the simulated person before whatever rig is asked for: no machine of a test has both."""
    from lightproof import verification
    from lightproof.rigs.protocol import RigOptions
    from lightproof.rigs.simulated import open_rig

    def opened(name: str, options: RigOptions) -> SimulatedRig:
        return open_rig(RigOptions(seed=7))

    monkeypatch.setattr(verification, "open_rig", opened)
    monkeypatch.setattr(verification, "_chance", lambda *of: (Entropy.from_seed(7), None))


@pytest.mark.usefixtures("simulated_auto")
def test_the_seven_lines_of_the_readme_verify_a_person(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of_the_readme()
    assert len([line for line in lines.splitlines() if line.strip()]) <= 7
    monkeypatch.chdir(photo.parent)
    exec(compile(lines, "README.md", "exec"), {})
    outcome, token = capsys.readouterr().out.split()
    assert outcome == "verified"
    assert token.count(".") == 2


@pytest.mark.usefixtures("simulated_auto")
def test_the_laptop_example_prints_the_outcome_and_the_token(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example("verify_on_a_laptop").main(photo) == 0
    outcome, token = capsys.readouterr().out.split()
    assert outcome == "verified"
    assert token.count(".") == 2


def test_the_laptop_example_says_in_a_line_what_is_wrong_with_a_photo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert example("verify_on_a_laptop").main(tmp_path / "absent.jpg", "simulated") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "absent.jpg" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.fixture
def signed() -> Callable[..., str]:
    """Return what signs a result as this device would."""
    import time

    def sign(nonce: bytes, **changes: Any) -> str:
        told: dict[str, Any] = {
            "verdict": lightproof.Verdict(lightproof.Outcome.VERIFIED),
            "nonce": nonce,
            "audience": example("relying_party").AUDIENCE,
            "rig": "desktop",
            "presence_only": False,
            "latency_class": LatencyClass.DIRECT,
            "policy_sha256": bytes(32),
            "models_sha256": bytes(32),
            "software_sha256": bytes(32),
            "challenge_sha256": bytes(32),
            "issued_at": int(time.time()),
        }
        result = SessionResult(**(told | changes))
        return sign_result(result, load_or_create_device_key(rig=result.rig))

    return sign


def door_of_the_example() -> Any:
    """Return the example's door, which expects what `signed` signs."""
    hashes = dict.fromkeys(("policy", "models", "software"), hash_text(bytes(32)))
    return example("relying_party").RelyingParty(
        load_or_create_device_key().jwks(), hashes, lightproof.SingleUseStore(None)
    )


def test_the_relying_party_lets_a_verified_person_in_once(signed: Callable[..., str]) -> None:
    door = door_of_the_example()
    token = signed(door.ask("Ada"))
    assert door.lets_in("Ada", token)
    assert not door.lets_in("Ada", token)


def test_the_relying_party_does_not_let_in_who_is_not_verified(signed: Callable[..., str]) -> None:
    door = door_of_the_example()
    flat = lightproof.Verdict(lightproof.Outcome.NOT_VERIFIED, (lightproof.ReasonCode.FLAT_LIGHT,))
    assert not door.lets_in("Ada", signed(door.ask("Ada"), verdict=flat))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"rig": "simulated"}, Refusal.UNKNOWN_KEY),
        ({"rig": "other"}, Refusal.UNKNOWN_KEY),
        ({"presence_only": True}, Refusal.UNEXPECTED_PRESENCE_ONLY),
        ({"policy_sha256": b"lax".ljust(32)}, Refusal.UNEXPECTED_POLICY),
        ({"models_sha256": b"own".ljust(32)}, Refusal.UNEXPECTED_MODELS),
        ({"software_sha256": b"own".ljust(32)}, Refusal.UNEXPECTED_SOFTWARE),
        ({"latency_class": LatencyClass.BUFFERED}, Refusal.UNEXPECTED_LATENCY),
    ],
)
def test_the_relying_party_refuses_what_is_not_as_it_expects(
    signed: Callable[..., str], changes: dict[str, Any], refusal: Refusal
) -> None:
    door = door_of_the_example()
    with pytest.raises(ResultRefusedError) as refused:
        door.lets_in("Ada", signed(door.ask("Ada"), **changes))
    assert refused.value.refusal is refusal


def test_the_relying_party_refuses_what_answers_another_request(signed: Callable[..., str]) -> None:
    door = door_of_the_example()
    token = signed(door.ask("Ada"))
    door.ask("Bob")
    with pytest.raises(ResultRefusedError):
        door.lets_in("Bob", token)


@pytest.fixture(scope="module")
def installed_rig(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the example's rig as a package of its own and return the environment that finds it."""
    pytest.importorskip("flit_core", reason="building the rig's package needs flit_core (group dev)")
    folder = tmp_path_factory.mktemp("packages")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--target", str(folder), str(EXAMPLES / "rig_package")),
        ],
        check=True,
    )
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return os.environ | {"PYTHONPATH": path}


def lightproof_command(*words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "lightproof", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_rig_of_a_third_party_is_found_by_its_name_and_looks_at_no_face(
    installed_rig: dict[str, str],
) -> None:
    done = lightproof_command(
        "verify", "--rig", "grey-card", "--presence-only", "--yes", "--json", environment=installed_rig
    )
    assert done.returncode == 11, done.stderr
    assert '"no_face"' in done.stdout
    assert '"rig": "other"' in done.stdout


def test_a_rig_of_a_third_party_refuses_a_setting_in_a_line(installed_rig: dict[str, str]) -> None:
    done = lightproof_command(
        *("verify", "--rig", "grey-card", "--presence-only", "--yes", "--set", "reflectance=two"),
        environment=installed_rig,
    )
    assert done.returncode == 2
    assert "reflectance='two'" in done.stderr
    assert "Traceback" not in done.stderr
