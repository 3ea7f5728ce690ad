"""What each level sees of an edition: nothing that nobody has allowed, and no small number by a detour."""

import string
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shapely import Point, box

from infraplan import tables
from infraplan.errors import OutputError
from infraplan.outputs import edition_of, read_edition, write_results
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.edition import Edition
from infraplan.outputs.levels import LEVELS, allows, load_levels
from infraplan.outputs.redact import redact
from infraplan.outputs.said import redact_about
from infraplan.outputs.smallplan import hide_plan
from infraplan.outputs.sums import fold_ducts
from infraplan.outputs.suppress import find_secret

LEAST = 5
BELOW = ("public", "restricted")


@pytest.fixture(scope="module")
def edition(results):
    return edition_of(results)


@pytest.fixture(scope="module")
def opened(edition):
    """Return the edition with inputs that everybody may see."""
    inputs = [{**row, "level": "public"} for row in edition.about["inputs"]]
    areas = {"layer": "areas", "level": "restricted", "licence": "", "date": "", "modelled": False}
    return replace(edition, about={**edition.about, "inputs": [*inputs, areas]})


def written(edition: Edition) -> dict[str, str]:
    """Return an edition as texts: its tables, and what is said of it."""
    found = {}
    for name, table in edition.tables.items():
        flat = pd.DataFrame(table.reset_index())
        if "geometry" in flat:
            flat["geometry"] = gpd.GeoSeries(flat["geometry"]).to_wkt()
        found[name] = to_csv(flat)
    return {**found, "about": repr(edition.about)}


@pytest.mark.parametrize("level", BELOW)
def test_a_level_sees_the_columns_that_are_named_for_it(opened, level):
    found = redact(opened, level)
    assert found.level == level
    assert found.about["level"] == level
    for name, table in found.tables.items():
        shown = load_levels().of(name)
        assert all(allows(level, shown.lowest(column)) for column in table.columns if column != "suppressed")
        assert table.index.name == "row" or allows(level, shown.lowest(table.index.name))
    assert {"targets", "white_spot_areas", "projects", "phases", "corridors", "bill"} <= set(found.tables)
    hidden = {"premises", "served", "unserved", "optics", "rings", "technology", "faults", "fibre_lines"}
    assert not hidden & set(found.tables)
    assert ("routes" in found.tables) == ("white_spots" in found.tables) == (level == "restricted")


def test_internal_is_everything_as_it_is(edition):
    found = redact(edition, "internal")
    assert found.tables is edition.tables
    assert found.about is edition.about


@pytest.mark.parametrize("level", LEVELS)
def test_redacting_twice_is_redacting_once(opened, level):
    once = redact(opened, level)
    assert written(redact(once, level)) == written(once)


def test_by_way_of_restricted_the_public_sees_the_same(opened):
    assert written(redact(redact(opened, "restricted"), "public")) == written(redact(opened, "public"))


@pytest.mark.parametrize(("before", "after"), [("public", "restricted"), ("public", "internal"),
                                               ("restricted", "internal")])  # fmt: skip
def test_what_is_gone_does_not_come_back(opened, before, after):
    with pytest.raises(OutputError) as caught:
        redact(redact(opened, before), after)
    assert caught.value.key == "level_raised"
    for language in ("sv", "en"):
        assert before in caught.value.say(language)


def test_there_are_three_levels(edition):
    with pytest.raises(OutputError, match="secret"):
        redact(edition, "secret")


def test_a_run_of_open_inputs_alone_still_holds_what_is_internal(opened):
    """Its own level is public, as its inputs' are: what was found of them is not."""
    found = redact(replace(opened, level="public"), "public")
    assert "rings" not in found.tables
    assert "LineString" not in written(found)["projects"]


def test_a_run_and_its_folder_give_the_same(results, tmp_path):
    read = read_edition(write_results(results, tmp_path, pack=False))
    for level in BELOW:
        fresh, again = written(redact(edition_of(results), level)), written(redact(read, level))
        assert fresh.keys() - again.keys() == set()
        for name in ("targets", "projects", "phases", "bill", "corridors", "support", "curve"):
            assert fresh.get(name) == again.get(name), name
        assert fresh["about"] == again["about"]


names = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12)
SECRET = "SECRET-7919"  # noqa: S105


@st.composite
def strange(draw):
    """Return additions that nobody knows: tables, and columns of tables that there are."""
    known = set(load_levels().layers)
    new = draw(st.lists(names.filter(lambda name: name not in known), max_size=3, unique=True))
    added = draw(st.dictionaries(st.sampled_from(sorted(known)), st.lists(names, min_size=1, max_size=3)))
    return new, added, draw(st.sampled_from(["text", "category", "index", "attrs", "geometry"]))


@settings(max_examples=12)
@given(strange(), st.sampled_from(BELOW))
def test_what_nobody_has_named_is_never_seen(opened, what, level):
    new, added, how = what
    held = dict(opened.tables) | {name: pd.DataFrame({"a": [SECRET]}) for name in new}
    for name, columns in added.items():
        if name in held:
            held[name] = add_secret(held[name], load_levels().of(name), columns, how)
    found = redact(replace(opened, tables=held), level)
    assert not set(new) & set(found.tables)
    assert SECRET not in "".join(written(found).values())
    for table in found.tables.values():
        assert not table.attrs
        assert SECRET not in repr(table.index)
        assert not [name for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)]


def add_secret(table, shown, columns, how):
    """Return a table with a secret in columns that nobody has named, or where tables remember such."""
    columns = [name for name in columns if name not in table.columns and shown.lowest(name) == "internal"]
    if how == "category":
        values = pd.Categorical(["open"] * len(table), categories=["open", SECRET])
        return table.assign(**dict.fromkeys(columns, values))
    if how == "geometry":
        return table.assign(**dict.fromkeys(columns, gpd.GeoSeries([Point(1, 1)] * len(table)).to_numpy()))
    if how == "index" and shown.lowest(str(table.index.name)) == "internal":
        return table.set_axis(pd.Index([f"{SECRET}-{i}" for i in range(len(table))], name=table.index.name))
    found = table.assign(**dict.fromkeys(columns, SECRET))
    found.attrs = {"note": SECRET} if how == "attrs" else {}
    return found


keys = st.dictionaries(names, st.just(SECRET) | st.just([SECRET]) | st.just({"a": SECRET}), max_size=4)


@given(keys, st.sampled_from(["", "parameters", "totals", "parameters.coverage", "totals.plan", "versions"]),
       st.sampled_from(BELOW))  # fmt: skip
def test_what_is_said_of_a_run_is_what_has_been_named(opened, extra, place, level):
    about = {**opened.about}
    at = about
    for name in filter(None, place.split(".")):
        at[name] = dict(at.get(name, {}))
        at = at[name]
    named = {key.split(".")[-1] for key in load_levels().about.shown("restricted")} | {"inputs", "totals"}
    at |= {key: value for key, value in extra.items() if key not in named}
    assert SECRET not in repr(redact_about(about, opened.tables, level=level, least=LEAST))


@pytest.mark.parametrize("level", BELOW)
def test_paths_checksums_and_what_a_study_leaves_out_are_not_said(opened, level):
    parameters = {
        **opened.about["parameters"],
        "plan": {"goal": "all", "force": [SECRET], "exclude": [SECRET], "target": "t"},
        "coverage": {"passed_m": 50.0, "networks": {SECRET: SECRET}, "technologies": f"{SECRET}.toml"},
        "layers": {"ducts": {"path": SECRET, "layer": SECRET}},
        "publication": {"publisher": "Testkommunen", "email": "a@b.se"},
    }
    inputs = [{**row, "path": SECRET, "sha256": SECRET, "level": "internal", "source": SECRET,
               "assumption": SECRET} for row in opened.about["inputs"]]  # fmt: skip
    about = {**opened.about, "parameters": parameters, "inputs": inputs, "undrawn": ["elevation"],
             "published": [{"name": "PTS", "path": SECRET, "sha256": SECRET, "source": "PTS", "licence": ""}],
             "counts": {SECRET: 1}, "seconds": {SECRET: 1.0}}  # fmt: skip
    found = redact(replace(opened, about=about), level).about
    assert SECRET not in repr(found)
    assert found["parameters"]["coverage"] == {"passed_m": 50.0}
    assert found["parameters"]["publication"]["publisher"] == "Testkommunen"
    assert found["published"] == [{"name": "PTS", "source": "PTS", "licence": ""}]
    assert [row["layer"] for row in found["inputs"]] == [row["layer"] for row in inputs]
    assert found["undrawn"] == []


def test_rules_are_named_without_where_ones_own_lie(opened):
    own = {"support": {"rules": "C:\\hemligt\\egna.toml"}, "coverage": {"official": "../internt/mål.toml"}}
    about = {**opened.about, "parameters": {**opened.about["parameters"], **own}}
    found = redact_about(about, {}, level="public", least=LEAST)["parameters"]
    assert found["support"] == {"rules": "egna.toml"}
    assert found["coverage"] == {"official": "mål.toml"}


def with_layer(edition, name, table, level="public", layer=None):
    row = {"layer": layer or name, "level": level, "licence": "", "date": "", "modelled": False}
    inputs = [row, *(other for other in edition.about["inputs"] if other["layer"] != row["layer"])]
    return replace(edition, tables={**edition.tables, name: table}, about={**edition.about, "inputs": inputs})


def make_buildings(**columns):
    rows = pd.DataFrame(
        columns, index=pd.Index([f"B{i}" for i in range(len(columns["kind"]))], name="building_id")
    )
    return gpd.GeoDataFrame(
        rows, geometry=[Point(800_000 + i, 7_400_000) for i in range(len(rows))], crs="EPSG:3006"
    )


def test_only_buildings_of_open_kinds_are_named(opened):
    kinds = [*tables.PUBLIC_KINDS, "kvinnojour", "school"]
    numbered = {"kind": kinds, "name": [f"N{i}" for i in range(len(kinds))]}
    flags = [*[False] * (len(kinds) - 1), True]
    table = make_buildings(**numbered, wifi="yes", connection="none", protected=flags)
    for level in BELOW:
        held = with_layer(opened, "public", table, layer="public_buildings")
        found = redact(held, level).table("public")
        assert set(found["kind"]) == {"school", "university", "kindergarten", "library"}
        assert "N" + str(len(kinds) - 1) not in set(found["name"])
        assert ("connection" in found) == (level == "restricted")
        assert found.index.tolist() == list(range(len(found)))


def test_without_the_column_that_tells_kinds_nothing_is_shown(opened):
    table = make_buildings(kind=["school"], name="Skolan").drop(columns="kind")
    assert redact(with_layer(opened, "public_buildings", table), "public").table("public_buildings").empty


@pytest.mark.parametrize("level", ["restricted", "internal"])
def test_inputs_are_shown_as_their_owners_allow(opened, level):
    roads = opened.tables["roads"]
    assert "roads" not in redact(with_layer(opened, "roads", roads, level), "public").tables
    assert "roads" in redact(with_layer(opened, "roads", roads), "public").tables
    unknown = replace(opened, about={**opened.about, "inputs": []})
    assert "roads" not in redact(unknown, "restricted").tables
    # One of several files is enough to keep the layer in the house.
    both = with_layer(with_layer(opened, "roads", roads, level, layer="roads 2"), "roads", roads)
    assert "roads" not in redact(both, "public").tables


def test_a_studys_own_areas_follow_their_layer_in_every_table(opened):
    zones = opened.zones
    own = zones.iloc[[0]].set_axis(["area:SECRET"]).rename_axis("zone_id").assign(kind="area", name="SECRET")
    targets = opened.tables["targets"]
    of_own = targets.iloc[:3].assign(zone_id="area:SECRET", zone_kind="area", zone_name="SECRET")
    held = {**opened.tables, "zones": gpd.GeoDataFrame(pd.concat([zones, own]), crs=zones.crs),
            "targets": pd.concat([targets, of_own], ignore_index=True).rename_axis("row")}  # fmt: skip
    public, restricted = (redact(replace(opened, tables=held), level) for level in BELOW)
    assert "SECRET" not in "".join(written(public).values())
    assert "area" in set(restricted.table("zones")["kind"])
    assert "area" in set(restricted.table("targets")["zone_kind"])


def test_row_numbers_do_not_tell_how_many_operators_there_are(opened):
    keys = {"zone_kind": "study", "zone_id": "study", "zone_name": "S", "technology": "", "use": "hand",
            "level": "call", "of": "homes", "road_class": "", "unit": "count"}  # fmt: skip
    counts = {"base": 100.0, "reached": 50.0, "share": 0.5}
    rows = [{**keys, **counts, "operator": name} for name in ("A", "B", "", "C")]
    mobile = pd.DataFrame(rows).rename_axis("row")
    found = redact(replace(opened, tables={**opened.tables, "mobile": mobile}), "public").table("mobile")
    assert found.index.tolist() == [0]
    assert found["operator"].tolist() == [""]


def test_ducts_that_are_there_are_told_as_ducts(opened):
    bill = opened.tables["bill"]
    leased = bill.assign(item=["leased_duct" if i % 2 else "own_duct" for i in range(len(bill))])
    for level in BELOW:
        found = redact(replace(opened, tables={**opened.tables, "bill": leased}), level)
        assert set(found.table("bill")["item"]) == {"duct"}
        assert found.table("bill")["cost_sek"].sum() == bill["cost_sek"].sum()
        assert [row["item"] for row in found.about["totals"]["plan"]["bill"]] == ["duct"]
        assert "metres_by_method" not in found.about["totals"]["plan"]


def test_the_public_bill_has_a_row_an_item_and_the_same_sum(opened):
    found = redact(opened, "public").table("bill")
    assert found["item"].is_unique
    assert found["cost_sek"].sum() == opened.tables["bill"]["cost_sek"].sum()
    assert set(found.columns) == {"item", *tables.MONEY, "material_sek", "labour_sek"}
    assert fold_ducts(pd.DataFrame({"a": [1]}))["a"].tolist() == [1]


def test_support_is_told_of_the_whole_plan(opened):
    support = opened.tables["support"]
    found = redact(opened, "public").table("support")
    assert found.index.tolist() == ["plan"]
    assert found.loc["plan", "support_sek"] == support["support_sek"].sum()
    assert found.loc["plan", "per_building_sek"] == support["support_sek"].sum() / support["eligible"].sum()


def make_projects(counts):
    rows = pd.DataFrame(counts, columns=["phase", "premises", "households", "workplaces"])
    rows = rows.assign(cost_low_sek=1, cost_sek=2, cost_high_sek=3, cost_per_household_sek=4.0)
    return rows.set_axis(pd.Index([f"P{i}" for i in range(len(rows))], name="project_id"))


count = st.integers(0, 12)
projects = st.lists(st.tuples(st.integers(1, 3), count, count, count), min_size=1, max_size=9)


@settings(max_examples=60)
@given(projects)
def test_no_small_number_of_a_project_or_phase_can_be_worked_out(counts):
    table = make_projects(counts)
    people = ["premises", "households", "workplaces"]
    phases = table.groupby("phase")[people].sum()
    found = hide_plan({"projects": table, "phases": phases.assign(cost_sek=1)}, least=LEAST)
    if "projects" not in found:
        # Too few in all, or of which all are few.
        assert any(told_by_the_whole(table[column]) for column in people)
        return
    for column in people:
        told, of_phase = found["projects"][column], found["phases"][column]
        for place in np.flatnonzero((table[column] > 0) & (table[column] < LEAST)):
            assert pd.isna(told.iloc[place])
            assert find_range(table, told, of_phase, column, place) == (True, True)
    blank = found["projects"]["households"].isna()
    assert found["projects"].loc[blank, "cost_sek"].isna().all()


def told_by_the_whole(values):
    filled = values[values > 0]
    return len(filled) > 0 and (filled < LEAST).any() and filled.sum() - len(filled) + 1 < 2 * LEAST


def find_range(table, told, of_phase, column, place):
    """Return whether a hidden number could be 1, and ``least - 1``, by all that is told: linear bounds."""
    value = table[column].to_numpy()
    free = told.isna().to_numpy()
    variables = np.flatnonzero(free)
    rows, sums = [np.ones(len(variables))], [value.sum() - value[~free].sum()]
    for phase, whole in of_phase.items():
        inside = (table["phase"] == phase).to_numpy()
        if not pd.isna(whole):
            rows.append(inside[variables].astype(float))
            sums.append(value[inside].sum() - value[inside & ~free].sum())
    goal = (variables == place).astype(float)
    ends = [linprog(sign * goal, A_eq=np.array(rows), b_eq=sums, bounds=(0, None)).fun for sign in (1, -1)]
    return ends[0] <= 1.0 + 1e-6, -ends[1] >= LEAST - 1 - 1e-6


@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("abc")), max_size=12))
def test_what_is_hidden_stays_hidden_and_large_numbers_alone_hide_nothing(rows):
    table = pd.DataFrame(rows, columns=["count", "group"]).astype({"count": "int64", "group": "str"})
    hidden, groups, safe = find_secret(table[["count"]], table["group"], least=LEAST)
    small = (table["count"] > 0) & (table["count"] < LEAST)
    assert hidden[small.to_numpy()].all()
    if not small.any() and (
        table["count"].sum() == 0 or table.groupby("group")["count"].sum().ge(LEAST).all()
    ):
        assert not hidden.any()
        assert not groups
        assert safe


def test_a_plan_for_a_few_tells_no_numbers(opened):
    table = make_projects([(1, 2, 2, 0)])
    found = hide_plan(
        {"projects": table, "bill": table, "support": table, "alternatives": table, "phases": table}
    )
    assert found == {}


def test_areas_alone_in_being_small_take_another_with_them(opened):
    areas = opened.tables["white_spot_areas"].iloc[:1]
    counts = {"premises": [3, 9, 8, 20], "households": [3, 9, 8, 20], "workplaces": 0}
    several = pd.concat([areas] * 4, ignore_index=True).assign(**counts)
    several = gpd.GeoDataFrame(several, crs=areas.crs).rename_axis("white_spot_id")
    several.index = several.index.map(lambda i: f"W{i}")
    found = redact(replace(opened, tables={**opened.tables, "white_spot_areas": several}), "public")
    assert found.table("white_spot_areas")["suppressed"].tolist() == [True, False, True, False]


def test_a_curve_has_no_step_of_a_few(opened):
    found = redact(opened, "public").table("curve")
    before = opened.tables["curve"]
    assert (found["step_units"] >= LEAST).all()
    assert found["step_units"].sum() == found["units"].iloc[-1]
    assert (
        found["cost_sek"].iloc[-1]
        == before.loc[before["units"] == found["units"].iloc[-1], "cost_sek"].iloc[0]
    )
    assert found["step_sek"].sum() == found["cost_sek"].iloc[-1]
    assert (found["per_unit_sek"] == found["step_sek"] / found["step_units"]).all()


def test_small_totals_are_not_said(opened):
    totals = {
        **opened.about["totals"],
        "white_spots": {"premises": 3, "households": 40, "workplaces": 0, "areas": 2},
    }
    found = redact(replace(opened, about={**opened.about, "totals": totals}), "public").about["totals"]
    assert found["white_spots"] == {"premises": None, "households": 40, "workplaces": 0, "areas": 2}
    assert found["plan"]["unserved"]["premises"] is None


@pytest.mark.parametrize("level", BELOW)
def test_offers_to_those_not_reached_are_told_in_sums_that_tell_nobody_few(opened, level):
    counts = {"fibre": 9, "satellite": 40, "radio": 12, "none": 3}
    names = [name for name, count in counts.items() for _ in range(count)]
    technology = pd.DataFrame({"technology": names, "households": 1, "workplaces": 0})
    given = replace(opened, tables={**opened.tables, "technology": technology})
    found = redact(given, level)
    told = ["satellite"] if level == "public" else ["none", "radio", "satellite"]
    # All are known to be 55: the three without would be the difference, were radio told.
    assert found.about["totals"]["plan"]["offers"] == {
        name: {"premises": counts[name], "households": counts[name], "workplaces": 0} for name in told
    }
    assert "technology" not in found.tables
    assert (
        redact(redact(given, "restricted"), "public").about["totals"]
        == redact(given, "public").about["totals"]
    )


def test_the_public_is_told_the_range_of_the_whole_plans_cost_and_of_no_project(opened):
    found, whole = redact(opened, "public"), opened.table("risk").loc["plan"]
    plan = found.about["totals"]["plan"]
    assert (plan["p10_sek"], plan["p90_sek"]) == (whole["p10_sek"], whole["p90_sek"])
    assert "risk" not in found.tables
    assert "risk" not in plan


def test_the_studys_own_least_is_heeded_at_each_step(opened):
    parameters = {**opened.about["parameters"], "zones": {"least": 40}}
    strict = replace(opened, about={**opened.about, "parameters": parameters})
    found = redact(redact(strict, "restricted"), "public")
    targets = found.table("targets")
    assert targets["base"].dropna().ge(40).all()
    assert written(found) == written(redact(strict, "public"))


def test_what_small_counts_cannot_be_hidden_in_is_not_shown(opened):
    held = {**opened.tables, "targets": opened.tables["targets"].drop(columns="missing")}
    assert "targets" not in redact(replace(opened, tables=held), "public").tables
    assert "targets" in redact(replace(opened, tables=held), "restricted").tables


def test_an_edition_without_a_plan_or_rows(opened):
    nothing = {name: table.iloc[:0] for name, table in opened.tables.items()}
    for level in BELOW:
        found = redact(replace(opened, tables=nothing), level)
        assert all(table.empty for table in found.tables.values())
        assert redact(replace(opened, tables={}), level).tables == {}


def test_bands_that_are_not_ours_are_not_believed(opened):
    fake = gpd.GeoDataFrame({"year": [2027]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:3006").rename_axis(
        "phase"
    )
    found = redact(replace(opened, tables={**opened.tables, "corridors": fake}), "public").shapes("corridors")
    assert not found.intersects(box(0, 0, 1, 1)).any()
    assert found.covers(opened.tables["routes"].query("kind != 'drop'").union_all()).any() or len(found) > 1
