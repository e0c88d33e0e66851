"""The formats of logs beside PostgreSQL's: how they look, who reads them, and in which dialect their statements are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .log_bigquery import is_bigquery, read_bigquery
from .log_exports import is_export, read_export
from .log_mariadb_audit import is_mariadb_audit, read_mariadb_audit
from .log_mysql_audit_json import is_audit_json, read_audit_json
from .log_mysql_audit_xml import is_audit_csv, is_audit_xml, read_audit_csv, read_audit_xml
from .log_mysql_azure import is_azure, read_azure
from .log_mysql_general import general_at, read_general
from .log_mysql_slow import read_slow, slow_at
from .log_oracle import ORACLE
from .log_parquet import read_parquet
from .log_redshift import is_redshift, read_redshift
from .log_snowflake import SNOWFLAKE
from .log_sqlserver import SQLSERVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tutela.engine.events import Event, Hole

    from .log_exports import Export
    from .log_lines import LogFile
    from .log_mapped import LogMapping


@dataclass(frozen=True, slots=True)
class More:
    """A format of logs: how its first lines look, who reads it, and its dialect."""

    fits: Callable[[list[str]], bool]
    read: Callable[[LogFile, LogMapping, Callable[[], None]], Iterator[Event | Hole]]
    dialect: str | None


def _export(export: Export, dialect: str) -> More:
    return More(
        lambda head: is_export(head, export),
        lambda file, mapping, skip: read_export(file, mapping, export, skip),
        dialect,
    )


MORE: Final[Mapping[str, More]] = {
    "mysql-general": More(
        lambda head: general_at(head) < slow_at(head), lambda file, at, skip: read_general(file, at.zone, skip), "mysql"
    ),
    "mysql-slow": More(
        lambda head: slow_at(head) < general_at(head), lambda file, at, skip: read_slow(file, at.zone, skip), "mysql"
    ),
    "mariadb-audit": More(is_mariadb_audit, lambda file, at, skip: read_mariadb_audit(file, at.zone, skip), "mysql"),
    "mysql-audit-json": More(is_audit_json, lambda file, at, skip: read_audit_json(file, at.zone, skip), "mysql"),
    "mysql-audit-xml": More(is_audit_xml, lambda file, at, skip: read_audit_xml(file, at.zone, skip), "mysql"),
    "mysql-audit-csv": More(is_audit_csv, lambda file, at, skip: read_audit_csv(file, at.zone, skip), "mysql"),
    "mysql-azure": More(is_azure, lambda file, at, skip: read_azure(file, at.zone, skip), "mysql"),
    "redshift-activity": More(is_redshift, lambda file, _, skip: read_redshift(file, skip), "redshift"),
    "snowflake": _export(SNOWFLAKE, "snowflake"),
    "bigquery": More(is_bigquery, lambda file, _, skip: read_bigquery(file, skip), "bigquery"),
    "oracle-unified": _export(ORACLE, "oracle"),
    "sqlserver-audit": _export(SQLSERVER, "tsql"),
    "parquet": More(lambda _: False, lambda file, mapping, _: read_parquet(file, mapping), None),
}
"""In the order in which they are tried; what Parquet is, its first bytes say."""
