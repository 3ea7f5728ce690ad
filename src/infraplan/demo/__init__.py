"""A modelled study of Norrbotten: real borders, places and shares; all else is invented, and labelled so."""

from infraplan.demo.folder import write
from infraplan.demo.model import build

__all__ = ["build", "write"]
