"""Figures by cells: counted against plain loops; what is blanked, attacked with all totals known."""

import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from infraplan import tables
from infraplan.coverage.cells import COUNTED, count_cells, suppress_cells
from infraplan.coverconfig import Gaps, Zones
from infraplan.demand.grids import COARSER, assign_cells, cell_shapes, find_coarser
from infraplan.errors import StudyError

CRS = "EPSG:3006"
X, Y = 600_000, 7_000_000


@pytest.fixture
def spots(premises):
    """Return white spots by id."""
    return lambda *ids: premises([shapely.Point(X, Y)] * len(ids), ids=ids)


# --- counted


def test_numbers_of_a_cell_hold_each_all_surer_ones(premises, service, spots, study):
    shapes = [shapely.Point(X + 10 * i, Y + 10) for i in range(7)]
    rows = premises(shapes, households=[1, 2, 4, 8, 16, 32, 64], workplaces=[0, 1, 0, 0, 0, 0, 0])
    offers = service(
        [("0", 100, "connected"), ("0", 1000, "planned"), ("1", 100, "orderable"),
         ("2", 100, "passed_estimated"), ("3", 500, "planned"), ("4", 99.9, "connected"),
         ("5", 100, "planned"), ("6", np.nan, "connected"), ("gone", 100, "connected")],
        decided=[True] * 6 + [False, True, True],
    )  # fmt: skip
    cells, faults = count_cells(rows, offers, spots("4", "6", "5"), study())
    tables.check(cells, tables.CELLS, crs=CRS)
    assert faults.empty
    row = cells.loc["sweref_1km:6000007000000"]
    assert row[list(COUNTED)].tolist() == [7, 127, 1, 127 + 1, 1, 1 + 3, 1 + 3 + 4, 1 + 3 + 4 + 8, 3]
    assert (row["grid"], row["code"], row["down_mbps"]) == ("sweref_1km", "6000007000000", 100)
    assert row.geometry.equals(shapely.box(X, Y, X + 1000, Y + 1000))


def test_cells_belong_to_the_municipality_of_most_households(premises, service, spots, study):
    # (households, workplaces, municipality) in one cell; which municipality counts
    cases = [
        ([(3, 0, "02"), (2, 9, "01"), (0, 0, "01")], "02"),
        ([(1, 0, "02"), (1, 0, "02"), (1, 5, "01")], "02"),
        ([(2, 0, "02"), (2, 1, "01")], "01"),
        ([(2, 0, "02"), (2, 0, "01"), (0, 0, "02")], "02"),
        ([(2, 0, "02"), (2, 0, "01")], "01"),
        ([(0, 0, "02")], "02"),
        ([(1, 0, "")], ""),
    ]
    rows = [(X + 1000 * i, *row) for i, (members, _) in enumerate(cases) for row in members]
    people = premises(
        [shapely.Point(x, Y) for x, *_ in rows],
        households=[r[1] for r in rows],
        workplaces=[r[2] for r in rows],
        municipality=[r[3] for r in rows],
    )
    cells, _ = count_cells(people, service([]), spots(), study())
    assert cells["municipality"].tolist() == [expected for _, expected in cases]


def test_few_are_suppressed_and_none_are_not(premises, service, spots, study):
    shapes = [shapely.Point(X + 1000 * i, Y) for i in range(4)]
    rows = premises(shapes, households=[0, 1, 2, 3], workplaces=[0, 0, 2, 2], kind=["holiday"] * 4)
    cells, _ = count_cells(rows, service([]), spots(), study())
    assert cells["suppressed"].tolist() == [False, True, True, False]
    cells, _ = count_cells(rows, service([]), spots(), study(zones=Zones(least=2)))
    assert cells["suppressed"].tolist() == [False, True, False, False]


def test_each_grid_has_its_own_cells_and_one_code_may_occur_in_two(premises, service, spots, study):
    pytest.importorskip("h3")
    grids = ("sweref_250m", "h3", "sweref_1km", "laea_100m", "laea_1km", "sweref_1km")
    rows = premises([shapely.Point(X + 1, Y + 1), shapely.Point(X + 900, Y + 900)])
    cells, _ = count_cells(rows, service([]), spots(), study(zones=Zones(grids=grids, h3_resolution=7)))
    tables.check(cells, tables.CELLS, crs=CRS)
    assert list(dict.fromkeys(cells["grid"])) == ["sweref_250m", "h3", "sweref_1km", "laea_100m", "laea_1km"]
    assert cells.index[0] == "sweref_250m:6000007000000"
    assert "sweref_1km:6000007000000" in cells.index
    assert (cells.groupby("grid")["premises"].sum() == 2).all()
    assert cells.loc[cells["grid"] == "h3", "code"].str.startswith("87").all()


def test_without_grids_or_premises_there_are_no_cells(premises, service, spots, study):
    for rows, grids in (([shapely.Point(X, Y)], ()), ([], ("sweref_1km",)), ([], ())):
        cells, faults = count_cells(premises(rows), service([]), spots(), study(zones=Zones(grids=grids)))
        tables.check(cells, tables.CELLS, crs=CRS)
        assert cells.empty
        assert faults.empty


def test_premises_beyond_the_grid_are_told_of(premises, service, spots, study):
    rows = premises([shapely.Point(-1, Y), shapely.Point(X, Y), shapely.Point(X, -9)])
    cells, faults = count_cells(rows, service([]), spots(), study())
    assert cells["premises"].tolist() == [1]
    tables.check(faults, tables.FAULTS, crs=CRS)
    assert faults[["rule", "layer", "severity"]].to_numpy().tolist() == [
        ["outside_grid", "premises", "warning"]
    ]
    assert faults["values"].tolist() == [{"count": 2, "grid": "sweref_1km"}]


def test_hexagons_without_their_library_are_the_users_error(premises, service, spots, study, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "h3"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(StudyError, match="h3"):
        count_cells(premises([shapely.Point(X, Y)]), service([]), spots(), study(zones=Zones(grids=("h3",))))


def test_cells_of_a_town_by_chance_are_those_of_a_loop(premises, service, spots, study):
    random = np.random.default_rng(2)
    count = 300
    # On a lattice of 125 m: half of the premises lie on edges of squares, many in the same place.
    xy = random.integers(0, 24, (count, 2)) * 125 + [X, Y]
    rows = premises(
        shapely.points(xy.astype(float)),
        households=random.integers(0, 4, count),
        workplaces=random.integers(0, 2, count),
        municipality=random.choice(["01", "02", "03"], count),
    )
    offers = [
        (
            str(random.integers(count)),
            float(random.choice([30, 100, 1000])),
            str(random.choice(tables.STATUSES)),
        )
        for _ in range(500)
    ]
    decided = random.random(500) < 0.7
    white = [str(i) for i in np.flatnonzero(random.random(count) < 0.3)]
    cells, _ = count_cells(
        rows, service(offers, decided=decided), spots(*white),
        study(zones=Zones(grids=("sweref_1km", "sweref_250m"), least=4), gaps=Gaps(down_mbps=100.0)),
    )  # fmt: skip
    for grid, size in (("sweref_1km", 1000), ("sweref_250m", 250)):
        expected = loop(rows, zip(offers, decided, strict=True), set(white), size)
        found = cells[cells["grid"] == grid].set_index("code")
        assert found[["municipality", *COUNTED, "suppressed"]].T.to_dict("list") == expected


def loop(rows, offers, white, size):
    best = {}
    for (i, mbps, status), decided in offers:
        if mbps >= 100 and (status != "planned" or decided):
            best[i] = min(best.get(i, 9), tables.STATUSES.index(status))
    cells = {}
    for i, row in rows.iterrows():
        code = f"{int(row.geometry.x) // size * size:06d}{int(row.geometry.y) // size * size:07d}"
        cells.setdefault(code, []).append((i, row))
    found = {}
    for code, members in sorted(cells.items()):
        units = {i: row["households"] + row["workplaces"] for i, row in members}
        numbers = [sum(u for i, u in units.items() if best.get(i, 9) <= surest) for surest in range(4)]
        weigh = {}
        for i, row in members:
            at = weigh.setdefault(row["municipality"], np.zeros(3, dtype=int))
            at += [row["households"], units[i], 1]
        first = min(weigh, key=lambda m: (*(-weigh[m]).tolist(), m))
        sums = [sum(row[name] for _, row in members) for name in ("households", "workplaces")]
        spots = sum(i in white for i, _ in members)
        found[code] = [first, len(members), *sums, sum(sums), *numbers, spots, 0 < sum(sums) < 4]
    return found


# --- published


def make_cells(rows, least=5):
    """Return cells from rows of (grid, code, municipality, households)."""
    frame = pd.DataFrame(rows, columns=["grid", "code", "municipality", "households"])
    for name in COUNTED:
        if name != "households":
            frame[name] = 0
    frame["units"] = frame["households"]
    frame["suppressed"] = (frame["households"] > 0) & (frame["households"] < least)
    frame.index = pd.Index(frame["grid"] + ":" + frame["code"], name="cell_id")
    return gpd.GeoDataFrame(frame, geometry=[shapely.Point(0, 0)] * len(frame), crs=CRS)


def line(*households, municipality="01", row=0):
    """Return squares of a kilometre beside each other."""
    return [
        ("sweref_1km", f"{X + 1000 * i:06d}{Y + 1000 * row:07d}", municipality, n)
        for i, n in enumerate(households)
    ]


def hidden(*households, **settings_):
    return suppress_cells(make_cells(line(*households)), **settings_)["suppressed"].tolist()


def test_counts_of_few_are_blanked_and_the_rest_stands():
    cells = make_cells([*line(2, 3, 30, 0), *line(9, 8, municipality="02", row=1)])
    cells["white_spots"] = 7
    shown = suppress_cells(cells)
    assert shown["suppressed"].tolist() == [True, True, False, False, False, False]
    assert shown[list(COUNTED)].isna().all(axis=1).tolist() == shown["suppressed"].tolist()
    kept = cells[~shown["suppressed"]]
    assert shown.loc[kept.index, list(COUNTED)].astype("int64").equals(kept[list(COUNTED)])
    assert (shown[list(COUNTED)].dtypes == "Int64").all()
    assert shown[["municipality", "code"]].equals(cells[["municipality", "code"]])
    assert cells["white_spots"].tolist() == [7] * 6


@pytest.mark.parametrize(
    ("name", "count", "goes"),
    [
        ("premises", 4, True),
        ("workplaces", 1, True),
        ("white_spots", 2, True),
        ("planned", 3, True),
        ("planned", 40 - 3, True),  # three are left
        ("planned", 40, False),
        ("planned", 5, False),
    ],
)
def test_a_square_of_many_goes_too_where_few_of_it_are_counted(name, count, goes):
    cells = make_cells(line(40, 50, 60))
    cells.loc[cells.index[0], name] = count
    assert suppress_cells(cells)["suppressed"].tolist() == [goes, goes, False]


def test_squares_where_nobody_lives_hide_nobody():
    cells = make_cells(line(40, 50, 60, 0, 0, 0))
    also = (cells["households"] == 0).to_numpy() | [True, *[False] * 5]
    found = suppress_cells(cells, also=also)
    assert found["suppressed"].tolist() == [True, True, False, True, True, True]


def test_columns_that_are_not_shown_tell_of_nobody():
    cells = make_cells(line(40, 50))
    cells["workplaces"] = 1
    shown = suppress_cells(cells.drop(columns="workplaces"))
    assert not shown["suppressed"].any()
    assert "workplaces" not in shown


@pytest.mark.parametrize(
    ("households", "blanked"),
    [
        ([2, 30, 9, 40], [2, 9]),  # alone: the smallest other goes too
        ([1, 1, 9, 40], [1, 1, 9]),  # two that are together two are one each
        ([1, 4, 9, 40], [1, 4]),
        ([2, 2, 9, 40], [2, 2, 9]),  # neither could be four
        ([2, 3, 9, 40], [2, 3]),
        ([3, 0, 0], [3]),  # nothing else to hide
        ([5, 6, 7], []),
        ([0, 0], []),
        ([], []),
    ],
)
def test_what_goes_with_the_few(households, blanked):
    found = hidden(*households)
    assert [n for n, gone in zip(households, found, strict=True) if gone] == blanked


def test_a_stricter_run_stays_strict():
    cells = make_cells(line(9, 9, 30), least=10)
    assert suppress_cells(cells)["suppressed"].tolist() == [True, True, False]
    assert hidden(9, 9, 30, least=10) == [True, True, False]
    assert hidden(1, 1, 2, 9, least=2) == [True, True, True, False]
    assert suppress_cells(make_cells(line(1, 9), least=1), least=1)["suppressed"].tolist() == [False, False]


def test_cells_read_back_from_a_file_are_blanked_alike(tmp_path):
    rows = [*quarters(0, 2, 7, 20, municipality=""), *quarters(1, 3, 8, 30)]
    cells = make_cells(rows)
    cells.reset_index().to_file(tmp_path / "cells.gpkg")
    read = gpd.read_file(tmp_path / "cells.gpkg")
    read["municipality"] = read["municipality"].replace("", None)
    assert suppress_cells(read)["suppressed"].tolist() == suppress_cells(cells)["suppressed"].tolist()


def quarters(parent, *households, municipality="01"):
    """Return a square of a kilometre and its occupied squares of 250 m."""
    east = X + 1000 * parent
    parts = [
        ("sweref_250m", f"{east + 250 * (i % 4):06d}{Y + 250 * (i // 4):07d}", municipality, n)
        for i, n in enumerate(households)
    ]
    return [("sweref_1km", f"{east:06d}{Y:07d}", municipality, sum(households)), *parts]


def test_one_part_alone_cannot_be_had_from_the_square_that_it_is_a_part_of():
    # In the municipality two small parts hide each other; in its own square each would stand alone.
    cells = make_cells([*quarters(0, 2, 7, 20), *quarters(1, 3, 8, 30)])
    shown = suppress_cells(cells)
    assert shown.loc[~shown["suppressed"], "households"].tolist() == [29, 20, 41, 30]


def test_a_square_whose_parts_are_all_one_is_blanked_itself():
    cells = make_cells([*quarters(0, 1, 1, 1, 1, 1), *quarters(1, 50), *quarters(2, 60)])
    shown = suppress_cells(cells)
    assert shown["suppressed"].tolist() == [True] * 6 + [True, True] + [False, False]


def test_a_blanked_square_is_not_the_sum_of_parts_that_are_shown():
    cells = make_cells([*quarters(0, 3), *quarters(1, 10, 15), *quarters(2, 99)])
    shown = suppress_cells(cells)
    assert shown["suppressed"].tolist() == [True, True, True, True, False, False, False]


def attack(cells, shown):
    """Return for each blanked cell the least and most that it can be, with all totals known.

    Known are the total of each municipality in each grid, that each large square is the sum of its parts,
    what is shown, and that whatever is blanked has at least one.
    """
    gone = np.flatnonzero(shown["suppressed"])
    known = [equation(cells, gone, rows) for rows in cells.groupby(["grid", "municipality"]).indices.values()]
    for fine, coarse in COARSER.items():
        parts = np.flatnonzero(cells["grid"] == fine)
        parents = cells.index.get_indexer(f"{coarse}:" + find_coarser(cells["code"].iloc[parts], fine))
        known += [
            equation(cells, gone, parts[parents == parent], parent) for parent in set(parents.tolist()) - {-1}
        ]
    factors, sums = zip(*known, strict=True)
    bounds = []
    for target in np.eye(len(gone)):
        ends = [
            linprog(sign * target, A_eq=np.array(factors), b_eq=np.array(sums), bounds=(1, None)).fun
            for sign in (1, -1)
        ]
        bounds.append((ends[0], -ends[1]))
    return gone, bounds


def equation(cells, gone, rows, parent=None):
    """Return factors of the blanked cells and their sum: rows = their total, or = the square around them."""
    units = cells["households"].to_numpy()
    factors = np.zeros(len(cells))
    factors[rows] = 1
    if parent is not None:
        factors[parent] = -1
    told = np.ones(len(cells), dtype=bool)
    told[gone] = False
    total = units[rows].sum() if parent is None else 0
    return factors[gone], total - (factors * units)[told].sum()


squares_st = st.lists(
    st.tuples(st.integers(0, 12), st.lists(st.integers(0, 15), min_size=1, max_size=6)),
    min_size=1,
    max_size=9,
    unique_by=lambda square: square[0],
)


@settings(max_examples=60, deadline=None)
@given(squares_st, st.booleans(), st.integers(2, 6))
def test_nothing_blanked_can_be_had_from_totals(squares, fine_too, least):
    rows = [
        row
        for number, parts in squares
        for row in quarters(number, *parts, municipality="01" if number < 8 else "02")
        if fine_too or row[0] == "sweref_1km"
    ]
    cells = make_cells(rows, least)
    shown = suppress_cells(cells, least=least)
    assert (shown["suppressed"] | ~cells["suppressed"]).all()
    gone, bounds = attack(cells, shown)
    # A municipality with nothing else to hide has its own total to hide: see the docstring.
    nothing_left = shown["suppressed"] | (cells["households"] == 0)
    bare = nothing_left.groupby(cells["municipality"]).transform("all").to_numpy()
    small = cells["suppressed"].to_numpy()
    # A square has at least one for each of its parts in which somebody is: those can be seen.
    fine = cells[(cells["grid"] == "sweref_250m") & (cells["households"] > 0)]
    parts = ("sweref_1km:" + find_coarser(fine["code"], "sweref_250m")).value_counts()
    fewest = np.maximum(parts.reindex(cells.index, fill_value=1).to_numpy(), 1)
    for row, (low, high) in zip(gone, bounds, strict=True):
        if small[row] and not bare[row]:
            assert low <= fewest[row] + 1e-6
            assert high >= max(least - 1, 2, fewest[row] + 1) - 1e-6


def test_real_grids_of_all_kinds_can_be_published(premises, service, spots, study):
    pytest.importorskip("h3")
    random = np.random.default_rng(8)
    xy = random.normal([X, Y], 1500, (800, 2))
    rows = premises(shapely.points(xy), municipality=np.where(xy[:, 0] < X, "01", "02").tolist())
    grids = ("sweref_1km", "sweref_250m", "laea_1km", "laea_100m", "h3")
    cells, _ = count_cells(rows, service([]), spots(), study(zones=Zones(grids=grids)))
    shown = suppress_cells(cells)
    assert (shown["households"].dropna() >= 5).all()
    for grid in grids:
        assert shown.loc[shown["grid"] == grid, "suppressed"].any()
    assert not shown.loc[shown["grid"] == "sweref_1km", "suppressed"].all()


def test_cells_are_where_their_premises_are(premises, service, spots, study):
    pytest.importorskip("h3")
    random = np.random.default_rng(8)
    rows = premises(shapely.points(random.uniform([X, Y], [X + 9000, Y + 9000], (200, 2))))
    for grid in ("laea_1km", "h3"):
        cells, _ = count_cells(rows, service([]), spots(), study(zones=Zones(grids=(grid,))))
        ids = assign_cells(rows.geometry, grid)
        assert cells["premises"].to_dict() == (f"{grid}:" + ids).value_counts().to_dict()
        assert cells.geometry.geom_equals(cell_shapes(cells["code"], grid, CRS)).all()
