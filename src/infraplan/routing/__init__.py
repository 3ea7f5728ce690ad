"""Steiner trees with a proven bound: numbers in, numbers out."""

from infraplan.routing.steiner import Tree, steiner_tree

__all__ = ["Tree", "steiner_tree"]
