"""Whole layers where the code takes blocks of their columns."""

from idcore.estimators.excited import Excited, end, take


def excited(blocks) -> Excited:
    """What each sample excites. blocks: of columns, one after the other."""
    taken = None
    for x in blocks:
        taken = take(taken, x)
    return end(taken)
