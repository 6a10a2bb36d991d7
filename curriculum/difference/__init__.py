"""What changed from one plan to another, told so that a person can read it: by level and module, then the rest."""

from curriculum.difference.beside import beside
from curriculum.difference.entries import Difference, Entry, LevelDifference, ModuleDifference
from curriculum.difference.tree import Tree
from curriculum.plan.nodes import Plan

__all__ = ["Difference", "Entry", "LevelDifference", "ModuleDifference", "difference"]


def difference(old: Plan, new: Plan) -> Difference:
    """What a reader of the old plan would want to know of the new one; empty when both say the same.

    A node that only has another number because something before it came or went is not mentioned, nor is a line that
    stands elsewhere in the source, nor are spaces.
    """
    tree = Tree(old, new)
    return Difference(
        hours=(old.hours, new.hours),
        levels=tuple(tree.levels()),
        beside=(*tree.without_module(), *beside(old, new)),
    )
