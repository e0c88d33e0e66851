"""The words of problems in access logs and of statements that cannot be resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG: Final[Mapping[str, Message]] = {
    "log-unreadable": Message(
        "the log cannot be read: {reason}",
        "无法读取日志:{reason}",
        "check the path and the permissions",
        "请检查路径和权限",
    ),
    "log-missing": Message("there is no log `{file}`", "日志 `{file}` 不存在", "check the path", "请检查路径"),
    "log-damaged": Message(
        "the log cannot be unpacked: it is damaged, or its end is missing",
        "日志无法解压:文件已损坏或结尾缺失",
        "copy it again, whole; nothing of it was judged",
        "请重新完整复制;其中内容均未检查",
    ),
    "log-library": Message(
        "the log is packed, and the library `{library}` that unpacks it is not installed",
        "日志已压缩,但未安装解压所需的库 `{library}`",
        "run `pip install 'PATH_OF_TUTELA[zstd]'`, or unpack it",
        "请执行 `pip install 'PATH_OF_TUTELA[zstd]'`,或先解压",
    ),
    "log-empty": Message(
        "the log is empty",
        "日志为空",
        "an empty log shows nothing, not that nothing happened: check how it was exported",
        "空日志不能证明没有访问:请检查导出过程",
    ),
    "log-binary": Message(
        "the log is not text",
        "日志不是文本文件",
        "export it as csvlog, jsonlog, stderr text, JSON lines or CSV; packed may be gzip, bz2, xz or zstd",
        "请导出为 csvlog、jsonlog、stderr 文本、JSONL 或 CSV;压缩格式支持 gzip、bz2、xz、zstd",
    ),
    "log-not-growing": Message(
        "a log of this kind cannot be taken up where the last run ended",
        "此类日志无法从上次结束处继续读取",
        "only text logs whose records stand for themselves can: {formats}; judge this one whole",
        "只有每条记录可独立识别的文本日志才可以:{formats};请对此日志做整体检查",
    ),
    "log-year-growing": Message(
        "the year of the first line says nothing about a log that is taken up in its middle",
        "从日志中间继续读取时,首行年份没有意义",
        "let the server write whole dates (`%m` in `log_line_prefix`), or judge the log whole",
        "请让服务器写出完整日期(`log_line_prefix` 中加入 `%m`),或对日志做整体检查",
    ),
    "log-gone": Message(
        "the log was judged up to this line; what came after it was rotated away and is not here: it was not judged",
        "日志检查到此行;其后的内容已被轮转移走且不在此处:未被检查",
        "find the rotated file and judge it whole; rotate by renaming in the same folder, and run more often",
        "请找到轮转后的文件并做整体检查;请在同一文件夹内以改名方式轮转,并更频繁地运行",
    ),
    "log-changed": Message(
        "the log was changed while it was judged",
        "检查过程中日志被修改",
        "judge a copy that nobody writes to",
        "请检查一份无人写入的副本",
    ),
    "log-shortened": Message(
        "the log became shorter while it was read: what was written just before may be lost, and was not judged then",
        "读取过程中日志变短:此前刚写入的内容可能丢失,未被检查",
        "rotate by renaming, not by copying and truncating",
        "请以改名方式轮转,不要先复制再截断",
    ),
    "log-state": Message(
        "the file does not hold how far a log was judged",
        "此文件不是日志检查进度文件",
        "name another file, or remove it to judge the log from its beginning",
        "请换一个文件,或删除它以从头检查日志",
    ),
    "log-state-other": Message(
        "the file holds how far another log was judged: {log}",
        "此文件记录的是另一日志的检查进度:{log}",
        "keep one file for each log",
        "请为每个日志使用单独的文件",
    ),
    "log-state-held": Message(
        "another run is using the file",
        "另一个进程正在使用此文件",
        "wait until it has ended",
        "请等待其结束",
    ),
    "log-format-unknown": Message(
        "the format of the log is not known",
        "无法识别日志格式",
        "give it with `--log-format`: one of {formats}",
        "请用 `--log-format` 指定:{formats}",
    ),
    "log-format-name": Message(
        "there is no log format `{format}`",
        "没有名为 `{format}` 的日志格式",
        "use one of {formats}",
        "可用:{formats}",
    ),
    "log-prefix": Message(
        "no line of the log begins with the prefix `{prefix}`",
        "日志中没有一行符合前缀 `{prefix}`",
        "give the server's setting with `--log-line-prefix` (`SHOW log_line_prefix`)",
        "请用 `--log-line-prefix` 给出服务器的设置(`SHOW log_line_prefix`)",
    ),
    "log-prefix-unknown": Message(
        "no line of the log begins with one of the {count} settings of log_line_prefix that are known",
        "日志中没有一行符合已知的 {count} 种 log_line_prefix 设置",
        "give the server's setting with `--log-line-prefix` (`SHOW log_line_prefix`), its last blank included",
        "请用 `--log-line-prefix` 给出服务器的设置(`SHOW log_line_prefix`),包括末尾的空格",
    ),
    "log-prefix-escape": Message(
        "the prefix has the escape `{escape}`, which is not known",
        "前缀中的转义 `{escape}` 无法识别",
        "give the server's own `log_line_prefix` (`SHOW log_line_prefix`), in which a percent sign itself is `%%`",
        "请给出服务器自己的 `log_line_prefix`(`SHOW log_line_prefix`);百分号本身写作 `%%`",
    ),
    "log-mapping": Message(
        "the mapping of the log is wrong: {reason}",
        "日志的字段映射有误:{reason}",
        "it has the keys {keys}",
        "可用的键:{keys}",
    ),
    "log-cut": Message(
        "the record is cut off",
        "记录不完整(被截断)",
        "what it said is lost: fetch the whole log",
        "其内容已丢失,请取得完整日志",
    ),
    "log-line": Message("the line fits no record of the format {format}", "该行不符合 {format} 格式的任何记录"),
    "log-line-long": Message(
        "the record is longer than {limit} bytes",
        "记录超过 {limit} 字节",
    ),
    "log-encoding": Message("the line is neither UTF-8 nor GB18030", "该行既不是 UTF-8 也不是 GB18030 编码"),
    "log-audit": Message(
        "the AUDIT record has {count} fields where 9 or 10 are expected",
        "AUDIT 记录有 {count} 个字段,应为 9 或 10 个",
    ),
    "log-csv": Message("the record is not valid CSV", "记录不是合法的 CSV"),
    "log-csv-width": Message(
        "the record has {count} fields where {expected} are expected",
        "记录有 {count} 个字段,应为 {expected} 个",
    ),
    "log-quote": Message(
        "a record begins inside a quote, a comment or an unfinished statement: one of both may not be genuine",
        "记录始于前一语句未结束的引号、注释或语句之中:两者之一可能是伪造的",
        "the text of a statement can imitate records here: compare with the log of an audit plugin",
        "此格式中语句文本可以冒充记录:请与审计插件的日志核对",
    ),
    "log-account": Message(
        "the connection logs in a second time: whose statements follow cannot be told",
        "该连接再次登录:无法判断其后的语句属于谁",
        "the text of a statement can imitate records here: compare with the log of an audit plugin",
        "此格式中语句文本可以冒充记录:请与审计插件的日志核对",
    ),
    "log-xml": Message("the record is no XML that an audit log holds", "记录不是审计日志所用的 XML"),
    "log-parquet": Message("the log is no Parquet file", "日志不是 Parquet 文件"),
    "audit-engine": Message(
        "`{engine}`, which this engine needs, is not installed",
        "该引擎所需的 `{engine}` 未安装",
        "run `pip install 'PATH_OF_TUTELA[{extra}]'`, or leave out --engine",
        "请执行 `pip install 'PATH_OF_TUTELA[{extra}]'`,或不使用 --engine",
    ),
    "audit-spark-log": Message(
        "Spark finds no Parquet there",
        "Spark 在此处找不到 Parquet 数据",
        "give a Parquet file or a folder of them; other logs are for --engine duckdb",
        "请给出 Parquet 文件或其所在文件夹;其他格式请使用 --engine duckdb",
    ),
    "audit-spark-columns": Message(
        "Spark cannot take the columns of this log as they are: {columns}",
        "Spark 无法直接读取此日志的列:{columns}",
        "times are timestamps with a zone or ISO texts with an offset, `row_count` a whole number, the others texts",
        "时间须为带时区的时间戳或带偏移的 ISO 文本,`row_count` 须为整数,其余须为文本",
    ),
    "log-parquet-library": Message(
        "the log is a Parquet file, and the library `duckdb` that reads it is not installed",
        "日志是 Parquet 文件,但未安装读取所需的库 `duckdb`",
        "run `pip install 'PATH_OF_TUTELA[db]'`",
        "请执行 `pip install 'PATH_OF_TUTELA[db]'`",
    ),
    "log-json": Message("the line is not one JSON object", "该行不是单个 JSON 对象"),
    "log-field-missing": Message("the record has no `{field}`", "记录缺少 `{field}`"),
    "log-field-type": Message("the field `{field}` has a value of the wrong kind", "字段 `{field}` 的值类型不对"),
    "log-time": Message("the time of the record cannot be read", "无法识别记录的时间"),
    "log-time-zone": Message(
        "the time of the record has no certain offset",
        "记录的时间没有确定的时区偏移",
        "declare the time zone of the log (`timezone: Asia/Shanghai`)",
        "请声明日志的时区(`timezone: Asia/Shanghai`)",
    ),
    "log-time-year": Message(
        "the time of the record has no year",
        "记录的时间没有年份",
        "add `%m` to the server's `log_line_prefix`, or give the year of the first line with `--log-year`, "
        "and the time zone",
        "请在服务器的 `log_line_prefix` 中加入 `%m`,或用 `--log-year` 给出首行的年份(并声明时区)",
    ),
    "log-year": Message("the year of the log is no year", "日志的年份无效", "give it as 2026", "请写成 2026"),
    "log-duration-alone": Message(
        "the log has durations of statements that it does not show",
        "日志只有语句的执行时间,没有语句本身",
        "set `log_statement = 'all'` or `log_min_duration_statement = 0` on the server; "
        "what was not logged cannot be judged",
        "请在服务器上设置 `log_statement = 'all'` 或 `log_min_duration_statement = 0`;未记录的语句无法检查",
    ),
    "statement-not-parsed": Message("the statement cannot be parsed", "语句无法解析"),
    "statement-too-large": Message("the statement is too large to analyse", "语句过大,无法分析"),
    "statement-statement-large": Message(
        "the statement names too many columns to analyse", "语句涉及的列过多,无法分析"
    ),
    "statement-too-deep": Message("the statement is nested too deeply to analyse", "语句嵌套过深,无法分析"),
    "statement-failed": Message("the analysis of the statement failed ({detail})", "语句分析失败({detail})"),
    "statement-comment-executable": Message(
        "the statement has a comment that the server may execute",
        "语句含有服务器可能执行的注释",
    ),
    "statement-statement-kind": Message(
        "what a statement of this kind touches cannot be told ({detail})",
        "无法判断此类语句涉及哪些数据({detail})",
    ),
    "statement-statement-clause": Message(
        "the statement has a clause that cannot be analysed ({detail})",
        "语句含有无法分析的子句({detail})",
    ),
    "statement-statement-nested": Message(
        "the statement changes data inside a query ({detail})",
        "语句在查询内部修改数据({detail})",
    ),
    "statement-function-unknown": Message(
        "the function `{detail}` may read anything",
        "函数 `{detail}` 可能读取任何数据",
    ),
    "statement-table-unknown": Message("the table `{detail}` is not in the catalogue", "目录中没有表 `{detail}`"),
    "statement-table-hidden": Message("a table of the statement cannot be told", "无法判断语句涉及的某个表"),
    "statement-column-unknown": Message("the column `{detail}` cannot be resolved", "无法解析列 `{detail}`"),
    "statement-column-hidden": Message("the statement reads columns without naming them", "语句读取了未写明的列"),
    "statement-alias-columns": Message(
        "the statement renames the columns of `{detail}`", "语句重命名了 `{detail}` 的列"
    ),
    "statement-view-cyclic": Message("the view `{detail}` refers to itself", "视图 `{detail}` 引用了自身"),
    "statement-view-unresolved": Message("the view `{detail}` cannot be resolved", "无法解析视图 `{detail}`"),
}
