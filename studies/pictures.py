"""Makes the pictures of the documents from reports that the product writes, as Chromium shows them.

Run: .venv/bin/python -m studies.pictures [--bases ../shared/bases] (Debian's chromium and the group dev).

docs/report.png and docs/method/*.png are of `lightproof demo`; with --bases the pictures of relief are made
too, of a path-traced head and a print, which know nothing of the mesh model that predicts them.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

HERE = Path(__file__).resolve().parents[1] / "docs"
METHOD = HERE / "method"
WIDTH_PX, HEIGHT_PX = 1100, 1180
SEED = "5"
PARTS = {"The challenge and its answer": "response", "Freshness": "freshness", "Latency": "latency"}
SUBJECTS = {"bona_fide_019": "relief-head", "folded_print_005": "relief-print"}


def main() -> None:
    """Play sessions, and photograph what their reports say."""
    parser = argparse.ArgumentParser(description="Makes the pictures of the documents.")
    parser.add_argument(
        "--bases", type=Path, metavar="DIR", help="path-traced bases, for the pictures of relief"
    )
    bases: Path | None = parser.parse_args().bases
    METHOD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        _open_report(page, Path(folder) / "demo.html", ["demo", "--seed", SEED])
        top = page.locator("h2", has_text="The person, live").first.bounding_box()
        clip = {"x": 0, "y": top["y"] - 20 if top else 0, "width": WIDTH_PX, "height": 2000}
        page.screenshot(path=HERE / "report.png", full_page=True, clip=clip)
        person = page.locator("section.session", has=page.locator("h2", has_text="The person, live")).first
        for heading, name in PARTS.items():
            figure = person.locator(f"xpath=.//h3[.='{heading}']/following-sibling::figure").first
            figure.screenshot(path=METHOD / f"{name}.png")
        for subject, name in SUBJECTS.items() if bases else ():
            rig = [
                "verify",
                "--rig",
                "simulated",
                "--presence-only",
                "--seed",
                SEED,
                "--set",
                "response=0.10",
            ]
            _open_report(
                page, Path(folder) / f"{name}.html", [*rig, "--subject", str(bases / f"{subject}.npz")]
            )
            relief = page.locator("xpath=//h3[.='Relief']/following-sibling::div").first
            relief.screenshot(path=METHOD / f"{name}.png")
        browser.close()


def _open_report(page: Page, report: Path, command: Sequence[str]) -> None:
    """Write a report and open it; a session that is refused ends with its own status, and a report."""
    lightproof = Path(sys.executable).with_name("lightproof")
    subprocess.run([lightproof, *command, "--report", report], check=False)
    page.goto(report.as_uri())


if __name__ == "__main__":
    main()
