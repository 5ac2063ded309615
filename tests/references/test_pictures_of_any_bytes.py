"""Loaders of pictures and manifests: whatever the bytes, a result or one typed error, never a crash."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

import cv2
import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lightproof.errors import ManifestError, PictureError
from lightproof.face.manifest import SHIPPED_MANIFEST, load_manifest
from lightproof.references.picture import load_picture

KINDS = (".png", ".jpg", ".webp")


@functools.cache
def sound(kind: str, progressive: bool = False) -> bytes:
    picture = np.random.default_rng(5).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1] if progressive else []
    return cv2.imencode(kind, cv2.GaussianBlur(picture, (0, 0), 2), options)[1].tobytes()


def loads_or_is_refused(content: bytes) -> None:
    with contextlib.suppress(PictureError):
        picture = load_picture(content)
        assert picture.ndim == 3
        assert picture.shape[2] == 3
        assert picture.dtype == np.uint8


@given(st.binary(max_size=400))
@example(b"\xff\xd8\xff")
@example(b"\xff\xd8\xff\xe0\x00")
@example(b"\x89PNG\r\n\x1a\n")
@example(b"RIFF\x10\0\0\0WEBPVP8X")
def test_any_bytes_load_or_are_refused(content: bytes) -> None:
    loads_or_is_refused(content)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "]), st.binary(max_size=300)
)
def test_any_bytes_behind_a_true_beginning_load_or_are_refused(beginning: bytes, rest: bytes) -> None:
    loads_or_is_refused(beginning + rest)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(KINDS),
    st.booleans(),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_picture_loads_or_is_refused(
    kind: str, progressive: bool, damage: list[tuple[float, int]]
) -> None:
    content = bytearray(sound(kind, progressive and kind == ".jpg"))
    for place, value in damage:
        content[int(place * (len(content) - 1))] = value
    loads_or_is_refused(bytes(content))


@given(st.sampled_from(KINDS), st.booleans(), st.floats(0, 0.99))
def test_every_beginning_of_a_picture_is_refused(kind: str, progressive: bool, part: float) -> None:
    content = sound(kind, progressive and kind == ".jpg")
    try:
        load_picture(content[: int(part * len(content))])
    except PictureError:
        return
    raise AssertionError("a picture that was cut short was accepted")


@given(st.sampled_from(KINDS), st.binary(max_size=50))
def test_what_follows_a_whole_picture_does_not_matter(kind: str, rest: bytes) -> None:
    assert np.array_equal(load_picture(sound(kind) + rest), load_picture(sound(kind)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_a_manifest_with_any_line_changed_loads_or_is_refused(tmp_path: Path, data: st.DataObject) -> None:
    lines = SHIPPED_MANIFEST.read_text().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key = lines[number].split(" ")[0]
    value = data.draw(
        st.sampled_from(
            ["", "1", "-1", "true", "nan", '""', '"x"', '"\\u0000"', "[]", "{}", "[[]]", "[1,2,3]"]
        )
        | st.text(max_size=20)
    )
    lines[number] = f"{key} = {value}"
    path = tmp_path / "models.toml"
    path.write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")
    with contextlib.suppress(ManifestError):
        load_manifest(path)
