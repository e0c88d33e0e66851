-- What a PostgreSQL catalog can hold; postgres.txt says what is read of it.
CREATE SCHEMA crm;
CREATE SCHEMA sales;
CREATE ROLE clerks;
CREATE ROLE anna LOGIN PASSWORD 'of-anna';
GRANT clerks TO anna;
CREATE DOMAIN crm.email AS varchar(200) CHECK (VALUE LIKE '%@%');
CREATE TYPE crm.grade AS ENUM ('basic', 'gold');
CREATE TABLE crm.customer (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    full_name varchar(80) NOT NULL,
    mobile text DEFAULT '',
    mail crm.email,
    grade crm.grade DEFAULT 'basic',
    phones text[],
    extra jsonb,
    name_length integer GENERATED ALWAYS AS (length(full_name)) STORED,
    dropped text,
    "生日" date
);
ALTER TABLE crm.customer DROP COLUMN dropped;
COMMENT ON TABLE crm.customer IS '客户';
COMMENT ON COLUMN crm.customer.mobile IS '手机号';
CREATE TABLE crm.contract (
    region char(2),
    number serial,
    customer bigint REFERENCES crm.customer (id),
    PRIMARY KEY (region, number)
);
CREATE TABLE sales.visit (
    region char(2),
    number integer,
    at timestamptz NOT NULL,
    FOREIGN KEY (region, number) REFERENCES crm.contract (region, number)
) PARTITION BY RANGE (at);
CREATE TABLE sales.visit_2026 PARTITION OF sales.visit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE sales.lead (id integer, phone text);
CREATE TABLE sales.lead_old () INHERITS (sales.lead);
CREATE TABLE sales.lead_rich (wealth numeric(12, 2)) INHERITS (sales.lead);
CREATE TABLE sales.nothing ();
CREATE VIEW crm.contact AS SELECT full_name, mobile FROM crm.customer;
CREATE MATERIALIZED VIEW crm.summary AS SELECT count(*) AS customers FROM crm.customer;
GRANT SELECT ON crm.contact TO PUBLIC;
GRANT SELECT, UPDATE ON crm.customer TO clerks;
GRANT SELECT (region, number) ON crm.contract TO anna;
