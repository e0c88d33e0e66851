"""What three people see of the same table: `python sqlalchemy_script.py postgresql+psycopg://USER@HOST/DATABASE`."""

from __future__ import annotations

import sys
from pathlib import Path

from people import subject_of
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tutela.integrations.acting import acting
from tutela.integrations.local import Local
from tutela.integrations.sqlalchemy import StatementDenied, protect

HERE = Path(__file__).parent


class Base(DeclarativeBase):
    """The tables of the shop."""


class Customer(Base):
    """A customer."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    mobile: Mapped[str | None]


def main(address: str) -> None:
    """Ask as each of them."""
    engine = create_engine(address)
    protect(engine, Local.of_project(HERE), HERE / "schema.sql", default_schema="public", mode="rewrite")
    for name in ("wang", "li", "zhao"):
        with acting(subject_of(name), purpose="contract_performance"), Session(engine) as session:
            try:
                for customer in session.query(Customer).order_by(Customer.id):
                    print(name, customer.id, customer.full_name, customer.mobile)  # noqa: T201 (a script)
            except StatementDenied as denied:
                print(name, "denied:", *[reason.rule for reason in denied.answer.reasons])  # noqa: T201 (a script)


if __name__ == "__main__":
    main(sys.argv[1])
