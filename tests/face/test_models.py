"""Models: the manifest is the only way to a network, and no file is run that is not the one it names."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from lightproof.errors import ManifestError, MissingExtraError, ModelHashError
from lightproof.face.alignment import CANONICAL_FILE
from lightproof.face.embedding import Embedder, cosine
from lightproof.face.manifest import DATA_FILES, SHIPPED_MANIFEST, Role, load_manifest
from lightproof.face.networks import load_networks
from lightproof.face.runtime import Network, runtime_name
from lightproof.result import CODE_SUFFIXES
from tests.face.face_pictures import admiral, astronaut

TABLE = """
[[model]]
name = "another"
role = "embedder"
file = "FILE"
sha256 = "SHA256"
input_size = [150, 150]
input_mean = [122.782, 117.001, 104.298]
input_scale = [256, 256, 256]
output_size = 128
alignment = [[47.82, 47.41], [100.21, 47.41], [74.01, 76.56], [50.41, 103.02], [97.61, 103.02]]
unit_length = false
thresholds = { "1e-4" = 0.940 }
threshold_source = "Labeled Faces in the Wild"
source = "PyPI face-recognition-models 0.3.0"
licence = "CC0"
"""
"""dlib's ResNet; its alignment is the mean face of dlib's get_face_chip_details at padding 0.25."""


def embedder(file: Path | str = "a.tflite", sha256: str = "0" * 64) -> str:
    return TABLE.replace("FILE", str(file)).replace("SHA256", sha256)


def manifest_file(folder: Path, text: str) -> Path:
    path = folder / "models.toml"
    path.write_text(text)
    return path


def test_every_role_has_a_shipped_model_whose_hash_holds() -> None:
    manifest = load_manifest()
    for role in Role:
        assert hashlib.sha256(manifest[role].read()).hexdigest() == manifest[role].sha256


def test_every_shipped_model_states_source_and_licence_and_a_text_of_it_lies_beside() -> None:
    manifest = load_manifest()
    texts = "".join(path.read_text() for path in SHIPPED_MANIFEST.parent.glob("*.txt"))
    assert "Apache License" in texts
    assert "MIT License" in texts
    assert all(manifest[role].source and manifest[role].licence for role in Role)


def test_a_threshold_is_had_only_at_a_stated_false_match_rate() -> None:
    entry = load_manifest()[Role.EMBEDDER]
    stated = {1e-3: 0.450, 1e-4: 0.532, 1e-5: 0.599, 1e-6: 0.668}
    assert {rate: entry.threshold_at(rate) for rate in stated} == stated
    with pytest.raises(
        ManifestError,
        match=r"no threshold at a false match rate of 0.01 \(stated: 1e-06, 1e-05, 0.0001, 0.001\)",
    ):
        entry.threshold_at(1e-2)


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ('"1e-4" = 0.940', '"1e-4" = 0.941'),
        ("unit_length = false", "unit_length = true"),
        ("[150, 150]", "[150, 151]"),
        ("output_size = 128", "output_size = 129"),
        ("122.782", "122.783"),
        ("[256, 256, 256]", "[255, 256, 256]"),
        ("47.82", "47.83"),
        ("CC0", "CC1"),
    ],
)
def test_whatever_a_manifest_says_is_in_its_hash(tmp_path: Path, told: str, instead: str) -> None:
    """The thresholds of a stranger's manifest verified strangers under the hash of the shipped one."""
    assert told in embedder()
    first = load_manifest(manifest_file(tmp_path, embedder())).sha256
    assert load_manifest(manifest_file(tmp_path, embedder().replace(told, instead))).sha256 != first


def test_how_a_manifest_is_written_and_where_its_files_lie_is_not_in_its_hash(tmp_path: Path) -> None:
    first = load_manifest(manifest_file(tmp_path, embedder()))
    moved = load_manifest(
        manifest_file(tmp_path, "# a comment\n" + embedder("b.tflite").replace('"1e-4"', '"1.0e-4"'))
    )
    assert moved.sha256 == first.sha256


def test_the_data_that_verdicts_rest_on_are_in_the_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_manifest().sha256
    assert CANONICAL_FILE in DATA_FILES
    bent = tmp_path / "canonical.npz"
    bent.write_bytes(CANONICAL_FILE.read_bytes() + b"\0")
    monkeypatch.setattr("lightproof.face.manifest.DATA_FILES", (bent,))
    assert load_manifest().sha256 != first


def test_every_file_of_the_package_that_is_read_for_a_verdict_is_named_by_a_result() -> None:
    """Code and the compiled core by the hash of the software, everything else by that of the models."""
    package = SHIPPED_MANIFEST.parent.parent
    named = {load_manifest()[role].path for role in Role} | set(DATA_FILES)
    others = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in CODE_SUFFIXES
    } - {path.relative_to(package).as_posix() for path in named}
    # The manifest goes in as what it says; the rest is read for reports and simulations, or by people.
    assert {path for path in others if not path.startswith(("models/", "simulation/portraits/"))} == {
        "py.typed",
        "evaluation/report/evaluation_report.html.j2",
        "reporting/report.css",
        "reporting/session_report.html.j2",
    }


def test_a_model_with_a_wrong_hash_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("models.toml", *(entry["file"] for entry in _shipped_tables())):
        shutil.copy(SHIPPED_MANIFEST.parent / name, tmp_path / name)
    mesh = tmp_path / "face_landmark.tflite"
    content = bytearray(mesh.read_bytes())
    content[-1] ^= 1
    mesh.write_bytes(content)
    with pytest.raises(ModelHashError) as caught:
        load_networks(load_manifest(tmp_path / "models.toml"))
    text = str(caught.value)
    assert "'mediapipe-face-mesh'" in text
    assert "face_landmark.tflite" in text
    assert hashlib.sha256(content).hexdigest() in text
    assert load_manifest()[Role.MESH].sha256 in text
    assert "restore the original file" in text


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    manifest = load_manifest(manifest_file(tmp_path, embedder("gone.tflite")))
    with pytest.raises(ManifestError, match=r"'another': cannot read .*gone\.tflite \(No such file"):
        load_networks(manifest)


def test_a_manifest_that_names_one_role_leaves_the_others_to_the_shipped_one(tmp_path: Path) -> None:
    manifest = load_manifest(manifest_file(tmp_path, embedder()))
    assert manifest[Role.EMBEDDER].name == "another"
    assert manifest[Role.EMBEDDER].path == tmp_path / "a.tflite"
    assert manifest[Role.MESH] == load_manifest()[Role.MESH]
    assert manifest.sha256 != load_manifest().sha256


@pytest.mark.parametrize(
    "key", ["name", "role", "file", "sha256", "input_size", "alignment", "thresholds", "licence"]
)
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    lines = [line for line in embedder().splitlines() if not line.startswith(f"{key} ")]
    with pytest.raises(ManifestError, match=f"key '{key}' is missing"):
        load_manifest(manifest_file(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("role", '"oracle"'),
        ("file", "7"),
        ("sha256", '"abc"'),
        ("input_size", "[150]"),
        ("input_size", "[150, 150.0]"),
        ("input_size", "[0, 150]"),
        ("input_mean", '["a", 1, 2]'),
        ("input_mean", "[nan, 1, 2]"),
        ("input_scale", "[0, 1, 1]"),
        ("output_size", "true"),
        ("alignment", "[[1, 2]]"),
        ("unit_length", '"yes"'),
        ("thresholds", "{}"),
        ("thresholds", '{ "often" = 0.5 }'),
        ("thresholds", '{ "1e-4" = 1.5 }'),
        ("thresholds", '{ "2" = 0.5 }'),
        ("thresholds", '{ "1e-4" = -1.0 }'),
        ("thresholds", '{ "1e-4" = 0.0 }'),
        ("thresholds", '{ "1e-4" = 0.0999 }'),
        ("thresholds", '{ "1e-4" = 1.0 }'),
        ("thresholds", '{ "1e-4" = nan }'),
        ("thresholds", '{ "nan" = 0.5 }'),
        ("thresholds", '{ "1e-4" = 0.5, "0.0001" = 0.2 }'),
        ("thresholds", '{ "1e-4" = 0.5, "0.00010000000001" = 0.4 }'),
        ("thresholds", '{ "1e-4" = 0.5, "1e-5" = 0.5 }'),
        ("thresholds", '{ "1e-4" = 0.5, "1e-3" = 0.6 }'),
    ],
)
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, key: str, value: str) -> None:
    lines = [f"{key} = {value}" if line.startswith(f"{key} ") else line for line in embedder().splitlines()]
    with pytest.raises(ManifestError, match=rf"{key} is .*, it must be"):
        load_manifest(manifest_file(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "must hold"),
        ("model = 3", "must hold"),
        ("model = [3]", "is not a table"),
        ("[[model]", "is not TOML"),
        ("verion = 1\n" + embedder(), "must hold"),
        (embedder() * 2, "two models for role embedder"),
        (embedder() + "treshold = 1", "unknown key 'treshold'"),
    ],
)
def test_a_malformed_manifest_is_refused_with_the_reason(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ManifestError, match=complaint):
        load_manifest(manifest_file(tmp_path, text))


def test_a_manifest_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot read manifest"):
        load_manifest(tmp_path / "nowhere.toml")
    (tmp_path / "noise.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match="not UTF-8"):
        load_manifest(tmp_path / "noise.toml")


def test_a_file_that_is_no_network_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.tflite").write_bytes(b"not a network")
    sha256 = hashlib.sha256(b"not a network").hexdigest()
    manifest = load_manifest(manifest_file(tmp_path, embedder(sha256=sha256)))
    with pytest.raises(ManifestError, match=r"'another': .* is not a network"):
        load_networks(manifest)


def test_a_network_in_the_wrong_role_is_refused_by_name(tmp_path: Path) -> None:
    tables = SHIPPED_MANIFEST.read_text().replace('file = "', f'file = "{SHIPPED_MANIFEST.parent}/')
    swapped = tables.replace("face_detection_short_range.tflite", "face_detection_back.tflite").replace(
        load_manifest()[Role.DETECTOR_NEAR].sha256, load_manifest()[Role.DETECTOR_DOCUMENT].sha256
    )
    with pytest.raises(ManifestError, match=r"'blazeface-short-range': .*correct input_size"):
        load_networks(load_manifest(manifest_file(tmp_path, swapped)))


def test_the_embedder_can_be_replaced_by_one_of_another_shape_and_scaling(
    shared: Path, tmp_path: Path
) -> None:
    file = shared / "models" / "dlib_resnet_v1_dynint8.tflite"
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest = load_manifest(manifest_file(tmp_path, embedder(file, sha256)))
    networks = load_networks(manifest)
    threshold = manifest[Role.EMBEDDER].threshold_at(1e-4)
    embeddings = []
    for picture in (astronaut(), astronaut()[:, ::-1].copy(), admiral()):
        fit = networks.largest_face(picture)
        assert fit is not None
        embeddings.append(networks.embedder.embed(networks.embedder.crop(picture, fit.points)))
    same, mirrored, other = embeddings
    assert same.shape == (128,)
    assert abs(np.linalg.norm(same) - 1) > 0.1
    assert cosine(same, mirrored) >= threshold
    assert cosine(same, other) < threshold


def test_forgetting_leaves_no_trace_of_the_picture_in_the_network() -> None:
    network = Network(load_manifest()[Role.EMBEDDER])
    untouched = network(np.zeros((112, 112, 3), np.uint8))[0]
    network(np.full((112, 112, 3), 200, np.uint8))
    network.forget()
    held = network._interpreter.get_tensor(network._input_index)
    assert not held.any()
    assert not network._input.any()
    assert np.array_equal(network(np.zeros((112, 112, 3), np.uint8))[0], untouched)


def test_an_unknown_or_missing_runtime_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIGHTPROOF_TFLITE", "abacus")
    with pytest.raises(
        MissingExtraError, match="abacus does not name a runtime: use tflite-runtime or litert"
    ):
        runtime_name()
    monkeypatch.setenv("LIGHTPROOF_TFLITE", "")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    with pytest.raises(MissingExtraError, match="pip install ai-edge-litert"):
        Embedder(Network(load_manifest()[Role.EMBEDDER]))


def _shipped_tables() -> list[dict[str, str]]:
    tables: list[dict[str, str]] = tomllib.loads(SHIPPED_MANIFEST.read_text())["model"]
    return tables
