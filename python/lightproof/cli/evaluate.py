"""``lightproof evaluate``: error rates over many sessions, in the words of ISO/IEC 30107-3."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from lightproof.cli.status import ERROR_STATUS
from lightproof.errors import SessionInterrupted
from lightproof.policy import MAX_DECOYS, MIN_DECOYS

if TYPE_CHECKING:
    from rich.table import Table

    from lightproof.evaluation.campaign import Campaign, Executor, Finished

REPORT_JSON: Final = "report.json"
REPORT_HTML: Final = "report.html"

_CLUSTER: Final = re.compile(r"dask://([^/\s]+:\d{1,5})/?")


def register(app: typer.Typer) -> None:
    """Add ``lightproof evaluate`` to the command line."""
    app.command("evaluate")(_evaluate)


def _evaluate(
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Results; run again to go on.")],
    bases: Annotated[
        Path | None,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Light-transport bases (*.npz)."),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Recordings: <species>/<recording>/."),
    ] = None,
    response: Annotated[
        str, typer.Option(metavar="LEVELS", help="Screen light over ambient light, 0.10 for 10 %.")
    ] = "0.03,0.05,0.10",
    lights: Annotated[
        str, typer.Option(metavar="NAMES", help="Of office, ceiling, window, dome, desk.")
    ] = "office",
    repeats: Annotated[
        int, typer.Option(metavar="N", min=1, help="Trials of each basis at each level in each light.")
    ] = 1,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="The same seed, the same trials.")] = 0,
    jobs: Annotated[
        str | None, typer.Option(metavar="N|dask://HOST:PORT", help="Processes (all cores), or a cluster.")
    ] = None,
    subjects: Annotated[str, typer.Option(metavar="even|odd|all", help="By the subject's number.")] = "all",
    people: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", exists=True, dir_okay=False, help="face_id, face_gender, face_age…"),
    ] = None,
    decoys: Annotated[
        int, typer.Option(metavar="K", min=MIN_DECOYS, max=MAX_DECOYS, help="That freshness has to beat.")
    ] = MAX_DECOYS,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure error rates: many presence-only sessions with bases and recordings, on all cores or a cluster.

    Writes report.html and report.json. Whatever stops it, the same command goes on where it stopped.

    Exit status: 0 finished, 1 every trial ended with an error, or nothing could be run.
    """
    execute = _executor(jobs)
    if bases is None and recordings is None:
        raise typer.BadParameter("name a folder of bases, of --recordings, or both", param_hint="--bases")

    # Imported before anything runs: a missing extra is told at once, not after hours of trials.
    from lightproof.cli.progress import unwinding_when_asked_to_end
    from lightproof.evaluation.campaign import run_campaign
    from lightproof.evaluation.campaign_summary import summarise
    from lightproof.evaluation.evaluation_report import write_report
    from lightproof.evaluation.people import load_people
    from lightproof.evaluation.trial_log import write_whole

    with unwinding_when_asked_to_end(), _progress() as on_progress:
        known = None if people is None else load_people(people)
        campaign = _campaign(bases, recordings, response, lights, subjects, repeats, seed, decoys)
        finished = _run(partial(run_campaign, campaign, out, execute, on_progress), out)
    report = summarise(campaign, finished, known)
    write_report(out / REPORT_HTML, report)
    write_whole(out / REPORT_JSON, json.dumps(report, indent=2, allow_nan=False) + "\n")
    if as_json:
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _print(report, out)
    if len(report["errors"]) == len(finished):
        raise typer.Exit(ERROR_STATUS)


def _executor(jobs: str | None) -> Executor:
    from lightproof.evaluation.cluster_workers import on_cluster
    from lightproof.evaluation.local_workers import in_processes

    if jobs is None:
        return partial(in_processes, workers=len(os.sched_getaffinity(0)))
    cluster = _CLUSTER.fullmatch(jobs)
    if cluster:
        return partial(on_cluster, address=cluster[1])
    if jobs.isdecimal() and int(jobs) > 0:
        return partial(in_processes, workers=int(jobs))
    raise typer.BadParameter(
        f"{jobs!r} is neither a number of processes nor dask://HOST:PORT", param_hint="--jobs"
    )


def _campaign(
    bases: Path | None,
    recordings: Path | None,
    response: str,
    lights: str,
    subjects: str,
    repeats: int,
    seed: int,
    decoys: int,
) -> Campaign:
    from lightproof.evaluation.campaign import Campaign
    from lightproof.evaluation.species import Subjects, find_bases, find_recordings, taking_part

    try:
        half = Subjects(subjects)
    except ValueError:
        raise typer.BadParameter(f"{subjects!r} is none of even, odd, all", param_hint="--subjects") from None
    sources = (*(find_bases(bases) if bases else ()), *(find_recordings(recordings) if recordings else ()))
    return Campaign(
        taking_part(sources, half), _listed(response), _listed(lights), repeats, seed, decoys, half
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _run(run: Callable[[], tuple[Finished, ...]], out: Path) -> tuple[Finished, ...]:
    from lightproof.evaluation.trial_log import kept

    try:
        return run()
    except KeyboardInterrupt:
        raise SessionInterrupted(
            f"interrupted; {kept(out)} finished trials are kept in {out}; run the same command again to go on"
        ) from None


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("trials", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(report: dict[str, Any], out: Path) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_table(report))
    errors = len(report["errors"])
    if errors:
        console.print(
            f"{errors} trials ended with an error and are no attempts; they are listed in the report"
        )
    console.print(f"reports in {out / REPORT_HTML} and {out / REPORT_JSON}", soft_wrap=True)


def _table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "attempts", "accepted", "rejected", "inconclusive", "APCER/BPCER", "95 % bounds"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    rows = [(name.replace("_", " "), figures, "apcer") for name, figures in report["species"].items()]
    for name, figures, rate in (*rows, ("bona fide", report["bona_fide"], "bpcer")):
        value = figures[rate]
        table.add_row(
            name,
            *(str(figures[key]) for key in ("attempts", "accepted", "rejected", "inconclusive")),
            "–" if value is None else f"{100 * value:.1f} %",
            f"{100 * figures[f'{rate}_lower95']:.1f}–{100 * figures[f'{rate}_upper95']:.1f} %",
        )
    return table
