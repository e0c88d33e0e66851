"""Which SQL dialect a schema file is written in."""

from __future__ import annotations

import re
from typing import Final

from tutela.engine.errors import InputError, Location, Problem

_ALIASES: Final = {
    "mysql": "mysql",
    "mariadb": "mysql",
    "postgres": "postgres",
    "postgresql": "postgres",
    "oracle": "oracle",
    "tsql": "tsql",
    "sqlserver": "tsql",
    "mssql": "tsql",
    "sqlite": "sqlite",
    "duckdb": "postgres",
    "redshift": "postgres",
    "kingbase": "postgres",
    "opengauss": "postgres",
    "gaussdb": "postgres",
    "greenplum": "postgres",
    "dm": "oracle",
    "dm8": "oracle",
    "dameng": "oracle",
    "oceanbase": "mysql",
    "tidb": "mysql",
}
DIALECTS: Final = ("mysql", "postgres", "oracle", "tsql", "sqlite")
"""The dialects of schema files, as sqlglot names them."""

DEFAULT: Final = "postgres"
"""Standard SQL is nearest to it."""

SAMPLE: Final = 400_000
"""How much of a text is looked at."""
_SIGNS: Final[tuple[tuple[str, int, re.Pattern[str]], ...]] = tuple(
    (dialect, weight, re.compile(pattern, re.IGNORECASE | re.MULTILINE | re.ASCII))
    for dialect, weight, pattern in (
        ("mysql", 5, r"\)\s{0,9}ENGINE\s{0,9}="),
        ("mysql", 3, r"^[ \t]{0,40}`\w+`"),
        ("mysql", 3, r"\bAUTO_INCREMENT\b|\bUNSIGNED\b|/\*!\d"),
        ("mysql", 2, r"\bCREATE[ \t]+TABLE[ \t]+(?:IF[ \t]+NOT[ \t]+EXISTS[ \t]+)?`"),
        ("mysql", 1, r"\b(?:tinyint|mediumint|longtext|mediumtext|datetime)\b"),
        ("mysql", 2, r"\bCOMMENT[ \t]+'"),
        ("mysql", 3, r"\b(?:INTO|TABLE|UPDATE|FROM|JOIN|EXISTS|COLUMN|KEY|ON)[ \t]*\(?`"),
        ("mysql", 3, r"^#(?:[ \t]|\r?$)"),
        ("mysql", 8, r"^-- (?:MySQL|MariaDB) dump\b|^-- phpMyAdmin\b"),
        ("postgres", 5, r"\b(?:bigserial|serial4|serial8|jsonb|bytea|timestamptz|plpgsql|tsvector)\b"),
        ("postgres", 3, r"\bserial\b|::[a-z]|\bnextval[ \t]*\(|\bcharacter varying\b"),
        ("postgres", 3, r"\bOWNER TO\b|\bsearch_path\b|\bint[248]\b|\bWITHOUT TIME ZONE\b"),
        ("postgres", 5, r"^\\(?:c|connect|i|ir|copy|echo|set)[ \t]|\bAS[ \t]+ENUM\b|\bCREATE[ \t]+EXTENSION\b"),
        ("postgres", 8, r"^-- PostgreSQL database"),
        ("postgres", 1, r"\btimestamp\b|\btext\b|\bboolean\b|\bCOMMENT ON\b"),
        ("oracle", 5, r"\bN?VARCHAR2[ \t]*\("),
        ("oracle", 3, r"\bNUMBER\b|\bCLOB\b|\bSYSDATE\b"),
        ("oracle", 3, r"^[ \t]*PROMPT\b|\bTABLESPACE\b.{0,80}\bPCTFREE\b"),
        ("oracle", 1, r"\bCOMMENT ON\b"),
        ("oracle", 8, r"\bSTORAGE[ \t]*\([ \t]*ON\b|\bCLUSTERBTR\b|\bCLUSTER[ \t]+PRIMARY[ \t]+KEY\b"),  # DM
        ("tsql", 5, r"^GO[ \t]*\r?$"),
        ("tsql", 4, r"\[dbo\]\.|(?:^[ \t]*,?|\(|\bADD)[ \t]*\[\w+\][ \t]+\[?\w+\]?[ \t(]"),
        ("tsql", 3, r"\bNVARCHAR\b|(?<!\bAS )\bIDENTITY[ \t]*\(|\bUNIQUEIDENTIFIER\b|\bDATETIME2\b"),
        ("tsql", 2, r"\bALTER[ \t]+COLUMN[ \t]+[\w\[\]]+[ \t]+(?!(?:ADD|DROP|RESTART|SET|TYPE)\b)\w"),
        ("tsql", 1, r"\bN'"),
        ("tsql", 5, r"\bsp_(?:add|update|drop)extendedproperty\b|\bsys\.extended_properties\b|\bsysobjects\b"),
        ("sqlite", 5, r"\bAUTOINCREMENT\b|\bPRAGMA\b|\bWITHOUT ROWID\b|\bsqlite"),
        ("sqlite", 8, r"^[ \t]*\[\w+\] INTEGER\b"),
        ("sqlite", 10, r"\bCREATE[ \t]+VIRTUAL[ \t]+TABLE\b|\)[ \t]{0,9}WITHOUT[ \t]+ROWID\b"),
    )
)
_SILENT: Final = re.compile(
    r"'[^'\n]{1,2000}'|--(?! (?:MySQL|MariaDB|PostgreSQL|phpMyAdmin)\b)[^\n]*+|/\*(?!M?!)[^*]{0,5000}+\*/"
)
"""What stands in quotes, comments of columns above all, and what is said about a script tell nothing of its dialect."""


def canonical(name: str) -> str:
    """The dialect for one of its usual names; raises InputError for an unknown one."""
    dialect = _ALIASES.get(name.strip().lower())
    if dialect is None:
        args = {"dialect": name, "known": ", ".join(sorted(_ALIASES))}
        raise InputError([Problem(code="ddl-unknown-dialect", location=Location("--dialect"), args=args)])
    return dialect


def detect(text: str) -> str:
    """The dialect whose marks are most in `text`; a mark counts by its weight, and at most ten times."""
    sample = _SILENT.sub(lambda found: "''" if found[0][0] == "'" else " ", text[:SAMPLE])
    scores: dict[str, int] = dict.fromkeys(DIALECTS, 0)
    for dialect, weight, pattern in _SIGNS:
        hits = sum(1 for _, _ in zip(pattern.finditer(sample), range(10), strict=False))
        scores[dialect] += weight * hits
    best = max(scores, key=lambda dialect: scores[dialect])
    return best if scores[best] else DEFAULT


def guessed(name: str) -> str:
    """The dialect that fits the name of a product, standard SQL for one that is not known."""
    return _ALIASES.get(name.strip().lower(), DEFAULT)
