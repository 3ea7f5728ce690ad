"""Files to checked tables: what layers exist, one reader a family of formats, and the data doctor."""

from infraplan.layers.books import read_cost_book
from infraplan.layers.read import Layers, read_layers
from infraplan.layers.study import read_study

__all__ = ["Layers", "read_cost_book", "read_layers", "read_study"]
