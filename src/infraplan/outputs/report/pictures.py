"""The pictures of a paper, made of an edition's own shapes and rows, and the places that words name.

None is returned where the edition has no shapes to draw: the paper then gives the table alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import atan2, hypot, pi

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.coverage.pace import fit_pace
from infraplan.coverage.published import tell_rounding
from infraplan.outputs.report import cartography, charts
from infraplan.outputs.report.cartography import draw_map
from infraplan.outputs.report.findings import Money
from infraplan.outputs.report.map_frame import Extent
from infraplan.outputs.report.map_layers import MapLayer, styled
from infraplan.outputs.report.paper import Paper, Row, number
from infraplan.outputs.report.states import SQUARES, Squares
from infraplan.outputs.rounding import SEK_A_MNKR
from infraplan.outputs.styles import STYLES, Style

SIZE_MM = (166.0, 125.0)
"""Of a map in a chapter: its words and a short table then stand on the same page."""
SHEET_MM = (166.0, 130.0)
ANSWERS_MM = (64.0, 82.0)
"""Of the small map beside the answers."""
_SECTORS = ("east", "northeast", "north", "northwest", "west", "southwest", "south", "southeast")
_MIDDLE = 0.25
"""Part of the way from the middle to the edge that is still the middle."""
_FILLS = {"none": "#7f2704", "some": "#e0701a", "most": "#8ebfe0", "all": "#dbeaf5", "few": ""}
"""Squares by class: the fewer have it the darker, so that grey tells them apart; empty where too few live."""
_STAGES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#1b1b1b", "#7a6a00")
_DASHES: tuple[tuple[int, ...], ...] = ((), (8, 3), (3, 3), (8, 3, 2, 3), (2, 2), (12, 4))
_HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++++")
"""Stages are told apart without colours."""
_SILENT = Style("line", "#a33b00", 3.5, casing="#ffffff")
_CONFLICTS = {
    "protected": ("protected_nature", Style("area", "#4d5f2e", 1.0, "#b5c98e", 0.6), "////"),
    "heritage": ("heritage", Style("area", "#6b3a12", 1.2, "#e3c9a8", 0.8), "xxxx"),
    "reindeer": ("reindeer", Style("area", "#4b2e83", 1.0, "#d9d2e9", 0.5), "...."),
}
"""By the name of the layer in the study: its name in the edition, and how its areas look."""
_NETWORK = {
    "fibre_lines": STYLES["fibre_lines"],
    "routes": STYLES["routes"],
    "cabinets": replace(STYLES["cabinets"], size=6.0),
    "fibre_nodes": replace(STYLES["fibre_nodes"], symbol="triangle", size=9.0),
}
"""As on the map page, but cabinets small enough to leave the lines seen, and nodes of another shape."""
_PLACED = Style("square", "#ffffff", 0.8, "#6b3a12", size=9.0)
_LAYERS = ("municipalities", "localities", "roads", "water", "railways")
_NAMED = 3
_FURTHEST_YEARS = 10
"""That a forecast is drawn ahead."""


def credit(paper: Paper, *names: str) -> str:
    """Return whom to thank for the backdrop of a map, and for more layers on it."""
    return paper.plain(cartography.credit(paper.edition, *_LAYERS, *names), otherwise=" ").strip()


def _draw(paper: Paper, layers: Sequence[MapLayer], *names: str) -> bytes:
    """Draw a map of a chapter, with whom to thank for its backdrop and for more layers."""
    credits_line = credit(paper, *names)
    return draw_map(paper.edition, layers, words=paper.words, size_mm=SIZE_MM, credits_line=credits_line)


def draw_squares(paper: Paper, squares: Squares) -> bytes:
    """Draw squares by class of share."""
    layers = [
        MapLayer(
            part.shapes,
            Style("area", "#6d6d6d", 0.3, _FILLS[name], 0.9),
            paper.say(f"reportstate.squares.{name}"),
        )
        for name in SQUARES
        if (part := squares.parts[name]).squares
    ]
    return _draw(paper, layers)


def draw_white_spots(paper: Paper) -> bytes | None:
    """Draw the areas of white spots."""
    areas = paper.edition.shapes("white_spot_areas")
    if areas is None:
        return None
    layer = styled(areas, "white_spot_areas", paper.say("map.layer.white_spot_areas"))
    return _draw(paper, [layer])


def draw_mobile(paper: Paper) -> bytes | None:
    """Draw what operators declare as covered, and stretches of road without any coverage."""
    layers = []
    covered = paper.edition.shapes("mobile_coverage")
    if covered is not None:
        layers.append(
            styled(_of_use(paper, covered), "mobile_coverage", paper.say("map.layer.mobile_coverage"))
        )
    gaps = paper.edition.shapes("mobile_gaps")
    if gaps is not None:
        silent = gaps[gaps["operator"].fillna("").astype(str) == ""] if "operator" in gaps else gaps
        layers.append(MapLayer(silent, _SILENT, paper.say("reportplaces.gaps.legend")))
    if not any(len(layer.shapes) for layer in layers):
        return None
    return _draw(paper, layers, "mobile_coverage")


def _of_use(paper: Paper, covered: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the coverage in the study's use: a map of antennas on roofs says nothing of the hand."""
    use = paper.parameters.get("mobile", {}).get("use")
    return covered[covered["use"].astype(str) == use] if "use" in covered else covered


def draw_services(paper: Paper) -> bytes | None:
    """Draw service points, a symbol all of them: which is which stands in the text."""
    points = paper.edition.shapes("service_points")
    if points is None:
        return None
    layer = styled(points, "service_points", paper.say("report.legend_service_points"))
    return _draw(paper, [layer], "service_points")


def draw_stages(paper: Paper) -> bytes | None:
    """Draw the projects by stage: lines where the edition has them, wide corridors where it does not."""
    projects = _find_stages(paper)
    if projects is None:
        return None
    shown = projects[projects.geometry.notna() & ~projects.geometry.is_empty]
    layers = [
        _layer_stage(i, part, paper.say("reportplan.stage_legend", number=str(phase)))
        for i, (phase, part) in enumerate(shown.groupby("phase", sort=True))
    ]
    if not layers:
        return None
    return _draw(paper, layers)


def draw_answers(paper: Paper) -> bytes | None:
    """Draw all on one small map: the areas of white spots, and where the plan builds."""
    layers = _find_spots_and_plan(paper)
    if not layers:
        return None
    return draw_map(paper.edition, layers, words=paper.words, size_mm=ANSWERS_MM, credits_line=credit(paper))


def _find_spots_and_plan(paper: Paper) -> list[MapLayer]:
    areas, projects = paper.edition.shapes("white_spot_areas"), _find_stages(paper)
    layers = []
    if areas is not None:
        layers.append(styled(areas, "white_spot_areas", paper.say("map.layer.white_spot_areas")))
    if projects is not None:
        layers.append(_layer_stage(0, projects, paper.say("map.layer.routes")))
    return layers


def _find_stages(paper: Paper) -> gpd.GeoDataFrame | None:
    """Return what is built, with its phase: projects, or the corridors that others may see of them."""
    projects = paper.edition.shapes("projects")
    if projects is not None and "phase" in projects:
        return projects
    corridors = paper.edition.shapes("corridors")
    return (
        None
        if corridors is None
        else corridors.assign(phase=corridors.index.to_numpy()).reset_index(drop=True)
    )


def _layer_stage(i: int, part: gpd.GeoDataFrame, label: str) -> MapLayer:
    """Return a stage as lines with a dash of its own, or as corridors with a hatch."""
    colour = _STAGES[i % len(_STAGES)]
    if part.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        return MapLayer(part, Style("area", colour, 1.2, colour, 0.35), label, _HATCHES[i % len(_HATCHES)])
    dash = _DASHES[i % len(_DASHES)]
    return MapLayer(part, Style("line", colour, 2.6, dash=dash, casing="#ffffff"), label)


def draw_conflicts(paper: Paper, area_ids: Iterable[str]) -> bytes | None:
    """Draw the areas that ask for permits, and where the plan builds; None where the edition has none.

    ``area_ids`` are those of the table of permits: the layer, a colon, and the feature's id.
    """
    layers, wanted = [], set(area_ids)
    for name, (table, style, hatch) in _CONFLICTS.items():
        shapes = paper.edition.shapes(table)
        if shapes is None:
            continue
        ids = f"{name}:" + shapes.index.astype(str).str.replace(r"\s", "_", regex=True)
        found = shapes[np.isin(ids, list(wanted)) & shapes.geometry.notna() & ~shapes.geometry.is_empty]
        label = paper.layer(name)[:1].upper() + paper.layer(name)[1:]
        is_area = found.geom_type.isin(["Polygon", "MultiPolygon"])
        parts = (MapLayer(found[is_area], style, label, hatch), MapLayer(found[~is_area], _PLACED, label))
        layers += [part for part in parts if len(part.shapes)]
    if not layers:
        return None
    projects = _find_stages(paper)
    if projects is not None:
        layers.append(_layer_stage(0, projects, paper.say("map.layer.routes")))
    return _draw(paper, layers, *_CONFLICTS)


def name_where(paper: Paper, shapes: gpd.GeoDataFrame) -> str:
    """Name the places nearest to shapes with where they lie, each once, the first shapes first."""
    named = cartography.find_names(paper.edition)
    if not len(named) or not len(shapes):
        return paper.say("report.unnamed_place")
    points = shapely.centroid(shapes.geometry.to_numpy())
    tree = shapely.STRtree(named.geometry.to_numpy())
    found = [(paper.plain(named["name"].iloc[int(tree.nearest(point))]), point) for point in points]
    first = dict(reversed([(name, point) for name, point in found]))
    order = list(dict.fromkeys(name for name, _ in found))[:_NAMED]
    return paper.listed([f"{name} {say_where(paper, first[name])}" for name in order])


def name_counts(paper: Paper, names: Sequence[str], households: Mapping[str, float] | pd.Series) -> str:
    """Name places of white spots with where they lie and their households."""
    areas = paper.edition.shapes("white_spot_areas")
    told = []
    for name in names:
        mine = None if areas is None else areas[[paper.plain(text) == name for text in areas["name"]]]
        where = (
            f" {say_where(paper, mine.geometry.iloc[0].centroid)}" if mine is not None and len(mine) else ""
        )
        count = number(households[name])
        told.append(
            f"{name}{where}"
            + ("" if count is None else f" ({paper.count(count)} {paper.unit('households')})")
        )
    return paper.listed(told)


def name_projects(paper: Paper) -> str:
    """Name the largest projects, with where they lie if the edition has their lines."""
    rows = paper.rows("projects", "name", "households")
    rows = rows.sort_values("households", ascending=False, kind="stable").drop_duplicates("name").head(_NAMED)
    if rows.empty:
        return paper.say("report.unnamed_place")
    shapes = paper.edition.shapes("projects")
    told = []
    for key, name in rows["name"].items():
        shape = None if shapes is None else shapes.geometry[key]
        where = f" {say_where(paper, shape.centroid)}" if shape is not None and not shape.is_empty else ""
        told.append(f"{paper.plain(name)}{where}")
    return paper.listed(told)


def name_services(paper: Paper) -> str:
    """Name the places nearest to service points with where they lie."""
    points = paper.edition.shapes("service_points")
    return paper.say("report.unnamed_place") if points is None else name_where(paper, points)


def say_where(paper: Paper, point: shapely.Point) -> str:
    """Say in which part of the study a point lies: "in the north"."""
    left, bottom, right, top = _extent(paper.edition.zones)
    east = 2.0 * (point.x - left) / max(right - left, 1.0) - 1.0
    north = 2.0 * (point.y - bottom) / max(top - bottom, 1.0) - 1.0
    if not np.isfinite([east, north]).all() or hypot(east, north) < _MIDDLE:
        return paper.say("report.middle")
    sector = _SECTORS[round(atan2(north, east) / (pi / 4)) % len(_SECTORS)]
    return paper.say(f"report.{sector}")


def _extent(zones: gpd.GeoDataFrame) -> Iterable[float]:
    inhabited = zones[zones["kind"].astype(str).isin(["municipality", "study"])]
    chosen = inhabited if len(inhabited) else zones
    return (float(side) for side in chosen.total_bounds)


def draw_years(paper: Paper, series: pd.DataFrame) -> bytes:
    """Draw a series of shares with its breaks."""
    return charts.draw_years(_to_points(series), words=paper.words).picture


def _to_points(series: pd.DataFrame) -> list[charts.Point]:
    breaks = series["after_break"].fillna("").astype(str) != ""
    return [
        charts.Point(int(year), float(share), bool(after_break))
        for year, share, after_break in zip(series["year"], series["share"], breaks, strict=True)
    ]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Shares by year at today's pace, least, middle and most in eight cases of ten, with their chart."""

    years: tuple[int, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    sources: tuple[str, ...]
    """Of the years that the pace is told from."""
    picture: bytes = field(repr=False)


def draw_forecast(paper: Paper, row: Row) -> Forecast | None:
    """Draw how a share goes on at the pace of its last years without a break, as far as its target.

    The band is the one whose crossing with the target the table of paces tells (``coverage.pace``). None
    where the years that the pace was told from are not in the edition.
    """
    columns = ("zone_id", "measure", "year", "share", "after_break", "source")
    series = paper.rows("series", *columns)
    mine = (series["zone_id"] == row["zone_id"]) & (series["measure"] == row["measure"])
    series = series[mine & series["share"].notna()].sort_values("year", kind="stable")
    told = series[series["year"].between(row["first_year"], row["last_year"])]
    if told["year"].nunique() != len(told) or len(told) < 3:  # noqa: PLR2004  (a line with scatter)
        return None
    rounding = float(tell_rounding(told.assign(table="")).max())
    pace = fit_pace(told["year"].to_numpy(np.float64), told["share"].to_numpy(np.float64), rounding=rounding)
    ahead = np.arange(1, _count_years(row) + 1, dtype=np.float64)
    middle = float(told["share"].iloc[-1]) + pace.slope * ahead
    off = pace.reach * np.sqrt(1.0 + (2.0 * ahead * pace.ahead + ahead**2) / pace.weight)
    low, centre, high = (np.clip(shares, 0.0, 1.0) for shares in (middle - off, middle, middle + off))
    years = tuple(int(row["last_year"] + year) for year in ahead)
    bands = [charts.Band(year, *ends) for year, *ends in zip(years, low.tolist(), high.tolist(), strict=True)]
    goal_year = int(row["target_year"] or 0) or years[-1]
    goals = [charts.Goal(goal_year, float(row["target_share"]))]
    drawn = charts.draw_years(_to_points(series), words=paper.words, goals=goals, bands=bands)
    return Forecast(
        years=years,
        low=tuple(low.tolist()),
        middle=tuple(centre.tolist()),
        high=tuple(high.tolist()),
        sources=tuple(dict.fromkeys(told["source"].astype(str))),
        picture=drawn.picture,
    )


def _count_years(row: Row) -> int:
    """Return how many years a forecast is drawn: to the target's year or the one in which it is reached."""
    ends = [number(row["target_year"]) or 0.0, number(row["reached_year"]) or 0.0]
    return int(min(_FURTHEST_YEARS, max(1.0, max(ends) - row["last_year"])))


def draw_curve(paper: Paper, rows: pd.DataFrame, *, target: float | None, chosen: float | None) -> bytes:
    """Draw what shares cost."""
    steps = [
        (float(share), float(cost) / SEK_A_MNKR)
        for share, cost in zip(rows["share"], rows["cost_sek"], strict=True)
    ]
    return charts.draw_cost_curve(steps, words=paper.words, target=target, chosen=chosen).picture


def draw_finance(paper: Paper, money: Money) -> bytes:
    """Draw the investment, what support and fees take off it, and what is left."""
    steps = [
        (paper.say("reportmoney.finance.investment"), money.base / SEK_A_MNKR),
        (paper.say("reportmoney.finance.support"), (money.support or 0.0) / SEK_A_MNKR),
        (paper.say("reportmoney.finance.fees"), (money.fees or 0.0) / SEK_A_MNKR),
    ]
    return charts.draw_finance(steps, rest=paper.say("reportmoney.finance.left"), words=paper.words).picture


def draw_tornado(paper: Paper, items: pd.DataFrame, base_sek: float) -> bytes:
    """Draw what the whole costs where one item alone is at its low or high price."""
    swings = [
        charts.Swing(
            paper.say(f"bill.item_{item}"),
            (base_sek + row["down"]) / SEK_A_MNKR,
            (base_sek + row["up"]) / SEK_A_MNKR,
        )
        for item, row in items.iterrows()
    ]
    return charts.draw_tornado(swings, base=base_sek / SEK_A_MNKR, words=paper.words).picture


def draw_place(paper: Paper, extent: Extent) -> bytes:
    """Draw the surroundings of a place: white spots, projects, and what the edition tells of buildings."""
    layers = _find_spots_and_plan(paper)
    spots = paper.edition.shapes("white_spots")
    if spots is not None:
        layers.append(styled(spots, "white_spots", paper.say("map.layer.white_spots")))
    credits_line = credit(paper)
    return draw_map(
        paper.edition, layers, words=paper.words, extent=extent, size_mm=SHEET_MM, credits_line=credits_line
    )


def draw_network(paper: Paper) -> bytes | None:
    """Draw routes, cabinets, existing fibre and its nodes: for the internal annex alone."""
    layers = [
        MapLayer(shapes, style, paper.say(f"reportannex.legend_{name}"))
        for name, style in _NETWORK.items()
        if (shapes := paper.edition.shapes(name)) is not None
    ]
    return _draw(paper, layers, "fibre_lines", "fibre_nodes") if layers else None
