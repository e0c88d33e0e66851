SET search_path TO public;
CREATE TABLE public.customer (
    id bigserial PRIMARY KEY,
    full_name character varying(64) NOT NULL,
    mobile text DEFAULT ''::text,
    "birth_date" date,
    CONSTRAINT c CHECK (length(mobile) < 20)
);
ALTER TABLE public.customer OWNER TO postgres;
COMMENT ON TABLE public.customer IS '客户';
COMMENT ON COLUMN public.customer.mobile IS '手机号, it''s private';
CREATE TABLE visit (
    id int4, customer_id int8 REFERENCES customer (id) ON DELETE CASCADE,
    note text
) PARTITION BY RANGE (id);
ALTER TABLE ONLY customer ADD COLUMN extra jsonb;
CREATE MATERIALIZED VIEW customer_names AS SELECT id, full_name FROM customer WITH NO DATA;
