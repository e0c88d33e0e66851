"""The words of the HTML page, in English and Chinese."""

from __future__ import annotations

from typing import Final

from tutela.engine.model import Words

PAGE: Final[dict[str, Words]] = {
    "all": Words("all", "全部"),
    "all-rules": Words("all rules", "全部规则"),
    "all-severities": Words("all severities", "全部级别"),
    "as-of": Words("as of", "截至"),
    "basis": Words("Basis", "依据"),
    "category": Words("Category", "数据类别"),
    "checked": Words("checked", "已检查"),
    "close": Words("close", "关闭"),
    "columns": Words("Columns", "字段"),
    "column": Words("Column", "字段"),
    "command": Words("command", "命令"),
    "compared": Words("compared with", "对比基准"),
    "confidence": Words("Confidence", "可信度"),
    "details": Words("why, basis, remedy", "原因、依据、整改"),
    "evidence": Words("Evidence", "证据"),
    "expires": Words("Until", "有效期至"),
    "filter": Words("Filter", "筛选"),
    "findings": Words("Findings", "发现"),
    "fingerprint": Words("Fingerprint", "指纹"),
    "gone": Words("Gone", "已消失"),
    "heat": Words("Tables by data category", "各表的数据类别分布"),
    "heat-legend": Words(
        "The number of columns of each category; ▲ marks those with sensitive ones. Choose a table to see its columns.",
        "各类别的字段数;▲ 表示含敏感个人信息。选择一张表可查看其字段。",
    ),
    "known": Words("Known", "已知"),
    "known-note": Words(
        "These were there before, in the baseline or the state compared with, and do not count.",
        "这些发现先前已存在于基线或对比状态中,不计入结果。",
    ),
    "message": Words("Message", "说明"),
    "more": Words("Show more", "显示更多"),
    "none": Words("No findings count.", "没有计入的发现。"),
    "noscript": Words(
        "The tables of this page need JavaScript. The formats csv and markdown hold the same findings.",
        "本页的表格需要 JavaScript。csv 和 markdown 格式包含相同的发现。",
    ),
    "notes": Words("Notes", "提示"),
    "owner": Words("Owner", "负责人"),
    "personal": Words("Personal", "个人信息"),
    "access": Words("By", "访问者"),
    "place": Words("Place", "位置"),
    "policies": Words("policies", "策略"),
    "reason": Words("Reason", "理由"),
    "remedy": Words("Remedy", "整改"),
    "resource": Words("Resource", "资源"),
    "rule": Words("Rule", "规则"),
    "rules": Words("By rule", "按规则"),
    "sensitive": Words("Sensitive", "敏感"),
    "severity": Words("Severity", "级别"),
    "shown": Words("{shown} of {all} shown", "显示 {shown} / {all}"),
    "summary": Words("Summary", "概要"),
    "table": Words("Table", "表"),
    "theme": Words("light / dark", "浅色 / 深色"),
    "ticket": Words("Ticket", "工单"),
    "total": Words("Total", "合计"),
    "type": Words("Type", "类型"),
    "unparsed": Words("unparsed", "无法解析"),
    "waived": Words("Waived", "已豁免"),
    "waived-note": Words(
        "Somebody answers for these until a day; they do not count.", "已有负责人在期限内担责,不计入结果。"
    ),
    "waiver": Words("Waiver not in force", "未生效的豁免"),
    "why": Words("Why", "原因"),
    "yes": Words("yes", "是"),
}
