from pathlib import Path

import pytest

from infraplan.errors import StudyError
from infraplan.layers import read_cost_book

PRICE = '{ low = 1, base = 2, high = 3, unit = "SEK/m", source = "tender", year = 2026 }'
BOOK = f"""
name = "own"
region = "Pajala"
year = 2026
drop_method = "plough"
link_method = "plough"
connection = {PRICE.replace("SEK/m", "SEK each")}
[methods]
plough = {PRICE}
[[rules]]
method = "plough"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_book_is_read_by_path_and_relative_to_the_study(tmp_path: Path) -> None:
    path = write(tmp_path, BOOK)
    assert read_cost_book(path).methods["plough"].base == 2
    assert read_cost_book("own.toml", relative_to=tmp_path) == read_cost_book(str(path))


@pytest.mark.parametrize("name", ["norrland-2026", "neutral-2026"])
def test_bundled_books_are_read_by_name(name: str) -> None:
    assert read_cost_book(name).name


@pytest.mark.parametrize("name", ["norland", "../costs/norrland-2026.toml", ""])
def test_an_unknown_book_lists_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="norrland-2026"):
        read_cost_book(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("low = 1", "low = 5", ["[connection]", "rising order", "low 5"]),
        ('[[rules]]\nmethod = "plough"', '[[rules]]\nmethod = "saw"', ["'saw'", "[methods.saw]"]),
        ("[[rules]]\n", '[[rules]]\nsurface = ["gravel"]\n', ["last of [[rules]]"]),
        ('region = "Pajala"', "", [": region is missing"]),
        ("year = 2026\n", "year = 2026\nyaer = 2026\n", [": yaer", "Write 'year'"]),
        ('unit = "SEK/m"', 'unit = "EUR/m"', ["unit", "SEK/m"]),
        ("base = 2", 'base = "two"', ["base", "a number"]),
        ("name =", "= 1", ["line 2", "TOML"]),
    ],
)
def test_mistakes_in_a_book_are_told_in_one_line(
    tmp_path: Path, old: str, new: str, parts: list[str]
) -> None:
    path = write(tmp_path, BOOK.replace(old, new, 1) if old != "base = 2" else BOOK.replace(old, new))
    with pytest.raises(StudyError) as caught:
        read_cost_book(path)
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in [str(path), *parts]:
        assert part in str(caught.value)
