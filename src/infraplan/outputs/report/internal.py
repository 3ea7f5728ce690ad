"""The internal annex: second ways, single points of failure, risk, cabinets, who is left out, protected ones.

Nothing of it leaves the house (domain: MSB on overviews of networks), so it is made of an internal edition
alone and says so on each page.
"""

from collections.abc import Iterator

from infraplan.errors import OutputError
from infraplan.outputs.edition import Edition
from infraplan.outputs.report import pictures
from infraplan.outputs.report.chapters_plan import tell_instead
from infraplan.outputs.report.content import make_document, tell_all, tell_modelled
from infraplan.outputs.report.document import Block, Document, Heading, Map, Note, Paragraph
from infraplan.outputs.report.omitted import missing, tell_omitted
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    Paper,
    Told,
    is_true,
    make_paper,
    make_table,
    records,
)
from infraplan.words import Language

_PLAN = "plan"


def build_internal_annex(edition: Edition, *, language: Language | None = None) -> Document:
    """Return the internal annex, in the study's language where none is asked for.

    Raises
    ------
    OutputError
        The edition is not internal: what it holds is for others to see.
    """
    if edition.level != "internal":
        raise OutputError("annex_not_internal", level=edition.level)
    paper = make_paper(edition, language)
    parts = {
        "rings": _tell_rings,
        "single": _tell_single,
        "risk": _tell_risk,
        "routes": _tell_routes,
        "unreached": tell_instead,
        "protected": _tell_protected,
    }
    blocks: list[Block] = [Note("warning", paper.say("reportannex.internal_warning")), *tell_modelled(paper)]
    found, left_out = tell_all(paper, parts, "reportannex.internal_")
    blocks += found
    omitted = tell_omitted(paper, left_out)
    if omitted is not None:
        blocks += [Heading(1, paper.say("reportmissing.heading"), "omitted"), omitted]
    return make_document(paper, "internal", paper.say("reportannex.internal_title", name=paper.place), blocks)


def _tell_rings(paper: Paper) -> Iterator[Told]:
    """Yield what a second way to each important node costs."""
    rows = paper.rows(
        "rings",
        "kind",
        "name",
        "premises",
        "trench_m",
        "cost_low_sek",
        "cost_sek",
        "cost_high_sek",
        "possible",
    )
    if rows.empty:
        yield missing(paper, "rings")
        return
    told = [
        [
            paper.plain(row["name"], otherwise=_name_kind(paper, str(row["kind"]))),
            _name_kind(paper, str(row["kind"])),
            paper.count(row["premises"]),
            paper.count(row["trench_m"]),
            *(paper.tkr(row[name]) for name in ("cost_low_sek", "cost_sek", "cost_high_sek")),
            _say_ways(paper, possible=bool(possible), cost=row["cost_sek"]),
        ]
        for row, possible in zip(records(rows), is_true(rows["possible"]), strict=True)
    ]
    heads = ["place", "kind", "behind", "metres", "low", "base", "high", "ways"]
    note = paper.say("reportplan.price_year", year=str(paper.price_year))
    yield make_table(paper, "reportannex.rings", heads, told, text=["kind", "ways"], note=note)


def _name_kind(paper: Paper, kind: str) -> str:
    ring = paper.words.entries.get(f"plan.ring.{kind}")
    return ring or paper.kind(f"map.kind.{kind}", kind)


def _say_ways(paper: Paper, *, possible: bool, cost: float) -> str:
    if not possible:
        return paper.say("plan.no_way")
    return paper.say("reportannex.can_build") if cost else paper.say("plan.two_ways")


def _tell_single(paper: Paper) -> Iterator[Told]:
    """Yield the planned stretches behind which most buildings lose their connection."""
    rows = paper.rows("routes", "kind", "premises", "length_m", "project_id", "existing")
    rows = rows[(rows["kind"] != "drop") & (rows["premises"] > 0)]
    if rows.empty:
        yield missing(paper, "routes")
        return
    behind = rows.groupby("project_id")["premises"].max().sort_values(ascending=False, kind="stable")
    names = paper.rows("projects", "name")["name"]
    told = [
        [
            paper.say("reportplan.project", name=paper.plain(names.get(key, "")), id=str(key)),
            paper.count(count),
            paper.km(rows.loc[rows["project_id"] == key, "length_m"].sum()),
        ]
        for key, count in behind.head(MOST_ROWS).items()
    ]
    yield Paragraph(paper.say("reportannex.single.intro"))
    yield make_table(paper, "reportannex.single", ["project", "behind", "km"], told)


def _tell_risk(paper: Paper) -> Iterator[Told]:
    """Yield how sure each project's cost and rank are."""
    rows = paper.rows("risk", "p10_sek", "p50_sek", "p90_sek", "first_phase_share", "rank_low", "rank_high")
    if rows.empty:
        yield missing(paper, "risk")
        return
    names = paper.rows("projects", "name")["name"]
    told = [
        [
            paper.say("reportmoney.plan_row")
            if key == _PLAN
            else paper.say("reportplan.project", name=paper.plain(names.get(key, "")), id=str(key)),
            *(paper.tkr(row[name]) for name in ("p10_sek", "p50_sek", "p90_sek")),
            DASH if key == _PLAN else paper.share(row["first_phase_share"]),
            DASH if key == _PLAN else _say_ranks(paper, row["rank_low"], row["rank_high"]),
        ]
        for key, row in rows.iterrows()
    ]
    heads = ["project", "p10", "p50", "p90", "first", "ranks"]
    note = paper.say("reportannex.risk.note", year=str(paper.price_year))
    yield make_table(paper, "reportannex.risk", heads, told, note=note)


def _say_ranks(paper: Paper, low: float, high: float) -> str:
    return paper.count(low) if low == high else f"{paper.count(low)}–{paper.count(high)}"


def _tell_routes(paper: Paper) -> Iterator[Told]:
    """Yield the map of routes, cabinets, existing fibre and nodes, and the list of cabinets."""
    rows = paper.rows(
        "cabinets", "kind", "project_id", "phase", "premises", "fibres_in", "longest_m", "too_far"
    )
    rows = rows[rows["kind"] == "cabinet"]
    if rows.empty:
        yield missing(paper, "cabinets")
        return
    told = [
        [
            str(key),
            str(row["project_id"]),
            *(paper.count(row[name]) for name in ("phase", "premises", "fibres_in", "longest_m")),
            paper.say("report.yes" if too_far else "report.no"),
        ]
        for (key, row), too_far in zip(rows.iterrows(), is_true(rows["too_far"]), strict=True)
    ]
    heads = ["cabinet", "project", "stage", "buildings", "fibres", "longest", "too_far"]
    table = make_table(paper, "reportannex.cabinets", heads, told, text=["project", "too_far"])
    picture = pictures.draw_network(paper)
    if picture is None:
        yield table
        return
    values = {"cabinets": paper.count(len(rows)), "buildings": paper.count(rows["premises"].sum())}
    yield Map(
        id="map-network",
        title=paper.say("reportannex.network_finding", **values),
        alt=paper.say("reportannex.network_alt", **values),
        says=paper.say("reportannex.network_says", places=pictures.name_projects(paper), **values),
        table=table,
        picture=picture,
    )


def _tell_protected(paper: Paper) -> Iterator[Told]:
    """Yield protected buildings by how they are connected; never where they lie."""
    rows = paper.rows("protected_buildings", "kind", "connection", "orderable")
    if rows.empty:
        yield missing(paper, "protected_buildings")
        return
    told = [
        [
            paper.kind(f"figures.building_{kind}", str(kind)),
            paper.say(f"reportannex.connection_{connection}"),
            paper.count(len(part)),
        ]
        for (kind, connection), part in rows.groupby(["kind", "connection"], sort=True)
    ]
    yield make_table(
        paper, "reportannex.protected", ["kind", "connection", "count"], told, text=["connection"]
    )
