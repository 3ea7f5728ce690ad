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
    """One place: its white spots, and the projects that pass them."""

    name: str
    areas: gpd.GeoDataFrame
    projects: pd.DataFrame
    counts: pd.Series


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
    projects = paper.edition.shapes("projects")
    for name, counts in places.table.head(MOST_SHEETS).iterrows():
        mine = areas[names == name]
        yield Sheet(str(name), mine, _find_projects(mine, projects), counts)


def _find_projects(areas: gpd.GeoDataFrame, projects: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the projects that pass a place's white spots."""
    if projects is None or not {"name", "phase", "households", *_COST} <= set(projects.columns):
        return pd.DataFrame(columns=["name", "phase", "households", *_COST])
    whole = shapely.union_all(areas.geometry.to_numpy())
    near = projects.geometry.notna() & (projects.geometry.distance(whole) <= _NEAR_M)
    return pd.DataFrame(projects[near].drop(columns="geometry"))


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
    values = {
        "name": sheet.name,
        "households": paper.count(sheet.counts["households"]),
        "buildings": paper.count(sheet.counts["premises"]),
        "where": pictures.say_where(paper, shapely.union_all(sheet.areas.geometry.to_numpy()).centroid),
    }
    key = "sheet_plan" if len(sheet.projects) else "sheet_no_plan"
    yield Map(
        id=f"map-place-{number}",
        title=paper.say("reportannex.sheet_finding", **values),
        alt=paper.say("reportannex.sheet_alt", **values),
        says=paper.say("reportannex.sheet_says", plan=paper.say(f"reportannex.{key}"), **values),
        table=_make_facts(paper, sheet, number),
        picture=pictures.draw_place(paper, extent_of(sheet.areas, margin=_MARGIN)),
    )
    if len(sheet.projects):
        yield _make_projects(paper, sheet, number)


def _make_facts(paper: Paper, sheet: Sheet, number: int) -> Table:
    rows = [
        [paper.say(f"reportannex.sheet_{name}"), paper.count(value)]
        for name, value in (
            ("households", sheet.counts["households"]),
            ("workplaces", sheet.counts["workplaces"]),
            ("buildings", sheet.counts["premises"]),
            ("areas", len(sheet.areas)),
            ("projects", len(sheet.projects)),
        )
    ]
    title = paper.say("reportannex.facts.title", name=sheet.name)
    table = make_table(paper, "reportannex.facts", ["what", "count"], rows, title=title)
    return _numbered(table, number)


def _make_projects(paper: Paper, sheet: Sheet, number: int) -> Table:
    years = paper.rows("phases", "year")["year"]
    rows = [
        [
            paper.plain(row["name"]),
            str(row["phase"]),
            str(years.get(row["phase"], DASH)),
            paper.count(row["households"]),
            *(paper.tkr(row[name]) for name in _COST),
        ]
        for row in records(sheet.projects.astype({"phase": "object"}))
    ]
    heads = ["project", "stage", "year", "households", "low", "base", "high"]
    title = paper.say("reportannex.near.title", name=sheet.name)
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
