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
    "register-database-kind": Message(
        "registers cannot be read from a database of this kind",
        "无法从此类数据库读取登记册",
        "databases: {kinds}; or export the tables as CSV",
        "可用数据库:{kinds};也可将表导出为 CSV",
    ),
    "register-database-empty": Message(
        "the database has no table or view that is called like a register, or none that may be read",
        "数据库中没有与登记册同名的表或视图,或均无权读取",
        "make views with these names: {known}",
        "请以这些名称建立视图:{known}",
    ),
    "register-database-twice": Message(
        "the register `{name}` stands in two schemas (`{first}`, `{second}`)",
        "登记册 `{name}` 出现在两个模式中(`{first}`、`{second}`)",
        "name one in the address: `?schema={first}`",
        "请在地址中指定其一:`?schema={first}`",
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
        "remove one of them, or give it an id of its own",
        "请删除其一,或另编一个标识",
    ),
    "register-entry-unknown": Message(
        "the test removes `{id}` from `{name}`, where it is not",
        "测试要从 `{name}` 中移除 `{id}`,但其中没有该条目",
        "correct the id, or leave the line out",
        "请更正标识,或删去该行",
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
    "register-too-deep": Message(
        "an entry is nested too deep",
        "条目嵌套过深",
    ),
    "register-reference": Message(
        "`{field}` of `{id}` names `{value}`, which is not in {target}",
        "`{id}` 的 `{field}` 引用了 `{value}`,但 {target} 中没有登记",
        "register it there, or correct the reference",
        "请先登记,或更正引用",
    ),
    "register-heads-overlap": Message(
        "the department `{id}` has two heads at once (the other at {first})",
        "部门 `{id}` 同一时间有两名负责人(另一名位于 {first})",
        "end the first term with `to` before the second begins",
        "请用 `to` 在后任开始前结束前任",
    ),
    "register-delegations-overlap": Message(
        "`{id}` delegates to somebody what `{other}` delegates to another at the same time (at {first})",
        "`{id}` 与 `{other}`(位于 {first})在同一时间把同一权限授予不同的人",
        "keep one of them, or end the first before the second begins",
        "请只保留其一,或在后者开始前结束前者",
    ),
    "register-delegation-circle": Message(
        "the delegation `{id}` closes a circle: {circle}",
        "授权 `{id}` 形成循环:{circle}",
        "end one of them before the last begins",
        "请在最后一项开始前结束其中一项",
    ),
    "register-delegation-self": Message(
        "the delegation `{id}` is from somebody to the same person",
        "授权 `{id}` 的授权人与被授权人相同",
        "name another person in `to_employee`",
        "请在 `to_employee` 中填写他人",
    ),
    "register-delegation-late": Message(
        "the delegation `{id}` was granted after it begins",
        "授权 `{id}` 的授予时间晚于生效时间",
        "let `valid_from` be no earlier than `granted_at`",
        "`valid_from` 不得早于 `granted_at`",
    ),
    "register-ends-before-start": Message(
        "`{end}` of `{id}` is before `{start}`",
        "`{id}` 的 `{end}` 早于 `{start}`",
        "correct one of them",
        "请更正其中一项",
    ),
    "register-ends-at-start": Message(
        "`{end}` of `{id}` is not after `{start}`",
        "`{id}` 的 `{end}` 不晚于 `{start}`",
        "correct one of them",
        "请更正其中一项",
    ),
    "register-release-unsigned": Message(
        "`{id}` is released, and `released_by` does not say by whom",
        "`{id}` 已解除,但 `released_by` 未填写解除人",
        "name who released it, or remove `released_at`",
        "请填写解除人,或删除 `released_at`",
    ),
    "register-account-twice": Message(
        "an account of `{id}` belongs to `{other}` already (at {first})",
        "`{id}` 的一个账号已属于 `{other}`(位于 {first})",
        "an account has one owner: remove it from one of them",
        "一个账号只有一名所有人:请从其中一处删除",
    ),
    "register-resource-type": Message(
        "resources of the type `{type}` are not declared here",
        "类型为 `{type}` 的资源不在此处登记",
        "what is known about them comes from: {registers}; name another type, or remove the entry",
        "其信息来自:{registers};请改用其他类型,或删除该条目",
    ),
    "register-account-owner": Message(
        "the service account `{id}` is registered with another owner at {first}",
        "服务账号 `{id}` 在 {first} 登记了另一名所有人",
        "name the same person in both registers",
        "两处请登记同一人",
    ),
    "register-category": Message(
        "unknown data category `{category}`{hint}",
        "未知数据类别 `{category}`{hint}",
        "categories stand in the taxonomy",
        "类别见分类体系",
    ),
    "register-closed-undated": Message(
        "the incident `{id}` is closed, and it is not said since when",
        "事件 `{id}` 已关闭,但未注明关闭时间",
        "add `closed_at`",
        "请补充 `closed_at`",
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
