import numpy as np
import pytest
from pyproj import Geod, Transformer
from shapely import LineString

from infraplan.layers.geodesics import geodesic_lengths, geodesic_steps


def test_lengths_are_geodesic_not_planar():
    # Haparanda lies 24.1° E, nine degrees from the central meridian: the plane is 0.17 % long there.
    line = LineString([(916_000.0, 7_331_000.0), (926_000.0, 7_331_000.0)])
    (length,) = geodesic_lengths(np.array([line]), "EPSG:3006")
    lon, lat = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True).transform(*line.xy)
    assert length == pytest.approx(Geod(ellps="WGS84").line_length(lon, lat), abs=0.001)
    assert 1.0012 < line.length / length < 1.0022


def test_each_line_has_its_own_length_and_the_gap_between_lines_none():
    lines = np.array([LineString([(0, 0), (0, 300), (400, 300)]), LineString([(9_000, 0), (9_000, 50)])])
    one, other = geodesic_lengths(lines, "EPSG:3006")
    alone = [geodesic_lengths(lines[at : at + 1], "EPSG:3006").item() for at in (0, 1)]
    assert [one, other] == alone
    assert len(geodesic_lengths(lines[:0], "EPSG:3006")) == 0


def test_steps_are_measured_from_those_places_only_that_are_asked():
    xy = np.array([[500_000.0, 7_000_000.0], [500_000.0, 7_001_000.0], [503_000.0, 7_001_000.0]])
    steps = geodesic_steps(xy, np.array([1, 0]), "EPSG:3006")
    # On the central meridian the plane is 0.04 % short.
    assert steps == pytest.approx(np.array([3_000.0, 1_000.0]) / 0.9996, abs=0.01)
