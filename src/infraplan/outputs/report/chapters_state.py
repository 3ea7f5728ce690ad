"""Where we stand: access by kind of settlement and by square, years and forecast, targets, missing places."""

from collections.abc import Iterator

import pandas as pd

from infraplan.errors import StudyError
from infraplan.layers.official_targets import read_official_targets
from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Map, Note, Paragraph, Table
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
    is_true,
    make_table,
    number,
    records,
)
from infraplan.outputs.report.states import CLASSES, classify, find_state
from infraplan.outputs.rounding import shown_share_range

_FIXED = "fixed"
_OFFICIAL = "sweden"
"""Bundled targets, where an edition does not say which were read: their ids tell whether they fit."""
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
    none, whole = found.parts["none"].squares, sum(part.squares for part in found.parts.values())
    counts = paper.say("reportstate.squares.none_of", none=none, all=whole)
    yield Map(
        id="map-state",
        title=paper.say("reportstate.squares.finding", counts=counts, speed=speed),
        alt=paper.say("reportstate.squares.alt", counts=counts, speed=speed),
        says=paper.say(
            "reportstate.squares.says",
            speed=speed,
            counts=counts,
            places=pictures.name_where(paper, found.worst),
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
        "measure": paper.plain(first["measure"]),
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


def tell_goals(paper: Paper) -> Iterator[Told]:
    """Yield each target with its result and gap, what the plan changes, and the outlook."""
    yield from _tell_own(paper)
    yield from _tell_official(paper)
    yield from _tell_effect(paper)
    yield from _tell_pace(paper)


def _tell_own(paper: Paper) -> Iterator[Told]:
    goal = find_goal(paper)
    if goal is None:
        yield missing(paper, "targets")
        return
    key = "met" if goal.met else "not_met"
    yield Paragraph(
        paper.say(
            f"reportstate.goal_{key}",
            target=goal.target,
            share=paper.percent(goal.share, goal.target_share, goal.met),
            asked=paper.percent(goal.target_share),
            missing=paper.count(goal.missing),
            unit=paper.unit(goal.unit),
        )
    )


def _tell_official(paper: Paper) -> Iterator[Told]:
    columns = (
        "target",
        "said",
        "year",
        "measure",
        "unit",
        "share",
        "target_share",
        "missing",
        "met",
        "measured",
    )
    rows = paper.of_study("official", *columns)
    said = say_official(paper)
    rows = rows.assign(said=[paper.plain(said.get(row["target"], row["said"])) for row in records(rows)])
    if rows.empty:
        yield missing(paper, "official")
        return
    measured = is_true(rows["measured"])
    told = [
        [
            paper.plain(row["said"]),
            str(row["year"]),
            _say_counted(paper, row),
            paper.share(row["share"], row["target_share"], _is(row["met"])),
            paper.share(row["target_share"]),
            _say_gap(paper, row),
            paper.say("report.met" if _is(row["met"]) else "report.not_met"),
        ]
        for row in records(rows[measured])
    ]
    heads = ["target", "year", "counted", "share", "asked", "missing", "result"]
    text = ["year", "counted", "missing", "result"]
    if told:
        yield make_table(
            paper, "reportstate.official", heads, told, text=text, note=paper.say("reportstate.official.note")
        )
    if not measured.all():
        names = [paper.plain(said) for said in rows.loc[~measured, "said"]]
        yield Note("info", paper.say("reportstate.official.unknown", targets=" ".join(names)))


def say_official(paper: Paper) -> dict[str, str]:
    """Return what the official targets say in the paper's language, by id; none where it is the study's.

    Tables hold them in the study's own.
    """
    asked = str(paper.parameters.get("coverage", {}).get("official") or _OFFICIAL)
    if paper.words.language == paper.edition.language:
        return {}
    try:
        rules = read_official_targets(asked)
    except StudyError:  # a file of the study's own, which need not be there any longer
        return {}
    return {target.id: target.sv if paper.words.language == "sv" else target.en for target in rules.in_order}


def _is(value: object) -> bool:
    return str(value).lower() in ("true", "1")


def _say_counted(paper: Paper, row: Row) -> str:
    if row["measure"] == _FIXED:
        return paper.unit(str(row["unit"]))
    return paper.say(f"reportstate.counted_{row['measure']}")


def _say_gap(paper: Paper, row: Row) -> str:
    """Write what is missing with its unit: kilometres of road, or how many."""
    if row["measure"] in ("mobile_roads", "mobile_railways"):
        return paper.say("reportstate.gap_km", km=paper.km(row["missing"]))
    key = "gap_fixed" if row["measure"] == _FIXED else "gap_places"
    return paper.say(f"reportstate.{key}", count=paper.count(row["missing"]))


def _tell_effect(paper: Paper) -> Iterator[Told]:
    columns = (
        "target",
        "unit",
        "base",
        "before",
        "after",
        "share_before",
        "share_after",
        "target_share",
        "met",
    )
    rows = paper.rows("effect", *columns)
    if rows.empty:
        yield missing(paper, "effect")
        return
    told = [
        [
            paper.plain(row["target"]),
            paper.unit(str(row["unit"])),
            paper.share(row["share_before"], row["target_share"], False),  # noqa: FBT003  (before: not yet)
            paper.share(row["share_after"], row["target_share"], _is(row["met"])),
            paper.share(row["target_share"]),
            paper.say("report.met" if _is(row["met"]) else "report.not_met"),
        ]
        for row in records(rows)
    ]
    heads = ["target", "unit", "before", "after", "asked", "result"]
    yield make_table(paper, "reportstate.effect", heads, told, text=["unit", "result"])


def _tell_pace(paper: Paper) -> Iterator[Told]:
    """Yield the outlook at today's pace as a band, where there are years enough to tell it."""
    columns = (
        "zone_id", "zone_name", "zone_kind", "measure", "target", "target_share", "target_year", "first_year",
        "last_year", "share", "pace", "reached_year", "earliest_year", "latest_year", "method",
    )  # fmt: skip
    rows = paper.rows("pace", *columns)
    rows = rows[rows["zone_kind"].isin(["study", "municipality"]) & ~rows["method"].isin(["too_short"])]
    if rows.empty:
        yield missing(paper, "pace")
        return
    rows = rows.drop_duplicates(["zone_id", "measure", "target_share"]).head(MOST_ROWS)
    told = [
        [
            paper.plain(row["zone_name"]),
            paper.plain(row["target"]),
            str(int(row["last_year"])),
            paper.share(row["share"], row["target_share"], row["method"] == "reached"),
            paper.decimal(_points(row["pace"])),
            _say_years(paper, row),
        ]
        for row in records(rows)
    ]
    heads = ["zone", "target", "last_year", "share", "points", "outlook"]
    table = make_table(
        paper,
        "reportstate.pace",
        heads,
        told,
        text=["target", "outlook"],
        note=paper.say("reportstate.pace.note"),
    )
    trend = rows[rows["method"] == "trend"]
    band = pictures.draw_forecast(paper, trend.iloc[0].to_dict()) if len(trend) else None
    if band is None:
        yield table
        return
    ends = shown_share_range(band.low[-1], band.high[-1])
    values = {
        "zone": paper.plain(trend["zone_name"].iloc[0]),
        "target": paper.plain(trend["target"].iloc[0]),
        "year": str(band.years[-1]),
        "low": DASH if ends is None else paper.words.number(100 * ends[0], 1),
        "high": DASH if ends is None else paper.words.number(100 * ends[1], 1),
    }
    yield table
    yield Chart(
        id="chart-band",
        title=paper.say("reportstate.band.finding", **values),
        alt=paper.say("reportstate.band.alt", **values),
        says=paper.say("reportstate.band.says", **values),
        table=_make_band_table(paper, band),
        picture=band.picture,
    )


def _make_band_table(paper: Paper, band: pictures.Forecast) -> Table:
    rows = [
        [str(year), paper.share(low), paper.share(middle), paper.share(high)]
        for year, low, middle, high in zip(band.years, band.low, band.middle, band.high, strict=True)
    ]
    return make_table(paper, "reportstate.band", ["year", "low", "middle", "high"], rows)


def _points(share: object) -> float | None:
    known = number(share)
    return None if known is None else 100.0 * known


def _say_years(paper: Paper, row: Row) -> str:
    """Write between which years a target is reached at today's pace."""
    if row["method"] == "reached":
        return paper.say("reportstate.outlook_reached")
    earliest, latest, year = (number(row[f"{name}_year"]) for name in ("earliest", "latest", "reached"))
    if year is None:
        return paper.say("reportstate.outlook_never")
    if earliest is None:
        return paper.say("reportstate.outlook_about", year=str(int(year)))
    if latest is None:
        return paper.say("reportstate.outlook_from", year=str(int(earliest)))
    return f"{int(earliest)}–{int(latest)}"


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
    yield Paragraph(paper.say("reportstate.white_spot_is"))
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
    shown = places.table.head(MOST_ROWS)
    rows = [
        [
            str(name),
            *(paper.count(row[column]) for column in ("households", "workplaces", "premises")),
            *(paper.count(more[column].get(name, 0)) for column in more),
        ]
        for name, row in shown.iterrows()
    ]
    heads = ["place", "households", "workplaces", "buildings", *more]
    left = len(places.table) - len(shown)
    notes = [paper.say("reportstate.places.more", count=left)] if left else []
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
