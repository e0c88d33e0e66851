"""The setting `TUTELA` of Django: who decides, who asks, what for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from .asking import problem
from .local import Local

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tutela.engine.errors import Lang

    from .asking import Decider

NAME: Final = "TUTELA"
KNOWN: Final = ("DECIDER", "PROJECT", "URL", "TIMEOUT", "HEADERS", "SUBJECT", "PURPOSE", "LANG")
DECIDERS: Final = ("DECIDER", "PROJECT", "URL")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the setting says, ready to use."""

    decider: Decider
    subject: Callable[..., Any]
    purpose: str | Callable[..., Any] | None
    lang: Lang


@lru_cache(maxsize=1)
def configured() -> Settings:
    """The setting, read once; ImproperlyConfigured says what is wrong with it."""
    found = getattr(django_settings, NAME, None)
    if not isinstance(found, dict):
        raise unusable(NAME, "dict")
    table = cast("Mapping[str, Any]", found)
    for name in table:
        if name not in KNOWN:
            raise _wrong("django-setting-unknown", name=name, known=", ".join(KNOWN))
    subject, purpose, lang = _loaded(table.get("SUBJECT")), table.get("PURPOSE"), table.get("LANG", "en")
    if not callable(subject):
        raise unusable("SUBJECT", "callable, `MODULE.NAME`")
    if not (purpose is None or isinstance(purpose, str) or callable(purpose)):
        raise unusable("PURPOSE", "str, callable")
    if lang not in ("en", "zh"):
        raise unusable("LANG", "`en`, `zh`")
    return Settings(_decider(table), subject, purpose, lang)


def unusable(name: str, expected: str) -> ImproperlyConfigured:
    """The exception for a part of the setting that has another form than the expected one."""
    return _wrong("django-setting-value", name=name, expected=expected)


def _wrong(code: str, **args: object) -> ImproperlyConfigured:
    return ImproperlyConfigured(problem(code, f"settings.{NAME}", **args).render())


def _decider(table: Mapping[str, Any]) -> Decider:
    if sum(name in table for name in DECIDERS) != 1:
        raise _wrong("django-setting-decider")
    if "PROJECT" in table:
        if not isinstance(table["PROJECT"], str | os.PathLike):
            raise unusable("PROJECT", "str, Path")
        return Local.of_project(os.fspath(cast("os.PathLike[str] | str", table["PROJECT"])))
    if "URL" in table:
        from .remote import Remote

        options = {name.lower(): table[name] for name in ("TIMEOUT", "HEADERS") if name in table}
        return Remote(table["URL"], **options)
    found = _loaded(table["DECIDER"])
    if not hasattr(found, "decide") and callable(found):
        found = found()
    if not (hasattr(found, "decide") and hasattr(found, "adecide")):
        raise unusable("DECIDER", "Decider, `MODULE.NAME`")
    return cast("Decider", found)


def _loaded(found: object) -> Any:  # noqa: ANN401 (whatever the name stands for)
    """What a dotted name stands for; anything else is itself."""
    if not isinstance(found, str):
        return found
    try:
        return import_string(found)
    except ImportError:
        return None


def _forget(*, setting: str, **_kwargs: object) -> None:
    """Read the setting again after a test has overridden it."""
    if setting == NAME:
        configured.cache_clear()


setting_changed.connect(_forget)
