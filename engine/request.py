"""The question: who wants to do what with which resource, under which circumstances, and when.

The shape is that of OpenID AuthZEN 1.0 (subject, action, resource, context) plus the instant `as_of`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from .errors import InputError, Location, Problem
from .plain import is_map

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS: Final = ("subject", "action", "resource", "context")
NAMELESS: Final = "request"


class Request:
    """One request, valid by construction: InputError lists everything that is wrong with the arguments.

    `subject` and `resource` are mappings with `type`, `id` and optional `properties`; `action` is a name or a
    mapping with `name` and `properties`. Inside, each part is one flat dictionary, as conditions read it. The
    values are not copied: do not change them while the request is in use.
    """

    __slots__ = ("action", "action_name", "context", "now", "resource", "subject")

    def __init__(
        self,
        subject: Mapping[str, Any],
        action: str | Mapping[str, Any],
        resource: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
        *,
        as_of: datetime,
    ) -> None:
        try:
            self.subject: dict[str, Any] = {
                **(subject.get("properties") or {}), "id": subject["id"], "type": subject["type"],
            }  # fmt: skip
            if action.__class__ is str:
                self.action: dict[str, Any] = {"name": action}
                self.action_name: str = str(action)
            else:
                named = cast("Mapping[str, Any]", action)
                self.action_name = named["name"]
                self.action = {**(named.get("properties") or {}), "name": self.action_name}
            self.resource: dict[str, Any] = {
                **(resource.get("properties") or {}), "id": resource["id"], "type": resource["type"],
            }  # fmt: skip
            self.context: dict[str, Any] = context if type(context) is dict else dict(context or {})
            self.now: datetime = as_of
            if (
                type(self.subject["id"]) is str
                and type(self.subject["type"]) is str
                and type(self.resource["id"]) is str
                and type(self.resource["type"]) is str
                and type(self.action_name) is str
                and as_of.tzinfo is not None
            ):
                return
        except (KeyError, TypeError, AttributeError, ValueError):
            pass
        raise InputError(
            _problems(
                {"subject": subject, "action": action, "resource": resource, "context": context},
                as_of,
                NAMELESS,
            )
        )

    @property
    def as_of(self) -> datetime:
        """The instant that the decision is about."""
        return self.now

    @classmethod
    def from_json(cls, data: object, *, as_of: datetime | None = None, source: str = NAMELESS) -> Request:
        """Read a request from its JSON form.

        The instant is `as_of` in the data, else `context.time`, else the argument; InputError names `source`.
        """
        from .validation import kind_of

        if not isinstance(data, dict):
            raise InputError([_problem(source, "", "request-not-mapping", found=kind_of(data))])
        body = cast("dict[str, Any]", data)
        context: Any = body.get("context")
        stated = body.get("as_of")
        given = stated if stated is not None else context.get("time") if is_map(context) else None
        when: Any = as_of
        problems: list[Problem] = []
        if given is not None:
            try:
                when = parse_time(given)
            except ValueError:
                naive = isinstance(given, str) and _is_naive(given)
                code = "request-time-naive" if naive else "request-time"
                where = "/as_of" if stated is not None else "/context/time"
                problems.append(
                    _problem(source, where, code, value=given[:40] if isinstance(given, str) else kind_of(given))
                )
        elif when is None:
            problems.append(_problem(source, "", "request-time-missing"))
        problems += _problems(body, when, source, time=False)
        if problems:
            raise InputError(problems)
        instant = cast("datetime", when)  # without one there is a problem above
        return cls(body["subject"], body["action"], body["resource"], context or {}, as_of=instant)


def parse_time(value: object) -> datetime:
    """Read an RFC 3339 time with an offset as an instant in UTC; ValueError for anything else, naive times too."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value) if isinstance(value, str) else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a time with an offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time that does not exist in UTC") from None


def _is_naive(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def _problem(source: str, pointer: str, code: str, **args: object) -> Problem:
    return Problem(code=code, location=Location(f"{source}#{pointer}" if pointer else source), args=args)


def _problems(body: Mapping[str, Any], when: object, source: str, *, time: bool = True) -> list[Problem]:
    """Everything that is wrong with the parts of a request."""
    found: list[Problem] = []

    def field(pointer: str, expected: str) -> None:
        found.append(_problem(source, pointer, "request-field", field=pointer[1:].replace("/", "."), expected=expected))

    for part in ("subject", "resource"):
        _check_entity(body.get(part), part, ("type", "id"), field)
    action = body.get("action")
    if type(action) is not str:
        _check_entity(action, "action", ("name",), field)
    if body.get("context") is not None and not isinstance(body["context"], dict):
        field("/context", "a mapping")
    if time and (not isinstance(when, datetime) or when.tzinfo is None):
        code = "request-time-naive" if isinstance(when, datetime) else "request-time-missing"
        found.append(_problem(source, "/as_of", code, value=str(when)))
    return found


def _check_entity(entity: object, part: str, names: tuple[str, ...], field: Any) -> None:  # noqa: ANN401 (a local)
    if not isinstance(entity, dict):
        field(f"/{part}", "a mapping with " + " and ".join(names))
        return
    body = cast("dict[str, Any]", entity)
    for name in names:
        if type(body.get(name)) is not str:  # a text of a class of its own (StrEnum) is no plain text
            field(f"/{part}/{name}", "a text")
    if body.get("properties") is not None and not isinstance(body["properties"], dict):
        field(f"/{part}/properties", "a mapping")
