-- What a DuckDB catalog can hold; duckdb.txt says what is read of it.
CREATE SCHEMA crm;
CREATE SEQUENCE crm.ids;
CREATE TYPE grade AS ENUM ('basic', 'gold');
CREATE TABLE crm.customer (
    id BIGINT PRIMARY KEY DEFAULT nextval('crm.ids'),
    full_name VARCHAR NOT NULL,
    mobile VARCHAR DEFAULT '',
    grade grade,
    phones VARCHAR[],
    extra JSON,
    home STRUCT(street VARCHAR, city VARCHAR),
    name_length INTEGER GENERATED ALWAYS AS (length(full_name)) VIRTUAL,
    "生日" DATE
);
COMMENT ON TABLE crm.customer IS '客户';
COMMENT ON COLUMN crm.customer.mobile IS '手机号';
CREATE TABLE crm.contract (number INTEGER, customer BIGINT REFERENCES crm.customer (id));
CREATE VIEW crm.contact AS SELECT full_name, mobile FROM crm.customer;
CREATE TABLE lead (phone VARCHAR);
