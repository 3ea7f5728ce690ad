"""Networks by the Open Fibre Data Standard: both versions, both ways to write them, and broken ones."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.config import Layer, Study, StudyInfo
from infraplan.errors import LayerError
from infraplan.layers.ofds import NOT_THERE, is_ofds, read_ofds, read_parts
from infraplan.layers.read import read_layers
from infraplan.layers.recognise import look_through, write_study

LINKS = [{"href": "https://standard.ofds.info/en/0__4__0/network-schema.json", "rel": "describedby"}]
OWNERS = {"0.3": "physicalInfrastructureProvider", "0.4": "transmissionMediumOwner"}


def package(version="0.4", **changes):
    """Return a network of two nodes in operation, one planned, and a span of each status."""
    owner = OWNERS[version]
    network = {
        "id": "6f1ab3b4-1d9c-5d55-8f3e-000000000000",
        "name": "Stadsnätet",
        "organisations": [{"id": "o1", "name": "Stadsnät AB"}, {"id": "o2", "name": "Operatör B"}],
        "phases": [{"id": "f1", "name": "Etapp 1"}],
        "nodes": [
            {
                "id": "n1",
                "name": "Centralen",
                "status": "operational",
                "type": ["pop", "exchange"],
                "location": {"type": "Point", "coordinates": [22.8, 66.3]},
                owner: {"id": "o1"},
                "accessPoint": True,
            },
            {"id": "n2", "location": {"type": "Point", "coordinates": [22.9, 66.3]}},
            {"id": "n3", "status": "planned", "location": {"type": "Point", "coordinates": [22.9, 66.4]}},
        ],
        "spans": [
            {
                "id": "s1",
                "status": "operational",
                "start": "n1",
                "end": "n2",
                "phase": {"id": "f1"},
                "route": {"type": "LineString", "coordinates": [[22.8, 66.3], [22.9, 66.3, 120.0]]},
                owner: {"id": "o1", "name": "Stadsnät AB"},
                "networkProviders": [{"id": "o2"}, {"id": "o1", "name": "Stadsnät AB"}],
                "fibreCount": 96,
                "fibreLength": 4.5,
                "capacity": 100,
                "transmissionMedium": ["fibre"],
            },
            {
                "id": "s2",
                "status": "planned",
                "start": "n2",
                "end": "n3",
                "route": {"type": "LineString", "coordinates": [[22.9, 66.3], [22.9, 66.4]]},
            },
        ],
        "links": LINKS,
        **changes,
    }
    return {"networks": [network]}


def features(version="0.3"):
    """Return the same network as the standard's GeoJSON: references put in, nodes whole at both ends."""
    (network,) = package(version)["networks"]
    nodes = {node["id"]: node for node in network["nodes"]}
    about = {key: network[key] for key in ("id", "name", "links")}
    made = {"nodes": [], "spans": []}
    for part, geometry in (("nodes", "location"), ("spans", "route")):
        for thing in network[part]:
            told = {key: value for key, value in thing.items() if key != geometry}
            for end in ("start", "end"):
                if end in told:
                    told[end] = nodes[told[end]]
            for organisation in (*told.get("networkProviders", []), told.get(OWNERS[version], {"id": "o1"})):
                organisation["name"] = {"o1": "Stadsnät AB", "o2": "Operatör B"}[organisation["id"]]
            properties = {**told, "network": about, "featureType": part[:-1]}
            made[part].append({"type": "Feature", "geometry": thing[geometry], "properties": properties})
    return {part: {"type": "FeatureCollection", "features": found} for part, found in made.items()}


def write(path: Path, content) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path


def study_of(**layers):
    study = StudyInfo(name="S", year=2026, crs="EPSG:3006")
    return Study(study=study, layers={name: (Layer(**told),) for name, told in layers.items()})


@pytest.mark.parametrize("version", OWNERS)
def test_spans_have_whose_they_are_how_many_fibres_and_in_which_phase(tmp_path, version):
    path = write(tmp_path / "net.json", package(version))
    source = read_ofds(path, points=False, name="fibre_lines")
    (row,) = source.frame.to_dict("records")
    assert row["operator"] == "Operatör B, Stadsnät AB"
    assert row["owner"] == "Stadsnät AB"
    assert (row["capacity"], row["capacity_gbps"], row["fibreLength"]) == ("96", "100", "4.5")
    assert (row["phase"], row["network"], row["start"], row["end"]) == ("Etapp 1", "Stadsnätet", "n1", "n2")
    assert source.crs.to_epsg() == 4326
    # Heights stay behind.
    assert source.shapes[0].wkt == "LINESTRING (22.8 66.3, 22.9 66.3)"


@pytest.mark.parametrize("version", OWNERS)
def test_nodes_have_their_first_type_and_their_owner(tmp_path, version):
    source = read_ofds(write(tmp_path / "net.json", package(version)), points=True, name="fibre_nodes")
    assert source.frame["id"].tolist() == ["n1", "n2"]
    assert source.frame["kind"].tolist() == ["pop", ""]
    assert source.frame["operator"].tolist() == ["Stadsnät AB", ""]


@pytest.mark.parametrize("part", ["nodes", "spans"])
@pytest.mark.parametrize("version", OWNERS)
def test_geojson_says_the_same_as_the_package(tmp_path, part, version):
    points = part == "nodes"
    whole = read_ofds(write(tmp_path / "net.json", package(version)), points=points, name="x")
    path = write(tmp_path / f"{part}.geojson", features(version)[part])
    assert is_ofds(path)
    alone = read_ofds(path, points=points, name="x")
    for column in (
        "id",
        "status",
        "operator",
        "network",
        *(("kind",) if points else ("start", "end", "capacity")),
    ):
        assert alone.frame[column].tolist() == whole.frame[column].tolist(), column
    assert [shape.wkt for shape in alone.shapes] == [shape.wkt for shape in whole.shapes]


@pytest.mark.parametrize("status", [*NOT_THERE, "operational", "", "someday"])
def test_what_is_not_in_operation_is_left_out_and_told(tmp_path, status):
    content = package()
    content["networks"][0]["spans"][1]["status"] = status
    source = read_ofds(write(tmp_path / "net.json", content), points=False, name="fibre_lines")
    gone = status in NOT_THERE
    assert len(source.frame) == (1 if gone else 2)
    assert source.left_out == gone
    expected = [("ofds_not_there", {"count": "1", "found": status})] if gone else []
    assert list(source.told) == expected
    assert len(read_ofds(tmp_path / "net.json", points=False, name="fibre_lines", every=True).frame) == 2


def test_what_lies_elsewhere_and_what_is_lost_is_told(tmp_path):
    link = {"href": "https://example.org/spans.json", "rel": "tag:opentelecomdata.net,2022:spansFile"}
    content = package(links=[*LINKS, link])
    content["networks"][0]["spans"][0]["end"] = "n9"
    told = dict(read_ofds(write(tmp_path / "net.json", content), points=False, name="fibre_lines").told)
    assert told["ofds_elsewhere"] == {"part": "spans", "address": "https://example.org/spans.json"}
    assert told["ofds_dangling"] == {"count": "1", "spans": "s1"}


def test_a_study_has_lines_and_nodes_from_one_file(tmp_path):
    path = write(tmp_path / "net.ofds.json", package())
    layers = read_layers(study_of(fibre_lines={"path": path}, fibre_nodes={"path": path}))
    lines, nodes = layers.get("fibre_lines"), layers.get("fibre_nodes")
    assert lines["operator"].tolist() == ["Operatör B, Stadsnät AB"]
    assert lines["capacity"].tolist() == [96.0]
    assert nodes["kind"].tolist() == ["pop", "node"]
    assert lines.crs.to_epsg() == nodes.crs.to_epsg() == 3006
    assert layers.counts.loc["fibre_lines"].to_dict() == {
        "rows_in": 2, "left_out": 1, "repaired": 0, "set_aside": 0, "used": 1,
    }  # fmt: skip
    assert "ofds_not_there" in set(layers.faults["rule"])


def test_a_study_may_choose_by_status_itself(tmp_path):
    path = write(tmp_path / "net.json", package())
    told = {"path": path, "where": {"status": ["planned"]}}
    layers = read_layers(study_of(fibre_lines=told))
    assert len(layers.get("fibre_lines")) == 1
    assert not (layers.faults["rule"] == "ofds_not_there").any()


def test_things_without_a_shape_that_can_be_used_are_faults(tmp_path):
    content = package()
    (first, _) = content["networks"][0]["spans"]
    broken = [
        None,
        {"type": "Point", "coordinates": [22.8, 66.3]},
        {"type": "LineString", "coordinates": "x"},
        7,
    ]
    content["networks"][0]["spans"] = [
        {**first, "id": f"b{i}", "route": route} for i, route in enumerate(broken)
    ]
    layers = read_layers(study_of(fibre_lines={"path": write(tmp_path / "net.json", content)}))
    assert layers.get("fibre_lines") is None
    assert layers.counts.loc["fibre_lines", "set_aside"] == 4
    assert set(layers.faults["rule"]) >= {"missing_geometry", "wrong_shape"}


def test_init_finds_both_layers_of_a_package(tmp_path):
    write(tmp_path / "net.json", package())
    findings = look_through(tmp_path)
    assert {finding.preset.layer for finding in findings} == {"fibre_lines", "fibre_nodes"}
    text = write_study(tmp_path, findings, name="A", year=2026)
    assert '[layers.fibre_lines]\npath = "net.json"\nlayer = "spans"' in text
    assert '[layers.fibre_nodes]\npath = "net.json"\nlayer = "nodes"' in text


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"networks": [', "unreadable_file"),
        ('{"networks": []}', "empty_file"),
        ('{"networks": "x"}', "empty_file"),
        ('{"networks": [1, null]}', "empty_file"),
        ("[" * 100_000, "unreadable_file"),
    ],
)
def test_a_broken_package_is_told_with_its_file(tmp_path, content, key):
    path = tmp_path / "net.json"
    path.write_text(content)
    with pytest.raises(LayerError) as caught:
        read_ofds(path, points=False, name="fibre_lines")
    assert caught.value.key == key
    assert "net.json" in str(caught.value)


def test_only_nodes_and_spans_can_be_asked_for(tmp_path):
    path = write(tmp_path / "net.json", package())
    with pytest.raises(LayerError) as caught:
        read_ofds(path, points=False, name="fibre_lines", part="ducts")
    assert caught.value.key == "no_such_part"


@pytest.mark.parametrize(
    "content",
    [
        {"type": "FeatureCollection", "features": []},
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"network": "bus"}, "geometry": None}],
        },
        {"data": [{"schoolUnitCode": "1"}]},
        [],
    ],
)
def test_other_json_is_no_network(tmp_path, content):
    assert not is_ofds(write(tmp_path / "x.json", content))
    assert not is_ofds(tmp_path / "nothing.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = (
    "id",
    "name",
    "status",
    "type",
    "start",
    "end",
    "phase",
    "location",
    "route",
    "networkProviders",
    "capacity",
)
things = st.lists(st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6) | json_values, max_size=4)


@settings(max_examples=60, deadline=None)
@given(nodes=things, spans=things, organisations=json_values, phases=json_values, links=json_values)
def test_whatever_a_network_holds_it_is_read_or_told(
    tmp_path_factory, nodes, spans, organisations, phases, links
):
    network = {
        "nodes": nodes,
        "spans": spans,
        "organisations": organisations,
        "phases": phases,
        "links": links,
    }
    path = write(tmp_path_factory.getbasetemp() / "net.json", {"networks": [network]})
    for part, source in read_parts(path).items():
        expected = [thing for thing in network[part] if isinstance(thing, dict)]
        assert len(source.frame) == len(source.shapes) == len(expected)
        found = read_ofds(path, points=part == "nodes", name="x")
        assert len(found.frame) + found.left_out == len(expected)
