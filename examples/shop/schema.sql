CREATE TABLE customer (
    id        integer PRIMARY KEY,
    full_name varchar(50) NOT NULL,
    mobile    varchar(20),
    region    varchar(20) NOT NULL
);
CREATE TABLE product (
    id    integer PRIMARY KEY,
    label varchar(50) NOT NULL
);
