"""What the plan touches, how robust it is, and who does what when."""

from collections.abc import Iterator

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Map, Paragraph
from infraplan.outputs.report.findings import find_money
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    Paper,
    Told,
    is_true,
    make_table,
    number,
    records,
)

_NAMED = 3
_FIRST_STEPS = ("decide", "support", "land", "procure")
"""What is done the year before the first is built."""


def tell_permits(paper: Paper) -> Iterator[Told]:
    """Yield metres, permits, authorities and lead times."""
    if find_money(paper) is None:
        yield missing(paper, "permits")
        return
    rows = paper.rows("permits", "kind", "metres", "permit", "authority", "lead_time_weeks")
    if rows.empty:
        yield missing(paper, "permits", "no_areas" if "permits" in paper.edition.tables else "")
        return
    # The public is told sums by kind, not which areas they are.
    areas = {"name", "area_id"} <= set(rows)
    keys = ["kind", "permit", "authority"]
    told = []
    for (kind, permit, authority), part in rows.fillna({"permit": "", "authority": ""}).groupby(
        keys, sort=False
    ):
        told.append(
            [
                paper.kind(f"reportplan.area_{kind}", str(kind)),
                *([paper.count(part["area_id"].nunique())] if areas else []),
                paper.count(part["metres"].sum()),
                paper.plain(permit, otherwise=paper.say("reportplan.no_permit")),
                paper.plain(authority, otherwise=DASH),
                paper.count(part["lead_time_weeks"].max()),
            ]
        )
    heads = ["kind", *(["areas"] if areas else []), "metres", "permit", "authority", "weeks"]
    yield Paragraph(paper.say("reportplan.permits.intro"))
    table = make_table(
        paper,
        "reportplan.permits",
        heads,
        told,
        text=["permit", "authority"],
        note=paper.say("reportplan.permits.note"),
    )
    picture = pictures.draw_conflicts(paper, rows["area_id"].astype(str)) if areas else None
    if picture is None:
        yield table
        yield missing(paper, "conflict_map")
        return
    longest = rows.sort_values("metres", ascending=False, kind="stable")
    names = dict.fromkeys(paper.plain(name) for name in longest["name"])
    values = {
        "areas": rows["area_id"].nunique(),
        "metres": paper.count(rows["metres"].sum()),
        "names": paper.listed(list(names)[:_NAMED]),
    }
    title = paper.say("reportmaps.conflicts.title", **values)
    yield Map(
        id="map-conflicts",
        title=title,
        alt=paper.say("reportmaps.conflicts.alt", finding=title, place=paper.place),
        says=paper.say("reportmaps.conflicts.says", **values),
        table=table,
        picture=picture,
    )


def tell_robust(paper: Paper) -> Iterator[Told]:
    """Yield how many of the important places have two ways, as shares: names are for the internal annex."""
    yield Paragraph(paper.say("reportplan.robust.intro"))
    rows = paper.rows("rings", "kind", "possible", "cost_sek")
    rows = rows[rows["kind"] != "all"]
    if rows.empty:
        yield missing(paper, "rings")
        return
    possible = is_true(rows["possible"])
    two = int((possible & (rows["cost_sek"] == 0)).sum())
    can = int((possible & (rows["cost_sek"] > 0)).sum())
    told = [
        [paper.say(f"reportplan.robust.{key}"), paper.share(count / len(rows))]
        for key, count in (("two", two), ("can", can), ("never", len(rows) - two - can))
    ]
    yield make_table(
        paper, "reportplan.robust", ["state", "share"], told, note=paper.say("reportplan.robust.note")
    )


def tell_delivery(paper: Paper) -> Iterator[Told]:
    """Yield what is done when, on what it hangs, and with whose works it can be dug."""
    if find_money(paper) is None:
        yield missing(paper, "plan")
        return
    yield from _tell_steps(paper)
    yield from _tell_works(paper)
    yield missing(paper, "responsible", "municipality")


def _tell_steps(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("phases", "year", "projects", "households")
    if rows.empty:
        yield missing(paper, "phases")
        return
    weeks = paper.rows("permits", "lead_time_weeks", "phase")
    before = str(int(rows["year"].iloc[0]) - 1)
    told = [
        [paper.say(f"reportplan.step_{step}"), before, paper.say(f"reportplan.step_{step}_hangs")]
        for step in _FIRST_STEPS
    ]
    for phase, row in rows.astype("object").iterrows():
        longest = weeks.loc[weeks["phase"] == phase, "lead_time_weeks"].max() if len(weeks) else None
        hangs = [paper.say(f"reportplan.step_{'ready' if phase == rows.index[0] else 'before'}")]
        if number(longest):
            hangs.append(paper.say("reportplan.step_permits", weeks=paper.count(longest)))
        told.append(
            [
                paper.say("reportplan.step_stage", number=str(phase), projects=paper.count(row["projects"])),
                str(row["year"]),
                paper.listed(hangs),
            ]
        )
    last = str(int(rows["year"].iloc[-1]))
    told.append([paper.say("reportplan.step_handover"), last, paper.say("reportplan.step_handover_hangs")])
    yield make_table(paper, "reportplan.steps", ["what", "when", "depends"], told, text=["when", "depends"])


def _tell_works(paper: Paper) -> Iterator[Told]:
    """Yield planned works with which trenches can be shared."""
    rows = paper.rows("codigging", "works_id", "name", "start", "end", "metres", "saved_sek", "in_time")
    if rows.empty:
        yield missing(paper, "codigging")
        return
    works = rows.assign(in_time=is_true(rows["in_time"])).groupby("works_id", sort=False)
    whole = works[["name", "start", "end"]].first().join(works[["metres", "saved_sek"]].sum())
    whole = whole.join(works["in_time"].any()).sort_values("saved_sek", ascending=False, kind="stable")
    told = [
        [
            paper.plain(row["name"]),
            f"{paper.plain(row['start'], otherwise=DASH)} – {paper.plain(row['end'], otherwise=DASH)}",
            paper.count(row["metres"]),
            paper.tkr(row["saved_sek"]),
            paper.say("report.yes" if row["in_time"] else "report.no"),
        ]
        for row in records(whole.head(MOST_ROWS))
    ]
    heads = ["works", "when", "metres", "saved", "in_time"]
    note = paper.say("reportplan.works.note", year=str(paper.price_year))
    yield make_table(paper, "reportplan.works", heads, told, text=["when", "in_time"], note=note)
