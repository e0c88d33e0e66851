"""The words of problems in conditions.

`start` and `end` of a `Fault` place each of them in the condition; its `args` fill the words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN: Final = ("{known}", "{known}")
_NULLS: Final = (
    "give a value for null with `??`, or navigate with `&.` or `&[`",
    "请用 `??` 给出空值时的取值,或用 `&.`、`&[` 访问",
)

EXPRESSION: Final[Mapping[str, Message]] = {
    "condition-empty": Message(
        "the condition is empty", "条件为空", "leave the condition out to mean always", "如恒成立,请省略条件"
    ),
    "condition-too-long": Message(
        "the condition has {size} characters, more than {limit}",
        "条件共 {size} 个字符,超过上限 {limit}",
        "split the rule, or move lists into parameters",
        "请拆分规则,或将列表移入参数",
    ),
    "condition-too-large": Message(
        "the condition has {size} parts, more than {limit}",
        "条件共 {size} 个部分,超过上限 {limit}",
        "split the rule, or move lists into parameters",
        "请拆分规则,或将列表移入参数",
    ),
    "condition-too-deep": Message("the condition is nested more than {limit} deep", "条件嵌套超过 {limit} 层"),
    "condition-too-many-loops": Message("more than {limit} nested comprehensions", "列表推导嵌套超过 {limit} 层"),
    "condition-syntax": Message("unexpected `{token}`", "此处不应出现 `{token}`"),
    "condition-unexpected-end": Message("the condition ends too early", "条件不完整"),
    "condition-illegal-character": Message(
        "unexpected character `{character}`",
        "无法识别的字符 `{character}`",
        "quotes and operators are plain ASCII: ' \" ( ) , = < >",
        "引号和运算符须为半角字符:' \" ( ) , = < >",
    ),
    "condition-character-instead": Message(
        "`{character}` is no operator or quote of conditions",
        "`{character}` 不是条件中的运算符或引号",
        "write `{instead}`",
        "请写作 `{instead}`",
    ),
    "condition-unterminated-string": Message("the string is not closed", "字符串缺少结束引号"),
    "condition-reserved-word": Message("`{word}` is a reserved word", "`{word}` 是保留字"),
    "condition-operator-refused": Message(
        "the operator `{operator}` may not be used in conditions",
        "条件中不能使用运算符 `{operator}`",
        "use `and`, `or`, `not`, `+ - * / // %`",
        "请使用 `and`、`or`、`not`、`+ - * / // %`",
    ),
    "condition-literal-refused": Message(
        "`{literal}` may not be used in conditions",
        "条件中不能使用 `{literal}`",
        "use strings, numbers, true, false, null, d'...', t'...' and lists `[a, b]`",
        "可用:字符串、数字、true、false、null、d'...'、t'...'、列表 `[a, b]`",
    ),
    "condition-bad-literal": Message(
        "`{literal}` is not a valid {expected}",
        "`{literal}` 不是有效的 {expected}",
        "a duration has weeks, days and time only (P30D, PT12H); years and months need a civil calendar",
        "时长只含周、日和时间(P30D、PT12H);年和月须按日历计算",
    ),
    "condition-naive-datetime": Message(
        "the time `{literal}` has no offset",
        "时间 `{literal}` 缺少时区偏移",
        "write for example d'2026-01-31T00:00:00+08:00'",
        "例如写作 d'2026-01-31T00:00:00+08:00'",
    ),
    "condition-function-refused": Message(
        "the function or value `{name}` may not be used in conditions",
        "条件中不能使用 `{name}`",
        "the time of a decision is `now`",
        "决策时间请用 `now`",
    ),
    "condition-unknown-function": Message("unknown function `{name}`", "未知函数 `{name}`", *_KNOWN),
    "condition-function-not-called": Message(
        "`{name}` is a function and must be called", "`{name}` 是函数,须带括号调用"
    ),
    "condition-unknown-name": Message("unknown name `{name}`", "未知名称 `{name}`", *_KNOWN),
    "condition-unknown-attribute": Message("`{of}` has no attribute `{name}`", "`{of}` 没有属性 `{name}`", *_KNOWN),
    "condition-unknown-parameter": Message("unknown parameter `{name}`", "未知参数 `{name}`", *_KNOWN),
    "condition-unknown-member": Message("a value of type {of} has no `{name}`", "{of} 类型的值没有 `{name}`", *_KNOWN),
    "condition-unlike-types": Message(
        "`{operator}` between {left} and {right}",
        "`{operator}` 两侧类型不同:{left} 与 {right}",
        "both sides must be of one type; this would never hold",
        "两侧类型须一致,否则永不成立",
    ),
    "condition-wrong-type": Message("found {found} where {expected} is needed", "此处应为 {expected},实为 {found}"),
    "condition-nullable": Message("this may be null (type {found})", "此值可能为空(类型 {found})", *_NULLS),
    "condition-not-boolean": Message(
        "the condition gives {found}, not true or false",
        "条件的结果是 {found},而不是真或假",
        "compare it with something, for example `!= ''` or `> 0`",
        "请与某个值比较,例如 `!= ''` 或 `> 0`",
    ),
    "condition-object-compared": Message(
        "objects cannot be compared with `{operator}`",
        "对象不能用 `{operator}` 比较",
        "compare an attribute of it",
        "请比较其属性",
    ),
    "condition-not-in-enum": Message(
        "`{name}` is not one of the declared values", "`{name}` 不在声明的取值之内", *_KNOWN
    ),
    "condition-mixed-array": Message(
        "the list holds {left} and {found}",
        "列表中混有 {left} 与 {found}",
        "use one type",
        "请使用同一类型",
    ),
    "condition-regex-not-literal": Message(
        "the regular expression must be a string literal", "正则表达式须为字符串常量"
    ),
    "condition-regex-invalid": Message("not a regular expression: {detail}", "正则表达式无效:{detail}"),
    "condition-regex-unsafe": Message(
        "the regular expression may run for very long: {detail}",
        "正则表达式可能耗时过长:{detail}",
        "repeat single characters or classes, with a fixed character between two repetitions",
        "请只重复单个字符或字符类,并在两处重复之间放置固定字符",
    ),
    "condition-arguments": Message(
        "`{name}` takes {expected} arguments, not {found}", "`{name}` 需要 {expected} 个参数,实有 {found} 个"
    ),
    "condition-shadowed": Message(
        "the variable `{name}` hides another name",
        "变量 `{name}` 与已有名称重复",
        "choose another name",
        "请换一个名称",
    ),
    "condition-not-supported": Message(
        "this form ({what}) may not be used in conditions", "条件中不能使用这种写法({what})"
    ),
    "condition-refused": Message("not a valid condition: {detail}", "条件无效:{detail}"),
    "condition-never-null": Message(
        "this is never null (type {found})",
        "此值不会为空(类型 {found})",
        "leave the test for null out",
        "请去掉空值判断",
    ),
    "condition-constant": Message(
        "the condition is always {value}",
        "条件恒为 {value}",
        "it does not depend on the request",
        "条件与请求无关",
    ),
}
