"""The engine: pure decisions about customer data; no I/O, no clock."""
