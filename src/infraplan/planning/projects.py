"""A plan's network cut into projects of a size that can be procured, and what each of them is."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from infraplan import routing, tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.coverage.areas import name_areas
from infraplan.network.costs import to_crowns
from infraplan.routing import Forest, Split

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def split_projects(
    routes: gpd.GeoDataFrame,
    served: pd.DataFrame,
    roots: ArrayLike,
    premises: pd.DataFrame,
    study: Study,
    *,
    surcharge: float,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Cut the routes into connected projects within the limits of ``[projects]``.

    Pieces are cut from the leaves to the roots (``routing.split``); those with too few premises are joined
    with what they touch or, where they begin at the existing network, with the piece of their municipality
    that begins there nearest to them: such a project hangs at several places of the existing network.

    Parameters
    ----------
    routes
        Contract ROUTES; a forest that hangs on the roots.
    served
        Contract SERVED.
    roots
        Nodes where the existing network can be joined, shape (r,).
    premises
        Contract PREMISES; ``municipality`` is read.
    surcharge
        Design and margin as a share of what is built: what an edge weighs in kronor is its base cost with
        them. Cabinets are not weighed.

    Returns
    -------
    routes
        With ``project_id``: ``P0001`` and on, the most premises first; those at the existing network before
        those that hang on them, and so on downwards.
    above
        One row a project, index ``project_id``: ``above``, the project through which it is fed, ``""`` at the
        existing network; ``over_limit``, whether it is larger than a limit and cannot be cut.

    Raises
    ------
    ValueError
        An edge hangs on no root, or edges close a circle.
    """
    ordered = routes.sort_index()
    forest, nodes = _grow(ordered, roots)
    ends = _find_ends(forest, nodes, served)
    homes = np.bincount(ends[ends >= 0], minlength=len(ordered))
    sek = ordered["cost_sek"].to_numpy(np.float64) * (1.0 + surcharge)
    most = np.array([study.projects.max_premises, study.projects.max_sek], np.float64)
    least = study.projects.min_premises
    cut = routing.split(forest, [homes, sek], most, least=[least, 0.0])
    where = _find_municipality(served, premises, _spread(cut.piece, ends), cut.above)
    label = _join_scattered(cut, _begin(cut, forest, nodes, ordered), where, most, least)
    over = np.zeros(len(label), np.bool_)
    over[cut.oversized] = True
    pieces = pd.Series(label[cut.piece], index=ordered.index)
    names, above = _name_pieces(pieces, _lift(cut.above, label), homes, over)
    return routes.assign(project_id=names.reindex(routes.index)), above


def share_cabinets(
    cabinets: gpd.GeoDataFrame, routes: gpd.GeoDataFrame, roots: ArrayLike, above: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Let each cabinet at the existing network be built by the first of the projects that it serves.

    Further down a cabinet belongs to the edge that feeds it, and all whom it serves hang on that. At a root
    it may serve branches of several projects: they are then fed through the one with the lowest id, so that
    none is built before its cabinet.

    Parameters
    ----------
    cabinets
        Contract CABINETS, as ``design.assign_cabinets`` returns them.
    routes
        Contract ROUTES, with their projects.
    roots
        Nodes where the existing network can be joined, shape (r,).
    above
        From ``split_projects``.

    Returns
    -------
    cabinets, above
        With other projects where that is so.
    """
    first = {str(name): str(name) for name in above.index}
    upper = dict(zip(first, above["above"], strict=True))
    serves = routes.loc[routes["cabinet_id"] != "", ["cabinet_id", "project_id"]].drop_duplicates()
    tops = [_climb(upper, name) for name in serves["project_id"]]
    served = pd.Series(tops, index=serves["cabinet_id"], dtype="object").groupby(level=0, sort=True)
    for _, names in served:
        ends = {_climb(first, name) for name in names}
        first |= dict.fromkeys(ends, min(ends))
    builder = served.first().map(lambda name: _climb(first, name))
    at_root = cabinets["node"].isin(np.asarray(roots, np.int64))
    project = builder.reindex(cabinets.index).where(at_root, cabinets["project_id"])
    feeds = [upper[name] or (end if (end := _climb(first, name)) != name else "") for name in above.index]
    return (
        gpd.GeoDataFrame(cabinets.assign(project_id=project.astype("str"))),
        above.assign(above=pd.Series(feeds, index=above.index, dtype="str")),
    )


def _climb(upper: dict[str, str], name: str) -> str:
    """Return where one gets to from a name: what leads to nothing, or to itself."""
    while upper[name] not in ("", name):
        name = upper[name]
    return name


def place_served(routes: gpd.GeoDataFrame, served: pd.DataFrame, roots: ArrayLike) -> pd.Series:
    """Return the project of each served premises: that of the edge that ends at it, ``""`` at a root.

    Parameters
    ----------
    routes
        Contract ROUTES, with their projects.
    served
        Contract SERVED; ``node`` is read.
    roots
        Nodes where the existing network can be joined, shape (r,).
    """
    forest, nodes = _grow(routes, roots)
    names = np.append(routes["project_id"].to_numpy(object), "")
    found = names[_find_ends(forest, nodes, served)]
    return pd.Series(found, index=served.index, dtype="str", name="project_id")


def build_projects(
    routes: gpd.GeoDataFrame,
    served: pd.DataFrame,
    bill: pd.DataFrame,
    premises: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    permits: pd.DataFrame,
    above: pd.DataFrame,
    book: CostBook,
) -> gpd.GeoDataFrame:
    """Return one row a project (contract PROJECTS): whom it serves, what is dug, what it costs.

    Costs are those of its bill, design and margin with them. Its name is the named place nearest to the
    middle of its premises, or of its trenches where it serves none itself.

    Parameters
    ----------
    routes, served
        Contracts ROUTES and SERVED, with their projects and phases.
    bill, premises, zones, permits
        Contracts BILL, PREMISES, ZONES and PERMITS; the permits asked for count, each once.
    above
        From ``split_projects``.
    book
        For the upkeep a year, a percentage of the cost.
    """
    if above.empty:
        return tables.empty(tables.PROJECTS, routes.crs)
    table = above.copy()
    table["phase"] = _reduce(routes, "phase", "min", above)
    table["premises"] = _count(served, above)
    table["households"] = _reduce(served, "households", "sum", above)
    table["workplaces"] = _reduce(served, "workplaces", "sum", above)
    public = served[(premises["kind"].loc[served.index] == "public").to_numpy()]
    table["public_buildings"] = _count(public, above)
    table["municipality"] = _read_municipality(served, premises, above)
    for column, metres in _measure(routes).items():
        table[column] = _reduce(metres, "length_m", "sum", above).astype("float64")
    asked = permits[permits["permit"] != ""]
    table["permits"] = _count(asked.drop_duplicates(["project_id", "kind", "permit"]), above)
    for column in tables.MONEY:
        table[column] = _reduce(bill, column, "sum", above)
    homes = table["households"]
    table["cost_per_household_sek"] = (table["cost_sek"] / homes.where(homes > 0)).astype("float64")
    table["upkeep_sek"] = to_crowns(table["cost_sek"].to_numpy() * book.upkeep.base / 100.0)
    projects = gpd.GeoDataFrame(table, geometry=_draw(routes, above), crs=routes.crs)
    projects["name"] = _name(projects, served, premises, zones)
    return projects[[*tables.PROJECTS.names, "geometry"]]


def _grow(routes: gpd.GeoDataFrame, roots: ArrayLike) -> tuple[Forest, Ints]:
    """Return the forest of the routes, whose nodes are numbered by their place in the second."""
    tails, heads = routes["tail"].to_numpy(np.int64), routes["head"].to_numpy(np.int64)
    nodes = np.unique(np.r_[tails, heads])
    met = np.intersect1d(nodes, np.asarray(roots, np.int64))
    place = [np.searchsorted(nodes, some) for some in (tails, heads, met)]
    return routing.grow_forest(*place, count=len(nodes)), nodes


def _find_ends(forest: Forest, nodes: Ints, served: pd.DataFrame) -> Ints:
    """Return the position of the edge that ends at each served premises, −1 at a root."""
    node = served["node"].to_numpy(np.int64)
    place = np.minimum(np.searchsorted(nodes, node), max(len(nodes) - 1, 0))
    edge = np.append(forest.parent_edge, -1)
    known = nodes[place] == node if len(nodes) else np.zeros(len(node), np.bool_)
    return np.where(known, edge[place], -1)


def _spread(piece: Ints, ends: Ints) -> Ints:
    """Return the piece of each served premises, −1 at a root."""
    return np.append(piece, -1)[ends]


def _begin(cut: Split, forest: Forest, nodes: Ints, routes: gpd.GeoDataFrame) -> Floats:
    """Return where each piece begins, shape (p, 2)."""
    edge = np.full(len(cut.top), -1)
    first = forest.parent[forest.child] == cut.top[cut.piece]
    edge[cut.piece[first]] = np.flatnonzero(first)
    lines = routes.geometry.to_numpy()[edge]
    forwards = routes["tail"].to_numpy(np.int64)[edge] == nodes[cut.top]
    points = shapely.get_point(lines, np.where(forwards, 0, -1))
    return np.asarray(shapely.get_coordinates(points))


def _find_municipality(served: pd.DataFrame, premises: pd.DataFrame, piece: Ints, above: Ints) -> list[str]:
    """Return the municipality with most households of each piece, then with most premises, the lowest code.

    Pieces that serve nobody themselves are where the first that they feed is.
    """
    counted = pd.DataFrame(
        {
            "piece": piece,
            "code": premises["municipality"].loc[served.index].to_numpy(object),
            "households": served["households"].to_numpy(np.int64),
            "premises": 1,
        }
    )
    sums = counted.groupby(["piece", "code"])[["households", "premises"]].sum().reset_index()
    ranked = sums.sort_values(["households", "premises", "code"], ascending=[False, False, True])
    best = ranked.drop_duplicates("piece").set_index("piece")["code"]
    codes = [str(best.get(number, "")) for number in range(len(above))]
    for number in reversed(range(len(above))):
        upper = above[number]
        if upper >= 0 and upper not in best.index:
            codes[upper] = codes[number] or codes[upper]
    return codes


def _join_scattered(cut: Split, begin: Floats, where: list[str], most: Floats, least: int) -> Ints:
    """Return the joint piece of each piece: small ones that begin at roots, joined with the nearest.

    A joint piece goes by its lowest number.
    """
    label = np.arange(len(cut.above))
    weight = cut.weight.copy()
    municipality = np.array(where, object)
    begins = cut.above < 0
    small = np.flatnonzero(begins & (weight[0] < least))
    for piece in small[np.argsort(weight[0, small], kind="stable")].tolist():
        mates = np.flatnonzero(begins & (municipality == where[piece]))
        while weight[0, label[piece]] < least:
            mine, others = mates[label[mates] == label[piece]], mates[label[mates] != label[piece]]
            together = weight[:, label[others]] + weight[:, [label[piece]]]
            others = others[(together <= most[:, None]).all(axis=0)]
            if not len(others):
                break
            away = np.hypot(*(begin[others, None] - begin[mine]).T).min(axis=0)
            pair = label[piece], label[others[np.argmin(away)]]
            weight[:, min(pair)] += weight[:, max(pair)]
            label[label == max(pair)] = min(pair)
    return label


def _lift(above: Ints, label: Ints) -> Ints:
    """Return the joint piece above each piece, −1 at the existing network."""
    return np.where(above >= 0, label[above], -1)


def _name_pieces(
    piece: pd.Series, above: Ints, homes: Ints, over: NDArray[np.bool_]
) -> tuple[pd.Series, pd.DataFrame]:
    """Name pieces by how far down they hang, the most premises first, then by their first edge."""
    kept, first = np.unique(piece, return_index=True)
    count = np.bincount(piece, weights=homes, minlength=len(above))
    level = np.zeros(len(above), np.int64)
    # A piece has a lower number than those that it feeds, and a joint one the lowest of its own.
    for number in kept.tolist():
        level[number] = level[above[number]] + 1 if above[number] >= 0 else 0
    order = kept[np.lexsort((first, -count[kept], level[kept]))]
    names = np.full(len(above) + 1, "", object)
    names[order] = [f"P{number:04d}" for number in range(1, len(order) + 1)]
    table = pd.DataFrame(
        {"above": pd.Series(names[above[order]], dtype="str"), "over_limit": over[order]},
    ).set_axis(pd.Index(names[order], dtype="str", name="project_id"))
    return pd.Series(names[piece.to_numpy()], index=piece.index, dtype="str"), table


def _count(table: pd.DataFrame, above: pd.DataFrame) -> pd.Series:
    return table.groupby("project_id").size().reindex(above.index, fill_value=0).astype("int64")


def _reduce(table: pd.DataFrame, column: str, how: str, above: pd.DataFrame) -> pd.Series:
    return table.groupby("project_id")[column].agg(how).reindex(above.index, fill_value=0)


def _measure(routes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Return the edges that count for each column of metres."""
    new = routes["existing"] == "new"
    dug = {f"{kind}_m": routes[new & (routes["kind"] == kind)] for kind in tables.EDGE_KINDS}
    return dug | {"reused_m": routes[~new], "permit_m": routes[new & (routes["areas"] != "")]}


def _read_municipality(served: pd.DataFrame, premises: pd.DataFrame, above: pd.DataFrame) -> pd.Series:
    position = above.index.get_indexer(pd.Index(served["project_id"]))
    upper = above.index.get_indexer(pd.Index(above["above"]))
    codes = _find_municipality(served, premises, position, upper)
    return pd.Series(codes, index=above.index, dtype="str")


def _draw(routes: gpd.GeoDataFrame, above: pd.DataFrame) -> gpd.GeoSeries:
    """Return the edges of each project as one shape."""
    position = above.index.get_indexer(pd.Index(routes["project_id"]))
    order = np.argsort(position, kind="stable")
    lines = shapely.multilinestrings(routes.geometry.to_numpy()[order], indices=position[order])
    return gpd.GeoSeries(lines, index=above.index, crs=routes.crs)


def _name(
    projects: gpd.GeoDataFrame, served: pd.DataFrame, premises: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> pd.Series:
    homes = premises.geometry.loc[served.index]
    places = pd.DataFrame({"x": homes.x, "y": homes.y, "project_id": served["project_id"]})
    middle = places.groupby("project_id")[["x", "y"]].mean().reindex(projects.index)
    trenches = projects.geometry.centroid
    points = gpd.points_from_xy(middle["x"].fillna(trenches.x), middle["y"].fillna(trenches.y))
    return name_areas(projects.set_geometry(points, crs=projects.crs), zones)
