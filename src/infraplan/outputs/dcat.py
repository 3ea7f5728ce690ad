"""Metadata beside what is published: DCAT-AP-SE as JSON-LD, so that a national data portal can harvest it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from infraplan.outputs.edition import Edition


def write_metadata(edition: Edition, files: Mapping[str, Sequence[Path]], folder: Path) -> list[Path]:
    """Write what each layer's files are, and a catalogue of all; return the paths."""
    raise NotImplementedError(edition, files, folder)
