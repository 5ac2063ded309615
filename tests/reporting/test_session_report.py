"""The report: one file that shows what was measured, and nothing that it should not."""

from __future__ import annotations

import base64
import dataclasses
import math
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
import pytest
from markupsafe import Markup

from lightproof.presence.cues.freshness import FreshnessEvidence
from lightproof.presence.cues.latency import LatencyEvidence
from lightproof.presence.cues.relief import ReliefEvidence
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.presence.evidence import PresenceEvidence
from lightproof.reporting.charts.relief import without_surface
from lightproof.reporting.charts.response import light_start_s, overlay
from lightproof.reporting.session_report import ReportError, ReportPage, write_report
from lightproof.reporting.unbroken import unbroken
from lightproof.rigs.latency_class import LatencyClass
from lightproof.session import Session
from lightproof.verdict import REASONS, Finding, Outcome, ReasonCode, Verdict
from tests.reporting.report_sessions import (
    DECOYS,
    FIRST_FLIP_S,
    LATENCY_S,
    LIGHT_S,
    LOOKS,
    POLICY,
    challenge,
    declined,
    ended_early,
    head,
    page,
    session,
    six_pages,
    trace,
)


class _Document(HTMLParser):
    """What a browser would find in a page: tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def _written(folder: Path, *pages: ReportPage) -> str:
    path = folder / "report.html"
    write_report(path, pages)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report of six sessions."""
    return _written(tmp_path_factory.mktemp("demo"), *six_pages())


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the report of one session."""
    return _written(tmp_path_factory.mktemp("one"), page(session()))


def _with_evidence(of: Session, **parts: Any) -> Session:
    evidence = of.evidence
    assert isinstance(evidence, PresenceEvidence)
    return dataclasses.replace(of, evidence=dataclasses.replace(evidence, **parts))


# One file, and only that


def test_a_report_asks_for_nothing_from_outside(demo: str) -> None:
    document = _Document(demo)
    addresses = [
        value or ""
        for _, attributes in document.tags
        for key, value in attributes.items()
        if key in ("src", "href", "xlink:href", "srcset", "action", "data", "poster")
    ]
    assert all(address.startswith(("#", "data:image/png;base64,", "data:,")) for address in addresses)
    assert "http:" not in demo
    assert "https:" not in demo
    assert "@import" not in demo
    assert not re.search(r"url\((?!#)", demo)


def test_a_report_runs_no_script_and_tells_the_browser_so(demo: str) -> None:
    document = _Document(demo)
    assert not document.of("script")
    assert not [key for _, attributes in document.tags for key in attributes if key.startswith("on")]
    policies = [
        tag["content"] for tag in document.of("meta") if tag.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_a_report_holds_no_picture_but_maps_of_48_by_40_cells(one: str) -> None:
    document = _Document(one)
    assert not document.of("img")
    assert not document.of("video")
    assert "jpeg" not in one
    sizes = []
    for picture in document.of("image"):
        _, _, coded = (picture["href"] or "").partition("base64,")
        pixels = cv2.imdecode(np.frombuffer(base64.b64decode(coded), np.uint8), cv2.IMREAD_UNCHANGED)
        assert pixels is not None, coded
        sizes.append(pixels.shape[:2])
    colour_bar = (221, 8)
    assert sorted(sizes) == [(48, 40)] * 4 + [colour_bar] * 2


def test_six_sections_take_less_than_a_megabyte_and_a_half(demo: str) -> None:
    assert len(demo.encode()) < 1_500_000


def test_ids_are_unique_and_references_find_them(demo: str) -> None:
    document = _Document(demo)
    ids = [attributes["id"] for _, attributes in document.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r"(?:url\(|href=\")#([\w-]+)", demo))
    assert wanted
    assert wanted <= set(ids)


def test_the_language_is_stated_and_every_chart_and_table_is_described(demo: str) -> None:
    document = _Document(demo)
    assert document.of("html") == [{"lang": "en"}]
    charts = document.of("svg")
    assert len(charts) == 6 * 7
    assert all(chart["role"] == "img" and len(chart["aria-label"] or "") > 40 for chart in charts)
    assert len(document.of("table")) == len(document.of("caption"))
    assert all(header["scope"] in ("col", "row") for header in document.of("th"))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_the_page_as_wcag_asks(scheme: int) -> None:
    css = files("lightproof.reporting").joinpath("report.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{([^}]*)\}", css)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for name in ("ink", "quiet", "accent", "measured", "pass", "fail", "unclear"):
        assert _contrast(colours[name], colours["page"]) >= 4.5, name


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, definition of contrast ratio)."""
    lights = []
    for colour in (one, other):
        coded = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
        linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_charts_take_their_colours_from_the_page_and_the_strips_from_what_was_shown(one: str) -> None:
    assert "#00010" not in one
    chart = one[one.index("<svg") : one.index("</svg>")]
    shown = re.findall(r"fill: (#[0-9a-f]{6})", chart)
    expected = []
    for lane in range(4):
        colours = [
            "#9d9d9d",
            *("#{:02x}{:02x}{:02x}".format(*c) for c in challenge().srgb[:13, lane]),
            "#9d9d9d",
        ]
        expected += [colour for k, colour in enumerate(colours) if k == 0 or colour != colours[k - 1]]
    assert shown == expected


def test_matplotlib_is_left_as_it_was(tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    _written(tmp_path, page(session()))
    assert dict(matplotlib.rcParams) == before


# What it says


def test_every_reason_is_given_in_words_and_as_a_code(tmp_path: Path) -> None:
    codes = tuple(code for code in ReasonCode if code is not ReasonCode.CONSENT_DECLINED)
    words = _Document(_written(tmp_path, page(Session(Verdict(Outcome.NOT_VERIFIED, codes))))).words
    for code in codes:
        assert code.value in words
        assert REASONS[code].message in words
        assert REASONS[code].remedy in words


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    hostile = '</title><script>alert(1)</script><img src=x onerror="alert(2)">'
    sheet = page(session(), hostile)
    sheet = dataclasses.replace(
        sheet, versions={hostile: hostile}, rig=dataclasses.replace(sheet.rig, name=hostile)
    )
    document = _Document(_written(tmp_path, sheet, sheet))
    assert not document.of("script")
    assert not document.of("img")
    # In the table of verdicts and as a heading, for both pages; as the name of the rig; twice as a version.
    assert document.text.count(hostile) == 2 * (2 + 1 + 2)


def test_several_sessions_have_a_table_of_verdicts_on_top_and_one_has_none(demo: str, one: str) -> None:
    words = _Document(demo).words
    for title in ("Bona fide", "Print", "Replayed screen", "Recording of another session", "Other person"):
        assert words.count(title) == 2
    assert [link["href"] for link in _Document(demo).of("a")] == [f"#session-{k}" for k in range(1, 7)]
    assert demo.index("Verdicts") < demo.index('id="session-1"')
    assert 'class="summary"' not in one


def test_the_theorem_is_stated_for_the_decoys_that_were_drawn(one: str) -> None:
    words = _Document(one).words.replace("\N{NO-BREAK SPACE}", " ")
    assert f"P ≤ 1 / {DECOYS + 1:,}" in words
    assert f"looked at up to {LOOKS} times" in words
    assert f"more of them than the policy asks for ({POLICY.decoys:,})" in words
    assert f"P ≤ {LOOKS} / {DECOYS + 1:,} ≤ 1 / {POLICY.decoys + 1:,}" in words
    assert f"1 of {DECOYS + 1:,}" in words


def test_a_report_begins_with_what_it_shows_and_how_to_read_it(one: str) -> None:
    words = _Document(one).words
    begin = words.index("A screen played a one-off code of coloured light")
    assert begin < words.index("Read the verdict and its reasons first") < words.index("For engineers")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("13.0 ms", "13.0_ms"),
        ("at least 2 %, found 1.9 %", "at least 2_%, found 1.9_%"),
        ("P ≤ 6 / 6,295,081", "P ≤_6_/_6,295,081"),
        ("0.5 ± 0.09 and 48 × 40", "0.5_±_0.09 and 48_×_40"),
        ("3 frames of 20", "3 frames of 20"),
    ],
)
def test_a_number_and_its_unit_stay_on_one_line(text: str, whole: str) -> None:
    assert unbroken(text) == whole.replace("_", "\N{NO-BREAK SPACE}")


def test_what_is_markup_is_not_changed() -> None:
    path = Markup("<path d='M 12 s 3'/>")
    assert unbroken(path) is path
    assert unbroken(12) == 12


def test_a_histogram_of_some_decoys_says_that_it_is_one(tmp_path: Path) -> None:
    whole = session()
    assert whole.trace is not None
    some = dataclasses.replace(whole.trace, decoy_scores=whole.trace.decoy_scores[:1000] - 20)
    words = _Document(_written(tmp_path, page(dataclasses.replace(whole, trace=some)))).words
    assert "The histogram holds the first 1,000 of them." in words
    assert "best of these" in words
    assert "best decoy" not in words


def test_the_comparison_score_and_the_figures_are_there(one: str) -> None:
    words = _Document(one).words.replace("\N{NO-BREAK SPACE}", " ")
    for figure in ("0.710", "at least 0.290", "14.8 % ± 0.3 %", "62.0 ms ± 1.2 ms", "0.60 ± 0.02", "3.11.2"):
        assert figure in words


def test_a_session_that_ended_early_says_so_and_why(tmp_path: Path) -> None:
    words = _Document(_written(tmp_path, page(ended_early()))).words
    assert "The session ended early" in words
    assert "too_far" in words
    assert "The challenge that was drawn" in words
    assert "All figures" not in words


def test_declining_is_reported_as_a_result(tmp_path: Path) -> None:
    words = _Document(_written(tmp_path, page(declined()))).words
    assert "That is a result, not a failure" in words
    assert "ended early" not in words


def test_without_a_trace_the_figures_are_still_there(tmp_path: Path) -> None:
    words = _Document(_written(tmp_path, page(dataclasses.replace(session(), trace=None)))).words
    assert "There are no charts of what was measured" in words
    assert "coefficient down" in words


def test_what_could_not_be_measured_is_left_open_and_never_a_number(tmp_path: Path) -> None:
    unclear = Finding.INCONCLUSIVE
    blind = _with_evidence(
        session(),
        response=ResponseEvidence(unclear, (ReasonCode.WEAK_RESPONSE,), 0.0, math.inf, (0.0, 0.0, 0.0)),
        freshness=FreshnessEvidence(
            unclear,
            (ReasonCode.FRESHNESS_UNCLEAR,),
            rank=DECOYS + 1,
            decoys=DECOYS,
            p_value=1.0,
            looks=LOOKS,
            score=0.0,
            any_code=0.0,
        ),
        latency=LatencyEvidence(
            unclear, (ReasonCode.LATENCY_UNCLEAR,), None, None, None, 0.04, LatencyClass.UNKNOWN
        ),
        relief=ReliefEvidence(unclear, (ReasonCode.RELIEF_UNCLEAR,), None, None, None, None, None),
    )
    html = _written(tmp_path, page(dataclasses.replace(blind, match=None)))
    words = _Document(html).words
    assert not re.search(r"\b(nan|inf)\b|None<|None ±", html)
    assert "There is no relief to show" in words
    assert "No face was compared" in words


def test_gentle_light_and_no_page_at_all_are_reported_too(tmp_path: Path) -> None:
    assert "over 6.4 seconds" in _written(tmp_path, page(session(mode="gentle")))
    assert "No session was run." in _Document(_written(tmp_path)).words


# What it computes


def test_a_face_that_follows_the_challenge_is_explained_by_it_and_another_is_not() -> None:
    played = challenge(1)
    live, stale = trace(played, played, 0.6), trace(played, challenge(2), 0.6)
    for ratio in (0, 1):
        assert overlay(live.light, live.series).explained[ratio] > 0.95
        assert overlay(stale.light, stale.series).explained[ratio] < 0.6


def test_the_prediction_takes_no_part_of_the_drift_for_light() -> None:
    seen = trace(challenge(), challenge(), 0.6)
    drift = np.outer(np.linspace(-1, 1, len(seen.light)) ** 2, [0.5, -0.5, 2.0])
    steady, drifting = overlay(seen.light, seen.series), overlay(seen.light, seen.series + drift)
    assert drifting.explained == pytest.approx(steady.explained)
    assert drifting.predicted == pytest.approx(steady.predicted + drift)


@pytest.mark.parametrize("mode", ["standard", "gentle"])
@pytest.mark.parametrize("frames", [None, 20])
def test_the_strips_are_laid_above_their_answer(mode: str, frames: int | None) -> None:
    played = challenge(3, mode)
    seen = trace(played, played, 0.6)
    cut = dataclasses.replace(seen, times_s=seen.times_s[:frames], light=seen.light[:frames])
    assert light_start_s(played, cut, LIGHT_S[mode]) == pytest.approx(FIRST_FLIP_S + LATENCY_S, abs=0.006)


def test_a_screen_that_lost_time_is_still_drawn() -> None:
    played = challenge()
    seen = trace(played, played, 0.6)
    late = dataclasses.replace(seen, times_s=seen.times_s + np.linspace(0, 2, len(seen.times_s)))
    assert light_start_s(played, late, LIGHT_S["standard"]) <= late.times_s[0] + 0.002


def test_a_smooth_surface_is_no_relief_and_a_nose_is() -> None:
    across, _, mask = head()
    y, x = np.meshgrid(np.linspace(-1, 1, 48), np.linspace(-1, 1, 40), indexing="ij")
    bend = (0.3 + 0.2 * x - 0.1 * y + 0.4 * x * y - 0.2 * x**2 + 0.1 * y**2).astype(np.float32)
    assert np.nanmax(np.abs(without_surface(bend, mask))) < 1e-6
    assert without_surface(across + bend, mask)[mask] == pytest.approx(
        without_surface(across, mask)[mask], abs=1e-6
    )
    assert np.nanmax(np.abs(without_surface(across, mask))) > 0.05
    assert np.isnan(without_surface(across, mask)[~mask]).all()


# How it is written


def test_only_its_owner_can_read_a_report(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("an older one")
    path.chmod(0o644)
    write_report(path, [page(declined())])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "<!DOCTYPE html>" in path.read_text(encoding="utf-8")


def test_a_missing_folder_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        ReportError,
        match=r"no-such/report\.html cannot be written: No such file or directory; choose another",
    ) as caught:
        write_report(tmp_path / "no-such" / "report.html", [page(declined())])
    assert isinstance(caught.value, OSError)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_is_closed_is_named_with_a_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ReportError, match=r"cannot be written: Permission denied; choose another"):
        write_report(tmp_path / "report.html", [page(declined())])


def test_a_folder_is_no_place_for_a_report(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be written: Is a directory; choose another"):
        write_report(tmp_path, [page(declined())])


def test_a_report_that_fails_leaves_the_older_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("an older one")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ReportError, match=r"report\.html cannot be written: No space left on device"):
        write_report(path, [page(declined())])
    assert path.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("missing", ["matplotlib", "jinja2"])
def test_a_missing_extra_is_known_at_import_and_says_what_to_install(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from lightproof.errors import MissingExtraError\n"
        "try:\n    import lightproof.reporting.session_report\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert missing in said.lower()
    assert "pip install 'lightproof[report]'" in said
