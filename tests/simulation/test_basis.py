"""Light-transport bases: what the format holds, and that nothing else gets in."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightproof.errors import BasisError
from lightproof.simulation.basis import MAX_DECODED_BYTES, LightTransport, load

SIZE = (20, 16, 3)


def arrays(**changes: Any) -> dict[str, Any]:
    """Return the content of a valid file, with some of it replaced, or left out where the change is None."""
    rng = np.random.default_rng(1)
    keys = ("TL", "TR", "BL", "BR", "ceiling")
    content: dict[str, Any] = {key: rng.integers(0, 65536, SIZE, dtype=np.uint16) for key in keys}
    content["meta"] = np.array(json.dumps({"species": "bona_fide", "scale": dict.fromkeys(keys, 0.5)}))
    content |= changes
    return {key: value for key, value in content.items() if value is not None}


def write(path: Path, **changes: Any) -> Path:
    np.savez_compressed(path, **arrays(**changes))
    return path


def meta(**scale: Any) -> np.ndarray[Any, Any]:
    return np.array(json.dumps({"scale": dict.fromkeys(("TL", "TR", "BL", "BR", "ceiling"), 0.5) | scale}))


def test_a_code_is_the_root_of_radiance(tmp_path: Path) -> None:
    transport = load(write(tmp_path / "a.npz", ceiling=np.full(SIZE, 65535 // 3, np.uint16)))
    np.testing.assert_allclose(transport.ambient["ceiling"], 0.5 / 9, rtol=1e-6)


def test_sides_are_exchanged_because_the_file_names_them_as_the_camera_sees_them(tmp_path: Path) -> None:
    content = arrays()
    np.savez(tmp_path / "a.npz", **content)
    transport = load(tmp_path / "a.npz")
    for quadrant, key in zip(transport.quadrants, ("TR", "TL", "BR", "BL"), strict=True):
        np.testing.assert_allclose(quadrant, (content[key] / 65535) ** 2 * 0.5, rtol=1e-5, atol=1e-9)


def test_a_saved_basis_is_the_same_when_loaded(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    first, second, third, fourth, room, own = rng.uniform(0, 3, (6, *SIZE)).astype(np.float32)
    transport = LightTransport(
        (first, second, third, fourth), {"dome": room}, own, {"species": "screen_replay"}
    )
    transport.save(tmp_path / "a.npz")
    again = load(tmp_path / "a.npz")
    assert again.species == "screen_replay"
    assert again.emission is not None
    np.testing.assert_allclose(again.emission, own, atol=3 / 30_000)
    for before, after in zip(transport.quadrants, again.quadrants, strict=True):
        np.testing.assert_allclose(after, before, atol=3 / 30_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_a_basis_that_cannot_be_saved_leaves_nothing_behind(tmp_path: Path) -> None:
    image = np.ones(SIZE, np.float32)
    with pytest.raises(TypeError):
        LightTransport((image,) * 4, {"dome": image}, meta={"subject": object()}).save(tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TL": None}, "lacks TL"),
        ({"TR": None, "meta": None}, "lacks TR, meta"),
        ({"ceiling": None}, "lacks an ambient picture"),
        ({"BL": np.zeros(SIZE, np.float32)}, "BL is float32"),
        ({"BR": np.zeros(SIZE[:2], np.uint16)}, r"BR is uint16 \(20, 16\)"),
        ({"BR": np.zeros((4, 4, 3), np.uint16)}, "from 16 to 4096"),
        ({"BR": np.zeros((20, 17, 3), np.uint16)}, "unequal sizes"),
        ({"TL": np.array([None] * 3, object)}, "TL is object"),
        ({"meta": np.array("no json")}, "meta is not JSON"),
        ({"meta": np.array("[1]")}, "lacks 'scale'"),
        ({"meta": np.array(json.dumps({"scale": 3}))}, "lacks 'scale'"),
        ({"meta": np.arange(3)}, "meta is int64"),
        ({"meta": meta(TL=-1)}, "meta.scale.TL is -1"),
        ({"meta": meta(TL=float("nan"))}, r"meta is not JSON \(NaN"),
        ({"meta": meta(TL="much")}, "meta.scale.TL is 'much'"),
        ({"meta": meta(TL=True)}, "meta.scale.TL is True"),
        ({"meta": meta(TL=None)}, "meta.scale.TL is None"),
        ({"meta": meta(TL=1e39)}, "meta.scale.TL is 1e"),
    ],
)
def test_a_malformed_basis_is_refused_by_key_and_value(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(BasisError, match=told):
        load(write(tmp_path / "a.npz", **changes))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + bytes(100), bytes(10_000)])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(BasisError, match=r"a\.npz"):
        load(tmp_path / "a.npz")


def test_a_basis_cut_short_is_refused(tmp_path: Path) -> None:
    content = write(tmp_path / "a.npz").read_bytes()
    (tmp_path / "b.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(BasisError, match="not an intact"):
        load(tmp_path / "b.npz")


def test_a_missing_basis_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BasisError, match="No such file"):
        load(tmp_path / "none.npz")


def test_a_small_file_that_claims_a_huge_picture_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    header = {"descr": "<u2", "fortran_order": False, "shape": (1_000_000, 1_000_000, 3)}
    np.lib.format.write_array_header_1_0(bomb, header)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        for key, value in arrays(TL=None).items():
            file = io.BytesIO()
            np.save(file, value)
            archive.writestr(key + ".npy", file.getvalue())
        archive.writestr("TL.npy", bomb.getvalue())
    with pytest.raises(BasisError, match="from 16 to 4096"):
        load(tmp_path / "a.npz")


def test_a_radiance_that_is_not_finite_is_refused_in_memory_too() -> None:
    good = np.ones(SIZE, np.float32)
    bad = good.copy()
    bad[3, 4, 1] = np.nan
    with pytest.raises(BasisError, match="BR holds a radiance"):
        LightTransport((good, good, good, bad))
    with pytest.raises(BasisError, match="TR is float64"):
        LightTransport((good, good.astype(np.float64), good, good))


def test_on_a_path_traced_head_the_left_of_the_screen_lights_the_right_of_the_picture(shared: Path) -> None:
    """The person's left is on the right of a picture that is not mirrored; the nose's two sides decide."""
    leaning = []
    for path in sorted((shared / "bases").glob("bona_fide_00*.npz")):
        transport = load(path)
        left = transport.quadrants[0] + transport.quadrants[2]
        right = transport.quadrants[1] + transport.quadrants[3]
        middle = transport.width // 2

        def lean(image: np.ndarray[Any, Any], middle: int = middle) -> float:
            return float(
                image[70:160, middle + 5 : middle + 45].mean()
                / image[70:160, middle - 45 : middle - 5].mean()
            )

        leaning.append(lean(left) / lean(right))
    assert min(leaning) > 1.1


def archive(
    path: Path, shape: tuple[int, int, int], lights: int = 1, compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Write a file whose pictures have headers and nothing else: it says how much it would unpack to."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for key in ("TL", "TR", "BL", "BR", *(f"light_{number}" for number in range(lights))):
            head = io.BytesIO()
            header = {"descr": "<u2", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(head, header)
            file.writestr(f"{key}.npy", head.getvalue())
        text = io.BytesIO()
        np.save(text, np.array("{}"))
        file.writestr("meta.npy", text.getvalue())
    return path


@pytest.mark.parametrize(("shape", "lights"), [((4096, 4096, 3), 1), ((1080, 1920, 3), 7), ((64, 64, 3), 59)])
def test_pictures_have_one_budget_together_and_are_counted_before_they_are_unpacked(
    tmp_path: Path, shape: tuple[int, int, int], lights: int
) -> None:
    size = 4 * (4 + lights) * shape[0] * shape[1] * shape[2]
    path = archive(tmp_path / "a.npz", shape, lights)
    told = f"{4 + lights} pictures of shape .* take {size} bytes, a basis at most {MAX_DECODED_BYTES}; render"
    # What is within the budget fails only where its pictures, which are not there, are to be read.
    with pytest.raises(BasisError, match=told if size > MAX_DECODED_BYTES else "lacks 'scale'"):
        load(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_basis_in_a_packing_with_windows_of_gigabytes_is_refused(tmp_path: Path, compression: int) -> None:
    with pytest.raises(BasisError, match="packed in another way than deflated; write it with"):
        load(archive(tmp_path / "a.npz", (16, 16, 3), compression=compression))


def test_an_archive_of_a_million_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    content = b"PK\1\2" + bytes(42)
    (tmp_path / "a.npz").write_bytes(content * 1_000_000)
    with pytest.raises(BasisError, match="about 1000000 arrays; a basis has at most 64"):
        load(tmp_path / "a.npz")


def test_a_meta_with_a_number_that_json_lacks_is_not_saved(tmp_path: Path) -> None:
    image = np.ones(SIZE, np.float32)
    with pytest.raises(BasisError, match="meta cannot be written"):
        LightTransport((image,) * 4, {"dome": image}, meta={"distance_cm": float("nan")}).save(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []
