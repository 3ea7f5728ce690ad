"""Where we stand: access by kind of settlement and by square, over the years, and where it is missing."""

from collections.abc import Iterator

import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Map, Paragraph, Table
from infraplan.outputs.report.findings import (
    Goal,
    Places,
    find_goal,
    find_places,
    say_rule,
    say_speed,
)
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    Paper,
    Row,
    Told,
    make_table,
    records,
)
from infraplan.outputs.report.states import CLASSES, classify, find_state

_FEWEST_YEARS = 2
_FIRST = 3
"""Places that a sentence names."""


def tell_why(paper: Paper) -> Iterator[Told]:
    """Yield why broadband matters, without any figure."""
    for part in ("everyday", "safety", "copper", "role"):
        yield Paragraph(paper.say(f"reportstate.why_{part}"))


def tell_state(paper: Paper) -> Iterator[Told]:
    """Yield how many have access, by kind of settlement, by square and over the years."""
    goal = find_goal(paper)
    if goal is None:
        yield missing(paper, "targets")
        return
    yield Paragraph(
        paper.say(
            "reportstate.reached",
            reached=paper.of_all(goal.reached, goal.base, goal.unit),
            rule=say_rule(paper, goal),
            name=paper.place,
        )
    )
    yield Paragraph(paper.say("reportstate.three_counts"))
    yield from _tell_classes(paper, goal)
    yield from _tell_squares(paper, goal)
    yield from _tell_years(paper)


def _tell_classes(paper: Paper, goal: Goal) -> Iterator[Told]:
    state = find_state(paper, goal.down_mbps)
    if not state:
        yield missing(paper, "switchboard")
        return
    heads = ["class", "base", *(f"{counts}_{how}" for counts in CLASSES for how in ("count", "share"))]
    rows = [
        [
            row.name,
            paper.count(row.base),
            *(
                cell
                for counts in CLASSES
                for cell in (
                    paper.count(row.reached.get(counts)),
                    paper.share(row.shares.get(counts)),
                )
            ),
        ]
        for row in state
    ]
    distance = paper.parameters.get("coverage", {}).get("passed_m")
    yield make_table(
        paper,
        "reportstate.classes",
        heads,
        rows,
        note=paper.say("reportstate.classes.note", metres=paper.count(distance)),
        title=paper.say("reportstate.classes.title", speed=say_speed(paper, goal.down_mbps)),
        totals=1 if len(rows) > 1 else 0,
    )


def _tell_squares(paper: Paper, goal: Goal) -> Iterator[Told]:
    """Yield the map of squares by share, with a table of its classes."""
    found = classify(paper, goal)
    if found is None:
        yield missing(paper, "cells")
        return
    rows = [
        [paper.say(f"reportstate.squares.{name}"), paper.count(part.squares), paper.count(part.people)]
        for name, part in found.parts.items()
    ]
    table = make_table(paper, "reportstate.squares", ["share", "squares", "people"], rows)
    speed = say_speed(paper, found.down_mbps)
    counts = paper.say("reportstate.squares.none_of", none=found.parts["none"].squares, all=found.shown)
    few = found.parts["few"].squares
    yield Map(
        id="map-state",
        title=paper.say("reportstate.squares.finding", counts=counts, speed=speed),
        alt=paper.say("reportstate.squares.alt", counts=counts, speed=speed),
        says=" ".join(
            [
                paper.say(
                    "reportstate.squares.says",
                    speed=speed,
                    counts=counts,
                    places=pictures.name_where(paper, found.worst),
                ),
                *([paper.say("reportstate.squares.hidden", count=few)] if few else []),
            ]
        ),
        table=table,
        picture=pictures.draw_squares(paper, found),
    )


def _tell_years(paper: Paper) -> Iterator[Told]:
    """Yield the longest series of years with its breaks."""
    series = _find_series(paper)
    if series.empty:
        yield missing(paper, "series")
        return
    first, last = series.iloc[0], series.iloc[-1]
    values = {
        "zone": paper.plain(first["zone_name"]),
        "measure": _say_measure(paper, first.to_dict()),
        "first_year": str(int(first["year"])),
        "last_year": str(int(last["year"])),
        "first": paper.percent(first["share"]),
        "last": paper.percent(last["share"]),
    }
    rows = [
        [
            str(int(row["year"])),
            paper.share(row["share"]),
            paper.count(row["base"]),
            _say_break(paper, row),
            paper.plain(row["source"], otherwise=DASH),
        ]
        for row in records(series)
    ]
    heads = ["year", "share", "base", "break", "source"]
    table = make_table(paper, "reportstate.years", heads, rows, text=["break", "source"])
    broken = int((series["after_break"].fillna("") != "").sum())
    breaks = (
        paper.say("reportstate.years.breaks", count=broken) if broken else paper.say("reportstate.no_break")
    )
    yield Chart(
        id="chart-years",
        title=paper.say("reportstate.years.finding", **values),
        alt=paper.say("reportstate.years.alt", **values),
        says=paper.say("reportstate.years.says", breaks=breaks, **values),
        table=table,
        picture=pictures.draw_years(paper, series),
    )


def _say_measure(paper: Paper, row: Row) -> str:
    """Name what a series tells: a target of the study by its name, what others publish by what it counts."""
    if row["measure"] in set(paper.rows("targets", "target")["target"]):
        return paper.plain(row["measure"])
    counts = paper.say(f"reportstate.counts_{row['counts']}")
    counted = paper.say("reportstate.counted", unit=paper.unit(row["unit"]), counts=counts)
    return f"{say_speed(paper, row['down_mbps'])} ({counted})"


def _say_break(paper: Paper, row: Row) -> str:
    kind = row["after_break"]
    # A code that has no words is told as it is.
    return (
        paper.words.entries.get(f"reportstate.break_{kind}", kind) if isinstance(kind, str) and kind else DASH
    )


def _find_series(paper: Paper) -> pd.DataFrame:
    """Return the figures of one zone and measure that has most years, two at least; else none."""
    columns = (
        "zone_id",
        "zone_name",
        "zone_kind",
        "measure",
        "counts",
        "unit",
        "down_mbps",
        "year",
        "share",
        "base",
        "after_break",
        "source",
    )
    rows = paper.rows("series", *columns)
    rows = rows[rows["zone_kind"].isin(["study", "municipality"]) & rows["share"].notna()]
    if rows.empty:
        return rows
    keys = ["zone_id", "measure"]
    years = rows.groupby(keys, sort=False)["year"].transform("nunique")
    longest = rows[years == years.max()]
    if years.max() < _FEWEST_YEARS:
        return rows.iloc[:0]
    first = longest.iloc[0]
    chosen: pd.DataFrame = rows[(rows["zone_id"] == first["zone_id"]) & (rows["measure"] == first["measure"])]
    return chosen.sort_values("year", kind="stable").drop_duplicates("year", keep="last")


def tell_where(paper: Paper) -> Iterator[Told]:
    """Yield where broadband is missing: the map of white spots and the twenty largest places."""
    places = find_places(paper)
    if places is None:
        spots = paper.edition.about["totals"].get("white_spots", {})
        yield (
            Paragraph(paper.say("reportstate.no_white_spots"))
            if spots.get("premises") == 0
            else missing(paper, "white_spot_areas")
        )
        return
    yield Paragraph(_define_white_spot(paper))
    table = _make_places(paper, places)
    finding = say_half(paper, places)
    picture = pictures.draw_white_spots(paper)
    if picture is None:
        yield Paragraph(finding)
        yield table
        return
    names = list(places.table.index[:_FIRST])
    yield Map(
        id="map-where",
        title=finding.rstrip("."),
        alt=paper.say("reportstate.where_alt", finding=finding, households=paper.count(places.households)),
        says=paper.say(
            "reportstate.where_says", places=pictures.name_counts(paper, names, places.table["households"])
        ),
        table=table,
        picture=picture,
    )


def _define_white_spot(paper: Paper) -> str:
    """Say what the study takes for a white spot."""
    gaps = paper.parameters.get("gaps", {})
    return paper.say(
        "reportstate.white_spot_is",
        speed=say_speed(paper, gaps.get("down_mbps")),
        years=paper.letters(int(gaps.get("plan_years") or 0)),
        passed=paper.say("reportstate.white_spot_passed") if gaps.get("passed_is_served") else "",
    )


def say_half(paper: Paper, places: Places) -> str:
    """Say how few places hold half of the households in white spots: the finding of their map."""
    if places.half is None:
        return paper.say("reportstate.half_unknown", count=paper.count(places.areas))
    name = paper.plain(places.table.index[0])
    if places.half == 1:
        return paper.say("reportstate.half_one", name=name)
    return paper.say(
        "reportstate.half_many", count=paper.letters(places.half), all=paper.count(len(places.table))
    )


def _make_places(paper: Paper, places: Places) -> Table:
    more = _count_more(paper)
    known = places.table.dropna(how="all")
    known = places.table if known.empty else known
    shown = known.head(MOST_ROWS)
    rows = [
        [
            str(name),
            *(paper.count(row[column]) for column in ("households", "workplaces", "premises")),
            *(paper.count(more[column].get(name, 0)) for column in more),
        ]
        for name, row in shown.iterrows()
    ]
    heads = ["place", "households", "workplaces", "buildings", *more]
    left, unshown = len(known) - len(shown), len(places.table) - len(known)
    notes = [paper.say("reportstate.places.more", count=left)] if left else []
    notes += [paper.say("reportstate.places.unshown", count=unshown)] if unshown else []
    notes += [say_hidden(paper)] if places.hidden else []
    return make_table(paper, "reportstate.places", heads, rows, note=" ".join(notes))


def say_hidden(paper: Paper) -> str:
    """Say that small counts are left out of sums."""
    return paper.say("reportstate.places.hidden", least=paper.count(paper.least))


def _count_more(paper: Paper) -> dict[str, pd.Series]:
    """Return holiday homes and buildings eligible for support by place, where the edition tells of each."""
    spots = paper.rows("white_spots", "white_spot_id", "kind", "eligible")
    areas = paper.rows("white_spot_areas", "name")
    if spots.empty or areas.empty:
        return {}
    place = spots["white_spot_id"].map({key: paper.plain(name) for key, name in areas["name"].items()})
    counted = {"eligible": (spots["eligible"] == "yes").groupby(place).sum()}
    if paper.parameters.get("gaps", {}).get("holiday_homes"):
        return {"holiday": (spots["kind"] == "holiday").groupby(place).sum(), **counted}
    return counted
