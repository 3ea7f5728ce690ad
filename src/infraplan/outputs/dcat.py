"""Metadata beside what is published: DCAT-AP-SE as JSON-LD, so that a national data portal can harvest it.

After DCAT-AP-SE 3.0 (https://docs.dataportal.se/dcat/) and what Sweden's data portal asks of those that it
harvests: absolute addresses, no nameless nodes for catalogue, datasets, distributions, publisher and contact,
formats as media types, and a catalogue whose own licence is CC0.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from pyproj import CRS, Transformer

from infraplan import words
from infraplan.outputs.about import describe
from infraplan.outputs.cells import plain
from infraplan.outputs.edition import Edition
from infraplan.outputs.manifest import checksum
from infraplan.words import LANGUAGES, Words

_SPACE = uuid.UUID("6f5f3c1e-6d0c-5c58-9a0e-2b7b1d8c4f10")
"""Ours, for names of what has no address on the web."""

Node: TypeAlias = dict[str, Any]

LACKED = ("publisher", "contact", "email", "licence", "base_url")
"""Keys of ``[publication]`` without which something of the metadata has to be left out."""

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_EU = "http://publications.europa.eu/resource/authority"
_RIGHTS = {"public": "PUBLIC", "restricted": "RESTRICTED", "internal": "NON_PUBLIC"}
_LANGUAGE = {"sv": "SWE", "en": "ENG"}
_THEMES = ("TECH", "REGI")
_KEYWORDS = ("broadband", "fibre", "infrastructure")
_CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
"""The portal asks it of the catalogue itself, whatever the data's licence."""
_MEDIA = "https://www.iana.org/assignments/media-types"
_WGS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"

_FORMATS: Mapping[str, str] = {
    ".geojson": "application/geo+json",
    ".geojsons": "application/geo+json-seq",
    ".gpkg": "application/geopackage+sqlite3",
    ".fgb": "application/vnd.flatgeobuf",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".csv": "text/csv",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".html": "text/html",
    ".pdf": "application/pdf",
}
"""Ending -> media type."""
_CRS_OF = {**dict.fromkeys((".geojson", ".geojsons", ".kml", ".json"), _WGS84), ".pmtiles": _MERCATOR}
"""Endings of formats whose coordinates are not those of the study."""
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")


def write_metadata(edition: Edition, files: Mapping[str, Sequence[Path]], folder: Path) -> list[Path]:
    """Write what each layer's files are, and a catalogue of all; return the paths.

    What the study does not say in ``[publication]`` is left out, and the catalogue's comment names it.

    Parameters
    ----------
    files
        Layer -> the files that hold it, as ``exchange.write_layers`` returns them.
    """
    metadata = _Metadata(edition)
    agents = list(metadata.agents())
    written = []
    datasets: list[Node] = []
    for layer, paths in files.items():
        if not paths:
            continue
        nodes = list(metadata.dataset(layer, paths))
        datasets += nodes
        written.append(_write(folder / f"{layer}_{edition.level}.jsonld", [*nodes, *agents]))
    catalogue = metadata.catalogue([node["@id"] for node in datasets if node["@type"] == "dcat:Dataset"])
    path = folder / f"catalog_{edition.level}.jsonld"
    return [*written, _write(path, [catalogue, *datasets, *agents])]


def _write(path: Path, graph: Sequence[Node]) -> Path:
    text = json.dumps({"@context": _CONTEXT, "@graph": list(graph)}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8", newline="")
    return path


@dataclass(frozen=True)
class _Metadata:
    """An edition's metadata: what all datasets have in common is made once."""

    edition: Edition

    @cached_property
    def said(self) -> dict[str, str]:
        """``[publication]`` of the study, without what it leaves open."""
        found = self.edition.about.get("parameters", {}).get("publication", {})
        return {key: str(plain(value)) for key, value in found.items() if value}

    @cached_property
    def about(self) -> dict[str, Any]:
        """What every file says of itself."""
        return describe(self.edition)

    @property
    def base(self) -> str:
        """The folder on the web, empty where the study does not say."""
        return self.said.get("base_url", "").rstrip("/")

    def web(self, name: str) -> Node:
        """Return a file's address on the web."""
        return {"@id": _iri(f"{self.base}/{_quote(name)}")}

    def name(self, of: str, kind: str) -> str:
        """Return the absolute name of a thing: on the web where it has an address, else a UUID of its own."""
        if self.base:
            return _iri(f"{self.base}/{_quote(of)}#{kind}")
        parts = "/".join((str(self.about["study"]), self.edition.level, of, kind))
        return uuid.uuid5(_SPACE, parts).urn

    def catalogue(self, datasets: Sequence[str]) -> Node:
        """Return the catalogue of all datasets."""
        return {
            "@id": self.name(f"catalog_{self.edition.level}.jsonld", "catalog"),
            "@type": "dcat:Catalog",
            "dcterms:title": self._say("exchange.metadata.catalogue"),
            "dcterms:description": self._say("exchange.metadata.about"),
            "dcterms:license": {"@id": _CC0},
            "dcat:themeTaxonomy": {"@id": f"{_EU}/data-theme"},
            "dcat:dataset": [{"@id": name} for name in datasets],
            **self._common,
            **({"foaf:homepage": {"@id": _iri(self.base)}} if self.base else {}),
            **self._lacks,
        }

    def dataset(self, layer: str, paths: Sequence[Path]) -> Iterator[Node]:
        """Yield a dataset and its distributions."""
        identifier = f"{layer}_{self.edition.level}"
        files = [self._distribution(path, layer) for path in paths]
        yield {
            "@id": self.name(f"{identifier}.jsonld", "dataset"),
            "@type": "dcat:Dataset",
            "dcterms:title": self._say("exchange.metadata.title", layer=layer),
            "dcterms:description": self._say("exchange.metadata.description", layer=layer),
            "dcterms:identifier": identifier,
            "dcterms:accessRights": {"@id": f"{_EU}/access-right/{_RIGHTS[self.edition.level]}"},
            "dcat:theme": [{"@id": f"{_EU}/data-theme/{theme}"} for theme in _THEMES],
            "dcat:keyword": _keywords(),
            "dcterms:provenance": {"@type": "dcterms:ProvenanceStatement", "rdfs:label": self._provenance},
            "dcat:distribution": [{"@id": node["@id"]} for node in files],
            **self._common,
            **self._temporal,
            **_spatial(self.edition, layer),
            **self._standard,
            **({"dcat:contactPoint": {"@id": self._contact}} if self._contact else {}),
            **({"dcat:landingPage": {"@id": _iri(self.base)}} if self.base else {}),
        }
        yield from files

    def _distribution(self, path: Path, layer: str) -> Node:
        """Return a file as one way to have a layer: a package is a way to have each of its layers."""
        media = _FORMATS.get(path.suffix, "application/octet-stream")
        licence = self.said.get("licence") if self.edition.level == "public" else None
        standard = {"dcterms:conformsTo": _crs(_CRS_OF[path.suffix])} if path.suffix in _CRS_OF else {}
        return {
            "@id": self.name(path.name, layer),
            "@type": "dcat:Distribution",
            "dcterms:title": path.name,
            "dcterms:format": media,
            "dcat:mediaType": {"@id": f"{_MEDIA}/{media}"},
            "dcat:byteSize": {"@value": str(path.stat().st_size), "@type": "xsd:nonNegativeInteger"},
            "spdx:checksum": {
                "@type": "spdx:Checksum",
                "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                "spdx:checksumValue": {"@value": checksum(path), "@type": "xsd:hexBinary"},
            },
            **standard,
            **({"dcterms:license": {"@id": _iri(licence)}} if licence else {}),
            **(
                {"dcat:accessURL": self.web(path.name), "dcat:downloadURL": self.web(path.name)}
                if self.base
                else {}
            ),
        }

    def agents(self) -> Iterator[Node]:
        """Yield the publisher and the contact, where the study says who they are."""
        if self._publisher:
            yield {"@id": self._publisher, "@type": "foaf:Agent", "foaf:name": self.said["publisher"]}
        if self._contact:
            yield {
                "@id": self._contact,
                "@type": "vcard:Organization",
                "vcard:fn": self.said["contact"],
                "vcard:hasEmail": {"@id": _iri(f"mailto:{self.said['email']}")},
            }

    @property
    def _publisher(self) -> str:
        if "publisher" not in self.said:
            return ""
        return _iri(self.said.get("publisher_uri", "")) or self.name("catalog", "publisher")

    @property
    def _contact(self) -> str:
        """Both or nothing: the profile wants a contact's name and address."""
        return self.name("catalog", "contact") if {"contact", "email"} <= self.said.keys() else ""

    @cached_property
    def _common(self) -> Node:
        """Return what the catalogue and the datasets have alike."""
        day = str(self.about["run_started"])[:10]
        dates = {} if not day else dict.fromkeys(("dcterms:issued", "dcterms:modified"), _date(day))
        publisher = {"dcterms:publisher": {"@id": self._publisher}} if self._publisher else {}
        language = {"dcterms:language": {"@id": f"{_EU}/language/{_LANGUAGE[self.edition.language]}"}}
        return {**language, **dates, **publisher}

    @cached_property
    def _lacks(self) -> Node:
        lacked = ", ".join(key for key in LACKED if key not in self.said)
        return {"rdfs:comment": self._say("exchange.metadata.lacks", keys=lacked)} if lacked else {}

    @cached_property
    def _temporal(self) -> Node:
        """Return the time that the sources are of."""
        dates = sorted(date for date in map(str, self.about["vintages"].values()) if date)
        if not dates:
            return {}
        period = {"dcat:startDate": _date(dates[0]), "dcat:endDate": _date(dates[-1])}
        return {"dcterms:temporal": {"@type": "dcterms:PeriodOfTime", **period}}

    @cached_property
    def _standard(self) -> Node:
        authority = CRS.from_user_input(self.edition.crs).to_authority()
        if authority is None:
            return {}
        return {"dcterms:conformsTo": _crs(f"http://www.opengis.net/def/crs/{authority[0]}/0/{authority[1]}")}

    @cached_property
    def _provenance(self) -> list[Node]:
        """Return where it is all from, of when, and what of it is modelled."""
        return [
            _text(_say_provenance(self.about, self.edition.level, words.load(lang)), lang)
            for lang in LANGUAGES
        ]

    def _say(self, key: str, *, layer: str = "", **values: str) -> list[Node]:
        study, year = str(self.about["study"]), str(self.edition.study["year"])
        told = []
        for speech in map(words.load, LANGUAGES):
            level = speech.text(f"exchange.level.{self.edition.level}")
            title = title_of(layer, speech)
            told.append(speech.text(key, study=study, year=year, title=title, level=level, **values))
        return [_text(text, language) for text, language in zip(told, LANGUAGES, strict=True)]


def _keywords() -> list[Node]:
    return [
        _text(words.load(language).text(f"exchange.keyword.{key}"), language)
        for language in LANGUAGES
        for key in _KEYWORDS
    ]


def title_of(layer: str, speech: Words) -> str:
    """Return what a table is called; its name where it is none that a run leaves by itself."""
    key = f"exchange.title.{layer}"
    return speech.text(key) if key in speech.entries else layer


def _say_provenance(about: Mapping[str, Any], level: str, speech: Words) -> str:
    sources = [
        speech.text(
            f"exchange.metadata.{'date' if date else 'undated'}", layer=title_of(layer, speech), date=date
        )
        for layer, date in about["vintages"].items()
    ]
    modelled = [title_of(layer, speech) for layer in about["modelled_layers"]]
    told = [
        speech.text("exchange.metadata.sources", sources="; ".join(sources) or "–"),
        speech.text("exchange.metadata.modelled", layers="; ".join(modelled))
        if modelled
        else speech.text("exchange.metadata.measured"),
    ]
    return " ".join([*told, *([speech.text("exchange.metadata.suppressed")] if level == "public" else [])])


def _spatial(edition: Edition, layer: str) -> Node:
    """Return the box around a layer's shapes, or around the zones where it has none."""
    table = edition.shapes(layer)
    found = table if table is not None and table.geometry.notna().any() else edition.zones
    if not len(found) or found.crs is None:
        return {}
    to_degrees = Transformer.from_crs(found.crs, "EPSG:4326", always_xy=True)
    west, south, east, north = (round(float(x), 4) for x in to_degrees.transform_bounds(*found.total_bounds))
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    wkt = f"POLYGON(({', '.join(f'{x} {y}' for x, y in ring)}))"
    box = {"@value": wkt, "@type": "geosparql:wktLiteral"}
    return {"dcterms:spatial": {"@type": "dcterms:Location", "dcat:bbox": box}}


def _text(text: str, language: str) -> Node:
    return {"@value": text, "@language": language}


def _date(day: str) -> Node:
    return {"@value": day, "@type": "xsd:date"}


def _crs(address: str) -> Node:
    return {"@id": address, "@type": "dcterms:Standard"}


def _iri(text: str) -> str:
    """Write what an address may not hold as its bytes (RFC 3987): it comes from the study."""
    return "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def _quote(name: str) -> str:
    """Write a file's name as one step of a path."""
    return "".join(f"%{ord(sign):02X}" if sign in "%/?#" else sign for sign in name)
