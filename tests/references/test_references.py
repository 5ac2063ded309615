"""References: one main portrait is taken from a picture that nobody vouches for; the rest is forgotten."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lightproof.errors import (
    NoFaceError,
    PictureError,
    ReferenceUnusableError,
    SeveralFacesError,
)
from lightproof.face.embedding import cosine
from lightproof.face.quality import pose_deg
from lightproof.references import document
from lightproof.references.document import load_reference
from lightproof.references.picture import load_picture
from tests.face.face_pictures import admiral, astronaut, encoded, head, networks


def page(*portraits: tuple[np.ndarray, int, int], side: int = 900) -> np.ndarray:
    """Return a light page with square portraits at (left, top)."""
    paper = np.full((side * 2 // 3, side, 3), 215, np.uint8)
    for portrait, left, top in portraits:
        paper[top : top + portrait.shape[0], left : left + portrait.shape[1]] = portrait
    return paper


def png_header(width: int, height: int) -> bytes:
    """Return a whole PNG that says it is this large and holds nothing."""
    chunks = b""
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


# pictures


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
def test_jpeg_png_and_webp_load_as_rgb(kind: str) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, :30] = [220, 30, 40]
    loaded = load_picture(encoded(picture, kind))
    assert loaded.shape == (40, 60, 3)
    assert np.abs(loaded[20, 10].astype(int) - [220, 30, 40]).max() < 12
    assert loaded.flags.writeable


def test_a_file_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "card.gif"
    path.write_bytes(encoded(np.full((20, 30, 3), 90, np.uint8)))
    assert load_picture(path).shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"GIF89a" + bytes(50), "a GIF"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"BM" + bytes(60), "a BMP"),
        (b"II*\0" + bytes(60), "a TIFF"),
        (b"my name is Nobody, here is my passport", "not a picture in a known format"),
        (b"", "empty"),
    ],
)
def test_another_kind_of_file_is_refused_by_name(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "card.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=rf"card\.jpg' is {kind}: use a JPEG, PNG or WebP"):
        load_picture(path)


def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(cv2, "imdecode", decode)
    with pytest.raises(PictureError, match="is 10000 x 10000 pixels, at most 50 megapixels"):
        load_picture(png_header(10_000, 10_000))
    jpeg = bytearray(encoded(np.zeros((16, 16, 3), np.uint8), ".jpg"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 10_000, 10_000)
    with pytest.raises(PictureError, match="is 10000 x 10000 pixels"):
        load_picture(bytes(jpeg))


def test_a_large_picture_is_halved() -> None:
    assert load_picture(encoded(np.zeros((4000, 4200, 3), np.uint8), ".jpg")).shape == (2000, 2100, 3)


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.97])
def test_a_file_cut_short_is_refused(kind: str, part: float) -> None:
    content = encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), kind)
    with pytest.raises(PictureError, match="cut short or corrupt: copy or save it again"):
        load_picture(content[: int(len(content) * part)])


def test_a_png_with_one_flipped_bit_is_refused() -> None:
    content = bytearray(encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)))
    content[len(content) // 2] ^= 4
    with pytest.raises(PictureError, match="corrupt"):
        load_picture(bytes(content))


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"cannot read picture .*nowhere\.jpg' \(No such file"):
        load_picture(tmp_path / "nowhere.jpg")
    with pytest.raises(PictureError, match="cannot read picture"):
        load_picture(tmp_path)
    with pytest.raises(PictureError, match="cannot read picture"):
        load_picture("a\0b")


def test_the_orientation_that_the_camera_noted_is_applied() -> None:
    content = encoded(np.full((20, 40, 3), 128, np.uint8), ".jpg")
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    body = b"Exif\0\0" + tiff
    turned = content[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[2:]
    assert load_picture(turned).shape == (40, 20, 3)


@pytest.mark.parametrize("shape", [(30, 20), (30, 20, 1), (30, 20, 4)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_transparent_and_16_bit_pictures_become_8_bit_rgb(shape: tuple[int, ...], depth: type) -> None:
    picture: NDArray[Any] = np.full(shape, np.iinfo(depth).max // 2, depth)
    loaded = load_picture(cv2.imencode(".png", picture)[1].tobytes())
    assert loaded.shape == (30, 20, 3)
    assert loaded.dtype == np.uint8
    assert np.abs(loaded.astype(int) - 127).max() <= 1


# portraits


def test_a_portrait_on_a_page_gives_the_embedding_of_the_portrait() -> None:
    alone = load_reference(encoded(head(astronaut(), 300)), networks())
    on_page = load_reference(encoded(page((head(astronaut(), 300), 80, 120))), networks())
    assert cosine(alone.embedding, on_page.embedding) > 0.97
    other = load_reference(encoded(admiral()), networks())
    assert cosine(alone.embedding, other.embedding) < 0.532


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_document_on_its_side_or_head_gives_the_same_reference(quarter_turns: int) -> None:
    sheet = page((head(astronaut(), 300), 80, 120))
    upright = load_reference(encoded(sheet), networks())
    turned = load_reference(encoded(np.rot90(sheet, quarter_turns).copy()), networks())
    assert cosine(upright.embedding, turned.embedding) > 0.97


def test_a_portrait_on_its_head_is_not_read_as_an_upright_one() -> None:
    picture = np.rot90(head(admiral(), 300), 2).copy()
    (face,) = networks().document.find(picture)
    assert networks().fit_detection(picture, face) is None
    fit = document._fit_any_way_up(picture, face, networks())
    assert fit is not None
    assert abs(pose_deg(fit.points)[2]) > 150


def test_a_small_portrait_on_a_large_page_is_found() -> None:
    sheet = np.full((1000, 8000, 3), 215, np.uint8)
    sheet[700:880, 7600:7780] = portrait = head(admiral(), 180)
    assert networks().document.find(sheet) == []
    found = load_reference(encoded(sheet), networks())
    assert cosine(found.embedding, load_reference(encoded(portrait), networks()).embedding) > 0.97


def test_a_portrait_that_was_found_coarsely_is_framed_as_well_as_one_alone() -> None:
    sheet = np.full((1000, 5000, 3), 215, np.uint8)
    sheet[700:880, 4600:4780] = portrait = head(astronaut(), 180)
    found, alone = (load_reference(encoded(picture), networks()) for picture in (sheet, portrait))
    assert found.quality.eye_distance_px == pytest.approx(alone.quality.eye_distance_px, rel=0.05)
    assert cosine(found.embedding, alone.embedding) > 0.98


def test_a_ghost_portrait_is_tolerated_and_the_main_one_taken() -> None:
    main = head(astronaut(), 400)
    ghost = cv2.addWeighted(head(astronaut(), 180), 0.6, np.full((180, 180, 3), 215, np.uint8), 0.4, 0)
    sheet = page((main, 60, 100), (np.asarray(ghost, np.uint8), 650, 300))
    reference = load_reference(encoded(sheet), networks())
    assert cosine(reference.embedding, load_reference(encoded(main), networks()).embedding) > 0.97


def test_two_people_are_refused_by_name() -> None:
    sheet = page((head(astronaut(), 300), 60, 100), (head(admiral(), 280), 550, 120))
    with pytest.raises(
        SeveralFacesError, match=r"two faces of similar size .* use a picture with one main portrait"
    ):
        load_reference(encoded(sheet), networks())


def test_a_reference_without_a_face_is_refused_by_name() -> None:
    with pytest.raises(NoFaceError, match="the reference shows no face"):
        load_reference(encoded(page()), networks())
    noise = np.random.default_rng(3).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    with pytest.raises(NoFaceError):
        load_reference(encoded(noise), networks())


def test_a_tiny_portrait_is_refused_with_its_size_and_the_remedy() -> None:
    sheet = page((head(astronaut(), 70), 300, 200))
    with pytest.raises(
        ReferenceUnusableError, match=r"too small: \d+ pixels between the eyes, at least 32 .* closer"
    ):
        load_reference(encoded(sheet), networks())


def test_a_blurred_portrait_is_refused_with_its_sharpness_and_the_remedy() -> None:
    blurred = cv2.GaussianBlur(head(astronaut(), 400), (0, 0), 9)
    with pytest.raises(
        ReferenceUnusableError, match=r"blurred \(sharpness 1\.\d+, at least 1\.40 .* in focus"
    ):
        load_reference(encoded(np.asarray(blurred, np.uint8)), networks())


def test_picture_and_portrait_are_overwritten_whether_it_succeeds_or_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[np.ndarray] = []

    def remembered(source: bytes) -> np.ndarray:
        seen.append(load_picture(source))
        return seen[-1]

    def remembered_clip(*arguments: object) -> tuple[np.ndarray, object]:
        portrait, face = clip(*arguments)  # type: ignore[arg-type]
        seen.append(portrait)
        return portrait, face

    clip = document._clip
    monkeypatch.setattr(document, "load_picture", remembered)
    monkeypatch.setattr(document, "_clip", remembered_clip)
    load_reference(encoded(head(astronaut(), 300)), networks())
    with pytest.raises(ReferenceUnusableError):
        load_reference(encoded(page((head(astronaut(), 70), 300, 200))), networks())
    with pytest.raises(NoFaceError):
        load_reference(encoded(page()), networks())
    assert len(seen) == 5
    assert not any(array.any() for array in seen)


def test_the_rest_of_the_picture_is_overwritten_before_the_portrait_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures: list[np.ndarray] = []

    def remembered(source: bytes) -> np.ndarray:
        pictures.append(load_picture(source))
        return pictures[0]

    def look(portrait: np.ndarray, *_: object) -> None:
        assert portrait.any()
        assert not pictures[0].any()

    monkeypatch.setattr(document, "load_picture", remembered)
    monkeypatch.setattr(document, "_reference", look)
    load_reference(encoded(head(astronaut(), 300)), networks())
    assert len(pictures) == 1


def test_the_bytes_read_from_a_file_are_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lightproof.references import picture

    path = tmp_path / "card.png"
    path.write_bytes(encoded(head(astronaut(), 100)))
    held: list[bytearray] = []
    read = picture._read

    def watched(path: Path, name: str) -> bytearray:
        held.append(read(path, name))
        return held[-1]

    monkeypatch.setattr(picture, "_read", watched)
    load_picture(path)
    assert held[0] == bytearray(len(held[0]))


def test_a_reference_forgets_and_does_not_print_its_embedding() -> None:
    reference = load_reference(encoded(head(astronaut(), 300)), networks())
    assert "embedding" not in repr(reference)
    reference.forget()
    assert not reference.embedding.any()
