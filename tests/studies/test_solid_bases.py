"""Bases of attacks that are not flat are made for evaluations from photographs."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from lightproof.evaluation.species import find_sources
from lightproof.simulation import basis
from lightproof.simulation.subject import from_basis, sample_other_person, sample_person
from studies.bases import solids


def test_a_photograph_becomes_a_head_and_every_solid_attack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("scipy")
    for name, picture in (("001", sample_person()), ("002", sample_other_person())):
        cv2.imwrite(str(tmp_path / f"{name}_neutral.jpg"), picture[..., ::-1])
    monkeypatch.setattr(solids, "WEARER_AFTER", 1)
    assert solids.main([str(tmp_path), "--out", str(tmp_path / "out"), "--people", "1"]) == 0
    found = {source.species: source for source in find_sources(tmp_path / "out")}
    expected = {"bona_fide", "projected", "relief_mould", "cut_out", "paper_mask", "bust"}
    assert set(found) == expected
    assert {source.subject for source in found.values()} == {"001"}
    bust = from_basis(basis.load(found["bust"].path))
    assert (bust.alive, bust.stands) == (False, True)
    head = from_basis(basis.load(found["bona_fide"].path))
    assert (head.alive, head.stands) == (True, False)


def test_a_folder_without_photographs_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solids.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "NNN_neutral.jpg" in capsys.readouterr().err
