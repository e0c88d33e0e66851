"""The words of problems in exports of tags, and in the categories that sources declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS: Final[Mapping[str, Message]] = {
    "tag-unknown": Message(
        "nobody knows what the tag `{tag}` stands for",
        "未知标签 `{tag}`",
        'say it in tutela.toml: [tags] "{tag}" = "personal.contact.phone"; or "none" (not personal), "ignore"',
        '请在 tutela.toml 中说明:[tags] "{tag}" = "personal.contact.phone";或 "none"(非个人信息)、"ignore"',
    ),
    "tag-category-unknown": Message(
        "the tag `{tag}` stands for `{category}`, which is not a category of the taxonomy",
        "标签 `{tag}` 对应的 `{category}` 不是分类体系中的分类",
        "correct it under [tags] in tutela.toml",
        "请修改 tutela.toml 的 [tags]",
    ),
    "tag-ambiguous": Message(
        "the tag on `{column}` may be of several tables: {tables}",
        "`{column}` 的标签可能属于多个表:{tables}",
        "name the schema in the export; in a fides dataset with `fides_meta: {{namespace: {{schema: ...}}}}`",
        "请在导出文件中注明模式名;fides 数据集可使用 `fides_meta: {{namespace: {{schema: ...}}}}`",
    ),
    "tags-none": Message(
        "`{file}` has no tag of a column",
        "`{file}` 中没有任何字段标签",
        "an export is the JSON of OpenMetadata's tables or of DataHub's datasets, or a fides dataset",
        "导出文件应为 OpenMetadata 表的 JSON、DataHub 数据集的 JSON 或 fides 数据集",
    ),
    "tags-fit-nothing": Message(
        "none of these tags is on a column of the source",
        "这些标签与来源中的任何字段都不对应",
        "check that the export is of the same database",
        "请检查导出文件是否来自同一数据库",
    ),
}
