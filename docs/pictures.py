"""Makes docs/report.png: the top of the report of `lightproof demo`, as Chromium shows it.

Run: .venv/bin/python docs/pictures.py (needs Debian's chromium and the development group).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WIDTH_PX, HEIGHT_PX = 1100, 1180
SEED = "5"


def main() -> None:
    """Play the demo and photograph its report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        command = [Path(sys.executable).with_name("lightproof"), "demo", "--seed", SEED, "--report", report]
        subprocess.run(command, check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
            page.goto(report.as_uri())
            top = page.locator("h2", has_text="The person, live").first.bounding_box()
            start_px = top["y"] - 20 if top else 0
            page.screenshot(
                path=HERE / "report.png",
                full_page=True,
                clip={"x": 0, "y": start_px, "width": WIDTH_PX, "height": 2000},
            )
            browser.close()


if __name__ == "__main__":
    main()
