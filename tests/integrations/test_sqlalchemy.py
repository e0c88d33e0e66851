"""Statements of SQLAlchemy on real databases: what each subject may run, in every way there is to run something."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from tutela.engine.errors import InputError
from tutela.integrations.acting import acting
from tutela.integrations.denied import AccessDenied
from tutela.integrations.remote import Remote
from tutela.integrations.sqlalchemy import StatementDenied, protect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tutela.engine.errors import Lang
    from tutela.engine.model import Obligation

SHOP = Path(__file__).parents[2] / "examples" / "shop"
WANG = {"type": "employee", "id": "wang", "properties": {"team": "service"}}
LI = {"type": "employee", "id": "li", "properties": {"team": "sales", "region": "north"}}
ZHAO = {"type": "employee", "id": "zhao", "properties": {"team": "finance"}}
PURPOSE = "contract_performance"
LANGS: Final[tuple[Lang, ...]] = ("en", "zh")


class Base(DeclarativeBase):
    """The tables of these tests."""


class Customer(Base):
    """A customer of the shop."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    mobile: Mapped[str | None]


class Product(Base):
    """A product, which everybody may read."""

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]


TABLE = Base.metadata.tables["customer"]
NAMES = sa.select(TABLE.c.full_name).order_by(TABLE.c.id)


def protected(address: str, shop: Any, **options: Any) -> sa.Engine:
    """An engine that is protected with the shop's policies."""
    engine = sa.create_engine(address)
    protect(engine, shop, SHOP / "schema.sql", default_schema="public", **options)
    return engine


@pytest.fixture
def engine(database: Any, shop: Any) -> Iterator[sa.Engine]:
    """PostgreSQL; what is not allowed is denied."""
    made = protected(database.address(), shop)
    yield made
    made.dispose()


@pytest.fixture
def rewriting(database: Any, shop: Any) -> Iterator[sa.Engine]:
    """PostgreSQL; masks and filters are written into queries."""
    made = protected(database.address(), shop, mode="rewrite")
    yield made
    made.dispose()


WAYS: dict[str, Callable[[sa.Connection], Any]] = {
    "core": lambda connection: connection.execute(NAMES).all(),
    "text": lambda connection: connection.execute(
        sa.text("SELECT full_name FROM customer WHERE id > :low"), {"low": 0}
    ).all(),
    "driver": lambda connection: connection.exec_driver_sql("SELECT full_name FROM customer").all(),
    "driver with parameters": lambda connection: connection.exec_driver_sql(
        "SELECT full_name FROM customer WHERE id > %s AND full_name NOT LIKE '%%x'", (0,)
    ).all(),
    "driver without parameters": lambda connection: (
        connection.execution_options(no_parameters=True)
        .exec_driver_sql("SELECT full_name FROM customer WHERE full_name LIKE '%e%'")
        .all()
    ),
    "orm": lambda connection: Session(connection).query(Customer).all(),
    "orm get": lambda connection: Session(connection).get(Customer, 1),
    "server side": lambda connection: connection.execution_options(stream_results=True).execute(NAMES).all(),
    "subquery of a product": lambda connection: connection.execute(
        sa.select(Product.label).where(Product.id.in_(sa.select(Customer.id)))
    ).all(),
    "whole table": lambda connection: connection.exec_driver_sql("TABLE customer").all(),
    "count": lambda connection: connection.execute(sa.select(sa.func.count()).select_from(TABLE)).scalar(),
    "engine with options": lambda connection: (
        connection.engine.execution_options(isolation_level="AUTOCOMMIT").connect().execute(NAMES).all()
    ),
    "long text": lambda connection: connection.exec_driver_sql(
        f"SELECT full_name FROM customer -- {'x' * 30_000}"
    ).all(),
    "other schema name": lambda connection: connection.exec_driver_sql('SELECT full_name FROM public."customer"').all(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_read(engine: sa.Engine, database: Any, way: str) -> None:
    """Who may read gets rows; for who may not, or nobody, no word of the statement reaches the server."""
    with engine.connect() as connection, acting(WANG, purpose=PURPOSE):
        assert WAYS[way](connection)
    start = database.seen()
    for who in (ZHAO, None):
        with engine.connect() as connection, acting(who, purpose=PURPOSE), pytest.raises(StatementDenied) as caught:
            WAYS[way](connection)
        assert isinstance(caught.value, SQLAlchemyError)
        assert isinstance(caught.value, AccessDenied)
        assert [reason.rule for reason in caught.value.answer.reasons] == [
            "subject-unset" if who is None else "no-permitting-policy"
        ]
    assert database.since(start) == ""


WRITES: dict[str, Callable[[Session], Any]] = {
    "insert": lambda session: session.execute(sa.insert(Product), {"id": 9, "label": "desk"}),
    "insert many": lambda session: session.execute(
        sa.insert(Product), [{"id": number, "label": "desk"} for number in (10, 11)]
    ),
    "insert many, returning": lambda session: session.execute(
        sa.insert(Product).returning(Product.id), [{"id": number, "label": "desk"} for number in (10, 11)]
    ),
    "executemany of the driver": lambda session: session.connection().exec_driver_sql(
        "INSERT INTO product VALUES (%s, %s)", [(12, "desk"), (13, "desk")]
    ),
    "flush": lambda session: session.bulk_save_objects([Product(id=14, label="desk")]),
    "update": lambda session: session.execute(sa.update(Customer).values(full_name="x")),
    "delete": lambda session: session.execute(sa.delete(Customer)),
    "ddl": lambda session: session.execute(sa.text("DROP TABLE customer")),
    "copy": lambda session: session.execute(sa.text("COPY customer TO STDOUT")),
    "create as": lambda session: session.execute(sa.text("CREATE TABLE t AS SELECT * FROM product")),
    "grant": lambda session: session.execute(sa.text("GRANT SELECT ON customer TO PUBLIC")),
    "insert of a select": lambda session: session.execute(
        sa.insert(Product).from_select(["id", "label"], sa.select(Customer.id, Customer.mobile))
    ),
}


@pytest.mark.parametrize("way", WRITES)
def test_every_way_to_write(engine: sa.Engine, database: Any, way: str) -> None:
    """What no rule allows is denied, whoever asks and however it is said."""
    with engine.connect(), acting(WANG):
        start = database.seen()
    with Session(engine) as session, acting(WANG, purpose=PURPOSE), pytest.raises(StatementDenied):
        WRITES[way](session)
    assert database.since(start) == ""


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT full_name FROM customer; SELECT 1", "statement-several"),
        ("SELECT 1; SET search_path = evil", "statement-several"),
        ("SET search_path = evil", "statement-statement-kind"),
        ("SET ROLE postgres", "statement-not-parsed"),
        ("SELECT set_config('search_path', 'evil', false)", "statement-function-unknown"),
        ("SELECT pg_read_file('/etc/passwd')", "statement-function-unknown"),
        ("SELECT nothing_known FROM customer", "statement-column-unknown"),
        ("SELECT * FROM unheard_of", "statement-table-unknown"),
        ("DO $$ BEGIN PERFORM 1; END $$", "statement-not-parsed"),
        ("VACUUM", "statement-not-listed"),
        ("DEALLOCATE ALL", "statement-not-listed"),
        ("SELECT full_name FROM customer WHERE 'it %(is)s quoted' = ''", "statement-parameters"),
        ("SELECT full_name FROM customer /* %(a)s */", "statement-parameters"),
        ("SELECT 100 % 7", "statement-parameters"),
    ],
)
def test_what_is_not_analysed(engine: sa.Engine, database: Any, sql: str, code: str) -> None:
    """Statements that nobody can tell what they touch are denied, even to who may read everything; in Chinese, too."""
    with engine.connect() as connection:
        start = database.seen()
        for lang in LANGS:
            with acting(WANG, purpose=PURPOSE, lang=lang), pytest.raises(StatementDenied) as caught:
                connection.exec_driver_sql(sql)
            found = caught.value.answer.problem
            assert found is not None
            assert found.code == code
            assert caught.value.answer.reasons[0].message == found.message(lang)
    assert database.since(start) == ""


def test_transactions_need_no_subject(engine: sa.Engine) -> None:
    """Transactions, savepoints and settings of a session pass; what they are for does not."""
    with engine.connect() as connection, connection.begin():
        with connection.begin_nested():
            connection.execute(sa.text("SET LOCAL statement_timeout = '5s'"))
            connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"))
        with pytest.raises(StatementDenied):
            connection.execute(sa.text("SELECT 1"))
        with acting(ZHAO):
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_a_denial_leaves_the_session_usable(engine: sa.Engine) -> None:
    """Nothing has happened in the transaction: it goes on."""
    with acting(ZHAO, purpose=PURPOSE), Session(engine) as session:
        assert session.scalars(sa.select(Product.label).order_by(Product.id)).all() == ["lamp", "chair"]
        with pytest.raises(StatementDenied):
            session.scalars(NAMES).all()
        assert session.scalars(sa.select(Product.label).where(Product.id == 1)).all() == ["lamp"]


def test_purpose_and_language(engine: sa.Engine) -> None:
    """The purpose counts; reasons and remedy come in the language of who is acting."""
    with engine.connect() as connection, acting(WANG, lang="zh"), pytest.raises(StatementDenied) as caught:
        connection.execute(NAMES)

    assert [(reason.rule, reason.message) for reason in caught.value.answer.reasons] == [
        ("SHOP-05.a-purpose-for-customers", "仅可为履行合同查看客户信息")
    ]


def test_threads_start_without_a_subject(engine: sa.Engine) -> None:
    """A thread is not who started it."""
    caught: list[BaseException] = []

    def work() -> None:
        try:
            with engine.connect() as connection:
                connection.execute(NAMES)
        except StatementDenied as error:
            caught.append(error)

    with acting(WANG, purpose=PURPOSE):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert "subject-unset" in str(caught[0])


def test_many_threads(rewriting: sa.Engine) -> None:
    """Two subjects at once, each with its own rows: nothing that is remembered mixes them up."""
    found: dict[str, set[str]] = {"wang": set(), "li": set()}

    def work(who: dict[str, Any]) -> None:
        for number in range(20):
            with rewriting.connect() as connection, acting(who, purpose=PURPOSE):
                rows = connection.exec_driver_sql(f"SELECT full_name, {number} FROM customer ORDER BY id").all()
                found[who["id"]].add(" ".join(row[0] for row in rows))

    threads = [threading.Thread(target=work, args=(who,)) for who in (WANG, LI, WANG, LI)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {"wang": {"Anna Huber Wei Chen"}, "li": {"Anna Huber"}}


def test_each_shape_is_analysed_once(database: Any, shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements that differ in their values only are analysed once, and decided about each time."""
    from tutela.engine.statements import Analyser

    counted: list[str] = []
    whole = Analyser.afresh

    def afresh(self: Analyser, sql: str) -> Any:
        counted.append(sql)
        return whole(self, sql)

    monkeypatch.setattr(Analyser, "afresh", afresh)
    engine = protected(database.address(), shop)
    with engine.connect() as connection:
        for number in range(20):
            with acting(WANG, purpose=PURPOSE):
                connection.exec_driver_sql(f"SELECT full_name FROM customer WHERE id = {number}")
                connection.execute(NAMES.where(TABLE.c.id == number))
            with acting(ZHAO, purpose=PURPOSE), pytest.raises(StatementDenied):
                connection.exec_driver_sql(f"SELECT full_name FROM customer WHERE id = {number}")
    engine.dispose()

    assert len(counted) == 2


def test_rewritten(rewriting: sa.Engine, database: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Masks and filters are in the rows, named parameters stay theirs, and the log of SQLAlchemy has its own words."""
    rewriting.echo = True
    statement = sa.text(
        "SELECT full_name, mobile FROM customer WHERE mobile LIKE :like AND id IN (:a, :b) AND id = :a AND mobile <> ''"
    )
    with rewriting.connect() as connection, acting(LI, purpose=PURPOSE):
        start = database.seen()
        rows = connection.execute(statement, {"like": "1%", "a": 1, "b": 2}).all()
        assert rows == [("Anna Huber", "138***00")]
    assert "north" in database.since(start)
    assert "north" not in caplog.text


def test_rewritten_parameters_by_position(rewriting: sa.Engine) -> None:
    """Parameters that have only their place go along when the rewritten statement has them elsewhere."""
    with rewriting.connect() as connection, acting(LI, purpose=PURPOSE):
        found = connection.exec_driver_sql(
            "SELECT full_name || %s FROM customer WHERE full_name LIKE '%%' OFFSET %s LIMIT %s", ("!", 0, 5)
        )
        assert found.all() == [("Anna Huber!",)]


def test_rewriting_keeps_the_number_of_rows(rewriting: sa.Engine) -> None:
    """As many rows as are stated, and no more."""
    with rewriting.connect() as connection, acting(WANG, purpose=PURPOSE, context={"row_count": 1}):
        assert len(connection.execute(NAMES).all()) == 1


def test_rewriting_refuses_what_it_cannot(rewriting: sa.Engine, database: Any) -> None:
    """A query that must be rewritten, and cannot be, is denied: also when the rows are only locked."""
    with rewriting.connect() as connection, acting(LI, purpose=PURPOSE):
        start = database.seen()
        for sql in ("SELECT full_name FROM customer FOR UPDATE", "SELECT * FROM customer TABLESAMPLE SYSTEM (9)"):
            with pytest.raises(StatementDenied):
                connection.exec_driver_sql(sql)
    assert database.since(start) == ""


def test_errors_show_what_the_application_wrote(rewriting: sa.Engine) -> None:
    """An error of the database comes with the statement of the application: the rewritten one may hold salts."""
    with rewriting.connect() as connection, acting(LI, purpose=PURPOSE), pytest.raises(DBAPIError) as caught:
        connection.execute(sa.text("SELECT full_name, 1 / (id - id) FROM customer"))

    assert caught.value.statement == "SELECT full_name, 1 / (id - id) FROM customer"


def test_masks_deny_where_nothing_is_rewritten(engine: sa.Engine) -> None:
    """In the mode `deny`, whose rows must be masked gets none."""
    with engine.connect() as connection, acting(LI, purpose=PURPOSE), pytest.raises(StatementDenied) as caught:
        connection.execute(NAMES)

    assert "obligation-not-supported: " in str(caught.value)
    assert "filter_rows, mask_columns" in str(caught.value)


def test_obligations_are_carried_out_before(database: Any, shop: Any) -> None:
    """What else must be done is done before the statement; when it fails, nothing runs."""
    done: list[str] = []

    def log_use(duty: Obligation) -> None:
        done.append(duty.kind)
        if len(done) > 1:
            raise OSError

    engine = protected(database.address(), shop, complies={"log_use": log_use})
    update = sa.update(Customer).where(Customer.id == 2).values(mobile="13900139000")
    with engine.connect() as connection, acting(WANG, purpose=PURPOSE):
        assert connection.execute(update).rowcount == 1
        start = database.seen()
        with pytest.raises(StatementDenied, match=r"obligation-failed: .*OSError"):
            connection.execute(update)
        assert database.since(start) == ""
    engine.dispose()

    assert done == ["log_use", "log_use"]


def test_a_listener_that_changes_the_statement(database: Any, shop: Any) -> None:
    """What a later listener makes of a statement is decided about again."""
    engine = protected(database.address(), shop)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def change(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any
    ) -> tuple[str, Any]:
        return statement.replace("product", "customer"), parameters

    with engine.connect() as connection, acting(ZHAO, purpose=PURPOSE), pytest.raises(StatementDenied):
        connection.exec_driver_sql("SELECT id FROM product")
    engine.dispose()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_async_engines(database: Any, shop: Any, driver: str) -> None:
    """Async engines of both drivers: rows, masks with parameters, streams, and denials."""

    async def work() -> None:
        engine = create_async_engine(database.address(driver))
        protect(engine, shop, SHOP / "schema.sql", default_schema="public", mode="rewrite")
        async with engine.connect() as connection:
            with acting(WANG, purpose=PURPOSE):
                assert (await connection.execute(NAMES)).scalars().all() == ["Anna Huber", "Wei Chen"]
                streamed = await connection.stream(NAMES)
                assert len(await streamed.all()) == 2
            with acting(LI, purpose=PURPOSE):
                found = await connection.execute(sa.select(TABLE.c.mobile).where(TABLE.c.id.in_([1, 2])))
                assert found.all() == [("138***00",)]
            start = database.seen()
            with acting(ZHAO, purpose=PURPOSE), pytest.raises(StatementDenied):
                await connection.execute(NAMES)
            assert database.since(start) == ""
        await engine.dispose()

    asyncio.run(work())


def test_a_service_decides(database: Any, start: Callable[..., str]) -> None:
    """The decision service decides about statements, too: for engines of threads and of event loops."""
    tool = Path(sys.executable).parent / "tutela"
    remote = Remote(start(str(tool), "serve", "--port", "{port}", ready="/readyz"))
    engine = sa.create_engine(database.address())
    aengine = create_async_engine(database.address())
    for made in (engine, aengine):
        protect(made, remote, SHOP / "schema.sql", default_schema="public")

    async def names() -> list[str]:
        async with aengine.connect() as connection:
            found = list((await connection.execute(NAMES)).scalars())
        await aengine.dispose()
        await remote.aclose()
        return found

    with acting(WANG, purpose=PURPOSE):
        assert asyncio.run(names()) == ["Anna Huber", "Wei Chen"]
        with engine.connect() as connection:
            assert connection.execute(NAMES).scalars().all() == ["Anna Huber", "Wei Chen"]
    with acting(ZHAO, purpose=PURPOSE):
        start_of = database.seen()
        with pytest.raises(StatementDenied, match="no-permitting-policy"):
            asyncio.run(names())
        with engine.connect() as connection, pytest.raises(StatementDenied, match="no-permitting-policy"):
            connection.execute(NAMES)
        assert "full_name" not in database.since(start_of)
    engine.dispose()
    remote.close()


def test_duckdb(tmp_path: Path, shop: Any) -> None:
    """DuckDB: masks and filters as in PostgreSQL."""
    plain = sa.create_engine(f"duckdb:///{tmp_path}/shop.db")
    with plain.begin() as connection:
        for statement in (SHOP / "schema.sql").read_text(encoding="utf-8").split(";")[:-1]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO customer VALUES (1,'Anna','13800138000','north'),(2,'Wei','1','south')")
    engine = sa.create_engine(f"duckdb:///{tmp_path}/shop.db")
    protect(engine, shop, SHOP / "schema.sql", default_schema="main", mode="rewrite")
    with engine.connect() as connection:
        with acting(WANG, purpose=PURPOSE):
            assert connection.execute(NAMES).all() == [("Anna",), ("Wei",)]
        with acting(LI, purpose=PURPOSE):
            assert connection.execute(sa.select(TABLE.c.mobile).where(TABLE.c.id < 3)).all() == [("138***00",)]
        with acting(ZHAO, purpose=PURPOSE), pytest.raises(StatementDenied):
            connection.execute(NAMES)
        with acting(WANG, purpose=PURPOSE), pytest.raises(StatementDenied):
            connection.exec_driver_sql("SELECT * FROM read_csv('/etc/passwd')")


def test_sqlite(shop: Any) -> None:
    """SQLite: denied before the query runs, by the trace of the library itself."""
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    seen: list[str] = []
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO customer VALUES (1, 'Anna', '1')")
    protect(engine, shop, SHOP / "schema.sql")
    with engine.connect() as connection:
        connection.connection.driver_connection.set_trace_callback(seen.append)  # type: ignore[union-attr]
        with acting(WANG, purpose=PURPOSE):
            assert connection.execute(NAMES.where(TABLE.c.id == 1)).all() == [("Anna",)]
        assert len([sql for sql in seen if "full_name" in sql]) == 1
        seen.clear()
        with acting(ZHAO, purpose=PURPOSE), pytest.raises(StatementDenied):
            connection.execute(NAMES)
        with acting(WANG, purpose=PURPOSE), pytest.raises(StatementDenied):
            connection.exec_driver_sql("PRAGMA writable_schema = 1")
        assert [sql for sql in seen if sql != "BEGIN "] == []


def test_setting_up(shop: Any) -> None:
    """What cannot protect is refused when it is set up, with a code."""
    engine = sa.create_engine("sqlite://")
    for code, arguments, options in (
        ("integration-mode", (shop, SHOP / "schema.sql"), {"mode": "watch"}),
        ("integration-rewrite-remote", (Remote("http://127.0.0.1:9"), SHOP / "schema.sql"), {"mode": "rewrite"}),
        ("input-none", (shop,), {}),
    ):
        with pytest.raises(InputError) as caught:
            protect(engine, *arguments, **options)  # type: ignore[arg-type]
        assert [found.code for found in caught.value.problems] == [code]
