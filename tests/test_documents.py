"""The documents lead somewhere: every link and every section that they, or comments, point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "python").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$", re.MULTILINE)
CITED_PHYSICS = re.compile(r"architecture\.md, physics (\d+)")


def anchors(text: str) -> set[str]:
    """Return the anchors that a forge gives to the headings of a Markdown text."""
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_is_there(document: Path) -> None:
    lost = []
    for target in (first or second for first, second in LINK.findall(document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


def test_every_page_is_reached_from_the_index() -> None:
    docs = ROOT / "docs"
    reached, waiting = set(), [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            links = (first or second for first, second in LINK.findall(page.read_text(encoding="utf-8")))
            targets = ((page.parent / link.partition("#")[0]).resolve() for link in links)
            waiting += [
                target
                for target in targets
                if target.suffix == ".md" and docs in target.parents and target.exists()
            ]
    assert set(docs.rglob("*.md")) == reached


def test_comments_cite_physics_that_the_architecture_holds() -> None:
    section = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Physics")[2]
    held = set(re.findall(r"^(\d+)\. \*\*", section, re.MULTILINE))
    sources = [
        file
        for folder in ("rust", "python", "studies", "tests", "benches")
        for file in (ROOT / folder).rglob("*")
    ]
    cited = {
        number
        for file in sources
        if file.suffix in {".rs", ".py", ".pyi"} and "target" not in file.parts
        for number in CITED_PHYSICS.findall(file.read_text(encoding="utf-8"))
    }
    assert held == {str(number) for number in range(1, len(held) + 1)}
    assert cited <= held
