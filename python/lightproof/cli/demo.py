"""``lightproof demo``: a person who is verified and six who are not; no camera, no screen, no network.

The person is on a portrait that comes with the package, and holds an ID document with that portrait. The
attackers have the portrait, or a recording of the person, or the person live but far away; the last one has
only a face of their own.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lightproof.cli import help_texts
from lightproof.cli.places import require_place
from lightproof.cli.status import ERROR_STATUS
from lightproof.cli.terminal import console, say, say_json, tell
from lightproof.verdict import Outcome

if TYPE_CHECKING:
    from rich.table import Table

    from lightproof.cli.progress import Progress
    from lightproof.face.networks import FaceNetworks
    from lightproof.reporting.session_report import ReportPage
    from lightproof.verdict import Verdict

DEFAULT_REPORT: Final = Path("lightproof-report.html")


@dataclass(frozen=True, slots=True)
class Case:
    """One session of the demo.

    ``attack`` is the simulated rig's, None for the person; ``about`` says in words what is played.
    """

    name: str
    attack: str | None
    about: str

    def came_out_right(self, verdict: Verdict) -> bool:
        """Return whether the person was verified, or the attacker was not."""
        return (verdict.outcome is Outcome.VERIFIED) == (self.attack is None)


CASES: Final = (
    Case("bona_fide", None, "the person, live"),
    Case("print", "print", "the portrait, printed on paper"),
    Case("bent_print", "bent-print", "the portrait, printed and bent round"),
    Case("screen_replay", "screen-replay", "the portrait, on a screen"),
    Case("replay_recording", "replay-recording", "the person, recorded in another session"),
    Case("relay", "relay", "the person, lit and filmed elsewhere in real time"),
    Case("other_person", "other-person", "another person, live"),
)
"""What is played, in order."""


def register(app: typer.Typer) -> None:
    """Add ``lightproof demo`` to the command line."""
    app.command("demo", epilog=help_texts.DEMO)(_demo)


def _demo(
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="The same seed, the same demo; drawn if absent.")
    ] = None,
    report: Annotated[
        Path, typer.Option(metavar="FILE.html", dir_okay=False, help="Where the report goes.")
    ] = DEFAULT_REPORT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Play a person who is verified and six attacks that are not, all simulated, and write a report.

    Exit status: 0 every case ended as it should, 1 one did not.
    """
    require_place(report, "--report")
    from lightproof.cli.json_objects import CaseObject, json_text
    from lightproof.cli.progress import Progress, unwinding_when_asked_to_end
    from lightproof.reporting.session_report import write_report

    started_s = time.perf_counter()
    seed = secrets.randbelow(2**32) if seed is None else seed
    shown = console()
    pages: list[ReportPage] = []
    with unwinding_when_asked_to_end(), Progress() as progress:
        progress.show("getting ready")
        for page in play(seed, progress):
            pages.append(page)
            if not as_json:
                shown.print(_line(CASES[len(pages) - 1], page.session.verdict))
    ended = [(case, page.session.verdict) for case, page in zip(CASES, pages, strict=True)]
    if as_json:
        say_json(
            json_text([CaseObject(case.name, verdict.outcome, verdict.reasons) for case, verdict in ended])
        )
    with unwinding_when_asked_to_end(), Progress() as progress:
        progress.show("writing the report")
        write_report(report, pages)
    if not as_json:
        say()
        say(f"Report in {report} (seed {seed}, {time.perf_counter() - started_s:.0f} s)")
    wrong = [
        f"{case.name} was {verdict.outcome}" for case, verdict in ended if not case.came_out_right(verdict)
    ]
    if wrong:
        tell(f"error: not as it should be with seed {seed}: {', '.join(wrong)}")
        raise typer.Exit(ERROR_STATUS)


def play(seed: int, progress: Progress | None = None) -> Iterator[ReportPage]:
    """Play the cases one after another and yield a page of the report for each.

    Each case has its own random numbers.
    """
    from lightproof.cli.demo_card import id_card
    from lightproof.face.networks import load_networks
    from lightproof.simulation.subject import sample_person

    card = id_card(sample_person())
    networks = load_networks()
    for case in CASES:
        if progress is not None:
            progress.show(case.about)
        yield play_case(case, seed, card, networks)


def play_case(case: Case, seed: int, card: bytes, networks: FaceNetworks) -> ReportPage:
    """Play one session against the ID document ``card`` and return its page of the report."""
    from lightproof.cli import installed_versions
    from lightproof.consent import consent_of_simulated_subject
    from lightproof.reporting.session_report import ReportPage
    from lightproof.request import Request
    from lightproof.rigs.protocol import RigOptions
    from lightproof.rigs.simulated import open_rig
    from lightproof.session import Entropy, SessionOptions
    from lightproof.verification import verify

    chance = hashlib.sha256(f"lightproof demo {seed} {case.name}".encode()).digest()
    rig_seed = int.from_bytes(chance[:7])
    request = Request("The demo", "you see what it does", chance, "tag:lightproof,2026:demo")
    rig = open_rig(RigOptions(seed=rig_seed, attack=case.attack))
    session = verify(
        rig,
        request,
        reference=card,
        options=SessionOptions(
            networks=networks,
            ask=consent_of_simulated_subject,
            entropy=Entropy.from_seed(rig_seed),
            sign=False,
            keep_trace=True,
        ),
    )
    return ReportPage(case.about.capitalize(), session, installed_versions(), rig.description, request.policy)


def _line(case: Case, verdict: Verdict) -> Table:
    from rich.table import Table
    from rich.text import Text

    from lightproof.cli.session_words import COLOURS
    from lightproof.verdict import REASONS

    line = Table.grid(padding=(0, 2))
    line.add_column(width=16)
    line.add_column(width=12)
    line.add_column()
    line.add_row(
        case.name.replace("_", " "),
        Text(str(verdict.outcome).replace("_", " "), style=COLOURS[verdict.outcome]),
        "\n".join(REASONS[code].message for code in verdict.reasons) or case.about,
    )
    return line
