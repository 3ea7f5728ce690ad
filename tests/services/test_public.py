import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan import read_study, tables
from infraplan.bundled import bundled
from infraplan.config import StudyInfo
from infraplan.demand import assign_zones, build_premises, build_zones
from infraplan.demo import build
from infraplan.layers import read_layers
from infraplan.layers.public_kinds import fold, read_public_kinds
from infraplan.services import evaluate_public, find_kinds
from infraplan.services.public import find_premises

NOBODY = tables.empty(tables.MOBILE_PREMISES)


def make_service(rows, **columns):
    """Return service from rows of (premises_id, status, technology, down_mbps, operator)."""
    table = pd.DataFrame(rows, columns=["premises_id", "status", "technology", "down_mbps", "operator"])
    table = table.astype(
        {
            "premises_id": "str",
            "status": "str",
            "technology": "str",
            "down_mbps": "float64",
            "operator": "str",
        }
    )
    blank = {"evidence": "declared", "planned_by": "", "observation": ""}
    table = table.assign(
        up_mbps=np.nan, decided=True, reliable=True, price_sek=np.nan, distance_m=np.nan, **blank
    )
    return table.rename_axis("row")


@pytest.fixture(scope="module")
def evaluate(make):
    def run(premises, buildings=None, service=(), mobile=NOBODY, study=None, **more):
        study = study or make.study()
        named = more.pop("named", {})
        layers = make.layers(**named, **({} if buildings is None else {"public_buildings": buildings}))
        zones, membership = make.zones(layers, study, premises)
        given = make_service(list(service))
        public, shares, faults = evaluate_public(
            premises, membership, zones, layers, given, mobile, study, **more
        )
        tables.check(public, tables.PUBLIC, crs=make.crs)
        tables.check(shares, tables.PUBLIC_SHARES)
        tables.check(faults, tables.FAULTS, crs=make.crs)
        return public, shares, dict(zip(faults["rule"], faults["values"], strict=True))

    return run


@pytest.fixture(scope="module")
def buildings(make):
    def run(kinds, xy, ids=None, **columns):
        shapes = [shapely.Point(p) if isinstance(p, tuple) else p for p in xy]
        return make.layer("public_buildings", shapes, ids, kind=list(kinds), **columns)

    return run


def share(shares, kind, zone="study"):
    (row,) = shares[(shares["kind"] == kind) & (shares["zone_id"] == zone)].to_dict("records")
    return row


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hälsocentral", "health_centre"),
        ("Hälsocentral ", "health_centre"),
        ("VÅRDCENTRAL", "health_centre"),
        ("filial", "health_centre"),
        ("Förskola", "kindergarten"),
        ("Särskilt  boende", "care_home"),
        ("LSS", "group_home"),
        ("HVB-hem", "youth_home"),
        ("Häkte", "prison"),
        ("anstalt/häkte", "prison"),
        ("Kommunhus", "town_hall"),
        ("Allmännyttan", "public_housing"),
        ("skyddat boende", "protected_housing"),
        ("servicepunkt (vård)", "other"),
        ("servicepunkt", ""),
        ("fire-station", "fire_station"),
        ("", ""),
    ],
)
def test_words_of_the_region_are_kinds(text, kind):
    assert find_kinds(pd.Series([text], dtype="str")).tolist() == [kind]


def test_every_kind_has_words_and_no_word_means_two():
    raw = tomllib.loads(bundled("rules", "public-kinds-2026.toml").read_text("utf-8"))
    assert set(raw["words"]) == set(tables.PUBLIC_KINDS)
    words = [(fold(word), kind) for kind, listed in raw["words"].items() for word in listed]
    meant = pd.DataFrame(words, columns=["word", "kind"]).groupby("word")["kind"].nunique()
    assert meant[meant > 1].index.tolist() == []
    assert not read_public_kinds().doubtful & set(read_public_kinds().known)


def test_each_building_has_the_connection_of_its_own_premises(make, evaluate, buildings):
    premises = make.premises([(0, 0), (100, 0), (200, 0), (300, 0)])
    rows = buildings(
        ["school", "library", "LSS", "äldreboende"], [(3, 0), (100, 4), (200, 0), (300, 0)], "abcd"
    )
    service = [
        ("h0", "connected", "cable", 500.0, "Kabel"),
        ("h0", "connected", "fibre", 250.0, "Stadsnät"),
        ("h0", "connected", "mobile", 900.0, "Radio"),
        ("h1", "connected", "vdsl", np.nan, "Koppar"),
        ("h1", "orderable", "fibre", 1000.0, ""),
        ("h2", "planned", "fibre", 1000.0, "Sen"),
        ("h2", "passed_estimated", "fibre", 1000.0, "Stadsnät"),
    ]
    public, shares, told = evaluate(premises, rows, service)
    assert public["premises_id"].tolist() == ["h0", "h1", "h2", "h3"]
    assert public["connection"].tolist() == ["fibre", "other", "none", "none"]
    assert public["orderable"].tolist() == ["none", "fibre", "none", "none"]
    assert public["down_mbps"].fillna(-1).tolist() == [900.0, -1.0, -1.0, -1.0]
    assert public["fixed_operators"].tolist() == ["Kabel, Stadsnät", "Koppar", "Stadsnät", ""]
    assert public["without_fibre"].tolist() == [False, False, True, True]
    assert told == {}
    assert share(shares, "housing") | {"zone_name": ""} == {
        "zone_id": "study",
        "zone_name": "",
        "zone_kind": "study",
        "kind": "housing",
        "buildings": 2,
        "fibre": 0,
        "fibre_orderable": 0,
        "wifi": 0,
        "wifi_unknown": 2,
        "mobile": 0,
        "share": 0.0,
    }
    assert share(shares, "library")["fibre_orderable"] == 1
    assert np.isnan(share(shares, "multi_dwelling")["share"])


def test_service_by_categories_tells_the_same(make, evaluate, buildings):
    premises = make.premises([(0, 0), (100, 0)])
    rows = buildings(["school", "library"], [(3, 0), (100, 4)])
    service = [
        ("h1", "connected", "fibre", 250.0, "B"),
        ("h1", "orderable", "cable", 50.0, "A"),
        ("x", "connected", "fibre", 1.0, "C"),
    ]
    plain, _, _ = evaluate(premises, rows, service)
    texts = ["premises_id", "status", "technology", "operator"]
    table = make_service(service).astype(dict.fromkeys(texts, "category"))
    layers = make.layers(public_buildings=rows)
    zones, membership = make.zones(layers, make.study(), premises)
    coded, _, _ = evaluate_public(premises, membership, zones, layers, table, NOBODY, make.study())
    pd.testing.assert_frame_equal(plain, coded)
    assert coded["fixed_operators"].tolist() == ["", "A, B"]


def test_blocks_of_flats_are_buildings_unless_the_layer_has_them(make, evaluate, buildings):
    premises = make.premises(
        [(0, 0), (100, 0), (200, 0)], kind=["multi", "multi", "single"], households=[8, 12, 1]
    )
    rows = buildings(["hyreshus", "allmännytta"], [(2, 0), (98, 0)], ["h1", "b"])
    public, shares, _ = evaluate(premises, rows, [("h1", "connected", "fibre", 100.0, "S")])
    assert public.index.tolist() == ["h1", "b", "h1:multi_dwelling"]
    assert public["kind"].tolist() == ["multi_dwelling", "public_housing", "multi_dwelling"]
    assert public["premises_id"].tolist() == ["h0", "h1", "h1"]
    assert public["households"].tolist() == [8, 12, 12]
    assert public["without_fibre"].tolist() == [True, False, False]
    assert share(shares, "multi_dwelling")["share"] == 0.5
    assert share(shares, "housing")["share"] == 1.0


def test_of_equally_near_premises_the_lowest_id_is_meant_whatever_the_order(make, evaluate, buildings):
    for ids in (["b", "a"], ["a", "b"]):
        premises = make.premises([(0, 0), (20, 0)], ids)
        public, _, _ = evaluate(premises, buildings(["school", "school"], [(10, 0), (10, 5)]))
        assert public["premises_id"].tolist() == ["a", "a"]


def test_match_m_itself_is_near_and_the_next_is_not(make, evaluate, buildings):
    public, _, told = evaluate(make.premises([(0, 0)]), buildings(["school"] * 2, [(25, 0), (25.01, 0)]))
    assert public["premises_id"].tolist() == ["h0", ""]
    assert public["connection"].tolist() == ["unknown", "unknown"]
    assert told["public_no_premises"] == {"count": 1}


def test_a_large_building_is_the_premises_inside_it_nearest_to_its_middle(make, evaluate, buildings):
    premises = make.premises([(90, 50), (60, 50), (101, 50)])
    public, _, _ = evaluate(premises, buildings(["sjukhus"], [shapely.box(0, 0, 100, 100)]))
    assert public["premises_id"].tolist() == ["h1"]
    assert public.geometry.iloc[0].geom_type == "Point"


def test_the_premises_that_a_list_names_counts_before_the_nearest(make, evaluate, buildings):
    premises = make.premises([(0, 0), (500, 0)])
    rows = buildings(["school", "school"], [(0, 0), (0, 0)], premises_id=["h1", "h9"])
    public, _, told = evaluate(premises, rows)
    assert public["premises_id"].tolist() == ["h1", "h0"]
    assert told["public_premises_unknown"] == {"count": 1}


def test_protected_buildings_are_protected_by_flag_or_kind_and_in_no_share(make, evaluate, buildings):
    premises = make.premises([(0, 0), (100, 0), (200, 0)])
    kinds, places = ["school", "kvinnojour", "care_home"], [(0, 0), (100, 0), (200, 0)]
    rows = buildings(kinds, places, "skc", protected=[True, False, False])
    public, shares, told = evaluate(premises, rows)
    assert public["protected"].to_dict() == {"s": True, "k": True, "c": False}
    assert public["kind"].tolist() == ["school", "protected_housing", "care_home"]
    assert set(shares["kind"]) == {"care_home", "housing", "multi_dwelling"}
    assert share(shares, "housing")["buildings"] == 1
    assert told["public_protected"] == {"count": 2}


def test_kinds_that_nobody_knows_are_other_and_told_with_the_nearest(make, evaluate, buildings):
    kinds = ["hälsocentrl", "hälsocentrl", "rymdbas", "Servicepunkt", "<b>'; DROP"]
    premises = make.premises([(0, 0)])
    public, shares, _ = evaluate(premises, buildings(kinds, [(0, 0)] * 5))
    assert set(public["kind"]) == {"other"}
    assert share(shares, "other")["buildings"] == 5
    layers = make.layers(public_buildings=buildings(kinds, [(0, 0)] * 5))
    zones, membership = make.zones(layers, make.study(), premises)
    _, _, faults = evaluate_public(
        premises, membership, zones, layers, make_service([]), NOBODY, make.study()
    )
    told = {
        (rule, values.get("kind", "")): values
        for rule, values in zip(faults["rule"], faults["values"], strict=True)
    }
    assert told["public_kind_near", "hälsocentrl"] == {
        "kind": "hälsocentrl",
        "count": 2,
        "near": "health_centre",
    }
    assert told["public_kind_ambiguous", "Servicepunkt"]["count"] == 1
    assert told["public_kind_unknown", ""] == {"count": 2, "kinds": "<b>'; DROP (1), rymdbas (1)"}


def test_a_column_that_holds_no_kinds_is_told_in_one_line(make, evaluate, buildings):
    kinds = [f"q{i}x{i * 7919}" for i in range(400)]
    public, _, told = evaluate(make.premises([(0, 0)]), buildings(kinds, [(0, 0)] * 400))
    assert len(public) == 400
    assert told["public_kind_unknown"]["count"] == 400
    assert told["public_kind_unknown"]["kinds"].endswith(", …")
    assert len(told["public_kind_unknown"]["kinds"]) < 500


def test_a_protected_building_of_unknown_kind_is_not_named(make, evaluate, buildings):
    _, _, told = evaluate(make.premises([(0, 0)]), buildings(["Hemligt hus"], [(0, 0)], protected=[True]))
    assert "Hemligt" not in str(told)


def test_mobile_operators_come_by_building_or_premises(make, evaluate, buildings):
    premises = make.premises([(0, 0), (100, 0)])
    mobile = pd.DataFrame(
        {"operators": [2, 0], "call_operators": [2, 1], "mobile_mbps": [30.0, 0.0]}, index=premises.index
    )
    rows = buildings(["school"] * 3, [(0, 0), (100, 0), (900, 0)], "abc")
    public, shares, _ = evaluate(premises, rows, mobile=mobile)
    assert public["mobile_operators"].tolist() == ["", "", ""]
    assert share(shares, "school")["mobile"] == 1
    operators = pd.Series({"h0": "Tele, Vodka", "h1": "Tele", "b": "", "c": "Vodka"})
    public, shares, _ = evaluate(premises, rows, mobile=mobile, mobile_operators=operators)
    assert public["mobile_operators"].tolist() == ["Tele, Vodka", "", "Vodka"]
    assert share(shares, "school")["mobile"] == 2
    # What is known of the building itself counts, whatever reaches the premises that it is.
    own = pd.concat([pd.Series({"a": ""}), operators.drop("c")])
    _, shares, _ = evaluate(premises, rows, mobile=mobile, mobile_operators=own)
    assert share(shares, "school")["mobile"] == 0


def test_buildings_without_premises_belong_to_the_zones_in_which_they_lie(make, evaluate, buildings):
    both = make.layer(
        "municipalities",
        [shapely.box(-500, -500, 500, 500), shapely.box(500, -500, 9000, 500)],
        ["2513", "2514"],
        code=["2513", "2514"],
    )
    premises = make.premises([(0, 0), (600, 0)], municipality=["2513", "2514"])
    rows = buildings(["school"] * 3, [(0, 0), (8000, 0), (99_000, 0)], wifi=["yes", "no", "unknown"])
    public, shares, _ = evaluate(premises, rows, named={"municipalities": both})
    assert public["municipality"].tolist() == ["2513", "2514", ""]
    assert public["settlement_class"].tolist() == ["outside"] * 3
    assert share(shares, "school", "municipality:2513")["wifi"] == 1
    assert share(shares, "school", "municipality:2514")["buildings"] == 1
    assert share(shares, "school")["buildings"] == 3


def test_nothing_connected_is_not_known_and_nothing_at_all_is_empty(make, evaluate, buildings):
    premises = make.premises([(0, 0)])
    public, shares, told = evaluate(
        premises, buildings(["LSS"], [(0, 0)]), [("h0", "orderable", "fibre", 1.0, "S")]
    )
    assert np.isnan(share(shares, "group_home")["share"])
    assert public[["connection", "orderable"]].iloc[0].tolist() == ["unknown", "fibre"]
    assert public["without_fibre"].tolist() == [True]
    assert told["public_no_connected"] == {"count": 1}
    public, shares, told = evaluate(premises)
    assert (len(public), len(shares), told) == (0, 0, {})
    area = make.layer("municipalities", [shapely.box(-50, -50, 50, 50)], ["2513"], code=["2513"])
    lone = buildings(["LSS"], [(0, 0)])
    public, shares, _ = evaluate(premises.iloc[:0], lone, named={"municipalities": area})
    assert share(shares, "housing", "municipality:2513")["buildings"] == 1
    assert public["premises_id"].tolist() == [""]


def test_a_building_without_place_is_where_its_premises_is_or_set_aside(make, evaluate, buildings):
    rows = buildings(["school"] * 3, [(0, 0)] * 3, "abc", premises_id=["h0", "", "nix"])
    rows = rows.set_geometry(gpd.GeoSeries([None, shapely.Point(), None], index=rows.index, crs=make.crs))
    public, _, told = evaluate(make.premises([(7, 7)]), rows)
    assert public.index.tolist() == ["a"]
    assert public.geometry.iloc[0].equals(make.move(shapely.Point(7, 7)))
    assert told["public_no_place"] == {"count": 2}


PLACE = st.tuples(st.integers(0, 60), st.integers(0, 60))


@given(st.lists(PLACE, max_size=6), st.lists(PLACE, max_size=6), st.permutations(range(6)))
def test_each_building_is_the_nearest_premises_within_reach(homes, houses, order):
    ids = [f"h{i}" for i in order[: len(homes)]]
    premises = gpd.GeoDataFrame(index=ids, geometry=[shapely.Point(p) for p in homes])
    shapes = np.array([shapely.Point(p) for p in houses], dtype=object)
    found = [ids[at] if at >= 0 else "" for at in find_premises(shapes, premises, reach_m=25.0)]
    for (x, y), name in zip(houses, found, strict=True):
        far = [((x - a) ** 2 + (y - b) ** 2, own) for own, (a, b) in zip(ids, homes, strict=True)]
        nearest = min(far, default=(np.inf, ""))
        assert name == (nearest[1] if nearest[0] <= 25**2 else "")


@pytest.fixture(scope="module")
def demo():
    return build(municipality="2513", language="en")


def test_the_demo_has_its_buildings_each_at_its_premises(make, demo):
    study = make.study().model_copy(update={"study": StudyInfo(name="Demo", year=2026, language="en")})
    rows = demo["public_buildings"].set_axis([f"P{i}" for i in range(len(demo["public_buildings"]))])
    rows = rows.assign(premises_id="", protected=False)
    layers = make.layers(
        premises=demo["premises"],
        municipalities=demo["municipalities"].reset_index(),
        localities=demo["localities"].reset_index(),
        public_buildings=rows,
    )
    zones, _ = build_zones(layers, study)
    premises, _ = build_premises(layers, zones, study)
    connected = demo["connected"][demo["connected"]["status"] == "connected"]
    service = make_service(
        [(row.premises_id, row.status, row.technology, 1000.0, "x") for row in connected.itertuples()]
    )
    public, shares, told = evaluate_public(
        premises, assign_zones(premises, zones), zones, layers, service, NOBODY, study
    )
    listed = public[public["source"] == "public_buildings"]
    assert listed["kind"].value_counts().to_dict() == rows["kind"].value_counts().to_dict()
    assert (listed["premises_id"] != "").all()
    assert (premises.loc[listed["premises_id"], "kind"] == "public").all()
    flats = public[public["kind"] == "multi_dwelling"]
    assert len(flats) == (premises["kind"] == "multi").sum()
    fibre = set(connected.loc[connected["technology"] == "fibre", "premises_id"])
    assert flats["without_fibre"].sum() == len(set(flats["premises_id"]) - fibre)
    assert share(shares, "multi_dwelling")["fibre"] == len(set(flats["premises_id"]) & fibre)
    assert set(told["rule"]) == set()


@pytest.mark.slow
def test_andorra_has_the_buildings_that_were_counted(shared_data, tmp_path):
    found = "\n".join(
        f'[layers.{name}]\npath = "{(shared_data / "andorra" / "andorra.osm.pbf").as_posix()}"'
        for name in ("buildings", "public_buildings")
    )
    (tmp_path / "study.toml").write_text(
        f'[study]\nname = "Andorra"\ncrs = "EPSG:25831"\nyear = 2021\n{found}\n', "utf-8"
    )
    study = read_study(tmp_path / "study.toml")
    layers = read_layers(study)
    zones, _ = build_zones(layers, study)
    premises, _ = build_premises(layers, zones, study)
    public, _, _ = evaluate_public(
        premises, assign_zones(premises, zones), zones, layers, make_service([]), NOBODY, study
    )
    listed = public[public["source"] == "public_buildings"]
    assert len(listed) == len(layers.tables["public_buildings"])
    counts = listed["kind"].value_counts()
    assert counts[["school", "library", "town_hall"]].to_dict() == {
        "school": 13,
        "library": 5,
        "town_hall": 6,
    }
    assert counts["hospital"] == 8
