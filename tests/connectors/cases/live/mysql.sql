-- What a MariaDB catalog can hold; mysql.txt says what is read of it.
CREATE DATABASE crm;
CREATE DATABASE sales;
CREATE TABLE crm.customer (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    full_name VARCHAR(80) NOT NULL,
    mobile VARCHAR(20) DEFAULT '' COMMENT '手机号',
    grade ENUM('basic', 'gold') DEFAULT 'basic',
    extra JSON,
    name_length INT GENERATED ALWAYS AS (CHAR_LENGTH(full_name)) VIRTUAL,
    `生日` DATE
) COMMENT = '客户';
CREATE TABLE crm.contract (
    region CHAR(2),
    number INT,
    customer BIGINT UNSIGNED,
    PRIMARY KEY (region, number),
    FOREIGN KEY (customer) REFERENCES crm.customer (id)
);
CREATE TABLE sales.visit (
    at DATE NOT NULL,
    phone VARCHAR(20)
) PARTITION BY RANGE (YEAR(at)) (PARTITION p2026 VALUES LESS THAN (2027), PARTITION later VALUES LESS THAN MAXVALUE);
CREATE TABLE crm.member (number INT NOT NULL, UNIQUE (number)) COMMENT 'a unique index is no primary key';
CREATE VIEW crm.contact AS SELECT full_name, mobile FROM crm.customer;
CREATE TABLE sales.gone (phone VARCHAR(20));
CREATE VIEW sales.broken AS SELECT phone FROM sales.gone;
DROP TABLE sales.gone;
CREATE ROLE clerks;
CREATE USER anna@'%' IDENTIFIED BY 'of-anna';
CREATE USER part@'%' IDENTIFIED BY 'of-part';
GRANT clerks TO anna@'%';
GRANT SELECT ON crm.contact TO PUBLIC;
GRANT SELECT, UPDATE ON crm.customer TO clerks;
GRANT SELECT, SHOW VIEW ON `cr_`.* TO anna@'%';
GRANT SELECT (region, number) ON crm.contract TO part@'%';
GRANT SELECT ON crm.customer TO part@'%';
