"""What mobile networks cover, and how far it is to service."""

from collections.abc import Iterator

import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Map, Note, Paragraph, Table
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

_MOBILE = (
    "zone_kind",
    "operator",
    "technology",
    "use",
    "level",
    "of",
    "road_class",
    "base",
    "reached",
    "share",
)
_METRES = ("roads", "railways")
_THINGS = ("homes", "workplaces", "holiday_homes", "public_buildings", "roads", "railways", "area")
_M2_A_KM2 = 1e6
_NAMED_SERVICES = ("grocery", "health_centre", "school", "fuel", "pharmacy", "cash")
"""Services of which the finding is told, the first that there is."""


def tell_mobile(paper: Paper) -> Iterator[Told]:
    """Yield what mobile networks cover as declared, where nothing is, and how measurements agree."""
    rows = find_covered(paper)
    if rows.empty:
        yield missing(paper, "mobile")
    else:
        yield Paragraph(
            paper.say("reportplaces.mobile.declared", level=say_level(paper), use=_say_use(paper))
        )
        yield from _tell_covered(paper, rows)
    yield from _tell_gaps(paper)
    yield from _tell_spots(paper)
    yield from _tell_measured(paper)
    yield missing(paper, "mobile_planned", "never")


def find_covered(paper: Paper) -> pd.DataFrame:
    """Return what any operator covers at the study's level in its use, a row a thing that is covered."""
    rows = paper.of_study("mobile", *_MOBILE)
    asked = paper.parameters.get("mobile", {})
    rows = rows[(rows["level"] == asked.get("level")) & (rows["use"] == asked.get("use"))]
    for column in ("operator", "technology", "road_class"):
        rows = rows[rows[column].fillna("").astype(str) == ""]
    found: pd.DataFrame = rows[rows["base"] > 0]
    return found


def say_level(paper: Paper) -> str:
    """Name the class of mobile coverage that the study asks for."""
    return paper.kind(
        f"figures.level_{paper.parameters['mobile']['level']}", str(paper.parameters["mobile"]["level"])
    )


def _say_use(paper: Paper) -> str:
    return paper.say(f"figures.use_{paper.parameters['mobile']['use']}")


def _tell_covered(paper: Paper, rows: pd.DataFrame) -> Iterator[Told]:
    by_thing = {row["of"]: row for row in records(rows)}
    told = [
        [
            paper.say(f"reportplaces.thing_{thing}"),
            *(_say_amount(paper, thing, by_thing[thing][name]) for name in ("base", "reached")),
            paper.share(by_thing[thing]["share"]),
        ]
        for thing in _THINGS
        if thing in by_thing
    ]
    table = make_table(
        paper,
        "reportplaces.mobile",
        ["thing", "base", "reached", "share"],
        told,
        note=paper.say("reportplaces.mobile.note"),
        title=paper.say("reportplaces.mobile.title", level=say_level(paper), use=_say_use(paper)),
    )
    first = "roads" if "roads" in by_thing else next(iter(by_thing))
    row = by_thing[first]
    values = {
        "share": paper.percent(row["share"]),
        "thing": paper.say(f"reportplaces.of_{first}"),
        "level": say_level(paper),
    }
    picture = pictures.draw_mobile(paper)
    if picture is None:
        yield table
        return
    yield Map(
        id="map-mobile",
        title=paper.say("reportplaces.mobile.finding", **values),
        alt=paper.say("reportplaces.mobile.alt", **values),
        says=paper.say("reportplaces.mobile.says", **values),
        table=table,
        picture=picture,
    )


def _say_amount(paper: Paper, thing: str, amount: object) -> str:
    """Write an amount with its unit: kilometres, square kilometres, or how many."""
    known = number(amount)
    if known is None:
        return DASH
    if thing in _METRES:
        return paper.say("reportplaces.km", amount=paper.km(known))
    if thing == "area":
        return paper.say("reportplaces.km2", amount=paper.count(known / _M2_A_KM2))
    return paper.count(known)


def _tell_gaps(paper: Paper) -> Iterator[Told]:
    """Yield the longest stretches of road without coverage from anybody."""
    columns = ("kind", "road_number", "name", "operator", "length_m", "from_place", "to_place", "no_call_m")
    rows = paper.rows("mobile_gaps", *columns)
    rows = rows[rows["operator"].fillna("").astype(str) == ""]
    if rows.empty:
        yield missing(paper, "mobile_gaps")
        return
    rows = rows.sort_values("length_m", ascending=False, kind="stable")
    told = [
        [
            _name_road(paper, row),
            paper.say(
                "reportplaces.between",
                first=paper.plain(row["from_place"]),
                last=paper.plain(row["to_place"]),
            ),
            paper.km(row["length_m"]),
            paper.km(row["no_call_m"]),
        ]
        for row in records(rows.head(MOST_ROWS))
    ]
    table = make_table(
        paper, "reportplaces.gaps", ["road", "between", "km", "silent"], told, text=["between"]
    )
    yield Paragraph(
        paper.say(
            "reportplaces.gaps.total",
            count=len(rows),
            km=paper.km(rows["length_m"].sum()),
            silent=paper.km(rows["no_call_m"].sum()),
        ),
        see=(table.id,),
    )
    yield table


def _name_road(paper: Paper, row: Row) -> str:
    named = [text for text in (row["road_number"], row["name"]) if isinstance(text, str) and text.strip()]
    return paper.plain(named[0]) if named else paper.say(f"figures.kind_{row['kind']}")


def _tell_spots(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("mobile_white_spots", "households", "emergency")
    if rows.empty:
        yield missing(paper, "mobile_white_spots")
        return
    yield Paragraph(
        paper.say(
            "reportplaces.mobile.spots",
            buildings=len(rows),
            households=paper.count(rows["households"].sum()),
            silent=int((rows["emergency"] == "no_call").sum()),
        )
    )


def _tell_measured(paper: Paper) -> Iterator[Told]:
    """Yield how often measurements say what the maps say."""
    columns = (
        "operator",
        "technology",
        "level",
        "both",
        "map_only",
        "measured_only",
        "neither",
        "agreement",
        "wrong_yes",
    )
    rows = paper.of_study("measured", *columns)
    rows = rows[
        (rows["level"] == paper.parameters.get("mobile", {}).get("level"))
        & (rows["operator"].fillna("").astype(str) == "")
        & (rows["technology"].fillna("").astype(str) == "")
    ]
    if rows.empty or number(rows["agreement"].iloc[0]) is None:
        yield missing(paper, "measured")
        return
    row = next(records(rows))
    points = sum(row[name] for name in ("both", "map_only", "measured_only", "neither"))
    yield Note(
        "info",
        paper.say(
            "reportplaces.measured",
            points=paper.count(points),
            agreement=paper.percent(row["agreement"]),
            wrong=paper.percent(row["wrong_yes"]),
        ),
    )


def tell_services(paper: Paper) -> Iterator[Told]:
    """Yield how far households have to service, and which public buildings have fibre."""
    yield from _tell_distances(paper)
    yield from _tell_digital(paper)
    yield from _tell_public(paper)


def find_distances(paper: Paper) -> pd.DataFrame:
    """Return a row a service and distance of the whole study, those that nobody can reach left out."""
    columns = ("service", "within_km", "households", "within", "unreached", "share", "median_km")
    rows = paper.of_study("service_shares", *columns)
    known = rows["households"].gt(0) & rows["within"].notna() & rows["unreached"].lt(rows["households"])
    return rows[known.astype(bool)]


def _tell_distances(paper: Paper) -> Iterator[Told]:
    rows = find_distances(paper)
    if rows.empty:
        yield missing(paper, "service_shares")
        return
    limits = sorted(rows["within_km"].unique())[-4:]
    told = []
    for service, part in rows.groupby("service", sort=False, observed=True):
        by_limit = part.set_index("within_km")
        beyond = by_limit["households"] - by_limit["within"]
        told.append(
            [
                say_service(paper, str(service)),
                *(paper.count(beyond.get(limit)) for limit in limits),
                paper.decimal(part["median_km"].iloc[0]),
                paper.count(part["unreached"].iloc[0]),
            ]
        )
    table = _make_distances(paper, limits, told)
    service, limit = _choose_finding(rows, float(paper.parameters["services"]["far_km"]))
    row = next(records(rows[(rows["service"] == service) & (rows["within_km"] == limit)]))
    values = {
        "service": paper.kind(f"reportplaces.to_{service}", service),
        "km": paper.decimal(limit, 0),
        "beyond": paper.of_all(row["households"] - row["within"], row["households"], "households"),
        "places": pictures.name_services(paper),
    }
    yield Paragraph(paper.say("reportplaces.roads_only"))
    picture = pictures.draw_services(paper)
    if picture is None:
        yield Paragraph(paper.say("reportplaces.far", **values))
        yield table
        return
    yield Map(
        id="map-services",
        title=paper.say("reportplaces.services.finding", **values),
        alt=paper.say("reportplaces.services.alt", **values),
        says=paper.say("reportplaces.services.says", **values),
        table=table,
        picture=picture,
    )


def _make_distances(paper: Paper, limits: list[float], rows: list[list[str]]) -> Table:
    """Return the table of households beyond each distance; its heads hold the study's own distances."""
    beyond = [f"beyond_{number}" for number, _ in enumerate(limits)]
    heads = {
        f"reportplaces.services.{name}": paper.say("reportplaces.services.beyond", km=paper.decimal(limit, 0))
        for name, limit in zip(beyond, limits, strict=True)
    }
    told = Paper(paper.edition, type(paper.words)(paper.words.language, {**paper.words.entries, **heads}))
    note = paper.say("reportplaces.services.note")
    return make_table(
        told, "reportplaces.services", ["service", *beyond, "median", "unreached"], rows, note=note
    )


def _choose_finding(rows: pd.DataFrame, far_km: float) -> tuple[str, float]:
    """Return the service and distance that the finding is about: food first, at the study's distance."""
    services = list(dict.fromkeys(rows["service"]))
    service = next((name for name in _NAMED_SERVICES if name in services), services[0])
    limits = rows.loc[rows["service"] == service, "within_km"]
    return service, float(limits.iloc[(limits - far_km).abs().to_numpy().argmin()])


def say_service(paper: Paper, service: str) -> str:
    """Name a kind of service, one of the study's own by its own word."""
    return paper.kind(f"figures.service_{service}", service)


def _tell_digital(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("digital", "households", "can")
    if rows.empty:
        yield missing(paper, "digital")
        return
    cannot = rows.loc[~is_true(rows["can"]), "households"].sum()
    services = paper.parameters["services"]
    yield Paragraph(
        paper.say(
            "reportplaces.digital",
            far=paper.count(rows["households"].sum()),
            km=paper.decimal(services["far_km"], 0),
            cannot=paper.count(cannot),
            speed=paper.decimal(services["digital_mbps"], 0),
        )
    )


def _tell_public(paper: Paper) -> Iterator[Told]:
    columns = ("kind", "buildings", "fibre", "fibre_orderable", "share")
    rows = paper.of_study("public_shares", *columns)
    hidden = rows["buildings"].isna().any()
    rows = rows[rows["buildings"] > 0]
    if rows.empty:
        yield missing(paper, "public_shares")
        return
    told = [
        [
            paper.kind(f"figures.building_{row['kind']}", str(row["kind"])),
            *(paper.count(row[name]) for name in ("buildings", "fibre", "fibre_orderable")),
            paper.share(row["share"]),
        ]
        for row in records(rows)
    ]
    heads = ["kind", "buildings", "fibre", "orderable", "share"]
    notes = ["reportplaces.public.note", *(["reportplaces.public.hidden"] if hidden else [])]
    yield make_table(paper, "reportplaces.public", heads, told, note=" ".join(map(paper.say, notes)))
