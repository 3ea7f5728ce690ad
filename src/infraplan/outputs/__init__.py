"""What a run leaves: map page, data files, QGIS styles, manifest; and what can be made of a finished run."""

from infraplan.outputs.compare import Comparison, compare
from infraplan.outputs.edition import Edition, edition_of, read_edition
from infraplan.outputs.export import FORMATS, export
from infraplan.outputs.results import Covered, Results
from infraplan.outputs.staging import atomic, check_folder, staged
from infraplan.outputs.write import write_faults, write_map, write_report, write_results, write_text

__all__ = [
    "FORMATS",
    "Comparison",
    "Covered",
    "Edition",
    "Results",
    "atomic",
    "check_folder",
    "compare",
    "edition_of",
    "export",
    "read_edition",
    "staged",
    "write_faults",
    "write_map",
    "write_report",
    "write_results",
    "write_text",
]
