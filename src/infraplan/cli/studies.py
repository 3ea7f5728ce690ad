"""Commands that read a study: make one, check it, run it, print a step of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infraplan import words
from infraplan.cli.terminal import (
    JsonOption,
    OutOption,
    PackOption,
    QuietOption,
    StudyArgument,
    TimeLimitOption,
    find_language,
    print_json,
    say,
    show_stages,
)
from infraplan.errors import OutputError

if TYPE_CHECKING:
    from infraplan.config import Study
    from infraplan.outputs import Results

app = typer.Typer()


@app.command(help=say("help.demo"), epilog=say("example.demo"))
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=say("help.demo_dir"))] = Path("demo"),
    *,
    municipality: Annotated[
        str, typer.Option("--municipality", "-m", help=say("help.municipality"))
    ] = "2513",
    county: Annotated[bool, typer.Option("--county", help=say("help.county"))] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help=say("help.seed"))] = 2026,
    pack: PackOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the demo study and run it."""
    from infraplan.demo import write

    with show_stages(words.load(find_language()), quiet=quiet) as shown:
        shown.stage("model")
        file = write(folder, municipality=municipality, county=county, seed=seed, language=find_language())
    _run(file, folder / "result", pack=pack, as_json=as_json, quiet=quiet)


@app.command(help=say("help.run"), epilog=say("example.run"))
def run(
    study: StudyArgument,
    out: OutOption = None,
    *,
    time_limit: TimeLimitOption = None,
    pack: PackOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a study and write its results."""
    _run(study, out, time_limit=time_limit, pack=pack, as_json=as_json, quiet=quiet)


def _run(
    path: Path, out: Path | None, *, time_limit: float | None = None, pack: bool, as_json: bool, quiet: bool
) -> None:
    from infraplan.layers import read_study
    from infraplan.outputs import manifest, summary
    from infraplan.pipeline import run as run_study

    study = _limit(read_study(path), time_limit)
    speech = words.load(study.study.language)
    folder = out if out is not None else _home(study) / "result"
    with show_stages(speech, quiet=quiet) as shown:
        results = run_study(study, folder, pack=pack, report=shown.stage, progress=shown.search)
    if as_json:
        print_json(manifest.totals(results) | {"seconds": results.seconds, "out": str(folder)})
        return
    typer.echo(summary.layers(results.layers, speech))
    typer.echo(summary.targets(results.targets, speech))
    typer.echo(summary.plan(results, speech))
    typer.echo(speech.text("plan.more", folder=str(folder.resolve())))
    if pack:
        for what, file in _LEFT.items():
            typer.echo(speech.text(f"cli.left.{what}", path=str((folder / file).resolve())))


_LEFT = {
    "map": "map.html",
    "internal_map": "internal_map.html",
    "report": "report.pdf",
    "workbook": "plan.xlsx",
}
"""Files that a reader looks for first."""


@app.command(help=say("help.check"), epilog=say("example.check"))
def check(
    study: StudyArgument, out: OutOption = None, *, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Check a study's files and its road network, and write the faults."""
    from infraplan.layers import read_study
    from infraplan.outputs import summary, write_faults
    from infraplan.pipeline import check as check_study

    value = read_study(study)
    speech = words.load(value.study.language)
    folder = out if out is not None else _home(value) / "check"
    with show_stages(speech, quiet=quiet) as shown:
        layers, faults = check_study(value, report=shown.stage)
        shown.stage("write")
        said = f"{summary.layers(layers, speech)}\n{summary.faults(faults, speech)}\n"
        write_faults(faults, said, folder, speech)
    if as_json:
        print_json(summary.fault_totals(layers, faults) | {"out": str(folder)})
    else:
        typer.echo(said.rstrip())
        typer.echo(speech.text("cli.faults_are_at", path=str(folder.resolve())))
    if ((faults["severity"] == "error") & (faults["feature_id"] == "")).any():
        raise typer.Exit(1)


@app.command(help=say("help.coverage"), epilog=say("example.coverage"))
def coverage(
    study: StudyArgument,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT", help=say("help.coverage_out"))
    ] = None,
    *,
    pack: PackOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Print shares against targets and the white spots."""
    from infraplan.layers import read_study
    from infraplan.outputs import manifest, summary
    from infraplan.outputs.figuretext import tell_coverage
    from infraplan.outputs.placetext import tell_places
    from infraplan.pipeline import Clock, run_coverage

    value = read_study(study)
    speech = words.load(value.study.language)
    with show_stages(speech, quiet=quiet) as shown:
        found = run_coverage(value, out, pack=pack, clock=Clock(shown.stage))
    if as_json:
        totals = manifest.coverage_totals(
            found.premises, found.targets, found.white_spots, found.white_spot_areas
        )
        print_json(totals | {"figures": manifest.figure_rows(found.figures)})
        return
    typer.echo(summary.layers(found.layers, speech))
    typer.echo(summary.targets(found.targets, speech))
    typer.echo(summary.white_spots(found.white_spots, found.white_spot_areas, speech))
    for told in (tell_coverage(found.figures, speech), tell_places(found.figures, speech, value)):
        typer.echo(f"\n{told}")
    if out is not None:
        typer.echo(speech.text("cli.coverage_is_at", path=str(out.resolve())))


@app.command(help=say("help.plan"), epilog=say("example.plan"))
def plan(
    study: StudyArgument,
    *,
    time_limit: TimeLimitOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Print the plan for the study's goal, writing nothing."""
    from infraplan.layers import read_study
    from infraplan.outputs import manifest, summary
    from infraplan.outputs.plantext import tell_tables
    from infraplan.pipeline import run as run_study

    value = _limit(read_study(study), time_limit)
    speech = words.load(value.study.language)
    with show_stages(speech, quiet=quiet) as shown:
        results: Results = run_study(value, report=shown.stage, progress=shown.search)
    if as_json:
        print_json(manifest.totals(results) | manifest.plan_figures(results))
    else:
        typer.echo(f"{summary.plan(results, speech)}\n\n{tell_tables(results, speech)}".rstrip())


@app.command(help=say("help.init"), epilog=say("example.init"))
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=say("help.init_folder"))],
    *,
    name: Annotated[str | None, typer.Option("--name", help=say("help.name"))] = None,
    year: Annotated[int | None, typer.Option("--year", min=1990, max=2100, help=say("help.year"))] = None,
    force: Annotated[bool, typer.Option("--force", help=say("help.force"))] = False,
) -> None:
    """Look through a folder of files and write a study file with what was recognised."""
    from datetime import UTC, datetime

    from infraplan.layers.recognise import describe, look_through, write_study
    from infraplan.outputs import write_text

    file = folder / "study.toml"
    if file.exists() and not force:
        raise OutputError("study_exists", file=str(file))
    if not folder.is_dir():
        raise OutputError("no_such_folder", folder=str(folder))
    findings = look_through(folder)
    when, title = year if year is not None else datetime.now(UTC).year, name or folder.resolve().name
    write_text(file, write_study(folder, findings, name=title, year=when, language=find_language()))
    for finding in findings:
        typer.echo(describe(finding, words.load(find_language())))
    typer.echo(say("study_is_at", path=str(file.resolve())))


def _limit(study: "Study", seconds: float | None) -> "Study":
    """Return the study with another time limit for the search, where one is given."""
    if seconds is None:
        return study
    return study.model_copy(update={"plan": study.plan.model_copy(update={"time_limit_s": seconds})})


def _home(study: "Study") -> Path:
    return study.file.parent if study.file is not None else Path.cwd()
