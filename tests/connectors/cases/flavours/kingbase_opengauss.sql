CREATE TABLE kb.a (id int4 NOT NULL DEFAULT nextval('x_seq'::regclass), n varchar(20 char) COLLATE "pg_catalog"."default", ts timestamp(6) without time zone, b tinyint, PRIMARY KEY (id)) WITH (orientation=row, compression=no) TABLESPACE x;
CREATE TABLE og.b (id integer NOT NULL, n nvarchar2(20), c clob, d number(10,2)) WITH (ORIENTATION=COLUMN, COMPRESSION=MIDDLE) DISTRIBUTE BY HASH(id) TO GROUP group1;
ALTER TABLE kb.a OWNER TO system;
COMMENT ON COLUMN kb.a.n IS '姓名';
