"""What the kinds of resources are called in documents for people; programs read their own names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tutela.engine.errors import Lang

CHINESE: Final[Mapping[str, str]] = {
    "account": "账号",
    "account_use": "账号使用",
    "activity": "处理活动",
    "approved_use": "获批使用",
    "audit_finding": "审计发现",
    "audit_order": "审计任务",
    "break_glass": "紧急访问",
    "channel": "渠道",
    "collection_event": "采集事件",
    "column": "字段",
    "complaint": "投诉",
    "consent": "同意",
    "copy": "副本",
    "customer_change": "客户变更",
    "data_quality": "数据质量",
    "dataset": "数据集",
    "device": "设备",
    "duty": "职责",
    "employee": "员工",
    "executed_transfer": "已执行传输",
    "file": "文件",
    "form_field": "表单字段",
    "gate": "关卡",
    "grant": "授权",
    "granted_use": "授权使用",
    "import_request": "导入申请",
    "incident": "事件",
    "log_window": "日志时段",
    "message": "消息",
    "policy": "制度",
    "record_group": "记录组",
    "record_kind": "记录类型",
    "rights_request": "权利请求",
    "role": "角色",
    "schedule": "保存期限",
    "shared_copy": "共享副本",
    "sharing_request": "共享申请",
    "statutory_exception": "法定例外",
    "structure": "表结构",
    "system": "系统",
    "table": "表",
    "transfer": "传输",
    "use_request": "使用申请",
}


def with_kind(kind: str, name: str, lang: Lang) -> str:
    """A resource with its kind before it: `column crm.customer.mobile`; a kind of an application keeps its own name."""
    return f"{CHINESE.get(kind, kind) if lang == 'zh' else kind} {name}"
