"""Cost books: bundled ones by name, one's own by path."""

from pathlib import Path

from infraplan.bundled import bundled
from infraplan.config import CostBook
from infraplan.errors import StudyError
from infraplan.layers.tomlfile import build, read_toml


def read_cost_book(name_or_path: str | Path, *, relative_to: Path | None = None) -> CostBook:
    """Read a cost book: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"norrland-2026"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such book, or it cannot be used.
    """
    path = Path(name_or_path)
    if path.suffix.casefold() == ".toml":
        path = (relative_to or Path()) / path
    else:
        path = bundled("costs", f"{path.name}.toml")
    if not path.is_file():
        found = ", ".join(sorted(book.stem for book in bundled("costs").glob("*.toml")))
        raise StudyError("no_such_book", book=str(name_or_path), found=found)
    return build(CostBook, read_toml(path), path)
