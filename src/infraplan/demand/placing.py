"""The municipality, locality and settlement class of each point."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import Demand
from infraplan.demand.places import Ints, Shapes, first_inside, first_of_each, nearest
from infraplan.demand.zones import disc_radius_m


def assign_municipality(
    points: gpd.GeoSeries, zones: gpd.GeoDataFrame, others: Shapes, demand: Demand
) -> pd.DataFrame:
    """Return ``municipality`` ("" outside all) and ``near_border``.

    A point on a common border belongs to the lowest code; a point outside by at most ``border_m`` to the
    nearest municipality, and is then ``near_border``; but not a point in one of the ``others``, the
    municipalities that the study is not about.
    """
    rows = zones[zones["kind"] == "municipality"].sort_index()
    shapes, places = rows.geometry.to_numpy(), points.to_numpy()
    inside = first_inside(places, shapes)
    outside = (inside < 0) & (first_inside(places, others) < 0)
    found = inside.copy()
    found[outside] = nearest(places[outside], shapes, reach_m=demand.border_m)
    near = outside & (found >= 0)
    return pd.DataFrame({"municipality": _codes(rows, found), "near_border": near}, index=points.index)


def assign_settlement(points: gpd.GeoSeries, zones: gpd.GeoDataFrame, demand: Demand) -> pd.DataFrame:
    """Return ``locality`` ("" outside all), ``settlement_class`` and ``settlement_known``.

    An area wins over a point, a locality over a small one, then the lowest code. A locality known only as a
    point is a circle (``zones.disc_radius_m``), the nearest point wins, and premises around its rim are not
    known to lie on either side.
    """
    rows = zones[zones["kind"] == "locality"]
    rows = rows.iloc[np.lexsort((rows.index, rows["settlement_class"]))]
    is_point = (rows.geom_type == "Point").to_numpy()
    areas, discs = rows[~is_point], rows[is_point]
    places = points.to_numpy()
    inside = first_inside(places, areas.geometry.to_numpy())
    in_disc, disc_known = _in_discs(places, discs, demand)
    in_area = inside >= 0
    of = pd.concat([areas, discs])
    found = np.where(in_area, inside, np.where(in_disc >= 0, in_disc + len(areas), -1))
    known = np.where(in_area, np.append(areas["class_known"].to_numpy(dtype=bool), True)[inside], disc_known)
    classes = np.append(of["settlement_class"].to_numpy(dtype=object), "outside")[found]
    return pd.DataFrame(
        {
            "locality": _codes(of, found),
            "settlement_class": pd.array(classes, dtype="str"),
            "settlement_known": known,
        },
        index=points.index,
    )


def _in_discs(places: Shapes, discs: gpd.GeoDataFrame, demand: Demand) -> tuple[Ints, NDArray[np.bool_]]:
    radii = disc_radius_m(discs["population"], demand).to_numpy(dtype="float64")
    centres = discs.geometry.to_numpy()
    reach = radii * demand.locality_doubt
    centre, place = shapely.STRtree(places).query(centres, predicate="dwithin", distance=reach)
    far = shapely.distance(centres[centre], places[place])
    order = np.lexsort((centre, far, place))
    centre, place, far = centre[order], place[order], far[order]
    within = far <= radii[centre]
    found = first_of_each(place[within], centre[within], count=len(places))
    # Only the line around a locality proper decides on support.
    proper = (discs["settlement_class"] == "locality").to_numpy()[centre]
    sure = np.zeros(len(places), dtype=bool)
    sure[place[proper & (far <= radii[centre] / demand.locality_doubt)]] = True
    rim = np.zeros(len(places), dtype=bool)
    rim[place[proper]] = True
    return found, sure | ~rim


def _codes(rows: pd.DataFrame, found: Ints) -> pd.api.extensions.ExtensionArray:
    codes = [str(zone_id).partition(":")[2] for zone_id in rows.index]
    return pd.array(np.array([*codes, ""], dtype=object)[found], dtype="str")
