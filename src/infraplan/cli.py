"""The command line: parse, call, print. Results go to standard output, everything else to standard error."""

import json
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan import words
from infraplan.errors import InfraplanError, OutputError

if TYPE_CHECKING:
    from infraplan.config import Level, Study
    from infraplan.outputs import Results
    from infraplan.progress import Show


def _language() -> words.Language:
    """Return the language of the terminal: INFRAPLAN_LANGUAGE, else the locale, else English."""
    for name in ("INFRAPLAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "sv" if value.lower().startswith("sv") else "en"
    return "en"


_TERMINAL = words.load(_language())
_HELP: Callable[..., str] = lambda key, **values: _TERMINAL.text(f"cli.{key}", **values)  # noqa: E731

app = typer.Typer(
    name="infraplan",
    help=_HELP("help.infraplan"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help=_HELP("help.study"))]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="OUT", help=_HELP("help.out"))]
JsonOption = Annotated[bool, typer.Option("--json", help=_HELP("help.json"))]
TimeLimitOption = Annotated[
    float | None, typer.Option("--time-limit", metavar="SECONDS", min=0.001, help=_HELP("help.time_limit"))
]
FinishedArgument = Annotated[Path, typer.Argument(metavar="OUT", help=_HELP("help.finished"))]
LanguageOption = Annotated[str | None, typer.Option("--language", help=_HELP("help.language"))]
LevelOption = Annotated[str, typer.Option("--level", help=_HELP("help.level"))]
PackOption = Annotated[bool, typer.Option("--pack/--no-pack", help=_HELP("help.pack"))]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=_HELP("help.quiet"))]


class _Told(logging.Handler):
    """Warnings on standard error: what a user asked for and gets otherwise, or not at all."""

    def emit(self, record: logging.LogRecord) -> None:
        typer.secho(record.getMessage(), fg="yellow", err=True)


def main() -> None:
    """Run the command line; a user's error is one red line and exit code 1."""
    if level := os.environ.get("INFRAPLAN_LOG"):
        logging.basicConfig(level=level, format="%(name)s: %(message)s")
    else:
        logging.basicConfig(level=logging.ERROR, handlers=[_Told()])
        logging.getLogger("infraplan").setLevel(logging.WARNING)
    try:
        app()
    except InfraplanError as error:
        _fail(error.say(_TERMINAL.language))
    except KeyboardInterrupt:
        _fail(_HELP("interrupted"))


@app.command(help=_HELP("help.demo"), epilog=_HELP("example.demo"))
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=_HELP("help.demo_dir"))] = Path("demo"),
    *,
    municipality: Annotated[
        str, typer.Option("--municipality", "-m", help=_HELP("help.municipality"))
    ] = "2513",
    county: Annotated[bool, typer.Option("--county", help=_HELP("help.county"))] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help=_HELP("help.seed"))] = 2026,
    pack: PackOption = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write the demo study and run it."""
    from infraplan.demo import write

    with _show(_TERMINAL, quiet=quiet) as shown:
        shown.stage("model")
        file = write(folder, municipality=municipality, county=county, seed=seed, language=_TERMINAL.language)
    _run(file, folder / "result", pack=pack, as_json=as_json, quiet=quiet)


@app.command(help=_HELP("help.run"), epilog=_HELP("example.run"))
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
    with _show(speech, quiet=quiet) as shown:
        results = run_study(study, folder, pack=pack, report=shown.stage, progress=shown.search)
    if as_json:
        _print_json(manifest.totals(results) | {"seconds": results.seconds, "out": str(folder)})
        return
    _print(summary.layers(results.layers, speech))
    _print(summary.targets(results.targets, speech))
    _print(summary.plan(results, speech))
    _print(speech.text("plan.more", folder=str(folder.resolve())))
    if pack:
        for what, file in _LEFT.items():
            _print(speech.text(f"cli.left.{what}", path=str((folder / file).resolve())))


_LEFT = {
    "map": "map.html",
    "internal_map": "internal_map.html",
    "report": "report.pdf",
    "workbook": "plan.xlsx",
}
"""Files that a reader looks for first."""


@app.command(help=_HELP("help.check"), epilog=_HELP("example.check"))
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
    with _show(speech, quiet=quiet) as shown:
        layers, faults = check_study(value, report=shown.stage)
        shown.stage("write")
        said = f"{summary.layers(layers, speech)}\n{summary.faults(faults, speech)}\n"
        write_faults(faults, said, folder, speech)
    if as_json:
        _print_json(summary.fault_totals(layers, faults) | {"out": str(folder)})
    else:
        _print(said.rstrip())
        _print(speech.text("cli.faults_are_at", path=str(folder.resolve())))
    if ((faults["severity"] == "error") & (faults["feature_id"] == "")).any():
        raise typer.Exit(1)


@app.command(help=_HELP("help.coverage"), epilog=_HELP("example.coverage"))
def coverage(
    study: StudyArgument,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT", help=_HELP("help.coverage_out"))
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
    with _show(speech, quiet=quiet) as shown:
        found = run_coverage(value, out, pack=pack, clock=Clock(shown.stage))
    if as_json:
        totals = manifest.coverage_totals(
            found.premises, found.targets, found.white_spots, found.white_spot_areas
        )
        _print_json(totals | {"figures": manifest.figure_rows(found.figures)})
        return
    _print(summary.layers(found.layers, speech))
    _print(summary.targets(found.targets, speech))
    _print(summary.white_spots(found.white_spots, found.white_spot_areas, speech))
    for told in (tell_coverage(found.figures, speech), tell_places(found.figures, speech, value)):
        _print(f"\n{told}")
    if out is not None:
        _print(speech.text("cli.coverage_is_at", path=str(out.resolve())))


@app.command(help=_HELP("help.plan"), epilog=_HELP("example.plan"))
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
    with _show(speech, quiet=quiet) as shown:
        results: Results = run_study(value, report=shown.stage, progress=shown.search)
    if as_json:
        _print_json(manifest.totals(results) | manifest.plan_figures(results))
    else:
        _print(f"{summary.plan(results, speech)}\n\n{tell_tables(results, speech)}".rstrip())


@app.command("map", help=_HELP("help.map"), epilog=_HELP("example.map"))
def map_page(
    folder: FinishedArgument,
    *,
    language: LanguageOption = None,
    level: LevelOption = "public",
    beside: Annotated[
        Path | None, typer.Option("--beside", metavar="OTHER", help=_HELP("help.beside"))
    ] = None,
    tiles: Annotated[str | None, typer.Option("--tiles", metavar="URL", help=_HELP("help.tiles"))] = None,
    credit: Annotated[str, typer.Option("--credit", help=_HELP("help.credit"))] = "",
    file: Annotated[Path | None, typer.Option("--file", "-f", help=_HELP("help.map_file"))] = None,
) -> None:
    """Write the map of a finished run: in either language, at a level, beside another plan."""
    from infraplan.outputs import write_map
    from infraplan.outputs.maps import Tiles

    name = f"map_{level}.{language}.html" if language else f"map_{level}.html"
    path = write_map(
        folder,
        file if file is not None else folder / name,
        level=_level(level),
        language=_chosen(language),
        beside=beside,
        tiles=None if tiles is None else Tiles(url=tiles, attribution=credit),
    )
    _print(_HELP("map_is_at", path=str(path.resolve())))


@app.command(help=_HELP("help.report"), epilog=_HELP("example.report"))
def report(
    folder: FinishedArgument,
    *,
    language: LanguageOption = None,
    destination: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help=_HELP("help.report_to"))
    ] = None,
) -> None:
    """Write the papers of a finished run again, in another language or elsewhere."""
    from infraplan.outputs import write_report

    speech = _chosen(language)
    goal = destination if destination is not None else folder / (f"report_{speech}" if speech else "report")
    for path in write_report(folder, goal, language=speech):
        _print(str(path))


@app.command(help=_HELP("help.region"), epilog=_HELP("example.region"))
def region(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help=_HELP("help.region_folders"))],
    *,
    destination: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help=_HELP("help.region_to"))
    ] = Path("region"),
    name: Annotated[str | None, typer.Option("--name", help=_HELP("help.region_name"))] = None,
    as_json: JsonOption = False,
) -> None:
    """Join finished studies into a region: the progress of all municipalities, and the seams."""
    from infraplan.outputs.cells import plain_rows
    from infraplan.outputs.region import tell_region, write_region

    found = write_region(folders, destination, name=name or _HELP("region_called"))
    tables = {key: found.table(key) for key in ("region", "seams")}
    if as_json:
        names = {key: table.columns.drop("geometry", errors="ignore") for key, table in tables.items()}
        _print_json({key: plain_rows(table, names[key]) for key, table in tables.items()})
        return
    _print(tell_region(tables["region"], tables["seams"], words.load(found.language)))
    _print(_HELP("map_is_at", path=str((destination / "map.html").resolve())))


@app.command(help=_HELP("help.export"), epilog=_HELP("example.export"))
def export(
    folder: FinishedArgument,
    destination: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help=_HELP("help.to"))
    ] = None,
    level: LevelOption = "public",
    formats: Annotated[list[str] | None, typer.Option("--format", help=_HELP("help.format"))] = None,
    *,
    pack: PackOption = True,
) -> None:
    """Write a finished run's layers in other formats, without what the level may not show."""
    from infraplan.outputs import export as export_run
    from infraplan.outputs.exchange import FORMATS

    chosen = formats or ["geojson"]
    if unknown := next((name for name in chosen if name not in FORMATS), None):
        raise _misused("--format", OutputError("no_such_format", format=unknown, found=", ".join(FORMATS)))
    goal = destination if destination is not None else folder / f"export-{level}"
    for path in export_run(folder, goal, level=_level(level), formats=chosen, pack=pack):
        _print(str(path))


@app.command(help=_HELP("help.compare"), epilog=_HELP("example.compare"))
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help=_HELP("help.finished"))],
    after: Annotated[Path, typer.Argument(metavar="B", help=_HELP("help.finished"))],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two finished runs."""
    from infraplan.outputs import compare as compare_runs
    from infraplan.outputs import summary

    found = compare_runs(before, after)
    if as_json:
        _print_json(found.totals)
    else:
        _print(summary.comparison(found, _TERMINAL))


@app.command(help=_HELP("help.init"), epilog=_HELP("example.init"))
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=_HELP("help.init_folder"))],
    *,
    name: Annotated[str | None, typer.Option("--name", help=_HELP("help.name"))] = None,
    year: Annotated[int | None, typer.Option("--year", min=1990, max=2100, help=_HELP("help.year"))] = None,
    force: Annotated[bool, typer.Option("--force", help=_HELP("help.force"))] = False,
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
    write_text(file, write_study(folder, findings, name=title, year=when, language=_TERMINAL.language))
    for finding in findings:
        _print(describe(finding, _TERMINAL))
    _print(_HELP("study_is_at", path=str(file.resolve())))


def _chosen(language: str | None) -> words.Language | None:
    """Return a language that was asked for, None for the study's own."""
    if language is None:
        return None
    if language not in words.LANGUAGES:
        raise _misused(
            "--language",
            OutputError("no_such_language", language=language, found=", ".join(words.LANGUAGES)),
        )
    return language


def _level(level: str) -> "Level":
    from typing import get_args

    from infraplan.config import Level

    found: Level | None = next((one for one in get_args(Level) if one == level), None)
    if found is None:
        raise _misused("--level", OutputError("no_such_level", level=level, found=", ".join(get_args(Level))))
    return found


def _misused(option: str, error: InfraplanError) -> typer.BadParameter:
    """Return an error of the command line itself: a word that an option does not know."""
    return typer.BadParameter(error.say(_TERMINAL.language), param_hint=option)


def _show(speech: words.Words, *, quiet: bool) -> "AbstractContextManager[Show]":
    from infraplan.progress import show

    return show(speech, quiet=quiet)


def _limit(study: "Study", seconds: float | None) -> "Study":
    """Return the study with another time limit for the search, where one is given."""
    if seconds is None:
        return study
    return study.model_copy(update={"plan": study.plan.model_copy(update={"time_limit_s": seconds})})


def _home(study: "Study") -> Path:
    return study.file.parent if study.file is not None else Path.cwd()


def _print(text: str) -> None:
    typer.echo(text)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _fail(sentence: str) -> None:
    typer.secho(" ".join(sentence.split()), fg="red", err=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
