"""The files of a study: one or several a layer, and what each is called."""

from collections.abc import Iterator
from dataclasses import dataclass

from infraplan.config import Layer, LayerName, Study


@dataclass(frozen=True)
class StudyFile:
    """One of the files of a layer.

    Attributes
    ----------
    number, of
        Which of the layer's files it is, from 1, and how many there are.
    """

    name: LayerName
    layer: Layer
    number: int = 1
    of: int = 1

    @property
    def label(self) -> str:
        """What the file is called in lists: the layer's name, from the second on with its number."""
        return self.name if self.number == 1 else f"{self.name} {self.number}"

    @property
    def head(self) -> str:
        """The file's table, as it is named in an error."""
        return f"[layers.{self.name}]" if self.of == 1 else f"[[layers.{self.name}]] {self.number}"


def list_files(study: Study) -> Iterator[StudyFile]:
    """Yield the files of a study, layer by layer."""
    for name, layers in study.layers.items():
        for number, layer in enumerate(layers, start=1):
            yield StudyFile(name, layer, number, len(layers))


def layer_of(label: str) -> str:
    """Return the layer that a file's label names.

    >>> layer_of("footprints 2"), layer_of("footprints")
    ('footprints', 'footprints')
    """
    return label.partition(" ")[0]
