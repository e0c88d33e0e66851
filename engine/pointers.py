"""Columns that point to what somebody has, or give a code of it, and do not hold it: links, keys and codes of wards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .column_types import is_whole
from .names import head_noun

if TYPE_CHECKING:
    from .marks import Mark
    from .tables import Column

_COUNTED: Final = ("name resume",)
"""Which of several, or how many, where it is a whole number."""
_URLS: Final = frozenset({"url", "uri", "href", "endpoint", "webhook", "domain", "api"})
"""Addresses at which no one lives, whatever a comment calls them."""
_LINK: Final = re.compile(
    r"(?:[连链]接|链路|校验|验证|资源包?|安装包?|压缩包|更新包?|升级包?|下载|播放|推流|拉流|直播|回放|录像|回调|通知|跳转|请求|调用"
    r"|接口|网站|站点|官网|首页|网页|页面|图片|图像|封面|头像|视频|音频|录音|文件|附件|源码|镜像|代码库|服务器|服务端|节点|代理"
    r"|网关|数据库|存储|缓存|域名|物理|内存|合约|api|url|web|ftp|rtmp|rtsp|hls|ip|mac|https?)地址$"
)
"""What comments call the address of a page, a file or a machine: `图片连接地址`."""
_TRANSACTED: Final = ("personal.transaction.purchase", "personal.transaction.payment")
_LOCATED: Final = ("name location",)
"""Where somebody is; by a code or a path it is a ward or an office."""
_CARE_OF: Final = "name co"
"""Care of somebody; `co_code` is a company's."""
_ADDRESS: Final = "personal.contact.address"
_PRECISE: Final = "personal.location.precise"
_EMPLOYER: Final = "personal.occupation.employer"


def is_pointer(key: str, mark: Mark, column: Column, words: tuple[str, ...]) -> bool:
    """Tell whether a column points to a résumé, a page or a payment, and does not hold it."""
    if key == _ADDRESS:
        return not _URLS.isdisjoint(words[-1:]) or _is_link(column.comment)
    if key.startswith(_TRANSACTED):
        return words[-1:] == ("id",)
    return is_whole(column.data_type) and mark.evidence[0] in _COUNTED


def _is_link(comment: str) -> bool:
    """Tell whether a Chinese comment ends in the address of a page, a file or a machine."""
    return "地址" in comment and _LINK.search(head_noun(comment)[1]) is not None


def is_code(key: str, mark: Mark) -> bool:
    """Tell whether a name that ends as those of codes do is of a ward, a company or a remark on a list."""
    if key == _PRECISE:
        return mark.evidence == _LOCATED
    return key in {_EMPLOYER, "free_text"} or (key == _ADDRESS and mark.evidence[0] == _CARE_OF)
