"""Commands that read finished runs: their map, papers and layers again, several joined, two compared."""

from pathlib import Path
from typing import Annotated

import typer

from infraplan import words
from infraplan.cli.terminal import (
    FinishedArgument,
    JsonOption,
    LanguageOption,
    LevelOption,
    PackOption,
    choose_language,
    choose_level,
    find_language,
    misused,
    print_json,
    say,
)
from infraplan.errors import OutputError

app = typer.Typer()


@app.command("map", help=say("help.map"), epilog=say("example.map"))
def map_page(
    folder: FinishedArgument,
    *,
    language: LanguageOption = None,
    level: LevelOption = "public",
    beside: Annotated[Path | None, typer.Option("--beside", metavar="OTHER", help=say("help.beside"))] = None,
    tiles: Annotated[str | None, typer.Option("--tiles", metavar="URL", help=say("help.tiles"))] = None,
    credit: Annotated[str, typer.Option("--credit", help=say("help.credit"))] = "",
    file: Annotated[Path | None, typer.Option("--file", "-f", help=say("help.map_file"))] = None,
) -> None:
    """Write the map of a finished run: in either language, at a level, beside another plan."""
    from infraplan.outputs import write_map
    from infraplan.outputs.maps import Tiles

    name = f"map_{level}.{language}.html" if language else f"map_{level}.html"
    path = write_map(
        folder,
        file if file is not None else folder / name,
        level=choose_level(level),
        language=choose_language(language),
        beside=beside,
        tiles=None if tiles is None else Tiles(url=tiles, attribution=credit),
    )
    typer.echo(say("map_is_at", path=str(path.resolve())))


@app.command(help=say("help.report"), epilog=say("example.report"))
def report(
    folder: FinishedArgument,
    *,
    language: LanguageOption = None,
    destination: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help=say("help.report_to"))
    ] = None,
) -> None:
    """Write the papers of a finished run again, in another language or elsewhere."""
    from infraplan.outputs import write_report

    speech = choose_language(language)
    goal = destination if destination is not None else folder / (f"report_{speech}" if speech else "report")
    for path in write_report(folder, goal, language=speech):
        typer.echo(str(path))


@app.command(help=say("help.region"), epilog=say("example.region"))
def region(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER…", help=say("help.region_folders"))],
    *,
    destination: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help=say("help.region_to"))
    ] = Path("region"),
    name: Annotated[str | None, typer.Option("--name", help=say("help.region_name"))] = None,
    as_json: JsonOption = False,
) -> None:
    """Join finished studies into a region: the progress of all municipalities, and the seams."""
    from infraplan.outputs.cells import plain_rows
    from infraplan.outputs.region import tell_region, write_region

    found = write_region(folders, destination, name=name or say("region_called"))
    tables = {key: found.table(key) for key in ("region", "seams")}
    if as_json:
        names = {key: table.columns.drop("geometry", errors="ignore") for key, table in tables.items()}
        print_json({key: plain_rows(table, names[key]) for key, table in tables.items()})
        return
    typer.echo(tell_region(tables["region"], tables["seams"], words.load(found.language)))
    typer.echo(say("map_is_at", path=str((destination / "map.html").resolve())))


@app.command(help=say("help.export"), epilog=say("example.export"))
def export(
    folder: FinishedArgument,
    destination: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help=say("help.to"))
    ] = None,
    level: LevelOption = "public",
    formats: Annotated[list[str] | None, typer.Option("--format", help=say("help.format"))] = None,
    *,
    pack: PackOption = True,
) -> None:
    """Write a finished run's layers in other formats, without what the level may not show."""
    from infraplan.outputs import export as export_run
    from infraplan.outputs.exchange import FORMATS

    chosen = formats or ["geojson"]
    if unknown := next((name for name in chosen if name not in FORMATS), None):
        raise misused("--format", OutputError("no_such_format", format=unknown, found=", ".join(FORMATS)))
    goal = destination if destination is not None else folder / f"export-{level}"
    for path in export_run(folder, goal, level=choose_level(level), formats=chosen, pack=pack):
        typer.echo(str(path))


@app.command(help=say("help.compare"), epilog=say("example.compare"))
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help=say("help.finished"))],
    after: Annotated[Path, typer.Argument(metavar="B", help=say("help.finished"))],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say what differs between two finished runs."""
    from infraplan.outputs import compare as compare_runs
    from infraplan.outputs import summary

    found = compare_runs(before, after)
    if as_json:
        print_json(found.totals)
    else:
        typer.echo(summary.comparison(found, words.load(find_language())))
