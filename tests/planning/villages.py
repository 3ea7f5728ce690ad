"""Small villages on a napkin: priced graphs with premises, and all that a plan is made on."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
from hypothesis import strategies as st
from shapely import LineString, Point
from trees import make_book, percent, price

from infraplan import tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.layers.read import Layers
from infraplan.network.areas import find_areas
from infraplan.network.costs import price_edges
from infraplan.network.graph import RouteGraph, bare_columns
from infraplan.network.snap import Attachment
from infraplan.planning.bill import build_bill
from infraplan.planning.design import design_network, find_overfull
from infraplan.planning.model import Setting
from infraplan.planning.plan import DUG, reprice

CRS = "EPSG:3006"
ORIGIN = (500_000.0, 7_300_000.0)
PLANE = 0.9996
"""On the central meridian a metre in the plane of SWEREF 99 TM is 1 / 0.9996 m on the ground."""

NONE = percent(0, 0, 0)
EACH = "SEK each"


def plain_book(**changed) -> CostBook:
    """Ten kronor a metre along roads, five off road, each with duct and cable; 100 for a connection.

    A cable for 4, 12 or 48 fibres is 1, 2 or 4 a metre, a duct of one's own 2, a leased one 3; a cabinet is
    1 000, a chamber 300; nothing comes on top. Low is half, high double.
    """
    return make_book(
        **{
            "methods": {"verge": price(8), "plough": price(3)},
            "rules": [{"method": "plough", "kind": ["drop", "link"]}, {"method": "verge"}],
            "crossings": [],
            "own_duct": price(1),
            "leased_duct": price(2),
            "cables": [price(p, fibres=f) for f, p in ((4, 1), (12, 2), (48, 4))],
            "splice": price(0, EACH),
            "overheads": {"design": NONE, "margin": NONE},
        }
        | changed
    )


def make_study(goal=None, targets=(), **sections) -> Study:
    """Make a study with a cabinet from two premises on, where nothing else is said."""
    design = {"cabinet_least": 2} | sections.pop("design", {})
    given = {"study": {"name": "test", "year": 2026, "language": "en"}, "design": design, "targets": targets}
    return Study.model_validate(given | {"plan": goal or {}, "projects": {"min_premises": 0}} | sections)


def build(nodes, edges, homes, book, study=None) -> RouteGraph:
    """Build a priced graph from kilometre coordinates; an edge is (tail, head, kind), or with a dict more."""
    study = study or make_study()
    points = np.array([Point(ORIGIN[0] + 1000 * x, ORIGIN[1] + 1000 * y) for x, y in nodes])
    count, kinds = len(edges), [edge[2] for edge in edges]
    lines = np.array([LineString([points[edge[0]], points[edge[1]]]) for edge in edges])
    more = pd.DataFrame([edge[3] if len(edge) > 3 else {} for edge in edges], index=range(count))
    table = {
        **bare_columns(count, "road"),
        "tail": np.array([edge[0] for edge in edges], np.int64),
        "head": np.array([edge[1] for edge in edges], np.int64),
        "kind": pd.Series(kinds, dtype="str"),
        "length_m": geodesic_lengths(lines, CRS),
        **{name: pd.Series([""] * count, dtype="str") for name in ("road_class", "surface", "road_id")},
        "level": np.zeros(count, np.int64),
        "access": np.zeros(count, np.bool_),
    }
    bare = gpd.GeoDataFrame(table, geometry=lines, crs=CRS).rename_axis("edge_id")
    said = {name: more[name].fillna(bare[name]).astype(bare[name].dtype) for name in more}
    kind = pd.Series(["premises" if i in homes else "road" for i in range(len(points))], dtype="str")
    nodes_table = gpd.GeoDataFrame(
        {"kind": kind, "component": np.zeros(len(points), np.int64), "access": False},
        geometry=points,
        crs=CRS,
    ).rename_axis("node_id")
    return RouteGraph(nodes_table, price_edges(bare.assign(**said), book, study.design))


def attach(graph: RouteGraph, homes: dict[str, int], roots=(0,), unattached=None) -> Attachment:
    """Attach premises at nodes of a graph; unattached are name: (reason, metres)."""
    names = pd.Index(list(homes), name="premises_id", dtype="str")
    left = unattached or {}
    reasons = pd.Series([reason for reason, _ in left.values()], dtype="str")
    table = pd.DataFrame({"reason": reasons, "distance_m": [float(away) for _, away in left.values()]})
    return Attachment(
        graph,
        pd.Series(list(homes.values()), index=names, name="node", dtype="int64"),
        table.set_axis(pd.Index(list(left), name="premises_id", dtype="str")),
        np.array(roots, np.int64),
    )


def make_premises(attachment: Attachment, people: dict[str, tuple[int, int]], **columns) -> gpd.GeoDataFrame:
    """Make the premises of an attachment from households and workplaces; others lie far away."""
    index = pd.Index(list(people), name="premises_id", dtype="str")
    places = attachment.graph.nodes.geometry.to_dict()
    at = [places.get(attachment.node_of.get(name), Point(ORIGIN[0], ORIGIN[1] + 90_000)) for name in people]
    text = {"kind": "single", "municipality": "2580", "locality": "", "settlement_class": "outside"}
    text |= {"source": "test", "vintage": ""} | columns
    return gpd.GeoDataFrame(
        {
            "households": np.array([homes for homes, _ in people.values()], np.int64),
            "workplaces": np.array([shops for _, shops in people.values()], np.int64),
            **{name: pd.Series(value, index=index, dtype="str") for name, value in text.items()},
        },
        index=index,
        geometry=at,
        crs=CRS,
    )


def make_layers(**layers: gpd.GeoDataFrame) -> Layers:
    return Layers(
        tables=layers, faults=tables.empty(tables.FAULTS, CRS), counts=pd.DataFrame(), sources=pd.DataFrame()
    )


def make_setting(premises, book, study, **layers) -> Setting:
    """Make what plans are made on: everybody is a white spot of one area."""
    from infraplan.layers.area_rules import read_area_rules  # noqa: PLC0415

    given = make_layers(**layers)
    areas, _ = find_areas(given, read_area_rules("areas-2026"), study)
    white = tables.empty(tables.WHITE_SPOTS, CRS)
    spots = premises.assign(
        best_down_mbps=0.0,
        **{
            name: pd.Series(value, index=premises.index, dtype="str")
            for name, value in {"rule": "no_service", "white_spot_id": "V1", "eligible": "yes"}.items()
        },
    )[[*tables.WHITE_SPOTS.names, "geometry"]]
    return Setting(
        given,
        premises,
        tables.empty(tables.ZONES, CRS),
        tables.empty(tables.SERVICE),
        spots if len(spots) else white,
        areas,
        book,
        study,
    )


# The village of most tests

PEOPLE = {"a": (1, 0), "b": (4, 0), "c": (1, 1), "d": (2, 0), "e": (1, 0), "f": (1, 0)}


def make_village(book, study=None, ducts=None) -> tuple[Attachment, gpd.GeoDataFrame]:
    """A road of three kilometres from the exchange (node 0), a side road, five homes, and one on an island.

    ::

        0 ── 1 ── 2 ── 3      homes a at 1, b at 2, c and d at 3 (d has a drop to 2 as well), e on side road
                  │
                  4           f at 5 ── 6, which no road joins

    ``ducts`` says what is along road edges, by number.
    """
    nodes = [(0, 0), (1, 0), (2, 0), (3, 0), (2, 2), (9, 9), (9, 8)]
    homes = {7: (1, 0.1), 8: (2, -0.1), 9: (3, 0.1), 10: (2.5, -0.1), 11: (2.1, 2), 12: (9.1, 9)}
    roads = [(0, 1), (1, 2), (2, 3), (2, 4), (5, 6)]
    edges = [(*ends, "road", (ducts or {}).get(number, {})) for number, ends in enumerate(roads)]
    drops = [(1, 7), (2, 8), (3, 9), (3, 10), (2, 10), (4, 11), (5, 12)]
    edges += [(*ends, "drop", {}) for ends in drops]
    graph = build([*nodes, *homes.values()], edges, set(homes), book, study)
    attachment = attach(graph, dict(zip("abcdef", homes, strict=True)))
    return attachment, make_premises(attachment, PEOPLE)


# Any village, and all that can be built in it


@st.composite
def any_village(draw, book, most=3):
    """Draw a connected little network with ducts, premises with one or two drops, and people."""
    study = make_study(
        design={
            "architecture": draw(st.sampled_from(["p2p", "gpon"])),
            "split": draw(st.integers(2, 4)),
            "spare": draw(st.sampled_from([0.0, 0.25, 1.0])),
            "cabinet_premises": draw(st.integers(1, 4)),
            "cabinet_least": draw(st.integers(0, 3)),
            "cabinet_m": draw(st.sampled_from([200.0, 5_000.0])),
        }
    )
    count = draw(st.integers(2, 4))
    places = draw(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=count, max_size=count, unique=True)
    )
    roads = [(draw(st.integers(0, node - 1)), node) for node in range(1, count)]
    roads += draw(st.lists(st.sampled_from(list(itertools.combinations(range(count), 2))), max_size=1))
    duct = st.sampled_from([{}, {}, {"existing": "own_duct", "duct_id": "D1"}, {"existing": "leased_duct"}])
    room = st.integers(1, 2)
    edges = [(*ends, "road", more | {"room": draw(room)} if (more := draw(duct)) else {}) for ends in roads]
    homes, drops = {}, []
    for number in range(draw(st.integers(1, most))):
        node = count + number
        feet = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True))
        drops += [(foot, node, "drop", {}) for foot in feet]
        x, y = places[feet[0]]
        places.append((x + 0.1 * number + 0.05, y + 0.02))
        homes[f"h{number}"] = node
    scaled = [(x / 10, y / 10) for x, y in places]
    graph = build(scaled, edges + drops, set(homes.values()), book, study)
    roots = draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=2))
    attachment = attach(graph, homes, sorted(roots))
    people = {name: (draw(st.integers(0, 5)), draw(st.integers(0, 2))) for name in homes}
    premises = make_premises(attachment, people)
    return attachment, premises, make_setting(premises, book, study)


def all_plans(attachment, premises, setting, wanted=lambda _: True):
    """Yield every network without a stub: who it serves, what its edges cost, and the bill of all.

    ``wanted`` tells by who is served whether a network is of interest.
    """
    graph = attachment.graph
    roots, ends = set(attachment.roots.tolist()), list(zip(graph.tails, graph.heads, strict=True))
    homes = dict(zip(attachment.node_of, attachment.node_of.index, strict=True))
    roads = np.flatnonzero(graph.edges["kind"] == "road").tolist()
    drops = [
        [None, *(e for e, end in enumerate(ends) if end[1] == node and e not in roads)] for node in homes
    ]
    for some in itertools.chain.from_iterable(
        itertools.combinations(roads, size) for size in range(len(roads) + 1)
    ):
        nodes = _grow(some, ends, roots)
        for choice in itertools.product(*drops) if nodes is not None else ():
            chosen = [drop for drop in choice if drop is not None]
            feet = [ends[drop][0] for drop in chosen]
            who = [homes[ends[drop][1]] for drop in chosen]
            if set(feet) <= nodes and not _has_stub(some, feet, ends, roots) and wanted(who):
                every = [*some, *chosen]
                yield (
                    who,
                    int(graph.costs[every].sum()),
                    _bill(every, who, attachment, premises, setting),
                )


def _grow(some, ends, roots):
    """Return the nodes of a forest on the roots; None where some edges are none."""
    nodes, left = set(roots), list(some)
    while left:
        fit = next((e for e in left if (ends[e][0] in nodes) != (ends[e][1] in nodes)), None)
        if fit is None:
            return None
        nodes |= set(ends[fit])
        left.remove(fit)
    return nodes


def _has_stub(some, feet, ends, roots):
    met = [*feet, *(node for edge in some for node in ends[edge])]
    return any(met.count(node) == 1 and node not in roots for node in met)


def _bill(some, who, attachment, premises, setting):
    """Return the whole cost of a network; where ducts are too full a trench is dug instead."""
    book, study = setting.book, setting.study
    columns = {"node": attachment.node_of.loc[who], "project_id": pd.Series("", index=who, dtype="str")}
    served = pd.DataFrame(premises.loc[who, ["households", "workplaces"]]).assign(**columns)
    for _ in range(2):
        graph = attachment.graph
        routes, cabinets = design_network(
            graph.edges.loc[list(some)], served, attachment.roots, graph.nodes, book, study
        )
        full = find_overfull(routes)
        if len(full):
            attachment = reprice(attachment, full, DUG, book, study.design)
    return int(build_bill(routes, cabinets, book, study)["cost_sek"].sum())
