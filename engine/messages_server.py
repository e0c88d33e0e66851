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
        "`/openapi.json` lists the endpoints",
        "`/openapi.json` 列出所有端点",
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
    "http-header-twice": Message(
        "the header `{header}` stands twice",
        "请求头 `{header}` 出现了两次",
        "send it once: a proxy in front could read the other one",
        "只发送一次:前面的代理可能读取另一个",
    ),
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
    "server-not-ready": Message(
        "the service has no valid policy set yet; nothing is permitted",
        "服务尚无有效的策略集;不予许可",
        "ask again later; the log of the service says what is wrong with the policies",
        "请稍后重试;服务日志说明策略有何问题",
    ),
    "connections-too-many": Message(
        "the service has {limit} connections already",
        "服务已有 {limit} 个连接",
        "close connections that are idle, or raise `max_connections`",
        "请关闭空闲连接,或调大 `max_connections`",
    ),
    "rate-limited": Message(
        "too many evaluations: {rate} a second, {burst} at once",
        "评估过多:每秒 {rate} 次,一次最多 {burst} 次",
        "wait as long as `Retry-After` says, in seconds",
        "请按 `Retry-After` 给出的秒数等待",
    ),
    "auth-missing": Message(
        "the request does not say who asks",
        "请求未说明调用者身份",
        "send `Authorization: Bearer` with an API key or a token, or use a client certificate",
        "请发送带 API 密钥或令牌的 `Authorization: Bearer`,或使用客户端证书",
    ),
    "auth-wrong": Message(
        "the API key or token is {reason}",
        "API 密钥或令牌无效({reason})",
        "get a new one",
        "请获取新的密钥或令牌",
    ),
    "auth-keys": Message(
        "tokens cannot be checked now: the provider's keys are not there",
        "暂时无法校验令牌:没有提供方的公钥",
        "ask again later; the log of the service says why",
        "请稍后重试;服务日志说明原因",
    ),
    "caller-unknown": Message(
        "nobody by this name may ask",
        "此身份不在可调用者之列",
        "add the caller to `[[serve.callers]]`",
        "请将调用者加入 `[[serve.callers]]`",
    ),
    "caller-not-permitted": Message(
        "this caller lacks the permission `{permission}`",
        "此调用者没有 `{permission}` 权限",
        "add it to `permissions` of the caller",
        "请将其加入该调用者的 `permissions`",
    ),
    "caller-subject": Message(
        "this caller may ask about subjects of these types only: {known}",
        "此调用者只可询问以下类型的主体:{known}",
    ),
    "caller-action": Message(
        "this caller may ask about these actions only: {known}",
        "此调用者只可询问以下操作:{known}",
    ),
    "reload-failed": Message(
        "loading ended with an internal error ({sort})",
        "加载时出现内部错误({sort})",
        "the log of the service has more; please report it",
        "服务日志中有更多信息;请报告此问题",
    ),
    "reload-raced": Message(
        "the workers loaded different things: files changed meanwhile",
        "各工作进程加载的内容不同:文件在此期间有变化",
        "nothing to do: it is tried again",
        "无需处理:会自动重试",
    ),
    "serve-setting": Message(
        "`{key_}` must be {expected}",
        "`{key_}` 的值不符合要求:{expected}",
        "see docs/serve.md",
        "见 docs/serve.md",
    ),
    "serve-missing": Message(
        "`{key_}` is missing; it must be {expected}",
        "缺少 `{key_}`;要求:{expected}",
        "see docs/serve.md",
        "见 docs/serve.md",
    ),
    "serve-unknown": Message(
        "there is no setting `{key_}`{hint}",
        "没有设置项 `{key_}`{hint}",
        "known are: {known}",
        "可用的有:{known}",
    ),
    "serve-twice": Message(
        "`{key_}` is the same as in `{first}`",
        "`{key_}` 与 `{first}` 中的相同",
        "give each caller a name and keys of its own",
        "请为每个调用者使用各自的名称和密钥",
    ),
    "serve-open": Message(
        "other machines could ask, and no callers are configured",
        "其他机器可以调用,却没有配置调用者",
        "add `[[serve.callers]]` to tutela.toml, listen on 127.0.0.1, or give `--insecure`",
        "请在 tutela.toml 中添加 `[[serve.callers]]`、监听 127.0.0.1,或使用 `--insecure`",
    ),
    "serve-restart": Message(
        "`{key_}` cannot change while the service runs",
        "服务运行期间不能更改 `{key_}`",
        "start the service again",
        "请重新启动服务",
    ),
    "serve-tls": Message(
        "the certificate or its key cannot be used: {reason}",
        "无法使用证书或其私钥:{reason}",
        "give PEM files that fit together, without a passphrase, and that this account may read",
        "请提供相互匹配、没有口令且此账号可读的 PEM 文件",
    ),
    "serve-jwks": Message(
        "the provider's keys cannot be read: {reason}",
        "无法读取提供方的公钥:{reason}",
        "give a JSON Web Key Set with public keys, as the provider's `jwks_uri` serves it",
        "请提供含公钥的 JSON Web Key Set(即提供方 `jwks_uri` 的内容)",
    ),
    "serve-git-project": Message(
        "`{revision}` ({commit}) has no project in this folder",
        "`{revision}`({commit})的此文件夹中没有项目",
        "name the folder of tutela.toml with `--git-folder`",
        "请用 `--git-folder` 指明 tutela.toml 所在文件夹",
    ),
    "serve-otel": Message(
        "traces are asked for, and `{module}` is not installed",
        "要求输出追踪,但 `{module}` 没有安装",
        "install tutela with the extra `otel`, or unset the variable",
        "请安装 tutela 的附加组件 `otel`,或取消该变量",
    ),
    "git-repository": Message(
        "git cannot read this repository: {reason}",
        "git 无法读取此仓库:{reason}",
        "name the folder of a git repository that this account may read",
        "请指明此账号可读的 git 仓库文件夹",
    ),
    "git-revision": Message(
        "the repository has no revision `{rev}`",
        "仓库中没有版本 `{rev}`",
        "`git branch --all` and `git tag` list what there is",
        "`git branch --all` 和 `git tag` 可列出现有版本",
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
    "serve-log-workers": Message(
        "{workers} workers cannot write one file of decisions",
        "{workers} 个工作进程不能写同一个决策日志文件",
        "record in a database (`sqlite:///...`, `postgresql://...`), or use one worker",
        "请记录到数据库(`sqlite:///...`、`postgresql://...`),或只用一个工作进程",
    ),
    "serve-git-log": Message(
        "the decision log of a project in a git repository needs a place of its own",
        "git 仓库中的项目需要为决策日志指定独立的位置",
        "give `address` of [decision_log] as an absolute path, or as that of a database",
        "请将 [decision_log] 的 `address` 写成绝对路径或数据库地址",
    ),
    "server-stale": Message(
        "policies and registers were last known to be current at {at}; nothing is permitted",
        "策略和登记册最后一次确认为最新是在 {at};不予许可",
        "the log of the service says why they cannot be loaded; `/readyz` shows it, too",
        "服务日志说明无法加载的原因;`/readyz` 也会显示",
    ),
    "server-unrecorded": Message(
        "the decision could not be recorded, so there is none; nothing is permitted",
        "该决策无法写入决策日志,因此不予给出;不予许可",
        "ask again later; the log of the service says why",
        "请稍后再试;服务日志说明原因",
    ),
    "server-not-recording": Message(
        "decisions cannot be recorded at present, so there are none; nothing is permitted",
        "目前无法将决策写入决策日志,因此不予给出决策;不予许可",
        "ask again later; the log of the service says why, and the service is ready again when it can record",
        "请稍后再试;服务日志说明原因,恢复写入后服务即重新就绪",
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
        "run `pip install 'PATH_OF_TUTELA[serve]'`",
        "请执行 `pip install 'PATH_OF_TUTELA[serve]'`",
    ),
}
