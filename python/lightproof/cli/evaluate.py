"""``lightproof evaluate``: error rates over many sessions, in the words of ISO/IEC 30107-3."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from lightproof.cli import help_texts
from lightproof.cli.status import ERROR_STATUS
from lightproof.cli.terminal import console, plain, say, say_json, tell
from lightproof.cores import usable_cores
from lightproof.errors import InputError, SessionInterrupted
from lightproof.policy import MAX_DECOYS, MIN_DECOYS

if TYPE_CHECKING:
    from rich.table import Table

    from lightproof.evaluation.campaign import Campaign, Executor, Finished
    from lightproof.evaluation.people import People
    from lightproof.evaluation.species import Source, Subjects

REPORT_JSON: Final = "report.json"
REPORT_HTML: Final = "report.html"

_NAMED: Final = 3
_CLUSTER: Final = re.compile(r"(dask|tls)://([^/\s]+:\d{1,5})/?")


def register(app: typer.Typer) -> None:
    """Add ``lightproof evaluate`` to the command line."""
    app.command("evaluate", epilog=help_texts.EVALUATE)(_evaluate)


def _evaluate(
    out: Annotated[Path, typer.Option(metavar="DIR", file_okay=False, help="Results; run again to go on.")],
    bases: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Light-transport bases (*.npz), recordings, or both.",
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(metavar="DIR", exists=True, file_okay=False, help="Recordings: <species>/<recording>/."),
    ] = None,
    response: Annotated[
        str, typer.Option(metavar="LEVELS", help="Screen light over ambient light, 0.10 for 10 %, up to 2.")
    ] = "0.03,0.05,0.10",
    lights: Annotated[
        str, typer.Option(metavar="NAMES", help="Of office, ceiling, window, dome, desk.")
    ] = "office",
    repeats: Annotated[
        int, typer.Option(metavar="N", min=1, help="Trials of each basis at each level in each light.")
    ] = 1,
    seed: Annotated[int, typer.Option(metavar="S", min=0, help="The same seed, the same trials.")] = 0,
    jobs: Annotated[
        str | None,
        typer.Option(
            metavar="N|dask://HOST:PORT|tls://HOST:PORT",
            help="Processes (all cores), or a Dask cluster that you trust, with TLS or in the clear.",
        ),
    ] = None,
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.pem",
            exists=True,
            dir_okay=False,
            help="The authority of a tls:// cluster.",
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.pem", exists=True, dir_okay=False, help="This client's certificate for tls://."
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pem", exists=True, dir_okay=False, help="The key of --tls-cert."),
    ] = None,
    subjects: Annotated[str, typer.Option(metavar="even|odd|all", help="By the subject's number.")] = "all",
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv", exists=True, dir_okay=False, help="face_id, and columns to group by."
        ),
    ] = None,
    decoys: Annotated[
        int, typer.Option(metavar="K", min=MIN_DECOYS, max=MAX_DECOYS, help="That freshness has to beat.")
    ] = MAX_DECOYS,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Run the trials again that ended with an error.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure error rates: many presence-only sessions with bases and recordings, on all cores or a cluster.

    Writes report.html and report.json. Whatever stops it, the same command goes on where it stopped, and more
    repeats, levels or lights can be added.

    Exit status: 0 all trials were held, 1 some ended with an error (the reports are there) or none could be
    run, 2 wrong usage.
    """
    execute = _executor(jobs, {"--tls-ca": tls_ca, "--tls-cert": tls_cert, "--tls-key": tls_key})
    half = _half(subjects)
    levels, where = _levels(response), _lights(lights)
    if bases is None and recordings is None:
        raise typer.BadParameter("name a folder of bases, of --recordings, or both", param_hint="--bases")

    # Imported before anything runs: a missing extra is told at once, not after hours of trials.
    from lightproof.cli.json_objects import json_text
    from lightproof.cli.progress import unwinding_when_asked_to_end
    from lightproof.cli.trial_progress import trial_progress
    from lightproof.evaluation.campaign import Campaign, run_campaign
    from lightproof.evaluation.metrics.summary import summarise
    from lightproof.evaluation.people import load_people
    from lightproof.evaluation.report.evaluation_report import write_report
    from lightproof.evaluation.report.report_object import ReportObject
    from lightproof.evaluation.species import taking_part
    from lightproof.evaluation.trial_log import last_hash
    from lightproof.files import write_atomic

    with unwinding_when_asked_to_end():
        known = None if people is None else load_people(people)
        sources = taking_part(_sources(bases, recordings), half)
        campaign = Campaign(sources, levels, where, repeats, seed, decoys, half)
        if people is not None and known is not None:
            _tell_of_people(people, known, campaign)
        _tell_plan(campaign)
        with trial_progress() as on_progress:
            finished = _run(
                partial(run_campaign, campaign, out, execute, on_progress, retry_errors=retry_errors), out
            )
    groups = None if known is None else known.groups
    report = summarise(campaign, finished, groups, trial_log=last_hash(out))
    text = json_text(msgspec.convert(report, ReportObject))
    write_atomic(out / REPORT_JSON, text + "\n", private=True)
    if as_json:
        say_json(text)
    else:
        console().print(_table(report))
    write_report(out / REPORT_HTML, report)
    if not as_json:
        say(f"reports in {out / REPORT_HTML} and {out / REPORT_JSON}")
    if report["errors"]:
        tell(
            f"error: {len(report['errors'])} of {len(finished)} trials ended with an error and are not "
            f"counted as attempts; {out / REPORT_HTML} lists them, --retry-errors runs them again"
        )
        raise typer.Exit(ERROR_STATUS)


def _executor(jobs: str | None, pem_files: Mapping[str, Path | None]) -> Executor:
    from lightproof.evaluation.workers.cluster import TlsFiles, on_cluster
    from lightproof.evaluation.workers.local import in_processes

    given = [option for option, path in pem_files.items() if path is not None]
    cluster = _CLUSTER.fullmatch(jobs or "")
    if given and (cluster is None or cluster[1] != "tls"):
        raise typer.BadParameter(
            f"goes with --jobs tls://HOST:PORT, and --jobs is {jobs or 'left out'}", param_hint=given[0]
        )
    if jobs is None:
        return partial(in_processes, workers=usable_cores())
    if cluster and cluster[1] == "tls":
        missing = [option for option, path in pem_files.items() if path is None]
        if missing:
            raise typer.BadParameter(
                f"{jobs} needs {', '.join(missing)}: PEM files of the cluster's authority, of this client's "
                "certificate and of its key",
                param_hint="--jobs",
            )
        authority, certificate, key = (path for path in pem_files.values() if path is not None)
        return partial(on_cluster, address=cluster[2], tls=TlsFiles(authority, certificate, key))
    if cluster:
        return partial(on_cluster, address=cluster[2])
    if jobs.isdecimal() and int(jobs) > 0:
        return partial(in_processes, workers=int(jobs))
    raise typer.BadParameter(
        f"{jobs!r} is neither a number of processes nor dask://HOST:PORT or tls://HOST:PORT",
        param_hint="--jobs",
    )


def _half(subjects: str) -> Subjects:
    from lightproof.evaluation.species import Subjects

    try:
        return Subjects(subjects)
    except ValueError:
        raise typer.BadParameter(
            f"{subjects!r} is not one of even, odd, all", param_hint="--subjects"
        ) from None


def _levels(text: str) -> tuple[str, ...]:
    from lightproof.evaluation.campaign import check_levels

    return _checked(text, check_levels, "--response")


def _lights(text: str) -> tuple[str, ...]:
    from lightproof.evaluation.campaign import check_lights

    return _checked(text, check_lights, "--lights")


def _checked(text: str, check: Callable[[tuple[str, ...]], None], option: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        check(values)
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    return values


def _sources(bases: Path | None, recordings: Path | None) -> tuple[Source, ...]:
    from lightproof.evaluation.species import find_recordings, find_sources, together

    return together(
        find_sources(bases) if bases else (),
        find_recordings(recordings) if recordings else (),
    )


def _tell_of_people(path: Path, people: People, campaign: Campaign) -> None:
    """Say what the groups will leave out, before anything runs."""
    from lightproof.evaluation.people import unknown_subjects
    from lightproof.evaluation.species import BONA_FIDE

    if people.ungrouped:
        tell(f"{path.name}: hardly two people share a value of {', '.join(people.ungrouped)}; not grouped by")
    unknown = unknown_subjects(people.groups, campaign.sources)
    if unknown:
        everyone = {source.subject for source in campaign.sources if source.species == BONA_FIDE}
        more = ", …" if len(unknown) > _NAMED else ""
        tell(
            f"{path.name} does not have {len(unknown)} of {len(everyone)} subjects "
            f"({', '.join(unknown[:_NAMED])}{more}); they count as unstated, and in no spread"
        )


def _tell_plan(campaign: Campaign) -> None:
    """Say what will run, in the words that show a slip: 300 % for a response of 3."""
    from lightproof.evaluation.campaign import as_percent
    from lightproof.evaluation.species import BONA_FIDE

    species = [source.species for source in campaign.sources]
    own, attacks = species.count(BONA_FIDE), len(set(species) - {BONA_FIDE})
    tell(
        f"{len(campaign.trials()):,} trials: {own} bona fide, {len(species) - own} of {attacks} PAI species; "
        f"response {', '.join(map(as_percent, campaign.levels))}; lights {', '.join(campaign.lights)}; "
        f"{campaign.repeats} each"
    )


def _run(run: Callable[[], tuple[Finished, ...]], out: Path) -> tuple[Finished, ...]:
    from lightproof.evaluation.trial_log import kept

    try:
        return run()
    except KeyboardInterrupt:
        raise SessionInterrupted(
            f"interrupted; {kept(out)} finished trials are kept in {out}; run the same command again to go on"
        ) from None


def _table(report: dict[str, Any]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "attempts", "accepted", "rejected", "inconclusive", "APCER/BPCER", "95 % bounds"):
        # A long name of a species breaks into lines; headings and figures never do.
        table.add_column(name, justify="right" if name else "left", no_wrap=bool(name), overflow="fold")
    rows = [(plain(name.replace("_", " ")), figures, "apcer") for name, figures in report["species"].items()]
    for name, figures, rate in (*rows, ("bona fide", report["bona_fide"], "bpcer")):
        value = figures[rate]
        table.add_row(
            name,
            *(str(figures[key]) for key in ("attempts", "accepted", "rejected", "inconclusive")),
            "–" if value is None else f"{100 * value:.1f} %",
            f"{100 * figures[f'{rate}_lower95']:.1f}–{100 * figures[f'{rate}_upper95']:.1f} %",
        )
    return table
