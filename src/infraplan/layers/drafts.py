"""From findings to the text of a study file: what was recognised as layers, all else as comments that ask."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pyproj import CRS, Transformer

from infraplan.config import LayerName
from infraplan.layers.matching import Finding
from infraplan.layers.presets import load_beginnings
from infraplan.words import Language, Words, load

SWEDEN = (10.5, 55.0, 24.5, 69.5)
"""West, south, east, north in degrees: there a study is in SWEREF 99 TM."""
COLUMNS = 15
"""So many columns of what was not recognised are shown, with three values each."""


def write_study(
    folder: Path, findings: Sequence[Finding], *, name: str, year: int, language: Language = "sv"
) -> str:
    """Return the text (TOML) of a study file that begins with what was found in a folder.

    Of several files for one layer the best match is taken; the others, and all that was not recognised,
    cannot be read or lacks something, stand as comments that ask. Nothing is guessed that no file says.

    Parameters
    ----------
    folder
        Where the study file will lie; paths in it are relative to it.
    """
    words = load(language)
    chosen = choose(findings)
    rest = [finding for finding in findings if finding not in chosen.values()]
    files = str(len({finding.schema.path for finding in findings}))
    parts = [
        _comment(words.text("init.head", files=files, layers=str(len(chosen)))),
        _head(chosen, words, name=name, year=year, language=language),
        *(_layer(layer, finding, folder, words) for layer, finding in chosen.items()),
        *_missing(chosen, words),
        _lines("[[targets]]", **load_beginnings()["target"]),
        *_rest(rest, chosen, folder, words),
    ]
    return "\n\n".join(parts) + "\n"


def choose(findings: Iterable[Finding]) -> dict[LayerName, Finding]:
    """Return the best usable finding of each layer; of equals the first."""
    best: dict[LayerName, Finding] = {}
    for finding in findings:
        layer = finding.preset.layer if finding.preset else None
        if layer and finding.usable and (layer not in best or finding.standing > best[layer].standing):
            best[layer] = finding
    return best


def describe(finding: Finding, words: Words) -> str:
    """Say in one line what a finding is, and on what evidence."""
    file, preset = _file(finding), finding.preset
    if finding.problem:
        key = f"init.problem.{finding.problem}"
        return words.text(
            key if key in words.entries else "init.unreadable", file=file, problem=finding.problem
        )
    if preset is None:
        return words.text("init.unknown", file=file)
    seen = "; ".join(
        words.text(f"init.sign.{sign}", seen=_short(what, 120)) for sign, what in finding.evidence
    )
    return words.text("init.known", file=file, title=preset.title, score=str(finding.score), evidence=seen)


# Parts of the file


def _head(
    chosen: Mapping[LayerName, Finding], words: Words, *, name: str, year: int, language: Language
) -> str:
    """Return ``[study]``; whose it is, is asked where there are municipalities to choose from."""
    head = _lines("[study]", name=name, crs=_study_crs(chosen.values()), language=language, year=year)
    if "municipalities" not in chosen:
        return head
    return f'{head}\n# municipalities = ["…"]  # ' + words.text("init.state_municipalities")


def _layer(layer: LayerName, finding: Finding, folder: Path, words: Words) -> str:
    traps = [_comment(words.text(f"init.trap.{trap}")) for trap in finding.traps]
    return "\n".join([_comment(describe(finding, words)), *traps, _tables(layer, finding, folder, words)])


def _tables(layer: LayerName, finding: Finding, folder: Path, words: Words) -> str:
    """Return a layer as the study file has it; what it lacks is left open."""
    schema, preset = finding.schema, finding.preset
    stated = {
        "path": schema.path.relative_to(folder).as_posix(),
        "layer": schema.layer if schema.several else None,
        "theme": preset.theme if preset else None,
        "crs": finding.crs,
        "source": preset.source if preset else "",
        "licence": preset.licence if preset else "",
        "date": schema.date,
        "level": preset.level if preset else "internal",
    }
    lines = [
        _lines(f"[layers.{layer}]", **{key: value for key, value in stated.items() if value is not None})
    ]
    if schema.date is None:
        lines.append("# date = 2026-01-01  # " + words.text("init.state_date"))
    tables: dict[str, Mapping[str, object]] = {
        "columns": {**finding.columns, **dict.fromkeys(finding.lacking, "…")},
        "where": finding.where,
        **{f"values.{_key(ours)}": mapping for ours, mapping in finding.values.items()},
    }
    lines += [_lines(f"[layers.{layer}.{name}]", **its) for name, its in tables.items() if its]
    return "\n".join(lines)


def _missing(chosen: Mapping[LayerName, Finding], words: Words) -> Iterator[str]:
    """Ask for the layers without which no study runs to its end."""
    for name, layers in load_beginnings()["essential"].items():
        if not any(layer in chosen for layer in layers):
            skeleton = f'[layers.{layers[0]}]\npath = "…"'
            yield _comment(words.text(f"init.missing.{name}") + "\n" + skeleton)


def _rest(
    rest: Iterable[Finding], chosen: Mapping[LayerName, Finding], folder: Path, words: Words
) -> Iterator[str]:
    for finding in rest:
        lines = [describe(finding, words), *(words.text(f"init.trap.{trap}") for trap in finding.traps)]
        layer = finding.preset.layer if finding.preset else None
        if finding.lacking:
            lines.append(words.text("init.lacking", columns=", ".join(finding.lacking)))
        elif layer:
            lines.append(words.text("init.also", layer=layer, file=_file(chosen[layer])))
        if finding.lacking or finding.preset is None:
            lines += _seen(finding)
        if layer:
            lines.append(_tables(layer, finding, folder, words))
        yield _comment("\n".join(lines))


def _seen(finding: Finding) -> list[str]:
    """Return the columns of a table, with some of their values."""
    columns = finding.schema.columns
    lines = [
        f"  {_short(column, 60)}: "
        + ", ".join(_short(value, 30) for value in finding.schema.samples.get(column, ())[:3])
        for column in columns[:COLUMNS]
    ]
    return [*lines, f"  … +{len(columns) - COLUMNS}"] if len(columns) > COLUMNS else lines


def _study_crs(chosen: Iterable[Finding]) -> str:
    """Return the CRS that most layers have; SWEREF 99 TM without any in metres, a UTM zone outside Sweden."""
    schemas = [finding.schema for finding in chosen]
    systems = [schema.crs for schema in schemas if schema.crs is not None]
    codes = Counter(code for crs in systems if _in_metres(crs) and (code := crs.to_epsg()) is not None)
    if codes:
        return f"EPSG:{codes.most_common(1)[0][0]}"
    centres = [
        _centre(schema.bounds, schema.crs) for schema in schemas if schema.bounds and schema.crs is not None
    ]
    if not centres or _in_sweden(*centres[0]):
        return "EPSG:3006"
    lon, lat = centres[0]
    return f"EPSG:{(32_600 if lat >= 0 else 32_700) + int((lon + 180) // 6) + 1}"


def _in_metres(crs: CRS) -> bool:
    return crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info[:2])


def _in_sweden(lon: float, lat: float) -> bool:
    return SWEDEN[0] <= lon <= SWEDEN[2] and SWEDEN[1] <= lat <= SWEDEN[3]


def _centre(bounds: tuple[float, float, float, float], crs: CRS) -> tuple[float, float]:
    west, south, east, north = bounds
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    return lon, lat


# TOML


def _lines(head: str, **values: object) -> str:
    return "\n".join([head, *(_pair(key, value) for key, value in values.items())])


def _pair(key: str, value: object) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if key and key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    """Write a value as TOML does: JSON's strings are TOML's but for DEL, which JSON leaves bare."""
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value)


def _comment(text: str) -> str:
    """Return a text as comments; what a stranger's file name may hold cannot end one."""
    lines = text.split("\n")
    return "\n".join("# " + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line) for line in lines)


def _file(finding: Finding) -> str:
    schema = finding.schema
    name = ascii(schema.path.name)[1:-1] if not schema.path.name.isprintable() else schema.path.name
    return f"{name} ({_short(schema.layer, 60)})" if schema.several else name


def _short(text: str, length: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
