"""Which formats there are, and layers into each of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from infraplan.errors import OutputError
from infraplan.outputs.edition import Edition
from infraplan.outputs.exchange import flat, kml, ofds, package, sequences, tiles
from infraplan.outputs.exchange.job import Job, Writer

FORMATS: Mapping[str, Writer] = {
    "geojson": sequences.write_geojson,
    "geojsonseq": sequences.write_sequences,
    "gpkg": package.write_package,
    "fgb": package.write_flatgeobuf,
    "parquet": flat.write_parquet,
    "pmtiles": tiles.write_tiles,
    "csv": flat.write_csv,
    "kml": kml.write_kml,
    "ofds": ofds.write_network,
}
"""Format -> what writes it; ``docs/exchange.md`` says what each is good for."""


def write_layers(
    edition: Edition, folder: Path, formats: Iterable[str], *, stem: str = "{layer}_{level}"
) -> dict[str, list[Path]]:
    """Write an edition's layers into a folder and return the files that hold each layer.

    A table without shapes becomes CSV where the format needs shapes. A file has one geometry type: a layer of
    several becomes a file for each. Empty tables are not written.

    Parameters
    ----------
    formats
        Names in ``FORMATS``.
    stem
        How files are called, without ending; ``{layer}`` and ``{level}`` stand for both.

    Raises
    ------
    OutputError
        A format that there is not, or one whose extra is not installed.
    """
    asked = tuple(dict.fromkeys(formats))
    for name in asked:
        if name not in FORMATS:
            raise OutputError("no_such_format", format=name, found=", ".join(FORMATS))
    job = Job(edition=edition, folder=Path(folder), stem=stem)
    written: dict[str, list[Path]] = {}
    for name in asked:
        for layer, paths in FORMATS[name](job).items():
            known = written.setdefault(layer, [])
            known += [path for path in paths if path not in known]
    return written
