"""A map sheet for each place where broadband is missing: map, white spots, projects, stage, cost."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.outputs.edition import Edition
from infraplan.outputs.report import pictures
from infraplan.outputs.report.cartography import extent_of
from infraplan.outputs.report.chapters_state import say_hidden
from infraplan.outputs.report.content import make_document, tell_modelled
from infraplan.outputs.report.document import Block, Document, Heading, Map, PageBreak, Paragraph, Table
from infraplan.outputs.report.findings import Places, find_places
from infraplan.outputs.report.omitted import missing, tell_omitted
from infraplan.outputs.report.paper import DASH, Paper, make_paper, make_table, records
from infraplan.words import Language

MOST_SHEETS = 12
"""Sheets that are drawn: the places with most households in white spots. All are in the first table."""
_MARGIN = 0.35
_NEAR_M = 250.0
"""How near a project passes the white spots of a place to be told of it."""
_COST = ("cost_low_sek", "cost_sek", "cost_high_sek")


@dataclass(frozen=True)
class Sheet:
    """One place: its white spots, and what the plan builds there.

    ``projects`` are those that pass, None where the edition does not tell where projects lie; ``stages`` then
    are those whose corridors pass, None where it does not tell that either.
    """

    name: str
    areas: gpd.GeoDataFrame
    counts: pd.Series
    projects: pd.DataFrame | None
    stages: list[str] | None


def build_sheets(edition: Edition, *, language: Language | None = None) -> Document:
    """Return the map sheets of an edition, in the study's language where none is asked for."""
    paper = make_paper(edition, language)
    places, areas = find_places(paper), edition.shapes("white_spot_areas")
    blocks: list[Block] = [*tell_modelled(paper)]
    if places is None or areas is None:
        omitted = tell_omitted(paper, [missing(paper, "sheets")])
        blocks += [Heading(1, paper.say("reportmissing.heading"), "omitted"), *([omitted] if omitted else [])]
    else:
        blocks += [
            Paragraph(paper.say("reportannex.sheets_intro", count=min(MOST_SHEETS, len(places.table))))
        ]
        blocks.append(_make_overview(paper, places))
        for number, sheet in enumerate(_find_sheets(paper, places, areas), 1):
            blocks += _tell_sheet(paper, sheet, number)
    return make_document(paper, "sheets", paper.say("reportannex.sheets_title", name=paper.place), blocks)


def _find_sheets(paper: Paper, places: Places, areas: gpd.GeoDataFrame) -> Iterator[Sheet]:
    names = pd.Series([paper.plain(name) for name in areas["name"]], index=areas.index)
    for name, counts in places.table.head(MOST_SHEETS).iterrows():
        mine = areas[names == name]
        whole = shapely.union_all(mine.geometry.to_numpy())
        yield Sheet(str(name), mine, counts, _find_projects(paper, whole), _find_stages(paper, whole))


def _find_projects(paper: Paper, whole: shapely.Geometry) -> pd.DataFrame | None:
    """Return the projects that pass a place's white spots; None where their lines are not told."""
    projects = paper.edition.shapes("projects")
    if projects is None or not {"name", "phase", "households", *_COST} <= set(projects.columns):
        return None
    near = projects.geometry.notna() & (projects.geometry.distance(whole) <= _NEAR_M)
    return pd.DataFrame(projects[near].drop(columns="geometry"))


def _find_stages(paper: Paper, whole: shapely.Geometry) -> list[str] | None:
    """Return the stages whose wide corridors pass a place's white spots; None without corridors."""
    corridors = paper.edition.shapes("corridors")
    if corridors is None or "year" not in corridors:
        return None
    return [
        paper.say("reportannex.sheet_stage", number=str(phase), year=str(year))
        for phase, year in corridors.loc[corridors.intersects(whole), "year"].items()
    ]


def _make_overview(paper: Paper, places: Places) -> Table:
    """Return the table of all places, those without a sheet too."""
    rows = [
        [str(name), *(paper.count(row[column]) for column in ("households", "workplaces", "premises"))]
        for name, row in places.table.iterrows()
    ]
    heads = ["place", "households", "workplaces", "buildings"]
    note = say_hidden(paper) if places.hidden else ""
    return make_table(paper, "reportannex.overview", heads, rows, note=note)


def _tell_sheet(paper: Paper, sheet: Sheet, number: int) -> Iterator[Block]:
    """Yield one place on a page of its own."""
    yield PageBreak()
    yield Heading(1, sheet.name, f"place-{number}")
    hidden = sheet.counts[["households", "premises"]].isna().any()
    counted = {
        "households": paper.count(sheet.counts["households"]),
        "buildings": paper.count(sheet.counts["premises"]),
    }
    values = {
        "name": sheet.name,
        "people": paper.say(f"reportannex.sheet_people{'_hidden' if hidden else ''}", **counted),
        "where": pictures.say_where(paper, shapely.union_all(sheet.areas.geometry.to_numpy()).centroid),
    }
    finding = f"reportannex.sheet_finding{'_hidden' if hidden else ''}"
    yield Map(
        id=f"map-place-{number}",
        title=paper.say(finding, name=sheet.name, households=counted["households"]),
        alt=paper.say("reportannex.sheet_alt", **values),
        says=paper.say("reportannex.sheet_says", plan=_say_plan(paper, sheet), **values),
        table=_make_facts(paper, sheet, number),
        picture=pictures.draw_place(paper, extent_of(sheet.areas, margin=_MARGIN)),
    )
    if sheet.projects is not None and len(sheet.projects):
        yield _make_projects(paper, sheet.name, sheet.projects, number)


def _say_plan(paper: Paper, sheet: Sheet) -> str:
    """Say what the plan builds at a place, by project where that is told, else by stage."""
    built = sheet.stages if sheet.projects is None else sheet.projects.index
    if built is None:
        return paper.say("reportannex.sheet_plan_unknown")
    if not len(built):
        return paper.say("reportannex.sheet_no_plan")
    if sheet.projects is not None:
        return paper.say("reportannex.sheet_plan")
    return paper.say("reportannex.sheet_plan_stages", stages=paper.listed(sheet.stages or []))


def _make_facts(paper: Paper, sheet: Sheet, number: int) -> Table:
    rows = [
        [paper.say(f"reportannex.sheet_{name}"), paper.count(value)]
        for name, value in (
            ("households", sheet.counts["households"]),
            ("workplaces", sheet.counts["workplaces"]),
            ("buildings", sheet.counts["premises"]),
            ("areas", len(sheet.areas)),
            ("projects", None if sheet.projects is None else len(sheet.projects)),
            ("stages", len(sheet.stages) if sheet.projects is None and sheet.stages is not None else None),
        )
        if value is not None
    ]
    title = paper.say("reportannex.facts.title", name=sheet.name)
    table = make_table(paper, "reportannex.facts", ["what", "count"], rows, title=title)
    return _numbered(table, number)


def _make_projects(paper: Paper, name: str, projects: pd.DataFrame, number: int) -> Table:
    years = paper.rows("phases", "year")["year"]
    rows = [
        [
            paper.plain(row["name"]),
            str(row["phase"]),
            str(years.get(row["phase"], DASH)),
            paper.count(row["households"]),
            *(paper.tkr(row[cost]) for cost in _COST),
        ]
        for row in records(projects.astype({"phase": "object"}))
    ]
    heads = ["project", "stage", "year", "households", "low", "base", "high"]
    title = paper.say("reportannex.near.title", name=name)
    note = paper.say("reportannex.near.note", year=str(paper.price_year))
    return _numbered(make_table(paper, "reportannex.near", heads, rows, title=title, note=note), number)


def _numbered(table: Table, number: int) -> Table:
    """Return a table whose id says of which sheet it is."""
    return Table(
        id=f"{table.id}-{number}",
        title=table.title,
        columns=table.columns,
        rows=table.rows,
        unit_note=table.unit_note,
        source=table.source,
    )
