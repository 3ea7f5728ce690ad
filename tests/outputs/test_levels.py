"""Levels of secrecy as data: complete, said once, internal unless somebody said otherwise."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import tables
from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import INPUTS
from infraplan.outputs.levels import LEVELS, Shown, allows, load_levels, pick, strictest

CONTRACTS = {
    contract.name: contract for contract in vars(tables).values() if isinstance(contract, tables.Contract)
} | dict(tables.FIGURES)
BESIDE = {"zone_points", "sources", "facts", "protected_buildings", "corridors", "premises"}
"""Tables of an edition that no contract is about, or another's."""


@pytest.mark.parametrize("name", sorted(CONTRACTS))
def test_somebody_has_said_who_may_see_each_column(name):
    contract, shown = CONTRACTS[name], load_levels().layers[name]
    named = {column for level in LEVELS for column in getattr(shown, level)}
    shape = {"geometry"} if contract.geometry else set()
    assert {contract.key, *contract.names} | shape <= named


def test_every_input_that_an_edition_holds_has_a_level():
    assert {"protected_nature" if name == "protected" else name for name in INPUTS} <= set(
        load_levels().layers
    )
    assert set(load_levels().layers) >= BESIDE


@pytest.mark.parametrize("name", sorted(load_levels().layers))
def test_a_column_has_one_level(name):
    shown = load_levels().layers[name]
    said = Counter(column for level in LEVELS for column in getattr(shown, level))
    assert [column for column, times in said.items() if times > 1] == []
    assert all(shown.rows.values())


@pytest.mark.parametrize("name", sorted(load_levels().layers))
def test_inputs_that_are_shown_as_they_are_follow_their_owners(name):
    shown = load_levels().layers[name]
    its_own = "protected" if name == "protected_nature" else name
    if its_own in INPUTS and "geometry" in shown.public:
        assert its_own in shown.follows
    assert {layer_of(layer) for layer in shown.follows} == set(shown.follows)


NEVER_PUBLIC = {
    "fibre_lines", "fibre_nodes", "ducts", "exchanges", "masts", "rings", "risk", "optics", "cabinets",
    "routes", "premises", "white_spots", "served", "unserved", "technology", "facts", "protected_buildings",
    "observed", "observations", "faults", "digital", "closures", "measurements", "disagreements",
}  # fmt: skip
NEVER = {
    "capacity", "duct_id", "cables", "fibres", "premises_id", "contact", "author", "hit_hardest", "protected",
    "owner", "fixed_operators", "mobile_operators", "above", "path", "sha256", "node", "cabinet_id",
}  # fmt: skip


def test_what_the_law_and_good_sense_keep_in_the_house_is_not_public():
    layers = load_levels().layers
    assert {name for name in NEVER_PUBLIC if layers[name].public} == set()
    told = {(name, column) for name, shown in layers.items() for column in (*shown.public, *shown.restricted)}
    assert {(name, column) for name, column in told if column in NEVER} == set()


@given(st.text(), st.text())
def test_what_nobody_has_named_is_internal(layer, column):
    known = load_levels().layers.get(layer, Shown())
    named = {name for level in LEVELS for name in getattr(known, level)}
    if column not in named:
        assert load_levels().of(layer).lowest(column) == "internal"


@given(st.lists(st.sampled_from(LEVELS)), st.sampled_from(LEVELS))
def test_the_strictest_of_some_levels_is_seen_by_those_who_see_them_all(levels, level):
    assert allows(level, strictest(levels)) == (level == "internal" if not levels else all(
        allows(level, each) for each in levels
    ))  # fmt: skip


secret = st.just("SECRET")
nested = st.recursive(
    secret | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)


@given(nested)
def test_only_plain_values_under_named_keys_are_picked(value):
    found = pick({"open": value, "shut": value, "a": {"b": value}, "list": [{"c": value, "d": value}]},
                 ["open", "a.c", "list.*.c"])  # fmt: skip
    assert set(found) <= {"open", "a", "list"}
    assert "b" not in found.get("a", {})
    assert all(set(row) <= {"c"} for row in found.get("list", []))
    if isinstance(value, dict):
        assert "open" not in found
