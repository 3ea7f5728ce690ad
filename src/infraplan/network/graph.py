"""The route graph: where a trench can go, what each metre costs, and the bridge to networkx."""

from dataclasses import dataclass

import geopandas as gpd
import networkx as nx
import numpy as np
from numpy.typing import NDArray

from infraplan import tables
from infraplan.errors import TableError


@dataclass(frozen=True)
class RouteGraph:
    """An undirected multigraph with geometry.

    Attributes
    ----------
    nodes
        Contract NODES, numbered 0…n−1.
    edges
        Contract EDGES, numbered 0…m−1; ``tail`` and ``head`` are node numbers. Parallel edges and loops are allowed.

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
        if len(ends) and not (0 <= ends.min() and ends.max() < len(self.nodes)):
            raise TableError("table_contract", table="edges", problem="an edge names a node that is not there")

    @property
    def tails(self) -> NDArray[np.int64]:
        """Node of each edge's first end, shape (m,)."""
        return self.edges["tail"].to_numpy(np.int64)

    @property
    def heads(self) -> NDArray[np.int64]:
        """Node of each edge's other end, shape (m,)."""
        return self.edges["head"].to_numpy(np.int64)

    @property
    def costs(self) -> NDArray[np.int64]:
        """Base cost of each edge in SEK, shape (m,)."""
        return self.edges["cost_sek"].to_numpy(np.int64)

    def to_networkx(self) -> nx.MultiGraph:
        """Return the graph for networkx: keys are edge ids, edge data ``length_m`` and ``cost_sek``."""
        graph = nx.MultiGraph()
        graph.add_nodes_from(range(len(self.nodes)))
        columns = (self.tails, self.heads, self.edges.index, self.edges["length_m"], self.costs)
        for tail, head, edge, length_m, cost_sek in zip(*columns, strict=True):
            graph.add_edge(int(tail), int(head), key=int(edge), length_m=float(length_m), cost_sek=int(cost_sek))
        return graph
