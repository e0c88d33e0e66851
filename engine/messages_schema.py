"""The words of problems in files of any kind and schema files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final[Mapping[str, Message]] = {
    "file-missing": Message(
        "there is no file `{file}`",
        "文件 `{file}` 不存在",
        "check the path; it is relative to the current folder, and in tutela.toml to the folder of that file",
        "请检查路径;相对路径以当前目录为准,tutela.toml 中的以该文件所在目录为准",
    ),
    "file-unreadable": Message(
        "`{file}` cannot be read: {reason}",
        "无法读取 `{file}`:{reason}",
        "check who may read the file",
        "请检查文件的读取权限",
    ),
    "file-directory": Message(
        "`{file}` is a folder, not a file",
        "`{file}` 是目录,不是文件",
        "name a file in it",
        "请指定其中的文件",
    ),
    "file-empty": Message(
        "`{file}` is empty",
        "文件 `{file}` 为空",
        "check whether it was written or exported whole; an empty file is never taken for a clean one",
        "请检查文件是否写好或完整导出;空文件不等于合格",
    ),
    "file-too-large": Message(
        "`{file}` is larger than {limit} bytes",
        "`{file}` 超过 {limit} 字节的上限",
        "split the file; of a database, export the schema without data",
        "请拆分文件;数据库请只导出结构,不含数据",
    ),
    "file-binary": Message(
        "`{file}` is not a text file",
        "`{file}` 不是文本文件",
        "export it as text in UTF-8; a dump with binary values: write them as hex (mysqldump --hex-blob), or leave the"
        " rows out",
        "请导出为 UTF-8 文本;转储中含二进制值时:以十六进制导出(mysqldump --hex-blob),或不导出数据",
    ),
    "file-encoding": Message(
        "`{file}` is not text in any of the encodings {encodings}",
        "`{file}` 不是以下编码的文本:{encodings}",
        "save the file in UTF-8, or name its encoding: --encoding cp1252; a dump with binary values: write them as hex"
        " (mysqldump --hex-blob), or leave the rows out (--no-data)",
        "请将文件保存为 UTF-8,或指定其编码:--encoding cp1252;转储中含二进制值时:以十六进制导出(mysqldump --hex-blob),"
        "或不导出数据(--no-data)",
    ),
    "encoding-unknown": Message(
        "`{name}` is not a known text encoding",
        "`{name}` 不是已知的文本编码",
        "use a name like utf-8, gb18030, big5, shift_jis or latin-1",
        "可用的名称如 utf-8、gb18030、big5、shift_jis、latin-1",
    ),
    "source-unknown": Message(
        "nobody knows what `{file}` describes",
        "无法识别 `{file}` 描述的内容",
        "a source in YAML or JSON is a dbt manifest or property file, an OpenAPI 3 document or a JSON Schema; "
        "an export of tags goes with --tags",
        "YAML 或 JSON 来源应为 dbt 的 manifest 或属性文件、OpenAPI 3 文档或 JSON Schema;标签导出文件请用 --tags",
    ),
    "source-empty": Message(
        "`{file}` describes no table and no form",
        "`{file}` 没有描述任何表或表单",
    ),
    "form-version": Message(
        "`{file}` is OpenAPI {version}, which is not read",
        "`{file}` 是 OpenAPI {version},不支持读取",
        "convert it to OpenAPI 3",
        "请转换为 OpenAPI 3",
    ),
    "ddl-folder-empty": Message(
        "the folder `{file}` has no .sql file",
        "目录 `{file}` 中没有 .sql 文件",
        "name a folder that holds .sql files, a file, a dbt project, or the address of a database",
        "请指定包含 .sql 文件的目录、单个文件、dbt 项目或数据库地址",
    ),
    "ddl-no-table": Message(
        "no table is defined in `{file}`",
        "`{file}` 中没有任何建表语句",
        "a schema source holds CREATE TABLE statements",
        "数据库结构文件应包含 CREATE TABLE 语句",
    ),
    "ddl-unknown-dialect": Message(
        "`{dialect}` is not a known SQL dialect",
        "`{dialect}` 不是已知的 SQL 方言",
        "use one of: {known}",
        "可用的方言:{known}",
    ),
    "taxonomy-not-a-mapping": Message(
        "the taxonomy must be a mapping with `categories`, `profiles` and `matching`",
        "分类体系必须是包含 `categories`、`profiles` 和 `matching` 的映射",
    ),
    "taxonomy-missing-key": Message(
        "{where} has no `{key}`",
        "{where} 缺少 `{key}`",
    ),
    "taxonomy-wrong-type": Message(
        "`{key}` of {where} must be {wanted}",
        "{where} 的 `{key}` 必须是{wanted}",
    ),
    "taxonomy-duplicate": Message("category `{key}` is defined twice", "分类 `{key}` 重复定义"),
    "taxonomy-unknown-parent": Message(
        "category `{key}` has the unknown parent `{parent}`",
        "分类 `{key}` 的上级 `{parent}` 不存在",
    ),
    "taxonomy-unknown-category": Message(
        "`{category}` is not a category of the taxonomy",
        "`{category}` 不是分类体系中的分类",
    ),
    "taxonomy-model-unreadable": Message(
        "the weights of the name model cannot be read: {reason}",
        "无法读取列名模型的权重:{reason}",
    ),
    "taxonomy-unknown-profile": Message(
        "`{profile}` is not a sensitivity profile",
        "`{profile}` 不是已知的敏感性口径",
        "use one of: {known}",
        "可用的口径:{known}",
    ),
}
