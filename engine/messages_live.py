"""The words of problems with live databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE: Final[Mapping[str, Message]] = {
    "live-url": Message(
        "this address of a database cannot be read: {reason}",
        "无法识别该数据库地址:{reason}",
        "write `postgresql://user@host:5432/database`, `mysql://...`, `sqlite:///file.db` or `duckdb:///file.duckdb`; "
        "in names and passwords write @ as %40, / as %2F, : as %3A, # as %23, ? as %3F",
        "写法:`postgresql://user@host:5432/database`、`mysql://...`、`sqlite:///file.db` 或 `duckdb:///file.duckdb`;"
        "用户名和密码中的 @ 写作 %40,/ 写作 %2F,: 写作 %3A,# 写作 %23,? 写作 %3F",
    ),
    "live-kind": Message(
        "`{kind}` is no kind of database that can be read",
        "不支持 `{kind}` 类型的数据库",
        "use one of {known}, or a dialect of SQLAlchemy (mssql, oracle, ...)",
        "可用:{known},或 SQLAlchemy 的方言(mssql、oracle 等)",
    ),
    "live-driver": Message(
        "the driver `{driver}` for this database is not installed",
        "未安装该数据库的驱动 `{driver}`",
        "run `pip install {install}`",
        "请执行 `pip install {install}`",
    ),
    "live-option": Message(
        "the address has an option that cannot be used: {reason}",
        "数据库地址中的选项不可用:{reason}",
        "see the section on live databases in docs/connectors.md",
        "见 docs/connectors.md 中关于在线数据库的一节",
    ),
    "live-password-variable": Message(
        "the variable `{name}` with the password is not set",
        "存放密码的环境变量 `{name}` 未设置",
        "set it, or leave `--password-env` out",
        "请设置该变量,或去掉 `--password-env`",
    ),
    "live-keyring": Message(
        "the keyring gives no password: {reason}",
        "无法从密钥环取得密码:{reason}",
        "run `pip install 'PATH_OF_TUTELA[keyring]'` and `keyring set SERVICE USER`, or set `TUTELA_DB_PASSWORD`",
        "请执行 `pip install 'PATH_OF_TUTELA[keyring]'` 和 `keyring set SERVICE USER`,或设置 `TUTELA_DB_PASSWORD`",
    ),
    "live-refused": Message(
        "the database refuses this account: {reason}",
        "数据库拒绝该账号登录:{reason}",
        "check the user's name, and the password in `TUTELA_DB_PASSWORD`, the address or the driver's own file",
        "请检查用户名,以及 `TUTELA_DB_PASSWORD`、地址或驱动自身配置文件中的密码",
    ),
    "live-database-missing": Message(
        "the server has no database of this name, or this account may not see it",
        "服务器上没有该名称的数据库,或该账号无权查看",
        "check the last part of the address, and the rights of the account",
        "请检查地址的最后一段和账号的权限",
    ),
    "live-unreachable": Message(
        "the server cannot be reached: {reason}",
        "无法连接服务器:{reason}",
        "check host and port, and that the server accepts connections from here",
        "请检查主机和端口,以及服务器是否接受来自本机的连接",
    ),
    "live-tls": Message(
        "the encrypted connection fails: {reason}",
        "加密连接失败:{reason}",
        "check the TLS options of the address (`sslmode`, `sslrootcert`; MySQL: `ssl_ca`) and the server's certificate",
        "请检查地址中的 TLS 选项(`sslmode`、`sslrootcert`;MySQL 为 `ssl_ca`)和服务器证书",
    ),
    "live-connect-timeout": Message(
        "the server did not answer within {seconds} s",
        "服务器在 {seconds} 秒内没有响应",
        "check host, port and firewalls, or allow more with `--timeout`",
        "请检查主机、端口和防火墙,或用 `--timeout` 放宽时限",
    ),
    "live-statement-timeout": Message(
        "a query of the catalog took longer than {seconds} s and was given up",
        "查询系统目录超过 {seconds} 秒,已放弃",
        "choose fewer schemas with `--schema`, or allow more with `--timeout`",
        "请用 `--schema` 减少范围,或用 `--timeout` 放宽时限",
    ),
    "live-privilege": Message(
        "this account may not read what describes the schema: {reason}",
        "该账号无权读取库表结构:{reason}",
        "grant it the right to read the catalog of this database",
        "请授予该账号读取此数据库系统目录的权限",
    ),
    "live-failed": Message(
        "the database answered with an error: {reason}",
        "数据库返回错误:{reason}",
    ),
    "live-empty": Message(
        "this account sees no table here (schemas: {schemas})",
        "该账号在此看不到任何表(模式:{schemas})",
        "check the database, the account's rights and `--schema`; system schemas are left out",
        "请检查数据库、账号权限和 `--schema`;系统模式不计入",
    ),
    "live-schema": Message(
        "no schema fits `{pattern}`",
        "没有符合 `{pattern}` 的模式",
        "there are: {schemas}",
        "现有:{schemas}",
    ),
    "live-no-database-file": Message(
        "`{file}` is not a {kind} database",
        "`{file}` 不是 {kind} 数据库",
        "check the path and the kind of database in the address",
        "请检查路径和地址中的数据库类型",
    ),
    "live-locked": Message(
        "`{file}` is locked by another process",
        "`{file}` 被其他进程锁定",
        "close the program that holds it, or name a copy of the file",
        "请关闭占用它的程序,或改用该文件的副本",
    ),
}
