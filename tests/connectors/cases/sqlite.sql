PRAGMA foreign_keys = ON;
CREATE TABLE "customer" (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  full_name,
  mobile TEXT,
  [birth_date] TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visit (id INTEGER, customer_id INTEGER, note TEXT);
ALTER TABLE customer ADD COLUMN extra;
CREATE TRIGGER t AFTER INSERT ON visit BEGIN UPDATE visit SET note = ''; END;
CREATE VIEW customer_names AS SELECT id, full_name FROM customer;
