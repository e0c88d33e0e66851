"""What is wrong with a command line, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from tutela.engine.phrases import Phrases

from .problems import language

if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE: Final = Phrases({
    # Click's own
    "No such command '{}'.": "没有命令 `{}`",
    "No such command '{}'. Did you mean '{}'?": "没有命令 `{}`;是否想写 `{}`?",
    "No such option '{}'.": "没有选项 `{}`",
    "No such option '{}'. Did you mean '{}'?": "没有选项 `{}`;是否想写 `{}`?",
    "No such option '{}'. (Did you mean one of: {}?)": "没有选项 `{}`;是否想写 {} 之一?",
    "Missing argument '{}'.": "缺少参数 `{}`",
    "Missing option '{}'.": "缺少选项 `{}`",
    "Missing command.": "缺少命令",
    "Option '{}' requires an argument.": "选项 `{}` 需要一个值",
    "Option '{}' requires {} arguments.": "选项 `{}` 需要 {} 个值",
    "Option '{}' does not take a value.": "选项 `{}` 不带值",
    "Got unexpected extra argument ({})": "多余的参数({})",
    "Got unexpected extra arguments ({})": "多余的参数({})",
    "Invalid value for {}: {}": "{} 的值无效:{}",
    "Invalid value: {}": "值无效:{}",
    "{} is not one of {}.": "{} 不在可选范围内;可选:{}",
    "{} is not in the range {}.": "{} 超出范围 {}",
    "{} is not a valid integer.": "{} 不是整数",
    "{} is not a valid integer range.": "{} 不是整数",
    "{} is not a valid float.": "{} 不是数值",
    "{} is not a valid float range.": "{} 不是数值",
    "File {} does not exist.": "文件 {} 不存在",
    "Directory {} does not exist.": "目录 {} 不存在",
    "Path {} does not exist.": "路径 {} 不存在",
    "File {} is a directory.": "{} 是目录,不是文件",
    "Directory {} is a file.": "{} 是文件,不是目录",
    # this program's
    "{} is not a time with an offset; write 2026-11-20T10:00:00+08:00": (
        "{} 不是带时区偏移的时间;请写成 2026-11-20T10:00:00+08:00"
    ),
    "unknown format '{}'. Formats: {}": "未知格式 `{}`;可用格式:{}",
    "unknown format '{}'. Did you mean '{}'? Formats: {}": "未知格式 `{}`,是否想写 `{}`?可用格式:{}",
    "no rule '{}'. `tutela rules` lists them": "没有规则 `{}`;`tutela rules` 列出所有规则",
    "no rule '{}'. Did you mean '{}'?": "没有规则 `{}`;是否想写 `{}`?",
    "no rule '{}'. Rules that begin so: {}": "没有规则 `{}`;以此开头的规则:{}",
    "no schema '{}'. Schemas: {}": "没有模式 `{}`;可用:{}",
    "no request in the input": "输入中没有请求",
    "no query in the input": "输入中没有查询",
    "name a schema file, or `schemas` in tutela.toml": "请指定库表结构文件,或在 tutela.toml 中设置 `schemas`",
    "name a schema with --schema, or `schemas` in tutela.toml": (
        "请用 --schema 指定库表结构,或在 tutela.toml 中设置 `schemas`"
    ),
    "name the catalog with --catalog, or `registers` in tutela.toml": (
        "请用 --catalog 指定数据目录,或在 tutela.toml 中设置 `registers`"
    ),
    "more --output than --format": "--output 的个数多于 --format",
    "two documents would be written to '{}'": "两份文档都会写入 `{}`",
    "'{}' is the log itself": "`{}` 就是日志本身",
    "'{}' is not NAME=TEXT": "`{}` 不是 NAME=TEXT 的形式",
    "a bundle is called FILE{}": "策略包的文件名应为 FILE{}",
    "FILE has no name": "FILE 没有文件名",
    "{} and {} exclude each other": "{} 与 {} 不能同时使用",
    "--sample goes with one database at a time": "--sample 一次只能用于一个数据库",
    "--explain writes human or json to the standard output": "--explain 只向标准输出写 human 或 json 格式",
    "--explain shows how findings come about: it reads and writes no baseline": (
        "--explain 只展示发现的由来,不读写基线"
    ),
    "--diff compares two sources: the old and the new": "--diff 比较两个来源:旧的和新的",
    "--state names no file": "--state 没有指定文件",
    "--state needs a file: nobody can go on in the standard input": "--state 需要文件:标准输入无法接续",
    "--follow writes JSON lines to one place": "--follow 只向一处写 JSON 行",
    "--master is for --engine spark": "--master 只用于 --engine spark",
    "--reconcile watches every event: not with --engine spark": "--reconcile 需逐条查看事件,不能与 --engine spark 同用",
    "--reconcile is about a whole log: not with {}": "--reconcile 针对整份日志,不能与 {} 同用",
    "{} judges event by event: not with --engine {}": "{} 逐条判断事件,不能与 --engine {} 同用",
    "--explain and --write-baseline are about a whole log: not with {}": (
        "--explain 和 --write-baseline 针对整份日志,不能与 {} 同用"
    ),
    "--max-staleness must be at least twice --reload-interval, which must not be 0": (
        "--max-staleness 至少为 --reload-interval 的两倍,且后者不能为 0"
    ),
    "--check goes with neither --write nor --diff": "--check 不能与 --write 或 --diff 同用",
    "--prune goes with --write or --diff": "--prune 须与 --write 或 --diff 同用",
    "--min-coverage goes with --check": "--min-coverage 须与 --check 同用",
    "--catalog goes with --write, --diff or --check": "--catalog 须与 --write、--diff 或 --check 同用",
})  # fmt: skip
"""Click's words and this program's; a phrase that is not here is said in English."""


def show_usage(error: click.ClickException, args: Sequence[str]) -> None:
    """Say on stderr what is wrong with a command line, how the command is used and where its help is."""
    if language(_asked(args)) != "zh":
        error.show()
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        usage = error.ctx.get_usage().removeprefix("Usage: ")
        click.echo(f"用法:{usage}\n请执行 `{error.ctx.command_path} --help` 查看帮助\n", err=True)
    said = error.format_message()
    click.echo(f"错误:{USAGE.chinese(said) or said}", err=True)


def _asked(args: Sequence[str]) -> str | None:
    """What `--lang` says: the error may be about an option that stands before it."""
    for number, arg in enumerate(args):
        if arg == "--lang":
            return next(iter(args[number + 1 :]), None)
        if arg.startswith("--lang="):
            return arg.removeprefix("--lang=")
    return None
