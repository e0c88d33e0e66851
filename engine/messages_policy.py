"""The words of problems in policy files, vocabulary, parameters, tests and requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY: Final[Mapping[str, Message]] = {
    "yaml-syntax": Message(
        "not valid YAML: {what}",
        "不是有效的 YAML:{what}",
        "check indentation, quotes and brackets at this place",
        "请检查此处的缩进、引号和括号",
    ),
    "yaml-full-width": Message(
        "`{character}` is a full-width character, which YAML takes for text",
        "`{character}` 是全角字符,YAML 会把它当作文本",
        "write a half-width `{instead}` and a space; quote the value if it is a text",
        "请改用半角 `{instead}`,其后加空格;若本为文本,请加引号",
    ),
    "yaml-space-missing": Message(
        "there is no space after `{character}`",
        "`{character}` 之后缺少空格",
        "write `{character}` and a space",
        "请在 `{character}` 之后加一个空格",
    ),
    "yaml-duplicate-key": Message(
        "the key `{key}` stands here twice (first at {first})",
        "键 `{key}` 重复(首次出现于 {first})",
        "keep one of the two",
        "请只保留其中一个",
    ),
    "yaml-anchor": Message(
        "anchors are not allowed (`&{name}`)",
        "不允许使用锚点(`&{name}`)",
        "write the value out where it is used",
        "请在使用处直接写出该值",
    ),
    "yaml-alias": Message(
        "aliases are not allowed (`*{name}`)",
        "不允许使用别名(`*{name}`)",
        "write the value out",
        "请直接写出该值",
    ),
    "yaml-merge-key": Message(
        "merge keys are not allowed (`<<`)",
        "不允许使用合并键(`<<`)",
        "write the keys out",
        "请直接写出各键",
    ),
    "yaml-tag": Message(
        "tags are not allowed (`{tag}`)",
        "不允许使用标签(`{tag}`)",
        "remove the tag; quote the value if it is a text",
        "请删除标签;若为文本请加引号",
    ),
    "yaml-several-documents": Message(
        "a second document begins here",
        "此处开始了第二个文档",
        "use one file for each",
        "请每个文件只写一个文档",
    ),
    "yaml-key-not-scalar": Message(
        "a key must be a plain text",
        "键必须是纯文本",
    ),
    "yaml-too-deep": Message(
        "nested deeper than {limit} levels",
        "嵌套超过 {limit} 层",
    ),
    "yaml-too-large": Message(
        "more than {limit} nodes in one file",
        "单个文件超过 {limit} 个节点",
        "split the file",
        "请拆分文件",
    ),
    "yaml-number-too-long": Message(
        "a number of more than {limit} digits",
        "数字超过 {limit} 位",
        "quote it if it is a text",
        "若为文本请加引号",
    ),
    "yaml-boolean-trap": Message(
        "`{text}` without quotes is a text here but a boolean in YAML 1.1",
        "未加引号的 `{text}` 在此为文本,但在 YAML 1.1 中是布尔值",
        "write `'{text}'` for the text, or true / false",
        "若为文本请写 `'{text}'`,否则写 true / false",
    ),
    "json-syntax": Message(
        "not valid JSON: {what}",
        "不是有效的 JSON:{what}",
    ),
    "json-duplicate-key": Message(
        "the key `{key}` stands twice in one object",
        "键 `{key}` 在同一对象中重复",
        "keep one of the two",
        "请只保留其中一个",
    ),
    "input-none": Message(
        "no file was named",
        "没有指定任何文件",
        "name at least one; nothing checked is not clean",
        "请至少指定一个文件;未检查不等于合格",
    ),
    "key-unknown": Message(
        "unknown key `{key_}`{hint}",
        "未知的键 `{key_}`{hint}",
        "known here: {known}",
        "此处可用:{known}",
    ),
    "key-missing": Message(
        "`{key_}` is missing",
        "缺少 `{key_}`",
        "add `{key_}`",
        "请添加 `{key_}`",
    ),
    "type-wrong": Message(
        "`{what}` must be {expected}, not {found}",
        "`{what}` 类型错误:应为 {expected},实为 {found}",
    ),
    "value-not-listed": Message(
        "`{value}` is not one of the values allowed here{hint}",
        "`{value}` 不是此处允许的值{hint}",
        "allowed: {known}",
        "允许的值:{known}",
    ),
    "action-unknown": Message(
        "`{value}` is not a known action{hint}",
        "`{value}` 不是已知的操作{hint}",
        "correct the name, or declare it in the `actions` of a vocabulary file",
        "请更正名称,或在 vocabulary 文件的 `actions` 中声明",
    ),
    "value-malformed": Message(
        "`{what}` has the wrong form: `{value}`",
        "`{what}` 的格式错误:`{value}`",
        "it must match {pattern}",
        "必须匹配 {pattern}",
    ),
    "value-empty": Message(
        "`{what}` has too few or too many items",
        "`{what}` 的项数不符",
        "limit: {limit}",
        "限制:{limit}",
    ),
    "value-out-of-range": Message(
        "`{what}` is out of range: {value}",
        "`{what}` 超出范围:{value}",
        "limit: {limit}",
        "限制:{limit}",
    ),
    "value-invalid": Message(
        "not allowed here: {what}",
        "此处不允许:{what}",
    ),
    "policy-empty": Message(
        "the file says nothing",
        "文件没有内容",
        "remove it, or begin with `kind: access`",
        "请删除该文件,或以 `kind: access` 开头",
    ),
    "policy-not-mapping": Message(
        "a policy file is a mapping that begins with `kind`, not {found}",
        "策略文件应为以 `kind` 开头的映射,而不是 {found}",
    ),
    "policy-kind-unknown": Message(
        "unknown kind `{value}`{hint}",
        "未知的类型 `{value}`{hint}",
        "kinds: {known}",
        "可用类型:{known}",
    ),
    "policy-none": Message(
        "no policy file (*.yaml) was found",
        "没有找到策略文件(*.yaml)",
        "name a folder or file with policies, or run `tutela init DIR`",
        "请指定包含策略的目录或文件,或运行 `tutela init DIR`",
    ),
    "policy-no-rules": Message(
        "the files hold no rule",
        "这些文件不包含任何规则",
        "add a policy (kind access, collection, sharing or retention)",
        "请添加策略(kind 为 access、collection、sharing 或 retention)",
    ),
    "include-cycle": Message(
        "`{path}` includes itself: {cycle}",
        "`{path}` 循环引用:{cycle}",
        "remove one of the includes",
        "请删除其中一个引用",
    ),
    "include-missing": Message(
        "the included `{path}` does not exist",
        "引用的 `{path}` 不存在",
        "paths are relative to this file; packs are written `pack:NAME`",
        "路径相对于本文件;策略包写作 `pack:NAME`",
    ),
    "include-too-deep": Message(
        "includes are nested more than {limit} deep",
        "引用嵌套超过 {limit} 层",
        "include the files from one place",
        "请在同一处引用这些文件",
    ),
    "include-outside": Message(
        "the included `{path}` lies outside the project",
        "引用的 `{path}` 位于项目之外",
        "include files below the project folder, or a pack",
        "请只引用项目目录内的文件或策略包",
    ),
    "rule-duplicate": Message(
        "the rule id `{id}` is already used at {first}",
        "规则编号 `{id}` 已在 {first} 使用",
        "give each rule an id of its own",
        "请为每条规则使用唯一编号",
    ),
    "default-duplicate": Message(
        "the action `{action}` has a default already, at {first}",
        "操作 `{action}` 已有默认规则(位于 {first})",
    ),
    "need-sets-without-check": Message(
        "`need_sets` have no effect without `checks.need_set`",
        "没有 `checks.need_set` 时 `need_sets` 不起作用",
    ),
    "schedule-duplicate": Message(
        "the data set `{dataset}` has a schedule already, at {first}",
        "数据集 `{dataset}` 已有保存期限(位于 {first})",
    ),
    "schedules-without-checks": Message(
        "`schedules` have no effect: no retention policy has `checks`",
        "没有任何保存策略包含 `checks`,`schedules` 不起作用",
        "include `pack:customer-information`",
        "请引用 `pack:customer-information`",
    ),
    "category-unknown": Message(
        "`{category}` is not a category of the taxonomy{hint}",
        "`{category}` 不是分类体系中的分类{hint}",
        "correct it: a rule about it would never apply; `tutela classify` shows the categories of a schema",
        "请更正:针对它的规则永远不会适用;`tutela classify` 可查看库表结构各列的分类",
    ),
    "target-unknown": Message(
        "unknown attribute `{path}`{hint}",
        "未知属性 `{path}`{hint}",
        "declare it in the vocabulary",
        "请在词汇表中声明",
    ),
    "target-type": Message(
        "`{path}` is {type}: `{value}` can never equal it",
        "`{path}` 的类型为 {type}:`{value}` 永远不可能与之相等",
    ),
    "target-mixed": Message(
        "`{path}` lists categories with and without `.*`",
        "`{path}` 中同时列出了带 `.*` 和不带 `.*` 的类别",
        "write two rules, one for each form",
        "请拆分为两条规则,每种写法一条",
    ),
    "target-too-many": Message(
        "the target stands for {count} combinations of values",
        "目标共有 {count} 种取值组合",
        "at most {limit}; move a list into the condition: `resource.x in [...]`",
        "最多 {limit} 种;请将列表移入条件:`resource.x in [...]`",
    ),
    "vocabulary-conflict": Message(
        "`{path}` is declared twice with different types (first at {first})",
        "`{path}` 以不同类型声明了两次(首次位于 {first})",
    ),
    "vocabulary-incomplete": Message(
        "`{path}` needs `{key_}`",
        "`{path}` 需要 `{key_}`",
    ),
    "vocabulary-reserved": Message(
        "`{path}` exists always and cannot be declared",
        "`{path}` 始终存在,不能声明",
    ),
    "parameter-unbound": Message(
        "the parameter `{name}` has no value, but {rules} read it",
        "参数 `{name}` 尚未绑定,但 {rules} 需要它",
        "bind it in a file with `kind: parameters`; suggested: {suggested} ({source})",
        "请在 `kind: parameters` 文件中绑定;建议值:{suggested}({source})",
    ),
    "parameter-open": Message(
        "the parameter `{name}` has no value either; no rule that is loaded reads it yet",
        "参数 `{name}` 也尚未绑定,目前没有已加载的规则读取它",
        "bind it, too; suggested: {suggested} ({source})",
        "请一并绑定;建议值:{suggested}({source})",
    ),
    "schedules-effective": Message(
        "a file with schedules cannot name the time within which it applies",
        "含保存期限(schedules)的文件不能指定适用时间",
        "remove the key; change the schedules on the day on which the new ones apply",
        "请删除该键,并在新期限生效之日修改 schedules",
    ),
    "parameter-unknown": Message(
        "unknown parameter `{name}`{hint}",
        "未知参数 `{name}`{hint}",
        "declare it under `declare` in a file with `kind: parameters`",
        "请在 `kind: parameters` 文件的 `declare` 中声明",
    ),
    "parameter-duplicate": Message(
        "the parameter `{name}` is {what} already, at {first}",
        "参数 `{name}` 已{what}(位于 {first})",
    ),
    "parameter-type": Message(
        "the parameter `{name}` must be {expected}: `{value}`",
        "参数 `{name}` 应为 {expected}:`{value}`",
    ),
    "period-placeholder": Message(
        "the period `{value}` is a placeholder: nobody has bound it",
        "期限 `{value}` 是占位符,尚未绑定",
        "write a period such as P3Y, or {{param: ..., unit: years}} with a bound parameter",
        "请写成 P3Y 这样的期限,或使用已绑定的参数 {{param: ..., unit: years}}",
    ),
    "test-asks-nothing": Message(
        "the test `{name}` asks nothing",
        "测试 `{name}` 没有提出任何请求",
        "give it a `request`, `requests`, `lint` or `policies`",
        "请写明 `request`、`requests`、`lint` 或 `policies`",
    ),
    "test-duplicate": Message(
        "the test name `{name}` is already used at {first}",
        "测试名称 `{name}` 已在 {first} 使用",
    ),
    "test-rule-unknown": Message(
        "the test expects `{rule}`, which no rule has{hint}",
        "测试期望的 `{rule}` 不是任何规则的编号{hint}",
    ),
    "request-not-mapping": Message(
        "a request is a mapping with subject, action and resource, not {found}",
        "请求应为包含 subject、action、resource 的映射,而不是 {found}",
    ),
    "request-field": Message(
        "`{field}` must be {expected}",
        "`{field}` 应为 {expected}",
    ),
    "request-time-naive": Message(
        "the time `{value}` has no offset",
        "时间 `{value}` 缺少时区偏移",
        "write it as 2026-11-20T10:00:00+08:00",
        "请写成 2026-11-20T10:00:00+08:00",
    ),
    "request-time": Message(
        "`{value}` is not a time",
        "`{value}` 不是时间",
        "write it as 2026-11-20T10:00:00+08:00",
        "请写成 2026-11-20T10:00:00+08:00",
    ),
    "request-time-missing": Message(
        "the request has no time",
        "请求没有时间",
        "give `as_of`",
        "请给出 `as_of`",
    ),
    "request-attribute-type": Message(
        "`{path}` must be {expected}",
        "`{path}` 应为 {expected}",
    ),
    "request-unknown-action": Message(
        "unknown action `{action}`{hint}",
        "未知操作 `{action}`{hint}",
    ),
}
