"""A background from a map service, for who asks for one: the only thing that a page can fetch."""

import re
from dataclasses import dataclass

from infraplan.errors import OutputError

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
_PARTS = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Where squares of a background map are fetched, and whose they are.

    Raises
    ------
    OutputError
        The address is not one of https with ``{z}``, ``{x}`` and ``{y}`` on one host, or nobody is named.
    """

    url: str
    attribution: str

    def __post_init__(self) -> None:
        """Check the address: its host goes into the page's policy, so it may hold nothing else."""
        gaps = re.findall(r"\{[^}]*\}", self.url)
        plain = self.url.isascii() and not re.search(r"[\s\"'<>;,\\]", self.url)
        if (
            not (plain and self.url.startswith("https://"))
            or sorted(gaps) != sorted(_PARTS)
            or not _HOST.fullmatch(self.host)
        ):
            raise OutputError("tiles_address", url=self.url)
        if not self.attribution.strip():
            raise OutputError("tiles_nobody", url=self.url)

    @property
    def host(self) -> str:
        """The one host that the page asks.

        >>> Tiles(url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="Example").host
        'tiles.example.org'
        """
        return re.split(r"[/?#]", self.url.removeprefix("https://"), maxsplit=1)[0]
