"""The words of what keeps masks and row filters from a policy, or a statement from being rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

REWRITE: Final[Mapping[str, Message]] = {
    "mask-argument": Message("`{name}` does not go with the mask `{mask}`", "`{name}` 不适用于脱敏方式 `{mask}`"),
    "mask-incomplete": Message("the mask `{mask}` needs `{name}`", "脱敏方式 `{mask}` 缺少 `{name}`"),
    "mask-salt": Message(
        "the parameter `{name}`, a salt, is no text of at least {limit} letters",
        "作为盐值的参数 `{name}` 不是长度至少为 {limit} 的文本",
        "bind a long random text, and keep it out of the repository",
        "请绑定一段足够长的随机文本,且不要放入代码库",
    ),
    "filter-without-row": Message(
        "the filter of `{rule}` reads no column of the row",
        "`{rule}` 的行过滤条件没有读取任何列",
        "compare `row.COLUMN` with something; to deny whoever asks, write a rule",
        "请将 `row.列名` 与某值比较;若要拒绝请求者,请改写为规则",
    ),
    "filter-inexact": Message(
        "the filter of `{rule}` holds what no database would answer as rule-engine does: {what}",
        "`{rule}` 的行过滤条件含有数据库结果与 rule-engine 不一致的部分:{what}",
        "comparisons, `in`, patterns, `and or not` and dates with an offset can be filtered by",
        "可使用比较、`in`、匹配、`and or not` 以及带时差的时间",
    ),
    "rewrite-dialect": Message(
        "statements of `{what}` are not rewritten",
        "不支持改写 `{what}` 语句",
        "rewriting is proven for postgres and duckdb only",
        "目前仅 postgres 和 duckdb 的改写经过验证",
    ),
    "rewrite-not-query": Message(
        "only a single query is rewritten, and this is {what}", "只能改写单个查询语句,而这是 {what}"
    ),
    "rewrite-clause": Message(
        "`{what}` is not allowed in a query that is rewritten", "被改写的查询中不允许使用 `{what}`"
    ),
    "rewrite-function": Message(
        "the function `{what}` is not on the list of those that only compute", "函数 `{what}` 不在仅做计算的函数名单中"
    ),
    "rewrite-table": Message(
        "the table `{what}` cannot be replaced by its masked and filtered rows",
        "表 `{what}` 无法替换为脱敏和过滤后的行",
    ),
    "rewrite-view": Message("the view `{what}` cannot be replaced by its query", "视图 `{what}` 无法替换为其查询"),
    "rewrite-name": Message(
        "it cannot be told how the database spells the column `{what}`",
        "无法判断数据库中列 `{what}` 的大小写写法",
        "name the column in the statement as the database has it, or give the live database as schema",
        "请在语句中按数据库的写法写出该列,或以在线数据库作为库表结构",
    ),
    "rewrite-mask-column": Message(
        "an obligation masks the column `{what}`, which no table has",
        "脱敏要求所指的列 `{what}` 不存在于任何表",
    ),
    "rewrite-filter-column": Message(
        "an obligation filters by the column `{what}`, which the table does not have",
        "行过滤要求所用的列 `{what}` 不存在于该表",
    ),
    "rewrite-filter-type": Message(
        "the column `{what}` does not have the type that the row filter declares, or one that compares exactly",
        "列 `{what}` 的类型与行过滤条件的声明不符,或无法精确比较",
    ),
    "rewrite-filter-inexact": Message(
        "a row filter cannot be said exactly in SQL: {what}", "行过滤条件无法用 SQL 精确表达:{what}"
    ),
    "rewrite-filter-value": Message(
        "a row filter compares with `{what}`, and nobody states it", "行过滤条件需要 `{what}`,但没有人给出其值"
    ),
    "rewrite-rows": Message(
        "the number of rows that the request states cannot be kept: {what}", "无法保证请求所声明的行数:{what}"
    ),
    "rewrite-incomplete": Message(
        "the rewritten statement does not hold up to a second look ({what}), so it is not given out",
        "改写后的语句未通过复核({what}),因此不予输出",
        "this is a fault of tutela: please report the statement",
        "这是 tutela 的缺陷,请报告该语句",
    ),
}
