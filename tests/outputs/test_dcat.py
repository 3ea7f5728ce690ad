"""Metadata for data portals: what DCAT-AP-SE and Sweden's data portal ask for."""

import dataclasses
import hashlib
import json
import re

import pytest

from infraplan.outputs import dcat, exchange
from infraplan.outputs.edition import edition_of

PUBLICATION = {
    "publisher": "Överkalix kommun",
    "publisher_uri": "http://dataportal.se/organisation/SE2120002668",
    "contact": "Samhällsbyggnad",
    "email": "bredband@example.se",
    "licence": "http://creativecommons.org/publicdomain/zero/1.0/",
    "base_url": "https://example.se/bredband/",
}
MANDATORY = {
    "dcat:Catalog": (
        "dcterms:title",
        "dcterms:description",
        "dcterms:publisher",
        "dcterms:license",
        "dcat:dataset",
    ),
    "dcat:Dataset": ("dcterms:title", "dcterms:description", "dcterms:publisher"),
    "dcat:Distribution": ("dcat:accessURL",),
    "foaf:Agent": ("foaf:name",),
    "vcard:Organization": ("vcard:fn", "vcard:hasEmail"),
}
RECOMMENDED = {
    "dcat:Dataset": (
        "dcat:contactPoint",
        "dcat:distribution",
        "dcat:keyword",
        "dcat:theme",
        "dcterms:accessRights",
        "dcterms:issued",
        "dcterms:spatial",
        "dcterms:temporal",
        "dcterms:conformsTo",
    ),
    "dcat:Distribution": (
        "dcterms:format",
        "dcterms:license",
        "dcat:downloadURL",
        "dcat:byteSize",
        "spdx:checksum",
    ),
}
NEVER_NAMELESS = (*MANDATORY,)


def edition_with(results, level="public", publication=None):
    edition = edition_of(results)
    about = json.loads(json.dumps(edition.about, default=str))
    about["parameters"]["publication"] = PUBLICATION if publication is None else publication
    return dataclasses.replace(edition, about=about, level=level)


def describe(edition, folder, formats=("geojson", "csv", "gpkg")):
    files = exchange.write_layers(edition, folder, formats)
    return files, dcat.write_metadata(edition, files, folder)


def graph_of(path):
    content = json.loads(path.read_text("utf-8"))
    return content["@context"], content["@graph"]


def nodes_in(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes_in(item)


@pytest.fixture(scope="module")
def published(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    edition = edition_with(results)
    return edition, folder, *describe(edition, folder)


def test_a_file_beside_each_dataset_and_a_catalogue_of_all(published):
    _, folder, files, paths = published
    assert {path.name for path in paths} == {f"{layer}_public.jsonld" for layer in files} | {
        "catalog_public.jsonld"
    }
    assert set(paths) <= set(folder.iterdir())


def test_what_the_profile_asks_for_is_there(published):
    *_, paths = published
    for path in paths:
        _, graph = graph_of(path)
        for node in graph:
            for name in (*MANDATORY[node["@type"]], *RECOMMENDED.get(node["@type"], ())):
                assert node.get(name), (path.name, node["@id"], name)
    _, graph = graph_of(paths[-1])
    assert {node["@type"] for node in graph} == set(MANDATORY)
    assert not any("rdfs:comment" in node for node in graph)


def test_every_address_is_absolute_and_every_reference_leads_somewhere(published):
    _, _, files, paths = published
    for path in paths:
        context, graph = graph_of(path)
        known = {node["@id"] for node in graph}
        assert len(known) == len(graph)
        for node in nodes_in(graph):
            assert not (node.get("@type") in NEVER_NAMELESS and "@id" not in node)
            for key in node:
                assert key.startswith("@") or key.split(":")[0] in context, key
            if "@id" in node:
                assert re.fullmatch(r"(https?://|urn:uuid:|mailto:|spdx:)[!-~]+", node["@id"]), node["@id"]
        for node in graph:
            for name in ("dcat:dataset", "dcat:distribution", "dcat:contactPoint", "dcterms:publisher"):
                found = node.get(name, [])
                for item in found if isinstance(found, list) else [found]:
                    assert item["@id"] in known
    _, graph = graph_of(paths[-1])
    assert len([node for node in graph if node["@type"] == "dcat:Dataset"]) == len(files)


def test_distributions_say_which_bytes_they_are(published):
    _, folder, _, paths = published
    _, graph = graph_of(paths[-1])
    seen = set()
    for node in graph:
        if node["@type"] == "dcat:Distribution":
            file = folder / node["dcterms:title"]
            assert node["dcat:byteSize"]["@value"] == str(file.stat().st_size)
            assert (
                node["spdx:checksum"]["spdx:checksumValue"]["@value"]
                == hashlib.sha256(file.read_bytes()).hexdigest()
            )
            assert node["dcat:downloadURL"]["@id"] == f"https://example.se/bredband/{file.name}"
            seen.add(node["dcterms:format"])
    assert seen == {"application/geo+json", "text/csv", "application/geopackage+sqlite3"}


@pytest.mark.parametrize(
    ("level", "right", "licensed"),
    [("public", "PUBLIC", True), ("restricted", "RESTRICTED", False), ("internal", "NON_PUBLIC", False)],
)
def test_the_level_decides_who_may_have_it(results, tmp_path, level, right, licensed):
    *_, catalogue = describe(edition_with(results, level), tmp_path, ["csv"])[1]
    _, graph = graph_of(catalogue)
    rights = {
        node["dcterms:accessRights"]["@id"].rsplit("/")[-1]
        for node in graph
        if node["@type"] == "dcat:Dataset"
    }
    assert rights == {right}
    assert licensed == any(
        "dcterms:license" in node for node in graph if node["@type"] == "dcat:Distribution"
    )


def test_what_the_study_does_not_say_is_left_out_and_named(results, tmp_path):
    edition = edition_with(results, publication={"publisher": "Kommunen", "contact": "", "email": "a@b.se"})
    *_, catalogue = describe(edition, tmp_path, ["csv"])[1]
    _, graph = graph_of(catalogue)
    (node,) = [node for node in graph if node["@type"] == "dcat:Catalog"]
    for told in node["rdfs:comment"]:
        assert "contact, licence, base_url" in told["@value"]
        assert "publisher" not in told["@value"]
    assert not any(
        name in node for node in graph for name in ("dcat:accessURL", "dcat:contactPoint", "dcat:landingPage")
    )
    assert all(node["@id"].startswith("urn:uuid:") for node in graph)


def test_it_tells_of_when_it_is_and_what_is_modelled(published):
    *_, paths = published
    _, graph = graph_of(next(path for path in paths if path.name.startswith("white_spots_")))
    (dataset,) = [node for node in graph if node["@type"] == "dcat:Dataset"]
    assert dataset["dcterms:issued"] == {"@value": "2026-11-21", "@type": "xsd:date"}
    assert dataset["dcterms:temporal"]["dcat:startDate"]["@value"] == "2026-01-15"
    assert dataset["dcterms:conformsTo"]["@id"] == "http://www.opengis.net/def/crs/EPSG/0/3006"
    assert re.match(r"POLYGON\(\(\d\d\.\d+ \d\d\.\d+", dataset["dcterms:spatial"]["dcat:bbox"]["@value"])
    told = {node["@language"]: node["@value"] for node in dataset["dcterms:provenance"]["rdfs:label"]}
    assert "Modellerade, inte verkliga data: Befintliga fiberledningar" in told["sv"]
    assert "Modelled, not real data: Existing fibre lines" in told["en"]
    assert "schaktning" in dataset["dcterms:description"][0]["@value"]


def test_hostile_words_stay_words(results, tmp_path):
    hostile = {
        "publisher": '"}],"@id":"x"<script>\ud800',
        "contact": "<img src=x>",
        "email": "a@b",
        "base_url": 'https://example.se/a<b>"/å',
        "publisher_uri": "https://example.se/{x}",
    }
    paths = describe(edition_with(results, publication=hostile), tmp_path, ["csv"])[1]
    _, graph = graph_of(paths[-1])
    (agent,) = [node for node in graph if node["@type"] == "foaf:Agent"]
    assert agent["foaf:name"] == '"}],"@id":"x"<script>?'
    assert agent["@id"] == "https://example.se/%7Bx%7D"
    assert all(
        node["@id"].startswith("https://example.se/a%3Cb%3E%22/%C3%A5/")
        for node in graph
        if node is not agent
    )


def test_the_same_edition_gives_the_same_bytes(results, tmp_path):
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths = describe(edition_with(results), tmp_path / name, ["csv"])[1]
        found.append({path.name: path.read_bytes() for path in paths})
    assert found[0] == found[1]


def test_nothing_published_is_an_empty_catalogue(results, tmp_path):
    edition = dataclasses.replace(edition_with(results), tables={})
    (path,) = dcat.write_metadata(edition, {}, tmp_path)
    _, graph = graph_of(path)
    assert graph[0]["dcat:dataset"] == []
