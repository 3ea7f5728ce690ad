"""plan.xlsx: an edition as a workbook whose sums are formulas."""

from infraplan.outputs.workbook.write import write_workbook

__all__ = ["write_workbook"]
