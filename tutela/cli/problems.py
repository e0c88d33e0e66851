"""What went wrong, in the user's language, on stderr."""

from __future__ import annotations

import errno
import os
import traceback
from typing import TYPE_CHECKING, Final

import click

from tutela.engine.errors import TutelaError

if TYPE_CHECKING:
    from tutela.engine.errors import Lang

LANG: Final = "TUTELA_LANG"
DEBUG: Final = "TUTELA_DEBUG"
_SYSTEM: Final = {
    errno.ENOENT: "文件或目录不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许的操作",
    errno.EEXIST: "文件已存在",
    errno.EISDIR: "是目录,不是文件",
    errno.ENOTDIR: "不是目录",
    errno.ENOSPC: "磁盘空间不足",
    errno.EROFS: "文件系统只读",
    errno.ENAMETOOLONG: "名称过长",
    errno.ELOOP: "符号链接层数过多",
}
"""What the system says in English, whatever the language."""


def language(chosen: str | None = None) -> Lang:
    """The language to speak: as chosen, else `TUTELA_LANG`, else that of the locale, else English."""
    found = chosen or os.environ.get(LANG)
    if not found:
        found = next((v for v in map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG")) if v), "en")
    return "zh" if found.lower().startswith("zh") else "en"


def show(error: Exception) -> int:
    """Print an error and return the exit status 2."""
    from tutela.reports.text import visible

    context = click.get_current_context(silent=True)
    chosen = context.find_root().meta.get(LANG) if context else _CHOSEN.get(LANG)
    lang = language(chosen)
    if isinstance(error, TutelaError):
        for line in error.render(lang).splitlines():
            click.echo(visible(line), err=True)
        count = len(error.problems)
        click.echo(f"共 {count} 个问题" if lang == "zh" else f"{count} problem{'s' if count != 1 else ''}", err=True)
    elif isinstance(error, OSError):
        what, where = str(error.strerror or error), visible(str(error.filename or "-"))
        if lang == "zh":
            click.echo(f"错误:{_SYSTEM.get(error.errno or 0) or visible(what)}:{where}", err=True)
        else:
            click.echo(f"error: {visible(what)}: {where}", err=True)
    else:
        name = type(error).__name__
        english = f"internal error: {name}; set {DEBUG}=1 for details, and please report it"
        chinese = f"内部错误:{name};设置 {DEBUG}=1 可查看详情,请向我们报告"
        click.echo(chinese if lang == "zh" else english, err=True)
        if os.environ.get(DEBUG):
            traceback.print_exception(error)
    return 2


_CHOSEN: Final[dict[str, str]] = {}


def choose(lang: str | None) -> None:
    """Remember the language chosen by a flag, for problems that come up later."""
    if lang:
        _CHOSEN[LANG] = lang
