"""The page on tables says what the contracts say."""

import runpy
from pathlib import Path

HERE = Path(__file__).parent


def test_the_page_on_tables_is_made_of_their_contracts():
    page = runpy.run_path(str(HERE / "tables_page.py"))["build"]()
    assert (HERE.parent / "docs" / "tables.md").read_text("utf-8") == page, (
        "python tests/tables_page.py > docs/tables.md makes it anew"
    )
