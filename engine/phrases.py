"""Chinese for phrases that connectors and the classifier compose in English: why a thing was not read, and evidence.

Such a phrase is no problem with a code: it stands inside of one, or beside a column. `{}` is what comes from the
input, and stays as it is.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from .model import Words
from .phrases_problem import KINDS, PARSERS

if TYPE_CHECKING:
    from collections.abc import Mapping

UNREAD: Final = {
    "`$ref: {}` leads nowhere": "`$ref: {}` 没有指向任何内容",
    "`$ref: {}` leads nowhere, or outside of the document": "`$ref: {}` 没有指向任何内容,或指向文档之外",
    "`$ref: {}` leads outside of the document": "`$ref: {}` 指向文档之外",
    "`{}` includes itself, directly or through others": "`{}` 直接或间接地包含自身",
    "`{}` is not followed": "未处理 `{}`",
    "`{}` is not read: a script that is not a file cannot include another": "未读取 `{}`:非文件脚本不能包含其他脚本",
    "`{}` is not read: it lies outside of the folder `{}`": "未读取 `{}`:它位于文件夹 `{}` 之外",
    "`{}` is not read: more than {} scripts include each other": "未读取 `{}`:脚本相互包含超过 {} 层",
    "a change of a column that is not understood": "无法理解的列变更",
    "a change of a table that is not understood": "无法理解的表变更",
    "a change of a table whose name is not understood": "表变更语句中的表名无法理解",
    "a change of a type that is not understood": "无法理解的类型变更",
    "a change set for other databases than the one that is guessed; name the dialect": (
        "变更集针对其他数据库,与推测的不同;请指明方言"
    ),
    "a column definition that is not understood": "无法理解的列定义",
    "a column that is not understood": "无法理解的列",
    "a comment on a column of no table": "注释所指的列不属于任何表",
    "a comment that is not understood": "无法理解的注释语句",
    "a comment that stands in a variable": "注释内容在变量中",
    "a grant that is not understood": "无法理解的授权语句",
    "a grant that is too long": "授权语句过长",
    "a key that is not understood": "无法理解的键",
    "a member of a role that is not understood": "无法理解的角色成员",
    "a migration in {}, which is not executed; hand in the SQL that it gives": (
        "{} 语言的迁移不会被执行;请提供它生成的 SQL"
    ),
    "a model in {} is not read": "不读取 {} 语言的模型",
    "a path that stands in another document": "路径定义在另一个文档中",
    "a quote that is not closed, or a statement without end": "引号未闭合,或语句没有结束",
    "a quote that is not closed, or stands inside a text": "引号未闭合,或位于文本之中",
    "a renaming that is not understood": "无法理解的重命名",
    "an operation that cannot be written as SQL": "无法写成 SQL 的操作",
    "a statement that is not understood": "无法理解的语句",
    "a statement without end": "语句没有结束",
    "a table definition inside a block or a dynamic statement": "表定义位于语句块或动态语句中",
    "a table definition inside quotes": "表定义位于引号之内",
    "a table that a query makes, after a statement without an end": "未结束的语句之后由查询生成的表",
    "a table without a name": "没有名称的表",
    "a virtual table that is not understood": "无法理解的虚拟表",
    "brackets nest deeper than {}": "括号嵌套超过 {} 层",
    "fields nest deeper than {}, or are more than {}": "字段嵌套超过 {} 层,或多于 {} 个",
    "it holds more than {} files; the others are not read": "其中文件多于 {} 个,其余未读取",
    "it includes `{}`, which is not read": "它包含的 `{}` 未读取",
    "it includes `{}`, which is not there": "它包含的 `{}` 不存在",
    "it is longer than {} MiB; what stands behind that is not read": "文件超过 {} MiB,其后内容未读取",
    "more than {} changes in one statement": "一条语句中的变更多于 {} 项",
    "no changelog includes this script; it is not read": "没有变更日志包含此脚本,未读取",
    "no column could be found": "找不到任何列",
    "no column of `{}` is described, and there is no catalog.json": "`{}` 没有任何列的说明,也没有 catalog.json",
    "no name of a Flyway migration; it is not read": "文件名不是 Flyway 迁移的名称,未读取",
    "no name of a Diesel migration; it is not read": "文件名不是 Diesel 迁移的名称,未读取",
    "no name of a golang-migrate migration; it is not read": "文件名不是 golang-migrate 迁移的名称,未读取",
    "not a table definition": "不是表定义",
    "not a view definition": "不是视图定义",
    "not understood": "无法理解",
    "not understood by the parser ({})": "解析器无法理解({})",
    "only some columns of `{}.{}` can be seen": "只能看到 `{}.{}` 的部分列",
    "run `dbt compile`": "请执行 `dbt compile`",
    "syntax that is not supported": "不支持的语法",
    "tables that are imported from elsewhere are not read": "不读取从别处导入的表",
    "the columns come from a table that is not known": "列来自未知的表",
    "the columns of `*` are not known": "`*` 所含的列未知",
    "the columns of `{}` cannot be seen": "看不到 `{}` 的列",
    "the columns of this model are not known: {}": "此模型的列未知:{}",
    "the data of COPY has no end": "COPY 的数据没有结束",
    "the dump is cut off: the mark of its end is missing": "转储文件被截断:缺少结束标记",
    "the query is too long or too deep": "查询过长或嵌套过深",
    "the query of the view `{}` cannot be seen": "看不到视图 `{}` 的查询",
    "the statement is longer than {} characters": "语句超过 {} 个字符",
    "there is no target/manifest.json: only described columns are known; run `dbt compile` and lint again": (
        "没有 target/manifest.json:只知道有说明的列;请执行 `dbt compile` 后重新检查"
    ),
    "this account sees only what it has rights on in `{}`; other tables may be hidden": (
        "此账号在 `{}` 中只能看到有权限的对象,其他表可能被隐藏"
    ),
    "unterminated {}": "{} 没有结束",
    "a comment on a column that is not there": "注释所指的列不存在",
    "changes of the schema that are rolled back: they are shown as made": "库表结构变更被回滚:此处按已生效显示",
    "only the described columns of this seed are known: its file is not there": "此 seed 的文件不存在:只知道有说明的列",
    "this model is another one than in the manifest; run `dbt compile` and lint again": (
        "此模型与 manifest 中的不一致;请执行 `dbt compile` 后重新检查"
    ),
    "this model is not in the manifest; run `dbt compile` and lint again": (
        "此模型不在 manifest 中;请执行 `dbt compile` 后重新检查"
    ),
    # What sqlglot says.
    "expecting {}": "此处应为 {}",
    "invalid expression / unexpected token": "表达式无效,或有意外的词",
    "required keyword: {} missing for {}": "{1} 缺少必需的 {0}",
}
"""Why something was not read."""

CAUSES: Final = {
    "`{}`; a file has none": "`{}`;文件没有此类选项",
    "`{}`; there are {}": "`{}`;可用的有 {}",
    "`{}` must be true or false": "`{}` 必须为 true 或 false",
    "a character that must be quoted stands in the user's name or password": "用户名或密码中有必须转义的字符",
    "a name or comment of its catalog is not text in UTF-8": "系统目录中有名称或注释不是 UTF-8 文本",
    "device": "设备文件",
    "folder": "文件夹",
    "git is not installed": "未安装 git",
    "hard link": "硬链接",
    "it has no entry `{}` for the user `{}`": "其中没有 `{}` 下用户 `{}` 的条目",
    "it is too long, or has characters that no address has": "它过长,或含有地址中不允许的字符",
    "there is no such folder": "没有此文件夹",
    "a text in it is not UTF-8": "其中有文本不是 UTF-8",
    "it names no file; a file in this folder is `{}:///name`, any other `{}:////path/name`": (
        "没有指明文件;当前文件夹中的文件写作 `{}:///name`,其他文件写作 `{}:////path/name`"
    ),
    "no answer in {} seconds": "{} 秒内没有响应",
    "pipe": "管道",
    "special entry": "特殊条目",
    "symbolic link": "符号链接",
    "the answer is not HTTP": "返回的不是 HTTP 响应",
    "the package `keyring` is not installed": "未安装 `keyring` 包",
    "what stands after the last colon is no port, or a part is not well-formed": (
        "最后一个冒号之后不是端口,或某个部分格式不正确"
    ),
}
"""What a problem gives as its reason, in our own words; those of databases and drivers stay as they are."""

EVIDENCE: Final = {
    "a key": "键",
    "a name, and no project": "是姓名而非项目",
    "about a patient": "关于患者",
    "beside other columns of a person": "与个人的其他列相邻",
    "beside the rest of an address": "与地址的其他部分相邻",
    "catalog": "数据目录",
    "clinical table": "诊疗类表",
    "clinical word {}": "诊疗用词 {}",
    "comment {}": "注释 {}",
    "flag or figure": "标志或数值",
    "generated: from {}": "生成列:来自 {}",
    "key of a person in the table": "表中有个人的键",
    "long text": "长文本",
    "model: {} in `{}`": "模型:`{1}` 中的 {0}",
    "name {}": "列名 {}",
    "paid to a person": "支付给个人",
    "sample: a sequence, which says nothing": "抽样:为连续编号,不说明问题",
    "sample: none of {} values is among the valid {}": "抽样:{} 个值中没有有效的 {}",
    "sample: {} of {} values are valid {}": "抽样:{1} 个值中有 {0} 个是有效的 {2}",
    "sample: {} of {} values hold {} in their text": "抽样:{1} 个值中有 {0} 个文本含有 {2}",
    "table about organisations": "表的内容为机构",
    "table about persons": "表的内容为个人",
    "table about things": "表的内容为物品",
    "tag {}": "标记 {}",
    "type {}": "类型 {}",
    "view: from {}": "视图:来自 {}",
    "view: no personal column": "视图:不含个人信息列",
    "copy: from {}": "副本:来自 {}",
    "copy: no personal column": "副本:不含个人信息列",
    "generated: no personal column": "生成列:不含个人信息列",
    "what people wrote": "用户书写的内容",
}
"""Why a column is taken for what it is."""


class Phrases:
    """English phrases with their Chinese; patterns are made when a phrase is first looked for."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self.phrases = phrases

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """The phrases with gaps, those that say most first."""
        open_ = sorted((e for e in self.phrases if "{}" in e), key=lambda english: (english.count("{}"), -len(english)))
        return [(_pattern(english), self.phrases[english]) for english in open_]

    def chinese(self, text: str) -> str:
        """The Chinese of a phrase whose gaps are filled, phrases in the gaps too; nothing for an unknown one."""
        found = self.phrases.get(text)
        if found is not None:
            return found
        for pattern, words in self.patterns:
            match = pattern.fullmatch(text)
            if match:
                return words.format(*(self.chinese(part) or part for part in match.groups()))
        return ""


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(map(re.escape, english.split("{}"))), re.DOTALL)


_UNREAD: Final = Phrases(UNREAD)
_EVIDENCE: Final = Phrases(EVIDENCE)
_KINDS: Final = Phrases(KINDS)
_FILLED: Final = {
    "reason": Phrases(CAUSES),
    "what": Phrases(PARSERS),
    **dict.fromkeys(("expected", "found", "hint", "known", "left", "right", "type"), _KINDS),
}
"""Which of them fill which words of a problem."""


def unread(reason: str) -> Words:
    """A reason in both languages; in English only when nobody has translated it."""
    return Words(reason, _UNREAD.chinese(reason))


def filling(name: str, text: str) -> str:
    """What fills `{name}` of a problem's words, in Chinese; as it is where nobody has translated it."""
    phrases = _FILLED.get(name)
    return (phrases.chinese(text) if phrases else "") or text


def evidence(reason: str) -> Words:
    """A piece of evidence in both languages."""
    return Words(reason, _EVIDENCE.chinese(reason))
