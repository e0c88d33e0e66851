"""The words of problems with views, copies and the rules of lineage, and with the catalog that `classify` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

LINEAGE: Final[Mapping[str, Message]] = {
    "lineage-unresolved": Message(
        "which columns flow into `{table}` cannot be told: {why}",
        "无法判断哪些列流入 `{table}`:{why}",
        "read the tables that it names together with it, or write it in simpler terms",
        "请将其引用的表一并读入,或改写其定义",
    ),
    "catalog-format": Message(
        "`{file}` cannot be added to: only YAML and JSON catalogs can",
        "无法写入 `{file}`:只支持 YAML 和 JSON 格式的目录",
        "name a .yaml or .json file with --catalog",
        "请用 --catalog 指定 .yaml 或 .json 文件",
    ),
    "catalog-encoding": Message(
        "`{file}` is not UTF-8, and is not written",
        "`{file}` 不是 UTF-8 编码,不予写入",
        "save the file in UTF-8",
        "请将文件保存为 UTF-8",
    ),
    "catalog-layout": Message(
        "the catalog is laid out in a way that cannot be added to without changing the rest; nothing is written",
        "目录文件的排版使其无法在不改动其余内容的情况下补充,未写入任何内容",
        "write each data set and each column as an item of its own",
        "请将每个数据集和每一列各写成一项",
    ),
    "catalog-twice": Message(
        "`{name}` is listed twice",
        "`{name}` 重复登记",
        "names of tables and columns are compared without regard to case",
        "表名和列名不区分大小写",
    ),
    "sample-library": Message(
        "values cannot be sampled without the library `{library}`",
        "缺少库 `{library}`,无法抽样检查数据值",
        "run `pip install 'PATH_OF_TUTELA[sample]'`",
        "请执行 `pip install 'PATH_OF_TUTELA[sample]'`",
    ),
    "sample-refused": Message(
        "values are not looked at: the project does not allow it",
        "项目未允许抽样,不检查数据值",
        'write `sampling = "allowed"` into tutela.toml once those who answer for the data agree',
        '经数据负责人同意后,请在 tutela.toml 中写入 `sampling = "allowed"`',
    ),
    "sample-source": Message(
        "only a live database has values to sample",
        "只有在线数据库才能抽样",
        "name its address instead of a file",
        "请给出数据库地址而不是文件",
    ),
    "sample-kind": Message(
        "values of this kind of database are not sampled",
        "不支持对此类数据库抽样",
        "sampled are: {known}",
        "支持抽样的有:{known}",
    ),
    "sample-failed": Message(
        "values could not be sampled ({what})",
        "抽样失败({what})",
        "the account must be allowed to read the tables, within the time that --timeout gives",
        "账号须有读取这些表的权限,并在 --timeout 时限内完成",
    ),
}
