"""The words of problems with decision logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVIDENCE: Final = "keep the log as it is, compare it with a copy or an export, and start a new one"
_EVIDENCE_ZH: Final = "请保留日志原样,与副本或导出文件比对,并另起新日志"

DECISION_LOG: Final[Mapping[str, Message]] = {
    "decision-log-address": Message(
        "`{kind}` keeps no decision log",
        "`{kind}` 不能保存决策日志",
        "write a file (`decisions.jsonl`), `sqlite:///decisions.db` or `postgresql://user@host/database`",
        "请写文件(`decisions.jsonl`)、`sqlite:///decisions.db` 或 `postgresql://user@host/database`",
    ),
    "decision-log-anchor": Message(
        "`{text}` is no head of a log",
        "`{text}` 不是日志的链头",
        "write what `tutela log verify` printed: the number and the 64 digits, or the digits alone",
        "请写 `tutela log verify` 打印的内容:序号加 64 位十六进制数,或只写后者",
    ),
    "decision-log-anchor-missing": Message(
        "the head `{anchor}` that was noted down is not in the log: entries were cut off, or the log is another one",
        "日志中没有事先记下的链头 `{anchor}`:条目被截去,或这是另一份日志",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-changed": Message(
        "entry {seq} was changed after it was written: its hash is another one",
        "第 {seq} 条在写入之后被改动:哈希不符",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-damaged": Message(
        "where entry {seq} should be stands something that is no entry",
        "第 {seq} 条的位置上不是有效条目",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-empty": Message(
        "there is no decision log here",
        "此处没有决策日志",
        "check the address; a log is made when the first decision is recorded",
        "请检查地址;日志在记录首个决策时创建",
    ),
    "decision-log-forged": Message(
        "entry {seq} was not written by who holds this key",
        "第 {seq} 条并非由持有此密钥者写入",
        "check that this is the log's key; if it is, " + _EVIDENCE,
        "请确认密钥属于此日志;若是,则" + _EVIDENCE_ZH.removeprefix("请"),
    ),
    "decision-log-gap": Message(
        "entries {from_} to {to} are missing before entry {seq}",
        "第 {seq} 条之前缺少第 {from_} 至 {to} 条",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-head": Message(
        "the database says that the log ends with {kept}, but its last entry is {found}",
        "数据库记载日志止于 {kept},但最后一条是 {found}",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-key": Message(
        "the log was begun {how}, and is now opened {now}",
        "日志开始时{how},现在打开时{now}",
        "give the same key as before (`TUTELA_LOG_KEY`, `key_file`), or begin another log",
        "请提供与之前相同的密钥(`TUTELA_LOG_KEY`、`key_file`),或另起新日志",
    ),
    "decision-log-key-file": Message(
        "the file with the log's key cannot be used: {reason}",
        "无法使用日志密钥文件:{reason}",
        "make one that only you can read: `(umask 077; openssl rand -hex 32 > log.key)`",
        "请创建仅自己可读的密钥文件:`(umask 077; openssl rand -hex 32 > log.key)`",
    ),
    "decision-log-key-short": Message(
        "the log's key is shorter than {least} bytes",
        "日志密钥短于 {least} 字节",
        "make one with `openssl rand -hex 32`",
        "请用 `openssl rand -hex 32` 生成",
    ),
    "decision-log-locked": Message(
        "another process writes this decision log",
        "另一进程正在写此决策日志",
        "give each process a file of its own, or use a database: several processes may write one log there",
        "请为每个进程使用各自的文件,或改用数据库:多个进程可同时写同一日志",
    ),
    "decision-log-order": Message(
        "entry {seq} stands where entry {expected} belongs",
        "第 {seq} 条位于应为第 {expected} 条的位置",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-queue": Message(
        "the decision cannot be recorded: {count} entries wait to be written already",
        "无法记录决策:已有 {count} 条等待写入",
        "look for what slows the store down; `queue` is how many may wait, `when_unavailable` what happens then",
        "请检查存储为何变慢;`queue` 为可等待条数,`when_unavailable` 决定此时如何处理",
    ),
    "decision-log-closed": Message(
        "the decision cannot be recorded: the log is closed",
        "无法记录决策:日志已关闭",
        "record decisions before the log is closed",
        "请在关闭日志之前记录决策",
    ),
    "decision-log-slow": Message(
        "the decision is not known to be recorded: the store has not answered for {seconds} seconds",
        "无法确认决策已被记录:存储 {seconds} 秒未响应",
        "look for what slows the store down; `timeout` is how long a decision waits",
        "请检查存储为何变慢;`timeout` 为决策等待时长",
    ),
    "decision-log-setting": Message(
        "`decision_log.{key_}` is {found}; it must be {expected}",
        "`decision_log.{key_}` 为 {found};应为 {expected}",
        "see docs/decision-log.md",
        "见 docs/decision-log.md",
    ),
    "decision-log-show": Message(
        "no vocabulary declares `{path}`",
        "词汇表未声明 `{path}`",
        "name an attribute as conditions read it: `context.purpose`, `resource.id`",
        "请按条件中的写法填写属性:`context.purpose`、`resource.id`",
    ),
    "decision-log-start": Message(
        "the log begins with entry {seq}: entries {from_} to {to} are missing",
        "日志从第 {seq} 条开始:缺少第 {from_} 至 {to} 条",
        "give the older files, too, or name the entry before the first one with `--after`",
        "请同时提供更早的文件,或用 `--after` 指明首条之前的条目",
    ),
    "decision-log-tail": Message(
        "nothing is added to this log: its last entry does not verify ({reason})",
        "不再向此日志追加:最后一条未通过校验({reason})",
        "run `tutela log verify`; " + _EVIDENCE,
        "请执行 `tutela log verify`;" + _EVIDENCE_ZH.removeprefix("请"),
    ),
    "decision-log-torn": Message(
        "the log ends in the midst of an entry",
        "日志在一条条目的中间结束",
        "a writer that was killed leaves this: nobody was told that the entry is recorded. The next writer moves it "
        "aside, and says so in an entry",
        "写入进程被终止时会出现:该条目从未被确认。下一个写入进程会将其移开并记入日志",
    ),
    "decision-log-unlinked": Message(
        "entry {seq} was not written after this entry {before}: that one was replaced",
        "第 {seq} 条并非写在此第 {before} 条之后:后者已被替换",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-unreadable": Message(
        "the decision log cannot be read: {reason}",
        "无法读取决策日志:{reason}",
        "check the file and its rights",
        "请检查文件及其权限",
    ),
    "decision-log-unsigned": Message(
        "entry {seq} is not authenticated as the others are",
        "第 {seq} 条的认证方式与其他条目不同",
        _EVIDENCE,
        _EVIDENCE_ZH,
    ),
    "decision-log-unwritable": Message(
        "the decision cannot be recorded: {reason}",
        "无法记录决策:{reason}",
        "see that the store has room, and that this account may write to it",
        "请确认存储空间充足,且该账号有写入权限",
    ),
    "decision-log-replaced": Message(
        "nothing is added to this log: somebody else moved, removed or changed its file",
        "不再向此日志追加:其文件被他人移动、删除或改动",
        "let tutela alone write the file, and turn it over (`rotate_mib`); open the log again",
        "请仅由 tutela 写入并轮转(`rotate_mib`)该文件;然后重新打开日志",
    ),
}
