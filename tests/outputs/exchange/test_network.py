"""The planned network by the Open Fibre Data Standard 0.4."""

import dataclasses
import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely import MultiLineString

from infraplan import words
from infraplan.layers.ofds import read_ofds
from infraplan.outputs import exchange
from infraplan.outputs.edition import edition_of

SCHEMA = Path(__file__).parent / "ofds-0.4.0" / "network-package-schema.json"


@pytest.fixture(scope="module")
def edition(results):
    return edition_of(results)


def write(edition, folder):
    folder.mkdir(exist_ok=True)
    ((path,),) = exchange.write_layers(edition, folder, ["ofds"]).values()
    return path


def network_of(path):
    (network,) = json.loads(path.read_text("utf-8"))["networks"]
    return network


def changed(edition, **tables):
    return dataclasses.replace(edition, tables={**edition.tables, **tables})


def check(network):
    """Hold a network against the rules of the standard that its schema cannot say."""
    nodes = {node["id"]: node for node in network["nodes"]}
    spans = {span["id"]: span for span in network["spans"]}
    assert len(nodes) == len(network["nodes"])
    assert len(spans) == len(network["spans"])
    phases = {phase["id"]: phase["name"] for phase in network.get("phases", [])}
    for thing in (*nodes.values(), *spans.values()):
        if "phase" in thing:
            assert phases[thing["phase"]["id"]] == thing["phase"]["name"]
    used = {span[end] for span in spans.values() for end in ("start", "end")}
    assert used == set(nodes)
    for span in spans.values():
        route = span["route"]["coordinates"]
        assert len(route) > 1
        assert nodes[span["start"]]["location"]["coordinates"] == route[0]
        assert nodes[span["end"]]["location"]["coordinates"] == route[-1]


def test_it_keeps_the_published_schema(edition, tmp_path):
    validators = pytest.importorskip("jsonschema.validators")
    checker = pytest.importorskip("jsonschema").FormatChecker()
    package = json.loads(write(edition, tmp_path).read_text("utf-8"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    judge = validators.Draft202012Validator(schema, format_checker=checker)
    assert list(judge.iter_errors(package)) == []
    # The schema is not one that lets all pass.
    package["networks"][0]["spans"][0]["status"] = "someday"
    assert len(list(judge.iter_errors(package))) == 1


def test_spans_meet_their_nodes_and_say_what_is_planned(edition, tmp_path):
    network = network_of(write(edition, tmp_path))
    check(network)
    routes = edition.table("routes")
    assert len(network["spans"]) == len(routes)
    assert {span["status"] for span in network["spans"]} == {"planned"}
    assert [span["fibreLength"] for span in network["spans"]] == [
        round(x / 1000, 6) for x in routes["length_m"]
    ]
    assert [span.get("fibreCount") for span in network["spans"]] == [n or None for n in routes["fibres"]]
    assert "Ledningskollen" in network["accuracyDetails"]
    assert network["links"][0]["href"].endswith("0__4__0/network-schema.json")


def test_cabinets_are_nodes_with_their_kind(edition, tmp_path):
    network = network_of(write(edition, tmp_path))
    cabinets = edition.table("cabinets")
    ends = {*edition.table("routes")["tail"], *edition.table("routes")["head"]}
    expected = set(cabinets.index[cabinets["node"].isin(ends)])
    assert {node["name"] for node in network["nodes"] if "name" in node} == expected


def test_ids_outlive_the_order_and_the_numbers_of_a_run(edition, tmp_path):
    routes = edition.table("routes")
    other = routes.iloc[::-1].assign(tail=routes["tail"] + 1000, head=routes["head"] + 1000)
    first = network_of(write(edition, tmp_path / "a"))
    second = network_of(write(changed(edition, routes=other), tmp_path / "b"))
    assert first["id"] == second["id"]
    for part in ("nodes", "spans"):
        assert {thing["id"] for thing in first[part]} == {thing["id"] for thing in second[part]}


def test_a_level_that_sees_less_writes_less(edition, tmp_path):
    routes = edition.table("routes")[["phase", "geometry"]]
    network = network_of(write(changed(edition, routes=routes, cabinets=gpd.GeoDataFrame()), tmp_path))
    check(network)
    assert len(network["spans"]) == len(routes)
    assert not {"fibreCount", "fibreLength", "name", "deployment"} & {
        key for span in network["spans"] for key in span
    }
    assert not any("type" in node for node in network["nodes"])


def test_joined_lines_are_taken_apart(edition, tmp_path):
    routes = edition.table("routes")[["geometry"]].iloc[:1]
    (x, y), *_ = shapely.get_coordinates(routes.geometry.iloc[0]).tolist()
    joined = routes.set_geometry([MultiLineString([[(x, y), (x + 9, y)], [(x + 9, y), (x + 9, y + 9)]])])
    network = network_of(write(changed(edition, routes=joined.set_crs(routes.crs)), tmp_path))
    check(network)
    assert (len(network["spans"]), len(network["nodes"])) == (2, 3)


@pytest.mark.parametrize("kind", ["none", "empty", "areas"])
def test_without_lines_there_is_no_network_and_that_is_told(edition, tmp_path, caplog, kind):
    routes = edition.table("routes")
    tables = {key: table for key, table in edition.tables.items() if key != "routes"}
    if kind != "none":
        tables["routes"] = routes.iloc[:0] if kind == "empty" else routes.set_geometry(routes.buffer(250))
    assert exchange.write_layers(dataclasses.replace(edition, tables=tables), tmp_path, ["ofds"]) == {}
    assert not list(tmp_path.iterdir())
    told = words.load(edition.language).text("exchange.told.no_network", level="")
    assert told.split()[:3] == caplog.messages[0].split()[:3]


def test_hostile_names_stay_text(build, tmp_path):
    edition = edition_of(build(hostile="<img src=x onerror=alert(1)>"))
    network = network_of(write(edition, tmp_path))
    assert "<img src=x onerror=alert(1)>" in network["name"]


def test_what_is_written_can_be_read_as_a_layer(edition, tmp_path):
    path = write(edition, tmp_path)
    routes = edition.table("routes")
    spans = read_ofds(path, points=False, name="fibre_lines", every=True)
    assert len(spans.frame) == len(routes)
    assert [float(n) if n else 0.0 for n in spans.frame["capacity"]] == routes["fibres"].astype(
        float
    ).tolist()
    assert not len(read_ofds(path, points=False, name="fibre_lines").frame)
    drawn = gpd.GeoSeries(spans.shapes, crs=spans.crs).to_crs(routes.crs)
    assert shapely.hausdorff_distance(drawn.to_numpy(), routes.geometry.to_numpy()).max() < 0.2
