"""JSON and TOML of others: nests without end and numbers without bounds end in the loader's own error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lightproof.device import KEY_FILE, load_or_create_device_key
from lightproof.errors import (
    BasisError,
    CalibrationError,
    DeviceKeyError,
    InputError,
    LightproofError,
    ManifestError,
    PolicyError,
    RecordingError,
)
from lightproof.evaluation.people import load_people
from lightproof.evaluation.trial_log import CAMPAIGN_FILE, TRIALS_FILE, CampaignError, TrialLog, kept
from lightproof.expectations import ANY, Expectations
from lightproof.face.manifest import SHIPPED_MANIFEST, load_manifest
from lightproof.jwks import base64url, load_jwks
from lightproof.policy import Policy
from lightproof.result import Refusal, ResultRefusedError, verify_result
from lightproof.rigs.calibration_store import calibration_path, load_calibration
from lightproof.rigs.recording.format import load_session
from lightproof.simulation import basis
from lightproof.single_use import SingleUseStore
from lightproof.untrusted import MAX_LEVELS, json_value, toml_table

HUGE_NUMBERS = ["9" * 400, "9" * 5000, "1e999", "-1e999", "NaN", "Infinity"]
NESTS = ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900]
BOMBS = [*HUGE_NUMBERS, *NESTS]
TOML_BOMBS = ["9" * 400, "9" * 5000, "0x" + "f" * 5000, "1e999", "[" * 10_000, "[" * 200 + "]" * 200]
every_bomb = pytest.mark.parametrize("bomb", BOMBS, ids=[f"{bomb[:6]}.{len(bomb)}" for bomb in BOMBS])
every_toml_bomb = pytest.mark.parametrize(
    "bomb", TOML_BOMBS, ids=[f"{bomb[:6]}.{len(bomb)}" for bomb in TOML_BOMBS]
)


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def jwks(folder: Path, bomb: str) -> object:
    return load_jwks(written(folder / "a.json", f'{{"keys": [], "more": {bomb}}}'))


def session(folder: Path, bomb: str) -> object:
    return load_session(written(folder / "session.json", f'{{"context": {bomb}}}'))


def calibration(folder: Path, bomb: str) -> object:
    written(calibration_path("camera", folder), f'{{"format": 2, "camera": "camera", "latency_s": {bomb}}}')
    return load_calibration("camera", folder)


def basis_meta(folder: Path, bomb: str) -> object:
    picture = np.zeros((16, 16, 3), np.uint16)
    meta = np.array(f'{{"scale": {bomb}}}')
    np.savez_compressed(folder / "a.npz", **dict.fromkeys((*basis.QUADRANTS, "dome"), picture), meta=meta)  # type: ignore[arg-type]
    return basis.load(folder / "a.npz")


def trials(folder: Path, bomb: str) -> object:
    written(folder / TRIALS_FILE, f'{{"key": "a", "evidence": {bomb}}}\n')
    with TrialLog(folder, {"software": "one"}, ("a",)) as log:
        return log.results


def count_kept(folder: Path, bomb: str) -> object:
    written(folder / TRIALS_FILE, f'{{"key": "a", "evidence": {bomb}}}\n')
    return kept(folder)


def campaign(folder: Path, bomb: str) -> object:
    written(folder / CAMPAIGN_FILE, f'{{"software": "one", "seed": {bomb}}}')
    with TrialLog(folder, {"software": "one", "seed": 1}, ()) as log:
        return log.results


def device_key(folder: Path, bomb: str) -> object:
    home = folder / "home"
    home.mkdir(mode=0o700)
    written(home / KEY_FILE, f'{{"format": 1, "key": {bomb}, "pairwise_secret": ""}}').chmod(0o600)
    return load_or_create_device_key(home)


Loader = Callable[[Path, str], object]
LOADERS: list[tuple[Loader, type[LightproofError]]] = [
    (jwks, InputError),
    (session, RecordingError),
    (calibration, CalibrationError),
    (basis_meta, BasisError),
    (trials, CampaignError),
    (count_kept, CampaignError),
    (campaign, CampaignError),
    (device_key, DeviceKeyError),
]


@every_bomb
@pytest.mark.parametrize(("load", "error"), LOADERS)
def test_json_that_is_a_bomb_is_refused_in_the_loaders_own_error(
    tmp_path: Path, load: Loader, error: type[LightproofError], bomb: str
) -> None:
    with pytest.raises(error) as refused:
        load(tmp_path, bomb)
    assert len(str(refused.value)) < 1000


@every_toml_bomb
@pytest.mark.parametrize("key", ["decoys", "mode", "fmr", "latency_tolerance_s", "presence_only", "other"])
def test_a_policy_that_is_a_bomb_is_refused(key: str, bomb: str) -> None:
    with pytest.raises(PolicyError) as refused:
        Policy.loads(f"{key} = {bomb}")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("number", [10**5000, -(10**5000), 10**400], ids=["high", "low", "writable"])
@pytest.mark.parametrize("key", ["decoys", "min_response", "mode"])
def test_a_number_that_python_cannot_write_is_refused_by_key(key: str, number: int) -> None:
    with pytest.raises(PolicyError, match=f"policy key {key}"):
        Policy.from_mapping({key: number})


@every_toml_bomb
@pytest.mark.parametrize("key", ["input_size", "output_size", "input_mean", "thresholds", "name"])
def test_a_manifest_that_is_a_bomb_is_refused(tmp_path: Path, key: str, bomb: str) -> None:
    shipped = SHIPPED_MANIFEST.read_text()
    assert f"\n{key} = " in shipped
    before, _, after = shipped.rpartition(f"\n{key} = ")
    text = f"{before}\n{key} = {bomb}\n{after.partition(chr(10))[2]}"
    with pytest.raises(ManifestError):
        load_manifest(written(tmp_path / "models.toml", text))


@pytest.mark.parametrize(
    "key", ["input_size = [9223372036854775807, 128]", "output_size = 4611686018427387904"]
)
def test_a_network_of_a_size_that_no_memory_holds_is_refused_by_key(tmp_path: Path, key: str) -> None:
    name = key.partition(" ")[0]
    before, _, after = SHIPPED_MANIFEST.read_text().partition(f"\n{name} = ")
    with pytest.raises(ManifestError, match=f"{name} is .*from 1 to"):
        load_manifest(written(tmp_path / "models.toml", f"{before}\n{key}\n{after.partition(chr(10))[2]}"))


@pytest.mark.parametrize("bomb", ["9" * 400, "1e999", "NaN", "[" * 300 + "]" * 300])
def test_a_token_whose_header_is_a_bomb_is_refused(bomb: str) -> None:
    header = base64url(f'{{"alg": "ES256", "kid": {bomb}}}'.encode())
    anything = Expectations(
        rigs={"pi"}, presence_only=False, policies=ANY, models=ANY, software=ANY, latency_classes=ANY
    )
    with pytest.raises(ResultRefusedError) as refused:
        verify_result(
            f"{header}.e30.AAAA", {"keys": []}, bytes(range(16)), "x:y", anything, SingleUseStore(None)
        )
    assert refused.value.refusal is Refusal.MALFORMED


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e999", "9" * 5000, "nan"])
def test_a_column_of_people_with_numbers_beyond_bounds_groups_whom_it_can(
    tmp_path: Path, number: str
) -> None:
    rows = "".join(f"{row},{row % 2},{row}{row % 7}\n" for row in range(40))
    table = written(tmp_path / "people.csv", f"face_id,side,height\n{rows}a,1,{number}\nb,1,-1e308\n")
    assert len(load_people(table).groups) == 42


def test_a_column_of_one_number_in_many_spellings_is_one_group(tmp_path: Path) -> None:
    rows = "".join(f"{row},1.{'0' * row}\n" for row in range(1, 20))
    people = load_people(written(tmp_path / "people.csv", f"face_id,height\n{rows}"))
    assert {groups["height"] for groups in people.groups.values()} == {"1 to under 2"}


def test_values_within_bounds_come_as_they_are() -> None:
    deepest = "[" * MAX_LEVELS + "]" * MAX_LEVELS
    assert json.dumps(json_value(deepest)) == deepest
    with pytest.raises(ValueError, match="more than 64 levels"):
        json_value(f"[{deepest}]")
    numbers = [-(2**63), 2**64 - 1, 1e308, -0.5]
    assert json_value(json.dumps({"a": numbers})) == {"a": numbers}
    for number in (-(2**63) - 1, 2**64):
        with pytest.raises(ValueError, match=r"\d+ bits"):
            json_value(str(number))
    table = toml_table(f"a = {numbers}\nb = -inf\nc = nan\n")
    assert table["a"] == numbers
    assert table["b"] == -math.inf
    assert math.isnan(table["c"])
