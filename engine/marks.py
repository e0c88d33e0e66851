"""The points of the categories that a column may have, and what was read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from .hints import Hint

STRONG: Final = 3
WEAK: Final = 1


class Mark(NamedTuple):
    """The points of one category, and why."""

    points: int
    longest: int
    """The length of the longest text that matched: the narrower of two wins a tie."""
    order: int
    owned: bool
    """The name says that it is a person's: `contact_phone` in a table of shops."""
    initials: bool
    evidence: tuple[str, ...]
    told: bool = False
    """The name itself says whose it is: `student_name` in a table of campaigns."""

    @property
    def commented(self) -> bool:
        """A comment says it, too."""
        return any(text.startswith("comment ") and text != "comment of something else" for text in self.evidence)


class Reading(NamedTuple):
    """The categories that name and comment stand for, the words of the name, and what turns it away from them."""

    marks: dict[str, Mark]
    words: tuple[str, ...]
    """All words of the name, glued ones apart and abbreviations written out."""
    turned: bool
    """A flag, a kind, a count: about the thing, not the thing itself."""
    clinical: str
    """The clinical word in the name, if any."""
    described: bool
    """A Chinese comment (or name) says what the column is."""
    plain: bool = False
    """The initials of its name are of something technical."""
    care: bool = False
    """They are of something clinical, if the table is of patients."""


def related(key: str, other: str) -> bool:
    """Tell whether two categories are siblings or one is above the other."""
    return key.startswith(other) or other.startswith(key) or key.rsplit(".", 1)[0] == other.rsplit(".", 1)[0]


def add(marks: dict[str, Mark], hint: Hint, points: int, evidence: str, length: int) -> None:
    """Add points to a category."""
    mark = marks.get(hint.category, Mark(0, 0, hint.order, owned=False, initials=False, evidence=()))
    if evidence in mark.evidence:
        return
    marks[hint.category] = mark._replace(
        points=mark.points + points, longest=max(mark.longest, length), evidence=(*mark.evidence, evidence)
    )


def turn(marks: dict[str, Mark], why: str) -> bool:
    """Take points from all marks; True, so that a caller can say that the name is turned."""
    for key, mark in marks.items():
        marks[key] = mark._replace(points=mark.points - 4, evidence=(*mark.evidence, why))
    return True
