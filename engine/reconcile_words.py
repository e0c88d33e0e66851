"""What findings of a reconciliation say beside the rule's own message: what was counted, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .model import Words

if TYPE_CHECKING:
    from .tally import Tally

UNUSED: Final = Words(
    "approved from {start} to {end}, and no access of this log names it",
    "批准期限为 {start} 至 {end},而本日志中没有任何访问注明该申请",
)
USED: Final = Words(
    "{rows} rows in all, {limit} were approved; by {people} people, {outside} of them not named in it; {late} after its"
    " end",
    "累计 {rows} 行,批准 {limit} 行;使用人 {people} 名,其中 {outside} 名不在批准范围;期限届满后 {late} 次",
)
NOTICED: Final = Words("the change that notice {notice} is about", "变更通知 {notice} 所述的变更")
UNNOTICED: Final = Words(
    "no notice to the customer names these changes, and they name none", "没有任何客户通知注明这些变更,变更也未注明通知"
)
RECORDS: Final = Words(
    "{accesses} accesses name it, {records} are recorded", "注明该申请的访问 {accesses} 次,使用记录 {records} 次"
)
HANDED_OVER: Final = Words("handed over on {at}, as the registers say", "登记册显示数据已于 {at} 交付")
NOT_TOLD: Final = Words("no event of this log tells of it", "本日志中没有任何事件与之对应")
LEFT: Final = Words("used after {person} left on {at}", "{person} 于 {at} 离职后仍被使用")
MOVED: Final = Words(
    "used by {person} on {dataset} ({action}), which only the former role {role} permits",
    "{person} 对 {dataset} 执行 {action},仅原角色 {role} 允许",
)
UNOWNED: Final = Words("no register says whose account this is", "没有登记册说明该账号归谁")
SEVERAL: Final = Words("{count} people have it by the registers", "登记册中有 {count} 人持有该账号")
SOURCES: Final = Words(
    "used from {count} addresses within the same time, in {hours} hours of the log",
    "在日志的 {hours} 个小时内,同时从 {count} 个地址使用",
)
PERSONAL: Final = Words(
    "an account of a program, used in an application that people work in ({name})",
    "服务账号在供人员使用的应用({name})中被使用",
)
REFUSED: Final = Words(
    "of {count} accesses and logins that were refused, the most within {within}, on {tables}",
    "被拒绝的访问和登录共 {count} 次,其中{within}内最多的一段,涉及 {tables}",
)
OUTSIDE: Final = Words(
    "of {count} accesses to customer data out of working hours, the most within {within}, on {tables}",
    "非工作时间访问客户数据共 {count} 次,其中{within}内最多的一段,涉及 {tables}",
)
VOLUME: Final = Words(
    "{rows} rows on {day}; the median of its {days} other days with rows is {usual:g}",
    "{day} 共 {rows} 行;该账号其余 {days} 个有行数之日的中位数为 {usual:g}",
)
MINUTES: Final = Words("{minutes} minutes", "任意 {minutes} 分钟")
WHOLE_LOG: Final = Words("the whole log", "整个日志")
NO_TABLE: Final = Words("no table", "零张表")
UNTOLD: Final = Words("tables that cannot be told", "无法确定的表")
MORE: Final = Words("more", "其他表")
GRANT_UNUSED: Final = Words(
    "no access of this log used it; a candidate for withdrawal, if the log is all that happened",
    "本日志中没有任何访问使用该授权;若日志完整,可考虑收回",
)
UNGRANTED: Final = Words(
    "no GRANT of the schema gives {account} a right to {action} {dataset}, itself or by its roles; likely, not sure:"
    " an owner, a superuser and a function with the rights of its owner need none",
    "库表结构中没有任何 GRANT 允许 {account}(或其角色)对 {dataset} 执行 {action};很可能如此但不能确定:"
    "所有者、超级用户以及以所有者权限运行的函数无需授权",
)
SILENT: Final = Words(
    "no event from {start} to {end} ({hours} hours); at these hours the median of the other {days} is {expected:g}"
    " events",
    "自 {start} 至 {end}({hours} 小时)没有任何事件;其他{days}同一时段的事件中位数合计为 {expected:g}",
)
OF_WEEKDAY: Final = Words("days of the same weekday", "相同星期的日子")
OF_CLASS: Final = Words("working days, or days of the weekend,", "工作日(或周末)")
BETWEEN: Final = Words("between {before} and {after}", "位于 {before} 与 {after} 之间")
CLOCK: Final = Words(
    "the clock goes back {count} times by more than {minutes} minutes, by {seconds:.0f} seconds at most",
    "时钟回拨超过 {minutes} 分钟共 {count} 次,最多 {seconds:.0f} 秒",
)
SPAN: Final = Words(
    "its times span {days} days: too many to look for stretches without events",
    "时间跨度为 {days} 天,过长而无法查找无事件时段",
)
SEQUENCE: Final = Words(
    "{missing} lines are missing from the numbers of {sessions} sessions, in {gaps} places, first before {first}, last"
    " before {last}",
    "{sessions} 个会话的行号缺失 {missing} 行,共 {gaps} 处,首处在 {first} 之前,末处在 {last} 之前",
)
ELEMENTS: Final = Words(
    "{count} of {all} events ({share:.1%}) lack something: {lacking}",
    "{all} 个事件中有 {count} 个({share:.1%})缺少要素:{lacking}",
)
LACKING: Final[dict[str, Words]] = {
    "who": Words("who {count}", "人员 {count}"),
    "when": Words("when {count}", "时间 {count}"),
    "what": Words("what {count}", "内容 {count}"),
    "result": Words("result {count}", "结果 {count}"),
}


def say(words: Words, /, **values: object) -> Words:
    """Words with their values filled in."""
    return Words(*(words.text(lang).format(**_in(values, lang)) for lang in ("en", "zh")))


def joined(*parts: Words) -> Words:
    """Words one after the other."""
    return Words("; ".join(part.en for part in parts), ";".join(part.zh for part in parts))


def counted(words: Words, found: Tally) -> Words:
    """Words, and the number and the places of the events that they are about."""
    return joined(words, found.words())


def _in(values: dict[str, object], lang: str) -> dict[str, object]:
    return {name: _text(value, lang) for name, value in values.items()}


def _text(value: object, lang: str) -> object:
    return (value.zh if lang == "zh" else value.en) if isinstance(value, Words) else value
