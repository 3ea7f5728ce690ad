"""The demo municipality in Swedish, whole, as read back, as others may see it, and without a plan."""

import base64
from dataclasses import replace

import pytest

from infraplan.demo import write
from infraplan.layers import read_study
from infraplan.outputs.edition import read_edition
from infraplan.outputs.redact import redact
from infraplan.outputs.report import charts, pictures
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
    run(study, folder)
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


@pytest.fixture
def undrawn(monkeypatch):
    """Papers without the time that it takes to draw: each picture is one white dot."""
    monkeypatch.setattr(pictures, "draw_map", lambda *_, **__: PNG)
    for name in ("draw_years", "draw_cost_curve", "draw_finance", "draw_tornado"):
        monkeypatch.setattr(charts, name, lambda *_, **__: charts.Drawn(PNG, ()))
