"""The words of problems in waivers, baselines and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

WAIVER: Final[Mapping[str, Message]] = {
    "value-blank": Message("`{what}` is blank", "`{what}` 为空白", "say something there", "请填写内容"),
    "waiver-rule-unknown": Message(
        "the waiver names the rule `{rule}`, which no policy has{hint}",
        "豁免所指的规则 `{rule}` 不存在于任何策略{hint}",
        "`tutela rules` lists the rules; `*` stands for any text",
        "`tutela rules` 列出所有规则;`*` 代表任意文字",
    ),
    "waiver-covers-nothing": Message(
        "the waiver of `{rule}` does not say what it covers",
        "对 `{rule}` 的豁免没有说明范围",
        "name a `resource`, a `file` or a `fingerprint`; `resource: '*'` covers every resource",
        "请写明 `resource`、`file` 或 `fingerprint`;`resource: '*'` 表示所有资源",
    ),
    "waiver-exact-only": Message(
        "`{rule}` can be waived by its fingerprint or in one file only, not by a pattern or a resource",
        "`{rule}` 只能按指纹或针对单个文件豁免,不能使用通配符或资源",
        "what was not understood may hide anything: name `file` without `*`, or a `fingerprint`",
        "无法理解的内容可能隐藏任何问题:请写不含 `*` 的 `file`,或 `fingerprint`",
    ),
    "waiver-day": Message(
        "`{value}` is not a day of the calendar",
        "`{value}` 不是有效的日期",
        "write it as 2026-12-31",
        "请写成 2026-12-31 的形式",
    ),
    "waiver-never-valid": Message(
        "the waiver of `{rule}` expires before it begins",
        "对 `{rule}` 的豁免在生效之前就已到期",
    ),
    "waiver-no-start": Message(
        "the waiver of `{rule}` does not say since when it holds",
        "对 `{rule}` 的豁免没有写明起始日期",
        "the project limits waivers to {limit}: add `since`",
        "项目规定豁免最长 {limit}:请补充 `since`",
    ),
    "waiver-too-long": Message(
        "the waiver of `{rule}` holds until {expires}, longer than {limit} after {since}",
        "对 `{rule}` 的豁免有效至 {expires},超过自 {since} 起的上限 {limit}",
        "let it expire on {last} or earlier",
        "到期日不得晚于 {last}",
    ),
    "waiver-limit-malformed": Message(
        "`waiver_limit` is `{value}`, which is not a period",
        "`waiver_limit` 的值 `{value}` 不是有效的期限",
        "write an ISO 8601 period: P6M, P90D, P1Y",
        "请使用 ISO 8601 期限:P6M、P90D、P1Y",
    ),
    "waiver-needs-timezone": Message(
        "waivers end with a day, and no policy binds the parameter `timezone`",
        "豁免按日到期,但没有策略绑定参数 `timezone`",
        "bind `timezone` in a policy file: Asia/Shanghai",
        "请在策略文件中绑定 `timezone`,例如 Asia/Shanghai",
    ),
    "waiver-unused": Message(
        "the waiver of `{rule}` ({covers}) covers no finding",
        "对 `{rule}`({covers})的豁免没有对应的发现",
        "remove it",
        "请删除",
    ),
    "baseline-version": Message(
        "the baseline has the version {found}; this tutela reads version {wanted}",
        "基线的版本为 {found};此版本的 tutela 只读取版本 {wanted}",
        "write it again with --write-baseline",
        "请用 --write-baseline 重新生成",
    ),
    "baseline-command": Message(
        "the baseline is one of `tutela {found}`, not of `tutela {wanted}`",
        "该基线由 `tutela {found}` 生成,不能用于 `tutela {wanted}`",
        "keep one baseline for each command",
        "请为每个命令分别保存基线",
    ),
    "baseline-other-policies": Message(
        "the baseline was written with other policies ({found}): rules may have changed since",
        "基线是用其他策略({found})生成的,其后规则可能已变化",
        "read what is new, then write it again with --write-baseline",
        "请查看新增的发现,再用 --write-baseline 重新生成",
    ),
    "diff-no-git": Message(
        "`{rev}` is no file or folder, and git cannot be asked about it: {reason}",
        "`{rev}` 不是文件或目录,也无法通过 git 查询:{reason}",
        "name a file, a folder, or a revision inside a git work tree",
        "请指定文件、目录,或 git 工作区中的版本",
    ),
    "diff-revision-unknown": Message(
        "`{rev}` is no file or folder and no revision of this repository",
        "`{rev}` 不是文件或目录,也不是此仓库的版本",
        "`git branch --all` and `git tag` list what there is",
        "`git branch --all` 和 `git tag` 可列出现有版本",
    ),
    "diff-shallow": Message(
        "the revision `{rev}` is not here: this clone is shallow",
        "版本 `{rev}` 不在本地:这是浅克隆",
        "fetch it first: `git fetch --unshallow`, or `fetch-depth: 0` in actions/checkout",
        "请先获取:`git fetch --unshallow`,或在 actions/checkout 中设 `fetch-depth: 0`",
    ),
    "diff-ambiguous": Message(
        "`{rev}` is a path and a revision",
        "`{rev}` 既是路径又是版本",
        "write `./{rev}` for the path, or `refs/heads/{rev}` for the branch",
        "路径请写 `./{rev}`,分支请写 `refs/heads/{rev}`",
    ),
    "diff-outside": Message(
        "`{file}` is not a file of the git repository, so there is no `{rev}` of it",
        "`{file}` 不是 git 仓库中的文件,因此没有其 `{rev}` 版本",
        "with a revision as base, name files and folders of one repository",
        "以版本为基准时,请指定同一仓库中的文件或目录",
    ),
}
"""By code."""
