"""The words of what keeps an application from deciding: the decision service, obligations, statements, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

INTEGRATION: Final[Mapping[str, Message]] = {
    "pdp-address": Message(
        "`{url}` is no address of a decision service",
        "`{url}` 不是决策服务的地址",
        "write it as `https://HOST` or `https://HOST/PATH`, without a question mark and without a password",
        "请写成 `https://HOST` 或 `https://HOST/PATH`,不含问号和密码",
    ),
    "pdp-unreachable": Message(
        "the decision service cannot be reached ({what}), so nothing is allowed",
        "无法连接决策服务({what}),因此一律拒绝",
        "see that the service runs, and that its address and certificate are right",
        "请确认服务正在运行,且地址和证书正确",
    ),
    "pdp-timeout": Message(
        "the decision service did not answer within {seconds} seconds, so nothing is allowed",
        "决策服务未在 {seconds} 秒内答复,因此一律拒绝",
        "look at the load of the service, or give it more time",
        "请检查服务负载,或增加等待时间",
    ),
    "pdp-status": Message(
        "the decision service answered with status {status} and no decision, so nothing is allowed",
        "决策服务返回状态 {status} 而没有决定,因此一律拒绝",
        "400: the question is not complete; 401 and 403: the service does not accept this caller; 5xx: look at its log",
        "400:问题不完整;401 和 403:服务不接受此调用方;5xx:请查看服务日志",
    ),
    "pdp-malformed": Message(
        "what the decision service answered is no decision: `{path}` is not as AuthZEN has it; nothing is allowed",
        "决策服务的答复不是决定:`{path}` 不符合 AuthZEN;一律拒绝",
        "see that the address is that of an AuthZEN 1.0 service",
        "请确认该地址是 AuthZEN 1.0 服务的地址",
    ),
    "pdp-question": Message(
        "the question cannot be sent to a decision service: it holds what JSON has no word for ({what})",
        "无法将问题发送给决策服务:其中含有 JSON 无法表示的内容({what})",
        "state texts, numbers, flags, times, lists and mappings only",
        "请仅使用文本、数字、布尔值、时间、列表和映射",
    ),
    "decider-failed": Message(
        "no decision could be made ({what}), so nothing is allowed",
        "无法作出决定({what}),因此一律拒绝",
        "this is a fault of tutela or of the application: please look at what the question holds",
        "这是 tutela 或应用程序的缺陷,请检查问题的内容",
    ),
    "obligation-not-supported": Message(
        "it is allowed only if something is done that this place does not do: {kinds}",
        "仅在履行以下义务时允许,而此处不履行:{kinds}",
        "do it, and name it in `complies`",
        "请履行该义务,并在 `complies` 中声明",
    ),
    "obligation-failed": Message(
        "the obligation `{kind}` could not be carried out ({what}), so nothing is allowed",
        "无法履行义务 `{kind}`({what}),因此一律拒绝",
        "mend what carries it out: see `complies`",
        "请修复履行该义务的程序:见 `complies`",
    ),
    "subject-unset": Message(
        "nobody said who is acting, so nothing is allowed",
        "没有说明操作者是谁,因此一律拒绝",
        "set the subject with the middleware, or with `acting(subject, purpose=...)`",
        "请用中间件或 `acting(subject, purpose=...)` 设置操作者",
    ),
    "statement-not-listed": Message(
        "a statement that touches no table is allowed only if it is on a list, and this one ({what}) is not",
        "不读写任何表的语句只有在名单上才允许,而此语句({what})不在名单上",
        "transactions, savepoints and a few settings of sessions are; settings that change what names mean are not",
        "名单包括事务、保存点和少数会话设置;改变名称含义的设置不在其中",
    ),
    "statement-several": Message(
        "a text with more than one statement is not run",
        "不执行包含多条语句的文本",
        "run them one by one",
        "请逐条执行",
    ),
    "statement-parameters": Message(
        "it cannot be told which parts of the statement are parameters",
        "无法判断语句的哪些部分是参数",
        "leave placeholders out of quotes and comments, and write a percent sign that is none twice",
        "请勿将占位符放在引号或注释中,普通百分号请写两次",
    ),
    "integration-mode": Message(
        "`{mode}` is no mode: `deny` or `rewrite`", "没有 `{mode}` 这种模式:应为 `deny` 或 `rewrite`"
    ),
    "integration-rewrite-remote": Message(
        "statements are rewritten with policies of this process only",
        "只能用本进程中的策略改写语句",
        "decide with `Local`, or use the mode `deny`",
        "请使用 `Local` 决策,或使用 `deny` 模式",
    ),
    "integration-setup": Message(
        "`{name}` is used without the middleware of tutela, so nothing is allowed",
        "使用了 `{name}`,但未安装 tutela 的中间件,因此一律拒绝",
        "add `TutelaMiddleware` to the application",
        "请在应用程序中添加 `TutelaMiddleware`",
    ),
    "django-setting-unknown": Message(
        "the setting `TUTELA` knows no `{name}`",
        "设置 `TUTELA` 中没有 `{name}`",
        "known are: {known}",
        "可用的有:{known}",
    ),
    "django-setting-value": Message(
        "`{name}` of the setting `TUTELA` cannot be used: {expected} is wanted",
        "设置 `TUTELA` 的 `{name}` 无法使用:应为 {expected}",
    ),
    "django-setting-decider": Message(
        "the setting `TUTELA` must have exactly one of `DECIDER`, `PROJECT` and `URL`",
        "设置 `TUTELA` 必须且只能有 `DECIDER`、`PROJECT`、`URL` 之一",
    ),
}
