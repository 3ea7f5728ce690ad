"""One file of a layer to read: what it must be, what the study says of it, and what it is held against."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from infraplan.config import Layer, Study
from infraplan.errors import LayerError
from infraplan.layers.catalog import CATALOG
from infraplan.layers.crs import Region, find_region
from infraplan.layers.kinds import LayerKind
from infraplan.layers.studyfile import StudyFile


@dataclass(frozen=True)
class Task:
    """What all steps of reading a file need to know.

    Attributes
    ----------
    area
        The municipalities', once they are read.
    rim
        The area and what lies so close around it that only the coarseness of its border may keep it out.
    """

    file: StudyFile
    study: Study
    area: BaseGeometry | None = None
    rim: BaseGeometry | None = None

    @property
    def kind(self) -> LayerKind:
        """What the layer must be."""
        return CATALOG[self.file.name]

    @property
    def layer(self) -> Layer:
        """What the study says of the file."""
        return self.file.layer

    @property
    def crs(self) -> str:
        """The study's CRS."""
        return self.study.study.crs

    @property
    def region(self) -> Region | None:
        """Where rows can lie."""
        return find_region(self.crs, self.area)

    def error(self, problem: str, section: str = "", **values: object) -> LayerError:
        """Return an error about the file as a whole, naming the key of the study file that mends it."""
        key = f"{self.file.head} {section}".strip()
        return LayerError(problem, file=self.layer.path, key=key, **values)
