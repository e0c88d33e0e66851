-- What an SQLite catalog can hold; sqlite.txt says what is read of it.
CREATE TABLE customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    full_name TEXT NOT NULL,
    mobile DEFAULT '',
    name_length INTEGER GENERATED ALWAYS AS (length(full_name)) VIRTUAL,
    "生日" DATE
);
CREATE TABLE contract (
    region TEXT,
    number INTEGER,
    customer INTEGER REFERENCES customer,
    PRIMARY KEY (region, number)
) WITHOUT ROWID;
CREATE VIEW contact AS SELECT full_name, mobile FROM customer;
CREATE VIRTUAL TABLE note USING fts5 (body);
CREATE TABLE gone (phone TEXT);
CREATE VIEW broken AS SELECT phone FROM gone;
DROP TABLE gone;
