"""What people measure and say in the demo, and where its copper ends."""

import numpy as np
import pytest
import shapely

from infraplan.demo import build, write
from infraplan.demo.norrbotten import read_norrbotten
from infraplan.layers import read_study
from infraplan.layers.published import read_published


def test_what_is_added_moves_nothing_else(tmp_path):
    one, other = (build(seed=2026)["connected"] for _ in range(2))
    assert one.equals(other)
    assert one["status"].value_counts().to_dict() == {"connected": 462, "orderable": 66}


def test_only_what_can_be_ordered_has_a_price_and_some_is_too_dear():
    connected = build(seed=2026)["connected"]
    orderable = connected["status"] == "orderable"
    assert connected.loc[orderable, "price_sek"].gt(0).all()
    assert connected.loc[~orderable, "price_sek"].isna().all()
    assert 0 < (connected["price_sek"] > 40_000).sum() < orderable.sum() / 4


def test_the_drive_test_is_weaker_than_the_maps_now_and_then():
    tables = build(seed=2026)
    tests, maps = tables["measurements"], tables["mobile_coverage"]
    declared = np.zeros(len(tests))
    for row in maps.itertuples():
        inside = shapely.intersects(tests.geometry.to_numpy(), row.geometry)
        mine = inside & (tests["operator"] == row.operator).to_numpy()
        declared[mine] = np.maximum(declared[mine], row.down_mbps)
    there = declared > 0
    wrong = (tests["down_mbps"].to_numpy() < declared)[there].mean()
    assert abs(wrong - read_norrbotten().model["measured"]["wrong_yes"]) < 0.06
    assert tests["no_service"].eq(tests["down_mbps"] < 1).all()


def test_observations_of_missing_service_are_about_premises_with_an_offer():
    tables = build(seed=2026)
    seen = tables["observations"]
    missing = seen[seen["says"].isin(["no_service", "too_slow"])]
    assert missing["premises_id"].isin(tables["connected"]["premises_id"]).all()
    assert (seen.loc[seen["says"] == "no_mobile", "premises_id"] == "").all()


def test_main_roads_have_their_numbers():
    roads = build(seed=2026)["roads"]
    assert {"E10", "98"} & set(roads["road_number"])
    assert not roads["road_number"].str.contains("vägen").any()


def test_published_shares_go_into_the_folder(tmp_path):
    study = read_study(write(tmp_path / "demo", municipality="2523", language="sv"))
    assert [part.name for part in study.indicators] == ["Handla och arbeta hemifrån"]
    text = (tmp_path / "demo" / "published.csv").read_text("utf-8")
    assert text.count("2523,Gällivare") == 7


@pytest.mark.parametrize(("municipality", "rows"), [("2513", 1), ("2521", 0), ("2581", 0)])
def test_a_municipality_of_which_nothing_is_published_has_no_table(tmp_path, municipality, rows):
    study = read_study(write(tmp_path / "demo", municipality=municipality))
    published, faults = read_published(study)
    assert len(study.published) == bool(rows)
    assert (tmp_path / "demo" / "published.csv").exists() == bool(rows)
    assert published["share"].notna().sum() == rows
    assert not (faults["severity"] == "error").any()
