CREATE SCHEMA crm;

CREATE TABLE crm.customer (
    id bigint PRIMARY KEY,
    full_name varchar(100) NOT NULL,
    mobile varchar(20),
    email varchar(200),
    marital_status varchar(10),
    relationship_ended_at timestamptz
);

COMMENT ON COLUMN crm.customer.marital_status IS '婚姻状况';
