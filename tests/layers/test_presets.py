"""Presets are data: what they map to must be there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import words
from infraplan.layers.catalog import CATALOG
from infraplan.layers.presets import find_column, fits, fold, load_beginnings, load_presets

PRESETS = load_presets()
USED = [preset for preset in PRESETS if preset.layer]


def by_id(presets):
    return pytest.mark.parametrize("preset", presets, ids=lambda preset: preset.id)


def test_every_preset_has_a_name_of_its_own():
    assert len({preset.id for preset in PRESETS}) == len(PRESETS)


@by_id(USED)
def test_mapped_columns_are_the_catalogues(preset):
    kind = CATALOG[preset.layer]
    known = {kind.key, "square_id", "square_m", *(field.name for field in kind.fields)}
    assert set(preset.columns) <= known
    assert set(preset.values) <= known
    assert set(preset.must) <= set(preset.columns)


@by_id(USED)
def test_mapped_values_are_choices(preset):
    fields = {field.name: field for field in CATALOG[preset.layer].fields}
    for ours, mapping in preset.values.items():
        field = fields[ours]
        for value in mapping.values():
            assert not field.choices or value in field.choices
            if field.kind == "float" and value == "":
                continue  # a number that stands for none
            assert isinstance(value, {"bool": bool, "int": int, "float": (int, float)}.get(field.kind, str))
            assert field.minimum is None or value >= field.minimum


@by_id(USED)
def test_a_layer_is_looked_for_in_shapes_that_it_can_have(preset):
    shapes = set(preset.recognise.shapes) - {"none"}
    assert shapes <= set(CATALOG[preset.layer].shapes)


@by_id(PRESETS)
def test_traps_are_told_in_both_languages(preset):
    for language in words.LANGUAGES:
        for trap in preset.traps:
            assert words.load(language).text(f"init.trap.{trap}")


@by_id([preset for preset in PRESETS if not preset.layer])
def test_what_has_no_layer_says_why(preset):
    assert preset.traps


@by_id(PRESETS)
def test_every_preset_can_be_recognised_by_two_signs(preset):
    rule = preset.recognise
    signs = bool(rule.layers) + bool(rule.files) + bool(rule.shapes) + bool(rule.words) + bool(rule.cells)
    assert signs + 2 * bool(rule.columns) + bool(preset.theme) >= 2


def test_no_trap_is_told_that_no_one_sets():
    told = {
        key.removeprefix("init.trap.") for key in words.load("sv").entries if key.startswith("init.trap.")
    }
    set_by_code = {"axes_swapped", "table_crs", "no_crs"}
    assert told == {trap for preset in PRESETS for trap in preset.traps} | set_by_code


def test_both_languages_have_the_same_sentences():
    keys = [
        {key for key in words.load(language).entries if key.startswith("init.")}
        for language in words.LANGUAGES
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("ExtLen", "extlen"),
        ("SHAPE_Length", "Shape Length"),
        ("Gällande", "GALLANDE"),
        ("Typ av\nservicepunkt", "Typ av servicepunkt"),
        ("befolkning_2025", "befolkning_????"),
        ("Huvud_13_1", "huvud_13*"),
    ],
)
def test_names_are_compared_loosely(name, pattern):
    assert fits(name, (pattern,))


@pytest.mark.parametrize(
    ("name", "pattern"), [("befolkning_65_plus_2025", "befolkning_????"), ("jg2_tx", "jg2")]
)
def test_names_that_differ_are_told_apart(name, pattern):
    assert not fits(name, (pattern,))


def test_the_first_pattern_that_is_there_names_the_column():
    assert find_column(("tatort", "name"), ("NAME", "Tätort")) == "Tätort"
    assert find_column(("tatort",), ("NAME",)) is None


@given(st.text())
def test_folding_twice_changes_nothing(name):
    assert fold(fold(name)) == fold(name)


def test_a_study_begins_with_a_target_that_has_a_source():
    beginnings = load_beginnings()
    assert beginnings["target"]["source"]
    assert {layer for layers in beginnings["essential"].values() for layer in layers} <= set(CATALOG)
