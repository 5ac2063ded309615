"""The report in a real browser: nothing complains, nothing is cut off, nothing is fetched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lightproof.reporting.session_report import write_report
from tests.reporting.report_sessions import declined, ended_early, page, session, six_pages

CHROMIUM = shutil.which("chromium")

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("needs Debian's chromium: apt-get install chromium", allow_module_level=True)

if os.environ.get("CI") != "true":
    pytest.importorskip("playwright", reason="needs Playwright: pip install playwright")

from playwright.sync_api import Browser, sync_playwright  # noqa: E402 - only where there is one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser of the system; Playwright downloads none."""
    assert CHROMIUM is not None, "chromium is required where CI=true: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of eight sessions."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, [*six_pages(), page(ended_early(), "Too far"), page(declined(), "Declined")])
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [1200, 400])
def test_the_report_opens_without_complaint_and_fits_the_window(
    browser: Browser, report: Path, tmp_path: Path, width_px: int, scheme: str
) -> None:
    window = browser.new_page(
        viewport={"width": width_px, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    complaints: list[str] = []
    requests: list[str] = []
    window.on("console", lambda message: complaints.append(message.text))
    window.on("pageerror", lambda error: complaints.append(str(error)))
    window.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    window.on("request", lambda request: requests.append(request.url))
    window.goto(report.as_uri())

    assert window.locator("section.session").count() == 8
    for heading in window.locator("section.session h2").all():
        assert heading.is_visible()
    for chart in ("The challenge and its answer", "Freshness", "Latency", "Relief", "All figures"):
        assert window.get_by_role("heading", name=chart, exact=True).count() == 6
    # Of each pair of a wide and a narrow drawing one is shown: seven charts are six to the eye.
    shown = [drawing for drawing in window.locator("svg").all() if drawing.is_visible()]
    assert len(shown) == 6 * 6 + 1
    assert all(
        (box := drawing.bounding_box()) and box["width"] > 300 and box["height"] > 60 for drawing in shown
    )
    assert window.evaluate("document.documentElement.scrollWidth") == width_px

    screenshot = tmp_path / f"report-{width_px}-{scheme}.png"
    window.screenshot(path=screenshot)
    assert screenshot.stat().st_size > 10_000
    window.close()
    assert complaints == []
    assert [address for address in requests if not address.startswith("data:")] == [report.as_uri()]


def test_a_verdict_in_the_table_leads_to_its_session(browser: Browser, report: Path) -> None:
    window = browser.new_page(viewport={"width": 1200, "height": 900})
    window.goto(report.as_uri())
    window.get_by_role("link", name="Other person").click()
    box = window.get_by_role("region", name="Other person").bounding_box()
    assert box is not None
    assert -1 < box["y"] < 900
    window.close()


def test_the_report_prints_on_white_with_its_wide_charts(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, [page(session())])
    window = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="dark")
    window.goto(path.as_uri())
    window.emulate_media(media="print")
    assert window.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert window.locator("svg").first.is_visible()
    assert window.pdf(format="A4", path=tmp_path / "report.pdf")[:5] == b"%PDF-"
    window.close()
