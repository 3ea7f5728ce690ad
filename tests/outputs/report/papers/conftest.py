"""The demo municipality in Swedish, whole, as read back, as others may see it, and without a plan."""

import base64
from dataclasses import replace
from functools import cache

import pytest

from infraplan.demo import write
from infraplan.layers import read_study
from infraplan.outputs.edition import read_edition
from infraplan.outputs.redact import redact
from infraplan.outputs.report import charts, content, pictures
from infraplan.pipeline import run

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
OF_PLAN = (
    "alternatives", "bill", "cabinets", "codigging", "corridors", "curve", "effect", "optics", "permits",
    "phases", "projects", "rings", "risk", "routes", "served", "support", "target_plans", "technology",
    "unserved",
)  # fmt: skip


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory):
    study = read_study(write(tmp_path_factory.mktemp("papers") / "overkalix", language="sv"))
    folder = study.file.parent / "result"
    run(study, folder, pack=False)
    return folder


@pytest.fixture(scope="session")
def demo(demo_folder):
    return read_edition(demo_folder)


@pytest.fixture(scope="session")
def public(demo):
    return redact(demo, "public")


@pytest.fixture(scope="session")
def covered(demo):
    """What a run leaves that went only as far as coverage."""
    totals = {name: value for name, value in demo.about["totals"].items() if name != "plan"}
    about = {**demo.about, "totals": totals}
    tables = {name: table for name, table in demo.tables.items() if name not in OF_PLAN}
    return replace(demo, about=about, tables=tables)


def leave_undrawn(patch):
    """Make each picture one white dot: papers without the time that it takes to draw."""
    patch.setattr(pictures, "draw_map", lambda *_, **__: PNG)
    for name in ("draw_years", "draw_cost_curve", "draw_finance", "draw_tornado"):
        patch.setattr(charts, name, lambda *_, **__: charts.Drawn(PNG, ()))


@pytest.fixture
def undrawn(monkeypatch):
    leave_undrawn(monkeypatch)


@pytest.fixture(scope="session")
def report_of(demo, public, covered):
    """Return the undrawn report of an edition by name and language, told once for all tests."""
    editions = {"demo": demo, "public": public, "covered": covered}

    @cache
    def tell(kind, language="sv"):
        with pytest.MonkeyPatch.context() as patch:
            leave_undrawn(patch)
            return content.build_report(editions[kind], language=language)

    return tell


class Asked(dict):
    """Tables that note which of them are asked for."""

    def __init__(self, tables):
        super().__init__(tables)
        self.names = set()

    def __getitem__(self, name):
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name, otherwise=None):
        self.names.add(name)
        return super().get(name, otherwise)

    def __contains__(self, name):
        self.names.add(name)
        return super().__contains__(name)


@pytest.fixture(scope="session")
def report_with(demo):
    """Return what tells the demo's report with other tables, or none, in place of its own.

    A chapter that asks for none of the changed tables would tell the same again: it is told once.
    """
    told = {}

    def remembered(name, tell):
        def once(paper):
            tables = paper.edition.tables
            asked, found = told.get(name, (None, None))
            if asked is not None and all(tables.get(key) is demo.tables.get(key) for key in asked):
                return found
            noted = Asked(tables)
            found = list(tell(replace(paper, edition=replace(paper.edition, tables=noted))))
            told.setdefault(name, (noted.names, found))
            return found

        return once

    parts = {name: remembered(name, tell) for name, tell in content.CHAPTERS.items()}
    ends = {name: remembered(name, getattr(content, name)) for name in ("_tell_answers", "tell_annexes")}

    def tell(**tables):
        with pytest.MonkeyPatch.context() as patch:
            leave_undrawn(patch)
            patch.setattr(content, "CHAPTERS", parts)
            for name, part in ends.items():
                patch.setattr(content, name, part)
            now = {**demo.tables, **tables}
            kept = {name: table for name, table in now.items() if table is not None}
            return content.build_report(replace(demo, tables=kept))

    tell()
    return tell
