"""Generated DDL: a schema of any number of tables in MySQL's or PostgreSQL's words, with rows when they are wanted."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    ("full_name", "varchar(64)", "customer's full name"),
    ("mobile", "varchar(20)", "手机号"),
    ("email", "varchar(120)", "contact e-mail"),
    ("birth_date", "date", "出生日期"),
    ("id_card_no", "varchar(32)", "身份证号"),
    ("home_address", "varchar(200)", "家庭住址"),
    ("remark", "text", "备注"),
    ("amount", "decimal(12,2)", "金额"),
    ("status", "int", "状态"),
    ("created_at", "timestamp", "创建时间"),
    ("warehouse_code", "varchar(20)", "仓库编号"),
    ("quantity", "int", "数量"),
)


def write(path: Path, dialect: str, tables: int, columns: int = 20, *, seed: int = 7, row_bytes: int = 0) -> None:
    """Write a script of so many tables, and rows of so many bytes after them."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8") as stream:
        for number in range(tables):
            stream.write(_table(f"table_{number:04}", dialect, columns, draw, number))
        written, number = 0, 0
        while written < row_bytes:
            values = ",".join(
                f"({number + n}, 'Example O''Name {n}', '13800000{n:03}', 'some text; of a row')" for n in range(200)
            )
            statement = f"INSERT INTO table_0000 VALUES {values};\n"
            written += len(statement)
            number += 200
            stream.write(statement)


def _table(name: str, dialect: str, columns: int, draw: random.Random, number: int) -> str:
    quote = "`" if dialect == "mysql" else '"'
    lines = [f"  {quote}id{quote} bigint NOT NULL" + (" AUTO_INCREMENT" if dialect == "mysql" else "")]
    notes: list[str] = []
    for at in range(columns - 2):
        column, kind, note = draw.choice(COLUMNS)
        column = f"{column}_{at}"
        comment = f" COMMENT '{note.replace(chr(39), chr(39) * 2)}'" if dialect == "mysql" else ""
        lines.append(f"  {quote}{column}{quote} {kind} DEFAULT NULL{comment}")
        notes.append(f"COMMENT ON COLUMN {name}.{column} IS '{note.replace(chr(39), chr(39) * 2)}';\n")
    lines.append(f"  {quote}parent_id{quote} bigint")
    lines.append(f"  PRIMARY KEY ({quote}id{quote})")
    if number:
        parent = f"table_{draw.randrange(number):04}"
        key = f"FOREIGN KEY ({quote}parent_id{quote}) REFERENCES {quote}{parent}{quote} ({quote}id{quote})"
        lines.append(f"  CONSTRAINT fk_{number} {key}")
    body = ",\n".join(lines)
    end = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n" if dialect == "mysql" else ";\n"
    return (
        f"CREATE TABLE {quote}{name}{quote} (\n{body}\n){end}" + ("" if dialect == "mysql" else "".join(notes)) + "\n"
    )
