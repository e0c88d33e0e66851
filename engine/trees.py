"""Trees: tables of districts, offices or menus, in which a row is below another. The parent is no mother or father."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .tables import Table

_ABOVE: Final = frozenset(
    {"parentid", "parentcode", "parentno", "parentnumber", "parentuid", "parentdm", "pid", "pcode", "superid", "upid"}
    | {"superiorid", "fatherid", "fid", "parent", "parentkey", "parentorgid", "parentdeptid", "sjdm", "sjid", "fjdm"}
)
_PLACE: Final = frozenset(
    {"level", "treelevel", "treepath", "treecode", "isleaf", "leaf", "ancestors", "depth", "lft", "rgt", "levelcode"}
    | {"parentids", "parentpath", "treeid", "levelno", "layer", "haschildren", "ischild", "nodelevel", "parentcodes"}
)
"""What says where in the tree a row stands."""
_FAMILY: Final = ("child", "student", "pupil", "mother", "father", "kid", "birth", "sex", "gender")
_BESIDE: Final = frozenset({"haschildren", "haschild", "ischild", "childcount", "children", "fatherid"})


def is_tree(table: Table) -> bool:
    """Tell whether rows stand in a tree, and are not children of parents."""
    names = {column.name.lower().replace("_", "") for column in table.columns}
    if names.isdisjoint(_ABOVE) or names.isdisjoint(_PLACE):
        return False
    return not any(word in name for name in names - _BESIDE for word in _FAMILY)
