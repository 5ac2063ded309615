"""What a report says of a campaign, in numbers and in HTML."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lightproof.evaluation.campaign import Campaign, Finished
from lightproof.evaluation.metrics.relief_score import ReliefScore, relief_score
from lightproof.evaluation.metrics.summary import summarise
from lightproof.evaluation.people import Groups
from lightproof.evaluation.report.evaluation_report import write_report
from lightproof.evaluation.report.outcome_charts import label
from lightproof.evaluation.species import SourceKind
from lightproof.evaluation.trials import TrialOutcome, TrialResult
from lightproof.presence.cues import relief as relief_cue
from lightproof.presence.cues.continuity import CameraHold, ContinuityEvidence
from lightproof.presence.cues.freshness import FreshnessEvidence
from lightproof.presence.cues.identity import IdentityEvidence
from lightproof.presence.cues.latency import LatencyEvidence
from lightproof.presence.cues.lit_face import LitFaceEvidence
from lightproof.presence.cues.reflectance import ReflectanceEvidence
from lightproof.presence.cues.relief import ReliefEvidence
from lightproof.presence.cues.response import ResponseEvidence
from lightproof.presence.evidence import PresenceEvidence
from lightproof.rigs.latency_class import LatencyClass
from lightproof.verdict import Finding
from tests.evaluation import evaluation_material as material

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "evaluate.schema.json").read_text())
PEOPLE: Groups = {"001": {"sex": "female"}, "002": {"sex": "male"}}


def reported(campaign: Campaign, people: Groups | None = None, **ended: Any) -> dict[str, Any]:
    """Return a report in which trials of some sources ended as told: name -> outcome, others as pretended."""

    def result(one: Finished) -> Finished:
        outcome = ended.get(one.trial.source.name)
        if outcome is None:
            return one
        return dataclasses.replace(
            one, result=dataclasses.replace(one.result, outcome=TrialOutcome(outcome), error="")
        )

    report = summarise(campaign, [result(one) for one in material.pretended(campaign)], people)
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), SCHEMA)
    return report


def page_of(report: dict[str, Any], folder: Path) -> str:
    write_report(folder / "report.html", report)
    written = (folder / "report.html").read_text(encoding="utf-8")
    return written.replace("\N{NO-BREAK SPACE}", " ")


def test_riapar_is_what_attacks_gain_plus_what_people_lose_and_has_bounds() -> None:
    report = reported(material.campaign())
    own = report["bona_fide"]
    lost = (own["rejected"] + own["inconclusive"]) / own["attempts"]
    assert own["false_reject_rate_lower95"] <= lost <= own["false_reject_rate_upper95"]
    for figures in report["species"].values():
        assert figures["riapar"] == pytest.approx(figures["apcer"] + lost)
        assert figures["riapar_lower95"] < figures["riapar"] < figures["riapar_upper95"]
        assert figures["riapar_upper95"] > figures["apcer_upper95"]
    assert own["bpcer"] == own["rejected"] / own["attempts"]
    assert own["bpnrr"] == own["inconclusive"] / own["attempts"]


def test_the_html_says_that_apcer_stands_in_for_iapar(tmp_path: Path) -> None:
    page = page_of(reported(material.campaign()), tmp_path)
    assert "RIAPAR, with APCER for IAPAR" in page
    assert "APCER stands in for IAPAR" in " ".join(page.split())


def test_every_light_has_its_own_rates_scores_and_section(tmp_path: Path) -> None:
    report = reported(material.campaign(lights=("office", "window")))
    for part in (report["bona_fide"], *report["species"].values()):
        assert set(part["by_light"]) == {"office", "window"}
        level, light = part["by_response"]["0.10"], part["by_light"]["window"]
        assert level.keys() == light.keys()
        assert sum(figures["attempts"] for figures in part["by_light"].values()) == part["attempts"]
    assert set(report["scores"]["by_light"]) == {"office", "window"} == set(report["det"]["by_light"])
    assert set(report["latency_by_light"]) == {"office", "window"}
    page = page_of(report, tmp_path)
    assert "Light window, all responses together" in page
    assert "Light office" not in page_of(reported(material.campaign()), tmp_path)


def test_levels_stand_in_percent_with_the_strength_that_was_measured(tmp_path: Path) -> None:
    report = reported(material.campaign(lights=("office", "window")))
    people = report["strength"]["by_response"]["0.10"]["window"]["bona_fide"]
    assert people == {"measured": 10, "median": 0.1, "least": 0.1, "most": 0.1}
    page = page_of(report, tmp_path)
    assert "<h2>Response 10 %</h2>" in page
    assert "10.0 % to 10.0 %" in page


def test_recordings_are_a_level_and_a_light_of_their_own(tmp_path: Path) -> None:
    campaign = material.campaign()
    recordings = [
        dataclasses.replace(source, name=f"{source.species}/{source.subject}", kind=SourceKind.RECORDING)
        for source in campaign.sources
    ]
    report = reported(dataclasses.replace(campaign, sources=(*campaign.sources, *recordings)), PEOPLE)
    assert set(report["bona_fide"]["by_response"]) == {"0.05", "0.10", "recorded"}
    assert set(report["bona_fide"]["by_light"]) == {"office", "recorded"}
    assert report["strength"]["by_response"]["recorded"]["recorded"]["attacks"]["median"] == 0.2
    assert "<h2>Response recorded</h2>" in page_of(report, tmp_path)


def test_the_operating_point_is_the_sessions_own_decision() -> None:
    report = reported(material.campaign())
    own = report["bona_fide"]["by_response"]["0.10"]
    for name, curve in report["det"]["by_response"]["0.10"].items():
        attacks = report["species"][name]["by_response"]["0.10"]
        assert curve["operating_point"] == {
            "apcer": attacks["apcer"],
            "bpcer": own["bpcer"],
            "bpnrr": own["bpnrr"],
        }
        assert curve["attempts"] == {"attacks": attacks["attempts"], "bona_fide": own["attempts"]}
        assert {-relief_cue.CLEARANCE_Z, relief_cue.CLEARANCE_Z} <= set(curve["threshold"])


def test_groups_have_latency_scores_and_tradeoffs_of_their_own(tmp_path: Path) -> None:
    report = reported(material.campaign(), PEOPLE)
    groups = report["groups"]["sex"]["groups"]
    assert set(groups) == {"female", "male"}
    for group, shown in (("female", "flat_print"), ("male", "screen_replay")):
        figures = groups[group]
        assert set(figures["species"]) == {shown}
        assert figures["latency"]["0.10"]["error_median_s"] == pytest.approx(0.001)
        histogram = figures["scores"]["by_response"]["0.10"]["bona_fide"]
        assert sum(histogram["counts"]) == figures["by_response"]["0.10"]["attempts"]
        curve = figures["det"]["by_response"]["0.10"]
        assert len(curve["bona_fide"]["bpcer"]) == len(curve["bona_fide"]["threshold"])
        assert curve["worst_species"]["attempts"]["attacks"] == figures["species"][shown]["attempts"] / 2
    page = page_of(report, tmp_path)
    for words in ("BPCER as the threshold moves", "Attacks that show them", "People by sex"):
        assert words in page


def test_the_spread_at_each_level_stands_in_the_html(tmp_path: Path) -> None:
    report = reported(material.campaign(), PEOPLE, bona_fide_001="rejected", bona_fide_002="accepted")
    found = report["groups"]["sex"]
    assert found["bpcer_spread"] == found["spread_by_response"]["0.10"]["bpcer_spread"] == 1.0
    section = page_of(report, tmp_path).split("People by sex")[1]
    assert re.search(r"response 10 %</th><td>100\.0 %</td><td>0\.0 %</td>", section)


def test_a_group_that_no_attack_shows_has_only_its_bona_fide_curve(tmp_path: Path) -> None:
    campaign = material.campaign()
    alone = dataclasses.replace(campaign, sources=campaign.sources[:3])
    report = reported(alone, PEOPLE)
    groups = report["groups"]["sex"]["groups"]
    assert groups["male"]["det"]["by_response"]["0.10"]["worst_species"] is None
    assert groups["male"]["det"]["by_response"]["0.10"]["bona_fide"]["bpcer"]
    page_of(report, tmp_path)


def test_those_of_whom_nothing_is_stated_are_in_no_spread(tmp_path: Path) -> None:
    known = {"001": {"sex": "female"}, "003": {"sex": "male"}}
    report = reported(material.campaign(), known, bona_fide_001="rejected", bona_fide_002="accepted")
    found = report["groups"]["sex"]
    assert set(found["groups"]) == {"female", "unstated"}
    assert found["unstated_subjects"] == 1
    assert found["bpcer_spread"] is None
    assert found["spread_by_response"]["0.10"] == {"bpcer_spread": None, "bpnrr_spread": None}
    assert "There are not two groups" in page_of(report, tmp_path)


def test_without_attacks_nothing_is_said_of_attacks(tmp_path: Path) -> None:
    campaign = dataclasses.replace(material.campaign(), sources=material.campaign().sources[:2])
    report = reported(campaign)
    assert report["species"] == {}
    page = page_of(report, tmp_path)
    assert "No attack was presented" in page
    for words in ("APCER", "RIAPAR", "trade-off", "Accepted attacks", "PAI species"):
        assert words not in page


def test_a_part_without_attacks_has_no_table_of_them(tmp_path: Path) -> None:
    campaign = material.campaign()
    recording = dataclasses.replace(campaign.sources[0], name="bona_fide/001", kind=SourceKind.RECORDING)
    page = page_of(reported(dataclasses.replace(campaign, sources=(*campaign.sources, recording))), tmp_path)
    sections = {part.split("</h2>")[0]: part for part in page.split("<h2>")[1:]}
    assert "PAI species</th>" not in sections["Response recorded"]
    assert "PAI species</th>" in sections["Response 10 %"]
    assert page.count("How to read the charts") == page.count("In the detection error trade-off") == 1


def test_without_people_no_rates_of_people_are_shown(tmp_path: Path) -> None:
    campaign = dataclasses.replace(material.campaign(), sources=material.campaign().sources[2:])
    page = page_of(reported(campaign, PEOPLE), tmp_path)
    assert "No bona fide presentation was made" in page


def test_a_report_by_other_software_says_so(tmp_path: Path) -> None:
    report = reported(material.campaign())
    assert "reported by the same software" in page_of(report, tmp_path)
    report["reported_by"] = "f" * 64
    assert f"reported by other software, <code>{'f' * 64}</code>" in page_of(report, tmp_path)


def test_long_names_keep_their_beginning_and_end_in_charts() -> None:
    assert label("flat_print") == "flat print"
    names = [f"silicone_mask_with_{hair}_hair" for hair in ("red", "grey")]
    assert {len(label(name)) for name in names} <= {16, 17}
    assert len({label(name) for name in names}) == 2


def evidence(
    across: tuple[float, float], down: tuple[float, float], misfit: float = 0.02
) -> PresenceEvidence:
    passed = Finding.PASS
    return PresenceEvidence(
        ResponseEvidence(passed, (), 0.1, 0.01, (0.1, 0.1, 0.1)),
        ContinuityEvidence(passed, (), 60, 0.0, 0.0, 0.05, CameraHold.LOCKED, None, None),
        FreshnessEvidence(passed, (), 1, 1023, 0.001, 4, 100.0, 100.0),
        LatencyEvidence(passed, (), 0.012, 0.004, 0.012, 0.015, LatencyClass.DIRECT),
        ReliefEvidence(passed, (), *across, *down, misfit),
        ReflectanceEvidence(passed, (), 0.8, 0.04),
        IdentityEvidence(passed, (), 24, 0, 0.9, 0.532),
        LitFaceEvidence(passed, (), 0.7),
    )


def test_the_margin_is_that_of_the_weaker_axis_in_its_own_standard_errors() -> None:
    score = relief_score(evidence((relief_cue.MIN_ACROSS + 0.30, 0.1), (relief_cue.MIN_DOWN + 0.30, 0.05)))
    assert score is not None
    assert score.value == pytest.approx(3.0)
    assert score == ReliefScore(score.value, others_pass=True, needed=relief_cue.CLEARANCE_Z)


@pytest.mark.parametrize(
    ("across", "misfit"),
    [((0.45, 0.01), relief_cue.MAX_MISFIT + 0.01), ((relief_cue.MAX_COEFFICIENT + 1, 0.01), 0.02)],
)
def test_relief_that_glass_could_have_has_a_veto_of_its_own(
    across: tuple[float, float], misfit: float
) -> None:
    score = relief_score(evidence(across, (relief_cue.MIN_DOWN + 0.30, 0.05), misfit))
    assert score is not None
    assert score.value >= relief_cue.CLEARANCE_Z
    assert not score.others_pass


def test_a_result_is_the_same_after_it_was_written_down() -> None:
    result = TrialResult("any", TrialOutcome.ACCEPTED, score=ReliefScore(2.5, True, 3.0))
    assert TrialResult.from_json(json.loads(json.dumps(result.to_json()))) == result
