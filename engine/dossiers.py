"""Dossiers of persons: health files of residents, reports of an illness, and the number that a person's file has.

`file_no` is on every form that belongs to the file of a person (follow-ups, vaccinations, certificates of birth), and
connects them as the key of a patient does. Files of a computer have names and sizes, too, but a path beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .column_types import is_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .care import Counts
    from .marks import Reading
    from .tables import Table

_KINDS: Final = frozenset({"file", "report", "form", "card", "archive", "dossier", "book"})
_OF_WHOM: Final = frozenset(
    {"health", "medical", "infection", "infectious", "disease", "epidemic", "death", "birth", "illness", "resident"}
    | {"citizen", "personal", "family", "household", "patient", "maternal", "vaccination"}
)
"""What a file or report of is no thing, where its rows are about persons."""
_STORED: Final = frozenset(
    {"path", "url", "size", "ext", "extension", "suffix", "mime", "bytes", "format", "bucket", "filepath", "fileurl"}
    | {"filename", "filesize", "filetype", "fileext", "download", "upload", "md5", "checksum"}
)
"""What stands beside files of a computer."""
_FILES: Final = frozenset({"file", "archive", "archives", "dossier"})
_NUMBERS: Final = frozenset({"no", "num", "number", "code"})
_GLUED: Final = frozenset({"fileno", "filenum", "filenumber", "filecode", "archiveno", "archivesno", "dossierno"})
_PARTS: Final = frozenset({"sub", "old", "new", "id"})
"""What may stand behind: the file of somebody within that of a family."""
_ENOUGH: Final = 1
_APPLICATION: Final = "application"
_APPLIED: Final = frozenset(
    {
        "job",
        "vacancy",
        "position",
        "leave",
        "loan",
        "membership",
        "admission",
        "scholarship",
        "visa",
        "permit",
        "rental",
    }
    | {
        "internship",
        "course",
        "housing",
        "mortgage",
        "passport",
        "volunteer",
        "tenancy",
        "adoption",
        "project",
        "grant",
    }
)
"""What persons apply for: the table is of them, and not of jobs or courses."""
_REPORTED: Final = frozenset(
    {"abuse", "spam", "user", "comment", "post", "event", "content", "message", "item", "listing", "review", "profile"}
    | {"violation", "member", "chat", "room", "media", "ad", "question", "answer", "story", "video"}
)
_COMPLAINING: Final = frozenset({"reason", "reporter", "reported", "complaint", "complainant", "offender"})


def is_dossier(stems: frozenset[str], words: frozenset[str]) -> frozenset[str]:
    """The words of a table's name that would make it one of things, and here say that it is a dossier."""
    if _APPLICATION in stems and not stems.isdisjoint(_APPLIED):
        return stems & _APPLIED
    return _KINDS & stems if stems & _OF_WHOM and words.isdisjoint(_STORED) else frozenset()


def is_complaint(stems: frozenset[str], words: frozenset[str]) -> bool:
    """Tell whether reports are what users complain of: with a reason or who reported, on what others wrote."""
    return "report" in stems and not stems.isdisjoint(_REPORTED) and not words.isdisjoint(_COMPLAINING)


def file_numbers(table: Table, readings: Sequence[Reading], care: Counts) -> frozenset[str]:
    """Names of the columns that hold the number of a person's file, in a table about a person or an illness."""
    if care.sure < _ENOUGH and care.whom < _ENOUGH:
        return frozenset()
    pairs = list(zip(table.columns, readings, strict=True))
    found = {column.name for column, reading in pairs if _is_file_number(reading.words)}
    if not found or any(not _STORED.isdisjoint(reading.words) for _, reading in pairs):
        return frozenset()
    return frozenset(column.name for column, _ in pairs if column.name in found and not is_whole(column.data_type))


def _is_file_number(words: tuple[str, ...]) -> bool:
    words = words[:-1] if words[-1:] and words[-1] in _PARTS else words
    return words[-1:] != () and (
        words[-1] in _GLUED or (len(words) > 1 and words[-2] in _FILES and words[-1] in _NUMBERS)
    )
