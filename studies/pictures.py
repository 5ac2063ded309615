"""Makes the pictures of the documents from reports that the product writes, as Chromium shows them.

docs/report.png and docs/method/*.png are of ``lightproof demo``; with --bases the pictures of relief are made
too, of a path-traced head and a print, which do not come from the mesh model that predicts them. It needs
Debian's chromium and the group dev.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from lightproof.errors import InputError, LightproofError
from studies import command
from studies.tables import DOCS

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTH_PX, HEIGHT_PX = 1100, 1180
PERSON_HEIGHT_PX: Final = 2000
"""What of the report is shown: the first person's part, from 20 pixels above its heading on."""
PICTURED_SEED: Final = "5"
CHARTS: Final = {"The challenge and its answer": "response", "Freshness": "freshness", "Latency": "latency"}
SUBJECTS: Final = {"bona_fide_019": "relief-head", "folded_print_005": "relief-print"}


class PictureFailedError(LightproofError, RuntimeError):
    """The browser is missing, or cannot show what should be pictured."""


def main(given: Sequence[str] | None = None) -> int:
    """Play sessions, photograph what their reports say, and return the exit status."""
    parser = command.new_parser("studies.pictures", __doc__)
    add = parser.add_argument
    add("--bases", type=Path, metavar="DIR", help="path-traced bases, for the pictures of relief")
    add("--out", type=Path, default=DOCS, metavar="DIR", help="where the pictures go (docs)")
    return command.run(parser, _study, given)


def _study(arguments: argparse.Namespace) -> None:
    bases: Path | None = arguments.bases
    subjects = {} if bases is None else {bases / f"{subject}.npz": name for subject, name in SUBJECTS.items()}
    for path in subjects:
        if not path.exists():
            raise InputError(f"there is no {path}; give another --bases, or none")
    chromium = shutil.which("chromium")
    if chromium is None:
        raise PictureFailedError("chromium is not installed; install it (Debian: apt install chromium)")
    method = arguments.out / "method"
    method.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
            _open_report(page, Path(folder) / "demo.html", ["demo", "--seed", PICTURED_SEED])
            _picture_person(page, arguments.out / "report.png", method)
            for basis, name in subjects.items():
                rig = ["--rig", "simulated", "--subject", str(basis), "--set", "response=0.10"]
                session = ["verify", *rig, "--presence-only", "--seed", PICTURED_SEED]
                _open_report(page, Path(folder) / f"{name}.html", session)
                relief = page.locator("xpath=//h3[.='Relief']/following-sibling::div").first
                relief.screenshot(path=method / f"{name}.png")
            browser.close()
    except BrowserError as error:
        raise PictureFailedError(f"chromium does not show the report: {error}") from error


def _picture_person(page: Page, whole: Path, method: Path) -> None:
    """Picture the demo's first person: the start of the report, and each chart of the method."""
    top = page.locator("h2", has_text="The person, live").first.bounding_box()
    start_px = max(top["y"] - 20, 0) if top else 0
    page.screenshot(
        path=whole,
        full_page=True,
        clip={"x": 0, "y": start_px, "width": WIDTH_PX, "height": PERSON_HEIGHT_PX},
    )
    person = page.locator("section.session", has=page.locator("h2", has_text="The person, live")).first
    for heading, name in CHARTS.items():
        figure = person.locator(f"xpath=.//h3[.='{heading}']/following-sibling::figure").first
        figure.screenshot(path=method / f"{name}.png")


def _open_report(page: Page, report: Path, session: Sequence[str]) -> None:
    """Write a report and open it; a session that is refused ends with its own status, and a report."""
    lightproof = str(Path(sys.executable).with_name("lightproof"))
    done = subprocess.run([lightproof, *session, "--report", str(report)], check=False)
    if not report.exists():
        raise PictureFailedError(f"lightproof {' '.join(session)} wrote no report (status {done.returncode})")
    page.goto(report.as_uri())


if __name__ == "__main__":
    sys.exit(main())
