"""The words of problems in registers, forms and records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTER: Final[Mapping[str, Message]] = {
    "register-unknown": Message(
        "`{name}` is no register{hint}",
        "`{name}` 不是登记册{hint}",
        "registers: {known}",
        "可用登记册:{known}",
    ),
    "register-twice": Message(
        "the register `{name}` stands in two files (also {first})",
        "登记册 `{name}` 出现在两个文件中(另见 {first})",
        "keep one of them",
        "请只保留其中一个",
    ),
    "register-duplicate": Message(
        "`{id}` is registered twice (first at {first})",
        "`{id}` 重复登记(首次位于 {first})",
    ),
    "register-time": Message(
        "`{field}` is not a time: `{value}`",
        "`{field}` 不是时间:`{value}`",
        "write it as 2026-11-20T10:00:00+08:00",
        "请写成 2026-11-20T10:00:00+08:00",
    ),
    "register-time-naive": Message(
        "the time in `{field}` has no offset: `{value}`",
        "`{field}` 的时间缺少时区偏移:`{value}`",
        "write it as 2026-11-20T10:00:00+08:00",
        "请写成 2026-11-20T10:00:00+08:00",
    ),
    "register-date": Message(
        "`{field}` is not a day: `{value}`",
        "`{field}` 不是日期:`{value}`",
        "write it as 2026-11-20",
        "请写成 2026-11-20",
    ),
    "register-csv": Message(
        "not valid CSV: {what}",
        "不是有效的 CSV:{what}",
    ),
    "register-csv-cell": Message(
        "the cell `{field}` must be {expected}",
        "单元格 `{field}` 应为 {expected}",
    ),
    "register-category": Message(
        "unknown data category `{category}`{hint}",
        "未知数据类别 `{category}`{hint}",
        "categories stand in the taxonomy",
        "类别见分类体系",
    ),
    "register-needs-parameter": Message(
        "registers need the parameter `{name}`, which has no value",
        "登记册需要参数 `{name}`,但尚未绑定",
        "bind it in a file with `kind: parameters`",
        "请在 `kind: parameters` 文件中绑定",
    ),
    "form-kind-unknown": Message(
        "cannot tell a sharing request from a use request",
        "无法判断是共享申请还是使用申请",
        "a sharing request has `recipient` and `content`, a use request has `scope`",
        "共享申请含 `recipient` 和 `content`,使用申请含 `scope`",
    ),
    "project-missing": Message(
        "no tutela.toml here or above",
        "此处及上级目录没有 tutela.toml",
        "run `tutela init DIR`, or name the policies with --policies",
        "请运行 `tutela init DIR`,或用 --policies 指定策略",
    ),
    "project-syntax": Message(
        "not valid TOML: {what}",
        "不是有效的 TOML:{what}",
    ),
    "project-key-unknown": Message(
        "unknown setting `{key_}`{hint}",
        "未知设置 `{key_}`{hint}",
        "known: {known}",
        "可用设置:{known}",
    ),
    "project-value": Message(
        "`{key_}` must be {expected}",
        "`{key_}` 应为 {expected}",
    ),
    "project-exists": Message(
        "`{path}` exists already and is not empty",
        "`{path}` 已存在且非空",
        "name a new folder",
        "请指定新目录",
    ),
    "project-pack-unknown": Message(
        "no pack is called `{name}`{hint}",
        "没有名为 `{name}` 的策略包{hint}",
        "packs: {known}",
        "可用策略包:{known}",
    ),
}
