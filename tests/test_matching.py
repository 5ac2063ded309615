"""The match: the probe is drawn from every dwell by lot, and too little evidence is inconclusive."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lightproof.face.embedding import cosine
from lightproof.face.tracker import FaceTracker, TrackedFace
from lightproof.matching import MIN_AGREEMENT, Probe, ProbeGallery, compare
from lightproof.references.document import Reference, load_reference
from lightproof.references.picture import load_picture
from lightproof.verdict import Finding, ReasonCode
from tests.face.face_pictures import admiral, astronaut, encoded, head, moved, networks

FMR = 1e-4
THRESHOLD = 0.532


def seen(picture: np.ndarray) -> TrackedFace:
    face = FaceTracker(networks()).track(picture)
    assert face is not None
    return face


DWELL_S = 0.2


def gallery_of(*pictures: np.ndarray, gap_s: float = 0.25, secret: bytes = b"secret") -> ProbeGallery:
    gallery = ProbeGallery(networks().embedder, DWELL_S, secret)
    for index, picture in enumerate(pictures):
        gallery.offer(picture, seen(picture), index * gap_s)
    return gallery


@pytest.fixture(scope="module")
def reference() -> Reference:
    return load_reference(encoded(astronaut()), networks())


def test_the_same_person_in_other_frames_passes(reference: Reference) -> None:
    face = head(astronaut(), 360)
    probe = gallery_of(*(moved(face, x, 0) for x in range(4))).probe()
    evidence = compare(reference, probe, THRESHOLD, FMR)
    assert evidence.finding is Finding.PASS
    assert evidence.reasons == ()
    assert evidence.score is not None
    assert evidence.score > 0.8
    assert (evidence.threshold, evidence.fmr, evidence.frames) == (THRESHOLD, FMR, 4)
    assert probe.embedding is not None
    assert np.linalg.norm(probe.embedding) == pytest.approx(1, abs=1e-5)


def test_another_person_fails(reference: Reference) -> None:
    face = head(admiral(), 360)
    evidence = compare(reference, gallery_of(*(moved(face, x, 0) for x in range(4))).probe(), THRESHOLD, FMR)
    assert evidence.finding is Finding.FAIL
    assert evidence.reasons == (ReasonCode.FACE_MISMATCH,)


def test_too_few_frames_are_inconclusive_and_carry_no_score(reference: Reference) -> None:
    face = head(astronaut(), 360)
    for gallery in (gallery_of(), gallery_of(face, face)):
        evidence = compare(reference, gallery.probe(), THRESHOLD, FMR)
        assert evidence.finding is Finding.INCONCLUSIVE
        assert evidence.reasons == (ReasonCode.PROBE_UNUSABLE,)
        assert evidence.score is None


def test_a_score_at_the_threshold_is_a_match_and_just_below_is_none() -> None:
    one = np.array([1, 0], np.float32)
    reference = Reference(one, seen(head(astronaut(), 300)).quality)
    probe = Probe(np.array([0.6, 0.8], np.float32), 3, 3, 1.0)
    score = cosine(one, np.array([0.6, 0.8], np.float32))
    assert compare(reference, probe, score, FMR).finding is Finding.PASS
    assert compare(reference, probe, score + 1e-6, FMR).finding is Finding.FAIL


def test_a_forgotten_reference_matches_nothing() -> None:
    reference = load_reference(encoded(astronaut()), networks())
    reference.forget()
    face = head(astronaut(), 360)
    assert compare(reference, gallery_of(face, face, face).probe(), THRESHOLD, FMR).finding is Finding.FAIL


def test_one_frame_of_each_dwell_is_kept_and_what_makes_room_is_overwritten() -> None:
    face = head(astronaut(), 360)
    found = seen(face)
    gallery = ProbeGallery(networks().embedder, DWELL_S, b"secret")
    crops = []
    for k in range(24):  # four dwells of six frames
        gallery.offer(face, found, k * DWELL_S / 5.99)
        crops.append(gallery._candidates[-1].crop)
    assert [int(kept.time_s / DWELL_S) for kept in gallery._candidates] == [0, 1, 2, 3]
    kept_crops = [kept.crop for kept in gallery._candidates]
    assert not any(crop.any() for crop in crops if not any(crop is kept for kept in kept_crops))


def test_which_frame_is_kept_is_the_devices_own_chance_and_not_the_pictures_quality() -> None:
    sharp = head(astronaut(), 360)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 3), np.uint8)
    kept = [
        gallery_of(blurred, sharp, blurred, gap_s=0.05, secret=bytes([k]))._candidates[0].time_s
        for k in range(30)
    ]
    assert {kept.count(time_s) > 3 for time_s in (0.0, 0.05, 0.1)} == {True}
    again = [gallery_of(blurred, sharp, blurred, gap_s=0.05, secret=bytes([k])) for k in range(5)]
    assert [gallery._candidates[0].time_s for gallery in again] == kept[:5]


def test_somebody_else_in_one_dwell_is_a_failure_whoever_is_on_the_photo(reference: Reference) -> None:
    person, other = head(astronaut(), 360), head(admiral(), 360)
    for pictures in ([person, person, person, person, other], [other, other, person, other, other]):
        probe = gallery_of(*pictures).probe()
        assert probe.agreement < MIN_AGREEMENT
        evidence = compare(reference, probe, THRESHOLD, FMR)
        assert evidence.finding is Finding.FAIL
        assert evidence.reasons == (ReasonCode.IDENTITY_CHANGED,)


def test_an_agreement_that_is_no_number_is_a_failure(reference: Reference) -> None:
    probe = Probe(reference.embedding, 5, 5, float("nan"))
    assert compare(reference, probe, THRESHOLD, FMR).finding is Finding.FAIL


def test_a_session_of_which_too_much_is_blurred_is_inconclusive(reference: Reference) -> None:
    sharp = head(astronaut(), 360)
    smeared = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 9), np.uint8)
    probe = gallery_of(sharp, smeared, sharp, smeared, sharp).probe()
    assert (probe.frames, probe.drawn) == (3, 5)
    evidence = compare(reference, probe, THRESHOLD, FMR)
    assert evidence.finding is Finding.INCONCLUSIVE
    assert evidence.reasons == (ReasonCode.PROBE_UNUSABLE,)


def test_an_unusable_frame_is_never_matched() -> None:
    smeared = np.asarray(cv2.GaussianBlur(head(astronaut(), 360), (0, 0), 9), np.uint8)
    assert gallery_of(smeared).probe().embedding is None


def test_a_better_frame_weighs_more() -> None:
    sharp, dim = head(astronaut(), 360), (head(astronaut(), 360) // 8)
    gallery = ProbeGallery(networks().embedder, DWELL_S, b"secret")
    for index, picture in enumerate((sharp, dim)):
        gallery.offer(picture, seen(picture), float(index))
    heavy, light = gallery._candidates
    assert heavy.weight > 1.2 * light.weight
    mean = sum(kept.weight * networks().embedder.embed(kept.crop) for kept in (heavy, light))
    embedding = gallery.probe().embedding
    assert embedding is not None
    assert np.allclose(embedding, mean / np.linalg.norm(mean), atol=1e-6)


def test_probe_and_gallery_forget_and_print_no_biometrics(reference: Reference) -> None:
    face = head(astronaut(), 360)
    gallery = gallery_of(face, face, face)
    probe = gallery.probe()
    crops = [kept.crop for kept in gallery._candidates]
    assert "embedding" not in repr(probe)
    assert "score" not in repr(compare(reference, probe, THRESHOLD, FMR))
    gallery.forget()
    probe.forget()
    assert len(gallery) == 0
    assert not any(crop.any() for crop in crops)
    assert probe.embedding is not None
    assert not probe.embedding.any()


LOOKALIKES = {("009", "019"), ("029", "041")}
"""Two pairs of different people whom the shipped model confuses at FMR 10⁻⁴; see MODEL_CARD.md."""


def test_of_fifty_people_nobody_is_refused_and_only_known_lookalikes_are_confused(shared: Path) -> None:
    neutral = sorted((shared / "faces").glob("*_neutral.jpg"))
    people = [path.name[:3] for path in neutral]
    references = [load_reference(path, networks()).embedding for path in neutral]
    probes = []
    for path in neutral:
        picture = load_picture(path.with_name(path.name.replace("neutral", "smiling")))
        face = seen(picture)
        probes.append(networks().embedder.embed(networks().embedder.crop(picture, face.points)))
    scores = np.stack(references) @ np.stack(probes).T
    assert scores.shape == (50, 50)
    threshold = networks().embedder.entry.threshold_at(FMR)
    assert np.count_nonzero(np.diag(scores) < threshold) == 0
    confused = {
        tuple(sorted((people[row], people[column])))
        for row, column in zip(*np.nonzero(scores >= threshold), strict=True)
        if row != column
    }
    assert confused <= LOOKALIKES
