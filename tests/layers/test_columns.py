from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.errors import LayerError
from infraplan.layers.read import Layers


def write(folder: Path, **columns: list[object]) -> Path:
    """Write points 10 m apart with some columns."""
    count = len(next(iter(columns.values())))
    places = shapely.points(828_000 + 10.0 * np.arange(count), 7_288_000.0)
    path = folder / "t.parquet"
    gpd.GeoDataFrame(
        {name: pd.Series(cells) for name, cells in columns.items()}, geometry=places, crs=3006
    ).to_parquet(path)
    return path


def rules(layers: Layers) -> dict[str, list[str]]:
    return layers.faults.groupby("rule")["feature_id"].agg(list).to_dict()


def test_columns_are_found_by_the_study_or_by_their_own_name(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, ANTAL_HUSH=[1, 2], Workplaces=[3, 4], STATUS=["a", "b"])
    table = read(premises={"path": path, "columns": {"households": "antal_hush"}}).tables["premises"]
    assert table["households"].tolist() == [1, 2]
    assert table["workplaces"].tolist() == [3, 4]
    assert list(table.columns) == ["households", "workplaces", "kind", "STATUS", "geometry"]


def test_defaults_are_recorded(tmp_path: Path, read: Callable[..., Layers]) -> None:
    layers = read(premises={"path": write(tmp_path, kind=["multi", None])})
    assert layers.sources.loc["premises", "defaults"] == ("households", "workplaces")
    assert layers.tables["premises"]["kind"].tolist() == ["multi", "single"]
    assert layers.tables["premises"]["households"].isna().all()


def test_a_column_that_is_not_there_is_named_with_the_nearest(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, ANTAL_HUSHALL=[1], x=[2])
    with pytest.raises(LayerError) as caught:
        read(premises={"path": path, "columns": {"households": "ANTAL_HUSH"}})
    for part in (str(path), "[layers.premises] columns.households", "'ANTAL_HUSH'", "'ANTAL_HUSHALL'", "x"):
        assert part in str(caught.value)
    with pytest.raises(LayerError, match=r"\[layers.premises\] where"):
        read(premises={"path": path, "where": {"STATUS": ["x"]}})


def test_a_column_of_words_is_no_column_of_numbers(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, ort=["Älvsbyn"] * 9 + [""], hus=["villa"] * 10, few=["<5"] * 9 + ["7"])
    said = r"of 10 values in the column 'hus' none is a number, as 'villa'.*columns.households"
    with pytest.raises(LayerError, match=said):
        read(premises={"path": path, "columns": {"households": "hus"}})
    for column in ("ort", "few"):
        layers = read(premises={"path": path, "columns": {"households": column}})
        assert len(rules(layers)["not_a_number"]) == 9


def test_names_that_a_shapefile_cut_short_are_known(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, premises_i=["A", "B"], households=[1, 2])
    assert list(read(premises={"path": path}).tables["premises"].index) == ["A", "B"]


def test_a_file_of_which_nothing_is_left_is_remarked_on(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, STATUS=["gällande", "reserverad"])
    layers = read(addresses={"path": path, "where": {"status": ["Gällande"]}})
    assert rules(layers) == {"nothing_kept": [""]}
    assert layers.faults["values"].iloc[0] == {
        "count": 2,
        "column": "status",
        "found": "gällande, reserverad",
    }
    (tmp_path / "c.csv").write_text("premises_id;down_mbps\n")
    assert rules(read(connected={"path": tmp_path / "c.csv"})) == {"no_rows": [""]}


def test_a_required_column_is_asked_for(tmp_path: Path, read: Callable[..., Layers]) -> None:
    with pytest.raises(LayerError, match=r"column 'kind'.*\[layers.public_buildings\] columns.*amenity"):
        read(public_buildings={"path": write(tmp_path, amenity=["school"])})
    layers = read(public_buildings={"path": write(tmp_path, kind=["school", "", None])})
    assert rules(layers) == {"missing_value": ["public_buildings-2", "public_buildings-3"]}
    assert layers.counts.loc["public_buildings", "used"] == 1


def test_values_are_translated_and_strangers_get_the_default(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, andamal=["Bostad;Flerfamiljshus", "MULTI", "Kiosk", "133", None])
    values = {"kind": {"Bostad;Flerfamiljshus": "multi", "133": "public"}}
    layers = read(premises={"path": path, "columns": {"kind": "andamal"}, "values": values})
    assert layers.tables["premises"]["kind"].tolist() == ["multi", "multi", "single", "public", "single"]
    assert rules(layers) == {"unknown_value": ["premises-3"]}
    assert layers.faults["values"].iloc[0]["value"] == "Kiosk"
    assert layers.counts.loc["premises"].tolist() == [5, 0, 1, 0, 5]


@pytest.mark.parametrize("kept", [["Gällande"], ["Gällande", "Ny"]])
def test_where_leaves_rows_out_and_counts_them(
    tmp_path: Path, read: Callable[..., Layers], kept: list[str]
) -> None:
    path = write(tmp_path, STATUS=["Gällande", "Reserverad", None, "Ny"], households=[1, -1, 1, 1])
    layers = read(premises={"path": path, "where": {"status": kept}})
    assert layers.counts.loc["premises"].tolist() == [4, 4 - len(kept), 0, 0, len(kept)]
    assert layers.faults.empty
    assert layers.tables["premises"].index[0] == "premises-1"


def test_where_compares_numbers_and_flags_as_written(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, klass=[1.0, 2.0, np.nan], live=[True, True, False])
    layers = read(premises={"path": path, "where": {"klass": [1, 2], "live": [True]}})
    assert layers.counts.loc["premises", "used"] == 2


def test_numbers_in_text(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, households=["1", "2,0", "1\u00a0000", "-", "", "två", "inf"])
    layers = read(premises={"path": path})
    found = layers.tables["premises"]["households"].tolist()
    assert found == pytest.approx([1, 2, 1000, np.nan, np.nan, np.nan, np.nan], nan_ok=True)
    assert rules(layers) == {"not_a_number": ["premises-6", "premises-7"]}


def test_counts_that_cannot_be(tmp_path: Path, read: Callable[..., Layers]) -> None:
    layers = read(premises={"path": write(tmp_path, households=[0.0, -1.0, 1e9, 2.5, np.inf])})
    assert rules(layers) == {
        "negative_count": ["premises-2"],
        "absurd_count": ["premises-3"],
        "not_whole": ["premises-4"],
        "not_a_number": ["premises-5"],
    }
    assert layers.tables["premises"]["households"].tolist() == pytest.approx([0, 3, np.nan], nan_ok=True)
    assert layers.counts.loc["premises"].tolist() == [5, 0, 2, 2, 3]


def test_other_limits_empty_the_cell_or_set_the_row_aside_where_it_is_required(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, down_mbps=[100, -1, 1e9], up_mbps=[-5, 1, 1])
    layers = read(footprints={"path": path})
    assert layers.tables["footprints"]["up_mbps"].isna().tolist() == [True]
    assert rules(layers) == {
        "beyond_limit": ["footprints-2", "footprints-3", "footprints-1"],
        "missing_value": ["footprints-2", "footprints-3"],
    }


def test_flags_whole_numbers_and_dates(tmp_path: Path, read: Callable[..., Layers]) -> None:
    lines = [shapely.LineString([(828_000, 7_288_000 + i), (828_010, 7_288_000 + i)]) for i in range(4)]
    cells = {"bridge": ["Ja", "-1", "Nej", "kanske"], "layer": ["1", "0,5", "", "99"]}
    gpd.GeoDataFrame(cells, geometry=lines, crs=3006).to_parquet(tmp_path / "r.parquet")
    layers = read(roads={"path": tmp_path / "r.parquet"})
    assert layers.tables["roads"]["bridge"].tolist() == [True, True, False, False]
    assert layers.tables["roads"]["layer"].tolist() == [1, 1, 0, 0]
    assert rules(layers) == {
        "not_yes_or_no": ["roads-4"],
        "not_whole": ["roads-2"],
        "beyond_limit": ["roads-4"],
    }
    path = write(tmp_path, date=["2026-01-15", "i går", "2026-02-01T00:00:00"], author=["a", "b", "c"])
    layers = read(observations={"path": path})
    assert layers.tables["observations"]["date"].tolist() == ["2026-01-15", "2026-02-01"]
    assert set(rules(layers)) == {"not_a_date", "missing_value"}


def test_what_is_said_of_every_value_holds_without_a_column(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    """An operator's own file does not say whose it is: the study does, for all of its rows."""
    path = write(tmp_path, row=[1, 2])
    values = {"operator": {"*": "Telia"}, "date": {"*": "2026-01-15"}, "down_mbps": {"*": 30}}
    layers = read(measurements={"path": path, "values": values})
    table = layers.tables["measurements"]
    assert table[["operator", "date", "down_mbps"]].to_numpy().tolist() == [["Telia", "2026-01-15", 30.0]] * 2
    assert set(layers.sources.loc["measurements", "defaults"]).isdisjoint(values)


def test_what_sources_write_for_a_choice_is_that_choice(tmp_path: Path, read: Callable[..., Layers]) -> None:
    """A table of roads as OpenStreetMap has it, mapped by nobody."""
    said = ["yes", "No", "-1", "", "reversible", "backward", "sometimes"]
    line = [
        shapely.LineString([(828_000, 7_288_000 + 9 * at), (828_050, 7_288_000 + 9 * at)]) for at in range(7)
    ]
    path = tmp_path / "r.parquet"
    gpd.GeoDataFrame({"oneway": said}, geometry=line, crs=3006).to_parquet(path)
    layers = read(roads={"path": path})
    ways = ["forward", "both", "backward", "both", "both", "backward", "both"]
    assert layers.tables["roads"]["oneway"].tolist() == ways
    assert rules(layers) == {"unknown_value": ["roads-7"]}


def test_what_people_say_is_read_as_they_write_it_and_other_words_count_as_empty(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    said = ["Ingen täckning", "inget bredband", "line", "", "dålig mottagning"]
    path = write(tmp_path, date=["2026-01-03"] * 5, author=["By"] * 5, says=said)
    layers = read(observations={"path": path})
    assert layers.tables["observations"]["says"].tolist() == ["no_mobile", "no_service", "line", "", ""]
    assert rules(layers)["unknown_value_emptied"] == ["observations-5"]
    values = layers.faults.set_index("rule").loc["unknown_value_emptied", "values"]
    assert values["choices"].startswith("no_service, ")


@pytest.mark.parametrize(("layer", "asked"), [("footprints", "premises_id"), ("population", "square_id")])
def test_a_table_without_places_is_told_what_says_where_rows_are(
    tmp_path: Path, read: Callable[..., Layers], layer: str, asked: str
) -> None:
    path = tmp_path / "c.csv"
    path.write_text("cell;down_mbps;population\n100mN47657E48737;300;2\n")
    with pytest.raises(LayerError, match=asked) as caught:
        read(**{layer: {"path": path}})
    assert "square_id" in str(caught.value)
