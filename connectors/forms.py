"""Sharing and use requests as forms (YAML, JSON) -> requests to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from tutela.engine.errors import InputError, Location
from tutela.engine.facts_approvals import request_hash
from tutela.engine.findings import Asked
from tutela.engine.plain import is_map
from tutela.engine.registers import read_form
from tutela.engine.request import Request
from tutela.engine.validation import kind_of, place

from .register_files import read_data

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from tutela.engine.documents import Document
    from tutela.engine.errors import Problem

ACTIONS: Final = {"sharing_request": "share", "use_request": "use"}


def read_forms(paths: Iterable[Path | str], as_of: datetime) -> list[Asked]:
    """The requests of some form files, each with its content attached; InputError lists everything wrong."""
    asked: list[Asked] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            document = read_data(path)
        except InputError as error:
            problems += error.problems
            continue
        found, more = ask_form(document, as_of)
        asked += found
        problems += more
    if problems:
        raise InputError(problems)
    return asked


def is_form(document: Document) -> bool:
    """Whether a document is a form rather than a request: it has an applicant and asks for no action."""
    return is_map(document.data) and "applicant" in document.data and "action" not in document.data


def form_hash(path: Path | str) -> str:
    """The hash that an approval of this form must carry."""
    document = read_data(path)
    kind, problems = _kind(document)
    form, more = read_form(kind, document) if kind else (None, [])
    if form is None:
        raise InputError([*problems, *more])
    return request_hash(form)


def _kind(document: Document) -> tuple[str, list[Problem]]:
    data = document.data
    if document.problems:
        return "", list(document.problems)
    if not isinstance(data, dict):
        return "", [place(document, [], "type-wrong", what="the file", expected="a mapping", found=kind_of(data))]
    fields = cast("dict[str, Any]", data)
    if "scope" in fields and "recipient" not in fields:
        return "use_request", []
    if "recipient" in fields or "content" in fields:
        return "sharing_request", []
    return "", [place(document, [], "form-kind-unknown")]


def ask_form(document: Document, as_of: datetime) -> tuple[list[Asked], list[Problem]]:
    """The request that a form makes; or the problems of the form."""
    kind, problems = _kind(document)
    if not kind:
        return [], problems
    form, problems = read_form(kind, document)
    if form is None:
        return [], problems
    subject = {"type": "employee", "id": form["applicant"]}
    resource = {"type": kind, "id": form["id"], "properties": {"form_content": form}}
    request = Request(subject, ACTIONS[kind], resource, as_of=as_of)
    return [Asked(request, Location(document.file, *document.mark(["id"], key=True)))], []
