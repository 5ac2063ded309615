"""The device key: made once, for its owner alone, and never overwritten."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import stat
import sys
from pathlib import Path

import platformdirs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from platformdirs.macos import MacOS
from platformdirs.windows import Windows

from lightproof.device import KEY_FILE, KEY_FILES, DeviceKey, load_or_create_device_key, state_directory
from lightproof.errors import DeviceKeyError
from lightproof.jwks import base64url, find_key
from tests.waiting import PATIENCE_S


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "state" / "lightproof"


def _kid_of(home: Path, gate: multiprocessing.synchronize.Barrier, kids: multiprocessing.Queue[str]) -> None:
    gate.wait()
    kids.put(load_or_create_device_key(home).kid)


def test_the_key_is_made_at_first_use_for_its_owner_alone(home: Path) -> None:
    previous = os.umask(0)
    try:
        load_or_create_device_key(home)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_rigs_that_are_not_of_the_house_have_keys_of_their_own(home: Path) -> None:
    kids = {rig: load_or_create_device_key(home, rig=rig).kid for rig in KEY_FILES}
    assert kids["pi"] == kids["desktop"]
    assert len(set(kids.values())) == 3
    assert sorted(path.name for path in home.iterdir()) == sorted(set(KEY_FILES.values()))
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}


def test_the_key_stays_the_same(home: Path) -> None:
    first, second = load_or_create_device_key(home), load_or_create_device_key(home)
    assert first.kid == second.kid
    assert first.pairwise_secret == second.pairwise_secret


def test_processes_that_start_together_end_up_with_one_key(home: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, kids = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_kid_of, args=(home, gate, kids)) for _ in range(4)]
    for process in processes:
        process.start()
    found = {kids.get(timeout=PATIENCE_S) for _ in processes}
    for process in processes:
        process.join()
    assert found == {load_or_create_device_key(home).kid}
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


def test_a_key_made_by_another_process_meanwhile_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = load_or_create_device_key(home)
    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    assert load_or_create_device_key(home).kid == theirs.kid


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o604])
def test_a_key_that_others_can_reach_is_refused_with_the_chmod_to_run(home: Path, mode: int) -> None:
    load_or_create_device_key(home)
    (home / KEY_FILE).chmod(mode)
    with pytest.raises(DeviceKeyError, match=rf"mode {mode:04o}\); run: chmod 600 {home / KEY_FILE}"):
        load_or_create_device_key(home)


def test_a_directory_in_which_others_can_put_a_key_is_refused(home: Path) -> None:
    home.mkdir(parents=True)
    home.chmod(0o777)
    with pytest.raises(DeviceKeyError, match=f"run: chmod 700 {home}"):
        load_or_create_device_key(home)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stored: "",
        lambda stored: "not json",
        lambda stored: "[]",
        lambda stored: "[" * 4000,
        lambda stored: json.dumps(stored | {"format": 2}),
        lambda stored: json.dumps(stored | {"more": 1}),
        lambda stored: json.dumps(stored | {"pairwise_secret": "00"}),
        lambda stored: json.dumps(stored | {"pairwise_secret": 7}),
        lambda stored: json.dumps(stored | {"key": {"kty": "oct", "k": "AAAA"}}),
        lambda stored: json.dumps(stored | {"key": stored["key"] | {"d": "!"}}),
        lambda stored: json.dumps(stored | {"key": stored["key"] | {"x": stored["key"]["y"]}}),
        lambda stored: json.dumps(stored | {"key": {k: v for k, v in stored["key"].items() if k != "d"}}),
        lambda stored: json.dumps(stored | {"key": ECKey.generate_key("P-384").as_dict(private=True)}),
        lambda stored: json.dumps(stored)[:-10],
    ],
)
def test_a_damaged_key_is_refused_kept_and_not_quoted(home: Path, spoil: object) -> None:
    load_or_create_device_key(home)
    path = home / KEY_FILE
    stored = json.loads(path.read_text())
    damaged = spoil(stored)  # type: ignore[operator]
    path.write_text(damaged)
    with pytest.raises(DeviceKeyError, match="damaged or of another version") as refused:
        load_or_create_device_key(home)
    assert path.read_text() == damaged
    assert stored["key"]["d"] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_key_file_that_is_no_file_is_refused(home: Path) -> None:
    (home / KEY_FILE).mkdir(parents=True, mode=0o700)
    with pytest.raises(DeviceKeyError, match=r"is no regular file|Is a directory"):
        load_or_create_device_key(home)


def test_a_key_behind_a_link_is_refused(home: Path, tmp_path: Path) -> None:
    home.mkdir(parents=True, mode=0o700)
    load_or_create_device_key(tmp_path / "elsewhere")
    (home / KEY_FILE).symlink_to(tmp_path / "elsewhere" / KEY_FILE)
    with pytest.raises(DeviceKeyError, match="symbolic link"):
        load_or_create_device_key(home)


def test_a_place_that_cannot_be_written_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DeviceKeyError, match="set LIGHTPROOF_HOME"):
        load_or_create_device_key(tmp_path / "file" / "lightproof")


def test_the_jwk_set_holds_only_public_parts_and_the_thumbprint(home: Path) -> None:
    key = load_or_create_device_key(home)
    (public,) = key.jwks()["keys"]
    assert set(public) == {"kty", "crv", "x", "y", "kid", "use", "alg", "lightproof_rigs"}
    assert (
        public["kid"]
        == ECKey.import_key({name: public[name] for name in ("kty", "crv", "x", "y")}).thumbprint()
    )
    assert json.loads((home / KEY_FILE).read_text())["key"]["d"] not in json.dumps(key.jwks())


def test_coordinates_keep_their_leading_zeros_whatever_the_file_holds(home: Path) -> None:
    """One key in 128 has one; a library that drops it gives the key another id and no verifier takes it."""
    scalars = (ec.derive_private_key(scalar, ec.SECP256R1()) for scalar in itertools.count(1))
    private = next(key for key in scalars if key.public_key().public_numbers().x < 2**248)
    numbers = private.private_numbers()

    def short(value: int) -> str:
        return base64url(value.to_bytes((value.bit_length() + 7) // 8))

    point = numbers.public_numbers
    stored = {"kty": "EC", "crv": "P-256", "x": short(point.x), "y": short(point.y)}
    stored |= {"d": short(numbers.private_value)}
    load_or_create_device_key(home)
    told = json.loads((home / KEY_FILE).read_text())
    (home / KEY_FILE).write_text(json.dumps(told | {"key": stored}))
    key = load_or_create_device_key(home)
    (public,) = key.jwks()["keys"]
    assert (len(public["x"]), len(public["y"])) == (43, 43)
    assert public["x"] != stored["x"]
    assert key.kid == public["kid"]
    found = find_key(key.jwks(), key.kid)
    assert found is not None
    assert found.key.thumbprint() == key.kid


def test_nothing_secret_shows_in_the_repr(home: Path) -> None:
    shown = repr(load_or_create_device_key(home))
    assert shown.startswith("DeviceKey(rigs=frozenset(")
    assert len(shown) < 60


def test_subjects_are_pairwise(home: Path, tmp_path: Path) -> None:
    key, other = load_or_create_device_key(home), load_or_create_device_key(tmp_path / "other")
    subjects = {
        device.subject_for(audience)
        for device in (key, other)
        for audience in ("https://a.example", "https://b.example")
    }
    assert len(subjects) == 4
    assert {len(subject) for subject in subjects} == {22}
    assert key.subject_for("https://a.example") == load_or_create_device_key(home).subject_for(
        "https://a.example"
    )


def test_subjects_do_not_follow_from_the_signing_key(home: Path) -> None:
    key = load_or_create_device_key(home)
    again = DeviceKey(key.private, bytes(32))
    assert again.subject_for("https://a.example") != key.subject_for("https://a.example")


@pytest.fixture
def without_places(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return an environment in which ada is at home and no variable says where anything lies."""
    for name in ("LIGHTPROOF_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    return monkeypatch


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LIGHTPROOF_HOME": "/srv/lp", "XDG_STATE_HOME": "/x"}, "/srv/lp"),
        ({"XDG_STATE_HOME": "/x"}, "/x/lightproof"),
        ({"XDG_STATE_HOME": "relative"}, "/home/ada/.local/state/lightproof"),
        ({"XDG_STATE_HOME": ""}, "/home/ada/.local/state/lightproof"),
        ({}, "/home/ada/.local/state/lightproof"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the XDG directories are Linux's")
def test_the_state_directory_follows_the_environment(
    without_places: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name, value in environment.items():
        without_places.setenv(name, value)
    assert state_directory() == Path(expected)


def test_a_relative_place_of_an_older_platformdirs_is_ignored_too(without_places: pytest.MonkeyPatch) -> None:
    without_places.setattr(platformdirs, "user_state_path", lambda name, **_: Path("relative") / name)
    assert state_directory() == Path("/home/ada/.local/state/lightproof")


def test_each_system_has_its_own_state_directory(without_places: pytest.MonkeyPatch) -> None:
    without_places.setattr(platformdirs, "PlatformDirs", MacOS)
    assert state_directory() == Path("/home/ada/Library/Application Support/lightproof")
    without_places.setattr(platformdirs, "PlatformDirs", Windows)
    without_places.setattr("platformdirs.windows.get_win_folder", lambda _: "/Users/ada/AppData/Local")
    assert state_directory() == Path("/Users/ada/AppData/Local/lightproof")


def test_a_device_without_a_home_directory_is_told_what_to_set(without_places: pytest.MonkeyPatch) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    without_places.setattr(platformdirs, "user_state_path", homeless)
    with pytest.raises(DeviceKeyError, match="no home directory for the device key; set LIGHTPROOF_HOME"):
        state_directory()
