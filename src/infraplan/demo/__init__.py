"""A modelled study of Norrbotten: real borders, places and shares; all else invented from a seed, and labelled so."""

from infraplan.demo.build import build
from infraplan.demo.write import write

__all__ = ["build", "write"]
