"""Small counts hidden in tables that leave the house: what one hides, no other row or table gives away."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.outputs.small import HIDE, hide_figures
from infraplan.tables import HOUSING

LEAST = 5
Bases = dict[str, int]


def make_services(bases: Bases, within: dict[float, dict[str, int]]) -> pd.DataFrame:
    rows = [
        {"zone_kind": "municipality", "zone_id": f"municipality:{zone}", "service": "fuel", "within_km": km,
         "households": bases[zone], "within": min(near[zone], bases[zone]), "unreached": 0}
        for km, near in within.items()
        for zone in bases
    ]  # fmt: skip
    further = dict.fromkeys(("share", "median_km", "p90_km", "furthest_km", "median_min"), 0.5)
    return pd.DataFrame(rows).assign(**further)


def make_switchboard(bases: Bases) -> pd.DataFrame:
    units = {"households": bases, "workplaces": dict.fromkeys(bases, 50)}
    rows = [
        {"zone_kind": "municipality", "zone_id": f"municipality:{zone}", "unit": unit, "counts": counts,
         "holiday_homes": False, "down_mbps": 100.0, "technologies": "all", "base": of[zone],
         "reached": 0, "share": 0.0}
        for unit, of in units.items()
        for counts in ("connected", "orderable")
        for zone in bases
    ]  # fmt: skip
    return pd.DataFrame(rows)


def find_shown(table: pd.DataFrame, column: str) -> set[str]:
    """Return the zones whose number in a column is told by any row."""
    return set(table.loc[table[column].notna(), "zone_id"])


def test_a_base_that_one_distance_hides_is_shown_by_no_other():
    bases = {"A": 3, "B": 10, "C": 20, "D": 40}
    # Within 2 km A and C are hidden; within 5 km only A is, and its partner is B: 73 - 10 - 20 - 40 was A.
    table = make_services(bases, {2.0: {"A": 1, "B": 5, "C": 2, "D": 30}, 5.0: bases})
    found = HIDE["service_shares"](table)
    assert find_shown(found, "households") == {"municipality:C", "municipality:D"}


numbers = st.lists(st.integers(0, 30), min_size=3, max_size=6)


@settings(max_examples=25, deadline=None)
@given(numbers, st.lists(numbers, min_size=1, max_size=3))
def test_at_least_two_bases_stay_unknown_whatever_tables_are_laid_side_by_side(bases, near):
    zones = {str(i): base for i, base in enumerate(bases)}
    within = {
        float(km): {zone: given[i % len(given)] for i, zone in enumerate(zones)}
        for km, given in enumerate(near)
    }
    tables = {"switchboard": make_switchboard(zones), "service_shares": make_services(zones, within)}
    found = hide_figures(tables)
    shown = find_shown(found["service_shares"], "households")
    of_homes = found["switchboard"]["unit"] == "households"
    shown |= find_shown(found["switchboard"][of_homes], "base")
    hidden = {f"municipality:{zone}" for zone in zones} - shown
    if any(zones.values()):
        assert {f"municipality:{zone}" for zone, base in zones.items() if base < LEAST} <= hidden
    assert len(hidden) != 1


def test_the_number_of_operators_does_not_tell_what_the_shares_hide():
    keys = {
        "zone_kind": "municipality",
        "technology": "",
        "use": "hand",
        "level": "call",
        "of": "homes",
        "road_class": "",
    }
    amounts = {"A": (1, 2), "B": (20, 30), "C": (40, 50)}
    counted = pd.DataFrame(
        [{**keys, "zone_id": zone, "operators": i, "amount": float(amount), "share": 0.5}
         for zone, of in amounts.items() for i, amount in enumerate(of)]
    )  # fmt: skip
    shares = pd.DataFrame(
        [{**keys, "zone_id": zone, "operator": "", "base": float(sum(of)), "reached": of[1] / 1, "share": 0.5}
         for zone, of in amounts.items()]
    )  # fmt: skip
    found = hide_figures({"mobile": shares, "mobile_operators": counted})
    for table in found.values():
        assert table.groupby("zone_id")["suppressed"].all().to_dict() == {"A": True, "B": True, "C": False}
    assert found["mobile_operators"].loc[found["mobile_operators"]["suppressed"], "amount"].isna().all()


def test_all_housing_does_not_tell_the_kind_that_is_hidden():
    kinds = {"A": (8, 2), "B": (7, 9), "C": (9, 9), "D": (9, 9)}
    rows = [
        {"zone_kind": "municipality", "zone_id": zone, "kind": kind, "buildings": count}
        for zone, (care, group) in kinds.items()
        for kind, count in (("care_home", care), ("group_home", group), ("housing", care + group))
    ]
    table = pd.DataFrame(rows)
    table = table.assign(fibre=table["buildings"], fibre_orderable=table["buildings"], wifi=5, share=1.0)
    found = HIDE["public_shares"](table.assign(wifi_unknown=0, mobile=table["buildings"]))
    assert {"care_home", "group_home"} < set(HOUSING)
    hidden = found[found["suppressed"]]
    assert hidden.groupby("kind")["zone_id"].agg("".join).to_dict() == {"group_home": "AB", "housing": "AB"}
    for column in ("buildings", "fibre", "fibre_orderable", "wifi", "wifi_unknown", "mobile", "share"):
        assert hidden[column].isna().all()
        assert found.loc[~found["suppressed"], column].notna().all()


def test_small_groups_are_blanked_with_one_that_would_tell_them():
    table = pd.DataFrame(
        [("t", "class", group, base, base, 0.5) for group, base in (("a", 3), ("b", 30), ("c", 50))],
        columns=["measure", "breakdown", "group", "base", "reached", "share"],
    ).assign(
        behind=0.1, zones=1, lowest=0.5, p10=0.5, median=0.5, highest=0.5, suppressed=[True, False, False]
    )
    found = HIDE["spread"](table)
    assert found["suppressed"].tolist() == [True, True, False]
    assert found.loc[:1, ["base", "reached", "share", "behind", "lowest", "highest"]].isna().all(axis=None)
    assert found.loc[2, "base"] == 50
    assert "zone_id" not in found.columns


def test_a_change_of_few_hides_all_its_parts():
    parts = ("start", "corrections", "new_premises", "built", "definition", "end")
    changes = {"A": (100, 0, -2, 0, 0, 98), "B": (200, 0, 9, 20, 0, 229), "C": (300, 0, 9, 20, 0, 329)}
    rows = [
        {
            "zone_kind": "municipality",
            "zone_id": zone,
            "measure": "m",
            "part": part,
            "base": of,
            "reached": of,
        }
        for zone, counts in changes.items()
        for part, of in zip(parts, counts, strict=True)
    ]
    found = HIDE["changes"](pd.DataFrame(rows).assign(share_points=0.1))
    told = found.groupby("zone_id")["base"].agg(lambda values: values.notna().all()).to_dict()
    assert sum(told.values()) == 1
    assert not told["A"]


def test_a_stricter_study_is_heeded():
    bases = {"A": 8, "B": 40, "C": 50}
    table = {"switchboard": make_switchboard(bases)}
    households = table["switchboard"]["unit"] == "households"
    table["switchboard"] = table["switchboard"][households]
    assert not hide_figures(table)["switchboard"]["suppressed"].any()
    found = hide_figures(table, least=10)["switchboard"]
    assert found.groupby("zone_id")["suppressed"].all().tolist() == [True, True, False]
    assert np.isnan(found.loc[found["suppressed"], "reached"].astype("float64")).all()


def test_a_study_without_workplaces_still_shows_its_households():
    told = make_switchboard({"2001": 900, "2002": 800, "2003": 3, "2004": 700})
    told.loc[told["unit"] == "workplaces", ["base", "reached"]] = 0
    shown = hide_figures({"switchboard": told}, least=LEAST)["switchboard"]
    hidden = shown.groupby("zone_id")["suppressed"].any()
    # The small one, and the smallest of the others, from which it could be worked out.
    assert hidden[hidden].index.tolist() == ["municipality:2003", "municipality:2004"]


def test_tables_without_a_row_are_hidden_as_they_are():
    services = make_services({"2001": 9}, {2.0: {"2001": 9}})
    empty = services.iloc[:0]
    assert hide_figures({"service_shares": empty}, least=LEAST)["service_shares"].empty
    # As they are read back from a file that had no row to tell the kinds of columns from.
    assert hide_figures({"service_shares": empty.astype("object")}, least=LEAST)["service_shares"].empty
    assert hide_figures({"service_shares": empty.astype({"zone_id": "float64"})}, least=LEAST)


def test_a_square_does_not_tell_an_area_that_is_hidden_by_one_that_is_shown():
    # Of ten that nobody reaches eight are in an area that is shown: the other two would be known.
    squares = [shapely.box(x, 0, x + 1_000, 1_000) for x in (0, 1_000, 2_000)]
    cells = gpd.GeoDataFrame(
        {"grid": "sweref_1km", "code": ["1", "2", "3"], "municipality": "2513", "units": [10, 90, 20]}
        | dict.fromkeys(("connected", "orderable", "passed", "planned"), 0)
        | {"suppressed": False},
        geometry=squares,
        crs="EPSG:3006",
    )
    counts = {"premises": [8, 2, 9, 11], "households": [8, 2, 9, 11], "workplaces": 0}
    middles = [shapely.Point(x, 500) for x in (100, 900, 2_300, 2_700)]
    areas = gpd.GeoDataFrame(counts, geometry=[middle.buffer(50) for middle in middles], crs=cells.crs)
    found = hide_figures({"cells": cells, "white_spot_areas": areas})
    shown = found["white_spot_areas"]["premises"].notna()
    assert shown.tolist() == [False, False, True, True] or shown.tolist() == [True, False, False, True]
    for square, told in zip(squares, found["cells"]["suppressed"], strict=True):
        met = areas.intersects(square)
        assert told or not (shown[met].any() and not shown[met].all())
