"""QGIS styles: well-formed, and in the palette's colours."""

from xml.etree import ElementTree as ET

import pytest

from infraplan.outputs.looks import Look
from infraplan.outputs.qml import to_qml
from infraplan.outputs.styles import STYLES


@pytest.mark.parametrize("name", STYLES)
def test_every_style_is_a_qgis_document_in_its_colour(name):
    style = STYLES[name]
    root = ET.fromstring(to_qml(Look(style)))  # noqa: S314  (our own text)
    kind = root.find("renderer-v2/symbols/symbol").get("type")
    assert kind == {"line": "line", "area": "fill"}.get(style.symbol, "marker")
    options = {
        option.get("name"): option.get("value") for option in root.iter("Option") if option.get("name")
    }
    colour = options["line_color" if style.symbol == "line" else "outline_color"]
    assert "#{:02x}{:02x}{:02x}".format(*map(int, colour.split(",")[:3])) == style.stroke


def test_a_cased_line_has_its_casing_beneath():
    layers = ET.fromstring(to_qml(Look(STYLES["routes"]))).findall("renderer-v2/symbols/symbol/layer")  # noqa: S314
    colours = [layer.find("Option/Option[@name='line_color']").get("value") for layer in layers]
    assert colours[0].startswith("255,255,255")
    assert len(colours) == 2
