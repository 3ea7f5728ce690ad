"""Mobile, public buildings, services and measures of one's own in short, as the command line prints them."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from infraplan.config import Study
from infraplan.coverconfig import Siting
from infraplan.outputs.figuretext import MOST_ROWS, Figures, count, of_study, share, share_of_goal, table
from infraplan.outputs.protected import without_protected
from infraplan.tables import TOWN
from infraplan.words import Words

_KM = 1_000.0


def tell_places(figures: Figures, words: Words, study: Study) -> str:
    """Return what there is to say of mobile coverage, services and measures, a paragraph or table each."""
    told = (
        mobile(figures, words),
        operators(figures, words, study),
        gaps(figures, words, study),
        mobile_white_spots(figures, words, study),
        measured(figures, words),
        public(figures, words),
        services(figures, words),
        closures(figures, words),
        digital(figures, words, study),
        siting(figures, words, study),
        indicators(figures, words),
        spread(figures, words, study),
    )
    return "\n\n".join(text for text in told if text)


def _rows(figures: Figures, name: str) -> pd.DataFrame:
    return figures.get(name, pd.DataFrame())


def mobile(figures: Figures, words: Words) -> str:
    """Return the share of each thing that mobile networks cover, a row an operator and one for any."""
    rows = of_study(figures, "mobile")
    if rows.empty:
        return ""
    rows = rows[(rows["technology"] == "") & (rows["road_class"] == "")]
    things = list(dict.fromkeys(rows["of"]))
    keys = ["operator", "use", "level"]
    drawn = []
    for _, part in rows.groupby(keys, sort=False, observed=True):
        shares, first = part.set_index("of")["share"], part.iloc[0]
        drawn.append(
            [
                first["operator"] or words.text("figures.any_operator"),
                words.text(f"figures.use_{first['use']}"),
                say_level(first["level"], words),
                *(share(float(shares.get(thing, float("nan"))), words) for thing in things),
            ]
        )
    heads = ("operator", "use", "level", *things)
    return table(words, "mobile", heads, drawn)


def say_level(level: str, words: Words) -> str:
    """Name a class of mobile coverage, one of the study's own rules by its id."""
    return words.entries.get(f"figures.level_{level}", level)


def _say_coverage(study: Study, words: Words) -> str:
    """Say what the study counts as mobile coverage."""
    use = words.text(f"figures.use_{study.mobile.use}")
    return words.text("figures.coverage_is", level=say_level(study.mobile.level, words), use=use)


def operators(figures: Figures, words: Words, study: Study) -> str:
    """Return how much is covered by how many operators, at the study's level in its use."""
    rows = of_study(figures, "mobile_operators")
    if rows.empty:
        return ""
    asked = (rows["level"] == study.mobile.level) & (rows["use"] == study.mobile.use)
    rows = rows[asked & (rows["technology"] == "")]
    numbers = sorted(map(int, rows["operators"].unique()))
    drawn = []
    for (of, road_class), part in rows.groupby(["of", "road_class"], sort=False, observed=True):
        amounts = part.groupby("operators")["amount"].sum().reindex(numbers, fill_value=0.0)
        total = float(amounts.sum())
        thing = words.text(f"figures.head_{of}")
        if str(road_class):
            thing = words.text("figures.of_class", of=thing, road_class=road_class)
        shares = [share(amount / total if total else float("nan"), words) for amount in amounts]
        drawn.append([thing, _say_amount(total, str(of), words), *shares])
    named = {f"by_{number}": words.text("figures.by_operators", count=number) for number in numbers}
    return table(words, "mobile_operators", ("of", "base", *named), drawn, named=named)


def _say_amount(amount: float, of: str, words: Words) -> str:
    if of not in _UNITS:
        return count(amount, words)
    unit, size = _UNITS[of]
    return words.text(f"figures.{unit}", amount=words.number(amount / size))


_UNITS = {"roads": ("amount_km", 1e3), "railways": ("amount_km", 1e3), "area": ("amount_km2", 1e6)}
"""How amounts that are no counts are written, and how much one of the unit is."""


def gaps(figures: Figures, words: Words, study: Study) -> str:
    """Return the longest stretches without coverage from any operator."""
    rows = _rows(figures, "mobile_gaps")
    if len(rows):
        rows = rows[rows["operator"] == ""]
    if rows.empty:
        return ""
    longest = rows.sort_values("length_m", ascending=False, kind="stable")
    drawn = [
        [
            row["road_number"] or row["name"] or words.text(f"figures.kind_{row['kind']}"),
            f"{row['from_place']}–{row['to_place']}",
            f"{words.number(row['from_m'] / _KM, 1)}–{words.number(row['to_m'] / _KM, 1)}",
            words.number(row["length_m"] / _KM, 1),
            words.text(f"figures.emergency_{row['emergency']}"),
        ]
        for row in pd.DataFrame(longest).head(MOST_ROWS).to_dict("records")
    ]
    total = words.text(
        "figures.gaps_total",
        count=len(rows),
        km=words.number(rows["length_m"].sum() / _KM, 1),
        silent_km=words.number(rows["no_call_m"].sum() / _KM, 1),
    )
    drawing = table(words, "gaps", ("road", "between", "from_to_km", "km", "emergency"), drawn)
    return f"{drawing}\n{_say_coverage(study, words)} {total}"


def mobile_white_spots(figures: Figures, words: Words, study: Study) -> str:
    """Return how many premises lack mobile coverage from every operator."""
    rows = _rows(figures, "mobile_white_spots")
    if rows.empty:
        return ""
    told = words.text(
        "figures.mobile_white_spots",
        premises=len(rows),
        households=int(rows["households"].sum()),
        silent=int((rows["emergency"] == "no_call").sum()),
    )
    return f"{told} {_say_coverage(study, words)}"


def measured(figures: Figures, words: Words) -> str:
    """Return how measurements agree with declared maps, a row an operator."""
    rows = of_study(figures, "measured")
    if rows.empty:
        return ""
    rows = rows[(rows["technology"] == "") & (rows["both"] + rows["map_only"] > 0)]
    numbers = ("both", "map_only", "measured_only", "neither")
    drawn = [
        [
            row["operator"] or words.text("figures.all_operators"),
            say_level(row["level"], words),
            *(words.number(row[name]) for name in numbers),
            share(row["agreement"], words),
            share(row["wrong_yes"], words),
        ]
        for row in rows.to_dict("records")
    ]
    heads = ("operator", "level", *numbers, "agreement", "wrong_yes")
    return table(words, "measured", heads, drawn)


def public(figures: Figures, words: Words) -> str:
    """Return public buildings by kind, with fibre and public Wi-Fi."""
    rows = of_study(figures, "public_shares")
    numbers = ("buildings", "fibre", "fibre_orderable", "wifi", "wifi_unknown", "mobile")
    drawn = [
        [
            words.text(f"figures.building_{row['kind']}"),
            *(words.number(row[name]) for name in numbers),
            share(row["share"], words),
        ]
        for row in rows.to_dict("records")
        if row["buildings"]
    ]
    told = [table(words, "public", ("kind", *numbers, "share"), drawn), _tell_list(figures, words)]
    return "\n".join(filter(None, told))


def _tell_list(figures: Figures, words: Words) -> str:
    """Say how many are on the agenda's list: public housing and blocks of flats without fibre."""
    rows = _rows(figures, "public")
    if rows.empty:
        return ""
    listed = without_protected(rows[rows["without_fibre"]])
    flats = listed["kind"] == "multi_dwelling"
    return words.text(
        "figures.without_fibre",
        housing=int((~flats).sum()),
        flats=int(flats.sum()),
        households=int(listed.loc[flats, "households"].sum()),
    )


def services(figures: Figures, words: Words) -> str:
    """Return the share of households within each distance of each service."""
    rows = of_study(figures, "service_shares")
    if rows.empty:
        return ""
    limits = sorted(rows["within_km"].unique())
    drawn, without = [], []
    for service, part in rows.groupby("service", sort=False, observed=True):
        shares, first = part.set_index("within_km")["share"], part.iloc[0]
        if first["unreached"] == first["households"]:
            without.append(say_service(str(service), words))
            continue
        drawn.append(
            [
                say_service(str(service), words),
                *(share(float(shares[limit]), words) for limit in limits),
                *(_km(first[name], words) for name in ("median_km", "p90_km", "furthest_km")),
                count(first["unreached"], words),
            ]
        )
    named = {
        f"within_{number}": words.text("figures.within", km=words.number(limit))
        for number, limit in enumerate(limits)
    }
    heads = ("service", *named, "median_km", "p90_km", "furthest_km", "unreached")
    told = [table(words, "services", heads, drawn, named=named)]
    if without:
        told.append(words.text("figures.services_without", services=", ".join(without)))
    return "\n".join(filter(None, told))


def say_service(service: str, words: Words) -> str:
    """Name a kind of service, one of the study's own by its own word."""
    key = f"figures.service_{service}"
    return words.text(key) if key in words.entries else service


def _km(value: Any, words: Words) -> str:
    return "–" if pd.isna(value) else words.number(value, 1)


def closures(figures: Figures, words: Words) -> str:
    """Return the service points whose closure costs households most."""
    rows = _rows(figures, "closures")
    if rows.empty:
        return ""
    worst = rows.sort_values("household_km", ascending=False, kind="stable").head(MOST_ROWS)
    drawn = [
        [
            say_service(row["service"], words),
            row["name"] or row["point_id"],
            words.number(row["households"]),
            _km(row["median_added_km"], words),
            _km(row["most_added_km"], words),
            words.number(row["newly_beyond"]),
            words.number(row["stranded"]),
        ]
        for row in worst.to_dict("records")
    ]
    heads = ("service", "name", "households", "median_added", "most_added", "newly_beyond", "stranded")
    return table(words, "closures", heads, drawn)


def digital(figures: Figures, words: Words, study: Study) -> str:
    """Return how many households have far to service and cannot use it digitally, and what they have."""
    rows = _rows(figures, "digital")
    if rows.empty:
        return ""
    cannot = rows[~rows["can"]]
    told = words.text(
        "figures.digital",
        far=count(rows["households"].sum(), words),
        km=words.number(study.services.far_km),
        mbps=words.number(study.services.digital_mbps),
        cannot=count(cannot["households"].sum(), words),
    )
    known = cannot[cannot["mobile_operators"] >= 0]
    if known.empty:
        return told
    mobile_only = known.loc[known["mobile_operators"] > 0, "households"].sum()
    level = say_level(study.mobile.level, words)
    return f"{told} {words.text('figures.digital_mobile', count=count(mobile_only, words), level=level)}"


def siting(figures: Figures, words: Words, study: Study) -> str:
    """Return the places chosen for each of the study's questions, and how far from the best they are."""
    rows = _rows(figures, "siting")
    if rows.empty:
        return ""
    drawn = [
        [
            row["problem"],
            words.number(row["rank"]),
            row["name"] or row["site_id"],
            words.text("figures.is_existing") if row["existing"] else words.text("figures.is_new"),
            words.number(row["households"]),
            _km(row["median_km"], words),
            _km(row["furthest_km"], words),
            words.share(row["gap"], 2),
        ]
        for row in pd.DataFrame(rows).head(2 * MOST_ROWS).to_dict("records")
    ]
    heads = ("problem", "rank", "name", "state", "households", "median_km", "furthest_km", "gap")
    said = [_say_siting(question, row, words) for row, question in _answers(rows, study)]
    return "\n".join([table(words, "siting", heads, drawn), *said])


def _answers(rows: pd.DataFrame, study: Study) -> Iterator[tuple[dict[str, Any], Siting]]:
    """Yield a row of each answer with its question."""
    asked = {question.name: question for question in study.siting}
    for row in rows.drop_duplicates("problem").to_dict("records"):
        if row["problem"] in asked:
            yield {str(key): value for key, value in row.items()}, asked[row["problem"]]


def _say_siting(question: Siting, row: dict[str, Any], words: Words) -> str:
    """Say what an answer comes to, in the measure that it was sought by."""
    unit = words.text(f"figures.unit_{question.weight.replace('+', '_and_')}")
    values = {"problem": question.name, "unit": unit, "km": words.number(question.reach_km)}
    amount = words.number(row["objective"])
    return words.text(f"figures.siting_{row['method']}", amount=amount, **values)


def indicators(figures: Figures, words: Words) -> str:
    """Return the study's own indicators beside what they are for."""
    rows = of_study(figures, "indicators")
    drawn = [
        [
            row["indicator"],
            row["purpose"],
            count(row["base"], words),
            count(row["reached"], words),
            share_of_goal(row, "goal", words),
            share(row["goal"], words),
            "–" if pd.isna(row["goal"]) else words.text(f"figures.{'met' if row['met'] else 'not_met'}"),
        ]
        for row in rows.to_dict("records")
    ]
    heads = ("indicator", "purpose", "base", "reached", "share", "asked", "result")
    return table(words, "indicators", heads, drawn)


def spread(figures: Figures, words: Words, study: Study) -> str:
    """Return the groups that are furthest behind the whole study.

    Not those of whom the group is unknown, and not the way to town by the way to town.
    """
    rows = _rows(figures, "spread")
    if rows.empty:
        return ""
    town = say_service(TOWN, words)
    same = words.text("figures.within_service", service=town, km=study.services.far_km)
    itself = (rows["breakdown"] == "distance_to_town") & (rows["measure"] == same)
    told = (rows["base"] > 0) & (rows["behind"] > 0) & ~rows["suppressed"] & (rows["group"] != "unknown")
    behind = rows[told & ~itself]
    worst = behind.sort_values("behind", ascending=False, kind="stable").head(MOST_ROWS)
    drawn = [
        [
            row["measure"],
            say_group(row["breakdown"], row["group"], words),
            count(row["base"], words),
            share(row["share"], words),
            words.number(100.0 * row["behind"], 1),
            # One zone is no spread.
            f"{share(row['lowest'], words)}–{share(row['highest'], words)}" if row["zones"] > 1 else "–",
        ]
        for row in worst.to_dict("records")
    ]
    return table(words, "spread", ("measure", "group", "base", "share", "behind", "range"), drawn)


def say_group(breakdown: str, group: str, words: Words) -> str:
    """Name a group of a breakdown; one of the study's own by its own words."""
    key = f"figures.group_{breakdown}"
    named = words.text(key) if key in words.entries else breakdown
    # Limits are written with points in the file, whatever the language.
    written = group
    if _LIMITS.fullmatch(group):
        written = _DECIMALS.sub(lambda found: words.number(float(found[0]), len(found[1])), group)
    return f"{named}: {words.entries.get(f'zones.{group}', written)}"


_LIMITS = re.compile(r"(?:[<≥] )?[\d.]+(?:–[\d.]+)?")
_DECIMALS = re.compile(r"\d+\.(\d+)")
