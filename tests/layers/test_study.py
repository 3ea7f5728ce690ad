import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.errors import InfraplanError, StudyError
from infraplan.layers import read_study
from infraplan.layers.study import find_missing_files
from infraplan.layers.tomlfile import key_name, nearest

HEAD = '[study]\nname = "Överkalix"\nyear = 2026\n'
ROADS = HEAD + '[layers.roads]\npath = "data/roads.gpkg"\n'
TARGET = '[[targets]]\nname = "a"\ndown_mbps = 100\n'


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def complaint(folder: Path, text: str | bytes) -> str:
    with pytest.raises(StudyError) as caught:
        read_study(write(folder, text))
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    return str(caught.value)


def test_paths_become_absolute_beside_the_study(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, ROADS + '[layers.masts]\npath = "../masts.gpkg"'))
    assert study.layers["roads"][0].path == tmp_path / "data" / "roads.gpkg"
    assert study.layers["masts"][0].path == tmp_path.parent / "masts.gpkg"
    assert study.file == tmp_path / "study.toml"


def test_a_folder_stands_for_its_study(tmp_path: Path) -> None:
    write(tmp_path, HEAD)
    assert read_study(tmp_path).study.name == "Överkalix"
    assert read_study(str(tmp_path)).study.year == 2026


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert read_study(write(tmp_path, b"\xef\xbb\xbf" + HEAD.encode())).study.name == "Överkalix"


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_study_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(StudyError, match="no such study file"):
        read_study(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["[study] is missing"]),
        (HEAD + "nme = 1", ["[study] nme", "Write 'name'"]),
        (HEAD + "colour = 1", ["[study] colour", "Write one of: name, crs"]),
        (HEAD + '[layers.raods]\npath = "x"', ["[layers.raods]", "Write 'roads'"]),
        ("[layer.roads]\n" + HEAD, ["[layer]", "Write 'layers'"]),
        (HEAD + "[layers.roads]", ["[layers.roads] path", "missing"]),
        (HEAD + "[layers.roads]\npath = 3", ["[layers.roads] path = 3", "within quotation marks"]),
        (ROADS + 'where = { STATUS = "Gällande" }', ["[layers.roads] where.STATUS", "Write a list"]),
        (ROADS + 'date = "yesterday"', ["[layers.roads] date", "2026-01-15"]),
        (ROADS + 'modelled = "perhaps"', ["[layers.roads] modelled", "true or false"]),
        (ROADS + 'level = "secret"', ["[layers.roads] level", "public, restricted, internal"]),
        (ROADS + 'columns = { road_clas = "A" }', ["[layers.roads] columns", "Write 'road_class'"]),
        (
            ROADS + 'values = { surface = { Grus = "gravvel" } }',
            ["[layers.roads] values.surface", "Write 'gravel'"],
        ),
        (ROADS + 'crs = "EPSG:99999999"', ["[layers.roads] crs", "EPSG:3006"]),
        (HEAD + TARGET + "share = 95", ["[[targets]] 1 share = 95", "write 0.95 for 95 %"]),
        (HEAD + TARGET + "share = 1.2", ["[[targets]] 1 share = 1.2", "≤ 1"]),
        (HEAD + TARGET + "share = 950", ["[[targets]] 1 share = 950", "≤ 1"]),
        (ROADS + 'encoding = "klingon"', ["[layers.roads] encoding = 'klingon'", "utf-8"]),
        (HEAD + '[layers.roads]\npath = "data\\vagar.gpkg"', ["line 5", "with / instead"]),
        (HEAD + TARGET + "share = 0.1\n" + TARGET + "share = 0.2", ["two targets", "'a'"]),
        (HEAD + TARGET + "share = -0.5", ["[[targets]] 1 share = -0.5", "> 0"]),
        (HEAD + TARGET, ["[[targets]] 1 share is missing"]),
        (HEAD + "[network]\nattach_m = -3", ["[network] attach_m = -3", "≥ 0"]),
        (HEAD + '[plan]\ngoal = "target"', ["goal = 'target'", "target ="]),
        (HEAD + '[plan]\ngoal = "budget"', ["budget_sek"]),
        (HEAD + '[plan]\ngoal = "target"\ntarget = "b"\n' + TARGET + "share = 0.9", ["target = 'b'", "(a)"]),
        (HEAD + 'crs = "EPSG:4326"', ["EPSG:4326", "EPSG:3006"]),
        (HEAD + 'crs = "EPSG:3857"', ["true metres"]),
        (HEAD + 'crs = "SWEREF"', ["[study] crs", "SWEREF 99 TM"]),
        (HEAD + 'municipalities = ["2513"]', ["municipalities", "[layers.municipalities]"]),
        (HEAD + "year =", ["line 4", "TOML"]),
        (HEAD + 'x = "y', ["line 4", "TOML"]),
        (HEAD.encode("latin-1"), ["not UTF-8"]),
        ("study = 3", ["[study] = 3", "a table"]),
    ],
)
def test_mistakes_are_told_in_one_line_with_the_key_and_the_remedy(
    tmp_path: Path, text: str | bytes, parts: list[str]
) -> None:
    said = complaint(tmp_path, text)
    assert said.startswith(str(tmp_path / "study.toml"))
    for part in parts:
        assert part in said


def test_a_column_that_is_nobodys_may_be_named(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, ROADS + 'columns = { keeper = "VAGHALLARE" }'))
    assert study.layers["roads"][0].columns == {"keeper": "VAGHALLARE"}


def test_missing_files_are_named_with_study_key_and_path(tmp_path: Path) -> None:
    study = read_study(write(tmp_path, ROADS))
    [(name, error)] = find_missing_files(study)
    assert name == "roads"
    for part in (str(study.file), "[layers.roads] path", str(tmp_path / "data" / "roads.gpkg")):
        assert part in str(error)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "roads.gpkg").touch()
    assert list(find_missing_files(study)) == []


@pytest.mark.skipif(os.sep == "\\", reason="there a backslash is how paths are written")
@pytest.mark.parametrize("path", ["'data\\roads.gpkg'", '"data\\\\roads.gpkg"', '"data\\new.gpkg"'])
def test_paths_of_windows_are_told_how_to_be_written(tmp_path: Path, path: str) -> None:
    study = read_study(write(tmp_path, HEAD + f"[layers.roads]\npath = {path}"))
    [(_, error)] = find_missing_files(study)
    for language in ("en", "sv"):
        assert "/" in error.say(language)
        assert "\n" not in error.say(language)
    assert "Write the path with / instead of" in str(error)


def test_a_code_without_its_leading_zero_is_the_whole_code_everywhere(tmp_path: Path) -> None:
    layer = '[layers.municipalities]\npath = "m.gpkg"\n'
    assert read_study(write(tmp_path, HEAD + 'municipalities = ["380"]\n' + layer)).study.municipalities == (
        "0380",
    )


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_study_file_brings_down_more_than_itself(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_bytes(content)
    with pytest.raises(InfraplanError):
        read_study(path)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    ["study", "layers", "targets", "plan", "costs", "name", "year", "crs", "roads", "path", "share"]
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(max(-(2**60), min(2**60, value)))
    if isinstance(value, float):
        return repr(value)
    letters = "".join(letter for letter in str(value) if letter.isalnum())
    return f'"{letters}"'


@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
        ),
    )
)
def test_whatever_stands_under_a_key_is_answered_by_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("study") / "study.toml"
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in content.items()), "utf-8")
    with suppress(StudyError):
        read_study(path)


def test_keys_are_written_as_in_the_file() -> None:
    assert key_name(("layers", "roads", "columns", "a")) == "[layers.roads] columns.a"
    assert key_name(("targets", 0)) == "[[targets]] 1"
    assert nearest("SHAER", ["share", "name"]) == "share"
    assert nearest("zzz", ["share", "name"]) == ""
