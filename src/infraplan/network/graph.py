"""The route graph: where a trench can go, what each metre costs, and the bridge to networkx."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan import tables
from infraplan.config import Study
from infraplan.errors import PlanError, TableError
from infraplan.layers.faults import faults, gather
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network.gaps import close_gaps
from infraplan.network.lines import Floats, Ints
from infraplan.network.noding import node_roads


@dataclass(frozen=True)
class RouteGraph:
    """An undirected multigraph with geometry.

    Attributes
    ----------
    nodes
        Contract NODES, numbered 0…n−1.
    edges
        Contract EDGES, numbered 0…m−1; ``tail`` and ``head`` are node numbers. Parallel edges and loops are
        allowed.

    Raises
    ------
    TableError
        A table breaks its contract, or an edge names a node that is not there.
    """

    nodes: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        tables.check(self.nodes, tables.NODES, crs=self.edges.crs)
        tables.check(self.edges, tables.EDGES)
        for table, contract in ((self.nodes, tables.NODES), (self.edges, tables.EDGES)):
            if not np.array_equal(table.index, np.arange(len(table))):
                raise TableError("table_contract", table=contract.name, problem="its keys are not 0…n−1")
        ends = np.concatenate([self.tails, self.heads])
        if len(ends) and (ends.min() < 0 or ends.max() >= len(self.nodes)):
            problem = "an edge names a node that is not there"
            raise TableError("table_contract", table="edges", problem=problem)

    @property
    def tails(self) -> NDArray[np.int64]:
        """Node of each edge's first end, shape (m,)."""
        return np.asarray(self.edges["tail"], np.int64)

    @property
    def heads(self) -> NDArray[np.int64]:
        """Node of each edge's other end, shape (m,)."""
        return np.asarray(self.edges["head"], np.int64)

    @property
    def costs(self) -> NDArray[np.int64]:
        """Base cost of each edge in SEK, shape (m,)."""
        return np.asarray(self.edges["cost_sek"], np.int64)

    def to_networkx(self) -> nx.MultiGraph:
        """Return the graph for networkx: keys are edge ids, edge data ``length_m`` and ``cost_sek``."""
        graph = nx.MultiGraph()
        graph.add_nodes_from(range(len(self.nodes)))
        columns = (self.tails, self.heads, self.edges.index, self.edges["length_m"], self.costs)
        for tail, head, edge, length_m, cost in zip(*columns, strict=True):
            graph.add_edge(int(tail), int(head), key=int(edge), length_m=float(length_m), cost_sek=int(cost))
        return graph


def build_graph(roads: gpd.GeoDataFrame, study: Study) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Build the graph of all roads; return it with what had to be repaired.

    Parameters
    ----------
    roads
        The catalog's columns of ``roads`` in the study's CRS; the index is the road's id.

    Returns
    -------
    graph
        Without access, surroundings or prices as yet: ``add_access``, ``survey`` and ``price_edges`` add
        them.
    faults
        Contract FAULTS: ``dangling_end``, ``road_too_short``.

    Raises
    ------
    PlanError
        There are no roads.
    """
    if not len(roads):
        raise PlanError("no_roads", study=study.file or study.study.name)
    snap_m = study.network.snap_m
    segments, gaps = close_gaps(
        node_roads(roads, snap_m=snap_m), dangle_m=study.network.dangle_m, snap_m=snap_m
    )
    if not len(segments):
        raise PlanError("no_roads", study=study.file or study.study.name)
    # As objects: text of Arrow is unpacked word by word to look it up.
    names = pd.Index(roads.index.astype("str").to_numpy(object))
    gone = roads.loc[~names.isin(segments["road_id"].to_numpy(object))]
    short = faults(
        "road_too_short",
        "roads",
        severity="warning",
        feature_ids=list(gone.index.astype("str")),
        shapes=list(gone.geometry),
        crs=roads.crs,
    )
    return _make_graph(segments), gather([gaps, short], roads.crs)


def bare_columns(count: int, kind: str) -> dict[str, Any]:
    """Return the columns of EDGES that a survey and prices fill in later, for edges of a kind."""
    text = {"kind": kind, "existing": "new", "ground": "unknown"}
    empty = ("duct_id", "works_id", "areas", "crossed_class", "method", "reason")
    return {
        **{name: pd.Series([value] * count, dtype="str") for name, value in text.items()},
        **{name: pd.Series([""] * count, dtype="str") for name in empty},
        "slope": np.full(count, np.nan),
        "poles": np.zeros(count, np.bool_),
        "rent_sek_m": np.full(count, np.nan),
        "room": np.zeros(count, np.int64),
        "works_share": np.ones(count),
        "factor": np.ones(count),
        **{name: np.zeros(count, np.int64) for name in (*tables.CROSSED, *tables.MONEY)},
    }


def number_parts(count: int, tails: Ints, heads: Ints, lengths: Floats) -> Ints:
    """Return the connected part of each node, 0 the one with the longest edges in all, shape (count,)."""
    joined = coo_array((np.ones(len(tails), np.int8), (tails, heads)), shape=(count, count))
    parts, label = connected_components(joined, directed=False)
    total = np.bincount(label[tails], weights=lengths, minlength=parts)
    number = np.empty(parts, np.int64)
    number[np.argsort(-total, kind="stable")] = np.arange(parts)
    return np.asarray(number[label])


def _make_graph(segments: gpd.GeoDataFrame) -> RouteGraph:
    lines = segments.geometry.to_numpy()
    tails, heads = segments["tail"].to_numpy(), segments["head"].to_numpy()
    lengths = geodesic_lengths(lines, segments.crs)
    count = max(tails.max(), heads.max()) + 1
    places = np.empty((count, 2))
    places[tails], places[heads] = (shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1))
    nodes = gpd.GeoDataFrame(
        {
            "kind": pd.Series(["road"] * count, dtype="str"),
            "component": number_parts(count, tails, heads, lengths),
            "access": False,
        },
        geometry=shapely.points(places),
        crs=segments.crs,
    )
    edges = gpd.GeoDataFrame(
        {
            "tail": tails,
            "head": heads,
            "length_m": lengths,
            "level": segments["level"].to_numpy(),
            "access": False,
            **{name: segments[name].astype("str") for name in ("road_class", "surface", "road_id")},
            **bare_columns(len(lines), "road"),
        },
        geometry=lines,
        crs=segments.crs,
    )
    return RouteGraph(nodes.rename_axis("node_id"), edges.rename_axis("edge_id"))
