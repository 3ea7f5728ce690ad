"""The basis for a region's yearly follow-up: coverage by municipality, building list, works, obstacles."""

from collections.abc import Iterator

import pandas as pd

from infraplan.outputs.edition import Edition
from infraplan.outputs.report.content import make_document, tell_all, tell_modelled
from infraplan.outputs.report.document import Block, Document, Heading, Paragraph
from infraplan.outputs.report.findings import say_speed
from infraplan.outputs.report.omitted import missing, tell_omitted
from infraplan.outputs.report.paper import (
    DASH,
    STUDY,
    Paper,
    Told,
    is_true,
    make_paper,
    make_table,
    number,
    records,
)
from infraplan.words import Language

_SPEEDS = (100.0, 1_000.0)
_MUNICIPALITY = "municipality"
MOST_BUILDINGS = 200
"""Rows of the list of buildings: more are in the data files."""
_OBSTACLES = ("island", "too_far", "no_go")
_NO_PERMIT = ""


def build_followup(edition: Edition, *, language: Language | None = None) -> Document:
    """Return what the region asks for each year, in the study's language where none is asked for.

    Coverage by municipality, fixed and mobile, there and planned; buildings to add to or strike from the
    building list with the reason; works; obstacles.
    """
    paper = make_paper(edition, language)
    parts = {
        "fixed": _tell_fixed,
        "mobile": _tell_mobile,
        "list": _tell_list,
        "works": _tell_works,
        "obstacles": _tell_obstacles,
    }
    blocks: list[Block] = [*tell_modelled(paper), Paragraph(paper.say("reportannex.followup_intro"))]
    found, left_out = tell_all(paper, parts, "reportannex.followup_")
    blocks += found
    omitted = tell_omitted(paper, left_out)
    if omitted is not None:
        blocks += [Heading(1, paper.say("reportmissing.heading"), "omitted"), omitted]
    title = paper.say("reportannex.followup_title", name=paper.place, year=str(paper.year))
    return make_document(paper, "followup", title, blocks, contents=False)


def _of_municipalities(paper: Paper, name: str, *columns: str) -> pd.DataFrame:
    rows = paper.rows(name, "zone_id", "zone_name", "zone_kind", *columns)
    municipalities = rows[rows["zone_kind"] == _MUNICIPALITY]
    # The whole is told where it is more than its only municipality.
    kinds = [_MUNICIPALITY] if len(set(municipalities["zone_id"])) == 1 else [_MUNICIPALITY, STUDY]
    found: pd.DataFrame = rows[rows["zone_kind"].isin(kinds)]
    return found


def _tell_fixed(paper: Paper) -> Iterator[Told]:
    """Yield access of households by municipality, what is there and with what is decided."""
    columns = ("counts", "unit", "holiday_homes", "down_mbps", "technologies", "base", "reached", "share")
    rows = _of_municipalities(paper, "switchboard", *columns)
    households = (
        (rows["unit"] == "households") & ~is_true(rows["holiday_homes"]) & (rows["technologies"] == "all")
    )
    rows = rows[households]
    if rows.empty:
        yield missing(paper, "municipalities")
        return
    told = []
    for mbps in _SPEEDS:
        at_speed = rows[rows["down_mbps"] == mbps]
        for _, part in at_speed.groupby("zone_id", sort=False, observed=True):
            by_counts = {row["counts"]: row for row in records(part)}
            if not {"connected", "orderable", "passed", "planned"} <= set(by_counts):
                continue
            told.append(
                [
                    paper.plain(part["zone_name"].iloc[0]),
                    say_speed(paper, mbps),
                    paper.count(part["base"].iloc[0]),
                    *(
                        paper.share(by_counts[name]["share"])
                        for name in ("connected", "orderable", "passed", "planned")
                    ),
                ]
            )
    if not told:
        yield missing(paper, "municipalities")
        return
    heads = ["zone", "speed", "base", "connected", "orderable", "passed", "planned"]
    note = paper.say("reportannex.fixed.note")
    yield make_table(paper, "reportannex.fixed", heads, told, text=["speed"], note=note)


def _tell_mobile(paper: Paper) -> Iterator[Told]:
    """Yield what mobile networks cover by municipality."""
    columns = ("operator", "technology", "use", "level", "of", "road_class", "base", "share")
    rows = _of_municipalities(paper, "mobile", *columns)
    asked = paper.parameters.get("mobile", {})
    rows = rows[(rows["level"] == asked.get("level")) & (rows["use"] == asked.get("use"))]
    for column in ("operator", "technology", "road_class"):
        rows = rows[rows[column].fillna("").astype(str) == ""]
    yield missing(paper, "mobile_planned", "never")
    if rows.empty:
        yield missing(paper, "mobile")
        return
    told = []
    for _, part in rows.groupby("zone_id", sort=False, observed=True):
        shares = part.drop_duplicates("of").set_index("of")["share"]
        things = ("homes", "workplaces", "roads", "area")
        told.append(
            [paper.plain(part["zone_name"].iloc[0]), *(paper.share(shares.get(thing)) for thing in things)]
        )
    level = paper.kind(f"figures.level_{asked['level']}", str(asked["level"]))
    title = paper.say("reportannex.mobile.title", level=level, use=paper.say(f"figures.use_{asked['use']}"))
    yield make_table(
        paper, "reportannex.mobile", ["zone", "homes", "workplaces", "roads", "area"], told, title=title
    )


def _tell_list(paper: Paper) -> Iterator[Told]:
    """Yield how many buildings to have on the list and why, and which observations add or strike."""
    spots = paper.rows("white_spots", "rule", "eligible", "households", "workplaces")
    if spots.empty:
        yield missing(paper, "list_changes")
    else:
        listed = spots[spots["eligible"].isin(["yes", "unsure"])]
        groups = listed.groupby(["eligible", "rule"], sort=True)
        rows = [
            [
                paper.say(f"reportannex.rule_{rule}"),
                paper.say(f"reportannex.eligible_{eligible}"),
                paper.count(len(part)),
                *(paper.count(part[name].sum()) for name in ("households", "workplaces")),
            ]
            for (eligible, rule), part in reversed(list(groups))
        ]
        if rows:
            heads = ["reason", "eligible", "buildings", "households", "workplaces"]
            yield Paragraph(paper.say("reportannex.list.intro"))
            yield make_table(paper, "reportannex.list", heads, rows, text=["eligible"])
    yield from _tell_observed(paper)


def _tell_observed(paper: Paper) -> Iterator[Told]:
    """Yield the buildings that confirmed observations would add to the list or strike from it."""
    rows = paper.rows("observed", "premises_id", "date", "effect", "technology", "down_mbps")
    rows = rows[
        rows["effect"].isin(["adds", "withdraws"]) & (rows["premises_id"].fillna("").astype(str) != "")
    ]
    if rows.empty:
        yield missing(paper, "list_changes")
        return
    rows = rows.drop_duplicates(["premises_id", "effect"])
    told = [
        [
            paper.plain(row["premises_id"]),
            paper.say("reportannex.strike" if row["effect"] == "adds" else "reportannex.add"),
            paper.say(f"reportannex.observed_{row['effect']}"),
            paper.plain(row["date"], otherwise=DASH),
        ]
        for row in records(rows.head(MOST_BUILDINGS))
    ]
    heads = ["building", "change", "reason", "date"]
    yield make_table(paper, "reportannex.changes", heads, told, text=["change", "reason", "date"])


def _tell_works(paper: Paper) -> Iterator[Told]:
    """Yield what was built since the earlier run, and what is planned by year."""
    built = paper.of_study("changes", "measure", "part", "reached", "from_year", "to_year")
    built = built[built["part"] == "built"]
    rows = [
        [
            paper.plain(row["measure"]),
            f"{int(row['from_year'])}–{int(row['to_year'])}",
            paper.count(row["reached"]),
        ]
        for row in records(built)
    ]
    if rows:
        yield make_table(paper, "reportannex.built", ["measure", "years", "reached"], rows, text=["years"])
    else:
        yield missing(paper, "finished")
    phases = paper.rows("phases", "year", "projects", "premises", "households", "workplaces")
    if phases.empty:
        yield missing(paper, "phases")
        return
    planned = [
        [
            paper.say("reportplan.stage", number=str(phase)),
            str(row["year"]),
            *(paper.count(row[name]) for name in ("projects", "premises", "households", "workplaces")),
        ]
        for phase, row in phases.astype("object").iterrows()
    ]
    heads = ["stage", "year", "projects", "buildings", "households", "workplaces"]
    yield make_table(paper, "reportannex.planned", heads, planned)


def _tell_obstacles(paper: Paper) -> Iterator[Told]:
    """Yield obstacles that data show: roads that do not reach, permits, offers that are too dear."""
    reasons = paper.plan.get("unserved_by_reason") or {}
    rows = [
        [paper.say(f"reportannex.obstacle_{reason}"), paper.count(reasons[reason]["premises"])]
        for reason in _OBSTACLES
        if reason in reasons
    ]
    faults = paper.rows("faults", "rule")
    dear = int((faults["rule"] == "order_too_dear").sum())
    if dear:
        rows.append([paper.say("reportannex.obstacle_too_dear"), paper.count(dear)])
    permits = paper.rows("permits", "permit", "project_id")
    asked = int((permits["permit"].fillna(_NO_PERMIT) != _NO_PERMIT).sum())
    if asked:
        rows.append([paper.say("reportannex.obstacle_permits"), paper.count(asked)])
    gaps = paper.rows("mobile_gaps", "operator", "length_m")
    silent = gaps.loc[gaps["operator"].fillna("").astype(str) == "", "length_m"].sum()
    if number(silent):
        rows.append([paper.say("reportannex.obstacle_mobile"), paper.km(silent)])
    if rows:
        yield make_table(paper, "reportannex.obstacles", ["obstacle", "amount"], rows)
    yield missing(paper, "obstacles", "municipality")
