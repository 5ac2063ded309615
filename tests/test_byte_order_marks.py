"""Files that an editor on Windows has begun with a byte order mark say what they say without it."""

from __future__ import annotations

import json
from pathlib import Path

from lightproof.cli.result import _token_text
from lightproof.device import load_or_create_device_key
from lightproof.evaluation.people import load_people
from lightproof.face.manifest import SHIPPED_MANIFEST, load_manifest
from lightproof.jwks import load_jwks
from lightproof.policy import Policy

MARK = b"\xef\xbb\xbf"


def marked(path: Path, content: bytes) -> Path:
    path.write_bytes(MARK + content)
    return path


def test_a_policy_with_a_mark_is_the_policy(tmp_path: Path) -> None:
    path = marked(tmp_path / "desk.toml", b'mode = "gentle"\n')
    assert Policy.load(path).sha256() == Policy(mode="gentle").sha256()


def test_a_manifest_with_a_mark_is_the_manifest(tmp_path: Path) -> None:
    for model in SHIPPED_MANIFEST.parent.glob("*.tflite"):
        (tmp_path / model.name).symlink_to(model)
    path = marked(tmp_path / "manifest.toml", SHIPPED_MANIFEST.read_bytes())
    assert load_manifest(path).sha256 == load_manifest().sha256


def test_a_jwk_set_with_a_mark_is_the_set(tmp_path: Path) -> None:
    jwks = load_or_create_device_key(tmp_path / "home").jwks()
    assert load_jwks(marked(tmp_path / "jwks.json", json.dumps(jwks).encode())) == jwks


def test_a_table_of_people_with_a_mark_is_the_table(tmp_path: Path) -> None:
    path = marked(tmp_path / "people.csv", b"face_id,face_gender\n001,female\n")
    assert load_people(path).groups == {"001": {"sex": "female"}}


def test_a_token_in_a_file_with_a_mark_is_the_token(tmp_path: Path) -> None:
    assert _token_text(f"@{marked(tmp_path / 'token', b'abc.def.ghi')}") == "abc.def.ghi"
