"""Challenges on screens that are not sRGB: where the margin is, where it is gone, and what still protects."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from lightproof.challenge import Challenge
from lightproof.policy import Mode
from studies.photosafety.panels import GAMMAS, SRGB_PANEL, MeasuredPanel, drawn_flashes, margins, shown, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "photosafety.md"


@pytest.fixture(scope="module")
def panels(shared: Path) -> list[MeasuredPanel]:
    pytest.importorskip("colour", reason="colour matching functions come with colour-science (group 'dev')")
    return [MeasuredPanel.load(path) for path in sorted((shared / "spectra").glob("display_*.csv"))]


def named(panels: list[MeasuredPanel], name: str) -> MeasuredPanel:
    return next(panel for panel in panels if panel.name == name)


def test_primaries_are_where_the_panels_makers_put_them(panels: list[MeasuredPanel]) -> None:
    # A wide-gamut monitor: its green is far outside sRGB's (0.30, 0.60) and near DCI-P3's (0.265, 0.69).
    x, y, z = named(panels, "OLED-Sony").xyz[:, 1]
    assert (x / (x + y + z), y / (x + y + z)) == pytest.approx((0.206, 0.694), abs=0.002)
    assert all(panel.xyz[1].sum() == pytest.approx(1) for panel in panels)


@pytest.mark.parametrize("mode", get_args(Mode))
def test_an_srgb_screen_is_far_from_every_limit(mode: Mode) -> None:
    found = margins(SRGB_PANEL, "sRGB", mode)
    assert found.broken == []
    assert found.step < 0.01
    assert found.contrast < 0.01
    assert found.saturation < 0.77
    assert found.flashes_per_s == 0


@pytest.mark.parametrize("mode", get_args(Mode))
def test_colour_management_brings_every_panel_within_the_limits(
    panels: list[MeasuredPanel], mode: Mode
) -> None:
    for panel in panels:
        found = margins(panel, "managed", mode)
        assert found.broken == [], panel.name
        assert found.flashes_per_s == 0
        assert found.step < 0.01


@pytest.mark.parametrize(("mode", "most"), [("standard", 3), ("gentle", 2)])
def test_on_no_panel_are_there_more_flashes_in_a_second_than_the_standards_allow(
    panels: list[MeasuredPanel], mode: Mode, most: int
) -> None:
    for panel in [SRGB_PANEL, *panels]:
        for gamma in GAMMAS:
            assert margins(panel, gamma, mode).flashes_per_s <= most, (panel.name, gamma)


def test_a_wide_gamut_panel_without_management_makes_changes_that_count(panels: list[MeasuredPanel]) -> None:
    found = margins(named(panels, "OLED-Sony"), "2.4", "standard")
    assert found.broken == ["general", "BT.1702", "red", "red u′v′"]
    assert found.flashes_per_s == 3


@pytest.mark.parametrize("mode", get_args(Mode))
def test_no_drawn_challenge_does_worse_than_the_searched_worst(
    panels: list[MeasuredPanel], mode: Mode
) -> None:
    panel = named(panels, "OLED-Sony")
    worst = margins(panel, "2.4", mode)
    for seed in range(200):
        challenge = Challenge.generate(seed.to_bytes(32, "little"), mode)
        luminance = shown(panel, challenge.steps_srgb, "2.4")[..., 1]
        per_dwell = len(luminance) // len(challenge)
        for dwell in range(1, len(challenge)):
            # A change lasts from the last step of one dwell to the last step of the next.
            change = luminance[dwell * per_dwell - 1 : (dwell + 1) * per_dwell]
            assert np.ptp(change, axis=0).max() <= worst.step + 1e-12


@pytest.mark.parametrize(("mode", "most"), [("standard", 3), ("gentle", 2)])
def test_no_quadrant_of_a_drawn_challenge_flashes_more_often_than_the_standards_allow(
    panels: list[MeasuredPanel], mode: Mode, most: int
) -> None:
    for gamma in GAMMAS:
        one, _ = drawn_flashes(named(panels, "OLED-Sony"), gamma, mode, 30)
        assert one <= most, gamma


def test_the_table_in_the_document_is_what_the_script_measures(panels: list[MeasuredPanel]) -> None:
    assert table([SRGB_PANEL, *panels]) in DOCUMENT.read_text(encoding="utf-8")
