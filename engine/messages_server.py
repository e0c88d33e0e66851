"""The words of problems in requests to the decision service, and in the way it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER: Final[Mapping[str, Message]] = {
    "http-not-found": Message(
        "there is no such endpoint",
        "没有这个端点",
        "`/.well-known/authzen-configuration` lists the endpoints",
        "`/.well-known/authzen-configuration` 列出所有端点",
    ),
    "http-method": Message("this endpoint takes {known} only", "此端点只接受 {known}"),
    "http-content-type": Message(
        "the body must be JSON in UTF-8",
        "请求体必须是 UTF-8 编码的 JSON",
        "send `Content-Type: application/json`",
        "请发送 `Content-Type: application/json`",
    ),
    "http-content-encoding": Message(
        "compressed bodies are not read",
        "不支持压缩的请求体",
        "send the body as it is, without `Content-Encoding`",
        "请直接发送请求体,不要使用 `Content-Encoding`",
    ),
    "http-body-too-large": Message(
        "the body is larger than {limit} bytes",
        "请求体超过 {limit} 字节",
        "send less at once, or start the service with a larger `--max-body`",
        "请减少单次发送的内容,或以更大的 `--max-body` 启动服务",
    ),
    "http-slow": Message(
        "the request did not arrive within {seconds} seconds",
        "请求未在 {seconds} 秒内完整到达",
    ),
    "http-head-too-large": Message(
        "request line and headers are larger than {limit} bytes",
        "请求行和请求头超过 {limit} 字节",
    ),
    "http-malformed": Message("this is not a valid HTTP/1.1 request", "不是有效的 HTTP/1.1 请求"),
    "body-empty": Message(
        "the request has no body",
        "请求没有请求体",
        "send a JSON object with subject, action and resource",
        "请发送包含 subject、action、resource 的 JSON 对象",
    ),
    "body-not-utf-8": Message(
        "byte {offset} of the body begins no UTF-8 character",
        "请求体第 {offset} 字节处不是有效的 UTF-8 字符",
    ),
    "body-syntax": Message(
        "not valid JSON at line {line}, column {column}: {what}",
        "第 {line} 行第 {column} 列不是有效的 JSON:{what}",
    ),
    "body-not-object": Message("the body must be a JSON object", "请求体必须是 JSON 对象"),
    "body-too-deep": Message("objects and lists nest deeper than {limit}", "对象和列表的嵌套超过 {limit} 层"),
    "body-key-twice": Message(
        "the key `{key}` stands twice in this object",
        "键 `{key}` 在此对象中重复",
        "keep one of the two",
        "请只保留其中一个",
    ),
    "body-number": Message(
        "the number has more than 64 bits",
        "该数字超过 64 位",
        "send it as a text",
        "请以文本形式发送",
    ),
    "field-missing": Message("`{field}` is missing", "缺少 `{field}`"),
    "field-not-text": Message("`{field}` must be a text", "`{field}` 必须是文本"),
    "field-not-object": Message("`{field}` must be an object", "`{field}` 必须是对象"),
    "field-not-list": Message("`{field}` must be a list", "`{field}` 必须是列表"),
    "field-not-count": Message(
        "`{field}` must be a whole number, 0 or more",
        "`{field}` 必须是不小于 0 的整数",
    ),
    "items-too-many": Message(
        "{count} evaluations in one request are more than {limit}",
        "一次请求中有 {count} 项评估,超过 {limit} 项",
        "send several requests, or start the service with a larger `--max-items`",
        "请分多次发送,或以更大的 `--max-items` 启动服务",
    ),
    "semantic-unknown": Message(
        "`evaluations_semantic` must be one of: {known}",
        "`evaluations_semantic` 必须是以下之一:{known}",
    ),
    "page-token": Message(
        "the token does not belong to this search",
        "该令牌不属于此次查询",
        "repeat the request of the page before, with its `next_token` and the same limit; an empty token is the end",
        "请以上一页的 `next_token` 和相同的 limit 重复同一请求;空令牌表示已到末尾",
    ),
    "metadata-none": Message(
        "the service does not know its public address",
        "服务不知道自己的公开地址",
        "start it with `--public-url https://...`",
        "请以 `--public-url https://...` 启动服务",
    ),
    "server-internal": Message(
        "the request could not be answered; nothing is permitted",
        "无法回答该请求;不予许可",
        "the log of the service has more under this request id; please report it",
        "服务日志中有此请求标识的更多信息;请报告此问题",
    ),
    "serve-public-url": Message(
        "`{value}` is not a public address",
        "`{value}` 不是公开地址",
        "write `https://HOST` or `https://HOST/PATH`, without query and fragment",
        "请写成 `https://主机` 或 `https://主机/路径`,不含查询和片段",
    ),
    "serve-address": Message(
        "cannot listen on {host} port {port}: {what}",
        "无法监听 {host} 的端口 {port}:{what}",
        "choose another `--host` or `--port`, or stop what listens there",
        "请另选 `--host` 或 `--port`,或停止占用它的程序",
    ),
    "sql-gate-none": Message(
        "the service knows no tables",
        "服务不知道任何数据表",
        "name `schemas` in the project's tutela.toml",
        "请在项目的 tutela.toml 中写明 `schemas`",
    ),
    "statement-too-long": Message(
        "the statement is longer than {limit} characters",
        "语句超过 {limit} 个字符",
        "send statements that people and programs write",
        "请发送正常书写的语句",
    ),
    "serve-extra": Message(
        "the service needs `{module}`, which is not installed",
        "服务需要 `{module}`,但它没有安装",
        "install tutela with the extra `serve`",
        "请安装 tutela 的附加组件 `serve`",
    ),
}
