"""How far it is to the targets, national and own, with the plan, and at the pace of today."""

from collections.abc import Iterator

from infraplan.errors import StudyError
from infraplan.layers.official_targets import read_official_targets
from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Note, Paragraph, Table
from infraplan.outputs.report.findings import find_goal, find_goals
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    Paper,
    Row,
    Told,
    is_flag,
    is_true,
    make_table,
    number,
    records,
)
from infraplan.outputs.report.states import COLUMN
from infraplan.outputs.rounding import shown_share_range
from infraplan.tables import EFFECT

_FIXED = "fixed"
_OFFICIAL = "sweden"
"""Bundled targets, where an edition does not say which were read: their ids tell whether they fit."""


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
    columns = ("target", "said", "year", "measure", "counts", "unit", "share", "target_share", "missing",
               "met", "measured")  # fmt: skip
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
            paper.share(row["share"], row["target_share"], is_flag(row["met"])),
            paper.share(row["target_share"]),
            _say_gap(paper, row),
            paper.say("report.met" if is_flag(row["met"]) else "report.not_met"),
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


def say_counted(paper: Paper, unit: str, counts: str) -> str:
    """Say whom a target counts: "households: access or absolute proximity"."""
    said = paper.say(f"reportstate.counts_{counts}")
    return paper.say("reportstate.counted", unit=paper.unit(unit), counts=said)


def say_whom(paper: Paper, target: str, unit: str) -> str:
    """Say whom one of the study's targets counts, of one that is not known the unit alone."""
    counts = {goal.target: COLUMN[goal.counts] for goal in find_goals(paper)}
    return say_counted(paper, unit, counts[target]) if target in counts else paper.unit(unit)


def _say_counted(paper: Paper, row: Row) -> str:
    if row["measure"] == _FIXED:
        return say_counted(paper, str(row["unit"]), str(row["counts"]))
    return paper.say(f"reportstate.counted_{row['measure']}")


def _say_gap(paper: Paper, row: Row) -> str:
    """Write what is missing with its unit: kilometres of road, or how many."""
    if row["measure"] in ("mobile_roads", "mobile_railways"):
        return paper.say("reportstate.gap_km", km=paper.km(row["missing"]))
    key = "gap_fixed" if row["measure"] == _FIXED else "gap_places"
    return paper.say(f"reportstate.{key}", count=paper.count(row["missing"]))


def _tell_effect(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("effect", *EFFECT.names)
    if rows.empty:
        yield missing(paper, "effect")
        return
    told = [
        [
            target := paper.plain(row["target"]),
            say_whom(paper, target, row["unit"]),
            paper.share(row["share_before"], row["target_share"], False),  # noqa: FBT003  (before: not yet)
            paper.share(row["share_after"], row["target_share"], is_flag(row["met"])),
            paper.share(row["target_share"]),
            paper.say("report.met" if is_flag(row["met"]) else "report.not_met"),
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
    rows = []
    for year, low, middle, high in zip(band.years, band.low, band.middle, band.high, strict=True):
        # Outwards, as the text says them.
        ends = shown_share_range(low, high) or (low, high)
        rows.append([str(year), paper.share(ends[0]), paper.share(middle), paper.share(ends[1])])
    source = paper.listed([paper.plain(name) for name in band.sources])
    return make_table(paper, "reportstate.band", ["year", "low", "middle", "high"], rows, source=source)


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
