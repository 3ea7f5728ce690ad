"""Files that the package carries: municipalities, cost books, presets, words, map assets."""

from pathlib import Path


def bundled(*parts: str) -> Path:
    """Return the path of a file or folder that the package carries.

    An installed package holds them in ``infraplan/data``; a checkout in ``data`` at its top.

    >>> bundled("words").is_dir()
    True
    """
    here = Path(__file__).parent
    packed = here / "data"
    root = packed if packed.is_dir() else here.parents[1] / "data"
    return root.joinpath(*parts)
